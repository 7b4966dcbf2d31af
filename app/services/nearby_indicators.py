"""The complete-community indicators of a place as the map shows them, live."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app.errors import Language, Text
from app.report.plain import is_missing
from app.rules import CONFIDENCES
from app.schema import DOMAINS, LAYERS
from app.services.detail import name_of
from app.services.nearby import LAYERS_READ, held
from app.services.nearby_ways import _missing
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    import pandas as pd

_OF_KIND = r"F\d"  # rows of the table of facility kinds; the others are of the complete community
_UNITS = {
    "m2": Text("m²", "m²"), "each": Text("处", ""),
    "m2/100 households": Text("m²/百户", "m² for 100 households"),
    "places/1000 residents": Text("位/千人", "places for 1,000 residents"),
    "share of households": Text("户占比", "share of households"),
}  # fmt: skip
_MISSING = {
    "survey": Text("方案中没有这项数据，需现场核查", "no layer of the plan holds it; survey it on site"),
    "service.floor_area_m2": Text("设施的建筑面积未填", "the floor area of a facility is missing"),
    "service.land_area_m2": Text("设施的用地面积未填", "the land of a facility is missing"),
    "service.capacity": Text("设施的容量未填", "the capacity of a facility is missing"),
    "community.residents": Text("小区常住人口未填", "the residents of the community are missing"),
    "community.property_management": Text("小区物业管理未填", "the property management is missing"),
    "building.households": Text("有楼栋户数未知", "households of a building are unknown"),
}  # fmt: skip


def table(plan: OpenPlan, profile: str) -> pd.DataFrame:
    """All indicators of a profile, computed at their first use and after a change of their layers."""

    def make() -> pd.DataFrame:
        from app.analysis.nearby.indicators import indicators_of
        from app.schema.analysis import Inputs
        from app.services.runs import rule_book

        found = held(plan, profile)
        rules = rule_book(plan.store).supply(("complete_community",))
        return indicators_of(
            found.standing, Inputs(found.inputs.frames, {**found.inputs.rules, **rules})
        )

    rows: pd.DataFrame = plan.kept(("indicators", profile), LAYERS_READ, make)
    return rows


def indicators(
    plan: OpenPlan, profile: str, layer: str, place: str, language: Language
) -> dict[str, object]:
    """The indicators of one community or township, counted by verdict; ``sizes`` those of kinds.

    Without a place: how many communities pass and fail each of the complete community.
    """
    rows = table(plan, profile)
    if not place:
        return {"rows": _by_community(rows)}
    own = rows[(rows["place_layer"] == layer) & (rows["place_id"] == place)]
    services = _names(plan, own, language)
    told = [_row(record, services, language) for record in own.to_dict("records")]
    complete = [one for one in told if not one["of_kind"]]
    counts = {v: sum(one["verdict"] == v for one in complete) for v in ("pass", "fail", "unknown")}
    return {"rows": complete, "sizes": [one for one in told if one["of_kind"]], "counts": counts}


def sheet_rows(plan: OpenPlan, profile: str, language: Language) -> list[list[Any]]:
    """One line a community and indicator, as the workbook lists them."""
    rows = table(plan, profile)
    own = rows[rows["place_layer"] == "community"]
    communities = plan.table("community").set_index("community_id", drop=False)
    townships = plan.table("township").set_index("township_id", drop=False)
    words = DOMAINS["rule_verdict"]
    found: list[list[Any]] = []
    for record in own.to_dict("records"):
        told = _row(record, {}, language)
        place = str(record["place_id"])
        above = communities["township_id"].get(place)
        found.append(
            [
                _name(townships, "township", above, language), _name(communities, "community", place, language),
                told["item_no"], told["label"], _is(told, language), told["required"], told["unit"],
                words.label_of(told["verdict"], language), told["missing"],
                told["households_met"], told["households"], told["clause"],
                CONFIDENCES[told["confidence"]].in_language(language),
            ]
        )  # fmt: skip
    return found


def _is(told: dict[str, Any], language: Language) -> Any:
    """The figure; where none of the kind serves, "none", which is not unknown."""
    if told["value"] is None and told["verdict"] == "fail":
        return Text("无", "none").in_language(language)
    return told["value"]


def _name(rows: pd.DataFrame, layer: str, place: Any, language: Language) -> str:
    if place not in rows.index:
        return "" if is_missing(place) else str(place)
    values = rows.loc[[place]].to_dict("records")[0]
    return name_of(LAYERS[layer], {str(k): v for k, v in values.items()}, language)


def _row(
    record: dict[Any, Any], services: dict[str, str], language: Language
) -> dict[str, Any]:  # fmt: skip
    field = record["missing"]
    unknown = "" if is_missing(field) else str(field)
    said = _MISSING[unknown].in_language(language) if unknown in _MISSING else _missing(unknown, language)  # fmt: skip
    unit = _UNITS.get(str(record["unit"]), Text("", "")).in_language(language)
    return {
        "key": str(record["community_indicator_id"]),
        "label": record["indicator"] if language == "zh" else record["indicator_en"],
        "item_no": record["item_no"],
        "of_kind": bool(re.match(_OF_KIND, str(record["rule_id"]))),
        "judged_by": record["judged_by"],
        "kinds": [] if is_missing(record["kind"]) else str(record["kind"]).split(";"),
        "recommended": bool(record["recommended"]),
        "value": _number(record["value"]), "required": _number(record["required"]),
        "unit": unit, "is_share": record["unit"] == "share of households",
        "households": int(record["households"]), "households_met": int(record["households_met"]),
        "households_unknown": int(record["households_unknown"]),
        "verdict": record["verdict"], "missing": said, "field": unknown,
        "proof": [{"id": name, "name": services.get(name, name)} for name in record["proof"]],
        "clause": record["clause"], "rule_id": record["rule_id"], "confidence": record["confidence"],
    }  # fmt: skip


def _number(value: Any) -> float | None:
    return None if is_missing(value) else float(value)


def _names(plan: OpenPlan, rows: pd.DataFrame, language: Language) -> dict[str, str]:
    wanted = {name for proof in rows["proof"] for name in proof}
    services = plan.table("service")
    return {
        str(row["service_id"]): name_of(LAYERS["service"], {str(k): v for k, v in row.items()}, language)
        for row in services[services["service_id"].isin(wanted)].to_dict("records")
    }  # fmt: skip


def _by_community(rows: pd.DataFrame) -> list[dict[str, object]]:
    of_kind = rows["rule_id"].astype(str).str.match(_OF_KIND)
    own = rows[(rows["place_layer"] == "community") & ~of_kind]
    found: list[dict[str, object]] = []
    for name, part in own.groupby("place_id", sort=True):
        counts = part["verdict"].value_counts()
        found.append(
            {"id": str(name), **{v: int(counts.get(v, 0)) for v in ("pass", "fail", "unknown")}}
        )
    return found
