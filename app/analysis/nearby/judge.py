"""The verdict of every door on one kind of facility, by the measure that its row states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from app.analysis.nearby.facilities import Asked, Services
from app.analysis.nearby.homes import Starts
from app.analysis.nearby.network import Town
from app.geo.nearest import Anchored, nearest_of
from app.geo.noding import Flags
from app.geo.snapping import Snapped
from app.geo.ways import ROUNDING_M, Field, Ways

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

BEYOND, UNKNOWN, WITHIN = 0, 1, 2
VERDICTS = np.array(["beyond", "unknown", "within"], dtype=object)
NO_KIND, NO_WALKWAY, NO_ENTRANCE = "service.kind", "walkway", "service.entrance_x"
NO_COMMUNITY = "building.community_id"


@dataclass(frozen=True)
class Walk:
    """Doors and facilities joined to a town's network; None for all where there is no network."""

    town: Town
    places: Snapped
    joined: Snapped


@dataclass(frozen=True)
class Kind:
    """How far every door is from one kind of facility: NaN, infinite or -1 where nothing is known.

    ``at`` are the facilities of the kind; ``straight_of`` and the sources of ``ways`` count in it.
    """

    asked: Asked
    at: Ints
    off: Ints
    field: Field | None
    ways: Ways | None
    straight_m: Floats
    straight_of: Ints

    @property
    def is_known(self) -> bool:
        return len(self.at) > 0


def kind_of(asked: Asked, starts: Starts, services: Services, walk: Walk | None) -> Kind:
    """The distances of all doors, the walking ones where there is a network."""
    at, n = services.of(asked.row.code), len(starts)
    if not len(at):
        nothing = np.full(n, np.nan), np.full(n, -1, dtype=np.int64)
        return Kind(asked, at, at, None, None, *nothing)
    straight, nearest = nearest_of(starts.places, services.places.take(at))
    if walk is None:
        return Kind(asked, at, at[:0], None, None, straight, nearest)
    sources = walk.joined.take(at)
    field = walk.town.walker.field(sources)
    ways = walk.town.walker.ways(walk.places, field)
    return Kind(asked, at, sources.off, field, ways, straight, nearest)


@dataclass(frozen=True)
class Judged:
    """The verdict of each door, and the field of the plan that is missing for it."""

    verdict: Ints
    missing: Shapes


def judge(
    kind: Kind, starts: Starts, services: Services, town: Town | None, doors: Ints | None = None
) -> Judged:
    """Verdicts of all doors, or of some.

    Within is certain once a facility is near enough. Beyond is said only if the way is known, or
    if even the straight line is too long; everything else is unknown, with what is missing.
    """
    doors = np.arange(len(starts)) if doors is None else doors
    n, asked = len(doors), kind.asked
    if not kind.is_known:
        return Judged(np.full(n, UNKNOWN), np.full(n, NO_KIND, dtype=object))
    if asked.limit_m is None:
        return _by_community(kind, starts.community[doors], services)
    straight = kind.straight_m[doors]
    if asked.by_straight:
        verdict = np.where(straight <= asked.limit_m + ROUNDING_M, WITHIN, BEYOND)
        return Judged(verdict.astype(np.int64), np.full(n, "", dtype=object))
    cost = np.full(n, np.inf) if kind.ways is None else kind.ways.cost[doors]
    off = services.places.take(kind.at[kind.off])
    return _by_walk(cost, straight, asked.limit_m, town, starts.places.take(doors), off)


def _by_community(kind: Kind, community: Shapes, services: Services) -> Judged:
    """By presence in the community itself; a home of no community cannot be judged."""
    has = np.isin(community, services.community[kind.at])
    nowhere = community == ""
    verdict = np.where(nowhere, UNKNOWN, np.where(has, WITHIN, BEYOND)).astype(np.int64)
    return Judged(verdict, np.where(nowhere, NO_COMMUNITY, "").astype(object))


def _by_walk(
    cost: Floats, straight: Floats, limit: float, town: Town | None, doors: Anchored, off: Anchored
) -> Judged:
    n = len(cost)
    missing = np.full(n, "", dtype=object)
    within = cost <= limit + ROUNDING_M
    verdict = np.where(within, WITHIN, BEYOND)
    per_metre = town.per_metre if town is not None else 1.0
    # No way is shorter than the straight line, unless the legs are not counted.
    certain: Flags = within.copy()
    if town is None or town.walker.with_legs:
        certain |= straight * per_metre > limit + ROUNDING_M
    no_way = ~certain & ~np.isfinite(cost)
    verdict[no_way], missing[no_way] = UNKNOWN, NO_WALKWAY
    open_ = np.flatnonzero(~certain)
    if len(off) and len(open_):
        # A facility that joins no walkway may be nearer than those that do.
        far, _ = nearest_of(doors.take(open_), off)
        hidden = open_[far * per_metre <= limit + ROUNDING_M]
        verdict[hidden], missing[hidden] = UNKNOWN, NO_ENTRANCE
    return Judged(verdict.astype(np.int64), missing)


def count_within(kind: Kind, starts: Starts, services: Services, walk: Walk | None) -> Floats:
    """How many facilities of the kind each door has within the limit; NaN where nobody knows."""
    counts, limit = np.full(len(starts), np.nan), kind.asked.limit_m
    if not kind.is_known:
        return counts
    if limit is None:
        names, own = np.unique(services.community[kind.at].astype(str), return_counts=True)
        held = dict(zip(names.tolist(), own.tolist(), strict=True))
        found = [held.get(name, 0) if name else np.nan for name in starts.community]
        return np.asarray(found, dtype=float)
    if kind.asked.by_straight:
        tree = shapely.STRtree(services.shape[kind.at])
        near = tree.query(starts.places.shapes, predicate="dwithin", distance=limit + ROUNDING_M)
        return np.bincount(near[0], minlength=len(starts)).astype(float)
    if walk is not None and kind.field is not None:
        on = walk.places.edge >= 0
        counted = walk.town.walker.count_within(walk.places, kind.field.sources, limit)
        counts[on] = counted.astype(float)[on]
    return counts
