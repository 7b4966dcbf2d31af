"""Colours, dashes and legends of the map, QGIS styles, PDF and offline map: one table for all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files

STYLE_TEXT = (files("app.schema") / "styles.json").read_text(encoding="utf-8")
_TABLE = json.loads(STYLE_TEXT)


@dataclass(frozen=True)
class StyleClass:
    """One class of a legend; ``label`` is a key of the label files, ``dash`` in pixels."""

    code: str
    label: str
    color: str | None
    dash: str | None
    hatch: bool = False
    shape: str = ""


@dataclass(frozen=True)
class Legend:
    """Classes in the order in which people read them.

    ``told_apart_by`` is empty where the colours alone must differ for every eye.
    """

    name: str
    label: str
    classes: tuple[StyleClass, ...]
    told_apart_by: str = ""


@dataclass(frozen=True)
class LayerStyle:
    """How a layer is drawn; ``columns`` are those that drawing and labelling need."""

    layer: str
    order: int
    min_zoom: int
    visible: bool
    fill: str | None
    stroke: str | None
    width: float
    columns: tuple[str, ...]
    dash: str | None = None
    casing: str | None = None
    radius: float = 0.0
    legend: str = ""
    column: str = ""
    status_legend: str = ""
    status_column: str = ""


LEGENDS: dict[str, Legend] = {
    name: Legend(
        name=name,
        label=entry["label"],
        classes=tuple(StyleClass(code=code, **one) for code, one in entry["classes"].items()),
        told_apart_by=entry.get("told_apart_by", ""),
    )
    for name, entry in _TABLE["legends"].items()
}
LAYER_STYLES: dict[str, LayerStyle] = {
    name: LayerStyle(layer=name, **{**entry, "columns": tuple(entry["columns"])})
    for name, entry in _TABLE["layers"].items()
}
LANDCOVER_CLASSES: dict[str, str] = dict(_TABLE["landcover"])
