"""Bulk loading: the next generation of the files is built beside and switched to as a whole."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd
import shapely

from app.errors import SchemaError, Text
from app.schema import LAYERS
from app.schema.actor import Actor
from app.schema.model import Layer
from app.store import blob, extent, frames, gpkg, rows, rtree
from app.store.cells import Cell, now_text, to_cells
from app.store.changes import ChangeLog, Stamp, touch
from app.store.files import PlanFiles
from app.store.livefile import OWNER_COLUMN
from app.store.manifest import PLANNING, owner_key
from app.store.sqlite import quoted

CHUNK_ROWS = 50_000
PACKED_FROM_ROWS = 2_000
BOOKKEEPING = ("updated_at", "updated_by", "version")
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ImportBatch:
    """One delivery as it is loaded: where it came from and what became of its rows.

    ``append`` refuses ids that the plan has; ``upsert`` changes those rows, in the columns that
    the frame brings, and remembers what they were.
    """

    batch_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    file_name: str = ""
    file_sha256: str = ""
    dataset_id: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    mode: Literal["append", "upsert"] = "append"
    note: str = ""


@dataclass(frozen=True)
class Part:
    """The rows of one layer that go into one file."""

    key: str
    layer: Layer
    frame: pd.DataFrame


def load(
    files: PlanFiles,
    frames_by_layer: Mapping[str, pd.DataFrame],
    batch: ImportBatch,
    actor: Actor,
    on_progress: Progress | None = None,
) -> None:
    """Write all frames or nothing; see :meth:`app.store.plan.PlanStore.load`."""
    parts = [
        part
        for name, frame in frames_by_layer.items()
        for part in parts_of(
            frames.checked(frame, plan_layer(name), files.meta.crs), plan_layer(name)
        )
    ]
    existing = {part.layer.name: _existing_ids(files, part.layer) for part in parts}
    if batch.mode == "append":
        for part in parts:
            layer, held = part.layer, existing[part.layer.name]
            again = held.keys() & set(part.frame[layer.id_column].astype(str)) if held else set()
            if again:
                raise frames.already_there(layer, sorted(again))
    parts = [piece for part in parts for piece in _by_home(part, existing[part.layer.name])]
    total = sum(len(part.frame) for part in parts)
    counted = _Counter(total, on_progress)
    stamp = Stamp(actor, now_text(), batch.note, batch.batch_id)
    with files.generation({PLANNING, *(part.key for part in parts)}) as built:
        for connection in built.values():
            connection.execute("BEGIN")
        for key, connection in built.items():
            own = [part for part in parts if part.key == key]
            for part in own:
                _write_part(
                    connection,
                    part,
                    batch,
                    stamp,
                    files.meta.crs,
                    existing[part.layer.name],
                    counted,
                )
            if key == PLANNING:
                _write_batch_row(connection, batch, stamp, parts, files.meta.crs)
            _record(connection, batch, stamp, own)


class _Counter:
    def __init__(self, total: int, report: Progress | None) -> None:
        self._total, self._report, self._done = total, report, 0

    def add(self, count: int) -> None:
        self._done += count
        if self._report is not None:
            self._report(self._done, self._total)


def plan_layer(name: str) -> Layer:
    """A layer that rows may be written to.

    Raises
    ------
    SchemaError
        No such layer, or one that only analyses write.
    """
    layer = LAYERS.get(name)
    if layer is None or layer.group == "result":
        raise SchemaError(
            Text(f"“{name}”不是可写入的图层", f"{name} is not a layer that takes rows"),
            where=name,
            fix=Text("结果图层由分析写入", "result layers are written by analyses"),
        )
    return layer


def parts_of(frame: pd.DataFrame, layer: Layer) -> list[Part]:
    """Split protected rows by their owner."""
    if not layer.protected:
        return [Part(PLANNING, layer, frame)]
    if OWNER_COLUMN not in frame.columns:
        return [Part(owner_key(""), layer, frame)]
    owner = frame[OWNER_COLUMN].astype(object).where(frame[OWNER_COLUMN].notna(), "").astype(str)
    return [
        Part(owner_key(str(name)), layer, frame[owner == name]) for name in sorted(owner.unique())
    ]


def _existing_ids(files: PlanFiles, layer: Layer) -> dict[str, str]:
    """The file key of every row that the layer has."""
    found: dict[str, str] = {}
    for key in files.keys_of(layer):
        with files.reader(key) as connection:
            sql = f"SELECT {quoted(layer.id_column)} FROM {quoted(layer.name)}"
            found.update((row_id, key) for (row_id,) in connection.execute(sql))
    return found


def _by_home(part: Part, existing: Mapping[str, str]) -> list[Part]:
    """Rows that exist are changed where they are; new ones go to their owner's file."""
    if not existing or not part.layer.protected:
        return [part]
    ids = part.frame[part.layer.id_column].astype(str)
    home = ids.map(existing).fillna(part.key)
    return [Part(str(key), part.layer, part.frame[home == key]) for key in sorted(home.unique())]


def _write_part(
    connection: sqlite3.Connection,
    part: Part,
    batch: ImportBatch,
    stamp: Stamp,
    crs: str,
    existing: Mapping[str, str],
    counted: _Counter,
) -> None:
    known = np.zeros(len(part.frame), dtype=bool)
    if existing:
        known = part.frame[part.layer.id_column].astype(str).isin(existing.keys()).to_numpy()
    if known.any():
        _change_rows(connection, part.layer, part.frame[known], batch, stamp, crs)
        counted.add(int(known.sum()))
    fresh = part.frame[~known] if known.any() else part.frame
    if len(fresh):
        version = first_version(connection, part.layer)
        first, last = insert_rows(
            connection, part.layer, fresh, crs,
            defaults={
                "dataset_id": batch.dataset_id or None,
                "updated_at": stamp.at,
                "updated_by": stamp.actor.stamp,
                "version": version,
            },
            on_rows=counted.add,
        )  # fmt: skip
        connection.execute(
            "INSERT INTO import_part VALUES (?,?,?,?,?)",
            (batch.batch_id, part.layer.name, first, last, version),
        )
    touch(connection, part.layer.name, stamp, steps=1, hash_delta=None)


def first_version(connection: sqlite3.Connection, layer: Layer) -> int:
    """The version of rows that are new: above that of any row of the layer that was taken away.

    An editor who still shows a vanished row can then not overwrite its successor of the same id.
    """
    (last,) = connection.execute(
        "SELECT max(version) FROM change WHERE layer = ? AND action IN ('delete', 'undo_import')",
        (layer.name,),
    ).fetchone()
    return int(last or 0) + 1


def insert_rows(
    connection: sqlite3.Connection,
    layer: Layer,
    frame: pd.DataFrame,
    crs: str,
    *,
    defaults: Mapping[str, Cell],
    on_rows: Callable[[int], None] = lambda count: None,
) -> tuple[int, int]:
    """Insert rows in chunks, R-tree and extent included; returns the first and last row number.

    ``defaults`` fill bookkeeping columns; ``dataset_id`` only where the frame says nothing.
    """
    packed = layer.is_spatial and len(frame) >= PACKED_FROM_ROWS
    if packed:
        gpkg.drop_triggers(connection, layer)
        gpkg.drop_id_index(connection, layer)
    first = next_fid(connection, layer)
    boxes: list[np.ndarray] = []
    given = [n for n in layer.column_names if n in frame.columns or defaults.get(n) is not None]
    names = ["fid", *given, *([gpkg.GEOMETRY] if layer.is_spatial else [])]
    sql = (
        f"INSERT INTO {quoted(layer.name)} ({', '.join(quoted(n) for n in names)})"
        f" VALUES ({', '.join('?' * len(names))})"
    )
    for start in range(0, len(frame), CHUNK_ROWS):
        chunk = frame.iloc[start : start + CHUNK_ROWS]
        columns: list[Any] = [range(first + start, first + start + len(chunk))]
        columns.extend(_column_cells(chunk, layer, name, defaults) for name in given)
        if layer.is_spatial:
            blobs, box = blobs_of(chunk, layer, crs)
            columns.append(blobs)
            boxes.append(box)
        connection.executemany(sql, zip(*columns, strict=True))
        on_rows(len(chunk))
    last = first + len(frame) - 1
    if layer.is_spatial:
        all_boxes = np.concatenate(boxes) if boxes else np.empty((0, 4))
        if packed:
            add_to_rtree(connection, layer, np.arange(first, last + 1), all_boxes)
        extent.grow(connection, layer, extent.of_boxes(all_boxes))
    if packed:
        gpkg.create_triggers(connection, layer)
        gpkg.create_id_index(connection, layer)
    return first, last


def next_fid(connection: sqlite3.Connection, layer: Layer) -> int:
    row = connection.execute(
        "SELECT seq FROM sqlite_sequence WHERE name = ?", (layer.name,)
    ).fetchone()
    return int(row[0] if row else 0) + 1


def _column_cells(
    chunk: pd.DataFrame, layer: Layer, name: str, defaults: Mapping[str, Cell]
) -> list[Cell]:
    default = defaults.get(name)
    if name in BOOKKEEPING and name in defaults:
        return [default] * len(chunk)
    if name not in chunk.columns:
        return [default] * len(chunk)
    cells = to_cells(chunk[name], layer.column(name), layer)
    return [default if cell is None else cell for cell in cells] if default is not None else cells


def blobs_of(chunk: pd.DataFrame, layer: Layer, crs: str) -> tuple[list[bytes | None], np.ndarray]:
    if "geometry" not in chunk.columns:
        return [None] * len(chunk), np.full((len(chunk), 4), np.nan)
    geometries = frames.geometries_of(chunk)
    if not layer.has_z and shapely.has_z(geometries).any():
        geometries = shapely.force_2d(geometries)
    return blob.encode(geometries, gpkg.srs_id(crs), layer.geometry)


def add_to_rtree(
    connection: sqlite3.Connection, layer: Layer, fids: np.ndarray, boxes: np.ndarray
) -> None:
    """Rebuild the packed R-tree from the boxes it has and the new ones."""
    name = gpkg.rtree_name(layer)
    held = np.array(
        connection.execute(f"SELECT id, minx, miny, maxx, maxy FROM {quoted(name)}").fetchall()
    ).reshape(-1, 5)
    boxed = ~np.isnan(boxes[:, 0])
    all_fids = np.concatenate([held[:, 0].astype(np.int64), fids[boxed]])
    rtree.fill(connection, name, all_fids, np.concatenate([held[:, 1:], boxes[boxed]]))


def _change_rows(
    connection: sqlite3.Connection,
    layer: Layer,
    frame: pd.DataFrame,
    batch: ImportBatch,
    stamp: Stamp,
    crs: str,
) -> None:
    """Overwrite the frame's columns in rows that exist, keeping what they held before."""
    names = [
        n
        for n in frame.columns
        if n in layer.column_names and n not in (*BOOKKEEPING, layer.id_column)
    ]
    with_geometry = "geometry" in frame.columns
    ids = frame[layer.id_column].astype(str).tolist()
    kept = [*names, *(["geometry"] if with_geometry else [])]
    for row_id in ids:
        before = rows.fetch(connection, layer, row_id)
        assert before is not None
        connection.execute(
            "INSERT INTO import_before VALUES (?,?,?,?,?)",
            (batch.batch_id, layer.name, row_id, gpkg.canonical(rows.image(before, kept)),
             int(str(before["version"])) + 1),
        )  # fmt: skip
    columns: list[Any] = [to_cells(frame[name], layer.column(name), layer) for name in names]
    settings = [f"{quoted(name)} = ?" for name in names]
    if with_geometry:
        columns.append(blobs_of(frame, layer, crs)[0])
        settings.append(f"{gpkg.GEOMETRY} = ?")
    settings.append("version = version + 1, updated_at = ?, updated_by = ?")
    count = len(frame)
    columns += [[stamp.at] * count, [stamp.actor.stamp] * count, ids]
    connection.executemany(
        f"UPDATE {quoted(layer.name)} SET {', '.join(settings)} WHERE {quoted(layer.id_column)} = ?",
        zip(*columns, strict=True),
    )
    if with_geometry:
        extent.write(connection, layer, extent.from_rtree(connection, layer))


def _write_batch_row(
    connection: sqlite3.Connection, batch: ImportBatch, stamp: Stamp, parts: list[Part], crs: str
) -> None:
    layer = LAYERS["import_batch"]
    row = {
        "import_batch_id": batch.batch_id,
        "file_name": batch.file_name or None,
        "file_sha256": batch.file_sha256 or None,
        "counts": json.dumps(batch.counts),
        "layers": json.dumps(sorted({part.layer.name for part in parts})),
        "imported_at": stamp.at,
        "imported_by": stamp.actor.stamp,
        "undone_at": None,
    }
    defaults: dict[str, Cell] = {
        "dataset_id": batch.dataset_id or None,
        "updated_at": stamp.at,
        "updated_by": stamp.actor.stamp,
        "version": 1,
    }
    insert_rows(connection, layer, pd.DataFrame([row]), crs, defaults=defaults)
    touch(connection, layer.name, stamp, steps=1, hash_delta=None)


def _record(
    connection: sqlite3.Connection, batch: ImportBatch, stamp: Stamp, parts: list[Part]
) -> None:
    """One entry for the batch in each file that it touched."""
    after = {
        "file_name": batch.file_name,
        "file_sha256": batch.file_sha256,
        "dataset_id": batch.dataset_id,
        "mode": batch.mode,
        "counts": batch.counts,
        "rows": {part.layer.name: len(part.frame) for part in parts},
    }
    ChangeLog(connection, stamp).append(
        "import", "import_batch", batch.batch_id, 1, before=None, after=after
    )
