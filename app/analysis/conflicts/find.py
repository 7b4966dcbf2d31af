"""Every pair that the clearance rules look at, checked in plan, in height and for cover."""

from __future__ import annotations

from collections import Counter

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.conflicts.asked import vertical_asked
from app.analysis.conflicts.cover import check_cover
from app.analysis.conflicts.duplicates import duplicate_rows
from app.analysis.conflicts.facts import About, PipeFacts, is_named, pipe_facts, texts
from app.analysis.conflicts.horizontal import PlanChecks, check_plan, worst_error_m
from app.analysis.conflicts.obstacles import enters_building, inside_building, obstacles
from app.analysis.conflicts.params import ConflictParams
from app.analysis.conflicts.pits import trial_pits
from app.analysis.conflicts.rows import conflict_layer, pair_columns, plan_rows, told_rows
from app.analysis.conflicts.verdict import Asked, Judged, judge
from app.analysis.conflicts.vertical import crossing_heights
from app.analysis.conflicts.works import work_rows
from app.errors import Text
from app.geo.crs import require_metric
from app.rules.book import Clearance
from app.schema.analysis import Inputs, Outcome, Progress, no_progress

Flags = npt.NDArray[np.bool_]


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
    # Plain frames: a column of a spatial one costs a copy of its index each time it is read.
    frames = {name: pd.DataFrame(frame) for name, frame in inputs.frames.items()}
    progress(0.05, Text("读取管线属性", "reading the pipes"))
    pipes = pipe_facts(frames["pipe"], frames["dataset"], clearance.kinds, clearance.accuracy)
    in_community = _in_community(pipes, frames["community"])
    progress(0.15, Text("查找邻近对象", "finding what is near"))
    checks = check_plan(
        pipes, obstacles(frames, clearance.surround), enters_building(pipes, frames["building"]),
        in_community, clearance.horizontal, clearance.accuracy, params, about=about,
    )  # fmt: skip
    progress(0.6, Text("核查交叉", "checking crossings"))
    parts = [
        plan_rows(checks),
        duplicate_rows(pipes, checks.duplicates),
        _under_buildings(pipes, frames["building"], checks, clearance),
    ]
    verdicts = Counter(checks.judged.verdict.tolist())
    digs, found = work_rows(
        pipes, frames["work"], clearance.horizontal, worst_error_m(clearance.accuracy), about
    )
    parts.append(digs)
    verdicts += found
    crossing, found = _vertical_rows(pipes, checks, in_community, clearance, params)
    parts.append(crossing)
    verdicts += found
    progress(0.75, Text("核查覆土", "checking cover"))
    cover, found = _cover_rows(pipes, frames["road"], clearance, about)
    parts.append(cover)
    verdicts += found
    progress(0.85, Text("整理结果", "writing the rows"))
    crs = inputs.frames["pipe"].crs
    if about:
        parts = [part[_is_about(part, about)] for part in parts]
    layer = conflict_layer(parts, pipes, clearance, frames["community"], crs)
    counts = _counts(layer, verdicts, checks, frames["pipe"])
    if about:
        return Outcome({"conflict": layer}, counts)
    return Outcome({"conflict": layer, "trial_pit": trial_pits(layer)}, counts)


def _is_about(rows: pd.DataFrame, about: About) -> Flags:
    second = is_named(texts(rows, "b_id"), about) & (texts(rows, "b_layer") == "pipe")
    return np.asarray(is_named(texts(rows, "a_id"), about) | second, dtype=bool)


def _in_community(pipes: PipeFacts, communities: pd.DataFrame) -> Flags:
    inside = np.zeros(len(pipes), dtype=bool)
    if len(communities) and len(pipes):
        middle = shapely.line_interpolate_point(pipes.lines, 0.5, normalized=True)
        shapes = gpd.GeoSeries(communities.geometry.to_numpy())
        inside[shapes.sindex.query(middle, predicate="intersects")[0]] = True
    return inside


def _vertical_rows(
    pipes: PipeFacts, checks: PlanChecks, in_community: Flags, clearance: Clearance,
    params: ConflictParams,
) -> tuple[pd.DataFrame, Counter[str]]:  # fmt: skip
    """Crossings of two pipes; the worst crossing of a pair is told."""
    near, at = checks.near, checks.at
    keep = near.b[at.pair] < len(pipes)
    at = at.only(keep)
    a, b = near.a[at.pair], near.b[at.pair]
    heights = crossing_heights(near, at, pipes, datums_agree=params.height_datums_agree)
    kind_missing = np.where(
        pipes.kinds.missing[a] != "", pipes.kinds.missing[a], pipes.kinds.missing[b]
    )
    asked = vertical_asked(
        clearance.vertical, pipes.kinds.vertical[a], pipes.kinds.vertical[b], kind_missing,
        in_community[a] & in_community[b], params.binding,
    )  # fmt: skip
    judged = judge(heights.gap_m, asked, heights.error_m, heights.missing)
    rows = told_rows(
        "vertical", asked, judged, heights.gap_m, at.x, at.y, pair_columns(pipes, a, b)
    )
    return rows, Counter(judged.verdict.tolist())


def _cover_rows(
    pipes: PipeFacts, roads: pd.DataFrame, clearance: Clearance, about: About
) -> tuple[pd.DataFrame, Counter[str]]:
    which = np.flatnonzero(is_named(pipes.ids, about)) if about else np.arange(len(pipes))
    cover = check_cover(pipes, which, roads, clearance.cover)
    empty = np.full(len(cover.pipe), "", dtype=object)
    columns = pair_columns(pipes, cover.pipe, cover.pipe)
    columns |= {"b_layer": empty, "b_id": empty, "b_owner_id": empty, "surface": cover.surface}
    rows = told_rows("cover", cover.asked, cover.judged, cover.cover_m, cover.x, cover.y, columns)
    return rows, Counter(cover.judged.verdict.tolist())


def _under_buildings(
    pipes: PipeFacts, buildings: pd.DataFrame, checks: PlanChecks, clearance: Clearance
) -> pd.DataFrame:
    """Pipes wholly under a building cross none of its walls: the search cannot see them."""
    found = inside_building(pipes, buildings)
    pipe = np.array([i for i, _ in found], dtype=np.int64)
    building = np.array([name for _, name in found], dtype=object)
    n = len(found)
    side = checks.side
    asked_of = clearance.horizontal.required(
        pipes.kinds.horizontal[pipe].tolist(), ["building"] * n
    )
    ids = np.array([*(row.rule_id for row in clearance.horizontal.rows), ""], dtype=object)
    blank = np.full(n, "", dtype=object)
    asked = Asked(
        asked_of.min_m, asked_of.max_m, ids[asked_of.rule], blank, np.full(n, np.nan),
        pipes.kinds.missing[pipe], asked_of.none,
    )  # fmt: skip
    judged: Judged = judge(np.zeros(n), asked, np.zeros(n), blank)
    middle = shapely.line_interpolate_point(pipes.lines[pipe], 0.5, normalized=True)
    columns = {
        "a_layer": np.full(n, "pipe", dtype=object), "a_id": side.ids[pipe],
        "b_layer": np.full(n, "building", dtype=object), "b_id": building,
        "a_owner_id": side.owner[pipe], "b_owner_id": blank,
        "length_short_m": np.round(pipes.length_m[pipe], 2),
    }  # fmt: skip
    return told_rows(
        "horizontal", asked, judged, np.zeros(n), shapely.get_x(middle), shapely.get_y(middle),
        columns,
    )  # fmt: skip


def _counts(
    layer: pd.DataFrame, verdicts: Counter[str], checks: PlanChecks, pipes: pd.DataFrame
) -> dict[str, int]:
    """Rows by verdict; clear and without requirement as numbers of checks; what was left out."""
    told = Counter(layer["verdict"].tolist())
    abandoned = int((texts(pipes, "status") == "abandoned").sum())
    return {
        **{name: told.get(name, 0) for name in ("conflict", "possible", "unverified")},
        "clear": verdicts.get("clear", 0),
        "no_requirement": verdicts.get("no_requirement", 0),
        "abandoned": abandoned,
        "duplicates": int((layer["check"] == "duplicate").sum()),
        **checks.left_out,
    }
