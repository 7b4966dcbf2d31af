"""The desk of the programme: scope, consent, money, phases, checks and the best set, by place."""

from __future__ import annotations

import pandas as pd

from app.errors import Language
from app.report.plain import document, number, text, whole
from app.rules.cost import item_cost_fen
from app.schema import DOMAINS
from app.services.place_names import names_of
from app.services.plans import OpenPlan
from app.services.proposals import counted, scope_by_item
from app.services.runs import rule_book
from app.services.staleness import result_states
from app.services.summary import chosen_programme
from app.services.verdicts import missing_fields

ANALYSES = ("eligibility", "scope", "consent", "checks", "best_set")
CATEGORIES = ("basic", "improved", "upgraded")
SHOWN = 400


def places_of(
    plan: OpenPlan, programme: str | None, *, township: str = "", community: str = ""
) -> pd.DataFrame:
    """Communities of the programme, or those of a place that are in it; all where it names none."""
    rows = plan.table("community")
    members = plan.table("programme_member")
    chosen = chosen_programme(plan, programme)
    if chosen is not None:
        named = members[
            (members["target_layer"] == "community")
            & (members["state"] != "withdrawn")
            & (members["programme_id"] == chosen)
        ]
        rows = rows[rows["community_id"].isin(named["target_id"])]
    if township:
        rows = rows[rows["township_id"] == township]
    if community:
        rows = plan.table("community")
        rows = rows[rows["community_id"] == community]
    return rows.sort_values("community_id")


def overview(
    plan: OpenPlan,
    programme: str | None,
    language: Language,
    *,
    township: str = "",
    community: str = "",
) -> dict[str, object]:
    """Everything the desk shows of a place before anything is opened."""
    places = places_of(plan, programme, township=township, community=community)
    ids = pd.Index(places["community_id"])
    states = {
        state.analysis: state.as_json(language)
        for state in result_states(plan.store, scenario=plan.scenario)
        if state.analysis in ANALYSES
    }
    names = names_of(plan, "community", language)
    return {
        "programme": chosen_programme(plan, programme),
        "communities": [{"id": c, "name": names[c]} for c in places["community_id"]],
        "states": states,
        "scope": scope_by_item(plan, ids, language),
        "consent": _verdicts(plan, ids),
        "money": money(plan, chosen_programme(plan, programme), ids, language),
        "checks": checks(plan, ids, language, everywhere=not township and not community),
        "best": best(plan, ids),
    }


def _verdicts(plan: OpenPlan, ids: pd.Index) -> dict[str, int]:
    rows = plan.table("consent_tally")
    counts = rows[rows["community_id"].isin(ids)]["verdict"].value_counts()
    return {verdict: int(counts.get(verdict, 0)) for verdict in ("pass", "fail", "unknown")}


def votes(plan: OpenPlan, ids: pd.Index, language: Language) -> list[dict[str, object]]:
    """Each item and voting body, what is short first."""
    rows = plan.table("consent_tally")
    rows = rows[rows["community_id"].isin(ids)]
    order = rows["verdict"].map({"fail": 0, "unknown": 1, "pass": 2})
    rows = rows.assign(order=order).sort_values(["order", "consent_tally_id"]).head(SHOWN)
    names = {
        row.code: row.label.in_language(language)
        for row in rule_book(plan.store).table("scope_items")
    }
    return [
        {
            "item": {"layer": "community_item", "id": row["community_item_id"], "name": names.get(row["work_item_id"], row["work_item_id"])},
            "body": {"layer": row["body_layer"], "id": row["body_id"]},
            "verdict": row["verdict"],
            "verdict_label": DOMAINS["rule_verdict"].label_of(row["verdict"], language),
            "households": whole(row["households"]), "answered": whole(row["answered"]),
            "agreed": whole(row["agreed"]), "votes_short": whole(row["votes_short"]),
            "reason": text(row["reason_en"] if language == "en" else row["reason"]) or "",
            "missing": missing_fields(text(row["missing"]) or ""),
            "clause": text(row["clause"]),
        }
        for row in rows.to_dict("records")
    ]  # fmt: skip


def money(
    plan: OpenPlan, programme: str | None, ids: pd.Index, language: Language
) -> dict[str, object]:
    """Items by category against the sources, in fen; each row and column adds up."""
    items = plan.table("community_item")
    items = items[items["decision"].ne("rejected").fillna(True) & items["community_id"].isin(ids)]
    if programme is not None:
        items = items[items["programme_id"] == programme]
    category = items["work_item_id"].map(
        plan.table("work_item").set_index("work_item_id")["category"]
    )
    cost = pd.Series(item_cost_fen(items).to_numpy(dtype=float), index=items.index)
    held = pd.DataFrame(
        {"id": items["community_item_id"], "category": category.fillna("unknown"), "cost": cost}
    )
    paid = plan.table("funding").merge(held, left_on="community_item_id", right_on="id")
    sums = paid.groupby(["category", "source"])["amount_fen"].sum()
    matrix = {(str(c), str(s)): int(n) for (c, s), n in zip(sums.index, sums, strict=True)}
    ceilings = plan.table("funding_source")
    limit = (
        ceilings[ceilings["programme_id"] == programme].set_index("source")["ceiling_fen"]
        if programme
        else pd.Series(dtype=float)
    )
    sources = [
        {"code": row.code, "name": row.name_en if language == "en" else row.name_zh, "number": row.number,
         "ceiling_fen": whole(limit.get(row.code)), "amount_fen": sum(n for (_, source), n in matrix.items() if source == row.code)}
        for row in rule_book(plan.store).table("funding_sources")
    ]  # fmt: skip
    codes = [row.code for row in rule_book(plan.store).table("funding_sources")]
    rows = []
    for name in (*CATEGORIES, "unknown"):
        own = held[held["category"] == name]
        if name == "unknown" and not len(own):
            continue
        by = {source: matrix.get((name, source), 0) for source in codes}
        total = int(own["cost"].fillna(0).sum())
        rows.append({"category": name, "label": DOMAINS["category"].label_of(name, language), "items": len(own), "cost_fen": total,
                     "unknown": int(own["cost"].isna().sum()), "by_source": by, "unallocated_fen": total - sum(by.values())})  # fmt: skip
    return {"sources": sources, "rows": rows}


def checks(
    plan: OpenPlan, ids: pd.Index, language: Language, *, everywhere: bool
) -> list[dict[str, object]]:
    """Each check with what fails and what nobody can tell; of the whole plan also what has no place."""
    rows = plan.table("finding")
    here = rows["community_id"].isin(ids)
    if everywhere:
        here |= rows["community_id"].isna()
    counts = counted(rows[here]["rule_id"], rows[here]["verdict"])
    return [
        {"rule_id": row.rule_id, "group": row.group, "name": row.name_en if language == "en" else row.name_zh,
         "clause": f"{row.standard} {row.clause}".strip(), "confidence": row.confidence,
         **{verdict: counts.get((row.rule_id, verdict), 0) for verdict in ("fail", "unknown")}}
        for row in rule_book(plan.store).table("check_rules")
    ]  # fmt: skip


def findings(
    plan: OpenPlan, ids: pd.Index, rule: str, language: Language, *, everywhere: bool
) -> list[dict[str, object]]:
    """The findings of one check, what fails first."""
    rows = plan.table("finding")
    here = rows["community_id"].isin(ids) | (rows["community_id"].isna() if everywhere else False)
    rows = rows[here & (rows["rule_id"] == rule)].sort_values(["verdict", "finding_id"]).head(SHOWN)
    names = names_of(plan, "community", language)
    return [
        {
            "id": row["finding_id"],
            "target": {"layer": row["target_layer"], "id": row["target_id"]},
            "community": text(names.get(row["community_id"])),
            "verdict": row["verdict"],
            "verdict_label": DOMAINS["rule_verdict"].label_of(row["verdict"], language),
            "reason": text(row["reason_en"] if language == "en" else row["reason"]) or "",
            "missing": missing_fields(text(row["missing"]) or ""),
            "value": number(row["value"]), "required": number(row["required"]), "unit": text(row["unit"]),
            "clause": text(row["clause"]),
            "evidence": document(row["evidence"]) or [],
        }
        for row in rows.to_dict("records")
    ]  # fmt: skip


def best(plan: OpenPlan, ids: pd.Index) -> dict[str, object]:
    """What more money buys, and how many items of the place were chosen."""
    curve, items = plan.table("budget_curve"), plan.table("chosen_item")
    here = items[items["community_id"].isin(ids)]
    counts = here["choice"].value_counts()
    return {
        "curve": [
            {"budget_fen": whole(r["budget_fen"]), "spent_fen": whole(r["spent_fen"]), "items": whole(r["items"]), "worth": number(r["worth"]), "gap": number(r["gap"])}
            for r in curve.sort_values("budget_curve_id").to_dict("records")
        ],
        **{name: int(counts.get(name, 0)) for name in ("chosen", "fixed", "left_out")},
    }  # fmt: skip


def choices(plan: OpenPlan, ids: pd.Index, language: Language) -> list[dict[str, object]]:
    """Each item of the best set or left out of it, with why."""
    rows = plan.table("chosen_item")
    rows = rows[rows["community_id"].isin(ids)]
    order = rows["choice"].map({"left_out": 0, "chosen": 1, "fixed": 2})
    rows = (
        rows.assign(order=order)
        .sort_values(["order", "worth"], ascending=[True, False])
        .head(SHOWN)
    )
    names = {
        row.code: row.label.in_language(language)
        for row in rule_book(plan.store).table("scope_items")
    }
    places = names_of(plan, "community", language)
    return [
        {
            "id": row["community_item_id"], "name": names.get(row["work_item_id"], row["work_item_id"]),
            "community": text(places.get(row["community_id"])) or "", "choice": row["choice"],
            "cost_fen": whole(row["cost_fen"]), "households": whole(row["households"]),
            "reason": text(row["reason_en"] if language == "en" else row["reason"]) or "",
        }
        for row in rows.to_dict("records")
    ]  # fmt: skip
