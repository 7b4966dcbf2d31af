"""Stretches of walls without a gate where a new one would bring most households to what they lack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from app.analysis.gates.params import GateParams
from app.analysis.nearby.gaps import of_homes
from app.analysis.nearby.judge import WITHIN, Judged, Kind, Walk
from app.analysis.nearby.openings import Openings, openings_along, unbuilt
from app.analysis.nearby.standing import Standing
from app.errors import Text
from app.geo.ways import ROUNDING_M
from app.schema.analysis import Progress, no_progress

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

MOST_TRIED, MOST_TOLD = 600, 50
_AS_GOOD = 0.9  # of the best gain of its wall: neighbours that belong to the stretch
_BETTER_M = 0.01


@dataclass(frozen=True)
class Stretch:
    """The best place of one wall, the stretch that is nearly as good, and who gains by a gate."""

    wall: int
    x: float
    y: float
    line: BaseGeometry
    gained: int
    kinds: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Trials:
    """All stretches that help, the best first; ``left`` promising places were not tried."""

    stretches: tuple[Stretch, ...]
    tried: int
    left: int


@dataclass(frozen=True)
class _Kind:
    """A kind that is walked to: what each side of each opening costs, and what the other offers."""

    kind: Kind
    judged: Judged
    limit: float
    offered: tuple[Floats, Floats]


def stretches(
    standing: Standing, buildings: Shapes, params: GateParams, progress: Progress = no_progress
) -> Trials:
    """Try a gate every few metres of every wall, each alone, those that may help most first.

    A new gate offers each side what the other one has, for the way through it. No path uses it
    twice, so the shorter of old way and offer is the way there would be.
    """
    walk = standing.walk
    if walk is None or not len(walk.town.graph.walls):
        return Trials((), 0, 0)
    graph = walk.town.graph
    places = openings_along(graph, every_m=params.wall_step_m, reach_m=params.wall_reach_m)
    places = unbuilt(places, buildings)
    kinds = [
        _kind(standing, walk, kind, judged, places)
        for kind, judged in zip(standing.kinds, standing.judged, strict=True)
        if kind.field is not None and not kind.asked.by_straight and kind.asked.limit_m is not None
    ]
    bound = _at_most(standing, kinds, places)
    gained, told = np.zeros(len(places), np.int64), {}
    worth = np.argsort(-bound, kind="stable")[: int((bound > 0).sum())]
    tried = 0
    for one in worth[:MOST_TRIED].tolist():
        if tried >= MOST_TOLD and bound[one] <= np.sort(gained)[-MOST_TOLD]:
            break
        if tried % 20 == 0:
            share = tried / min(MOST_TRIED, len(worth))
            progress(0.6 + 0.35 * share, Text("沿围墙试开新门", "trying new gates along walls"))
        tried += 1
        gained[one], by_kind = _gains(standing, walk, kinds, places, one)
        if gained[one]:
            told[one] = by_kind
    left = max(len(worth) - MOST_TRIED, 0) if tried == MOST_TRIED else 0
    found = tuple(_best_of_walls(graph.walls, places, gained, told))
    return Trials(found, tried, left)


def _kind(
    standing: Standing, walk: Walk, kind: Kind, judged: Judged, places: Openings
) -> _Kind:  # fmt: skip
    walker = walk.town.walker
    assert kind.field is not None
    assert kind.asked.limit_m is not None
    cost = [walker.ways(side, kind.field).cost for side in places.sides]
    toll = places.metres * walker.leg_factor
    offered = []
    for own, other in ((0, 1), (1, 0)):
        offer = cost[other] + toll
        helps = (offer < cost[own] - _BETTER_M) & (offer <= kind.asked.limit_m)
        offered.append(np.where(helps, offer, np.inf))
    return _Kind(kind, judged, kind.asked.limit_m + ROUNDING_M, (offered[0], offered[1]))


def _at_most(standing: Standing, kinds: Sequence[_Kind], places: Openings) -> Floats:
    """Households that could gain at most: those that lack the kind, as near as the crow flies."""
    bound, households = np.zeros(len(places)), standing.homes.weight
    walk, starts = standing.walk, standing.starts
    assert walk is not None
    slack = 0.0 if walk.town.walker.with_legs else standing.params.snap_limit_m
    for one in kinds:
        lacking = np.flatnonzero(one.judged.verdict != WITHIN)
        if not len(lacking):
            continue
        tree = cKDTree(starts.places.xy[lacking])
        slack_of = slack + float(starts.places.radius_m[lacking].max())
        for offer, side in zip(one.offered, places.sides, strict=True):
            at = np.flatnonzero(np.isfinite(offer))
            feet = shapely.line_interpolate_point(
                walk.town.graph.shape[side.edge[at]], side.offset_m[at]
            )
            radius = (one.limit - offer[at]) / walk.town.walker.leg_factor + slack_of
            near = tree.query_ball_point(shapely.get_coordinates(feet).reshape(-1, 2), radius)
            for place, doors in zip(at.tolist(), near, strict=True):
                homes = np.unique(starts.home[lacking[doors]])
                bound[place] += households[homes].sum()
    return bound


def _gains(
    standing: Standing, walk: Walk, kinds: Sequence[_Kind], places: Openings, place: int
) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Households that come to reach something by a gate here, and how many each kind."""
    walker = walk.town.walker
    to_foot: list[Floats | None] = []
    for side in (0, 1):
        helps = any(np.isfinite(one.offered[side][place]) for one in kinds)
        foot = walker.field(places.sides[side].take(np.array([place]))) if helps else None
        to_foot.append(None if foot is None else walker.ways(walk.places, foot).cost)
    households = standing.homes.weight
    anybody, found = np.zeros(len(households), dtype=bool), []
    for one in kinds:
        gains = np.zeros(len(standing.starts), dtype=bool)
        for side in (0, 1):
            far, offer = to_foot[side], one.offered[side][place]
            if far is not None and np.isfinite(offer):
                gains |= far + offer <= one.limit
        gains &= one.judged.verdict != WITHIN
        if not gains.any():
            continue
        rule = one.kind.asked.row.rule_id
        verdict = np.where(gains, WITHIN, one.judged.verdict)
        now = of_homes(verdict, standing.starts, standing.homes)
        gained = (now == WITHIN) & (standing.verdict[rule] != WITHIN)
        anybody |= gained
        if households[gained].sum() > 0:
            found.append((rule, int(households[gained].sum())))
    found.sort(key=lambda pair: (-pair[1], pair[0]))
    return int(households[anybody].sum()), tuple(found)


def _best_of_walls(
    walls: Shapes, places: Openings, gained: Ints, told: dict[int, tuple[tuple[str, int], ...]]
) -> list[Stretch]:
    """The best place of each wall, of equal ones that with the shortest path, and its neighbours
    that are nearly as good."""
    found = []
    for wall in np.unique(places.wall[list(told)]).tolist() if told else []:
        own = np.flatnonzero(places.wall == wall)
        best = int(own[np.lexsort((places.metres[own], -gained[own]))[0]])
        at = int(np.flatnonzero(own == best)[0])
        good = gained[own] >= _AS_GOOD * gained[best]
        first = last = at
        while first > 0 and good[first - 1]:
            first -= 1
        while last + 1 < len(own) and good[last + 1]:
            last += 1
        ends = places.along_m[own[first]], places.along_m[own[last]]
        x, y = (float(value) for value in places.xy[best])
        line: BaseGeometry = shapely.Point(x, y)
        if ends[1] > ends[0]:
            line = substring(_part_at(walls[wall], line), *ends)
        found.append(Stretch(wall, x, y, line, int(gained[best]), told[best]))
    return sorted(found, key=lambda one: (-one.gained, one.wall))[:MOST_TOLD]


def _part_at(wall: BaseGeometry, place: BaseGeometry) -> shapely.LineString:
    parts = shapely.get_parts(wall)
    part: shapely.LineString = parts[int(shapely.distance(parts, place).argmin())]
    return part
