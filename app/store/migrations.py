"""Bringing a plan of an earlier schema version to this one: a new generation beside the old."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.errors import PlanError, Text
from app.schema import SCHEMA_VERSION
from app.schema.actor import Actor
from app.store import copying, disk, livefile
from app.store.cells import now_text
from app.store.changes import ChangeLog, Stamp, touch
from app.store.files import PlanFiles
from app.store.manifest import read_manifest


@dataclass(frozen=True)
class Migration:
    """What became of names from one version to the next; columns that are new start unknown."""

    tables: Mapping[str, str] = field(default_factory=dict)
    """New layer name -> the name it had."""
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Layer -> new column name -> the name it had."""
    conversions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Layer -> SQL assignments that turn old values into new ones."""


MIGRATIONS: dict[int, Migration] = {
    0: Migration(
        tables={"community": "neighbourhood"},
        columns={
            "community": {"community_id": "neighbourhood_id", "year_built": "built"},
            "building": {"community_id": "neighbourhood_id"},
            "programme": {"budget_fen": "budget_wan"},
        },
        # Version 0 kept money in 万元.
        conversions={"programme": ("budget_fen = round(budget_fen * 1000000)",)},
    ),
    # Version 1 had no scheme versions and no as-built surveys; both tables start empty.
    1: Migration(),
}


def migrate(folder: Path, actor: Actor) -> int:
    """Bring a plan to the present schema version; returns the version it had.

    The plan is left as it was if anything fails; a plan of the present version is not touched.

    Raises
    ------
    PlanError
        The version is unknown, or the plan is in use.
    """
    disk.require_local_disk(folder)
    found = read_manifest(folder).meta.schema_version
    files = PlanFiles(folder)
    try:
        for version in range(found, SCHEMA_VERSION):
            _step(files, version, actor)
    finally:
        files.close()
    return found


def _step(files: PlanFiles, version: int, actor: Actor) -> None:
    step = MIGRATIONS.get(version)
    if step is None:
        raise PlanError(
            Text(
                f"无法升级版本 {version} 的方案", f"a plan of version {version} cannot be migrated"
            ),
            where=str(files.folder),
            fix=Text("请用较早的程序打开后导出", "open it with an earlier program and export it"),
        )
    meta = replace(files.meta, schema_version=version + 1)
    stamp = Stamp(actor, now_text(), "", f"migration-{version + 1}")
    with files.rebuilt(meta) as (old_paths, built):
        for key, connection in built.items():
            with copying.attached(connection, old_paths[key], immutable=False):
                _convert(connection, key, step, stamp, version)


def _convert(
    connection: sqlite3.Connection, key: str, step: Migration, stamp: Stamp, version: int
) -> None:
    connection.execute("BEGIN")
    rows: dict[str, int] = {}
    for layer in livefile.layers_of(key):
        count = copying.copy_layer(
            connection,
            layer,
            renamed=step.columns.get(layer.name),
            table=step.tables.get(layer.name, ""),
        )
        for assignment in step.conversions.get(layer.name, ()):
            connection.execute(f"UPDATE {layer.name} SET {assignment}")
        if count:
            rows[layer.name] = count
            touch(connection, layer.name, stamp, steps=1, hash_delta=None)
    _copy_record(connection)
    ChangeLog(connection, stamp).append(
        "migrate", "", "", 1, before={"schema_version": version},
        after={"schema_version": version + 1, "rows": rows},
    )  # fmt: skip


STORE_TABLE_NAMES = ("change", "layer_revision", "scenario_change", "import_part", "import_before")


def _copy_record(connection: sqlite3.Connection) -> None:
    """Take the old file's record along unchanged, so that its chain still holds."""
    for table in STORE_TABLE_NAMES:
        columns = ", ".join(copying.source_columns(connection, table))
        if columns:
            connection.execute(
                f"INSERT OR REPLACE INTO main.{table} ({columns})"
                f" SELECT {columns} FROM {copying.SOURCE}.{table}"
            )
