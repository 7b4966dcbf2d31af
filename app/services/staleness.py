"""Whether a stored result still answers the question: what changed since, by whom and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.analysis import MODULES, analysis_named
from app.errors import Language, Text, joined
from app.report.plain import on_the_clock
from app.rules import SPECS
from app.rules.book import CLEARANCE_TABLES
from app.schema import LAYERS
from app.schema.analysis import parse_params
from app.services.runs import ask
from app.store import Change, PlanStore, RunRecord

State = Literal["current", "stale", "never_run"]


@dataclass(frozen=True)
class ResultState:
    """The state of an analysis on the plan or a scenario, with why it is 待复核."""

    analysis: str
    label: Text
    state: State
    reasons: tuple[Text, ...] = ()
    record: RunRecord | None = None

    @property
    def reason(self) -> Text:
        """All reasons in one sentence; empty while the result stands."""
        return joined(self.reasons)

    def as_json(self, language: Language = "zh") -> dict[str, object]:
        record = self.record
        return {
            "analysis": self.analysis,
            "label": self.label.in_language(language),
            "state": self.state,
            "reason": self.reason.in_language(language),
            "run_id": record.run_id if record else None,
            "finished_at": record.finished_at if record else None,
            "run_by": record.run_by if record else None,
            "counts": record.counts if record else {},
            "parameters": record.parameters if record else {},
            "rules": record.rules if record else {},
            "inputs": {name: held["revision"] for name, held in record.inputs.items()}
            if record
            else {},
            "seconds": record.seconds if record else None,
        }


def result_states(plan: PlanStore, *, scenario: str = "") -> list[ResultState]:
    """Every analysis with its state, in the order of the list of analyses."""
    current = {
        record.analysis: record
        for record in plan.runs()
        if record.is_current and record.scenario == scenario
    }
    return [_state(plan, name, current.get(name)) for name in MODULES]


def _state(plan: PlanStore, name: str, record: RunRecord | None) -> ResultState:
    label = analysis_named(name).label
    if record is None:
        return ResultState(name, label, "never_run")
    reasons = stale_reasons(plan, record)
    return ResultState(name, label, "stale" if reasons else "current", tuple(reasons), record)


def stale_reasons(plan: PlanStore, record: RunRecord) -> list[Text]:
    """Why the result may no longer hold; empty while every input is what it was."""
    analysis = analysis_named(record.analysis)
    params = parse_params(analysis.params, record.parameters)
    now = ask(plan, analysis, params, scenario=record.scenario)
    if now.input_hash == record.input_hash:
        return []
    reasons = [
        _layer_reason(plan, name, record)
        for name, held in now.inputs.items()
        if held["content_hash"] != record.inputs.get(name, {}).get("content_hash")
    ]
    reasons += [
        _rule_reason(plan, name, record)
        for name, edition in now.rules.items()
        if edition != record.rules.get(name)
    ]
    if now.code_version != record.code_version:
        reasons.append(
            Text(
                f"程序由 {record.code_version} 更新为 {now.code_version}",
                f"the code went from {record.code_version} to {now.code_version}",
            )
        )
    return reasons


# Rules that are several tables together.
TOGETHER = {"clearance": Text("净距与覆土", "clearance and cover")}


def _rule_reason(plan: PlanStore, name: str, record: RunRecord) -> Text:
    """Which rules changed, with the figure that the plan changed last since the run."""
    label = TOGETHER.get(name) or SPECS[name].label
    tables = CLEARANCE_TABLES if name == "clearance" else (name,)
    changed = [
        change
        for change in plan.changes(since=record.finished_at)
        if change.layer == "rule_override"
        and (change.after or change.before or {}).get("table") in tables
    ]
    if not changed:
        return Text(f"规则“{label.zh}”已改变", f"the rules on {label.en} changed")
    last = changed[-1]
    rule = str((last.after or last.before or {}).get("rule_id", ""))
    when = on_the_clock(last.at)
    return Text(
        f"规则“{label.zh}”的 {rule} 已由 {last.actor.stamp} 于 {when} 调整",
        f"{rule} of the rules on {label.en} was changed by {last.actor.stamp_en} at {when}",
    )


def _layer_reason(plan: PlanStore, layer: str, record: RunRecord) -> Text:
    """Which layer changed, with the last change of it since the run."""
    label = LAYERS[layer].label
    last: Change | None = None
    for change in plan.changes(since=record.finished_at):
        if change.layer == layer and change.scenario in ("", record.scenario):
            last = change
    if last is None:
        return Text(f"“{label.zh}”已改变", f"layer {label.en} changed")
    when = on_the_clock(last.at)
    return Text(
        f"“{label.zh}”已由 {last.actor.stamp} 于 {when} 修改",
        f"layer {label.en} was changed by {last.actor.stamp_en} at {when}",
    )
