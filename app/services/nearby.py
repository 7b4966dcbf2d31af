"""Nearby services as the map shows them: who walks how far to what, kept in memory and asked live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.errors import Language, NotFoundError, Text
from app.report.plain import is_missing
from app.services.detail import name_of
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from app.analysis.nearby.facilities import Asked
    from app.analysis.nearby.standing import Standing
    from app.analysis.nearby.whatif import Live
    from app.schema.analysis import Inputs

LAYERS_READ = (
    "building", "stair_unit", "unit_door", "service", "walkway", "wall", "gate", "community",
    "rule_override",
)  # fmt: skip
LEVELS = ("5min", "10min", "15min")
VERDICTS = ("beyond", "unknown", "within")


@dataclass(frozen=True)
class Held:
    """A standing with the inputs it was made of."""

    inputs: Inputs
    live: Live

    @property
    def standing(self) -> Standing:
        return self.live.standing


def held(plan: OpenPlan, profile: str) -> Held:
    """The standing of a profile, computed at its first use and after a change of its layers.

    Raises
    ------
    UsageError
        No such profile.
    """
    from app.analysis import analysis_named
    from app.schema.analysis import parse_params

    reach = analysis_named("reach")
    params = parse_params(reach.params, {"profile": profile})

    def make() -> Held:
        from app.analysis.nearby.standing import standing_of
        from app.analysis.nearby.whatif import Live
        from app.schema.analysis import Inputs
        from app.services.runs import rule_book

        frames = {layer.name: plan.frame(layer.name) for layer in reach.inputs}
        inputs = Inputs(frames, rule_book(plan.store).supply(reach.rules))
        return Held(inputs, Live(standing_of(inputs, params)))

    return plan.kept(("nearby", profile), LAYERS_READ, make)


def overview(plan: OpenPlan, profile: str, language: Language) -> dict[str, object]:
    """Households within 5, 10 and 15 minutes by place, kinds with who lacks them, the network's faults.

    Where no households are known at all, homes are counted in their place, and ``unit`` says so.
    """
    found = held(plan, profile)
    standing = found.standing
    return {
        "profile": profile,
        "unit": standing.homes.unit,
        "kinds": [kind_json(standing, item, language) for item in standing.asked],
        "total": place_json(standing, standing.verdict, slice(None)),
        "townships": _places(plan, standing, "township", language),
        "communities": _places(plan, standing, "community", language),
        "network": {"notes": notes(found, language)},
    }


def kind_json(standing: Standing, asked: Asked, language: Language) -> dict[str, object]:
    """A kind with the clause that judges it and the households within, beyond and unknown."""
    row = asked.row
    return {
        "rule_id": row.rule_id,
        "code": row.code,
        "label": row.label.in_language(language),
        "levels": list(row.level),
        "mandatory": row.obligation == "mandatory",
        "measure": row.measure,
        "limit_m": asked.limit_m,
        "clause": f"{row.standard} {asked.clause}",
        "confidence": row.confidence,
        "facilities": int((standing.services.kind == row.code).sum()),
        "households": counted(standing, standing.verdict[row.rule_id]),
    }


def counted(standing: Standing, verdict: Any, among: Any = None) -> dict[str, int]:
    """Households by verdict; homes of unknown households take no part unless all are unknown."""
    import numpy as np

    households = standing.homes.weight
    if among is not None:
        households, verdict = households[among], verdict[among]
    sums = np.bincount(verdict, weights=households, minlength=len(VERDICTS))
    return {name: int(sums[k]) for k, name in enumerate(VERDICTS)}


def place_json(standing: Standing, verdict: dict[str, Any], among: Any) -> dict[str, object]:
    """The households of a place, by level for all mandatory kinds at once, and what is missing.

    ``lacking`` are kinds that nobody of the place reaches, ``partly`` those that some do not.
    ``cover`` adds the mandatory kinds of a level up: how many of the pairs of household and kind
    are within, of those that could be judged.
    """
    import numpy as np

    from app.analysis.nearby.gaps import of_level

    lacking: list[dict[str, object]] = []
    partly: list[dict[str, object]] = []
    unknown: list[str] = []
    for item in standing.asked:
        rule = item.row.rule_id
        sums = counted(standing, verdict[rule], among)
        if sums["beyond"]:
            entry = {"rule_id": rule, "households": sums["beyond"]}
            (partly if sums["within"] else lacking).append(entry)
        elif sums["unknown"] and not sums["within"]:
            unknown.append(rule)
    levels, cover = {}, {level: {"within": 0, "judged": 0, "kinds": 0} for level in LEVELS}
    for item in standing.asked:
        sums = counted(standing, verdict[item.row.rule_id], among)
        for level in set(LEVELS) & set(item.row.level):
            if item.row.obligation == "mandatory" and sums["within"] + sums["beyond"]:
                cover[level]["within"] += sums["within"]
                cover[level]["judged"] += sums["within"] + sums["beyond"]
                cover[level]["kinds"] += 1
    for level in LEVELS:
        of_all = of_level(level, standing.asked, verdict)
        if of_all is not None:
            levels[level] = counted(standing, of_all, among)
    homes = standing.homes
    return {
        "households": int(homes.weight[among].sum()),
        "homes_uncounted": int(np.isnan(homes.households[among]).sum()),
        "levels": levels,
        "cover": cover,
        "lacking": lacking,
        "partly": partly,
        "unknown": unknown,
    }


def _places(
    plan: OpenPlan, standing: Standing, layer: str, language: Language
) -> list[dict[str, object]]:
    from app.schema import LAYERS

    ids = standing.places[layer]
    table = plan.table(layer).set_index(f"{layer}_id", drop=False)
    found = []
    for name in sorted(set(ids.tolist()) - {""}):
        row = {str(k): v for k, v in table.loc[name].items()} if name in table.index else {}
        label = name_of(LAYERS[layer], row, language) if row else name
        above = row.get("township_id")
        found.append(
            {"id": name, "name": label, "township_id": None if is_missing(above) else above}
            | place_json(standing, standing.verdict, ids == name)
        )
    return found


_NO_WALKWAYS = Text("方案没有步行网，步行距离未知", "the plan has no walkways; walking distances are unknown")  # fmt: skip


def notes(found: Held, language: Language) -> list[str]:
    """What is wrong with the network and with what joins it, one sentence a kind of fault."""
    from app.analysis.nearby.faults import faults_of

    faults = faults_of(found.standing, found.inputs.frames)
    said = [fault.note.in_language(language) for fault in faults]
    return said if found.standing.walk else [_NO_WALKWAYS.in_language(language), *said]


def door_of(standing: Standing, building: str, door: str) -> int:
    """The index of a door, or of a building without doors.

    Raises
    ------
    NotFoundError
        Nobody sets out from there.
    """
    import numpy as np

    starts = standing.starts
    at = np.flatnonzero((starts.building == building) & (starts.door == door))
    if len(at):
        return int(at[0])
    raise NotFoundError(
        Text(f"没有从 {door or building} 出发的住户", f"nobody sets out from {door or building}"),
        where=door or building,
        fix=Text("在地图上选择住宅的单元门", "choose the door of a residential building"),
    )


def by_home(standing: Standing, cost: Any) -> Any:
    """The cost of each home: its nearest door, or its farthest where any of them may be meant."""
    import numpy as np

    starts, homes = standing.starts, standing.homes
    best, worst = np.full(len(homes), np.inf), np.zeros(len(homes))
    np.minimum.at(best, starts.home, cost)
    np.maximum.at(worst, starts.home, cost)
    return np.where(homes.by_every_door, worst, best)


def degrees(plan: OpenPlan, shapes: Sequence[Any]) -> Any:
    """Shapes of the plan's system in degrees."""
    import geopandas

    return geopandas.GeoSeries(list(shapes), crs=plan.store.meta.crs).to_crs("EPSG:4326")


def metres(plan: OpenPlan, shapes: Sequence[Any]) -> Any:
    """Shapes in degrees in the plan's system."""
    import geopandas

    return geopandas.GeoSeries(list(shapes), crs="EPSG:4326").to_crs(plan.store.meta.crs)
