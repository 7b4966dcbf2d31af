"""Which gate or which place in a wall is worth opening, with where it is in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from app.errors import Language, Text
from app.report.plain import is_missing
from app.schema import LAYERS
from app.services.detail import name_of
from app.services.nearby import LAYERS_READ, Held, held
from app.services.nearby_ways import _lonlat
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from app.analysis.gates.find import Passage
    from app.analysis.gates.stretches import Stretch

_SIDES = (
    Text("东侧", "east side"), Text("东北角", "north-east corner"), Text("北侧", "north side"),
    Text("西北角", "north-west corner"), Text("西侧", "west side"), Text("西南角", "south-west corner"),
    Text("南侧", "south side"), Text("东南角", "south-east corner"),
)  # fmt: skip


def gate_advice(plan: OpenPlan, profile: str, language: Language) -> dict[str, object]:
    """Shut gates, cut ways and free stretches of walls, those that help most households first."""
    found = held(plan, profile)
    best, tried = trials(plan, profile)
    advice = [_of_passage(plan, found, one, language) for one in best]
    advice += [_of_stretch(plan, found, one, language) for one in tried.stretches]
    advice.sort(key=lambda one: -int(one["households_gained"]))
    return {"advice": advice, "not_tried": tried.left}


def trials(plan: OpenPlan, profile: str) -> tuple[list[Passage], Any]:
    """Passages and stretches that help, tried at their first use and after a change of the layers."""
    found: tuple[list[Passage], Any] = plan.kept(
        ("gate advice", profile), LAYERS_READ, lambda: _found(held(plan, profile))
    )
    return found


def _found(found: Held) -> tuple[list[Passage], Any]:
    from app.analysis.gates.find import passages
    from app.analysis.gates.params import GateParams
    from app.analysis.gates.stretches import stretches

    buildings = found.inputs.frames["building"].geometry.dropna().to_numpy()
    return passages(found.live), stretches(found.standing, buildings, GateParams())


def _of_passage(
    plan: OpenPlan, found: Held, one: Passage, language: Language
) -> dict[str, Any]:  # fmt: skip
    from app.analysis.gates.find import cut_name

    town = found.standing.town
    assert town is not None
    [[lon, lat]] = _points(plan, [(one.x, one.y)])
    row = plan.row("gate", one.gate_id) if one.is_gate else None
    name = _place(plan, found, one.x, one.y, language)
    if row and not is_missing(row.get("name")):
        name = name_of(LAYERS["gate"], row, language)
    elif row:
        name = Text(f"{name}的出入口（{one.gate_id}）", f"the gate at {name} ({one.gate_id})").in_language(language)  # fmt: skip
    return {
        "do": "gate" if one.is_gate else "cut",
        "key": one.gate_id or cut_name(one),
        "id": one.gate_id,
        "number": None if one.is_gate else one.gate - len(town.gate_ids),
        "name": name, "lon": lon, "lat": lat, "households_gained": one.gained,
        "kinds": _kinds(found, one.kinds, language),
    }  # fmt: skip


def _of_stretch(
    plan: OpenPlan, found: Held, one: Stretch, language: Language
) -> dict[str, Any]:  # fmt: skip
    import shapely

    town = found.standing.town
    assert town is not None
    [[lon, lat]] = _points(plan, [(one.x, one.y)])
    return {
        "do": "opening",
        "key": f"{town.wall_ids[one.wall]}-{one.x:.0f},{one.y:.0f}",
        "id": str(town.wall_ids[one.wall]),
        "number": None,
        "name": _place(plan, found, one.x, one.y, language), "lon": lon, "lat": lat,
        "line": _points(plan, shapely.get_coordinates(one.line).tolist()),
        "metres": round(one.line.length, 1),
        "households_gained": one.gained, "kinds": _kinds(found, one.kinds, language),
    }  # fmt: skip


def _kinds(
    found: Held, kinds: tuple[tuple[str, int], ...], language: Language
) -> list[dict[str, object]]:
    labels = {i.row.rule_id: i.row.label.in_language(language) for i in found.standing.asked}
    return [{"label": labels[r], "rule_id": r, "households": n} for r, n in kinds]


def _points(plan: OpenPlan, pairs: Any) -> list[list[float]]:
    import numpy as np

    return _lonlat(plan, np.asarray(pairs, dtype=float).reshape(-1, 2))


def _place(plan: OpenPlan, found: Held, x: float, y: float, language: Language) -> str:
    """The community whose edge is nearest, and on which side of it the place lies."""
    import shapely

    communities = found.inputs.frames["community"]
    drawn = communities[communities.geometry.notna()].sort_values("community_id")
    if not len(drawn):
        return f"{x:.0f}, {y:.0f}"
    shapes = drawn.geometry.to_numpy()
    far = shapely.distance(shapely.boundary(shapes), shapely.Point(x, y))
    nearest = int(far.argmin())
    row = {str(k): v for k, v in drawn.iloc[nearest].drop("geometry").items()}
    west, south, east, north = shapely.bounds(shapes[nearest])
    # Sides of a long court count by its own proportions, not by the compass of its centre.
    across = (x - (west + east) / 2) / max(east - west, 1.0)
    up = (y - (south + north) / 2) / max(north - south, 1.0)
    side = _SIDES[round(math.atan2(up, across) / (math.pi / 4)) % 8]
    name = name_of(LAYERS["community"], row, language)
    return Text(f"{name}{side.zh}", f"{name}, {side.en}").in_language(language)
