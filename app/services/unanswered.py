"""Conflicts that wait for an answer: of whom, since when, and which are overdue."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from app.report.plain import text
from app.services.plans import OpenPlan
from app.services.replies import content_hash, replies

if TYPE_CHECKING:
    import pandas as pd

    from app.rules.conflicts import SeverityRow

LAYERS_ASKED = ("conflict", "reply", "rule_override")
_COLUMNS = (
    "conflict_id",
    "owner_id",
    "severity",
    "found_on",
    "due_on",
    "community_id",
    "township_id",
)


def unanswered(plan: OpenPlan) -> pd.DataFrame:
    """One row a side that has not answered a conflict as it is now: who, since when, due when.

    Only sure conflicts ask for an answer; a side without a known owner has nobody to ask. The days
    count from the first run that found the conflict, so that a rerun does not begin them again.
    """
    frame: pd.DataFrame = plan.kept("unanswered", LAYERS_ASKED, lambda: _sides(plan))
    return frame


def _sides(plan: OpenPlan) -> pd.DataFrame:
    import pandas as pd

    conflicts = plan.table("conflict")
    conflicts = conflicts[conflicts["verdict"] == "conflict"]
    if not len(conflicts):
        return pd.DataFrame(columns=list(_COLUMNS))
    given, days = replies(plan), _days(plan)
    found = plan.store.first_told("conflict", plan.scenario or None)
    rows = []
    for at in conflicts.to_dict("records"):
        row = {str(column): value for column, value in at.items()}
        name = str(row["conflict_id"])
        begun = _date(found.get(name))
        wait = days.get(text(row["severity"]) or "")
        due = begun + datetime.timedelta(days=wait) if begun and wait is not None else None
        for owner in _owners(row):
            answer = given.get((name, owner))
            if answer is None or answer["hash"] != content_hash(row):
                rows.append((name, owner, row["severity"], begun, due, text(row["community_id"]),
                             text(row["township_id"])))  # fmt: skip
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _owners(row: dict[str, Any]) -> list[str]:
    sides = (text(row["a_owner_id"]), text(row["b_owner_id"]))
    return list(dict.fromkeys(owner for owner in sides if owner))


def _date(moment: str | None) -> datetime.date | None:
    """The day, here, of a moment as runs write it."""
    return None if not moment else datetime.datetime.fromisoformat(moment).astimezone().date()


def _days(plan: OpenPlan) -> dict[str, int]:
    """Days to answer by level of severity."""
    return {row.rule_id: row.reply_days for row in levels(plan) if row.reply_days is not None}


def levels(plan: OpenPlan) -> list[SeverityRow]:
    """The levels of the severity table as the plan has them."""
    from app.services.runs import rule_book

    def made() -> list[SeverityRow]:
        rows = rule_book(plan.store).clearance.severity
        return [row for row in rows if row.factor == "level"]

    return plan.kept("severity_levels", ("rule_override",), made)


def is_overdue(rows: pd.DataFrame, today: datetime.date) -> pd.Series[bool]:
    """Which of the waiting sides should have answered before today."""
    overdue: pd.Series[bool] = rows["due_on"].map(lambda due: due is not None and due < today)
    return overdue.astype(bool)
