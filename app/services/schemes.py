"""Versions of a community's scheme (一区一策): fixed from the items, adopted, compared with each other."""

from __future__ import annotations

import datetime
import uuid
from typing import Any

import pandas as pd

from app.errors import Language, NotFoundError, Text, UsageError
from app.report.plain import document, is_missing, number, text, whole
from app.rules.cost import item_cost_fen
from app.schema import DOMAINS, Actor
from app.services.editing import edit
from app.services.phases import day_of
from app.services.place_names import names_of
from app.services.plans import OpenPlan
from app.services.runs import rule_book
from app.services.summary import chosen_programme

NOW = "now"
_KEPT = (
    "work_item_id",
    "target_layer",
    "target_id",
    "quantity",
    "unit",
    "starts_on",
    "ends_on",
    "lead_id",
)


def version_name(number_: int) -> str:
    """What an item cites."""
    return f"一区一策 v{number_}"


def items_now(plan: OpenPlan, community: str, programme: str | None) -> list[dict[str, Any]]:
    """The items of a community as a version keeps them, rejected ones left out."""
    rows = plan.table("community_item")
    rows = rows[(rows["community_id"] == community) & rows["decision"].ne("rejected").fillna(True)]
    if programme is not None:
        rows = rows[rows["programme_id"] == programme]
    cost = item_cost_fen(rows)
    records: list[dict[str, Any]] = rows.to_dict("records")  # type: ignore[assignment]
    return [
        {
            "id": str(row["community_item_id"]),
            **{name: _plain(row[name], name) for name in _KEPT},
            "cost_fen": None if pd.isna(fen) else int(fen),
        }
        for row, fen in zip(records, cost, strict=True)
    ]  # fmt: skip


def _plain(value: Any, name: str) -> Any:
    if name.endswith("_on"):
        return day_of(value)
    return number(value) if name == "quantity" else text(value)


def versions(plan: OpenPlan, community: str, language: Language) -> list[dict[str, object]]:
    """The versions of a community, the newest first, with what each amounts to."""
    rows = plan.table("scheme")
    rows = rows[rows["community_id"] == community].sort_values("number", ascending=False)
    records: list[dict[str, Any]] = rows.to_dict("records")  # type: ignore[assignment]
    return [
        {
            "id": row["scheme_id"], "number": whole(row["number"]), "title": text(row["title"]) or "",
            "state": row["state"], "state_label": DOMAINS["scheme_state"].label_of(str(row["state"]), language),
            "adopted_on": day_of(row["adopted_on"]), "version": whole(row["version"]),
            **amounts(plan, document(row["items"]) or []),
        }
        for row in records
    ]  # fmt: skip


def amounts(plan: OpenPlan, items: list[dict[str, Any]]) -> dict[str, object]:
    """Items, cost and what is unknown, by category too."""
    category = {row.code: row.category_code for row in rule_book(plan.store).table("scope_items")}
    by = dict.fromkeys(("basic", "improved", "upgraded"), 0)
    for item in items:
        name = category.get(str(item["work_item_id"]))
        if name in by:
            by[name] += item["cost_fen"] or 0
    return {
        "items": len(items), "cost_fen": sum(item["cost_fen"] or 0 for item in items),
        "unknown": sum(item["cost_fen"] is None for item in items), "categories": by,
    }  # fmt: skip


def fix(
    plan: OpenPlan, community: str, actor: Actor, *, title: str = "", programme: str | None = None
) -> str:
    """Keep the items as they are now as the next version; the answer is its id.

    Through a scenario it is the scenario's items that are kept, so an alternative becomes a version
    once its scenario is merged.

    Raises
    ------
    UsageError
        There is nothing to keep.
    """
    items = items_now(plan, community, chosen_programme(plan, programme))
    if not items:
        raise UsageError(
            Text("小区还没有改造项目", "the community has no item yet"), where=f"community/{community}",
            fix=Text("先在“改造内容”中确认项目", "confirm items of the scope first"),
        )  # fmt: skip
    rows = plan.table("scheme")
    held = rows[rows["community_id"] == community]["number"]
    made = f"SM-{uuid.uuid4().hex[:10]}"
    values = {
        "community_id": community, "programme_id": chosen_programme(plan, programme),
        "number": 1 + (0 if held.empty else int(held.max())), "title": title.strip() or None,
        "state": "draft", "items": items,
    }  # fmt: skip
    edit(plan, [{"layer": "scheme", "action": "create", "id": made, "values": values}], actor,
         note=f"scheme: {community}")  # fmt: skip
    return made


def adopt(plan: OpenPlan, scheme: str, on: str, actor: Actor) -> None:
    """Adopt a version: its items cite it, the version adopted before is superseded.

    Raises
    ------
    UsageError
        No date, or the items changed since the version was fixed.
    NotFoundError
        There is no such version.
    """
    row = _scheme(plan, scheme)
    try:
        day = datetime.date.fromisoformat(on)
    except ValueError as error:
        raise UsageError(
            Text(f"“{on}”不是日期", f"{on!r} is not a date"), where="on",
            fix=Text("写成 2024-01-20", "write it like 2024-01-20"),
        ) from error  # fmt: skip
    community = str(row["community_id"])
    kept = document(row["items"]) or []
    if _by_target(kept) != _by_target(items_now(plan, community, text(row["programme_id"]))):
        raise UsageError(
            Text("版本固定后项目又有改动", "the items changed since the version was fixed"),
            where=f"scheme/{scheme}", fix=Text("固定新版本后再采用", "fix a new version, then adopt that"),
        )  # fmt: skip
    rows = plan.table("scheme")
    before = rows[(rows["community_id"] == community) & (rows["state"] == "adopted")]
    others: list[dict[str, Any]] = before.to_dict("records")  # type: ignore[assignment]
    wishes = [_update("scheme", other, {"state": "superseded"}) for other in others]
    wishes.append(_update("scheme", row, {"state": "adopted", "adopted_on": day}))
    items = plan.table("community_item")
    cited: list[dict[str, Any]] = items[  # type: ignore[assignment]
        items["community_item_id"].isin([one["id"] for one in kept])
    ].to_dict("records")
    name = version_name(int(row["number"]))
    wishes += [
        _update("community_item", item, {"scheme": name})
        for item in cited
        if item["scheme"] != name
    ]
    edit(plan, wishes, actor, note=f"scheme adopted: {community}")


def _update(layer: str, row: dict[str, Any], values: dict[str, object]) -> dict[str, object]:
    return {"layer": layer, "action": "update", "id": str(row[f"{layer}_id"]), "values": values,
            "version": int(row["version"])}  # fmt: skip


def _scheme(plan: OpenPlan, scheme: str) -> dict[str, Any]:
    row = plan.row("scheme", scheme)
    if row is None:
        raise NotFoundError(
            Text(f"没有方案版本 {scheme}", f"there is no version {scheme}"), where=f"scheme/{scheme}",
            fix=Text("刷新后重新选择", "reload and choose again"),
        )  # fmt: skip
    return row


def compared(
    plan: OpenPlan, community: str, left: str, right: str, language: Language, *,
    programme: str | None = None,
) -> dict[str, object]:  # fmt: skip
    """Two versions side by side (``now`` is the items as they are): sums, and each item that differs."""
    chosen = chosen_programme(plan, programme)
    sides = [
        items_now(plan, community, chosen) if name == NOW else document(_scheme(plan, name)["items"]) or []
        for name in (left, right)
    ]  # fmt: skip
    one, other = (_by_target(side) for side in sides)
    names = {row.code: row.label.in_language(language)
             for row in rule_book(plan.store).table("scope_items")}  # fmt: skip
    rows = []
    for key in sorted({*one, *other}, key=str):
        a, b = one.get(key), other.get(key)
        if a == b:
            continue
        rows.append({
            "name": names.get(str(key[0]), str(key[0])),
            "target": {"layer": key[1], "id": key[2]},
            "left": a, "right": b,
            "changed": sorted(n for n in (a or b or {}) if (a or {}).get(n) != (b or {}).get(n)) if a and b else [],
        })  # fmt: skip
    return {
        "left": amounts(plan, sides[0]),
        "right": amounts(plan, sides[1]),
        "same": len(set(one) & set(other))
        - sum(bool(row["left"] and row["right"]) for row in rows),
        "rows": rows,
    }


def _by_target(items: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Items by what is done to what; of several alike each has its place in the order."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for item in sorted(items, key=lambda one: str(one["id"])):
        at = 0
        while (key := (item["work_item_id"], item["target_layer"], item["target_id"], at)) in found:
            at += 1
        found[key] = {
            name: value for name, value in item.items()
            if name in ("quantity", "unit", "starts_on", "ends_on", "lead_id", "cost_fen")
            and not is_missing(value)
        }  # fmt: skip
    return found


def overview(
    plan: OpenPlan, programme: str | None, places: pd.DataFrame, language: Language, *,
    alone: bool, left: str = "", right: str = "",
) -> dict[str, object]:  # fmt: skip
    """``{communities}`` with how many versions each has; of one also ``{versions, now, compared}``."""
    chosen = chosen_programme(plan, programme)
    rows = plan.table("scheme")
    count = rows["community_id"].value_counts()
    adopted = rows[rows["state"] == "adopted"].set_index("community_id")["number"].to_dict()
    names = names_of(plan, "community", language)
    told: dict[str, object] = {
        "communities": [
            {"id": name, "name": names[str(name)], "versions": int(count.get(name, 0)),
             "adopted": whole(adopted.get(name))}
            for name in places["community_id"]
        ],
    }  # fmt: skip
    if not alone or not len(places):
        return told
    community = str(places["community_id"].iloc[0])
    known = versions(plan, community, language)
    told |= {"versions": known, "now": amounts(plan, items_now(plan, community, chosen))}
    if known:
        sides = (left or str(known[0]["id"]), right or NOW)
        told["compared"] = compared(plan, community, *sides, language, programme=chosen)
    return told
