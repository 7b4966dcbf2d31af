"""QGIS styles of the layers, from the one table of colours: symbols, legend and Chinese names."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, tostring

from app.schema import LAYERS
from app.schema.model import Column, Layer
from app.schema.styles import LANDCOVER_CLASSES, LAYER_STYLES, LEGENDS, LayerStyle, StyleClass

DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
QGIS_VERSION = "3.34.0"
MM_PER_PIXEL = 0.26
UNKNOWN_LABEL = "未知"
TRANSPARENT = "0,0,0,0"
LANDCOVER_LEGEND = "base"


def layer_styles(layers: Iterable[Layer]) -> list[tuple[str, str, str]]:
    """(layer, style name, QML) of every layer that the table of colours knows."""
    return [
        (layer.name, layer.label.zh, qml(layer, LAYER_STYLES[layer.name]))
        for layer in layers
        if layer.is_spatial and layer.name in LAYER_STYLES
    ]


def qml(layer: Layer, style: LayerStyle) -> str:
    """One style as QGIS keeps it in ``layer_styles``."""
    root = Element("qgis", version=QGIS_VERSION, styleCategories="Symbology|Fields")
    kind = symbol_kind(layer)
    classes = _classes(layer, style)
    if classes:
        column, entries = classes
        _categorised(root, kind, style, column, entries)
    else:
        renderer = SubElement(root, "renderer-v2", type="singleSymbol", enableorderby="0")
        symbols = SubElement(renderer, "symbols")
        _symbol(symbols, "0", kind, style, style.fill, style.stroke, style.dash)
    fields = SubElement(root, "aliases")
    for index, column_shown in enumerate(layer.columns):
        SubElement(
            fields, "alias", index=str(index), field=column_shown.name, name=_title(column_shown)
        )
    return DOCTYPE + tostring(root, encoding="unicode")


def symbol_kind(layer: Layer) -> str:
    """fill, line or marker, by the first geometry type of the layer."""
    base = layer.geometry[0].removeprefix("Multi")
    return {"Polygon": "fill", "LineString": "line", "Point": "marker"}[base]


def _title(column: Column) -> str:
    return column.label.zh + (f"（{column.unit}）" if column.unit else "")


def _classes(layer: Layer, style: LayerStyle) -> tuple[str, list[tuple[str, StyleClass]]] | None:
    """The column that decides the colour, and (code, class) of each of its values."""
    if style.legend and style.column:
        return style.column, [(one.code, one) for one in LEGENDS[style.legend].classes]
    if layer.name == "landcover":
        known = {one.code: one for one in LEGENDS[LANDCOVER_LEGEND].classes}
        return "cover", [
            (code, known[group]) for code, group in LANDCOVER_CLASSES.items() if group in known
        ]
    return None


def _categorised(
    root: Element,
    kind: str,
    style: LayerStyle,
    column: str,
    entries: list[tuple[str, StyleClass]],
) -> None:
    domain = LAYERS[style.layer].column(column).domain
    renderer = SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr=column, enableorderby="0"
    )
    categories = SubElement(renderer, "categories")
    symbols = SubElement(renderer, "symbols")
    for number, (code, one) in enumerate(entries):
        is_unknown = code == "unknown"
        label = UNKNOWN_LABEL if is_unknown or domain is None else domain.label_of(code)
        SubElement(
            categories,
            "category",
            symbol=str(number),
            value="" if is_unknown else code,
            label=label,
            render="true",
            type="string",
        )
        fill, stroke = (one.color, style.stroke) if kind == "fill" else (one.color, one.color)
        _symbol(symbols, str(number), kind, style, fill, stroke, one.dash or style.dash)


def _symbol(
    parent: Element,
    name: str,
    kind: str,
    style: LayerStyle,
    fill: str | None,
    stroke: str | None,
    dash: str | None,
) -> None:
    symbol = SubElement(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1")
    shape = {"fill": "SimpleFill", "line": "SimpleLine", "marker": "SimpleMarker"}[kind]
    part = SubElement(symbol, "layer", {"class": shape, "enabled": "1", "pass": "0", "locked": "0"})
    width = f"{max(style.width, 0.5) * MM_PER_PIXEL:.2f}"
    pen = "no" if stroke is None else "dash" if dash else "solid"
    options = {
        "fill": {
            "color": _rgba(fill),
            "style": "solid" if fill else "no",
            "outline_color": _rgba(stroke),
            "outline_style": pen,
            "outline_width": width,
            "outline_width_unit": "MM",
        },
        "line": {
            "line_color": _rgba(stroke or fill),
            "line_style": "solid",
            "line_width": width,
            "line_width_unit": "MM",
            "use_custom_dash": "1" if dash else "0",
            "customdash": _dash(dash),
            "customdash_unit": "MM",
        },
        "marker": {
            "name": "circle",
            "color": _rgba(fill or stroke),
            "outline_color": _rgba(stroke),
            "outline_style": pen,
            "outline_width": width,
            "size": f"{max(style.radius, 2) * 2 * MM_PER_PIXEL:.2f}",
            "size_unit": "MM",
        },
    }[kind]
    listed = SubElement(part, "Option", type="Map")
    for option, value in options.items():
        SubElement(listed, "Option", name=option, type="QString", value=value)


def _rgba(color: str | None) -> str:
    if not color:
        return TRANSPARENT
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},255"


def _dash(dash: str | None) -> str:
    return ";".join(f"{float(part) * MM_PER_PIXEL:.2f}" for part in (dash or "").split())
