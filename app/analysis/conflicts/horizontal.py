"""Clear distances in plan: pipe beside pipe, building, tree, pole and kerb."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.conflicts.asked import askers, horizontal_asked, search_limits
from app.analysis.conflicts.duplicates import (
    SAME_PLACE_M,
    Duplicates,
    duplicate_pairs,
    duplicates_of,
)
from app.analysis.conflicts.facts import About, PipeFacts, is_named
from app.analysis.conflicts.near import (
    CrossingPoints,
    NearLines,
    crossing_points,
    ends_touch,
    length_within,
    near_lines,
    places,
    side_by_side,
)
from app.analysis.conflicts.obstacles import Buildings, Obstacles, ends_inside
from app.analysis.conflicts.params import ConflictParams
from app.analysis.conflicts.verdict import FIELDS, Asked, Judged, judge, open_where
from app.geo.line_pairs import alike, summed, tips_meet
from app.rules.clearance import HorizontalTable
from app.rules.pipes import AccuracyTable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

_WORST_QUALITY = "records_only"
_TOUCHING_M = 0.01


@dataclass(frozen=True)
class Side:
    """One side of each pair: pipes and obstacles in one numbering, pipes first."""

    kind: Texts
    kind_missing: Texts
    radius_m: Floats
    error_m: Floats
    unsure: Bytes
    nominal_mm: Floats
    voltage_kv: Floats
    in_community: Flags
    is_building: Flags
    assumed: Flags


@dataclass(frozen=True)
class PlanChecks:
    """Every pair of lines that came near, judged in plan; ``at`` holds the crossings."""

    near: NearLines
    at: CrossingPoints
    asked: Asked
    judged: Judged
    gap_m: Floats
    short_m: Floats
    x: Floats
    y: Floats
    left_out: dict[str, int]
    duplicates: Duplicates


def sides(pipes: PipeFacts, things: Obstacles) -> Side:
    """Pipes and obstacles as one list of sides."""
    n, m = len(pipes), len(things)
    unsure = np.where(pipes.size_known, pipes.plan_missing, FIELDS.index("outside_mm"))
    return Side(
        kind=np.concatenate([pipes.kind_in_plan, things.kind]),
        kind_missing=np.concatenate([pipes.kind_missing, things.missing]),
        radius_m=np.concatenate([pipes.radius_m, np.zeros(m)]),
        error_m=np.concatenate([pipes.plan_error_m, np.zeros(m)]),
        unsure=np.concatenate([unsure, np.zeros(m)]).astype(np.int8),
        nominal_mm=np.concatenate([pipes.nominal_mm, np.full(m, np.nan)]),
        voltage_kv=np.concatenate([pipes.voltage_kv, things.voltage_kv]),
        in_community=np.concatenate([pipes.in_community, np.ones(m, dtype=bool)]),
        is_building=np.concatenate([np.zeros(n, dtype=bool), things.row >= 0]),
        assumed=np.concatenate([np.zeros(n, dtype=bool), things.assumed]),
    )


def check_plan(
    pipes: PipeFacts, things: Obstacles, buildings: Buildings,
    table: HorizontalTable, accuracy: AccuracyTable, params: ConflictParams, *, about: About = "",
) -> PlanChecks:  # fmt: skip
    """Judge every pair that is near enough to be short of anything, or those of one pipe."""
    side = sides(pipes, things)
    near = near_lines(*searched(pipes, things, side, table, accuracy, params, about))
    twice = duplicate_pairs(near, pipes)
    duplicates = duplicates_of(near.only(twice))
    near, left_out = _without_own_network(near.only(~twice), pipes, things, buildings, side)
    at = crossing_points(near)
    a, b = near.a, near.b
    of = askers(table, side.kind, side.kind_missing, side.nominal_mm, side.voltage_kv)
    inside = side.in_community[a] & side.in_community[b]
    asked = horizontal_asked(table, of, a, b, inside, params.binding)
    walls, error = summed(a, b, side.radius_m, side.error_m)
    unsure = np.where(side.unsure[a] != 0, side.unsure[a], side.unsure[b])
    widest = np.nan_to_num(asked.high_m, nan=table.reach_m)[asked.which]
    far = widest + walls + np.nan_to_num(error, nan=2 * worst_error_m(accuracy))
    zones = _zones(near, at, side, params)
    beside = side_by_side(near, zones, far / np.sin(np.radians(params.crossing_angle_deg)), far)
    gap = np.maximum(beside.axis_m - walls, 0.0)
    judged = judge(gap, asked, error, unsure)
    open_where(judged, side.assumed[b], "road.width_m")
    # What only crosses, or is near only where it crosses, is the vertical check's business.
    judged.verdict[np.isnan(beside.axis_m)] = 0
    is_short, far = judged.is_short(), np.nan_to_num(asked.high_m)[asked.which] + walls
    short = np.zeros(len(near))
    short[is_short] = length_within(near.only(is_short), far[is_short])
    # Most pairs are clear: nobody asks where they are nearest.
    unplaced = judged.is_told() & np.isnan(beside.x)
    beside.x[unplaced], beside.y[unplaced] = places(near.only(unplaced))
    return PlanChecks(near, at, asked, judged, gap, short, beside.x, beside.y, left_out, duplicates)


def worst_error_m(accuracy: AccuracyTable) -> float:
    """The largest stated error of one side in plan: how far an unknown quality is searched."""
    return float(np.nan_to_num(accuracy.error_m([_WORST_QUALITY], "plan", np.array([np.nan])))[0])


def searched(
    pipes: PipeFacts, things: Obstacles, side: Side,
    table: HorizontalTable, accuracy: AccuracyTable, params: ConflictParams, about: About = "",
) -> tuple[Texts, Ints, Floats, Floats]:  # fmt: skip
    """Lines, groups, radii and limits of the search for what is near enough to be judged."""
    pipe_group, pipe_kinds = pd.factorize(pipes.kind_in_plan)
    thing_group, thing_kinds = pd.factorize(things.kind)
    limits = search_limits(table, np.asarray(pipe_kinds, object), np.asarray(thing_kinds, object))
    group = np.concatenate([pipe_group, len(pipe_kinds) + thing_group]).astype(np.int64)
    if about:
        # The pipes asked about in groups of their own: pairs among the others, and among
        # themselves, are not even looked for.
        never = np.full_like(limits, -1.0)
        group[: len(pipes)] += len(limits) * is_named(pipes.ids, about)
        limits = np.block([[never, limits], [limits, never]])
    known = np.concatenate([pipes.size_known, np.ones(len(things), dtype=bool)])
    radius = side.radius_m + np.nan_to_num(side.error_m, nan=worst_error_m(accuracy))
    radius = np.where(known, radius, radius + params.largest_unknown_radius_m)
    return np.concatenate([pipes.lines, things.shapes]), group, radius, limits


def _without_own_network(
    near: NearLines, pipes: PipeFacts, things: Obstacles, buildings: Buildings, side: Side
) -> tuple[NearLines, dict[str, int]]:
    """Leave out joints of one network, shared trenches, and what a pipe serves.

    The rings of one building or road are one obstacle: only the nearest ring of each counts, so
    that no pair is told twice.
    """
    n = len(pipes)
    both = near.b < n
    trench, in_network, in_class = alike(
        near.a, near.b, pipes.trench_code, pipes.network, pipes.class_code
    )
    joint = _joined(near, pipes, in_network & ~trench)
    joint |= _handed_over(near, in_class & ~in_network & ~trench)
    served = np.zeros(len(near), dtype=bool)
    at = np.flatnonzero(~both & side.is_building[near.b])
    if len(at):
        # A building that the pipe serves is left out with all its rings.
        inside = ends_inside(pipes, things, buildings, near.a[at], near.b[at] - n)
        served[at] = inside
    keep = ~(trench | joint | served)
    counts = {
        "same_trench": int(trench.sum()),
        "joint": int(joint.sum()),
        "serves_building": int(served.sum()),
    }
    return near.only(keep), counts


def _joined(near: NearLines, pipes: PipeFacts, among: Flags) -> Flags:
    """Pairs of one network that meet: by a node, by a short piece between them, or by an end."""
    at = np.flatnonzero(among)
    a, b = near.a[at], near.b[at]
    joined = np.zeros(len(near), dtype=bool)
    joined[at] = ends_touch(near.only(among), _TOUCHING_M)
    open_ = ~joined[at]
    at, na, nb = at[open_], pipes.nodes[a[open_]], pipes.nodes[b[open_]]
    linked = np.zeros(len(at), dtype=bool)
    between = _node_pairs(pipes)
    for i in (0, 1):
        for j in (0, 1):
            known = (na[:, i] >= 0) & (nb[:, j] >= 0)
            linked |= known & (na[:, i] == nb[:, j])
            left = np.flatnonzero(known & ~linked)
            linked[left] = np.isin(_node_key(na[left, i], nb[left, j], pipes), between)
    joined[at[linked]] = True
    return joined


def _handed_over(near: NearLines, among: Flags) -> Flags:
    """Pairs of one class that meet end to end though their owners differ, or one is not known.

    The same medium goes on from one owner to the next; each surveyed the place by itself.
    """
    met = np.zeros(len(near), dtype=bool)
    met[among] = tips_meet(near.segments, near.a[among], near.b[among], SAME_PLACE_M)
    return met


def _node_key(one: Ints, other: Ints, pipes: PipeFacts) -> Ints:
    width = int(pipes.nodes.max(initial=0)) + 2
    return np.minimum(one, other) * width + np.maximum(one, other)


def _node_pairs(pipes: PipeFacts) -> Ints:
    """The two nodes of each pipe shorter than the reach of a joint, as one number."""
    known = (pipes.nodes >= 0).all(axis=1)
    return _node_key(pipes.nodes[known, 0], pipes.nodes[known, 1], pipes)


def _zones(
    near: NearLines, at: CrossingPoints, side: Side, params: ConflictParams
) -> CrossingPoints:
    """Crossings around which nearness is left to the vertical check.

    Not those flatter than the least angle, and none with a building: under it is no crossing.
    """
    steep = at.sine >= np.sin(np.radians(params.crossing_angle_deg)) - 1e-12
    kept = steep & ~side.is_building[near.b[at.pair]]
    return at.only(kept)
