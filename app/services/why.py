"""Why this number: the rows behind a figure, the formula in words, clauses, inputs and run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.analysis.totals import CATEGORIES, Selection
from app.errors import Language, NotFoundError, Text, UsageError
from app.report.plain import is_missing, text
from app.schema import LAYERS, Layer
from app.services.detail import name_of, shown
from app.services.meta import both
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    import pandas as pd

    from app.analysis.totals import ScopeTotals

# Rows that the answer names; the link opens the table with all of them.
SHOWN_ROWS = 60
# Up to this many rows the link names each; beyond, the programme says which they are.
LINKED_ROWS = 400

FIGURES: dict[str, tuple[str, str, Text]] = {
    # figure -> (layer of its rows, column that is added up, what it is called)
    "communities": ("community", "", Text("小区数", "communities")),
    "buildings": ("building", "", Text("楼栋数", "buildings")),
    "floor_area_m2": ("building", "floor_area_m2", Text("建筑面积", "floor area")),
    "households": ("building", "households", Text("户数", "households")),
    "cost_fen": ("community_item", "cost_fen", Text("投资", "cost")),
    **{
        code: ("community_item", "cost_fen", Text(f"{zh}投资", f"cost, {code}"))
        for code, zh in zip(CATEGORIES, ("基础类", "完善类", "提升类"), strict=True)
    },
}
_FORMULAS = {
    "communities": Text("计划中未退出、且方案里有该行的小区个数",
                        "communities that the programme names and has not withdrawn"),
    "buildings": Text("计划中未退出、且方案里有该行的楼栋个数",
                      "buildings that the programme names and has not withdrawn"),
    "floor_area_m2": Text("计划内楼栋的建筑面积之和；面积未知的不计入，另列",
                          "sum of the floor area of the programme's buildings; unknown ones apart"),
    "households": Text("计划内楼栋的户数之和；户数未知的不计入，另列",
                       "sum of the households of the programme's buildings; unknown ones apart"),
    "cost_fen": Text("Σ（工程量 × 单价，四舍五入到分）＋ 其他费用 ＋ 预备费；已否决的不计，造价未知的另列",
                     "sum of quantity × unit cost rounded to the fen, plus other fees and contingency; "
                     "rejected items left out, unknown ones apart"),
}  # fmt: skip
_STATED = {
    "communities": "communities_stated", "buildings": "buildings_stated",
    "floor_area_m2": "floor_area_stated_m2", "households": "households_stated",
    "cost_fen": "budget_fen",
}  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """The place and the filters that a figure was counted for."""

    programme: str | None = None
    township: str | None = None
    community: str | None = None
    selection: Selection = field(default_factory=Selection)


def why_total(
    plan: OpenPlan, figure: str, scope: Scope, *, language: Language
) -> dict[str, object]:
    """Behind a total of the programme, a township or a community.

    Raises
    ------
    UsageError
        No such figure.
    NotFoundError
        No such programme, township or community.
    """
    from app.services.summary import SCOPE_LAYERS, chosen_programme, totals_of

    if figure not in FIGURES:
        raise UsageError(
            Text(f"没有指标 {figure}", f"there is no figure {figure}"),
            where="figure",
            fix=Text("可用：" + "、".join(FIGURES), "use one of: " + ", ".join(FIGURES)),
        )
    programme_id = chosen_programme(plan, scope.programme)
    totals = totals_of(plan, programme_id, scope.selection)
    counted = _counted(totals, scope)
    layer_name, column, label = FIGURES[figure]
    rows = _rows_behind(plan, figure, totals, counted, language)
    value = sum(row["value"] for row in rows if row["value"] is not None)
    place = _place(plan, scope, programme_id, language)
    formula = _FORMULAS["cost_fen" if figure in CATEGORIES else figure]
    zh = language == "zh"
    notes = []
    if scope.selection.sources:
        notes.append("已按资金来源筛选：投资为这些来源安排的金额" if zh
                     else "filtered by source: the cost is what these sources pay")  # fmt: skip
    elif not scope.selection.is_everything:
        notes.append("已筛选：只计符合筛选的行" if zh else "filtered: only rows that match count")
    return {
        "title": f"{place} · {label.in_language(language)}",
        **_value(figure, value, rows, language),
        "formula": formula.in_language(language),
        "notes": notes,
        "rows": rows_json(LAYERS[layer_name], rows, column != "", language),
        "stated": _stated(plan, figure, value, programme_id, scope, language),
        "bases": _bases(plan, rows) if layer_name == "community_item" else [],
        "clauses": [],
        "inputs": inputs_of(plan, SCOPE_LAYERS, language),
        "state": {"state": "live"},
    }


def _counted(totals: ScopeTotals, scope: Scope) -> pd.DataFrame:
    rows = totals.by_community
    if scope.community is not None:
        return rows[rows.index == scope.community]
    return rows if scope.township is None else rows[rows["township_id"] == scope.township]


def _rows_behind(
    plan: OpenPlan, figure: str, totals: ScopeTotals, counted: pd.DataFrame, language: Language
) -> list[dict[str, Any]]:
    """The counted rows: unknown ones first, then the largest."""
    layer_name, column, _ = FIGURES[figure]
    layer = LAYERS[layer_name]
    frame = plan.table(layer_name)
    if layer_name == "community":
        ids: Any = counted.index[counted["in_programme"].astype(bool)]
        amounts: dict[Any, Any] = dict.fromkeys(ids, 1)
    elif layer_name == "building":
        known = set(plan.table("community")["community_id"])
        home = frame["community_id"].where(frame["community_id"].isin(known), "")
        here = frame["building_id"].isin(totals.building_ids) & home.isin(counted.index)
        chosen = frame[here].set_index("building_id")
        amounts = dict(chosen[column]) if column else dict.fromkeys(chosen.index, 1)
    else:
        items = totals.items[totals.items["community_id"].isin(counted.index)]
        if figure in CATEGORIES:
            items = items[items["category"] == figure]
        amounts = dict(zip(items["community_item_id"], items["cost_fen"], strict=True))
    rows: list[dict[str, Any]] = []
    records = frame[frame[layer.id_column].isin(list(amounts))].to_dict("records")
    works = _work_names(plan, language) if layer_name == "community_item" else {}
    places = _place_names(plan, totals, language) if works else {}
    for record in records:
        row = {str(key): value for key, value in record.items()}
        amount = amounts[row[layer.id_column]]
        name = works.get(row.get("work_item_id")) or name_of(layer, row, language)
        if place := places.get(row[layer.id_column]):
            name = f"{name} · {place}"
        rows.append(
            {
                "id": str(row[layer.id_column]), "name": name, "row": row,
                "value": None if is_missing(amount) else amount,
            }
        )  # fmt: skip
    rows.sort(key=lambda one: (one["value"] is not None, -(one["value"] or 0), one["id"]))
    return rows


def _work_names(plan: OpenPlan, language: Language) -> dict[Any, str]:
    rows = plan.table("work_item")
    names = rows["name_en"].where(rows["name_en"].notna(), rows["name"])
    chosen = names if language == "en" else rows["name"]
    return dict(zip(rows["work_item_id"], chosen.astype(str), strict=True))


def _place_names(plan: OpenPlan, totals: ScopeTotals, language: Language) -> dict[Any, str]:
    """The name of the community of each counted item."""
    names = {
        row["community_id"]: name_of(LAYERS["community"], {str(k): v for k, v in row.items()}, language)
        for row in plan.table("community").to_dict("records")
    }  # fmt: skip
    items = totals.items
    pairs = zip(items["community_item_id"], items["community_id"], strict=True)
    return {item: names[place] for item, place in pairs if place in names}


def _value(
    figure: str, value: float, rows: Sequence[dict[str, Any]], language: Language
) -> dict[str, object]:
    unknown = sum(row["value"] is None for row in rows)
    layer, column, _ = FIGURES[figure]
    nothing_known = unknown > 0 and unknown == len(rows)
    money = layer == "community_item"
    zh = language == "zh"
    unit = {"community": "个" if zh else "", "building": "栋" if zh else ""}.get(layer, "")
    unit = {"floor_area_m2": "m²", "households": "户" if zh else ""}.get(column, unit)
    return {
        "figure": figure,
        "value": None if nothing_known else int(value) if figure != "floor_area_m2" else round(value, 2),
        "is_money": money,
        "unit": ("元" if zh else "yuan") if money else unit,
        "known": len(rows) - unknown,
        "unknown": unknown,
    }  # fmt: skip


def rows_json(
    layer: Layer, rows: Sequence[dict[str, Any]], with_values: bool, language: Language
) -> dict[str, object]:
    """How many rows, the table that lists them, and the first of them by name and value."""
    ids = [row["id"] for row in rows]
    return {
        "layer": layer.name,
        "label": layer.label.in_language(language),
        "total": len(rows),
        "link": {"layer": layer.name, "filter": {layer.id_column: {"in": ids[:LINKED_ROWS]}}}
        if len(ids) <= LINKED_ROWS
        else None,
        "shown": [
            {
                "id": row["id"],
                "name": row["name"],
                "value": (row["value"] if row["value"] is None else float(row["value"]))
                if with_values
                else None,
                "unknown": with_values and row["value"] is None,
                "how": _how(row["row"], language) if layer.name == "community_item" else "",
            }
            for row in rows[:SHOWN_ROWS]
        ],
    }


def _how(item: dict[str, Any], language: Language) -> str:
    """An item's quantity times its unit cost, with what is added."""
    layer = LAYERS["community_item"]
    unknown = "未知" if language == "zh" else "unknown"

    def told(name: str) -> str:
        column = layer.column(name)
        if is_missing(item.get(name)):
            return f"{column.label.in_language(language)} {unknown}"
        return shown(column, item[name], language)

    unit = text(item.get("unit")) or ""
    added = " + ".join(
        told(name) for name in ("other_fees_fen", "contingency_fen") if item.get(name) != 0
    )
    works = f"{told('quantity')} {unit} × {told('unit_cost_fen')}".replace("  ", " ")
    return f"{works} + {added}" if added else works


def _bases(plan: OpenPlan, rows: Sequence[dict[str, Any]]) -> list[dict[str, object]]:
    """What unit costs and quantities rest on, the most frequent first."""
    layer = LAYERS["community_item"]
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        for name in ("unit_cost_basis", "quantity_basis"):
            basis = text(row["row"].get(name)) or ""
            counts[name, basis] = counts.get((name, basis), 0) + 1
    return [
        {"label": both(layer.column(name)), "basis": basis, "rows": count}
        for (name, basis), count in sorted(counts.items(), key=lambda one: (one[0][0], -one[1]))
    ]


def _stated(
    plan: OpenPlan, figure: str, value: float, programme_id: str | None, scope: Scope,
    language: Language,
) -> dict[str, object] | None:  # fmt: skip
    """What the programme's document says, for the whole programme unfiltered."""
    whole = scope.township is None and scope.community is None and scope.selection.is_everything
    if programme_id is None or not whole or figure not in _STATED:
        return None
    row = plan.row("programme", programme_id)
    stated = None if row is None else row.get(_STATED[figure])
    if row is None or is_missing(stated):
        return None
    return {
        "document": text(row.get("document")),
        "value": float(str(stated)),
        "difference": round(value - float(str(stated)), 2),
    }


def _place(plan: OpenPlan, scope: Scope, programme_id: str | None, language: Language) -> str:
    for layer, row_id in (
        ("community", scope.community), ("township", scope.township), ("programme", programme_id),
    ):  # fmt: skip
        if row_id is None:
            continue
        row = plan.row(layer, row_id)
        if row is None:
            raise NotFoundError(
                Text(f"没有 {row_id}", f"there is no {row_id}"),
                where=layer,
                fix=Text("刷新后再选", "reload and choose again"),
            )
        return name_of(LAYERS[layer], row, language)
    return "全部数据" if language == "zh" else "everything"


def inputs_of(plan: OpenPlan, layers: Sequence[str], language: Language) -> list[dict[str, object]]:
    """Layers with their revision and rows as they are now."""
    counts = plan.store.counts()
    return [
        {
            "layer": name,
            "label": LAYERS[name].label.in_language(language),
            "revision": plan.store.revision(name, plan.scenario or None),
            "rows": counts.get(name, 0),
        }
        for name in layers
    ]
