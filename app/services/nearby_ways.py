"""The homes behind a number of nearby services, and the way that each of them walks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.errors import Language, NotFoundError, Text
from app.schema import LAYERS
from app.services.detail import name_of
from app.services.nearby import Held, degrees, door_of, held, kind_json
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from app.analysis.nearby.judge import Judged, Kind

_MOST = 20_000


def homes(
    plan: OpenPlan, profile: str, rule_id: str, language: Language, *, layer: str = "", place: str = ""
) -> dict[str, object]:  # fmt: skip
    """Every door with its verdict, both distances and who lives behind it; the facilities of the kind.

    ``layer`` and ``place`` keep those of one community or township.
    """
    import numpy as np

    from app.analysis.reach.find import nearest_ids, walked

    found = held(plan, profile)
    standing, (kind, judged) = found.standing, _kind(found, rule_id)
    starts = standing.starts
    among = np.arange(len(starts))
    if layer and place:
        among = np.flatnonzero(standing.places[layer][starts.home] == place)
    walk_m, minutes = walked(standing, kind)
    nearest = nearest_ids(standing, kind)
    from app.analysis.nearby.judge import VERDICTS

    lonlat = _lonlat(plan, starts.places.xy[among[:_MOST]])
    names = _building_names(plan, set(starts.building[among[:_MOST]].tolist()), language)
    rows = [
        {
            "building_id": starts.building[k], "door": starts.door[k],
            "building": names.get(starts.building[k], starts.building[k]),
            "lon": lonlat[i][0], "lat": lonlat[i][1],
            "verdict": str(VERDICTS[judged.verdict[k]]), "missing": judged.missing[k],
            "walk_m": _known(walk_m[k]), "straight_m": _known(kind.straight_m[k]),
            "minutes": _known(minutes[k]), "households": _known(starts.households[k]),
            "nearest_id": nearest[k],
        }
        for i, k in enumerate(among[:_MOST].tolist())
    ]  # fmt: skip
    return {
        "kind": kind_json(standing, kind.asked, language),
        "rows": rows,
        "total": len(among),
        "services": _services(plan, found, kind, language),
    }


def way(
    plan: OpenPlan, profile: str, rule_id: str, building: str, door: str, language: Language
) -> dict[str, object]:
    """One door's way to what it was judged by: the path, both distances, the verdict, the clause."""
    from app.analysis.nearby.judge import VERDICTS
    from app.analysis.reach.find import nearest_ids, walked

    found = held(plan, profile)
    standing, (kind, judged) = found.standing, _kind(found, rule_id)
    k = door_of(standing, building, door)
    metres, minutes = walked(standing, kind)
    service = nearest_ids(standing, kind)[k]
    walked_to = _walked_to(found, kind, k)
    row = plan.row("building", building)
    return {
        "kind": kind_json(standing, kind.asked, language),
        "building": {"id": building, "name": name_of(LAYERS["building"], row, language) if row else building},
        "door": door,
        "verdict": str(VERDICTS[judged.verdict[k]]),
        "missing": _missing(str(judged.missing[k]), language),
        "walk_m": _known(metres[k]), "straight_m": _known(kind.straight_m[k]),
        "minutes": _known(minutes[k]), "limit_m": kind.asked.limit_m,
        "households": _known(standing.starts.households[k]),
        "nearest": _service(plan, service, language),
        "straight_nearest": _service(plan, _straight_to(found, kind, k), language),
        "walked_to": _service(plan, walked_to, language),
        "parts": _parts(plan, found, kind, k),
    }  # fmt: skip


def _kind(found: Held, rule_id: str) -> tuple[Kind, Judged]:
    rules = {item.row.rule_id for item in found.standing.asked}
    if rule_id not in rules:
        raise NotFoundError(
            Text(f"没有设施类别 {rule_id}", f"there is no kind {rule_id}"),
            where="kind",
            fix=Text("在设施列表中选择", "choose one of the list"),
        )
    return found.standing.kind(rule_id)


def _building_names(plan: OpenPlan, ids: set[str], language: Language) -> dict[str, str]:
    """What people call each building."""
    rows = plan.table("building")
    rows = rows[rows["building_id"].isin(ids)]
    columns = [c for c in rows.columns if c in ("building_id", "name", "name_en", "number")]
    return {
        str(row["building_id"]): name_of(LAYERS["building"], {str(k): v for k, v in row.items()}, language)
        for row in rows[columns].to_dict("records")
    }  # fmt: skip


def _known(value: Any) -> float | None:
    number = float(value)
    return None if number != number else round(number, 3)


def _lonlat(plan: OpenPlan, xy: Any) -> list[list[float]]:
    import numpy as np
    import pyproj

    to = pyproj.Transformer.from_crs(plan.store.meta.crs, "EPSG:4326", always_xy=True)
    found: list[list[float]] = np.round(np.column_stack(to.transform(*xy.T)), 7).tolist()
    return found


def _services(
    plan: OpenPlan, found: Held, kind: Kind, language: Language
) -> list[dict[str, object]]:
    services = found.standing.services
    if not kind.is_known:
        return []
    lonlat = _lonlat(plan, services.places.xy[kind.at])
    return [
        {**_service(plan, services.ids[k], language), "lon": lonlat[i][0], "lat": lonlat[i][1]}  # type: ignore[dict-item]
        for i, k in enumerate(kind.at.tolist())
    ]


def _service(plan: OpenPlan, service: str | None, language: Language) -> dict[str, object] | None:
    if service is None:
        return None
    rows = plan.table("service")
    row = rows[rows["service_id"] == service]
    if row.empty:
        return {"id": service, "name": service}
    first = {str(name): value for name, value in row.iloc[0].items()}
    return {"id": service, "name": name_of(LAYERS["service"], first, language)}


def _walked_to(found: Held, kind: Kind, k: int) -> str | None:
    if kind.ways is None or kind.ways.source[k] < 0:
        return None
    return str(found.standing.services.ids[kind.at[kind.ways.source[k]]])


def _straight_to(found: Held, kind: Kind, k: int) -> str | None:
    at = int(kind.straight_of[k])
    return None if at < 0 else str(found.standing.services.ids[kind.at[at]])


def _parts(plan: OpenPlan, found: Held, kind: Kind, k: int) -> dict[str, object]:
    """The walked way, the legs at both ends and the straight line, as GeoJSON geometries in degrees."""
    import shapely
    from shapely.geometry import mapping

    standing, walk = found.standing, found.standing.walk
    own = standing.starts.places.shapes[k]
    shapes: dict[str, Any] = {}
    if walk is not None and kind.ways is not None and kind.field is not None and kind.ways.source[k] >= 0:  # fmt: skip
        path = walk.town.walker.path(walk.places, k, kind.ways, kind.field)
        goal = standing.services.shape[kind.at[kind.ways.source[k]]]
        ends = shapely.get_coordinates(path)
        if len(ends):
            shapes["path"] = path
            for name, shape, end in (("door", own, ends[0]), ("entrance", goal, ends[-1])):
                shapes[name] = shapely.shortest_line(shape, shapely.Point(end))
    at = int(kind.straight_of[k])
    if at >= 0:
        shapes["straight"] = shapely.shortest_line(own, standing.services.shape[kind.at[at]])
    lines = degrees(plan, list(shapes.values()))
    return {name: mapping(line) for name, line in zip(shapes, lines, strict=True)}


_MISSING = {
    "service.kind": Text("方案中没有这类设施的数据", "the plan holds no facility of this kind"),
    "walkway": Text("没有连通的步行路", "no way on foot is known"),
    "service.entrance_x": Text("附近的设施接不上步行网，请补入口位置", "a facility nearby joins no walkway; its entrance is missing"),
    "building.community_id": Text("楼栋所属小区未知", "the community of the building is unknown"),
}  # fmt: skip


def _missing(field: str, language: Language) -> str:
    return _MISSING[field].in_language(language) if field in _MISSING else field
