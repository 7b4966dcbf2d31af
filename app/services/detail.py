"""One row as people read it: labels, units, unknown marked, links both ways, where it came from."""

from __future__ import annotations

import json
from typing import Any

import shapely

from app.errors import Language, NotFoundError, Text
from app.report.plain import is_missing, plain, text
from app.schema import DOMAINS, LAYERS, Column, Layer
from app.services.meta import WGS84, both
from app.services.plans import OpenPlan, known_layer
from app.services.table import HIDDEN

UNKNOWN_WORD = Text("未知", "unknown")
_YES, _NO = Text("是", "yes"), Text("否", "no")
# Beyond this many the link says how many and opens the table.
LINKED = 50
# Tables whose rows name their target by layer and id instead of by a foreign key.
_TYPED_TARGETS = ("programme_member", "community_item", "attachment")


def detail(
    plan: OpenPlan, layer_name: str, row_id: str, *, language: Language
) -> dict[str, object]:
    """``{layer, id, label, version, values, geometry, center, bounds, links, dataset}``.

    ``values`` is ``[{column, label, value, shown, unit, unknown, link}]`` in the schema's order;
    ``links`` is ``[{relation: "to"|"from", layer, column, label, count, rows: [{id, name}]}]``.

    Raises
    ------
    NotFoundError
        No such row, or a layer that this actor may not know of.
    """
    layer = LAYERS[known_layer(layer_name)]
    row = plan.row(layer.name, row_id)
    if row is None:
        raise NotFoundError(
            Text(f"{layer.label.zh}中没有 {row_id}", f"{layer.name} has no row {row_id}"),
            where=f"{layer.name}/{row_id}",
            fix=Text(
                "它可能已被删除；刷新后再选", "it may have been deleted; reload and choose again"
            ),
        )
    return {
        "layer": layer.name,
        "id": row_id,
        "label": name_of(layer, row, language),
        "layer_label": both(layer),
        "version": row.get("version"),
        "values": [_value(plan, column, row, language) for column in layer.columns],
        **_place(plan, row),
        "links": [*_links_to(plan, layer, row, language), *_links_from(plan, layer, row_id, language)],
        "dataset": _dataset(plan, row, language),
    }  # fmt: skip


def name_of(layer: Layer, row: dict[str, Any], language: Language) -> str:
    """What people call the row: its name in their language, number or title, else its id."""
    wanted = ("name_en", "name") if language == "en" else ("name",)
    for column in (*wanted, "title", "number", "household", "code"):
        if not is_missing(row.get(column)) and str(row[column]).strip():
            return str(row[column])
    return str(row[layer.id_column])


def shown(column: Column, value: Any, language: Language) -> str:
    """The value in words: code labels, yes and no, money in yuan; 未知 where it is missing."""
    if is_missing(value):
        return UNKNOWN_WORD.in_language(language)
    if column.domain is not None:
        return column.domain.label_of(str(value), language)
    if column.kind == "bool":
        return (_YES if value else _NO).in_language(language)
    if column.unit == "fen":
        return f"{int(value) / 100:,.2f}"
    if column.kind == "float":
        return f"{float(value):,.2f}".rstrip("0").rstrip(".")
    if column.kind == "int" and column.unit:
        return f"{int(value):,}"
    if column.kind == "json":
        content = plain(column, value)
        if isinstance(content, list):
            return "、".join(str(item) for item in content)
        return json.dumps(content, ensure_ascii=False)
    return str(plain(column, value))


def shown_unit(column: Column, language: Language) -> str:
    """The unit beside the shown value: yuan for what is stored in fen."""
    return ("元" if language == "zh" else "yuan") if column.unit == "fen" else column.unit


def _value(
    plan: OpenPlan, column: Column, row: dict[str, Any], language: Language
) -> dict[str, object]:
    value = row.get(column.name)
    words, link = shown(column, value, language), None
    target = column.references
    if column.name == "target_id":
        target = str(row.get("target_layer") or "")
    if target in LAYERS and not is_missing(value):
        link = {"layer": target, "id": str(value)}
        words = _called(plan, target, str(value), language) or words
    return {
        "column": column.name,
        "label": both(column),
        "value": plain(column, value),
        "shown": words,
        "unit": shown_unit(column, language),
        "domain": column.domain.name if column.domain else None,
        "unknown": is_missing(value),
        "link": link,
        "secondary": column.name in HIDDEN,
    }


def _called(plan: OpenPlan, layer: str, row_id: str, language: Language) -> str | None:
    row = plan.row(layer, row_id)
    return None if row is None else name_of(LAYERS[layer], row, language)


def _place(plan: OpenPlan, row: dict[str, Any]) -> dict[str, object]:
    shape = row.get("geometry")
    if shape is None or shape.is_empty:
        return {"geometry": None, "center": None, "bounds": None}
    import geopandas

    [turned] = geopandas.GeoSeries([shape], crs=plan.store.meta.crs).to_crs(WGS84)
    flat = shapely.set_precision(shapely.force_2d(turned), 1e-8)
    point = flat.representative_point()
    return {
        "geometry": json.loads(shapely.to_geojson(flat)),
        "center": [round(point.x, 7), round(point.y, 7)],
        "bounds": [round(value, 7) for value in flat.bounds],
    }


def _links_to(
    plan: OpenPlan, layer: Layer, row: dict[str, Any], language: Language
) -> list[dict[str, object]]:
    links: list[dict[str, object]] = []
    for column in layer.columns:
        value = row.get(column.name)
        if column.references not in LAYERS or is_missing(value) or column.name == "dataset_id":
            continue
        name = _called(plan, column.references, str(value), language)
        links.append(
            {
                "relation": "to",
                "layer": column.references,
                "column": column.name,
                "label": both(column),
                "count": 0 if name is None else 1,
                "rows": [{"id": str(value), "name": name}],
            }
        )
    return links


def _links_from(
    plan: OpenPlan, layer: Layer, row_id: str, language: Language
) -> list[dict[str, object]]:
    links: list[dict[str, object]] = []
    counts = plan.counts()
    for other in LAYERS.values():
        if not counts.get(other.name) or layer.name == "dataset":
            continue
        for column in other.columns:
            conditions: dict[str, Any]
            if column.references == layer.name:
                conditions = {column.name: row_id}
            elif column.name == "target_id" and other.name in _TYPED_TARGETS:
                conditions = {"target_layer": layer.name, "target_id": row_id}
            else:
                continue
            found = _rows_naming(plan, other, conditions)
            if found:
                links.append(_link_from(other, column, found, language))
    return links


def _rows_naming(plan: OpenPlan, layer: Layer, conditions: dict[str, Any]) -> list[dict[str, Any]]:
    rows = plan.table(layer.name)
    for name, value in conditions.items():
        rows = rows[rows[name] == value]
    if not len(rows):
        return []
    records = rows.to_dict("records")
    return [{str(name): value for name, value in record.items()} for record in records]


def _link_from(
    layer: Layer, column: Column, rows: list[dict[str, Any]], language: Language
) -> dict[str, object]:
    return {
        "relation": "from",
        "layer": layer.name,
        "column": column.name,
        "label": both(layer),
        "count": len(rows),
        "rows": [
            {"id": str(row[layer.id_column]), "name": name_of(layer, row, language)}
            for row in rows[:LINKED]
        ],
    }


def _dataset(plan: OpenPlan, row: dict[str, Any], language: Language) -> dict[str, object] | None:
    dataset_id = text(row.get("dataset_id"))
    found = plan.row("dataset", dataset_id) if dataset_id else None
    if found is None:
        return None
    secrecy = text(found.get("secrecy"))
    return {
        "id": dataset_id,
        **{
            name: plain(LAYERS["dataset"].column(name), found.get(name))
            for name in (
                "title", "deliverer", "delivered_on", "file_name", "crs", "height_datum",
                "accuracy", "licence", "attribution", "secrecy", "is_demo",
            )
        },
        "secrecy_label": DOMAINS["secrecy"].label_of(secrecy, language) if secrecy else None,
    }  # fmt: skip
