"""The conflicts of one township or community in a sentence and one small chart by class."""

from __future__ import annotations

import datetime

from app.errors import Language
from app.schema import DOMAINS
from app.services.meta import both
from app.services.pipe_conflicts import VERDICTS, ConflictFilter, filtered
from app.services.plans import OpenPlan
from app.services.unanswered import is_overdue, unanswered
from app.services.verdicts import state_of


def conflict_strip(
    plan: OpenPlan,
    *,
    township: str = "",
    community: str = "",
    language: Language,
    today: datetime.date | None = None,
) -> dict[str, object]:
    """``{state, verdicts, classes, waiting, overdue}`` of a place.

    ``classes`` has one entry a class of pipes, with its rows by verdict: a row between two classes
    counts in both. ``waiting`` and ``overdue`` are conflicts that a side has not answered.
    """
    asked = ConflictFilter(
        township=(township,) if township else (), community=(community,) if community else ()
    )
    rows = filtered(plan, asked)
    counts = rows["verdict"].value_counts()
    classes = []
    for code in DOMAINS["pipe_class"].codes:
        own = rows[(rows["a_class"] == code.code) | (rows["b_class"] == code.code)]
        if len(own):
            found = own["verdict"].value_counts()
            classes.append({
                "code": code.code, "label": both(code),
                **{verdict: int(found.get(verdict, 0)) for verdict in VERDICTS},
            })  # fmt: skip
    waiting = unanswered(plan)
    waiting = waiting[waiting["conflict_id"].isin(rows["conflict_id"])]
    late = waiting.loc[is_overdue(waiting, today or datetime.date.today()), "conflict_id"]
    return {
        "state": state_of(plan, "conflicts", language),
        "verdicts": {verdict: int(counts.get(verdict, 0)) for verdict in VERDICTS},
        "classes": classes,
        "waiting": int(waiting["conflict_id"].nunique()),
        "overdue": int(late.nunique()),
    }
