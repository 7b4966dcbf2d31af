"""Pipes as a DXF drawing: a layer for each class, blocks for the points, sizes beside the lines."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import shapely
from ezdxf.filemanagement import new

# True colours of CJJ 61-2017 by class of pipes.
_COLOURS = {
    "JS": (0, 255, 255), "PS": (76, 57, 38), "RQ": (255, 0, 255), "RL": (255, 128, 0),
    "DL": (255, 0, 0), "TX": (0, 255, 0), "GY": (0, 0, 0), "QT": (102, 0, 204),
}  # fmt: skip
_RADIUS_M, _LETTERS_M = 0.35, 0.8
_TEXTS = "注记TEXT"
_METRES = 6


@dataclass(frozen=True)
class Line:
    """A pipe on its layer; ``label`` is written along it."""

    layer: str
    shape: shapely.LineString
    pipe_class: str
    label: str


@dataclass(frozen=True)
class Block:
    """A point on its layer as an inserted block with attributes."""

    layer: str
    shape: shapely.Point
    pipe_class: str
    name: str
    facts: Mapping[str, str]


def write_drawing(
    to: BinaryIO, lines: Sequence[Line], blocks: Sequence[Block], notes: Sequence[str]
) -> None:
    """Write the drawing in metres to ``to``, the notes as the drawing's comments."""
    document = new("R2010")
    document.header["$INSUNITS"] = _METRES
    for note in notes:
        document.header.custom_vars.append("说明", note)
    space = document.modelspace()
    named = [(line.layer, line.pipe_class) for line in lines]
    named += [(block.layer, block.pipe_class) for block in blocks]
    for layer, pipe_class in dict.fromkeys(named):
        _layer(document, layer, pipe_class)
    _layer(document, _TEXTS, "")
    for line in lines:
        points = shapely.get_coordinates(line.shape, include_z=bool(line.shape.has_z))
        on = {"layer": line.layer}
        if line.shape.has_z and not (points[:, 2] != points[:, 2]).any():
            space.add_polyline3d(points.tolist(), dxfattribs=on)
        else:
            space.add_lwpolyline(points[:, :2].tolist(), dxfattribs=on)
        if line.label:
            middle = line.shape.interpolate(0.5, normalized=True)
            space.add_text(
                line.label,
                height=_LETTERS_M,
                dxfattribs={"layer": _TEXTS, "insert": (middle.x, middle.y)},
            )
    for block in blocks:
        _define(document, block.name)
        place = (block.shape.x, block.shape.y)
        inserted = space.add_blockref(block.name, place, dxfattribs={"layer": block.layer})
        for tag, value in block.facts.items():
            if value:
                inserted.add_attrib(tag, value, place, dxfattribs={"height": _LETTERS_M, "invisible": 1})  # fmt: skip
    text = io.StringIO()
    document.write(text)
    to.write(text.getvalue().encode("utf-8", "replace"))


def _layer(document: Any, name: str, pipe_class: str) -> None:
    if name in document.layers:
        return
    layer = document.layers.add(name)
    layer.rgb = _COLOURS.get(pipe_class, (60, 60, 60))


def _define(document: Any, name: str) -> None:
    """A circle stands for every kind of point; its name tells which."""
    if name not in document.blocks:
        document.blocks.new(name).add_circle((0, 0), _RADIUS_M)
