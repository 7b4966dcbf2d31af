"""The lines of a delivered file, to be tried as a drafted alignment: nothing is kept."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO, Any

from app.errors import InputFileError, Text
from app.services.plans import OpenPlan

MOST_LINES = 50


def alignment(plan: OpenPlan, stream: IO[bytes], name: str) -> dict[str, object]:
    """``{lines: [{name, coordinates}], crs}``: lines in degrees, the longest first.

    Raises
    ------
    InputFileError, RefusedFileError
        The file cannot or may not be read, or holds no line.
    CrsError
        Its reference system cannot be told.
    """
    import shutil

    with tempfile.TemporaryDirectory(prefix="jiugai-alignment-") as folder:
        path = Path(folder) / f"alignment{Path(name).suffix.lower()}"
        with path.open("wb") as file:
            shutil.copyfileobj(stream, file)
        found, crs = _lines(plan, path, name)
    if not found:
        raise InputFileError(
            Text(f"《{name}》中没有线", f"{name} holds no line"),
            where=name,
            fix=Text("导出为含线图形的 GeoJSON、GeoPackage、Shapefile（zip）或 KML",
                     "export it as GeoJSON, GeoPackage, zipped Shapefile or KML with lines"),
        )  # fmt: skip
    found.sort(key=lambda line: -line.length)
    return {"lines": _in_degrees(plan, found[:MOST_LINES]), "count": len(found), "crs": crs}


def _lines(plan: OpenPlan, path: Path, name: str) -> tuple[list[Any], str]:
    """Every usable line of the file in the plan's reference system."""
    import numpy as np
    import shapely

    from app.schema import layer_named
    from app.services.imports.report import ImportOptions
    from app.services.imports.shapes import place_of, plan_area, read_shapes, settle
    from app.store.readers.chunks import Chunk
    from app.store.readers.delivery import UPLOAD, DeliveredLayer, open_delivery

    store, pipe, options = plan.store, layer_named("pipe"), ImportOptions(layer="pipe")
    found: list[Any] = []
    crs, delivered = "", None
    with open_delivery(path, name=name, limits=UPLOAD) as delivery:
        for event in delivery.events():
            if isinstance(event, DeliveredLayer):
                delivered = event
            elif isinstance(event, Chunk) and event.wkb is not None and delivered is not None:
                read = read_shapes(event.wkb)
                is_line = np.isin(shapely.get_type_id(read.shapes), (1, 5))
                if not is_line.any():
                    continue
                read.shapes = shapely.get_parts(read.shapes[is_line])
                read.faults = []
                place = place_of(
                    read.shapes, delivered, options, plan_area(store),
                    plan_crs=store.meta.crs, where=name,
                )  # fmt: skip
                crs = place.source
                settled = settle(read, place, pipe, target=store.meta.crs)
                found += [
                    shape for shape in settled.shapes if shape is not None and shape.length > 0
                ]
    return found, crs


def _in_degrees(plan: OpenPlan, lines: list[Any]) -> list[dict[str, object]]:
    import geopandas
    import shapely

    turned = geopandas.GeoSeries(lines, crs=plan.store.meta.crs).to_crs("EPSG:4326")
    return [
        {
            "length_m": round(float(line.length), 2),
            "coordinates": [
                [round(x, 8), round(y, 8)] for x, y in shapely.get_coordinates(shape).tolist()
            ],
        }
        for line, shape in zip(lines, turned, strict=True)
    ]


def pipe_codes(language: str) -> list[dict[str, str]]:
    """Subclasses of the survey standard: ``{class, code, label}``."""
    from app.rules.pipes import PipeCodeRow
    from app.store.rule_files import load_rules

    return [
        {"class": row.class_code, "code": row.code, "label": row.name_en if language == "en" else row.name_zh}
        for row in load_rules("pipeline_codes").rows
        if isinstance(row, PipeCodeRow) and row.level == "subclass"
    ]  # fmt: skip
