"""Clear distances in plan: pipe beside pipe, building, tree, pole and kerb."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.analysis.conflicts.asked import horizontal_asked, search_limits
from app.analysis.conflicts.duplicates import Duplicates, duplicate_pairs, duplicates_of
from app.analysis.conflicts.facts import About, PipeFacts, is_named
from app.analysis.conflicts.near import (
    CrossingPoints,
    NearLines,
    crossing_points,
    length_within,
    near_lines,
    side_by_side,
)
from app.analysis.conflicts.obstacles import BUILDING, Obstacles
from app.analysis.conflicts.params import ConflictParams
from app.analysis.conflicts.verdict import Asked, Judged, judge
from app.rules.clearance import HorizontalTable, PairFacts
from app.rules.pipes import AccuracyTable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

_WORST_QUALITY = "records_only"
_TOUCHING_M = 0.01


@dataclass(frozen=True)
class Side:
    """One side of each pair: pipes and obstacles in one numbering, pipes first."""

    layer: Texts
    ids: Texts
    owner: Texts
    kind: Texts
    kind_missing: Texts
    radius_m: Floats
    error_m: Floats
    unsure: Texts
    nominal_mm: Floats
    voltage_kv: Floats
    in_community: Flags


@dataclass(frozen=True)
class PlanChecks:
    """Every pair of lines that came near, judged in plan; ``at`` holds the crossings."""

    near: NearLines
    at: CrossingPoints
    side: Side
    asked: Asked
    judged: Judged
    gap_m: Floats
    short_m: Floats
    x: Floats
    y: Floats
    left_out: dict[str, int]
    duplicates: Duplicates


def sides(pipes: PipeFacts, things: Obstacles, in_community: Flags) -> Side:
    """Pipes and obstacles as one list of sides."""
    n, m = len(pipes), len(things)
    unsure = np.where(~pipes.size_known, "outside_mm", pipes.plan_missing).astype(object)
    return Side(
        layer=np.concatenate([np.full(n, "pipe", dtype=object), things.layer]),
        ids=np.concatenate([pipes.ids, things.ids]),
        owner=np.concatenate([pipes.owner, np.full(m, "", dtype=object)]),
        kind=np.concatenate([pipes.kinds.horizontal, things.kind]),
        kind_missing=np.concatenate([pipes.kinds.missing, things.missing]),
        radius_m=np.concatenate([pipes.radius_m, np.zeros(m)]),
        error_m=np.concatenate([pipes.plan_error_m, np.zeros(m)]),
        unsure=np.concatenate([unsure, np.full(m, "", dtype=object)]),
        nominal_mm=np.concatenate([pipes.nominal_mm, np.full(m, np.nan)]),
        voltage_kv=np.concatenate([pipes.voltage_kv, things.voltage_kv]),
        in_community=np.concatenate([in_community, np.ones(m, dtype=bool)]),
    )


def check_plan(
    pipes: PipeFacts, things: Obstacles, serves: set[tuple[str, str]], in_community: Flags,
    table: HorizontalTable, accuracy: AccuracyTable, params: ConflictParams, *, about: About = "",
) -> PlanChecks:  # fmt: skip
    """Judge every pair that is near enough to be short of anything, or those of one pipe."""
    side = sides(pipes, things, in_community)
    near = _search(pipes, things, side, table, accuracy, params, about)
    twice = duplicate_pairs(near, pipes)
    duplicates = duplicates_of(near.only(twice))
    near, left_out = _without_own_network(near.only(~twice), pipes, side, serves)
    at = crossing_points(near)
    a, b = near.a, near.b
    inside = side.in_community[a] & side.in_community[b]
    facts = PairFacts(
        side.nominal_mm[a], side.nominal_mm[b], side.voltage_kv[a], side.voltage_kv[b]
    )
    kind_missing = np.where(side.kind_missing[a] != "", side.kind_missing[a], side.kind_missing[b])
    asked = horizontal_asked(
        table, side.kind[a], side.kind[b], kind_missing, facts, inside, params.binding
    )
    walls = side.radius_m[a] + side.radius_m[b]
    error = side.error_m[a] + side.error_m[b]
    unsure = np.where(side.unsure[a] != "", side.unsure[a], side.unsure[b]).astype(object)
    widest = np.nan_to_num(asked.high_m, nan=table.reach_m)
    worst = np.nan_to_num(error, nan=2 * worst_error_m(accuracy))
    far = widest + walls + worst
    zones = _zones(near, at, side, params)
    beside = side_by_side(near, zones, far / np.sin(np.radians(params.crossing_angle_deg)), far)
    gap = np.maximum(beside.axis_m - walls, 0.0)
    judged = judge(gap, asked, error, unsure)
    # What only crosses, or is near only where it crosses, is the vertical check's business.
    only_crosses = np.isnan(beside.axis_m)
    judged.verdict[only_crosses] = ""
    wanted = np.isin(judged.verdict.astype(str), ["conflict", "possible"])
    short = length_within(near, np.nan_to_num(asked.high_m) + walls, wanted)
    return PlanChecks(
        near, at, side, asked, judged, gap, short, beside.x, beside.y, left_out, duplicates
    )


def worst_error_m(accuracy: AccuracyTable) -> float:
    """The largest stated error of one side in plan: how far an unknown quality is searched."""
    return float(np.nan_to_num(accuracy.error_m([_WORST_QUALITY], "plan", np.array([np.nan])))[0])


def _search(
    pipes: PipeFacts, things: Obstacles, side: Side,
    table: HorizontalTable, accuracy: AccuracyTable, params: ConflictParams, about: About,
) -> NearLines:  # fmt: skip
    pipe_kinds = np.unique(pipes.kinds.horizontal.astype(str)).astype(object)
    thing_kinds = np.unique(things.kind.astype(str)).astype(object)
    limits = search_limits(table, pipe_kinds, thing_kinds)
    group = np.concatenate([
        np.searchsorted(pipe_kinds.astype(str), pipes.kinds.horizontal.astype(str)),
        len(pipe_kinds) + np.searchsorted(thing_kinds.astype(str), things.kind.astype(str)),
    ]).astype(np.int64)  # fmt: skip
    if about:
        # The pipes asked about in groups of their own: pairs among the others, and among
        # themselves, are not even looked for.
        never = np.full_like(limits, -1.0)
        group[: len(pipes)] += len(limits) * is_named(pipes.ids, about)
        limits = np.block([[never, limits], [limits, never]])
    known = np.concatenate([pipes.size_known, np.ones(len(things), dtype=bool)])
    radius = side.radius_m + np.nan_to_num(side.error_m, nan=worst_error_m(accuracy))
    radius = np.where(known, radius, radius + params.largest_unknown_radius_m)
    lines = np.concatenate([pipes.lines, things.shapes])
    return near_lines(lines, group, radius, limits)


def _without_own_network(
    near: NearLines, pipes: PipeFacts, side: Side, serves: set[tuple[str, str]]
) -> tuple[NearLines, dict[str, int]]:
    """Leave out joints of one network, shared trenches, and what a pipe serves or is drawn twice.

    The rings of one building or road are one obstacle: only the nearest ring of each counts, so
    that no pair is told twice.
    """
    n = len(pipes)
    both = near.b < n
    pa, pb = near.a, np.where(both, near.b, 0)
    trench = both & (pipes.trench[pa] != "") & (pipes.trench[pa] == pipes.trench[pb])
    joint = both & ~trench & _joined(near, pipes, pa, pb)
    served = np.zeros(len(near), dtype=bool)
    building = np.flatnonzero(~both & (side.kind[near.b] == BUILDING))
    served[building] = [
        (side.ids[a], side.ids[b]) in serves
        for a, b in zip(near.a[building], near.b[building], strict=True)
    ]
    keep = ~(trench | joint | served)
    counts = {
        "same_trench": int(trench.sum()),
        "joint": int(joint.sum()),
        "serves_building": int(served.sum()),
    }
    return near.only(keep), counts


def _joined(near: NearLines, pipes: PipeFacts, a: Ints, b: Ints) -> Flags:
    """Pairs of one network that meet: by a node, by a short piece between them, or by an end."""
    joined: Flags = (pipes.network[a] == pipes.network[b]) & (pipes.network[a] >= 0)
    same = np.flatnonzero(joined)
    a, b = a[same], b[same]
    na, nb = pipes.nodes[a], pipes.nodes[b]
    linked = np.zeros(len(a), dtype=bool)
    between = _node_pairs(pipes)
    for i in (0, 1):
        for j in (0, 1):
            known = (na[:, i] >= 0) & (nb[:, j] >= 0)
            linked |= known & (na[:, i] == nb[:, j])
            linked |= known & np.isin(_node_key(na[:, i], nb[:, j], pipes), between)
    joined[same] = linked | _ends_touch(pipes, a, b)
    return joined


def _node_key(one: Ints, other: Ints, pipes: PipeFacts) -> Ints:
    width = int(pipes.nodes.max(initial=0)) + 2
    return np.minimum(one, other) * width + np.maximum(one, other)


def _node_pairs(pipes: PipeFacts) -> Ints:
    """The two nodes of each pipe shorter than the reach of a joint, as one number."""
    known = (pipes.nodes >= 0).all(axis=1)
    return _node_key(pipes.nodes[known, 0], pipes.nodes[known, 1], pipes)


def _ends_touch(pipes: PipeFacts, a: Ints, b: Ints) -> Flags:
    """Whether an end of one lies on the other."""
    touch = np.zeros(len(a), dtype=bool)
    for one, other in ((a, b), (b, a)):
        for end in (0, -1):
            points = shapely.get_point(pipes.lines[one], end)
            touch |= shapely.distance(points, pipes.lines[other]) <= _TOUCHING_M
    return touch


def _zones(
    near: NearLines, at: CrossingPoints, side: Side, params: ConflictParams
) -> CrossingPoints:
    """Crossings around which nearness is left to the vertical check.

    Not those flatter than the least angle, and none with a building: under it is no crossing.
    """
    steep = at.sine >= np.sin(np.radians(params.crossing_angle_deg)) - 1e-12
    kept = steep & (side.kind[near.b[at.pair]] != BUILDING)
    return at.only(kept)
