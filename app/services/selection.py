"""From application to decision: criteria with their score, opinions, and what still stands in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.analysis.selection import measured_criteria, scores
from app.errors import Language, Text
from app.report.plain import document, moment, number, text
from app.schema import DOMAINS, LAYERS
from app.services.place_names import names_of
from app.services.plans import OpenPlan
from app.services.readiness import communities_of
from app.services.runs import rule_book
from app.services.summary import chosen_programme
from app.services.survey import FIELDS, lacking

# The three steps of the plan with the column that dates each, and the state it leads to.
STEPS = {
    "applied": ("applied_on", "proposed", Text("乡镇申报", "applied by the township")),
    "reviewed": ("reviewed_on", "reviewed", Text("部门联合会审", "joint review of departments")),
    "decided": ("decided_on", "approved", Text("区政府研究同意", "decided by the government")),
}
UTILITIES = ("water", "drainage", "gas", "heat", "power", "telecom")
_IN_WORDS = {
    "fields": Text("摸底缺项：{}", "survey lacks: {}"),
    "township": Text("未归属乡镇", "belongs to no township"),
    "not_run": Text("尚未运行改造资格核查", "eligibility was not run"),
    "ineligible": Text("改造资格不符合", "not eligible"),
    "eligibility_unknown": Text("改造资格未知", "its eligibility is unknown"),
    "not_applied": Text("尚未申报", "not applied for"),
    "not_reviewed": Text("尚未会审", "not reviewed"),
    "departments": Text("部门意见未齐：{}", "departments have not answered: {}"),
    "utilities": Text("乡镇、管线单位意见未齐：{}", "township or utilities have not answered: {}"),
    "no_departments": Text("没有征求部门意见的记录", "no record that departments were asked"),
    "no_utilities": Text(
        "没有征求乡镇、管线单位意见的记录", "no record that township and utilities were asked"
    ),
    "objections": Text("不同意的意见未解决：{}", "unsettled objections: {}"),
    "criteria": Text("四项条件未齐：{}", "criteria unknown: {}"),
}


@dataclass(frozen=True)
class Blocker:
    """What stands in the way of a step, with the rows to look at."""

    step: str
    code: str
    what: tuple[str, ...]
    layer: str
    filters: Mapping[str, object]

    def as_json(self, language: Language) -> dict[str, object]:
        words = _IN_WORDS[self.code].in_language(language)
        return {
            "step": self.step, "code": self.code,
            "message": words.format(("、" if language == "zh" else ", ").join(self.what)),
            "link": {"layer": self.layer, "filter": dict(self.filters)},
        }  # fmt: skip


def selection(
    plan: OpenPlan, programme: str | None, places: pd.DataFrame, language: Language
) -> dict[str, object]:
    """``{steps, criteria, rows}``: of each community its steps, score with terms, and blockers."""
    chosen = chosen_programme(plan, programme)
    members = member_rows(plan, chosen).reindex(places["community_id"])
    table = rule_book(plan.store).table("selection_criteria")
    marked, terms = marks(plan, chosen, places)
    held: dict[Any, dict[Any, Any]] = marked.to_dict("index")
    names = names_of(plan, "community", language)
    blocked = blockers(plan, chosen, places, language)
    rows = []
    for community, member in zip(places["community_id"], _records(members), strict=True):
        score = number(held[community]["score"])
        rows.append(
            {
                "id": community,
                "name": names[community],
                "member": text(member["programme_member_id"]),
                "state": text(member["state"]),
                "state_label": DOMAINS["member_state"].label_of(str(member["state"]), language)
                if text(member["state"]) else None,
                "dates": {step: (moment(member[column]) or "")[:10] for step, (column, _, _) in STEPS.items()},
                "document": text(member["decision_document"]),
                "score": score,
                "terms": [
                    {"code": code, "value": number(held[community][code]),
                     "given": code in held[community]["given"], **terms[community, code]}
                    for code in table.by_id
                ],
                "blockers": [one.as_json(language) for one in blocked[community]],
            }
        )  # fmt: skip
    rows.sort(key=lambda one: (one["score"] is None, -(one["score"] or 0.0), str(one["id"])))
    alone = str(places["community_id"].iloc[0]) if len(places) == 1 else ""
    return {
        "opinions": opinions(plan, chosen, language).get(alone, []) if alone else [],
        "answers": [
            {"code": code.code, "label": code.label.in_language(language)}
            for code in DOMAINS["opinion"].codes
        ],
        "organisations": _organisations(plan, language) if alone else [],
        "steps": [
            {"code": step, "label": label.in_language(language)}
            for step, (_, _, label) in STEPS.items()
        ],
        "criteria": [
            {
                "code": row.code, "name": row.name_en if language == "en" else row.name_zh,
                "measure": row.measure_en if language == "en" else row.measure_zh,
                "weight": row.weight, "clause": f"{row.standard} {row.clause}".strip(),
                "confidence": row.confidence,
            }
            for row in table
        ],
        "rows": rows,
    }  # fmt: skip


def _organisations(plan: OpenPlan, language: Language) -> list[dict[str, object]]:
    """Who may be asked for an opinion: departments, townships, utilities."""
    kinds = plan.table("organisation")
    asked = kinds[kinds["kind"].isin(["government", "township", *UTILITIES])]
    names = names_of(plan, "organisation", language)
    return [
        {"id": body, "name": names[body], "kind": kind}
        for body, kind in zip(asked["organisation_id"], asked["kind"], strict=True)
    ]


def _records(rows: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = rows.to_dict("records")
    return records


def member_rows(plan: OpenPlan, programme: str | None) -> pd.DataFrame:
    """The latest membership of each community in a programme, withdrawn ones too, by community."""
    rows = plan.table("programme_member")
    rows = rows[(rows["target_layer"] == "community") & (rows["programme_id"] == programme)]
    return rows.drop_duplicates("target_id", keep="last").set_index("target_id")


def marks(
    plan: OpenPlan, programme: str | None, places: pd.DataFrame
) -> tuple[pd.DataFrame, dict[tuple[str, str], dict[str, object]]]:
    """Score and criteria of each community, and the part and whole behind each measure."""
    ids = pd.Index(places["community_id"])
    items = plan.table("community_item").assign(community_id=communities_of(plan, "community_item"))
    items = items[items["decision"].ne("rejected").fillna(True) & items["community_id"].isin(ids)]
    if programme is not None:
        items = items[items["programme_id"] == programme]
    buildings = plan.table("building")
    buildings = buildings[
        buildings["community_id"].isin(ids)
        & (buildings["use"].isin(["residential", "mixed"]) | buildings["use"].isna())
    ]
    members = plan.table("programme_member")
    inside = members[
        (members["programme_id"] == programme) & (members["target_layer"] == "building")
        & members["state"].ne("withdrawn").fillna(True)
    ]["target_id"]  # fmt: skip
    named = buildings["building_id"].isin(inside)
    # Of a community in the programme its buildings in the programme are asked, else all of them.
    has = named.groupby(buildings["community_id"]).transform("any").astype(bool)
    book = rule_book(plan.store)
    found = measured_criteria(
        ids, items=items, scope=plan.table("scope_row"), consent=plan.table("consent"),
        buildings=buildings[named | ~has], funding=plan.table("funding"),
        basic_items=frozenset(r.code for r in book.table("scope_items") if r.category_code == "basic"),
    )  # fmt: skip
    weights = {row.code: row.weight for row in book.table("selection_criteria")}
    rows = member_rows(plan, programme)
    given = {
        str(name): {k: float(v) for k, v in held.items() if isinstance(v, int | float)}
        for name, value in rows["criteria"].items()
        if isinstance(held := document(value), dict)
    }
    terms: dict[tuple[str, str], dict[str, object]] = {
        (str(row["community_id"]), str(row["code"])): {
            "part": number(row["part"]), "whole": number(row["whole"]), "measured": number(row["value"]),
        }
        for row in _records(found)
    }  # fmt: skip
    return scores(found, given, weights), terms


# --- what stands in the way ----------------------------------------------------------------------------
def blockers(
    plan: OpenPlan, programme: str | None, places: pd.DataFrame, language: Language
) -> dict[str, list[Blocker]]:
    """Of each community what each step still waits for; work on it is never stopped by it."""
    found: dict[str, list[Blocker]] = {str(name): [] for name in places["community_id"]}

    def add(
        community: str, step: str, code: str, layer: str, *what: str, **filters: object
    ) -> None:
        found[community].append(Blocker(step, code, what, layer, filters))

    _before_application(plan, places, language, add)
    members = member_rows(plan, programme).reindex(places["community_id"])
    heard = opinions(plan, programme, language)
    marked: dict[Any, dict[Any, Any]] = marks(plan, programme, places)[0].to_dict("index")
    criteria = {row.code: Text(row.name_zh, row.name_en).in_language(language)
                for row in rule_book(plan.store).table("selection_criteria")}  # fmt: skip
    for community, member in zip(places["community_id"], _records(members), strict=True):
        out = text(member["state"]) == "withdrawn"
        for step, code, column in (("reviewed", "not_applied", "applied_on"),
                                   ("decided", "not_reviewed", "reviewed_on")):  # fmt: skip
            if out or pd.isna(member[column]):
                add(community, step, code, "programme_member", target_id={"in": [community]})
        own = heard.get(community, [])
        _unheard(community, own, add)
        lacks = [name for code, name in criteria.items() if pd.isna(marked[community][code])]
        if lacks:
            add(community, "decided", "criteria", "programme_member", *lacks,
                target_id={"in": [community]})  # fmt: skip
    return found


def _before_application(plan: OpenPlan, places: pd.DataFrame, language: Language, add: Any) -> None:
    columns = LAYERS["community"]
    verdicts = plan.table("eligibility")
    overall = verdicts[
        (verdicts["rule_id"] == "overall") & (verdicts["target_layer"] == "community")
    ]
    verdict = places["community_id"].map(overall.set_index("target_id")["verdict"])
    towns = set(plan.table("township")["township_id"])
    empty = lacking(places).to_numpy()
    for community, lacks, town, judged in zip(
        places["community_id"], empty, places["township_id"], verdict, strict=True
    ):
        what = [columns.column(n).label.in_language(language)
                for n, gone in zip(FIELDS, lacks, strict=True) if gone]  # fmt: skip
        here = {"community_id": {"in": [community]}}
        if what:
            add(community, "applied", "fields", "community", *what, **here)
        if town not in towns:
            add(community, "applied", "township", "community", **here)
        of_it = {"target_id": {"in": [community]}}
        if not len(verdicts):
            add(community, "applied", "not_run", "community", **here)
        elif judged == "fail":
            add(community, "applied", "ineligible", "eligibility", **of_it)
        elif pd.isna(judged) or judged == "unknown":
            add(community, "applied", "eligibility_unknown", "eligibility", **of_it)


def _unheard(community: str, own: list[dict[str, Any]], add: Any) -> None:
    here = {"community_id": {"in": [community]}}
    for step, kinds, none, some in (
        ("reviewed", ("government",), "no_departments", "departments"),
        ("decided", (*UTILITIES, "township"), "no_utilities", "utilities"),
    ):
        asked = [one for one in own if one["kind"] in kinds]
        silent = [one["name"] for one in asked if not one["answered_on"] or not one["opinion"]]
        if not asked:
            add(community, step, none, "opinion", **here)
        elif silent:
            add(community, step, some, "opinion", *silent, **here)
    objecting = [one["name"] for one in own if one["opinion"] == "object"]
    if objecting:
        add(community, "decided", "objections", "opinion", *objecting, **here)


def opinions(
    plan: OpenPlan, programme: str | None, language: Language
) -> dict[str, list[dict[str, Any]]]:
    """The opinion of each organisation that was asked, by community; the latest of each."""
    rows = plan.table("opinion")
    rows = rows[rows["programme_id"].isna() | (rows["programme_id"] == programme)]
    rows = rows.drop_duplicates(["community_id", "organisation_id"], keep="last")
    kinds = plan.table("organisation").set_index("organisation_id")["kind"].to_dict()
    names = names_of(plan, "organisation", language)
    told: dict[str, list[dict[str, Any]]] = {}
    for row in _records(rows):
        opinion, body = text(row["opinion"]), str(row["organisation_id"])
        told.setdefault(str(row["community_id"]), []).append(
            {
                "id": row["opinion_id"], "organisation": body, "name": names.get(body, body),
                "kind": kinds.get(body), "opinion": opinion, "note": text(row["note"]),
                "label": DOMAINS["opinion"].label_of(opinion, language) if opinion else None,
                "asked_on": (moment(row["asked_on"]) or "")[:10],
                "answered_on": (moment(row["answered_on"]) or "")[:10], "version": row["version"],
            }
        )  # fmt: skip
    return told
