"""The six phases of each community: due and actual dates, the gates between them, and recording a date."""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd

from app.analysis.phase_gates import BY_CODE, GATES, GateState, States, gate_states, open_gates
from app.errors import Finding, InvalidDataError, Language, NotFoundError, Text, UsageError
from app.report.plain import moment, text, whole
from app.schema import DOMAINS, LAYERS, Actor
from app.services.editing import edit
from app.services.place_names import names_of
from app.services.plans import OpenPlan
from app.services.runs import rule_book
from app.services.summary import chosen_programme
from app.services.survey import FIELDS, lacking

RECORDS = (
    "opinion", "organisation", "document", "asset", "hazard", "inspection", "defect", "signature",
    "petition",
)  # fmt: skip
ACTS = {"started_on": Text("开始", "start"), "done_on": Text("完成", "end")}
GATE_WORDS = {
    "survey_whole": Text("摸底五项填齐", "five survey fields filled in"),
    "opinions_in": Text("乡镇、管线单位意见齐全", "opinions of township and utilities in"),
    "decided": Text("确定小区已完成", "selection done"),
    "approved": Text("发改局立项批复", "project approved by the reform bureau"),
    "bid_done": Text("前期工作（招投标）完成", "preparation (bid) done"),
    "site_cleared": Text("私搭乱建和改造前隐患清零", "site cleared, no hazard of before open"),
    "notice_posted": Text("开工前已公示", "notice given before the works"),
    "works_done": Text("施工完成", "works done"),
    "hazards_closed": Text("改造中隐患销号", "hazards of the works closed"),
    "points_inspected": Text("检查节点全部完成", "every inspection point done"),
    "signed": Text("部门、施工、监理、乡镇签认", "bureau, contractor, supervisor, township signed"),
    "no_defects": Text("缺陷全部整改", "no defect open"),
    "petitions_answered": Text("信访和意见全部答复", "every petition answered"),
    "three_rules": Text("管理模式、管理规约、议事规则备案", "three rules on record"),
    "joint_meeting": Text("联席会议记录", "joint meeting on record"),
}
NAMED = 40
_PAPERS = {
    "管理模式": "management model", "管理规约": "management covenant", "议事规则": "rules of procedure",
    "联席会议": "joint meeting", "立项": "dated approval of the project",
}  # fmt: skip


def phase_rows(plan: OpenPlan, programme: str | None) -> pd.DataFrame:
    """The phases of the communities of a programme, each with its ``community_id``."""
    members = plan.table("programme_member")
    members = members[
        (members["target_layer"] == "community") & (members["programme_id"] == programme)
        & members["state"].ne("withdrawn").fillna(True)
    ]  # fmt: skip
    home = members.drop_duplicates("programme_member_id").set_index("programme_member_id")
    rows = plan.table("phase")
    rows = rows.assign(community_id=rows["programme_member_id"].map(home["target_id"]))
    return rows[rows["community_id"].notna()].drop_duplicates(
        ["community_id", "stage"], keep="last"
    )


def gates_of(
    plan: OpenPlan, programme: str | None, places: pd.DataFrame, phases: pd.DataFrame
) -> dict[str, States]:
    """Every gate of these communities as the records are now."""
    empty = lacking(places).to_numpy()
    lacks = {
        str(name): [f for f, gone in zip(FIELDS, row, strict=True) if gone]
        for name, row in zip(places["community_id"], empty, strict=True)
    }
    frames = {layer: plan.table(layer) for layer in RECORDS}
    opinions = frames["opinion"]
    frames["opinion"] = opinions[opinions["programme_id"].isna() | (opinions["programme_id"] == programme)]  # fmt: skip
    return gate_states(frames, phases, lacks, [str(name) for name in places["community_id"]])


def schedule(
    plan: OpenPlan, programme: str | None, places: pd.DataFrame, language: Language
) -> dict[str, object]:
    """``{stages, gates, rows}``; what is late depends on the day, which the page chooses."""
    chosen = chosen_programme(plan, programme)
    phases = phase_rows(plan, chosen)
    phases = phases[phases["community_id"].isin(places["community_id"])]
    states = gates_of(plan, chosen, places, phases)
    names = names_of(plan, "community", language)
    told: dict[str, dict[str, object]] = {}
    records: list[dict[str, Any]] = phases.to_dict("records")  # type: ignore[assignment]
    for row in records:
        told.setdefault(str(row["community_id"]), {})[str(row["stage"])] = {
            "id": row["phase_id"], "version": whole(row["version"]), "due": day_of(row["due_on"]),
            "started": day_of(row["started_on"]), "done": day_of(row["done_on"]),
            "note": text(row["note"]),
        }  # fmt: skip
    return {
        "stages": stages(plan, language),
        "gates": [
            {"code": gate.code, "stage": gate.stage, "act": gate.act,
             "label": GATE_WORDS[gate.code].in_language(language)}
            for gate in GATES
        ],
        "rows": [
            {
                "community": {"id": name, "name": names[name]},
                "stages": told.get(name, {}),
                "gates": {code: _told(state, language) for code, state in states[name].items()},
            }
            for name in places["community_id"]
        ],
    }  # fmt: skip


def stages(plan: OpenPlan, language: Language) -> list[dict[str, object]]:
    """The six phases as the plan's text has them."""
    zh = language == "zh"
    return [
        {
            "code": row.code, "label": DOMAINS["stage"].label_of(row.code, language), "due": row.due,
            "due_kind": row.due_kind, "lead": row.lead_zh if zh else row.lead_en,
            "clause": f"{row.standard} {row.clause}".strip(),
        }
        for row in rule_book(plan.store).table("phases")
    ]  # fmt: skip


def _told(state: GateState, language: Language) -> dict[str, object]:
    return {"verdict": state.verdict, "layer": state.layer, "ids": list(state.ids[:NAMED]),
            "open": max(len(state.ids), len(state.wanting)) if state.verdict == "open" else 0,
            "wanting": [_word(name, language) for name in state.wanting]}  # fmt: skip


def _word(name: str, language: Language) -> str:
    """A field of the survey, a kind of organisation, or the title of a paper."""
    if LAYERS["community"].has_column(name):
        return LAYERS["community"].column(name).label.in_language(language)
    if name in _PAPERS:
        return Text(name, _PAPERS[name]).in_language(language)
    return DOMAINS["organisation_kind"].label_of(name, language)


def day_of(value: object) -> str | None:
    return (moment(value) or "")[:10] or None


# --- recording ---------------------------------------------------------------------------------------------
def record_phase(
    plan: OpenPlan, phase_id: str, actor: Actor, *, started_on: str | None = None,
    done_on: str | None = None, note: str = "",
) -> None:  # fmt: skip
    """Record when a phase began or was done; an empty text takes a date back.

    A date that a gate still bars is refused with what is wanting. What happened all the same is
    recorded with a note that says why; the checks go on to name it.

    Raises
    ------
    UsageError
        A date that is none, or an end before its start.
    InvalidDataError
        A gate before the date is open, and no note says why.
    NotFoundError
        There is no such phase of a community in a programme.
    """
    row = plan.row("phase", phase_id)
    member = plan.row("programme_member", str(row["programme_member_id"])) if row else None
    if row is None or member is None or member["target_layer"] != "community":
        raise NotFoundError(
            Text(f"没有阶段 {phase_id}", f"there is no phase {phase_id}"), where=f"phase/{phase_id}",
            fix=Text("刷新后重新选择", "reload and choose again"),
        )  # fmt: skip
    dates: dict[str, object] = {}
    for column, value in (("started_on", started_on), ("done_on", done_on)):
        if value is not None:
            dates[column] = _date(value, column) if value else None
    _in_order({**{name: row[name] for name in ACTS}, **dates})
    new = [c for c in ACTS if dates.get(c) is not None and pd.isna(row[c])]
    if new and not note.strip():
        _refuse_at_gates(plan, row, member, new)
    values = {**dates, **({"note": note.strip()} if note.strip() else {})}
    wish = {"layer": "phase", "action": "update", "id": phase_id, "values": values, "version": int(row["version"])}  # fmt: skip
    edit(plan, [wish], actor, note=f"{row['stage']}: {member['target_id']}")


def _refuse_at_gates(
    plan: OpenPlan, row: dict[str, Any], member: dict[str, Any], acts: list[str]
) -> None:
    community, stage = str(member["target_id"]), str(row["stage"])
    rows = plan.table("community")
    programme = str(member["programme_id"])
    phases = phase_rows(plan, programme)
    states = gates_of(plan, programme, rows[rows["community_id"] == community], phases)
    cure = Text(
        "先补齐；确已发生的，写明原因再记录", "settle it; of what happened all the same say why"
    )
    findings = [
        Finding(code, "error", _why(states[community][code], code), cure,
                layer=states[community][code].layer or "phase", row=community)
        for act in acts for code in open_gates(states[community], stage, act)
    ]  # fmt: skip
    if findings:
        first = findings[0].message
        raise InvalidDataError(
            Text(f"{len(findings)} 道关口未过：{first.zh}", f"{len(findings)} gates are not passed: {first.en}"),
            where=f"phase/{row['phase_id']}", fix=cure, findings=findings,
        )  # fmt: skip


def _why(state: GateState, code: str) -> Text:
    label = GATE_WORDS[BY_CODE[code].code]
    if state.verdict == "unknown":
        return Text(f"{label.zh}：没有记录", f"{label.en}: nothing on record")
    wanting = [(_word(n, "zh"), _word(n, "en")) for n in state.wanting] or [
        (i, i) for i in state.ids
    ]
    return Text(f"{label.zh}：缺 {'、'.join(zh for zh, _ in wanting)}", f"{label.en}: {', '.join(en for _, en in wanting)}")  # fmt: skip


def _date(value: str, column: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(value)
    except ValueError as error:
        raise UsageError(
            Text(f"“{value}”不是日期", f"{value!r} is not a date"), where=column,
            fix=Text("写成 2024-04-08", "write it like 2024-04-08"),
        ) from error  # fmt: skip


def _in_order(dates: dict[str, Any]) -> None:
    began, done = dates["started_on"], dates["done_on"]
    if pd.notna(began) and pd.notna(done) and pd.Timestamp(began) > pd.Timestamp(done):
        raise UsageError(
            Text("完成早于开始", "it was done before it began"), where="done_on",
            fix=Text("改正日期", "correct the dates"),
        )  # fmt: skip
