"""How far one gets on foot from a place, a community or a facility: nested bands and who lives in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.errors import Language, Text, UsageError
from app.services.nearby import LAYERS_READ, Held, by_home, degrees, held, metres
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from app.analysis.nearby.judge import Walk
    from app.geo.isolines import Ribbons

HALF_WIDTH_M = 20.0  # the street and the plots along it
_MOST_MINUTES = 60.0


def bands(
    plan: OpenPlan, profile: str, origin: dict[str, Any], minutes: Sequence[float],
    language: Language,
) -> dict[str, object]:  # fmt: skip
    """One polygon for each number of minutes, the smallest first, with the households within.

    ``origin`` is ``{at: [lon, lat]}``, ``{service: id}`` or ``{community: id}`` (from its gates,
    from its doors where it has none). Households are counted by the way of each door, not by
    the polygon.

    Raises
    ------
    UsageError
        No such origin, minutes out of their range, or no walkways.
    """
    import numpy as np
    import shapely
    from shapely.geometry import mapping

    found = held(plan, profile)
    walk = found.standing.walk
    if walk is None:
        raise _wrong("profile", "方案没有步行网", "the plan has no walkways")
    if not minutes or not all(0 < m <= _MOST_MINUTES for m in minutes):
        raise _wrong("minutes", "请给出 0 到 60 之间的分钟数", "minutes between 0 and 60")
    origins = _origins(plan, found, origin)
    joined = walk.town.graph.snap(origins, limit_m=found.standing.params.snap_limit_m)
    if not (joined.edge >= 0).any():
        raise _wrong("at", "附近没有步行路", "no walkway is near")
    ribbons = _ribbons(plan, found, walk, profile)
    field = walk.town.walker.field(joined)
    ways = walk.town.walker.ways(walk.places, field)
    homes = by_home(found.standing, ways.cost)
    group, inner, told = np.zeros(len(origins), np.int64), _nothing(), []
    for limit in sorted(minutes):
        reach = limit * walk.town.metres_per_minute
        shape = ribbons.around(joined, group, reach).get(0, shapely.Polygon())
        inner = shapely.union(inner, shape)
        households = found.standing.homes.weight[homes <= reach + 1e-6].sum()
        told.append({"minutes": limit, "metres": round(reach / walk.town.per_metre, 1),
                     "households": int(households),
                     "geometry": mapping(degrees(plan, [inner])[0])})  # fmt: skip
    return {"profile": profile, "bands": told}


def _nothing() -> BaseGeometry:
    from shapely import Polygon

    return Polygon()


def _origins(plan: OpenPlan, found: Held, origin: dict[str, Any]) -> Any:
    import numpy as np
    import shapely

    services, starts = found.standing.services, found.standing.starts
    if name := origin.get("service"):
        chosen = services.shape[services.ids == name]
    elif name := origin.get("community"):
        gates = found.inputs.frames["gate"]
        own = gates[(gates["community_id"] == name) & ~gates["state"].eq("closed")]
        chosen = own.geometry.to_numpy()
        if not len(chosen):
            chosen = starts.places.shapes[starts.community == name]
    else:
        at = origin.get("at")
        chosen = [] if at is None else metres(plan, [shapely.Point(at)]).to_numpy()
    if not len(chosen):
        raise _wrong("origin", "没有这个起点", "there is no such origin")
    shapes: Any = np.asarray(shapely.force_2d(np.asarray(chosen, dtype=object)), dtype=object)
    return shapes


def _ribbons(plan: OpenPlan, found: Held, walk: Walk, profile: str) -> Ribbons:
    def make() -> Ribbons:
        from app.geo.isolines import Ribbons

        return Ribbons(walk.town.walker, HALF_WIDTH_M)

    return plan.kept(("ribbons", profile), LAYERS_READ, make)


def _wrong(where: str, zh: str, en: str) -> UsageError:
    return UsageError(
        Text(zh, en), where=where,
        fix=Text("在地图上选一个起点", "choose a place on the map"),
    )  # fmt: skip
