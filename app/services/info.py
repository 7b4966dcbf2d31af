"""What ``jiugai info --json`` says of a plan: rows, programmes computed live, state of results."""

from __future__ import annotations

from pathlib import Path

from app.errors import Language
from app.report.plain import text, whole
from app.schema import DOMAINS
from app.services.plans import OpenPlan
from app.services.staleness import result_states


def info(plan: OpenPlan, *, standards: Path, language: Language = "zh") -> dict[str, object]:
    """The stable object of DESIGN section 7, with a few further keys beside it.

    ``budget_fen`` and all other figures of a programme are added up from the rows as they are now;
    what its document states is under ``stated``.
    """
    from app.services.meta import plan_facts

    return {
        "plan": plan_facts(plan),
        "layers": {name: {"rows": rows} for name, rows in plan.counts().items()},
        "programmes": [_programme(plan, row, language) for row in _programmes(plan)],
        "results": [state.as_json(language) for state in result_states(plan.store)],
        "schema": plan.store.meta.schema_version,
        "rules": _rules(plan, standards),
    }


def _programmes(plan: OpenPlan) -> list[dict[str, object]]:
    rows = plan.frame("programme").sort_values(["year", "programme_id"], na_position="last")
    return [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]


def _programme(plan: OpenPlan, row: dict[str, object], language: Language) -> dict[str, object]:
    from app.services.summary import summary

    live = summary(plan, programme=str(row["programme_id"]), language=language)
    totals: dict[str, object] = live["totals"]  # type: ignore[assignment]
    townships: list[dict[str, object]] = live["townships"]  # type: ignore[assignment]
    categories: dict[str, int] = live["categories"]  # type: ignore[assignment]
    return {
        "id": row["programme_id"],
        "year": whole(row["year"]),
        "name": text(row["name"]),
        **_figures(totals),
        "townships": [
            {
                "id": item["id"],
                "name": item["name"],
                **_figures(item["totals"]),  # type: ignore[arg-type]
            }
            for item in townships
        ],
        "categories": [
            {
                "category": code,
                "label": DOMAINS["category"].label_of(code, language),
                "budget_fen": fen,
            }
            for code, fen in categories.items()
        ],
        "sources": live["sources"],
        "stated": live["programme"]["stated"]  # type: ignore[index]
        | {"budget_fen": whole(row["budget_fen"])},
    }


def _figures(totals: dict[str, object]) -> dict[str, object]:
    counted = {name: value for name, value in totals.items() if name != "cost_fen"}
    return {**counted, "budget_fen": totals["cost_fen"]}


def _rules(plan: OpenPlan, standards: Path) -> dict[str, object]:
    from app.services.rules import rule_book

    book = rule_book(plan, standards)
    counts = book.counts()
    return {"tables": len(book.tables), "rows": sum(counts.values()), "confidence": counts}
