"""The row of a delivery itself: who, when, what file, in what system, how exact, how secret."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pandas as pd

from app.services.imports.mapping import remembered_key
from app.services.imports.report import DRAWING, ImportOptions, ImportReport
from app.store import PlanStore


def dataset_row(
    batch_id: str,
    store: PlanStore,
    options: ImportOptions,
    report: ImportReport,
    *,
    attribution: str = "",
) -> pd.DataFrame:
    """The delivery itself as a row: who, when, what file, how exact, how secret."""
    mapping = {
        f"{layer.layer}|{remembered_key([*(u.header for u in layer.mapping), *layer.ignored])}": {
            use.header: f"{use.column}:{use.unit}" if use.unit else use.column
            for use in layer.mapping
        }
        for layer in report.layers
        if layer.mapping
    }
    drawn = {
        str(one["layer"]): str(one["class"])
        for one in report.drawing
        if one["how"] in ("chosen", "remembered")
    }
    if drawn:
        mapping[DRAWING] = drawn
    said = sorted({layer.crs for layer in report.layers if layer.crs})
    shifts = sorted({layer.shift.datum for layer in report.layers} - {"wgs84"})
    crs = ", ".join(said) + (f" ({', '.join(shifts)})" if shifts else "")
    crs += f" ← 四参数 four parameters ({options.grid})" if options.grid and said else ""
    row: dict[str, Any] = {
        "dataset_id": batch_id,
        "title": report.file,
        "deliverer": options.deliverer or None,
        "delivered_on": options.as_of or dt.date.today().isoformat(),
        "file_name": report.file,
        "file_sha256": report.sha256,
        "crs": crs or None,
        "height_datum": options.height_datum,
        "accuracy": options.accuracy or None,
        "licence": options.licence or None,
        "attribution": attribution or None,
        "secrecy": options.secrecy,
        "is_demo": store.meta.is_demo,
        "column_mapping": json.dumps(mapping, ensure_ascii=False),
        "note": options.note or None,
    }
    return pd.DataFrame([row]).astype(object)
