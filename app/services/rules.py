"""Every rule of the plan as people read it: clause, edition, confidence, source, own figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import Language
from app.report.plain import moment, text
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from app.rules import Override, RuleBook


def overrides(plan: OpenPlan) -> list[Override]:
    """The figures that this plan changed in its own name."""
    from app.rules import Override

    return [
        Override(
            table=row["table"],
            rule_id=row["rule_id"],
            column=row["column"],
            value=row["value"],
            reason=row["reason"],
            author=text(row["updated_by"]) or "",
            date=(moment(row["updated_at"]) or "")[:10],
        )
        for row in plan.frame("rule_override").to_dict("records")
    ]


def rule_book(plan: OpenPlan, standards: Path) -> RuleBook:
    """The tables in force for the plan.

    Raises
    ------
    RuleTableError
        A table that cannot be read, or an override that no table can take.
    """
    from app.store.rule_files import load_all_rules

    return load_all_rules(overrides=overrides(plan), folder=standards)


def service_kinds(standards: Path) -> dict[str, object]:
    """The kinds of services as a domain: their labels live in the facility table, not in the schema."""
    from app.store.rule_files import load_rules

    named = {
        row.code: {"zh": row.name_zh, "en": row.name_en}
        for row in load_rules("facilities", folder=standards)
    }
    return {
        "label": {"zh": "设施类别", "en": "kind of service"},
        "codes": [{"code": code, "label": label} for code, label in named.items()],
    }


def rules(plan: OpenPlan, standards: Path, *, language: Language) -> dict[str, object]:
    """``{tables: [{name, label, rows}], confidences: {code: {label, rows}}, rules: [...]}``.

    A rule is the listing of the rule tables: table, rule_id, says, figure, unit, standard, clause,
    confidence, confidence_label, source, source_text, note, changed; and ``figures``, those that
    a plan may change, with what the table prints, and ``changes``, those that this plan changed.
    """
    from app.rules.row import CONFIDENCES
    from app.services.rule_overrides import adjusted, figures, shipped_book

    book, shipped = rule_book(plan, standards), shipped_book(standards)
    changes: dict[tuple[str, str], list[dict[str, str]]] = {}
    for item in adjusted(plan, standards):
        changes.setdefault((item.table, item.rule_id), []).append(item.as_json(language))
    listed: list[dict[str, Any]] = [
        {
            **item.as_json(language),
            "changes": changes.get((item.table, item.rule_id), []),
            "figures": [
                {"column": f.column, "label": f.label.in_language(language), "unit": f.unit,
                 "shipped": f.shipped}
                for f in figures(shipped.table(item.table)[item.rule_id])
            ],
        }
        for item in book.listing()
    ]  # fmt: skip
    tables: dict[str, dict[str, object]] = {}
    for line in listed:
        entry = tables.setdefault(
            line["table"], {"name": line["table"], "label": line["table_label"], "rows": 0}
        )
        entry["rows"] = int(str(entry["rows"])) + 1
    return {
        "tables": list(tables.values()),
        "confidences": {
            code: {"label": label.in_language(language), "rows": book.counts()[code]}
            for code, label in CONFIDENCES.items()
        },
        "rules": listed,
    }
