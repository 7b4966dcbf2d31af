"""Pipes in use whose strip of protection or control a planned or running dig touches."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.conflicts.facts import About, PipeFacts, is_named, texts
from app.analysis.conflicts.rows import told_rows
from app.analysis.conflicts.verdict import CONFLICT, POSSIBLE, ROUNDING_M, Asked, judge
from app.rules.clearance import HorizontalTable

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_OVER = ("done", "cancelled", "idea")
_GAS_CLASS = "RQ"


def work_rows(
    pipes: PipeFacts, works: pd.DataFrame, table: HorizontalTable, worst_error_m: float,
    about: About = "",
) -> tuple[pd.DataFrame, Counter[str]]:  # fmt: skip
    """Digs of others beside gas pipes in use, judged by the strips of the table.

    Inside the strip of protection is a conflict; between there and the edge of the strip of control
    the dig needs a plan of protection: possible, reason ``range``. A dig of the pipe's own owner is
    its own business. Planned pipes are judged by the tables of pairs, not here.
    """
    pipe, work, gap, shapes = _near(pipes, works, table, worst_error_m, about)
    asked = _asked(pipes, pipe, gap, table)
    unsure = np.where(~pipes.size_known[pipe], "outside_mm", pipes.plan_missing[pipe]).astype(
        object
    )
    judged = judge(gap, asked, pipes.plan_error_m[pipe], unsure)
    lines = shapely.force_2d(pipes.lines[pipe])
    at = shapely.line_interpolate_point(
        lines, shapely.line_locate_point(lines, _point_of(lines, shapes))
    )
    short = np.isin(judged.verdict.astype(str), [CONFLICT, POSSIBLE])
    length = np.zeros(len(pipe))
    strip = shapely.buffer(
        shapes[short], (np.nan_to_num(asked.high_m) + pipes.radius_m[pipe])[short]
    )
    length[short] = shapely.length(shapely.intersection(lines[short], strip))
    works_of = texts(works, "organisation_id")
    columns = {
        "a_layer": np.full(len(pipe), "pipe", dtype=object), "a_id": pipes.ids[pipe],
        "b_layer": np.full(len(pipe), "work", dtype=object), "b_id": texts(works, "work_id")[work],
        "a_owner_id": pipes.owner[pipe], "b_owner_id": works_of[work],
        "length_short_m": np.round(length, 2),
    }  # fmt: skip
    rows = told_rows(
        "horizontal", asked, judged, gap, shapely.get_x(at), shapely.get_y(at), columns
    )
    return rows, Counter(judged.verdict.tolist())


def strip_reach_m(table: HorizontalTable) -> float:
    """The widest strip along any pipe."""
    return max((row.upper_m for row in table.rows if row.is_strip), default=0.0)


def _near(
    pipes: PipeFacts,
    works: pd.DataFrame,
    table: HorizontalTable,
    worst_error_m: float,
    about: About,
) -> tuple[Ints, Ints, Floats, npt.NDArray[np.object_]]:
    """(pipe, work, gap from wall to trench, shape of the work) of every pair near enough."""
    open_works = np.flatnonzero(
        (texts(works, "kind") == "dig") & ~np.isin(texts(works, "state").astype(str), _OVER)
    )
    classes = texts(pipes.frame, "pipe_class")
    gas = (classes == _GAS_CLASS) & (texts(pipes.frame, "status") != "planned")
    which = np.flatnonzero(gas & is_named(pipes.ids, about) if about else gas)
    nothing = np.zeros(0, dtype=np.int64)
    if not len(open_works) or not len(which):
        return nothing, nothing, np.zeros(0), np.zeros(0, dtype=object)
    shapes = shapely.force_2d(works.geometry.to_numpy()[open_works])
    # A dig drawn as a line opens half its width to either side.
    flat = shapely.get_dimensions(shapes) < 2
    width = pd.to_numeric(works["trench_width_m"], errors="coerce").to_numpy(float)[open_works]
    half = np.where(flat, np.nan_to_num(width) / 2, 0.0)
    reach = strip_reach_m(table) + worst_error_m + float(pipes.radius_m.max(initial=0.0))
    found, near = shapely.STRtree(shapes).query(
        pipes.lines[which], predicate="dwithin", distance=reach + float(half.max(initial=0.0))
    )
    pipe = which[found]
    apart = shapely.distance(pipes.lines[pipe], shapes[near])
    gap = np.maximum(apart - pipes.radius_m[pipe] - half[near], 0.0)
    works_of = texts(works, "organisation_id")[open_works]
    same = (works_of[near] != "") & (works_of[near] == pipes.owner[pipe])
    strip = np.array([
        max((row.upper_m for row in table.strips(kind)), default=strip_reach_m(table))
        for kind in pipes.kinds.horizontal[pipe]
    ])  # fmt: skip
    error = np.nan_to_num(pipes.plan_error_m[pipe], nan=worst_error_m)
    keep = np.flatnonzero(~same & (gap < strip + error))
    keep = keep[np.lexsort((near[keep], pipe[keep]))]
    return pipe[keep], open_works[near[keep]], gap[keep], shapes[near[keep]]


def _asked(pipes: PipeFacts, pipe: Ints, gap: Floats, table: HorizontalTable) -> Asked:
    """The strip of control; inside the strip of protection, that one alone."""
    n = len(pipe)
    low, high = np.full(n, np.nan), np.full(n, np.nan)
    rule_id = np.full(n, "", dtype=object)
    for kind in set(pipes.kinds.horizontal[pipe].tolist()):
        strips = table.strips(kind)
        here = pipes.kinds.horizontal[pipe] == kind
        if strips:
            inner = min(strips, key=lambda row: row.upper_m)
            outer = max(strips, key=lambda row: row.upper_m)
            inside = here & (gap < inner.upper_m - ROUNDING_M)
            low[here] = inner.upper_m
            high[here] = np.where(inside, inner.upper_m, outer.upper_m)[here]
            rule_id[here] = np.where(inside, inner.rule_id, outer.rule_id)[here]
    return Asked(
        low, high, rule_id, np.full(n, "", dtype=object), np.full(n, np.nan),
        pipes.kinds.missing[pipe], np.zeros(n, dtype=bool),
    )  # fmt: skip


def _point_of(
    lines: npt.NDArray[np.object_], shapes: npt.NDArray[np.object_]
) -> npt.NDArray[np.object_]:
    """The place on each line that is nearest to its shape."""
    points: npt.NDArray[np.object_] = shapely.get_point(shapely.shortest_line(lines, shapes), 0)
    return points
