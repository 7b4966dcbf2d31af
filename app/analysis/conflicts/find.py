"""Every pair that the clearance rules look at, checked in plan, in height and for cover."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.conflicts.cover import CoverChecks, check_cover
from app.analysis.conflicts.duplicates import duplicate_rows
from app.analysis.conflicts.facts import About, is_named
from app.analysis.conflicts.horizontal import PlanChecks, check_plan, worst_error_m
from app.analysis.conflicts.obstacles import inside_building
from app.analysis.conflicts.params import ConflictParams
from app.analysis.conflicts.pits import trial_pits
from app.analysis.conflicts.rows import NONE, Rows, all_in, conflict_layer, told_rows
from app.analysis.conflicts.scene import Scene, scene_of
from app.analysis.conflicts.verdict import Asked, Judged, judge
from app.analysis.conflicts.vertical import CrossingChecks, check_crossings
from app.analysis.conflicts.works import work_rows
from app.errors import Text
from app.geo.crs import require_metric
from app.rules.book import Clearance
from app.schema.analysis import Inputs, Outcome, Progress, no_progress

Ints = npt.NDArray[np.int64]


def find_conflicts(
    inputs: Inputs, params: ConflictParams, progress: Progress = no_progress, *, about: About = ""
) -> Outcome:
    """Clearance verdicts of pipes against pipes, buildings, trees, poles, kerbs and the surface.

    Parameters
    ----------
    inputs
        Layers of the declaration below, plan CRS in metres; rule tables ``clearance``.
    params
        Which standard binds, and how flat a crossing may be.
    about
        Only rows about this pipe, the same as those of the whole run, and no pits; '' for all.
        Several are alternatives: each is judged as if the others were not there.

    Returns
    -------
    Layer ``conflict`` (one row a pair and check that is a conflict, possible or unverified,
    ``a_id < b_id`` between pipes) and ``trial_pit``; counts of every verdict, and of what was left
    out with its reason.

    Raises
    ------
    CrsError
        The pipes do not measure in metres.

    References
    ----------
    GB 50289-2016 Tables 4.1.1, 4.1.9, 4.1.14; GB 50015-2019 Appendix E; the row that applies
    travels with each result.
    """
    clearance = inputs.rules["clearance"]
    require_metric(inputs.frames["pipe"], "pipe")
    progress(0.05, Text("读取管线属性", "reading the pipes"))
    scene = scene_of(inputs.frames, clearance)
    return conflicts_in(scene, clearance, params, inputs.frames["pipe"].crs, progress, about=about)


def conflicts_in(
    scene: Scene, clearance: Clearance, params: ConflictParams, crs: object,
    progress: Progress = no_progress, *, about: About = "",
) -> Outcome:  # fmt: skip
    """The outcome of ``find_conflicts`` from a scene that is ready."""
    pipes, around = scene.pipes, scene.around
    found = checked(scene, clearance, params, progress, about=about)
    digs, counted = work_rows(
        pipes, found.which, around.digs, clearance.horizontal, worst_error_m(clearance.accuracy)
    )
    progress(0.85, Text("整理结果", "writing the rows"))
    parts = [
        _plan_rows(scene, found.plan), duplicate_rows(found.plan.duplicates, pipes),
        _crossing_rows(scene, found.crossings), *digs,
        *_under_buildings(scene, found.which, clearance), _cover_rows(scene, found.cover),
    ]  # fmt: skip
    layer = conflict_layer(parts, pipes, clearance, scene.communities, crs)
    judged = (found.plan.judged, found.crossings.judged, found.cover.judged)
    verdicts = sum((part.counted() for part in judged), counted)
    counts = _counts(layer, verdicts, found.plan, scene.gone)
    if about:
        return Outcome({"conflict": layer}, counts)
    return Outcome({"conflict": layer, "trial_pit": trial_pits(layer)}, counts)


@dataclass(frozen=True)
class Checked:
    """What the checks found of the pipes ``which``: every pair, crossing and stretch judged."""

    which: Ints
    plan: PlanChecks
    crossings: CrossingChecks
    cover: CoverChecks


def checked(
    scene: Scene, clearance: Clearance, params: ConflictParams, progress: Progress = no_progress,
    *, about: About = "",
) -> Checked:  # fmt: skip
    """All pairs of a scene judged in plan and in height, and the cover along each pipe."""
    pipes, around = scene.pipes, scene.around
    which = np.flatnonzero(is_named(pipes.ids, about)) if about else np.arange(len(pipes))
    progress(0.15, Text("查找邻近对象", "finding what is near"))
    plan = check_plan(
        pipes, around.things, around.buildings, clearance.horizontal, clearance.accuracy, params,
        about=about,
    )  # fmt: skip
    progress(0.6, Text("核查交叉", "checking crossings"))
    crossings = check_crossings(pipes, plan.near, plan.at, clearance.vertical, params)
    progress(0.75, Text("核查覆土", "checking cover"))
    cover = check_cover(pipes, which, around.driven, clearance.cover)
    return Checked(which, plan, crossings, cover)


def _plan_rows(scene: Scene, checks: PlanChecks) -> Rows:
    """Rows of the horizontal check."""
    return told_rows(
        "horizontal", checks.asked, checks.judged, checks.gap_m, checks.near.a, checks.near.b,
        scene.others, checks.x, checks.y, length_short_m=np.round(checks.short_m, 2),
    )  # fmt: skip


def _crossing_rows(scene: Scene, found: CrossingChecks) -> Rows:
    """Rows of the vertical check; the worst crossing of a pair is told."""
    others = all_in("pipe", scene.pipes.ids, scene.pipes.owner)
    return told_rows(
        "vertical", found.asked, found.judged, found.gap_m, found.a, found.b, others, found.x,
        found.y,
    )  # fmt: skip


def _cover_rows(scene: Scene, cover: CoverChecks) -> Rows:
    pipe, told = cover.pipe, cover.judged.is_told()
    points = shapely.line_interpolate_point(scene.pipes.lines[pipe[told]], cover.along_m[told])
    x, y = np.zeros(len(pipe)), np.zeros(len(pipe))
    x[told], y[told] = shapely.get_x(points), shapely.get_y(points)
    return told_rows(
        "cover", cover.asked, cover.judged, cover.cover_m, pipe, np.zeros(len(pipe), np.int64),
        NONE, x, y, surface=cover.surface,
    )  # fmt: skip


def _under_buildings(scene: Scene, which: Ints, clearance: Clearance) -> list[Rows]:
    """Pipes wholly under a building cross none of its walls: the search cannot see them."""
    pipes, buildings = scene.pipes, scene.around.buildings
    pipe, building = inside_building(pipes, which, buildings)
    n = len(pipe)
    if not n:
        return []
    asked_of = clearance.horizontal.required(pipes.kind_in_plan[pipe], ["building"] * n)
    ids = np.array([*(row.rule_id for row in clearance.horizontal.rows), ""], dtype=object)
    asked = Asked.each(
        asked_of.min_m, asked_of.max_m, ids[asked_of.rule], pipes.kind_missing[pipe], asked_of.none
    )
    judged: Judged = judge(np.zeros(n), asked, np.zeros(n), np.zeros(n, dtype=np.int8))
    middle = shapely.line_interpolate_point(pipes.lines[pipe], 0.5, normalized=True)
    rows = told_rows(
        "horizontal", asked, judged, np.zeros(n), pipe, building,
        all_in("building", buildings.ids), shapely.get_x(middle), shapely.get_y(middle),
        length_short_m=np.round(pipes.length_m[pipe], 2),
    )  # fmt: skip
    return [rows]


def _counts(
    layer: pd.DataFrame, verdicts: Counter[str], checks: PlanChecks, gone: int
) -> dict[str, int]:
    """Rows by verdict; clear and without requirement as numbers of checks; what was left out."""
    told = Counter(layer["verdict"].tolist())
    return {
        **{name: told.get(name, 0) for name in ("conflict", "possible", "unverified")},
        "clear": verdicts.get("clear", 0),
        "no_requirement": verdicts.get("no_requirement", 0),
        "abandoned": gone,
        "duplicates": int((layer["check"] == "duplicate").sum()),
        **checks.left_out,
    }
