"""Pages of a layer's table: typed filters, one sort column, sums over everything filtered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.errors import Text, UsageError
from app.report.plain import plain
from app.schema import LAYERS, Column
from app.services.meta import both
from app.services.plans import OpenPlan, known_layer

if TYPE_CHECKING:
    import pandas as pd

_NUMBERS = ("int", "float")
# Added up these mean nothing.
NOT_SUMMED = ("version", "year_built", "roof_repaired_year", "year", "slope", "floors")
HIDDEN = ("dataset_id", "updated_at", "updated_by", "version")


@dataclass(frozen=True)
class PageRequest:
    """Which page of which rows.

    ``filters`` is ``{column: {"in": [...], "unknown": true} | {"min": a, "max": b, "unknown": true}
    | {"contains": "text"} | {"unknown": true or false}}``; conditions of several columns hold
    together, ``unknown: true`` beside another condition lets empty cells through as well,
    ``unknown: false`` alone keeps the filled ones. Two names are not columns: ``@programme`` (an
    id: rows in that programme) and ``@unknown_cost`` (true: scope items whose cost is unknown).
    """

    offset: int = 0
    limit: int = 100
    sort: str | None = None
    descending: bool = False
    filters: Mapping[str, Any] = field(default_factory=dict)


def table(plan: OpenPlan, layer: str, asked: PageRequest) -> dict[str, object]:
    """``{columns, rows, total, sums}``: rows as objects of plain values by column name.

    ``sums`` covers all filtered rows, ``{column: {sum, unknown}}``, unknown being empty cells.
    """
    rows = filtered(plan, known_layer(layer), asked.filters)
    if asked.sort:
        column = LAYERS[layer].column(asked.sort)
        rows = rows.sort_values(
            [column.name, LAYERS[layer].id_column] if column.name != LAYERS[layer].id_column
            else [column.name],
            ascending=not asked.descending, na_position="last", kind="stable",
            key=(lambda cells: cells.astype(str)) if column.kind == "json" else None,
        )  # fmt: skip
    page = rows.iloc[asked.offset : asked.offset + asked.limit]
    return {
        "columns": [_described(column) for column in LAYERS[layer].columns],
        "rows": plain_rows(page, layer),
        "total": len(rows),
        "sums": {
            column.name: _sum(rows[column.name])
            for column in LAYERS[layer].columns
            if column.kind in _NUMBERS and column.name not in NOT_SUMMED
        },
    }


def plain_rows(rows: pd.DataFrame, layer: str) -> list[dict[str, Any]]:
    """The rows as plain JSON objects, without geometry."""
    columns = LAYERS[layer].columns
    cells = {column.name: rows[column.name].astype(object).tolist() for column in columns}
    return [
        {column.name: plain(column, cells[column.name][at]) for column in columns}
        for at in range(len(rows))
    ]


def _described(column: Column) -> dict[str, object]:
    return {
        "name": column.name,
        "label": both(column),
        "kind": column.kind,
        "unit": column.unit,
        "domain": column.domain.name if column.domain else None,
        "references": column.references or None,
        "shown": column.name not in HIDDEN,
    }


def _sum(cells: pd.Series) -> dict[str, object]:
    unknown = int(cells.isna().sum())
    total = cells.sum()
    known = len(cells) - unknown
    value = None if known == 0 else int(total) if float(total).is_integer() else float(total)
    return {"sum": value, "unknown": unknown}


def filtered(plan: OpenPlan, layer: str, filters: Mapping[str, Any]) -> pd.DataFrame:
    """The rows that satisfy every condition.

    Raises
    ------
    SchemaError, UsageError
        A column that the layer does not have; a condition that is none or does not fit its kind.
    """
    rows = plan.frame(layer)
    for name, condition in filters.items():
        if name == "@programme":
            rows = rows[_in_programme(plan, layer, rows, condition)]
        elif name == "@unknown_cost" and layer == "community_item":
            from app.analysis.totals import REJECTED
            from app.rules.cost import item_cost_fen

            rows = rows[item_cost_fen(rows).isna() & (rows["decision"] != REJECTED)]
        else:
            column = LAYERS[layer].column(name)
            rows = rows[_holds(rows[name], column, condition)]
    return rows


def _in_programme(plan: OpenPlan, layer: str, rows: pd.DataFrame, programme: Any) -> pd.Series:
    from app.analysis.totals import member_ids

    if layer not in ("building", "community"):
        raise _refused("@programme", programme)
    ids = member_ids(plan.frame("programme_member"), layer, str(programme)).index
    return rows[f"{layer}_id"].isin(ids)


def _holds(cells: pd.Series, column: Column, condition: Any) -> pd.Series:
    if not isinstance(condition, Mapping) or not condition:
        raise _refused(column.name, condition)
    unknown = condition.get("unknown")
    empty = cells.isna()
    tests = {name: value for name, value in condition.items() if name != "unknown"}
    if not tests:
        return empty if unknown else ~empty
    try:
        held = ~empty
        for name, value in tests.items():
            held &= _test(cells, column, name, value)
    except (TypeError, ValueError):
        raise _refused(column.name, condition) from None
    return held | empty if unknown else held


def _test(cells: pd.Series, column: Column, name: str, value: Any) -> pd.Series:
    if name == "in" and isinstance(value, list):
        return cells.isin(value)
    if name == "contains" and isinstance(value, str):
        found: pd.Series = cells.astype(str).str.contains(value, case=False, regex=False)
        return found
    if name in ("min", "max") and column.kind in (*_NUMBERS, "date", "datetime"):
        import pandas as pd

        limit = float(value) if column.kind in _NUMBERS else pd.Timestamp(value)
        if isinstance(limit, pd.Timestamp) and column.kind == "datetime":
            limit = limit.tz_localize("UTC") if limit.tzinfo is None else limit
        compared = cells >= limit if name == "min" else cells <= limit
        return compared.fillna(False).astype(bool)
    raise ValueError(name)


def _refused(name: str, condition: object) -> UsageError:
    return UsageError(
        Text(
            f"筛选条件不适用：{name} {condition}", f"this filter does not fit: {name} {condition}"
        ),
        where=name,
        fix=Text(
            "可用：in、contains、min、max、unknown（按字段类型）",
            "use in, contains, min, max or unknown, as the column's kind allows",
        ),
    )
