"""Proposals of the scope rules and what people decide on them."""

from __future__ import annotations

import uuid
from typing import Any

import pandas as pd

from app.errors import Language, NotFoundError, Text, UsageError
from app.report.plain import document, is_missing, number, text
from app.schema import DOMAINS, Actor
from app.services.editing import edit
from app.services.place_names import names_of
from app.services.plans import OpenPlan
from app.services.runs import rule_book
from app.services.summary import chosen_programme
from app.services.verdicts import missing_fields

SHOWN = 300
DECISIONS = ("confirmed", "changed", "rejected")
# How the scope rules and the price list name one unit.
_UNITS = {"m": "m", "m²": "m2", "处": "each", "户": "dwelling", "个单元": "stair", "个": "space"}
_WORDS = {
    "yes": Text("需要", "needed"),
    "no": Text("不需要", "not needed"),
    "unknown": Text("未知", "unknown"),
}


def scope_by_item(
    plan: OpenPlan, communities: pd.Index, language: Language
) -> list[dict[str, object]]:
    """Each item of the catalogue with its verdicts in these communities and what was decided."""
    rows = plan.table("scope_row")
    rows = rows[rows["community_id"].isin(communities)]
    counts = counted(rows["work_item_id"], rows["verdict"])
    items = plan.table("community_item")
    items = items[items["community_id"].isin(communities)]
    decided = counted(items["work_item_id"], items["decision"].fillna("proposed"))
    return [
        {
            "code": row.code,
            "category": row.category_code,
            "name": row.label.in_language(language),
            **{verdict: counts.get((row.code, verdict), 0) for verdict in _WORDS},
            "decided": {
                name: decided.get((row.code, name), 0) for name in ("proposed", *DECISIONS)
            },
        }
        for row in rule_book(plan.store).table("scope_items")
    ]


def counted(first: pd.Series, second: pd.Series) -> dict[tuple[str, str], int]:
    """How often each pair of values stands side by side."""
    sizes = first.groupby([first, second]).size()
    return {(str(a), str(b)): int(n) for (a, b), n in zip(sizes.index, sizes, strict=True)}


def proposals(
    plan: OpenPlan, communities: pd.Index, item: str, language: Language
) -> dict[str, object]:
    """The rows of one item, needed first, with reason, evidence and the decision if there is one."""
    rows = plan.table("scope_row")
    rows = rows[rows["community_id"].isin(communities) & (rows["work_item_id"] == item)]
    order = rows["verdict"].map({"yes": 0, "unknown": 1, "no": 2})
    rows = rows.assign(order=order).sort_values(["order", "scope_row_id"])
    items = plan.table("community_item")
    decided = items[items["work_item_id"] == item]
    by_target = decided.drop_duplicates(["target_layer", "target_id"], keep="last").set_index(
        ["target_layer", "target_id"]
    )
    names = names_of(plan, "community", language)
    return {
        "total": len(rows),
        "rows": [_told(row, by_target, names, language) for row in _records(rows.head(SHOWN))],
    }


def _records(rows: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = rows.to_dict("records")
    return records


def _told(
    row: dict[str, Any], decided: pd.DataFrame, names: dict[str, str], language: Language
) -> dict[str, object]:
    key = (row["target_layer"], row["target_id"])
    held = decided.loc[key] if key in decided.index else None
    decision = None if held is None else text(held["decision"]) or "proposed"
    reason = row["reason_en"] if language == "en" else row["reason"]
    return {
        "id": row["scope_row_id"],
        "target": {"layer": row["target_layer"], "id": row["target_id"]},
        "community": {
            "id": row["community_id"],
            "name": text(names.get(row["community_id"])) or "",
        },
        "verdict": row["verdict"],
        "verdict_label": _WORDS[row["verdict"]].in_language(language),
        "quantity": number(row["quantity"]),
        "unit": row["unit"],
        "reason": text(reason) or "",
        "missing": missing_fields(text(row["missing"]) or ""),
        "rule_id": row["rule_id"],
        "evidence": [fact for fact in document(row["evidence"]) or [] if isinstance(fact, dict)],
        "decision": decision,
        "decision_label": None
        if decision is None
        else DOMAINS["decision"].label_of(decision, language),
        "item_id": None if held is None else text(held["community_item_id"]),
    }


def decide(
    plan: OpenPlan, proposal: str, decision: str, actor: Actor, *, quantity: float | None = None,
    reason: str = "", programme: str | None = None,
) -> str:  # fmt: skip
    """Confirm, change or reject a proposal; the answer is the id of the scope item.

    The cost is quantity × unit cost + other fees + contingency by the rule tables; without a
    quantity or a unit cost in its unit it stays unknown. A decision can be undone like any edit.

    Raises
    ------
    UsageError
        A change or a rejection without a reason, or a decision that there is not.
    NotFoundError
        No proposal of that id in the current result.
    """
    if decision not in DECISIONS:
        raise UsageError(
            Text(f"没有“{decision}”这种决定", f"there is no decision {decision!r}"), where="decision",
            fix=Text("用：" + "、".join(DECISIONS), "use one of: " + ", ".join(DECISIONS)),
        )  # fmt: skip
    if decision != "confirmed" and not reason.strip():
        raise UsageError(
            Text("调整或不做需要理由", "a change or a rejection needs a reason"), where="reason",
            fix=Text("写明理由再保存", "give a reason, then save"),
        )  # fmt: skip
    rows = plan.table("scope_row")
    found = rows[rows["scope_row_id"] == proposal]
    if not len(found):
        raise NotFoundError(
            Text(f"没有建议 {proposal}", f"there is no proposal {proposal}"), where=proposal,
            fix=Text("重新运行改造内容建议", "run the scope proposals again"),
        )  # fmt: skip
    row = found.iloc[0]
    values = _values(plan, row, decision, quantity, reason, programme, actor)
    items = plan.table("community_item")
    same = items[
        (items["work_item_id"] == row["work_item_id"])
        & (items["target_layer"] == row["target_layer"])
        & (items["target_id"] == row["target_id"])
    ]
    if len(same):
        held = same.iloc[-1]
        item_id = str(held["community_item_id"])
        kept = {name: values[name] for name in ("decision", "decided_by", "reason", "proposal_id")}
        if quantity is not None:
            kept |= {
                name: values[name]
                for name in (
                    "quantity",
                    "quantity_basis",
                    "unit_cost_fen",
                    "other_fees_fen",
                    "contingency_fen",
                )
            }
        wish = {
            "layer": "community_item",
            "action": "update",
            "id": item_id,
            "values": kept,
            "version": int(held["version"]),
        }
    else:
        item_id = f"CI-{uuid.uuid4().hex[:10]}"
        wish = {"layer": "community_item", "action": "create", "id": item_id, "values": values}
    edit(plan, [wish], actor, note=f"{decision}: {proposal}")
    return item_id


def _values(
    plan: OpenPlan, row: pd.Series, decision: str, quantity: float | None, reason: str,
    programme: str | None, actor: Actor,
) -> dict[str, object]:  # fmt: skip
    book = rule_book(plan.store)
    code = str(row["work_item_id"])
    amount = quantity if quantity is not None else number(row["quantity"])
    price = next((p for p in book.table("item_unit_cost") if p.item_code == code), None)
    fits = price is not None and price.unit == _UNITS.get(str(row["unit"]))
    unit_cost = price.unit_cost_fen if price is not None and fits else None
    fees, contingency = None, None
    if amount is not None and unit_cost is not None:
        works = int(amount * unit_cost + 0.5)
        rates = list(book.table("cost_rates"))
        fees = int(works * sum(r.rate for r in rates if r.applies_to == ("other_fees",)) + 0.5)
        contingency = int(
            (works + fees) * sum(r.rate for r in rates if "works" in r.applies_to) + 0.5
        )
    lead = next((one.lead_zh for one in book.table("item_lead") if one.item_code == code), "")
    organisations = plan.table("organisation")
    known = (
        organisations[organisations["name"].astype(str).str.contains(lead, regex=False)]
        if lead
        else organisations[:0]
    )
    return {
        "programme_id": chosen_programme(plan, programme),
        "work_item_id": code,
        "community_id": None if is_missing(row["community_id"]) else row["community_id"],
        "target_layer": row["target_layer"],
        "target_id": row["target_id"],
        "quantity": amount,
        "unit": row["unit"],
        "quantity_basis": "人工填写"
        if quantity is not None
        else f"按规则 {row['rule_id']} 由几何量算",
        "unit_cost_fen": unit_cost,
        "unit_cost_basis": f"item_unit_cost {code}" if unit_cost is not None else None,
        "other_fees_fen": fees,
        "contingency_fen": contingency,
        "proposal_id": row["scope_row_id"],
        "decision": decision,
        "decided_by": actor.name,
        "reason": reason or None,
        "lead_id": text(known["organisation_id"].iloc[0]) if len(known) else None,
    }
