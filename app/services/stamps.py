"""What every export carries: its secrecy, the state of its data, who wrote it and when."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.errors import Language, Text, joined
from app.report.plain import is_missing, on_the_clock, text
from app.schema import DOMAINS, Actor
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from app.services.staleness import ResultState

# From the least to the most; data whose secrecy nobody stated is handled as internal.
ORDER = ("public", "internal", "sensitive")
UNSTATED = "internal"


@dataclass(frozen=True)
class ExportStamp:
    """Stands in every file that leaves the plan."""

    plan: str
    title: Text
    secrecy: str
    is_demo: bool
    attribution: str
    revisions: str
    stale: tuple[Text, ...]
    adjusted: tuple[Text, ...]
    actor: Actor
    written_at: datetime.datetime

    def lines(self, language: Language) -> list[str]:
        """Secrecy, state and origin in words."""
        zh = language == "zh"
        secrecy = DOMAINS["secrecy"].label_of(self.secrecy, language)
        state = (
            Text("数据现行", "data current")
            if not self.stale
            else Text("待复核：" + "；".join(s.zh for s in self.stale),
                      "stale: " + "; ".join(s.en for s in self.stale))
        )  # fmt: skip
        written = f"{on_the_clock(self.written_at)} · {self.actor.stamp}"
        lines = [f"密级：{secrecy}" if zh else f"Secrecy: {secrecy}", state.in_language(language)]
        if self.adjusted:
            told = joined(self.adjusted).in_language(language)
            lines.append(
                f"本方案调整的规则：{told}" if zh else f"Rules changed by this plan: {told}"
            )
        if self.is_demo:
            lines.append("演示数据，非真实情况" if zh else "Demonstration data, not real")
        lines.append(f"导出：{written}" if zh else f"Written: {written}")
        if self.attribution:
            lines.append(self.attribution)
        return lines

    def as_json(self) -> dict[str, object]:
        return {
            "plan": self.plan,
            "title": self.title.zh,
            "secrecy": self.secrecy,
            "demo": self.is_demo,
            "attribution": self.attribution,
            "revisions": self.revisions,
            "stale": [reason.zh for reason in self.stale],
            "adjusted_rules": [change.zh for change in self.adjusted],
            "written_by": self.actor.stamp,
            "written_at": self.written_at.isoformat(timespec="seconds"),
        }


def stamp(plan: OpenPlan, layers: Iterable[str], actor: Actor) -> ExportStamp:
    """The stamp of an export that holds these layers."""
    from app.services.attention import stale_results

    names = list(layers)
    meta = plan.store.meta
    return ExportStamp(
        plan=meta.plan_id,
        title=Text(meta.title, meta.title_en or meta.title),
        secrecy=highest_secrecy(plan, names),
        is_demo=meta.is_demo,
        attribution=meta.attribution,
        revisions=", ".join(f"{name} v{plan.store.revision(name)}" for name in names),
        stale=tuple(_with_reason(state) for state in stale_results(plan)),
        adjusted=tuple(adjusted_rules(plan)),
        actor=actor,
        written_at=datetime.datetime.now(datetime.UTC),
    )


def _with_reason(state: ResultState) -> Text:
    """改造资格（“楼栋”已由 张三 于 2024-03-02 14:05 修改）"""
    return Text(f"{state.label.zh}（{state.reason.zh}）", f"{state.label.en} ({state.reason.en})")


def adjusted_rules(plan: OpenPlan) -> list[Text]:
    """Every figure of a rule that the plan changed, with its reason, author and date."""
    held = plan.frame("rule_override")
    if not len(held):
        return []
    from app.rules import SPECS
    from app.services.rule_overrides import label_of, unit_of

    found = []
    for row in held.sort_values("rule_override_id").to_dict("records"):
        spec = SPECS.get(row["table"])
        table = spec.label if spec else Text(row["table"], row["table"])
        label = label_of(row["column"])
        value = f"{row['value']} {unit_of(row['column'])}".strip()
        origin = " · ".join(
            [
                str(row["reason"]),
                text(row["updated_by"]) or "",
                on_the_clock(row["updated_at"])[:10],
            ]
        )
        found.append(
            Text(
                f"{table.zh} {row['rule_id']} {label.zh} 改为 {value}（{origin}）",
                f"{table.en} {row['rule_id']} {label.en} now {value} ({origin})",
            )
        )
    return found


def highest_secrecy(plan: OpenPlan, layers: Iterable[str]) -> str:
    """The highest secrecy of the datasets whose rows are in these layers."""
    datasets = plan.frame("dataset").set_index("dataset_id")["secrecy"]
    found = {"public"}
    for layer in layers:
        rows = plan.frame(layer)
        if not len(rows):
            continue
        for dataset_id in rows["dataset_id"].unique():
            stated = None if is_missing(dataset_id) else datasets.get(dataset_id)
            found.add(UNSTATED if is_missing(stated) else str(stated))
    return max(found, key=ORDER.index)
