"""Answers of both sides to a conflict: kept through reruns, to be re-examined once it changed."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from typing import Any

from app.errors import NotAllowedError, NotFoundError, Text, UsageError
from app.report.plain import is_missing, text
from app.schema import DOMAINS, Actor
from app.services.plans import OpenPlan
from app.store import Applied, Edit

ANSWERS = "reply_answer"
LONGEST_NOTE = 1000
# Who keeps the answers of others, as a secretary does in a meeting; the history says who wrote.
_KEEPS_FOR_OTHERS = ("planner", "coordinator", "admin")
# What makes a conflict another one: who, what is asked, what is there.
_CONTENT = ("a_id", "b_id", "check", "verdict", "reason", "rule_id")


def content_hash(conflict: Mapping[str, Any]) -> str:
    """A short text that changes when the parties, the verdict, the rule or a centimetre do."""
    words = [text(conflict.get(name)) or "" for name in _CONTENT]
    for name in ("gap_m", "required_m"):
        value = conflict.get(name)
        words.append("?" if is_missing(value) else f"{float(str(value)):.2f}")
    return hashlib.sha256("|".join(words).encode()).hexdigest()[:16]


def reply_id(conflict_id: str, organisation_id: str) -> str:
    """One row a side: the id follows from conflict and organisation."""
    basis = f"{conflict_id}|{organisation_id}".encode()
    return f"RP-{hashlib.sha256(basis).hexdigest()[:12]}"


def organisation_of(plan: OpenPlan, actor: Actor) -> str | None:
    """The organisation that the actor says to belong to, by its name or an alias."""
    named = actor.organisation.strip()
    if not named:
        return None
    for row in plan.table("organisation").to_dict("records"):
        aliases = row["aliases"] if isinstance(row["aliases"], list) else []
        if named in (row["organisation_id"], row["name"], row["name_en"], *aliases):
            return str(row["organisation_id"])
    return None


def may_answer(plan: OpenPlan, actor: Actor, organisation_id: str | None) -> bool:
    """Whether the actor may answer for that side."""
    if not organisation_id or actor.role in ("public", "viewer", "worker"):
        return False
    return actor.role in _KEEPS_FOR_OTHERS or organisation_of(plan, actor) == organisation_id


def answer(
    plan: OpenPlan, conflict_id: str, organisation_id: str, wish: Mapping[str, Any], actor: Actor
) -> list[Applied]:
    """Keep one side's answer: ``{answer, note}``; the answer before stays in the history.

    Raises
    ------
    NotFoundError
        The current result has no such conflict.
    UsageError
        The organisation is no side of it, or no such answer.
    NotAllowedError
        The actor answers for another organisation without keeping the minutes.
    """
    conflict = plan.row("conflict", conflict_id)
    if conflict is None:
        raise NotFoundError(
            Text(f"当前结果中没有冲突 {conflict_id}", f"the result has no conflict {conflict_id}"),
            where=conflict_id,
            fix=Text("刷新列表后再选", "reload the list and choose again"),
        )
    code, note = str(wish.get("answer") or ""), str(wish.get("note") or "").strip()
    _check(plan, conflict, organisation_id, code, note, actor)
    name = reply_id(conflict_id, organisation_id)
    values = {
        "conflict_id": conflict_id,
        "conflict_hash": content_hash(conflict),
        "organisation_id": organisation_id,
        "answer": code,
        "note": note or None,
        "answered_on": datetime.date.today(),
    }
    before = plan.row("reply", name)
    edit = (
        Edit("reply", "create", name, values)
        if before is None
        else Edit("reply", "update", name, values, expected_version=int(before["version"]))
    )
    return plan.store.apply([edit], actor, f"答复 {conflict_id}", plan.scenario or None)


def _check(
    plan: OpenPlan, conflict: Mapping[str, Any], organisation_id: str, code: str, note: str,
    actor: Actor,
) -> None:  # fmt: skip
    sides = {text(conflict["a_owner_id"]), text(conflict["b_owner_id"])}
    if organisation_id not in sides:
        raise UsageError(
            Text(f"{organisation_id} 不是该冲突的一方", f"{organisation_id} is no side of the conflict"),
            where="organisation_id",
            fix=Text("由冲突双方的权属单位答复", "one of the two owners answers"),
        )  # fmt: skip
    if not may_answer(plan, actor, organisation_id):
        raise NotAllowedError(
            Text("只能替本单位答复", "one answers for one's own organisation"),
            where="organisation_id",
            fix=Text("在“操作人”中填写本单位，或由协调人代录",
                     "say in the actor dialog where you work, or let the coordinator keep it"),
        )  # fmt: skip
    known = [item.code for item in DOMAINS[ANSWERS].codes]
    if code not in known or len(note) > LONGEST_NOTE or (code == "note" and not note):
        raise UsageError(
            Text(f"答复“{code}”不可用", f"there is no answer {code!r}"),
            where="answer",
            fix=Text(f"选择一项；“说明”要写内容，至多 {LONGEST_NOTE} 字",
                     f"choose one; a note needs words, at most {LONGEST_NOTE}"),
        )  # fmt: skip


def replies(plan: OpenPlan) -> dict[tuple[str, str], dict[str, Any]]:
    """Every answer by (conflict, organisation): ``{answer, note, answered_on, by, version, hash}``."""
    return {
        (str(row["conflict_id"]), str(row["organisation_id"])): {
            "reply_id": row["reply_id"],
            "answer": row["answer"],
            "note": text(row["note"]) or "",
            "answered_on": (text(row["answered_on"]) or "")[:10],
            "by": text(row["updated_by"]) or "",
            "version": int(row["version"]),
            "hash": text(row["conflict_hash"]) or "",
        }
        for row in plan.table("reply").to_dict("records")
    }
