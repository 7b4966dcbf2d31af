"""What needs attention in a programme: each with its number and a link to the rows behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.errors import Language, Severity, Text, joined
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    import pandas as pd

    from app.services.staleness import ResultState

OPEN_DECISIONS = ("proposed",)


@dataclass(frozen=True)
class Attention:
    """One line. ``layer`` and ``filters`` are those of the table that lists the rows."""

    code: str
    severity: Severity
    count: int
    message: Text
    layer: str
    filters: dict[str, object]

    def as_json(self, language: Language) -> dict[str, object]:
        return {
            "code": self.code,
            "severity": self.severity,
            "count": self.count,
            "message": self.message.in_language(language),
            "link": {"layer": self.layer, "filter": self.filters},
        }


def attention(
    plan: OpenPlan, programme_id: str | None, rows: pd.DataFrame, *, language: Language
) -> list[dict[str, object]]:
    """The lines that hold for the counted communities; none where nothing is wrong."""
    lines = [*_missing_values(programme_id, rows), *_undecided(plan, programme_id, rows)]
    lines += _loose_buildings(plan, programme_id)
    lines += _stale_results(plan)
    return [line.as_json(language) for line in lines if line.count]


def _missing_values(programme_id: str | None, rows: pd.DataFrame) -> list[Attention]:
    def missing(code: str, column: str, zh: str, en: str) -> Attention:
        count = int(rows[f"unknown_{code}"].sum())
        filters: dict[str, object] = {column: {"unknown": True}}
        return Attention(
            f"unknown_{code}",
            "warning",
            count,
            Text(f"{count:,} 栋楼{zh}未知", f"{count:,} buildings with unknown {en}"),
            "building",
            filters | ({"@programme": programme_id} if programme_id else {}),
        )

    cost = int(rows["unknown_cost"].sum())
    return [
        missing("year", "year_built", "建成年代", "year built"),
        missing("floor_area", "floor_area_m2", "建筑面积", "floor area"),
        missing("households", "households", "户数", "households"),
        Attention(
            "unknown_cost",
            "warning",
            cost,
            Text(f"{cost:,} 个改造项目造价未知，未计入投资",
                 f"{cost:,} scope items of unknown cost, not in the sum"),
            "community_item",
            {"@unknown_cost": True} | ({"programme_id": {"in": [programme_id]}} if programme_id else {}),
        ),
    ]  # fmt: skip


def _undecided(plan: OpenPlan, programme_id: str | None, rows: pd.DataFrame) -> list[Attention]:
    items = plan.table("community_item")
    if programme_id is not None:
        items = items[items["programme_id"] == programme_id]
    waiting = items["decision"].isna() | items["decision"].isin(OPEN_DECISIONS)
    waiting &= items["community_id"].isin(rows.index) | items["community_id"].isna()
    count = int(waiting.sum())
    filters: dict[str, object] = {"decision": {"in": list(OPEN_DECISIONS), "unknown": True}}
    return [
        Attention(
            "undecided_items",
            "info",
            count,
            Text(f"{count:,} 个改造项目待决定", f"{count:,} scope items wait for a decision"),
            "community_item",
            filters | ({"programme_id": {"in": [programme_id]}} if programme_id else {}),
        )
    ]


def _loose_buildings(plan: OpenPlan, programme_id: str | None) -> list[Attention]:
    if programme_id is not None:
        return []
    count = int(plan.table("building")["community_id"].isna().sum())
    return [
        Attention(
            "buildings_without_community",
            "info",
            count,
            Text(f"{count:,} 栋楼不属于任何小区", f"{count:,} buildings outside any community"),
            "building",
            {"community_id": {"unknown": True}},
        )
    ]


def stale_results(plan: OpenPlan) -> list[ResultState]:
    """Results that have to be looked at again; nothing is asked of a plan without any run."""
    if not len(plan.frame("analysis_run")):
        return []
    from app.services.staleness import result_states

    return [
        state
        for state in result_states(plan.store, scenario=plan.scenario)
        if state.state == "stale"
    ]


def _stale_results(plan: OpenPlan) -> list[Attention]:
    lines = []
    for state in stale_results(plan):
        why = joined(state.reasons)
        zh = f"{state.label.zh}的结果待复核：{why.zh}"
        en = f"the result of {state.label.en} is stale: {why.en}"
        filters: dict[str, object] = {
            "analysis": {"in": [state.analysis]},
            "is_current": {"in": [True]},
        }
        line = Attention("stale_result", "warning", 1, Text(zh, en), "analysis_run", filters)
        lines.append(line)
    return lines
