"""Pipes in use whose strip of protection or control a planned or running dig touches."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.conflicts.facts import PipeFacts, numbers, texts
from app.analysis.conflicts.rows import Rows, all_in, told_rows
from app.analysis.conflicts.verdict import FIELDS, ROUNDING_M, Asked, judge
from app.rules.clearance import HorizontalTable

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]
Texts = npt.NDArray[np.object_]

_OVER = ("done", "cancelled", "idea")
_GAS_CLASS = "RQ"


@dataclass(frozen=True)
class Digs:
    """Planned, approved and running digs; ``half_m`` is half the trench of one drawn as a line."""

    shapes: Shapes
    ids: Texts
    owner: Texts
    half_m: Floats

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)


def digs_of(works: pd.DataFrame) -> Digs:
    """The digs of the layer that are not over."""
    kind, state = texts(works, "kind"), texts(works, "state").astype(str)
    at = np.flatnonzero((kind == "dig") & ~np.isin(state, _OVER))
    shapes = works.geometry.to_numpy()[at] if len(at) else np.zeros(0, dtype=object)
    shapes = shapely.force_2d(shapes)
    # A dig drawn as a line opens half its width to either side.
    flat = shapely.get_dimensions(shapes) < 2
    width = np.nan_to_num(numbers(works, "trench_width_m")[at])
    return Digs(
        shapes, texts(works, "work_id")[at], texts(works, "organisation_id")[at],
        np.where(flat, width / 2, 0.0),
    )  # fmt: skip


def work_rows(
    pipes: PipeFacts, which: Ints, digs: Digs, table: HorizontalTable, worst_error_m: float
) -> tuple[list[Rows], Counter[str]]:
    """Digs of others beside gas pipes in use, judged by the strips of the table.

    Inside the strip of protection is a conflict; between there and the edge of the strip of control
    the dig needs a plan of protection: possible, reason ``range``. A dig of the pipe's own owner is
    its own business. Planned pipes are judged by the tables of pairs, not here.
    """
    if not len(digs):
        return [], Counter()
    pipe, dig, gap = _near(pipes, which, digs, table, worst_error_m)
    shapes = digs.shapes[dig]
    asked = _asked(pipes, pipe, gap, table)
    unsure = np.where(
        pipes.size_known[pipe], pipes.plan_missing[pipe], FIELDS.index("outside_mm")
    ).astype(np.int8)
    judged = judge(gap, asked, pipes.plan_error_m[pipe], unsure)
    lines = shapely.force_2d(pipes.lines[pipe])
    at = shapely.line_interpolate_point(
        lines, shapely.line_locate_point(lines, _point_of(lines, shapes))
    )
    short = judged.is_short()
    length = np.zeros(len(pipe))
    strip = shapely.buffer(
        shapes[short], (np.nan_to_num(asked.high_m) + pipes.radius_m[pipe])[short]
    )
    length[short] = shapely.length(shapely.intersection(lines[short], strip))
    rows = told_rows(
        "horizontal", asked, judged, gap, pipe, dig, all_in("work", digs.ids, digs.owner),
        shapely.get_x(at), shapely.get_y(at), length_short_m=np.round(length, 2),
    )  # fmt: skip
    return [rows], judged.counted()


def strip_reach_m(table: HorizontalTable) -> float:
    """The widest strip along any pipe."""
    return max((row.upper_m for row in table.rows if row.is_strip), default=0.0)


def _near(
    pipes: PipeFacts, which: Ints, digs: Digs, table: HorizontalTable, worst_error_m: float
) -> tuple[Ints, Ints, Floats]:
    """(pipe, dig, gap from wall to trench) of every pair near enough."""
    gas = (pipes.pipe_class[which] == _GAS_CLASS) & (pipes.status[which] != "planned")
    which = which[gas]
    reach = strip_reach_m(table) + worst_error_m + float(pipes.radius_m.max(initial=0.0))
    found, near = digs.tree.query(
        pipes.lines[which], predicate="dwithin",
        distance=reach + float(digs.half_m.max(initial=0.0)),
    )  # fmt: skip
    pipe = which[found]
    apart = shapely.distance(pipes.lines[pipe], digs.shapes[near])
    gap = np.maximum(apart - pipes.radius_m[pipe] - digs.half_m[near], 0.0)
    same = (digs.owner[near] != "") & (digs.owner[near] == pipes.owner[pipe])
    kinds, names = pd.factorize(pipes.kind_in_plan[pipe])
    widest = np.array([
        max((row.upper_m for row in table.strips(kind)), default=strip_reach_m(table))
        for kind in names
    ])  # fmt: skip
    strip = widest[kinds] if len(names) else np.zeros(0)
    error = np.nan_to_num(pipes.plan_error_m[pipe], nan=worst_error_m)
    keep = np.flatnonzero(~same & (gap < strip + error))
    keep = keep[np.lexsort((near[keep], pipe[keep]))]
    return pipe[keep], near[keep], gap[keep]


def _asked(pipes: PipeFacts, pipe: Ints, gap: Floats, table: HorizontalTable) -> Asked:
    """The strip of control; inside the strip of protection, that one alone."""
    n = len(pipe)
    low, high = np.full(n, np.nan), np.full(n, np.nan)
    rule_id = np.full(n, "", dtype=object)
    kinds = pipes.kind_in_plan[pipe]
    for kind in set(kinds.tolist()):
        strips = table.strips(kind)
        here = kinds == kind
        if strips:
            inner = min(strips, key=lambda row: row.upper_m)
            outer = max(strips, key=lambda row: row.upper_m)
            inside = here & (gap < inner.upper_m - ROUNDING_M)
            low[here] = inner.upper_m
            high[here] = np.where(inside, inner.upper_m, outer.upper_m)[here]
            rule_id[here] = np.where(inside, inner.rule_id, outer.rule_id)[here]
    nothing = np.zeros(n, dtype=bool)
    return Asked.each(low, high, rule_id, pipes.kind_missing[pipe], nothing)


def _point_of(lines: Shapes, shapes: Shapes) -> Shapes:
    """The place on each line that is nearest to its shape."""
    points: Shapes = shapely.get_point(shapely.shortest_line(lines, shapes), 0)
    return points
