"""Some layers as a GeoPackage of their own, stamped and styled: what one party takes home."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.schema import Layer
from app.store import disk, gpkg, qgis_styles
from app.store.frames import checked
from app.store.load import insert_rows
from app.store.sqlite import connect_new, quoted

if TYPE_CHECKING:
    import pandas as pd

STAMP = "export_stamp"


def write_part(
    to: Path, parts: Sequence[tuple[Layer, pd.DataFrame]], crs: str, facts: Mapping[str, str]
) -> None:
    """Write the layers to one new file, whole or not at all.

    ``facts`` are written as a table of their own, and those called 密级 into every layer.
    """
    part = to.with_name(f".{to.name}.part")
    part.unlink(missing_ok=True)
    to.parent.mkdir(parents=True, exist_ok=True)
    connection = connect_new(part)
    try:
        connection.execute("BEGIN")
        gpkg.create_catalogue(connection, crs)
        for layer, frame in parts:
            gpkg.create_layer(connection, layer, crs)
            if len(frame):
                insert_rows(connection, layer, checked(frame, layer, crs), crs, defaults={})
        connection.execute(
            f"CREATE TABLE {quoted(STAMP)} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,"
            " key TEXT, value TEXT)"
        )
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?,'attributes',?)",
            (STAMP, "导出说明"),
        )
        connection.executemany(
            f"INSERT INTO {quoted(STAMP)} (key, value) VALUES (?,?)", list(facts.items())
        )
        mark = "；".join(f"{key}：{value}" for key, value in facts.items() if key == "密级")
        connection.execute(
            "UPDATE gpkg_contents SET description = trim(? || ' ' || coalesce(description, ''))",
            (mark,),
        )
        gpkg.add_styles(connection, qgis_styles.layer_styles([layer for layer, _ in parts]))
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.close()
        disk.sync_file(part)
        os.replace(part, to)
    except BaseException:
        connection.close()
        part.unlink(missing_ok=True)
        raise
