"""Copying whole layers between files, R-tree and extent included, without decoding a row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from app.schema.model import Layer
from app.store import extent, gpkg
from app.store.load import add_to_rtree, next_fid
from app.store.sqlite import quoted

SOURCE = "source"


@contextmanager
def attached(connection: sqlite3.Connection, path: Path, *, immutable: bool) -> Iterator[None]:
    """Another file as ``source`` of this connection; ``immutable`` for files that nobody writes."""
    uri = path.absolute().as_uri() + ("?immutable=1" if immutable else "?mode=rw")
    connection.execute(f"ATTACH ? AS {SOURCE}", (uri,))
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")
        connection.execute(f"DETACH {SOURCE}")


def source_columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Columns of a table of the attached file; none if it has no such table."""
    listed = connection.execute(f"PRAGMA {SOURCE}.table_info({quoted(table)})")
    return [row[1] for row in listed]


def copy_layer(
    connection: sqlite3.Connection,
    layer: Layer,
    *,
    renamed: Mapping[str, str] | None = None,
    table: str = "",
) -> int:
    """Append the attached file's rows of a layer; returns how many.

    Parameters
    ----------
    renamed
        New column -> the name it has in the source.
    table
        The layer's name in the source where it differs.
    """
    table = table or layer.name
    there = set(source_columns(connection, table))
    if not there:
        return 0
    old_names = {name: (renamed or {}).get(name, name) for name in layer.column_names}
    kept = {new: old for new, old in old_names.items() if old in there}
    if layer.is_spatial and gpkg.GEOMETRY in there:
        kept[gpkg.GEOMETRY] = gpkg.GEOMETRY
    gpkg.drop_triggers(connection, layer)
    offset = next_fid(connection, layer) - 1
    source = f"{SOURCE}.{quoted(table)}"
    (lowest,) = connection.execute(f"SELECT min(fid) FROM {source}").fetchone()
    offset = offset if offset or lowest is None else 0
    targets = ", ".join(quoted(name) for name in kept)
    origins = ", ".join(quoted(name) for name in kept.values())
    cursor = connection.execute(
        f"INSERT INTO main.{quoted(layer.name)} (fid, {targets})"
        f" SELECT fid + ?, {origins} FROM {source} ORDER BY fid",
        (offset,),
    )
    if layer.is_spatial:
        _copy_rtree(connection, layer, table, offset)
        gpkg.create_triggers(connection, layer)
    return int(cursor.rowcount)


def _copy_rtree(connection: sqlite3.Connection, layer: Layer, table: str, offset: int) -> None:
    tree = f"{SOURCE}.{quoted(f'rtree_{table}_{gpkg.GEOMETRY}')}"
    boxes = np.array(
        connection.execute(f"SELECT id, minx, miny, maxx, maxy FROM {tree}").fetchall()
    ).reshape(-1, 5)
    add_to_rtree(connection, layer, boxes[:, 0].astype(np.int64) + offset, boxes[:, 1:])
    listed = connection.execute(
        f"SELECT {extent.SIDES} FROM {SOURCE}.gpkg_contents WHERE table_name = ?", (table,)
    ).fetchone()
    box = tuple(listed) if listed and listed[0] is not None else None
    extent.grow(connection, layer, box)
