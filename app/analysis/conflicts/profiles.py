"""What a cut through the ground shows: the pipes it meets, to scale, and what they must keep."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.conflicts.asked import askers, horizontal_asked, vertical_asked
from app.analysis.conflicts.duplicates import SAME_PLACE_M
from app.analysis.conflicts.facts import PipeFacts, ends_apart_m, pipe_facts
from app.analysis.conflicts.ground import Ground
from app.analysis.conflicts.near import CrossingPoints, NearLines, crossing_points, near_lines
from app.analysis.conflicts.params import ConflictParams
from app.analysis.conflicts.verdict import FIELDS, VERDICTS, judge
from app.analysis.conflicts.vertical import axis_depth, axis_height, crossing_heights
from app.rules.book import Clearance

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

GROUND_STEP_M = 2.0


@dataclass(frozen=True)
class Cut:
    """A pipe where the cutting line meets it. Heights and sizes in metres, NaN unknown.

    ``at_m`` is the way along the line, ``wide_m`` the pipe's width as the line cuts it (a skew cut
    is wider), ``axis_depth_m`` is below the ground. Of a long profile ``gap_m``, ``required_m``
    and ``verdict`` say how the pipe stands to the one whose profile it is.
    """

    pipe_id: str
    pipe_class: str
    owner_id: str
    status: str
    at_m: float
    x: float
    y: float
    axis_m: float
    axis_depth_m: float
    ground_m: float
    wide_m: float
    high_m: float
    gap_m: float = float("nan")
    required_m: float = float("nan")
    rule_id: str = ""
    verdict: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Neighbours:
    """Two pipes beside each other in a cross-section, and what the tables ask of them in plan."""

    a_id: str
    b_id: str
    gap_m: float
    required_m: float
    rule_id: str


@dataclass(frozen=True)
class Profile:
    """A cut along a line: its ground, the pipes it meets, and the pipe it follows if any.

    ``axis`` is (way, height of the axis, depth of the axis) of that pipe at its vertices.
    """

    length_m: float
    ground: tuple[tuple[float, float], ...]
    cuts: tuple[Cut, ...]
    axis: tuple[tuple[float, float, float], ...] = ()
    neighbours: tuple[Neighbours, ...] = ()


def long_profile(
    pipe_id: str, pipes: pd.DataFrame, datasets: pd.DataFrame, ground: Ground,
    clearance: Clearance, params: ConflictParams, in_community: bool,
    nodes: pd.DataFrame | None = None,
) -> Profile:  # fmt: skip
    """The profile along a pipe, with every pipe that crosses it and the clearance it needs.

    ``pipes`` are the pipe and those near it; ``in_community`` says whether the crossings lie
    inside a community, where GB 50015 counts as well.
    """
    facts = pipe_facts(pipes, datasets, clearance.kinds, clearance.accuracy, nodes=nodes)
    [own] = np.flatnonzero(facts.ids == pipe_id)
    group = np.ones(len(facts), dtype=np.int64)
    group[own] = 0
    near, at = _met(facts.lines, group)
    a, b = near.a[at.pair], near.b[at.pair]
    heights = crossing_heights(near, at, facts, datums_agree=params.height_datums_agree)
    table = clearance.vertical
    of = askers(table, facts.kind_in_height, facts.kind_missing, facts.nominal_mm, facts.voltage_kv)
    asked = vertical_asked(table, of, a, b, np.full(len(a), in_community), params.binding)
    judged = judge(heights.gap_m, asked, heights.error_m, heights.missing)
    own_first = a == own
    cuts = _cuts(facts, near, at, own_first, ground)
    told = [
        _with(cut, heights.gap_m[k], asked.high_m[q], asked.rule_id[q],
              VERDICTS[judged.verdict[k]], FIELDS[judged.missing[k]])
        for k, (cut, q) in enumerate(zip(cuts, asked.which, strict=True))
        if not _is_joint(facts, int(own), cut.pipe_id)
    ]  # fmt: skip
    line = facts.lines[own]
    return Profile(
        length_m=float(facts.length_m[own]),
        ground=_ground_along(line, ground),
        cuts=tuple(sorted(told, key=lambda cut: (cut.at_m, cut.pipe_id))),
        axis=_axis_along(facts, int(own), ground),
    )


def cross_section(
    line: shapely.LineString, pipes: pd.DataFrame, datasets: pd.DataFrame, ground: Ground,
    clearance: Clearance, params: ConflictParams, in_community: bool,
    nodes: pd.DataFrame | None = None,
) -> Profile:  # fmt: skip
    """The section along a drawn line: every pipe it cuts, and what neighbours in it must keep."""
    facts = pipe_facts(pipes, datasets, clearance.kinds, clearance.accuracy, nodes=nodes)
    lines = np.empty(len(facts) + 1, dtype=object)
    lines[0], lines[1:] = shapely.force_2d(line), facts.lines
    group = np.ones(len(lines), dtype=np.int64)
    group[0] = 0
    near, at = _met(lines, group)
    cuts = _cuts(facts, near, at, np.ones(len(at.x), dtype=bool), ground, offset=1)
    ordered = tuple(sorted(cuts, key=lambda cut: (cut.at_m, cut.pipe_id)))
    return Profile(
        length_m=float(shapely.length(line)),
        ground=_ground_along(line, ground),
        cuts=ordered,
        neighbours=_neighbours(ordered, facts, clearance, params, in_community),
    )


def _met(lines: npt.NDArray[np.object_], group: Ints) -> tuple[NearLines, CrossingPoints]:
    """The crossings of the one line of group 0 with all others."""
    limit = np.array([[-1.0, 0.0], [0.0, -1.0]])
    near = near_lines(lines, group, np.zeros(len(lines)), limit)
    return near, crossing_points(near)


def _cuts(
    facts: PipeFacts, near: NearLines, at: CrossingPoints, line_first: Flags, ground: Ground,
    *, offset: int = 0,
) -> list[Cut]:  # fmt: skip
    """The pipes met; ``line_first``: the cutting line is the first of the pair."""
    other = np.where(line_first, near.b[at.pair], near.a[at.pair]) - offset
    along_first, along_second = at.along(near.segments)
    way = np.where(line_first, along_first, along_second)
    other_way = np.where(line_first, along_second, along_first)
    piece = np.where(line_first, at.second, at.first)
    share = np.where(line_first, at.at_second, at.at_first)
    surface = ground.height_m(at.x, at.y)
    depth = axis_depth(facts, other, other_way)
    height = axis_height(near, piece, share)
    height = np.where(np.isnan(height), surface - depth, height)
    depth = np.where(np.isnan(depth), surface - height, depth)
    unsized = ~facts.size_known[other]
    wide = np.where(unsized, np.nan, 2 * facts.radius_m[other] / np.maximum(at.sine, 1e-6))
    high = np.where(unsized, np.nan, 2 * facts.half_height_m[other])
    classes, status = facts.pipe_class, facts.status
    where = np.column_stack([way, at.x, at.y, height, depth, surface, wide, high]).tolist()
    return [
        Cut(
            facts.ids[i], classes[i], facts.owner[i], status[i], *values,
            missing=FIELDS[facts.depth_missing[i]] if np.isnan(values[3]) else "",
        )  # type: ignore[misc]
        for i, values in zip(other, where, strict=True)
    ]  # fmt: skip


def _with(cut: Cut, gap: float, required: float, rule: str, verdict: str, missing: str) -> Cut:
    return replace(
        cut, gap_m=float(gap), required_m=float(required), rule_id=str(rule),
        verdict=str(verdict), missing=str(missing) or cut.missing,
    )  # fmt: skip


def _is_joint(facts: PipeFacts, own: int, other_id: str) -> bool:
    """Pipes of one network that meet at an end, or of one class end to end, do not cross."""
    [other] = np.flatnonzero(facts.ids == other_id)
    pair = np.array([own]), np.array([other])
    of_one_class = facts.pipe_class[own] == facts.pipe_class[other] != ""
    if of_one_class and ends_apart_m(facts, *pair)[0] <= SAME_PLACE_M:
        return True
    if facts.network[own] != facts.network[other] or facts.network[own] < 0:
        return False
    ends = [shapely.get_point(facts.lines[i], end) for i in (own, other) for end in (0, -1)]
    whole = [facts.lines[other]] * 2 + [facts.lines[own]] * 2
    return bool((shapely.distance(ends, whole) <= 0.01).any())


def _ground_along(line: shapely.LineString, ground: Ground) -> tuple[tuple[float, float], ...]:
    length = float(shapely.length(line))
    steps = max(int(np.ceil(length / GROUND_STEP_M)), 1)
    way = np.linspace(0.0, length, steps + 1)
    points = shapely.line_interpolate_point(shapely.force_2d(line), way)
    heights = ground.height_m(shapely.get_x(points), shapely.get_y(points))
    return tuple(zip(way.tolist(), heights.tolist(), strict=True))


def _axis_along(
    facts: PipeFacts, own: int, ground: Ground
) -> tuple[tuple[float, float, float], ...]:
    """Way, height and depth of the axis at each vertex of the pipe."""
    points = shapely.get_coordinates(facts.lines[own], include_z=True)
    steps = np.hypot(*np.diff(points[:, :2], axis=0).T)
    way = np.concatenate([[0.0], np.cumsum(steps)])
    surface = ground.height_m(points[:, 0], points[:, 1])
    depth = axis_depth(facts, np.full(len(way), own), way)
    height = np.where(np.isnan(points[:, 2]), surface - depth, points[:, 2])
    return tuple(zip(way.tolist(), height.tolist(), depth.tolist(), strict=True))


def _neighbours(
    cuts: tuple[Cut, ...], facts: PipeFacts, clearance: Clearance, params: ConflictParams,
    in_community: bool,
) -> tuple[Neighbours, ...]:  # fmt: skip
    """What each two pipes next to each other in the section must keep in plan."""
    if len(cuts) < 2:
        return ()
    number = {name: i for i, name in enumerate(facts.ids)}
    at = np.array([number[cut.pipe_id] for cut in cuts])
    a, b = at[:-1], at[1:]
    table = clearance.horizontal
    of = askers(table, facts.kind_in_plan, facts.kind_missing, facts.nominal_mm, facts.voltage_kv)
    asked = horizontal_asked(table, of, a, b, np.full(len(a), in_community), params.binding)
    return tuple(
        Neighbours(
            one.pipe_id, two.pipe_id,
            max(two.at_m - one.at_m - (one.wide_m + two.wide_m) / 2, 0.0),
            float(asked.high_m[q]), str(asked.rule_id[q]),
        )
        for (one, two), q in zip(itertools.pairwise(cuts), asked.which, strict=True)
    )  # fmt: skip
