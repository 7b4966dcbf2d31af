"""Why this verdict, this count of a run, this sum under a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.errors import Language, NotFoundError, Text, UsageError
from app.report.plain import is_missing
from app.rules import SPECS
from app.schema import DOMAINS, LAYERS
from app.services.detail import name_of, shown_unit
from app.services.plans import OpenPlan
from app.services.staleness import TOGETHER
from app.services.why import FIGURES, inputs_of, rows_json


def why_verdict(
    plan: OpenPlan, layer: str, row_id: str, rule_id: str, standards: Path, *, language: Language
) -> dict[str, object]:
    """Behind one verdict line: evidence, clause and the run that found it.

    Raises
    ------
    NotFoundError
        The current result says nothing of this.
    """
    from app.services.verdicts import line

    rows = plan.table("eligibility")
    chosen = rows[
        (rows["target_layer"] == layer) & (rows["target_id"] == row_id) & (rows["rule_id"] == rule_id)
    ]  # fmt: skip
    if chosen.empty:
        raise NotFoundError(
            Text(f"当前结果中没有 {row_id} 的 {rule_id}", f"the result has no {rule_id} of {row_id}"),
            where=f"{layer}/{row_id}",
            fix=Text("先运行改造资格分析", "run eligibility first"),
        )  # fmt: skip
    first = {str(name): value for name, value in chosen.iloc[0].items()}
    found: dict[str, Any] = line(plan, first, standards, language)
    target = plan.row(layer, row_id)
    name = name_of(LAYERS[layer], target, language) if target else row_id
    return {
        "title": f"{name} · {found['name']}",
        "verdict": found["verdict"],
        "verdict_label": found["verdict_label"],
        "formula": found["reason"],
        "notes": [],
        "missing": found["missing"],
        "evidence": found["evidence"],
        "clauses": [found["clause"]] if found["clause"] else [],
        **run_behind(plan, "eligibility", language),
    }


def run_behind(plan: OpenPlan, analysis: str, language: Language) -> dict[str, object]:
    """Inputs with the revision that the run saw and the one of now, and the state with its reason."""
    from app.services.verdicts import state_of

    state: dict[str, Any] = state_of(plan, analysis, language)
    counts = plan.store.counts()
    inputs = [
        {
            "layer": name,
            "label": LAYERS[name].label.in_language(language),
            "revision": revision,
            "revision_now": plan.store.revision(name, plan.scenario or None),
            "rows": counts.get(name, 0),
        }
        for name, revision in state["inputs"].items()
    ]
    return {"inputs": inputs, "state": state}


def why_count(
    plan: OpenPlan, analysis: str, count: str, *, language: Language
) -> dict[str, object]:
    """Behind one count of a run's record: the rows of the result that make it up.

    Raises
    ------
    NotFoundError
        The analysis never ran, or its record has no such count.
    """
    answered = run_behind(plan, analysis, language)
    state: Any = answered["state"]
    if count not in state["counts"]:
        raise NotFoundError(
            Text(f"{state['label']}没有计数 {count}", f"{analysis} has no count {count}"),
            where=analysis,
            fix=Text("先运行该分析", "run the analysis first"),
        )
    label, layer, condition = count_words(analysis, count)
    return {
        "title": f"{state['label']} · {label.in_language(language)}",
        "value": state["counts"][count],
        "is_money": count.endswith("_fen"),
        "unit": "",
        "formula": Text("运行时结果中符合条件的行数", "rows of the result at the time of the run").in_language(language),
        "notes": [],
        "rows": None if layer is None else {
            "layer": layer, "label": LAYERS[layer].label.in_language(language),
            "total": state["counts"][count], "link": {"layer": layer, "filter": condition}, "shown": [],
        },
        "clauses": [{"table_label": (TOGETHER.get(name) or SPECS[name].label).in_language(language), "standard": edition.split(" #")[0]} for name, edition in state["rules"].items()],
        **answered,
    }  # fmt: skip


def count_words(analysis: str, count: str) -> tuple[Text, str | None, dict[str, object]]:
    """What a count is called, and the layer and filter that list its rows."""
    if analysis == "eligibility":
        layer, _, verdict = count.partition("_")
        if layer in LAYERS and verdict in DOMAINS["rule_verdict"]:
            domain, target = DOMAINS["rule_verdict"], LAYERS[layer].label
            words = Text(
                f"{target.zh}{domain.label_of(verdict)}",
                f"{target.en}: {domain.label_of(verdict, 'en')}",
            )
            return words, "eligibility", {
                "target_layer": {"contains": layer}, "verdict": {"in": [verdict]},
                "rule_id": {"contains": "overall"},
            }  # fmt: skip
    if analysis == "conflicts" and count in DOMAINS["clearance_verdict"]:
        domain = DOMAINS["clearance_verdict"]
        words = Text(domain.label_of(count), domain.label_of(count, "en"))
        listed = count in ("conflict", "possible", "unverified")
        return words, "conflict" if listed else None, {"verdict": {"in": [count]}}
    figure = FIGURES.get(count)
    plain = count.replace("_", " ")
    return (figure[2] if figure else Text(plain, plain)), None, {}


def why_sum(
    plan: OpenPlan, layer_name: str, column_name: str, filters: dict[str, Any], *, language: Language
) -> dict[str, object]:  # fmt: skip
    """Behind a sum under a table: known and unknown cells of the filtered rows.

    Raises
    ------
    SchemaError, UsageError
        A column that the layer does not have or that is not added up; a filter that does not fit.
    """
    from app.services.table import filtered

    layer = LAYERS[layer_name]
    column = layer.column(column_name)
    if column.kind not in ("int", "float"):
        raise UsageError(
            Text(f"“{column.label.zh}”不能求和", f"{column.label.en} is not added up"),
            where=column_name,
            fix=Text("选择数值字段", "choose a column of numbers"),
        )
    frame = filtered(plan, layer_name, filters).drop(columns="geometry", errors="ignore")
    rows: list[dict[str, Any]] = [
        {
            "id": str(row[layer.id_column]), "name": name_of(layer, row, language), "row": row,
            "value": None if is_missing(row[column_name]) else float(row[column_name]),
        }
        for row in ({str(k): v for k, v in r.items()} for r in frame.to_dict("records"))
    ]  # fmt: skip
    rows.sort(key=lambda one: (one["value"] is not None, -(one["value"] or 0), one["id"]))
    known = [row["value"] for row in rows if row["value"] is not None]
    told = column.label.in_language(language)
    answer = rows_json(layer, rows, True, language)
    for line in answer["shown"]:  # type: ignore[attr-defined]
        line["how"] = ""
    return {
        "title": f"{layer.label.in_language(language)} · {told}",
        "value": sum(known) if known else None,
        "is_money": column.unit == "fen",
        "unit": shown_unit(column, language),
        "known": len(known),
        "unknown": len(rows) - len(known),
        "formula": f"所列 {len(rows):,} 行“{told}”之和；未知的不计入" if language == "zh"
        else f"sum of {told} over the {len(rows):,} listed rows; unknown ones left out",
        "notes": [],
        "rows": answer | {"link": {"layer": layer_name, "filter": filters}},
        "clauses": [],
        "inputs": inputs_of(plan, [layer_name], language),
        "state": {"state": "live"},
    }  # fmt: skip
