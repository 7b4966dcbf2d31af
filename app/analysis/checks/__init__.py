"""Checks of the programme: money, records, phases and places, each by one declared rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from app.analysis.checks import data, ground, money, phases, spatial
from app.analysis.checks.sheet import FAIL, UNKNOWN, Records, Sheet
from app.errors import Text, UsageError
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
from app.schema.ground_layers import ASSET, PIPE, POLE, TREE
from app.schema.place_layers import BUILDING, COMMUNITY, GATE, ROAD, STAIR_UNIT, TOWNSHIP, UNIT_DOOR
from app.schema.programme_tables import (
    AS_BUILT,
    COMMUNITY_ITEM,
    CONSENT,
    DEFECT,
    DOCUMENT,
    FUNDING,
    FUNDING_SOURCE,
    HAZARD,
    INSPECTION,
    OPINION,
    ORGANISATION,
    PAYMENT,
    PETITION,
    PHASE,
    PROGRAMME_MEMBER,
    SIGNATURE,
)
from app.schema.result_layers import CONSENT_TALLY, ELIGIBILITY, FINDING, STORM_ZONE

CHECKS: dict[str, Callable[[Records, Sheet], None]] = {
    check.__name__: check
    for check in (
        money.overfunded, money.unallocated, money.ceiling, money.purpose, money.double_subsidy,
        money.utility_share, money.resident_consent, money.owner_pledge, money.investor,
        money.past_central, money.unit_slip, money.bond_outside_risk, money.payments, money.allotted,
        data.own_community, data.votes, data.one_township, data.item_dates,
        phases.decision_order, phases.utility_opinions, phases.criteria, phases.due,
        phases.bid_before_works, phases.site_cleared, phases.inspections, phases.handover,
        phases.management, phases.petitions, phases.scheme, phases.season,
        spatial.lift_room, spatial.charger_exit, spatial.bay_on_lane, spatial.room_in_water,
        spatial.tree_on_pipe, ground.fire_lane_width, ground.fire_lane_clear, ground.fire_gate,
        ground.fire_turning, ground.ladder_ground, ground.as_built,
    )
}  # fmt: skip


@dataclass(frozen=True)
class CheckParams:
    """What is checked, and as of which day."""

    programme: str = param("", "年度计划（空为全部）", "programme; empty for all")
    as_of: str = param(
        "", "截至日期（如 2024-06-30；空则不判逾期未完成）",
        "as of this day, like 2024-06-30; empty: what is not done is not judged late",
    )  # fmt: skip


def check_programme(
    frames: Mapping[str, pd.DataFrame], rules: Mapping[str, Any], params: CheckParams,
    progress: Progress = no_progress,
) -> tuple[gpd.GeoDataFrame, dict[str, int]]:  # fmt: skip
    """Every check of ``check_rules``; findings are what fails or what nobody can tell.

    Returns
    -------
    Layer ``finding`` and the number that passed, by check.

    Raises
    ------
    UsageError
        ``as_of`` is no date.
    """
    records = Records(frames, rules, params.programme, _day(params.as_of))
    passed, parts = {}, []
    table = rules["check_rules"]
    for done, rule in enumerate(table):
        progress(
            done / max(len(table), 1), Text(f"核查 {rule.name_zh}", f"checking: {rule.name_en}")
        )
        sheet = Sheet(rule)
        CHECKS[rule.check](records, sheet)
        passed[rule.check] = sheet.passed
        parts.append(sheet.frame())
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    crs = gpd.GeoDataFrame(frames["community"]).crs if len(frames["community"]) else None
    shapes = gpd.GeoSeries(rows["geometry"].where(rows["geometry"].notna(), None), crs=crs)
    for name in ("value", "required"):
        rows[name] = pd.to_numeric(rows[name])
    return gpd.GeoDataFrame(rows[list(FINDING.column_names)], geometry=shapes), passed


def _day(text: str) -> pd.Timestamp | None:
    if not text:
        return None
    try:
        return pd.Timestamp(text)
    except ValueError as error:
        raise UsageError(
            Text(f"截至日期“{text}”不是日期", f"as_of {text!r} is not a date"),
            where="as_of",
            fix=Text("写成 2024-06-30", "write it like 2024-06-30"),
        ) from error


def run(inputs: Inputs, params: CheckParams, progress: Progress) -> Outcome:
    """The analysis on the frames of a plan."""
    rows, passed = check_programme(inputs.frames, inputs.rules, params, progress)
    counts = {verdict: int((rows["verdict"] == verdict).sum()) for verdict in (FAIL, UNKNOWN)}
    return Outcome(layers={FINDING.name: rows}, counts={"pass": sum(passed.values()), **counts})


ANALYSIS = Analysis(
    "checks",
    Text("方案核查", "programme checks"),
    Text(
        "资金、数据、步骤和空间的逐条核查，列出不符合和无法判断的记录及依据",
        "Checks money, records, phases and places rule by rule; lists what fails and what cannot be "
        "told, with the clause",
    ),
    inputs=(
        COMMUNITY, BUILDING, STAIR_UNIT, UNIT_DOOR, TOWNSHIP, ROAD, PIPE, TREE, ASSET, GATE, POLE,
        PROGRAMME_MEMBER, COMMUNITY_ITEM, FUNDING_SOURCE, FUNDING, CONSENT, OPINION, ORGANISATION,
        PHASE, HAZARD, INSPECTION, DEFECT, AS_BUILT, SIGNATURE, PAYMENT, PETITION, DOCUMENT,
    ),
    optional=(CONSENT_TALLY, ELIGIBILITY, STORM_ZONE),
    rules=("check_rules", "funding_sources", "item_unit_cost"),
    params=CheckParams,
    outputs=(FINDING,),
    reach=WholeNetwork(),
    run=run,
    needs=(Need("community_item", "quantity"), Need("funding"), Need("phase", "due_on")),
    example="jiugai run checks --plan PLAN --set as_of=2024-06-30 --json",
)  # fmt: skip
