"""What needs attention in a programme: each with its number and a link to the rows behind it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.errors import Language, Severity, Text, joined
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    import pandas as pd

    from app.services.staleness import ResultState

OPEN_DECISIONS = ("proposed",)


@dataclass(frozen=True)
class Attention:
    """One line. ``layer`` and ``filters`` are those of the table that lists the rows.

    ``theme`` instead: what a theme of the map keeps in the address, by its name. ``parts`` divide
    the line, each with its own link.
    """

    code: str
    severity: Severity
    count: int
    message: Text
    layer: str
    filters: dict[str, object]
    theme: str = ""
    parts: tuple[Attention, ...] = ()

    def as_json(self, language: Language) -> dict[str, object]:
        link = {"layer": self.layer, "filter": self.filters}
        return {
            "code": self.code,
            "severity": self.severity,
            "count": self.count,
            "message": self.message.in_language(language),
            "link": {"theme": self.theme, "own": self.filters} if self.theme else link,
            "parts": [part.as_json(language) for part in self.parts],
        }


def attention(
    plan: OpenPlan, programme_id: str | None, rows: pd.DataFrame, *, language: Language,
    today: datetime.date | None = None,
) -> list[dict[str, object]]:  # fmt: skip
    """The lines that hold for the counted communities; none where nothing is wrong."""
    lines = [*_missing_values(programme_id, rows), *_undecided(plan, programme_id, rows)]
    lines += _loose_buildings(plan, programme_id)
    lines += _unanswered(plan, today or datetime.date.today(), language)
    lines += [*_stale_results(plan), _adjusted_rules(plan)]
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


def _unanswered(plan: OpenPlan, today: datetime.date, language: Language) -> list[Attention]:
    """Conflicts that wait for an answer, and of them each owner's, the most overdue first."""
    if not plan.shows("conflict") or not len(plan.table("conflict")):
        return []
    from app.services.pipe_conflicts import organisation_name
    from app.services.unanswered import is_overdue, unanswered

    waiting = unanswered(plan)
    waiting = waiting.assign(overdue=is_overdue(waiting, today))
    named = {row["organisation_id"]: row for row in plan.table("organisation").to_dict("records")}
    whole = _waiting_line(
        "", waiting["conflict_id"], waiting.loc[waiting["overdue"], "conflict_id"]
    )
    sides = []
    for owner, rows in waiting.groupby("owner_id", sort=True):
        name = organisation_name(named[owner], language) if owner in named else owner
        late = rows.loc[rows["overdue"], "conflict_id"]
        sides.append((len(late), _waiting_line(str(owner), rows["conflict_id"], late, str(name))))
    sides.sort(key=lambda side: (-side[0], -side[1].count, side[1].code))
    return [replace(whole, parts=tuple(line for _, line in sides))]


def _waiting_line(owner: str, waiting: pd.Series, late: pd.Series, name: str = "") -> Attention:
    count, overdue = waiting.nunique(), late.nunique()
    if owner:
        zh, en = f"{name} {count:,}", f"{name} {count:,}"
    else:
        zh, en = (
            f"{count:,} 条冲突待权属单位答复",
            f"{count:,} conflicts wait for their owners' answers",
        )
    if overdue:
        zh, en = f"{zh}（逾期 {overdue:,}）", f"{en} ({overdue:,} overdue)"
    own: dict[str, object] = {"verdict": "conflict", "answer": "open"}
    own |= {"owner": owner} if owner else {}
    code = f"conflicts_unanswered_{owner}" if owner else "conflicts_unanswered"
    return Attention(code, "warning" if overdue else "info", count, Text(zh, en), "", own, "pipes")


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


def _adjusted_rules(plan: OpenPlan) -> Attention:
    count = len(plan.frame("rule_override"))
    said = Text(
        f"本方案调整了 {count:,} 项规则数值", f"figures of rules changed by this plan: {count:,}"
    )
    return Attention("rules_adjusted", "info", count, said, "rule_override", {})


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
