"""What the rules say of one community or building: the verdict lines of the current result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.errors import Language, Text
from app.report.plain import document, is_missing, text
from app.schema import DOMAINS, LAYERS
from app.services.detail import name_of, shown
from app.services.meta import both
from app.services.plans import OpenPlan
from app.services.rule_overrides import adjusted

OVERALL = "overall"
_OVERALL_WORDS = Text("总结论", "overall")


def verdicts(
    plan: OpenPlan, layer: str, row_id: str, standards: Path, *, language: Language
) -> dict[str, object]:
    """``{state, lines, inside}``: the rules in their order, the overall verdict last.

    ``inside`` counts the buildings of a community by their overall verdict. Without a run there
    are no lines, and ``state`` says so.
    """
    rows = plan.table("eligibility")
    own = rows[(rows["target_layer"] == layer) & (rows["target_id"] == row_id)]
    lines = [line(plan, row, standards, language) for row in _records(own)]
    lines.sort(key=lambda one: (one["rule_id"] == OVERALL, str(one["rule_id"])))
    inside = rows[(rows["rule_id"] == OVERALL) & (rows["target_layer"] == "building")]
    inside = inside[inside["community_id"] == row_id] if layer == "community" else inside[:0]
    counts = {str(code): int(n) for code, n in inside["verdict"].value_counts().items()}
    return {
        "state": state_of(plan, "eligibility", language),
        "lines": lines,
        "inside": [
            {"verdict": code.code, "label": both(code), "buildings": counts[code.code]}
            for code in DOMAINS["rule_verdict"].codes
            if code.code in counts
        ],
    }


def _records(rows: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = rows.to_dict("records")
    return records


def state_of(plan: OpenPlan, analysis: str, language: Language) -> dict[str, object]:
    """State, reason and record of an analysis, as ``/api/runs`` tells it."""
    from app.services.staleness import result_states

    states = (
        state
        for state in result_states(plan.store, scenario=plan.scenario)
        if state.analysis == analysis
    )
    return next(states).as_json(language)


def line(
    plan: OpenPlan, row: dict[str, Any], standards: Path, language: Language
) -> dict[str, object]:
    """One verdict with its rule, its reason, what is missing and the evidence as links."""
    rule = clause(plan, standards, "eligibility_rules", str(row["rule_id"]), language)
    reason = row["reason_en"] if language == "en" else row["reason"]
    facts = document(row["evidence"]) or []
    return {
        "id": row["eligibility_id"],
        "rule_id": row["rule_id"],
        "name": _OVERALL_WORDS.in_language(language) if rule is None else rule["name"],
        "verdict": row["verdict"],
        "verdict_label": DOMAINS["rule_verdict"].label_of(str(row["verdict"]), language),
        "reason": "" if is_missing(reason) else str(reason),
        "missing": missing_fields(text(row["missing"]) or ""),
        "clause": rule,
        "evidence": [told for fact in facts if (told := _evidence(plan, fact, language))],
    }


def missing_fields(names: str) -> list[dict[str, object]]:
    """``layer.column`` names as links to the rows that lack them."""
    found: list[dict[str, object]] = []
    for name in (part.strip() for part in names.split(",") if part.strip()):
        layer_name, _, column = name.partition(".")
        if layer_name not in LAYERS:
            continue
        layer = LAYERS[layer_name]
        known = column and layer.has_column(column)
        found.append(
            {
                "layer": layer_name,
                "column": column or None,
                "label": both(layer.column(column)) if known else both(layer),
            }
        )
    return found


def clause(
    plan: OpenPlan, standards: Path, table: str, rule_id: str, language: Language
) -> dict[str, object] | None:
    """A rule as every face shows it, with the figures that the plan changed; None if unknown."""
    from app.services.rules import rule_book

    book = plan.kept(
        ("rule_book", str(standards)), ("rule_override",), lambda: rule_book(plan, standards)
    )
    rule = book.table(table).by_id.get(rule_id)
    if rule is None:
        return None
    told = next(one for one in book.listing([table]) if one.rule_id == rule_id)
    changes = [c for c in adjusted(plan, standards) if (c.table, c.rule_id) == (table, rule_id)]
    return {
        **told.as_json(language),
        "name": told.says.in_language(language).split("：")[0].split(". ")[0],
        "changes": [change.as_json(language) for change in changes],
    }


def _evidence(plan: OpenPlan, fact: Any, language: Language) -> dict[str, object] | None:
    """A fact of the evidence: which row, which field, what stands there now and then."""
    if not isinstance(fact, dict) or fact.get("layer") not in LAYERS:
        return None
    layer, column = LAYERS[fact["layer"]], str(fact.get("column") or "")
    value, row_id = fact.get("value"), str(fact.get("id") or "")
    row = plan.row(layer.name, row_id) if row_id else None
    by_rule = plan.row("eligibility", f"{column}-{layer.name}-{row_id}")
    if by_rule is not None:  # a community's verdict rests on those of its buildings
        value = by_rule["reason_en" if language == "en" else "reason"]
    words = (
        shown(layer.column(column), value, language)
        if layer.has_column(column)
        else ("" if value is None else f"{value:,.10g}" if isinstance(value, int | float) else str(value))
    )  # fmt: skip
    return {
        "layer": layer.name,
        "layer_label": both(layer),
        "id": row_id or None,
        "name": name_of(layer, row, language) if row else row_id or None,
        "column": column,
        "label": both(layer.column(column)) if layer.has_column(column) else _fact_label(column),
        "shown": words,
        "unknown": value is None,
    }


_FACTS = {
    "match": Text("匹配方式", "matched by"),
    "rows": Text("行数", "rows"),
    "overlap_m2": Text("重叠面积（m²）", "overlap (m²)"),
    "share": Text("占比", "share"),
    "overlap_share": Text("重叠占比", "share of overlap"),
}


def _fact_label(column: str) -> dict[str, str]:
    plain = column.replace("_", " ")
    of_rule = Text("判定", "verdict") if column[:1] == "E" and column[1:].isdigit() else None
    label = of_rule or _FACTS.get(column, Text(plain, plain))
    return {"zh": label.zh, "en": label.en}
