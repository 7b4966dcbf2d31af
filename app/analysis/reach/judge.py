"""The verdict of every door on one kind of facility, by the measure that its row states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.reach.network import Town
from app.geo.snapping import Snapped
from app.geo.ways import ROUNDING_M
from app.rules.services import FacilityRow

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

BEYOND, UNKNOWN, WITHIN = 0, 1, 2
VERDICTS = np.array(["beyond", "unknown", "within"], dtype=object)
NO_KIND, NO_WALKWAY, NO_ENTRANCE = "service.kind", "walkway", "service.entrance_x"


@dataclass(frozen=True)
class Services:
    """Facilities in use, sorted by id; the place is the entrance where it is known."""

    ids: Shapes
    kind: Shapes
    shape: Shapes

    def of(self, kind: str) -> Ints:
        return np.flatnonzero(self.kind == kind)


@dataclass(frozen=True)
class Judged:
    """One value a door: NaN or -1 where nothing is known."""

    verdict: Ints
    walk_m: Floats
    straight_m: Floats
    minutes: Floats
    nearest: Ints
    within: Floats
    missing: Shapes


def services_of(frame: pd.DataFrame) -> Services:
    """Planned and closed facilities serve nobody yet; one of unknown state is taken as there."""
    state = frame["state"]
    open_ = frame[state.isna() | state.eq("existing")].sort_values("service_id", ignore_index=True)
    shape = np.asarray(shapely.force_2d(open_["geometry"].to_numpy(object)), dtype=object)
    x, y = (
        pd.to_numeric(open_[name], errors="coerce").to_numpy(dtype=float)
        for name in ("entrance_x", "entrance_y")
    )
    known = np.isfinite(x) & np.isfinite(y)
    shape[known] = shapely.points(x[known], y[known])
    there = ~(shapely.is_missing(shape) | shapely.is_empty(shape))
    ids, kind = open_["service_id"].to_numpy(object), open_["kind"].to_numpy(object)
    return Services(ids[there], kind[there], shape[there])


def judge_kind(
    row: FacilityRow, town: Town | None, shapes: Shapes, places: Snapped | None,
    services: Services, joined: Snapped | None,
) -> Judged:  # fmt: skip
    """All doors against the facilities of one kind.

    Within is certain once a facility is near enough. Beyond is said only if the way is known, or
    if even the straight line is too long; everything else is unknown, with what is missing.
    """
    n, limit, at = len(shapes), row.service_radius_m, services.of(row.code)
    assert limit is not None  # the rule table refuses a row judged by distance without a figure
    if not len(at):
        return _nothing_known(n)
    straight, nearest = _straight(shapes, services.shape[at])
    cost, walk_m, source = np.full(n, np.inf), np.full(n, np.nan), np.full(n, -1, dtype=np.int64)
    by_walk = np.full(n, np.nan)
    if town is not None and places is not None and joined is not None:
        sources = joined.take(at)
        ways = town.walker.ways(places, town.walker.field(sources))
        cost, source = ways.cost, ways.source
        walk_m = np.where(np.isfinite(ways.metres), ways.metres, np.nan)
        on = places.edge >= 0
        counted = town.walker.count_within(places, sources, limit).astype(float)
        by_walk[on] = counted[on]
        minutes = np.where(np.isfinite(cost), cost / town.metres_per_minute, np.nan)
    else:
        minutes = np.full(n, np.nan)
    if row.measure == "straight":
        verdict = np.where(straight <= limit + ROUNDING_M, WITHIN, BEYOND)
        near = shapely.STRtree(services.shape[at]).query(
            shapes, predicate="dwithin", distance=limit + ROUNDING_M
        )
        count = np.bincount(near[0], minlength=n).astype(float)
        none = np.full(n, "", dtype=object)
        return Judged(verdict, walk_m, straight, minutes, at[nearest], count, none)
    verdict, missing = _by_walk(
        cost, straight, limit, town, places, joined.take(at) if joined else None,
        shapes, services.shape[at],
    )  # fmt: skip
    chosen = np.where(source >= 0, at[np.maximum(source, 0)], -1)
    return Judged(verdict, walk_m, straight, minutes, chosen, by_walk, missing)


def _by_walk(
    cost: Floats, straight: Floats, limit: float, town: Town | None, places: Snapped | None,
    sources: Snapped | None, shapes: Shapes, services: Shapes,
) -> tuple[Ints, Shapes]:  # fmt: skip
    within = cost <= limit + ROUNDING_M
    n = len(cost)
    missing = np.full(n, "", dtype=object)
    verdict = np.where(within, WITHIN, BEYOND)
    per_metre = town.per_metre if town is not None else 1.0
    # No way is shorter than the straight line, unless the legs are not counted.
    certain = within.copy()
    if town is None or town.walker.with_legs:
        certain |= straight * per_metre > limit + ROUNDING_M
    no_way = ~certain & ~np.isfinite(cost)
    verdict[no_way], missing[no_way] = UNKNOWN, NO_WALKWAY
    if sources is not None and len(sources.off):
        # A facility that joins no walkway may be nearer than those that do.
        off, _ = _straight(shapes, services[sources.off])
        hidden = ~certain & (off * per_metre <= limit + ROUNDING_M)
        verdict[hidden], missing[hidden] = UNKNOWN, NO_ENTRANCE
    return verdict.astype(np.int64), missing


def _straight(shapes: Shapes, services: Shapes) -> tuple[Floats, Ints]:
    """Straight distance to the nearest and its index; of equally near ones the first."""
    tree = shapely.STRtree(services)
    (place, found), far = tree.query_nearest(shapes, return_distance=True)
    order = np.lexsort((found, far, place))
    _, first = np.unique(place[order], return_index=True)
    return far[order][first], found[order][first].astype(np.int64)


def _nothing_known(n: int) -> Judged:
    nan = np.full(n, np.nan)
    missing = np.full(n, NO_KIND, dtype=object)
    none = np.full(n, -1, dtype=np.int64)
    return Judged(np.full(n, UNKNOWN), nan, nan, nan, none, nan, missing)
