"""Faults of the walking network as the map shows them: the places to look at, the pieces cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.errors import Language
from app.schema import LAYERS
from app.services.detail import name_of
from app.services.nearby import Held, degrees, held, notes
from app.services.nearby_ways import _lonlat
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from app.analysis.nearby.faults import Fault

LISTED = 200
PIECES = 100


def network(plan: OpenPlan, profile: str, language: Language) -> dict[str, object]:
    """Every fault with its count and its places, and the pieces with their ways in degrees."""
    from app.analysis.nearby.faults import cut_off, faults_of

    found = held(plan, profile)
    faults = faults_of(found.standing, found.inputs.frames)
    return {
        "notes": notes(found, language),
        "faults": [_fault(plan, fault, language) for fault in faults],
        "pieces": _pieces(plan, found, cut_off(found.standing)),
        "snap_limit_m": found.standing.params.snap_limit_m,
    }


def _fault(plan: OpenPlan, fault: Fault, language: Language) -> dict[str, object]:
    n = min(len(fault.ids), LISTED)
    lonlat = _lonlat(plan, fault.xy[:n]) if len(fault.xy) else []
    names = _names(plan, fault, fault.ids[:n], language)
    rows = []
    for k, name in enumerate(fault.ids[:n]):
        row: dict[str, object] = {"id": name, "layer": names[k][0], "name": names[k][1]}
        if lonlat:
            row |= {"lon": lonlat[k][0], "lat": lonlat[k][1]}
        if len(fault.metres):
            row["metres"] = round(float(fault.metres[k]), 1)
        rows.append(row)
    return {
        "code": fault.code, "count": fault.count, "says": fault.says.in_language(language),
        "rows": rows, "total": len(fault.ids),
    }  # fmt: skip


def _names(
    plan: OpenPlan, fault: Fault, ids: tuple[str, ...], language: Language
) -> list[tuple[str, str]]:
    """The layer and what people call each row; a start without doors is its building."""
    found: dict[str, tuple[str, str]] = {}
    for layer in dict.fromkeys(name for name in (fault.layer, "building") if name):
        table = plan.table(layer)
        key = f"{layer}_id"
        for row in table[table[key].isin(ids)].to_dict("records"):
            values = {str(column): value for column, value in row.items()}
            said = name_of(LAYERS[layer], values, language)
            found.setdefault(str(row[key]), (layer, said))
    return [found.get(name, (fault.layer, name)) for name in ids]


def _pieces(plan: OpenPlan, found: Held, pieces: list[Any]) -> list[dict[str, object]]:
    import shapely
    from shapely.geometry import mapping

    if found.standing.town is None or not pieces:
        return []
    shape = found.standing.town.graph.shape
    lines = [shapely.multilinestrings(list(shape[one.edges])) for one in pieces[:PIECES]]
    return [
        {
            "number": number, "length_m": round(one.length_m, 1), "doors": one.doors,
            "services": one.services, "geometry": mapping(line),
        }
        for number, (one, line) in enumerate(
            zip(pieces[:PIECES], degrees(plan, lines), strict=True), start=1
        )
    ]  # fmt: skip
