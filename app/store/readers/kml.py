"""KML, read by a parser of our own over defusedxml: no entity, no link is ever followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import defusedxml
import numpy as np
import shapely
from defusedxml.ElementTree import iterparse

from app.errors import InputFileError, RefusedFileError, Text
from app.store.readers.handover import CHUNK_ROWS, Handover

_MAX_DEPTH = 60
_Placemark = tuple[dict[str, str], "bytes | None"]


def read_kml(path: Path, out: Handover, *, name: str) -> None:
    """Hand over the placemarks of one KML file.

    Raises
    ------
    RefusedFileError
        The file declares a document type or entities.
    InputFileError
        The XML is damaged.
    """
    try:
        placemarks = list(_placemarks(path, out))
    except defusedxml.DefusedXmlException as error:
        raise RefusedFileError(
            Text(f"{out.file} 声明了 DTD 或实体", f"{out.file} declares a DTD or entities"),
            where=out.file,
            fix=Text("去掉 DOCTYPE 后重新导出", "export it without a DOCTYPE"),
        ) from error
    except ParseError as error:
        raise InputFileError(
            Text(f"{out.file} 的 XML 不完整：{error}", f"{out.file} is not whole XML: {error}"),
            where=out.file,
            fix=Text("重新导出", "export it again"),
        ) from error
    names = list(dict.fromkeys(key for values, _ in placemarks for key in values))
    out.layer(name, names, crs="EPSG:4326", has_geometry=True, expected_rows=len(placemarks))
    for start in range(0, len(placemarks), CHUNK_ROWS):
        part = placemarks[start : start + CHUNK_ROWS]
        columns = {key: [values.get(key) for values, _ in part] for key in names}
        numbers = range(start + 1, start + 1 + len(part))
        out.rows(numbers, columns, [blob for _, blob in part])


def _placemarks(path: Path, out: Handover) -> Iterator[_Placemark]:
    depth = 0
    with path.open("rb") as stream:
        for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            if depth > _MAX_DEPTH:
                raise InputFileError(
                    Text(f"{out.file} 嵌套过深", f"{out.file} is nested too deep"),
                    where=out.file,
                    fix=Text("重新导出", "export it again"),
                )
            if event == "start":
                continue
            tag = _local(element)
            if tag == "NetworkLink":
                out.remark(
                    "link_not_followed", "warning",
                    Text("含网络链接，未读取链接内容", "a network link was not followed"),
                    Text("把链接的内容另存后交付", "save what it links to and deliver that"),
                )  # fmt: skip
            if tag == "Placemark":
                yield _values(element), _geometry(element)
                element.clear()


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _values(placemark: Element) -> dict[str, str]:
    values: dict[str, str] = {}
    for child in placemark.iter():
        tag, text = _local(child), (child.text or "").strip()
        if tag in ("name", "description") and text and tag not in values:
            values[tag] = text
        elif tag == "SimpleData" and child.get("name"):
            values[str(child.get("name"))] = text
        elif tag == "Data" and child.get("name"):
            value = next((c for c in child if _local(c) == "value"), None)
            values[str(child.get("name"))] = (
                (value.text if value is not None else "") or ""
            ).strip()
    return values


def _geometry(placemark: Element) -> bytes | None:
    shapes = [shape for element in placemark for shape in _shapes(element)]
    if not shapes:
        return None
    whole = shapes[0] if len(shapes) == 1 else _together(shapes)
    return bytes(shapely.to_wkb(whole))


def _together(shapes: Sequence[Any]) -> Any:
    kinds = {shape.geom_type for shape in shapes}
    if kinds == {"Polygon"}:
        return shapely.multipolygons(list(shapes))
    if kinds == {"LineString"}:
        return shapely.multilinestrings(list(shapes))
    if kinds == {"Point"}:
        return shapely.multipoints(list(shapes))
    return shapely.geometrycollections(list(shapes))


def _shapes(element: Element) -> Iterator[Any]:
    tag = _local(element)
    if tag == "MultiGeometry":
        for child in element:
            yield from _shapes(child)
        return
    builders = {"Point": _point, "LineString": _line, "Polygon": _polygon}
    if tag in builders:
        try:
            with np.errstate(invalid="ignore"):
                yield builders[tag](element)
        except (ValueError, IndexError, shapely.GEOSException):
            return  # told later as a row without a usable geometry


def _point(element: Element) -> Any:
    return shapely.Point(_coordinates(element)[0])


def _line(element: Element) -> Any:
    return shapely.LineString(_coordinates(element))


def _polygon(element: Element) -> Any:
    rings = [
        (_local(boundary) == "outerBoundaryIs", _coordinates(boundary))
        for boundary in element
        if _local(boundary) in ("outerBoundaryIs", "innerBoundaryIs")
    ]
    [shell] = [ring for outer, ring in rings if outer]
    return shapely.Polygon(shell, [ring for outer, ring in rings if not outer])


def _coordinates(element: Element) -> list[tuple[float, ...]]:
    node = next(e for e in element.iter() if _local(e) == "coordinates")
    points = [tuple(float(v) for v in part.split(",")) for part in (node.text or "").split()]
    flat = any(len(point) < 3 for point in points)
    return [point[:2] if flat else point[:3] for point in points]
