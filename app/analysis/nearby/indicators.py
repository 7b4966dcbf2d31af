"""What the standard of the complete community asks of each community, and what it has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.nearby.facilities import Asked
from app.analysis.nearby.judge import BEYOND, UNKNOWN, WITHIN
from app.analysis.nearby.serving import Places, Serving, figures, places_of, serving
from app.analysis.nearby.standing import Standing
from app.errors import Text
from app.rules.phrases import chinese, english
from app.rules.services import CompleteCommunityRow
from app.rules.table import RuleTable
from app.schema.analysis import Inputs
from app.schema.result_layers import COMMUNITY_INDICATOR

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]

SURVEY = "survey"
_COLUMN = {"floor_area": "floor_area_m2", "land_area": "land_area_m2",
           "area_per_100_households": "floor_area_m2", "places_per_1000_residents": "capacity"}  # fmt: skip
_UNIT = {"floor_area": "m2", "land_area": "m2", "number": "each",
         "area_per_100_households": "m2/100 households",
         "places_per_1000_residents": "places/1000 residents"}  # fmt: skip
_SHARE = "share of households"
_VERDICT = np.array(["fail", "unknown", "pass"], dtype=object)


@dataclass(frozen=True)
class Indicator:
    """One figure of a standard that a community is held against."""

    key: str
    rule_id: str
    item_no: str
    label: Text
    judged_by: str
    kinds: tuple[str, ...]
    required: float | None
    recommended: bool
    clause: str
    confidence: str


@dataclass(frozen=True)
class Found:
    """What each community has: figure, verdict, the field that is missing, households that are met."""

    value: Floats
    verdict: Ints
    missing: Shapes
    met: Floats
    unknown: Floats
    proof: list[list[str]]


def indicators_asked(
    complete: RuleTable[CompleteCommunityRow], asked: tuple[Asked, ...]
) -> tuple[Indicator, ...]:
    """The rows of the complete-community standard, then the least sizes of every facility kind.

    What the standard asks of new communities only is not asked of those that are renewed.
    """
    found = [_of_complete(row) for row in complete if row.judged_by != "none"]
    sizes = (("floor_area", "floor_area_min_m2", "建筑面积", "floor area"),
             ("land_area", "land_area_min_m2", "用地面积", "land"))  # fmt: skip
    for item in asked:
        row = item.row
        for how, column, zh, en in sizes:
            least = getattr(row, column)
            if least is not None:
                found.append(
                    Indicator(
                        f"{row.rule_id}-{how}", row.rule_id, "",
                        Text(f"{row.name_zh}{zh}", f"{row.name_en}: {en}"), how, (row.code,), least,
                        row.obligation != "mandatory", f"{row.standard} {row.clause}", row.confidence,
                    )
                )  # fmt: skip
    return tuple(found)


def _of_complete(row: CompleteCommunityRow) -> Indicator:
    recommended = row.indicator.endswith("preferred") or row.applies_to == "where possible"
    asked = Text(chinese(row.indicator), english(row.indicator).replace("_", " "))
    if row.judged_by == "reach":
        asked = Text("走得到一处", "one within a walk")
    label = Text(f"{row.name_zh}：{asked.zh}", f"{row.name_en}: {asked.en}")
    clause = f"{row.standard} {row.goal}".strip()
    return Indicator(
        row.rule_id, row.rule_id, row.item_no, label, row.judged_by, row.kinds, row.least,
        recommended, clause, row.confidence,
    )  # fmt: skip


def indicators_of(standing: Standing, inputs: Inputs) -> pd.DataFrame:
    """Table ``community_indicator``: one row an indicator and community, and one a township.

    A facility serves a community that it stands in, or whose households walk to it as the nearest
    within its limit. Sizes are those of the largest that serves; areas and places for a number of
    people are shared evenly by all households that walk to them. What the plan does not hold is
    unknown. A township meets what all of its communities meet.
    """
    places, parts = places_of(standing), []
    held: dict[tuple[str, ...], Serving] = {}
    asked = indicators_asked(inputs.rules["complete_community"], standing.asked)
    for indicator in asked if len(places) else ():
        if indicator.kinds not in held:
            held[indicator.kinds] = serving(standing, places, indicator.kinds)
        found = _found(standing, places, held[indicator.kinds], indicator, inputs)
        parts += _rows(places, indicator, found)
    if not parts:
        return pd.DataFrame(columns=list(COMMUNITY_INDICATOR.column_names))
    return pd.concat(parts, ignore_index=True)[list(COMMUNITY_INDICATOR.column_names)]


def _found(
    standing: Standing, places: Places, served: Serving, indicator: Indicator, inputs: Inputs
) -> Found:
    how = indicator.judged_by
    if how == "connected":
        return _by_homes(standing, places, _connected(standing), "walkway", [])
    if how == "reach":
        proof = _proof(standing, places, served)
        return _by_homes(standing, places, served.verdict, "service.kind", proof)
    if how == "management":
        return _of_management(places, inputs.frames["community"])
    if how == "number":
        return _of_number(standing, places, served, indicator)
    if how in ("floor_area", "land_area"):
        return _of_size(standing, places, served, indicator, inputs.frames["service"])
    if how in ("area_per_100_households", "places_per_1000_residents"):
        return _of_share(standing, places, served, indicator, inputs)
    unknown = np.full(len(places), UNKNOWN, dtype=np.int64)
    return _whole(places, np.full(len(places), np.nan), unknown, SURVEY, [])


def _by_homes(
    standing: Standing, places: Places, verdict: Ints, missing: str, proof: list[list[str]]
) -> Found:
    """Met where every household is; the figure is their share of those that were judged."""
    households = np.nan_to_num(standing.homes.households)
    met = places.sums(np.where(verdict == WITHIN, households, 0.0))
    unknown = places.sums(np.where(verdict == UNKNOWN, households, 0.0))
    lacking = places.sums((verdict == BEYOND).astype(float)) > 0
    open_ = (places.sums((verdict == UNKNOWN).astype(float)) > 0) | (places.uncounted > 0)
    judged = places.households - unknown
    value = np.divide(met, judged, out=np.full(len(places), np.nan), where=judged > 0)
    told = np.where(lacking, BEYOND, np.where(open_ | (judged == 0), UNKNOWN, WITHIN))
    names = np.where(told != UNKNOWN, "", np.where(unknown > 0, missing, "building.households"))
    return Found(value, told, names.astype(object), met, unknown, proof or _none(places))


def _whole(
    places: Places, value: Floats, verdict: Ints, missing: str, proof: list[list[str]]
) -> Found:
    """A verdict on the community as a whole: all of its households are met, or none."""
    met = np.where(verdict == WITHIN, places.households, 0.0)
    unknown = np.where(verdict == UNKNOWN, places.households, 0.0)
    names = np.where(verdict == UNKNOWN, missing, "").astype(object)
    return Found(value, verdict, names, met, unknown, proof or _none(places))


def _none(places: Places) -> list[list[str]]:
    return [[] for _ in range(len(places))]


def _proof(standing: Standing, places: Places, served: Serving) -> list[list[str]]:
    found = _none(places)
    for place, facility in zip(served.place.tolist(), served.facility.tolist(), strict=True):
        found[place].append(str(standing.services.ids[facility]))
    return found


def _of_size(
    standing: Standing, places: Places, served: Serving, indicator: Indicator,
    services: pd.DataFrame,
) -> Found:  # fmt: skip
    """The largest facility that serves; none is too small as long as one of unknown size is left."""
    column = _COLUMN[indicator.judged_by]
    size = figures(standing, services, column)[served.facility]
    largest = np.full(len(places), -np.inf)
    np.fmax.at(largest, served.place, size)
    unmeasured = np.zeros(len(places), dtype=bool)
    np.logical_or.at(unmeasured, served.place, np.isnan(size))
    open_ = places.sums((served.verdict == UNKNOWN).astype(float)) > 0
    enough = largest >= (indicator.required or 0.0)
    verdict = np.where(enough, WITHIN, np.where(unmeasured | open_, UNKNOWN, BEYOND))
    value = np.where(np.isfinite(largest), largest, np.nan)
    found = _whole(places, value, verdict, f"service.{column}", _proof(standing, places, served))
    found.missing[(verdict == UNKNOWN) & ~unmeasured] = "service.kind"
    return found


def _of_number(
    standing: Standing, places: Places, served: Serving, indicator: Indicator
) -> Found:  # fmt: skip
    """How many serve the community; where the plan holds none of the kind at all, nobody knows."""
    count = np.bincount(served.place, minlength=len(places)).astype(float)
    known = bool(np.isin(standing.services.kind, indicator.kinds).any())
    enough = count >= (indicator.required or 0.0)
    verdict = np.where(enough, WITHIN, BEYOND if known else UNKNOWN)
    value = count if known else np.full(len(places), np.nan)
    return _whole(places, value, verdict, "service.kind", _proof(standing, places, served))


def _of_share(
    standing: Standing, places: Places, served: Serving, indicator: Indicator, inputs: Inputs
) -> Found:  # fmt: skip
    """What each facility has, shared by all households that walk to it; unknown sizes count nothing.

    So a figure that is high enough is so for certain; one that is too low is unknown while a size,
    a household's way or the number of people is.
    """
    column = _COLUMN[indicator.judged_by]
    size = figures(standing, inputs.frames["service"], column)
    households = np.nan_to_num(standing.homes.households)
    goes = served.goes_to >= 0
    load = np.bincount(served.goes_to[goes], weights=households[goes], minlength=len(size))
    each = np.divide(np.nan_to_num(size), load, out=np.zeros(len(size)), where=load > 0)
    own = np.where(goes, each[served.goes_to] * households, 0.0) if len(size) else 0.0 * households
    people, per, field = places.households, 100.0, "building.households"
    if indicator.judged_by == "places_per_1000_residents":
        people, per, field = _residents(places, inputs.frames["community"]), 1000.0, "community.residents"  # fmt: skip
    sums, known = places.sums(own), np.isfinite(people) & (people > 0)
    value = np.divide(per * sums, people, out=np.full(len(places), np.nan), where=known)
    unsized = places.sums((goes & np.isnan(size)[served.goes_to]).astype(float)) > 0 if len(size) else np.zeros(len(places), bool)  # fmt: skip
    open_ = places.sums((served.verdict == UNKNOWN).astype(float)) > 0
    enough = known & (value >= (indicator.required or 0.0)) & (places.uncounted == 0)
    sure = known & ~unsized & ~open_ & (places.uncounted == 0)
    verdict = np.where(enough, WITHIN, np.where(sure, BEYOND, UNKNOWN))
    found = _whole(places, value, verdict, field, _proof(standing, places, served))
    found.missing[(verdict == UNKNOWN) & known & open_] = "service.kind"
    found.missing[(verdict == UNKNOWN) & known & unsized] = f"service.{column}"
    return found


def _residents(places: Places, communities: pd.DataFrame) -> Floats:
    table = communities.drop_duplicates("community_id").set_index("community_id")["residents"]
    values = pd.to_numeric(table, errors="coerce").reindex(places.ids)
    return values.to_numpy(dtype=float, na_value=np.nan)


def _of_management(places: Places, communities: pd.DataFrame) -> Found:
    table = communities.drop_duplicates("community_id").set_index("community_id")
    told = table["property_management"].reindex(places.ids).to_numpy(object)
    unknown, none = pd.isna(told), told == "none"
    verdict = np.where(unknown, UNKNOWN, np.where(none, BEYOND, WITHIN)).astype(np.int64)
    value = np.where(unknown, np.nan, np.where(none, 0.0, 1.0))
    return _whole(places, value, verdict, "community.property_management", [])


def _connected(standing: Standing) -> Ints:
    """Whether each home has a door on the longest piece of the network; no way at all is unknown."""
    if standing.walk is None or not len(standing.walk.town.graph.u):
        return np.full(len(standing.homes), UNKNOWN, dtype=np.int64)
    graph, edge = standing.walk.town.graph, standing.walk.places.edge
    piece = graph.pieces()[graph.u]
    on_main = (piece == np.bincount(piece, weights=graph.length_m).argmax())[edge]
    door = np.where(edge < 0, UNKNOWN, np.where(on_main, WITHIN, BEYOND))
    best = np.zeros(len(standing.homes), dtype=np.int64)
    np.maximum.at(best, standing.starts.home, door)
    return best


def _rows(places: Places, indicator: Indicator, found: Found) -> list[pd.DataFrame]:
    share = indicator.judged_by in ("reach", "connected", "management")
    table = pd.DataFrame(
        {
            "place_layer": "community", "place_id": places.ids, "value": np.round(found.value, 4),
            "households": places.households, "households_met": found.met,
            "households_unknown": found.unknown, "verdict": _VERDICT[found.verdict],
            "missing": pd.Series(found.missing, dtype=object).where(found.missing != "", None), "proof": found.proof,
            "required": 1.0 if share else (np.nan if indicator.required is None else indicator.required),
            "unit": _SHARE if share else _UNIT.get(indicator.judged_by, ""),
        }
    )  # fmt: skip
    return [_told(table, indicator), _told(_townships(places, table), indicator)]


def _townships(places: Places, table: pd.DataFrame) -> pd.DataFrame:
    """A township meets what all its communities meet; the figure is the share of households met."""
    of = table.assign(place_id=places.township)
    of = of[of["place_id"] != ""]
    sums = of.groupby("place_id")[["households", "households_met", "households_unknown"]].sum()
    fails = of["verdict"].eq("fail").groupby(of["place_id"]).any()
    open_ = of["verdict"].eq("unknown").groupby(of["place_id"]).any()
    judged = (sums["households"] - sums["households_unknown"]).to_numpy(dtype=float)
    value = np.divide(
        sums["households_met"].to_numpy(dtype=float), judged,
        out=np.full(len(judged), np.nan), where=judged > 0,
    )  # fmt: skip
    verdict = np.where(fails, "fail", np.where(open_, "unknown", "pass")).astype(object)
    missing = of[of["verdict"] == "unknown"].groupby("place_id")["missing"].first()
    return sums.reset_index().assign(
        place_layer="township", value=np.round(value, 4), verdict=verdict, required=1.0,
        unit=_SHARE, proof=pd.Series([[]] * len(sums), dtype=object),
        missing=_of_unknown(missing.reindex(sums.index), verdict),
    )  # fmt: skip


def _of_unknown(missing: pd.Series, verdict: Shapes) -> Shapes:
    """What is missing for the unknown ones; None for the others."""
    found = missing.to_numpy(object, copy=True)
    found[verdict != "unknown"] = None
    return found


def _told(table: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """The rows with what was asked of them; counts whole."""
    counts = {
        name: table[name].round().astype("Int64")
        for name in ("households", "households_met", "households_unknown")
    }
    return table.assign(
        **counts,
        community_indicator_id=indicator.key + "-" + table["place_layer"] + "-" + table["place_id"],
        indicator=indicator.label.zh, indicator_en=indicator.label.en, item_no=indicator.item_no,
        judged_by=indicator.judged_by, kind=";".join(indicator.kinds) or None,
        recommended=indicator.recommended, rule_id=indicator.rule_id, clause=indicator.clause,
        confidence=indicator.confidence,
    )  # fmt: skip
