"""Conflicts on paper: all for the coordinator; for one party its own ids and no id of the others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import Language, NotFoundError, Text
from app.report.plain import is_missing
from app.schema import Actor
from app.services.conflict_detail import conflict_facts, drawing, known_conflict
from app.services.party_view import References, is_closed, own_first, party
from app.services.pipe_conflicts import (
    TOLD,
    VERDICTS,
    ConflictFilter,
    filtered,
    organisation_name,
    owners,
    records,
)
from app.services.plans import OpenPlan
from app.services.profiles import pipe_profile

if TYPE_CHECKING:
    import pandas as pd

# Crossings of a profile that are told of another party's pipe: those that somebody has to act on.
_OPEN = ("conflict", "possible", "unverified")


def report_list(
    plan: OpenPlan, asked: ConflictFilter, actor: Actor, *, most: int, language: Language
) -> dict[str, object]:
    """``{owner, total, verdicts, rows, planned, owners}``: the first rows of the paper.

    One owner in the filter makes it that party's paper; ``planned`` are its planned pipes in the
    rows, whose long profiles belong to it.

    Raises
    ------
    UsageError, NotAllowedError
        As for the party's file.
    """
    owner, rows = _chosen(plan, asked, actor)
    references = References(plan)
    first = [references.seen_by(row, owner) for row in records(rows.head(most))]
    counts = rows["verdict"].value_counts()
    return {
        "owner": owner,
        "owner_name": _name(plan, owner, language),
        "total": len(rows),
        "verdicts": {code: int(counts.get(code, 0)) for code in VERDICTS},
        "rows": [{name: _plain(row[name]) for name in TOLD} for row in first],
        "planned": _planned(plan, rows.head(most), owner),
        "owners": owners(plan, language),
    }


def report_items(
    plan: OpenPlan, asked: ConflictFilter, standards: Path, actor: Actor,
    *, first: int, most: int, language: Language,
) -> dict[str, object]:  # fmt: skip
    """``{items}``: rows ``first`` to ``first + most`` of the paper, each with rule and drawing."""
    owner, rows = _chosen(plan, asked, actor)
    references = References(plan)
    names = rows["conflict_id"].iloc[first : first + most].tolist()
    return {
        "items": [
            _item(plan, known_conflict(plan, name), owner, references, standards, actor, language)
            for name in names
        ]
    }


def report_profile(plan: OpenPlan, pipe_id: str, owner: str, actor: Actor) -> dict[str, Any]:
    """The long profile of a pipe for a party's paper.

    Raises
    ------
    NotFoundError
        No such pipe, or one of another party.
    """
    owner = party(plan, actor, owner)
    row = plan.row("pipe", pipe_id)
    if row is None or (owner and row["owner_id"] != owner):
        raise NotFoundError(
            Text(f"本单位没有管段 {pipe_id}", f"you have no pipe {pipe_id}"),
            where="pipe",
            fix=Text("只能打印本单位管线的纵断面", "profiles of your own pipes can be printed"),
        )
    profile = pipe_profile(plan, pipe_id)
    return _closed_cuts(profile, owner, References(plan), {}) if owner else profile


def _chosen(plan: OpenPlan, asked: ConflictFilter, actor: Actor) -> tuple[str, pd.DataFrame]:
    """Whose paper it is, and its rows; several owners are the coordinator's filter."""
    several = len(asked.owner) > 1 and actor.role != "utility"
    owner = "" if several else party(plan, actor, "".join(asked.owner[:1]))
    own = ConflictFilter(**{**asked.__dict__, "owner": (owner,)}) if owner else asked
    return owner, filtered(plan, own)


def _plain(value: Any) -> Any:
    return None if is_missing(value) else value


def _name(plan: OpenPlan, owner: str, language: Language) -> str | None:
    row = plan.row("organisation", owner) if owner else None
    return organisation_name(row, language) if row else None


def _planned(plan: OpenPlan, rows: pd.DataFrame, owner: str) -> list[str]:
    """Planned pipes named in the rows, in their order."""
    pipes = plan.table("pipe")
    own = pipes[(pipes["status"] == "planned") & ((pipes["owner_id"] == owner) | (not owner))]
    planned, named = set(own["pipe_id"]), rows[["a_id", "b_id"]].to_numpy().ravel().tolist()
    return [name for name in dict.fromkeys(named) if name in planned]


def _item(
    plan: OpenPlan, row: dict[str, Any], owner: str, references: References, standards: Path,
    actor: Actor, language: Language,
) -> dict[str, Any]:  # fmt: skip
    """One conflict as the party may have it: facts of its own side, the other by its reference."""
    facts = conflict_facts(plan, row, standards, actor, language=language)
    drawn: Any = drawing(plan, own_first(row, owner))
    hidden = references.hidden(row, owner)
    if hidden:
        facts["row"] = references.seen_by(facts["row"], owner)
        facts["sides"] = _own_side_first(
            [_closed_side(side, row, owner, hidden) for side in facts["sides"]], row, owner
        )
    if drawn is not None and owner:
        drawn = _closed_cuts(drawn, owner, references, hidden)
    return {**facts, "drawing": drawn}


def _own_side_first(sides: list[Any], row: Mapping[str, Any], owner: str) -> list[Any]:
    turned = own_first(row, owner)["a_id"] != row["a_id"]
    return sides[::-1] if turned else sides


def _closed_side(
    side: dict[str, Any] | None, row: Mapping[str, Any], owner: str, hidden: Mapping[str, str]
) -> dict[str, Any] | None:
    """A side without what only its owner may know: no facts but the class, no id."""
    if side is None or not is_closed(row, str(side["side"]), owner):
        return side
    reply = side["reply"]
    shown = {name: reply[name] for name in ("answer", "note", "answered_on", "stale")} if reply else None  # fmt: skip
    name = hidden[str(side["id"])]
    return {**side, "id": name, "name": name, "facts": [], "reply": shown, "may_answer": False}


def _closed_cuts(
    profile: dict[str, Any], owner: str, references: References, hidden: Mapping[str, str]
) -> dict[str, Any]:
    """A drawing with the owner's pipes, those it has to deal with by reference, and no others."""
    kept, names = [], {}
    for cut in profile["cuts"]:
        name, is_own = str(cut["pipe_id"]), cut["owner_id"] == owner
        if is_own or name in hidden or cut.get("verdict") in _OPEN:
            side = {"b_id": name, "b_owner_id": cut["owner_id"]}
            names[name] = name if is_own else hidden.get(name) or references.pipe(side, "b")
            kept.append({**cut, "pipe_id": names[name]})
    pairs = [
        {**pair, "a_id": names[pair["a_id"]], "b_id": names[pair["b_id"]]}
        for pair in profile["neighbours"]
        if pair["a_id"] in names and pair["b_id"] in names
    ]
    return {**profile, "cuts": kept, "neighbours": pairs}
