"""Recording the way into the programme: apply, review, decide, withdraw; opinions; criteria."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

import pandas as pd

from app.errors import Finding, InvalidDataError, Language, NotFoundError, Text, UsageError
from app.report.plain import document, text, whole
from app.schema import DOMAINS, Actor
from app.services.editing import edit
from app.services.plans import OpenPlan
from app.services.runs import rule_book
from app.services.selection import STEPS, Blocker, blockers, member_rows
from app.services.summary import chosen_programme

_LIVED_IN = ("residential", "mixed")
_ORDER = tuple(STEPS)


def take_step(
    plan: OpenPlan, community: str, step: str, on: str, actor: Actor, *, programme: str | None = None,
    paper: str = "", reason: str = "", language: Language = "zh",
) -> None:  # fmt: skip
    """Record that a community was applied for, reviewed or decided on a day, or has withdrawn.

    Applying makes the community and its lived-in buildings members, with the six phases of the
    plan as due dates. What is unknown blocks the step, never any other work.

    Raises
    ------
    UsageError
        No such step, no date, a date before that of the step before, a withdrawal without reason.
    InvalidDataError
        Something still stands in the way; every reason is listed.
    NotFoundError
        No such community, or the plan has no programme.
    """
    chosen = _programme(plan, programme)
    places = plan.table("community")
    places = places[places["community_id"] == community]
    if not len(places):
        raise _no_row("community", community)
    held = _member(plan, community, chosen)
    if step == "withdrawn":
        return _withdraw(plan, community, chosen, reason, actor)
    day = _day(on, "on")
    if step not in STEPS:
        raise UsageError(
            Text(f"没有“{step}”这一步", f"there is no step {step!r}"), where="step",
            fix=Text("用：" + "、".join((*STEPS, "withdrawn")), "use one of: " + ", ".join((*STEPS, "withdrawn"))),
        )  # fmt: skip
    _in_order(held, step, day)
    _refuse(blockers(plan, chosen, places, language)[community], step, community)
    column, state, _ = STEPS[step]
    values: dict[str, object] = {column: day, "state": state}
    if paper:
        values["decision_document"] = paper
    if step == "applied" and (held is None or text(held["state"]) == "withdrawn"):
        return _join(plan, community, chosen, values, actor)
    members_of = _members(plan, community, chosen)
    wishes = [_update("programme_member", row, values) for row in members_of]
    edit(plan, wishes, actor, note=f"{step}: {community}")
    return None


def _member(plan: OpenPlan, community: str, programme: str) -> dict[Any, Any] | None:
    rows = member_rows(plan, programme)
    found: list[dict[Any, Any]] = rows[rows.index == community].to_dict("records")
    return found[0] if found else None


def _refuse(waiting: list[Blocker], step: str, community: str) -> None:
    """Let the step pass, or name everything that it waits for."""
    cure = Text("补齐后再办理；其他工作不受影响", "settle it first; no other work is stopped")
    findings = []
    for one in (one for one in waiting if one.step == step):
        zh, en = (str(one.as_json(language)["message"]) for language in ("zh", "en"))
        findings.append(
            Finding(one.code, "error", Text(zh, en), cure, layer=one.layer, row=community)
        )
    if findings:
        first = findings[0].message
        raise InvalidDataError(
            Text(f"还有 {len(findings)} 项未满足：{first.zh}", f"{len(findings)} conditions are not met: {first.en}"),
            where=f"programme_member/{community}", fix=cure, findings=findings,
        )  # fmt: skip


def _programme(plan: OpenPlan, programme: str | None) -> str:
    chosen = chosen_programme(plan, programme)
    if chosen is None:
        raise NotFoundError(
            Text("方案没有年度计划", "the plan has no programme"), where="programme",
            fix=Text("先在表格中新建年度计划", "make a programme in the table first"),
        )  # fmt: skip
    return chosen


def _in_order(held: dict[Any, Any] | None, step: str, day: datetime.date) -> None:
    """The day is not before the steps before it, nor after those behind it."""
    at = _ORDER.index(step)
    for other, (column, _, label) in STEPS.items():
        value = None if held is None or text(held["state"]) == "withdrawn" else held[column]
        if other == step or pd.isna(value):
            continue
        known = pd.Timestamp(value).date()
        is_before = _ORDER.index(other) < at
        if (is_before and day < known) or (not is_before and day > known):
            zh, en = ("早于", "before") if is_before else ("晚于", "after")
            raise UsageError(
                Text(f"{day} {zh}{label.zh}的 {known}", f"{day} is {en} {known}, when it was {label.en}"),
                where="on", fix=Text("日期应依次为申报、会审、决定", "applied, reviewed, decided: in this order"),
            )  # fmt: skip


def _join(
    plan: OpenPlan, community: str, programme: str, values: Mapping[str, object], actor: Actor
) -> None:
    """Make the community and its lived-in buildings members, with the phases of the plan."""
    buildings = plan.table("building")
    homes = buildings[(buildings["community_id"] == community)
                      & (buildings["use"].isin(_LIVED_IN) | buildings["use"].isna())]  # fmt: skip
    rows = plan.table("programme_member")
    rows = rows[rows["programme_id"] == programme]
    targets = [("community", community), *(("building", str(b)) for b in homes["building_id"])]
    wishes: list[dict[str, object]] = []
    stage = {**values, "stage": "selection", "reason": None}
    for layer, target in targets:
        known = rows[(rows["target_layer"] == layer) & (rows["target_id"] == target)]
        if len(known):
            row = known.iloc[-1].to_dict()
            wishes.append(_update("programme_member", row, stage))
            member = str(row["programme_member_id"])
        else:
            member = f"PM-{uuid.uuid4().hex[:10]}"
            made = {"programme_id": programme, "target_layer": layer, "target_id": target, **stage}
            wishes.append({"layer": "programme_member", "action": "create", "id": member, "values": made})  # fmt: skip
        if layer == "community":
            wishes += _phases(plan, member, programme)
    edit(plan, wishes, actor, note=f"applied: {community}")


def _phases(plan: OpenPlan, member: str, programme: str) -> list[dict[str, object]]:
    """The six phases that the member does not have yet, due as in the plan, in its own year."""
    held = plan.table("phase")
    has = set(held[held["programme_member_id"] == member]["stage"])
    table = list(rule_book(plan.store).table("phases"))
    year = whole((plan.row("programme", programme) or {}).get("year"))
    shift = 0 if year is None else year - max(row.due_date.year for row in table)
    return [
        {
            "layer": "phase", "action": "create", "id": f"PH-{member[3:]}-{row.code}",
            "values": {"programme_member_id": member, "stage": row.code,
                       "due_on": row.due_date.replace(year=row.due_date.year + shift)},
        }
        for row in table if row.code not in has
    ]  # fmt: skip


def _members(plan: OpenPlan, community: str, programme: str) -> list[dict[Any, Any]]:
    """The member rows of a community and of its buildings that have not withdrawn."""
    rows = plan.table("programme_member")
    buildings = plan.table("building")
    homes = buildings[buildings["community_id"] == community]["building_id"]
    own = (rows["target_layer"] == "community") & (rows["target_id"] == community)
    own |= (rows["target_layer"] == "building") & rows["target_id"].isin(homes)
    own &= (rows["programme_id"] == programme) & rows["state"].ne("withdrawn").fillna(True)
    found: list[dict[Any, Any]] = rows[own].to_dict("records")
    return found


def _withdraw(plan: OpenPlan, community: str, programme: str, reason: str, actor: Actor) -> None:
    if not reason.strip():
        raise UsageError(
            Text("退出需要理由", "a withdrawal needs a reason"), where="reason",
            fix=Text("写明理由再保存", "give a reason, then save"),
        )  # fmt: skip
    rows = _members(plan, community, programme)
    if not rows:
        raise _no_row("programme_member", community)
    values = {"state": "withdrawn", "reason": reason.strip()}
    edit(plan, [_update("programme_member", row, values) for row in rows], actor,
         note=f"withdrawn: {community}")  # fmt: skip


def _update(layer: str, row: Mapping[Any, Any], values: Mapping[str, object]) -> dict[str, object]:
    return {"layer": layer, "action": "update", "id": str(row[f"{layer}_id"]),
            "values": dict(values), "version": int(row["version"])}  # fmt: skip


def _no_row(layer: str, row_id: str) -> NotFoundError:
    return NotFoundError(
        Text(f"没有 {row_id}", f"there is no {row_id}"), where=f"{layer}/{row_id}",
        fix=Text("刷新后重新选择", "reload and choose again"),
    )  # fmt: skip


def _day(value: str, where: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(value)
    except ValueError as error:
        raise UsageError(
            Text(f"“{value}”不是日期", f"{value!r} is not a date"), where=where,
            fix=Text("写成 2023-11-28", "write it like 2023-11-28"),
        ) from error  # fmt: skip


# --- opinions and criteria -------------------------------------------------------------------------------
def give_opinion(
    plan: OpenPlan, community: str, organisation: str, actor: Actor, *, programme: str | None = None,
    opinion: str = "", asked_on: str = "", answered_on: str = "", note: str = "",
) -> str:  # fmt: skip
    """Record that an organisation was asked, or what it answered; the answer is the row's id.

    Raises
    ------
    UsageError
        An answer without its day, before the day it was asked, or one that there is not.
    NotFoundError
        No such community or organisation.
    """
    chosen = _programme(plan, programme)
    for layer, row_id in (("community", community), ("organisation", organisation)):
        if plan.row(layer, row_id) is None:
            raise _no_row(layer, row_id)
    asked = _day(asked_on, "asked_on") if asked_on else None
    answered = _day(answered_on, "answered_on") if answered_on else None
    if opinion and opinion not in DOMAINS["opinion"].values:
        raise UsageError(
            Text(f"没有“{opinion}”这种意见", f"there is no opinion {opinion!r}"), where="opinion",
            fix=Text("用：" + "、".join(DOMAINS["opinion"].values), "use one of: " + ", ".join(DOMAINS["opinion"].values)),
        )  # fmt: skip
    rows = plan.table("opinion")
    rows = rows[(rows["community_id"] == community) & (rows["organisation_id"] == organisation)]
    rows = rows[rows["programme_id"].isna() | (rows["programme_id"] == chosen)]
    held = rows.iloc[-1].to_dict() if len(rows) else None
    was_asked = asked or (
        pd.Timestamp(held["asked_on"]).date() if held and pd.notna(held["asked_on"]) else None
    )
    if bool(opinion) != bool(answered) or (answered and was_asked and answered < was_asked):
        raise UsageError(
            Text("意见与答复日期要同时填写，且不早于征求日期",
                 "an opinion has the day of its answer, not before the day it was asked"),
            where="answered_on", fix=Text("填写答复日期", "give the day of the answer"),
        )  # fmt: skip
    values: dict[str, object] = {
        "opinion": opinion or None,
        "answered_on": answered,
        "note": note or None,
    }
    if asked:
        values["asked_on"] = asked
    if held:
        edit(plan, [_update("opinion", held, values)], actor, note=f"opinion: {organisation}")
        return str(held["opinion_id"])
    made = f"OP-{uuid.uuid4().hex[:10]}"
    values |= {"programme_id": chosen, "community_id": community, "organisation_id": organisation}
    edit(plan, [{"layer": "opinion", "action": "create", "id": made, "values": values}], actor,
         note=f"opinion: {organisation}")  # fmt: skip
    return made


def set_criteria(
    plan: OpenPlan, community: str, given: Mapping[str, object], actor: Actor, *,
    programme: str | None = None,
) -> None:  # fmt: skip
    """Set the scores that people give; null takes one back, so that the measured one counts again.

    Raises
    ------
    UsageError
        A criterion that there is not, or a score outside 0 to 100.
    NotFoundError
        The community is not in the programme.
    """
    chosen = _programme(plan, programme)
    codes = list(rule_book(plan.store).table("selection_criteria").by_id)
    row = _member(plan, community, chosen)
    if row is None:
        raise _no_row("programme_member", community)
    held = document(row["criteria"])
    scores = dict(held) if isinstance(held, dict) else {}
    for code, value in given.items():
        fits = value is None or (isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100)  # fmt: skip
        if code not in codes or not fits:
            raise UsageError(
                Text(f"“{code}”不能是 {value}", f"{code} cannot be {value!r}"), where=str(code),
                fix=Text("条件：" + "、".join(codes) + "；0–100", f"one of {', '.join(codes)}, from 0 to 100"),
            )  # fmt: skip
        if value is None:
            scores.pop(code, None)
        else:
            scores[code] = value
    edit(plan, [_update("programme_member", row, {"criteria": scores or None})], actor,
         note=f"criteria: {community}")  # fmt: skip
