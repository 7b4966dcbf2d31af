"""What each community needs: the items of the catalogue that evidence asks for, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from app.analysis.scope import homes, lines, things
from app.analysis.scope.found import UNKNOWN, VERDICTS, YES, Floats, Found
from app.analysis.scope.places import Places
from app.errors import Text
from app.geo.crs import require_metric
from app.rules.scope import ScopeRuleRow
from app.rules.table import RuleTable
from app.schema.analysis import (
    Analysis,
    Inputs,
    Need,
    Outcome,
    Progress,
    WholeNetwork,
    no_progress,
    param,
)
from app.schema.ground_layers import ASSET, PIPE
from app.schema.place_layers import (
    BUILDING,
    COMMUNITY,
    GATE,
    PLOT_ROOM,
    ROAD,
    STAIR_UNIT,
    UNIT_DOOR,
    WALKWAY,
)
from app.schema.result_layers import REACH_GAP, SCOPE_ROW, STORM_ZONE

PREDICATES: dict[str, Callable[[Places, ScopeRuleRow], Found]] = {
    predicate.__name__: predicate
    for predicate in (
        lines.worn_pipes, lines.no_line_near, lines.old_roads, lines.fire_access, lines.dark_roads,
        lines.broken_walkways, lines.standing_water, things.survey, things.far_from_asset,
        things.assets_present, things.gates_without, things.column_below, things.older_residents,
        things.parking_below, things.chargers_below, things.property_room, things.service_gap,
        homes.steps_without_ramp, homes.roof, homes.no_insulation, homes.no_asset_near,
        homes.lift_wanted,
    )
}  # fmt: skip
AMOUNTS: dict[str, Callable[[Places, ScopeRuleRow], Floats]] = {
    "roof_m2": homes.roof_m2, "facade_m2": homes.facade_m2, "stair_units": homes.stair_units,
}  # fmt: skip
UNITS = {
    "length_m": "m", "area_m2": "m²", "count": "处", "households": "户", "roof_m2": "m²",
    "facade_m2": "m²", "stair_units": "个单元", "spaces": "个",
}  # fmt: skip


@dataclass(frozen=True)
class ScopeParams:
    """What the rules are asked for."""

    year: int = param(
        2024, "计划年度", "year of the programme; ages are counted back from it",
        minimum=1990, maximum=2100,
    )  # fmt: skip


def propose_scope(
    frames: Mapping[str, pd.DataFrame], rules: RuleTable[ScopeRuleRow], *, year: int,
    progress: Progress = no_progress,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Every rule for every community, home or stair unit: yes, no or unknown, with its reason.

    Parameters
    ----------
    frames
        By layer; ``reach_gap`` and ``storm_zone`` only where those analyses were run, without them
        their rules are unknown.
    rules
        ``scope_rules``. What the survey of a community names among the works wanted is evidence
        too: it makes an unknown a yes, never a no.

    Returns
    -------
    Layer ``scope_row``; ``quantity`` from geometry, empty where the rule cannot measure one.

    Raises
    ------
    CrsError
        Communities do not measure in metres.
    """
    communities = frames["community"]
    if len(communities):
        require_metric(gpd.GeoDataFrame(communities), "community")
    places = Places(frames, year)
    parts = []
    for done, rule in enumerate(rules):
        progress(
            done / max(len(rules), 1), Text(f"核对 {rule.name_zh}", f"judging: {rule.name_en}")
        )
        found = PREDICATES[rule.predicate](places, rule)
        _heed_survey(places, rule, found)
        parts.append(_rows(rule, found))
    whole = pd.concat(parts, ignore_index=True)
    for name in ("community_id", "missing"):
        whole[name] = whole[name].where(whole[name] != "", None)
    crs = gpd.GeoDataFrame(communities).crs if len(communities) else None
    shapes = gpd.GeoSeries(whole["geometry"], crs=crs)
    return gpd.GeoDataFrame(whole[list(SCOPE_ROW.column_names)], geometry=shapes)


def _heed_survey(places: Places, rule: ScopeRuleRow, found: Found) -> None:
    """Where the survey asks for the works, an unknown becomes a yes in the words of the survey."""
    if not rule.words:
        return
    wanted = places.wanted(rule.words)
    at = places.target_places[found.layer]
    asked = np.zeros(len(found.ids), dtype=bool)
    asked[at >= 0] = wanted[at[at >= 0]]
    asked &= found.verdict == UNKNOWN
    if not asked.any():
        return
    found.put(asked, YES, "摸底需改造内容中提出", "named by the survey among the works wanted")
    amount = AMOUNTS.get(rule.quantity)
    if amount is not None and found.layer == "building":
        found.quantity[asked] = amount(places, rule)[asked]
    rows = np.flatnonzero(asked)
    said = places.communities["works_wanted"].astype(object).to_numpy()[at[rows]]
    found.prove(rows, "community", found.community_ids[rows], "works_wanted", said)


def _rows(rule: ScopeRuleRow, found: Found) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "scope_row_id": f"{rule.rule_id}/" + found.ids.astype(object),
            "community_id": found.community_ids,
            "work_item_id": rule.item_code,
            "target_layer": found.layer,
            "target_id": found.ids,
            "verdict": VERDICTS[found.verdict],
            "quantity": np.round(found.quantity, 2),
            "unit": UNITS[rule.quantity],
            "reason": found.zh,
            "reason_en": found.en,
            "missing": found.missing,
            "rule_id": rule.rule_id,
            "evidence": [list(facts) for facts in found.evidence],
            "geometry": found.shapes,
        },
        index=range(len(found.ids)),
    )


def run(inputs: Inputs, params: ScopeParams, progress: Progress) -> Outcome:
    """The analysis on the frames of a plan."""
    rows = propose_scope(
        inputs.frames, inputs.rules["scope_rules"], year=params.year, progress=progress
    )
    found = rows["verdict"].value_counts()
    counts = {str(verdict): int(found.get(verdict, 0)) for verdict in VERDICTS}
    return Outcome(layers={SCOPE_ROW.name: rows}, counts=counts)


ANALYSIS = Analysis(
    "scope",
    Text("改造内容建议", "scope proposals"),
    Text(
        "按规则逐项核对每个小区、楼栋、单元需要的改造内容，给出工程量、理由和缺少的资料，由人确认",
        "Judges by rules which items of the catalogue each community, building and stair unit needs, "
        "with quantity, reason and what is missing; people decide",
    ),
    inputs=(
        COMMUNITY, BUILDING, STAIR_UNIT, UNIT_DOOR, GATE, PLOT_ROOM, WALKWAY, ROAD, PIPE, ASSET,
    ),
    optional=(REACH_GAP, STORM_ZONE),
    rules=("scope_rules",),
    params=ScopeParams,
    outputs=(SCOPE_ROW,),
    reach=WholeNetwork(),
    run=run,
    needs=(
        Need("building", "community_id"),
        Need("building", "households"),
        Need("pipe", "year_built"),
        Need("asset"),
        Need("community", "works_wanted"),
    ),
    example="jiugai run scope --plan PLAN --set year=2024 --json",
)  # fmt: skip
