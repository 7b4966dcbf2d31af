"""The plan as one GeoPackage: layers, rules, current results, styles; and opening such a file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from app.errors import InputFileError, Text
from app.schema import DOMAINS, LAYERS, PLAN_LAYERS
from app.schema.actor import Actor
from app.store import copying, disk, gpkg, livefile, qgis_styles, runs, second_look
from app.store.cells import now_text
from app.store.files import OneFile, PlanFiles
from app.store.manifest import PLANNING, PlanMeta
from app.store.sqlite import connect_new, connect_read_only, quoted

STAMP = "export_stamp"
SECRECY_ORDER = ("public", "internal", "sensitive")
UNKNOWN_SECRECY = "internal"
APPLICATION_TABLES = ("gpkg_contents", "gpkg_geometry_columns", "file_fact")


def export_gpkg(
    files: PlanFiles,
    to: Path,
    actor: Actor,
    *,
    protected: bool,
    rule_tables: Mapping[str, tuple[list[str], list[list[str]]]],
    remarks: Mapping[str, str],
) -> str:
    """Write the one file and return its secrecy; see ``PlanStore.export_gpkg``."""
    disk.require_room(to.parent, sum(files.path(key).stat().st_size for key in files.keys()))  # noqa: SIM118
    part = to.with_name(f".{to.name}.part")
    part.unlink(missing_ok=True)
    connection = connect_new(part)
    try:
        connection.execute("BEGIN")
        gpkg.create_catalogue(connection, files.meta.crs)
        for statement in livefile.statements(livefile.STORE_TABLES):
            connection.execute(statement)
        connection.execute("COMMIT")
        _copy_plan(connection, files, protected=protected)
        _copy_results(connection, files, protected=protected)
        _add_styles(connection)
        for name, (header, table) in rule_tables.items():
            _add_text_table(connection, f"rule_{name}", header, table)
        secrecy = _stamp(connection, files.meta, actor, remarks)
        connection.execute("PRAGMA optimize")
        connection.execute("PRAGMA journal_mode=DELETE")
        expected = _expected(connection, files.meta.crs)
        connection.close()
        second_look.require_same(part, expected)
        disk.sync_file(part)
        os.replace(part, to)
        disk.sync_folder(to.parent)
    except BaseException:
        connection.close()
        part.unlink(missing_ok=True)
        raise
    return secrecy


def _expected(connection: sqlite3.Connection, crs: str) -> dict[str, second_look.Seen]:
    """What another program must see of every spatial layer."""
    there = gpkg.tables(connection)
    return {
        layer.name: second_look.Seen(
            connection.execute(f"SELECT count(*) FROM {quoted(layer.name)}").fetchone()[0],
            frozenset(layer.column_names),
            int(crs.removeprefix("EPSG:")),
        )
        for layer in LAYERS.values()
        if layer.is_spatial and layer.name in there
    }


def _copy_plan(connection: sqlite3.Connection, files: PlanFiles, *, protected: bool) -> None:
    layers = [layer for layer in PLAN_LAYERS if protected or not layer.is_closed]
    for layer in layers:
        gpkg.create_layer(connection, layer, files.meta.crs)
    for key in files.keys():  # noqa: SIM118
        own = [layer for layer in layers if key in files.keys_of(layer)]
        with (
            files.reader(key),  # keeps the generation from being cleaned away
            copying.attached(connection, files.path(key), immutable=files.read_only),
        ):
            connection.execute("BEGIN")
            for layer in own:
                copying.copy_layer(connection, layer)
            connection.execute(
                "INSERT INTO main.layer_revision SELECT layer, scenario_id, revision, content_hash,"
                " changed_at, changed_by FROM source.layer_revision WHERE scenario_id = ''"
                " ON CONFLICT (layer, scenario_id) DO UPDATE SET"
                " revision = revision + excluded.revision, content_hash = NULL"
            )


def _copy_results(connection: sqlite3.Connection, files: PlanFiles, *, protected: bool) -> None:
    made: set[str] = set()
    for record in runs.current(files):
        for name in record.layers:
            layer = LAYERS[name]
            for path in runs.result_files(files, layer, "", protected=protected):
                if path.parent.name != record.run_id:
                    continue
                if name not in made:
                    gpkg.create_layer(connection, layer, files.meta.crs)
                    made.add(name)
                with copying.attached(connection, path, immutable=True):
                    connection.execute("BEGIN")
                    copying.copy_layer(connection, layer)


def _add_styles(connection: sqlite3.Connection) -> None:
    there = gpkg.tables(connection)
    held = [layer for layer in LAYERS.values() if layer.name in there]
    gpkg.add_styles(connection, qgis_styles.layer_styles(held))


def _add_text_table(
    connection: sqlite3.Connection, name: str, header: list[str], table: Iterable[list[str]]
) -> None:
    """A rule table as attributes, every cell as it is printed in the table."""
    columns = ", ".join(f"{quoted(column)} TEXT" for column in header)
    connection.execute(
        f"CREATE TABLE {quoted(name)} (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {columns})"
    )
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES (?,'attributes',?)",
        (name, f"规则表 {name}"),
    )
    listed = ", ".join(quoted(column) for column in header)
    marks = ", ".join("?" * len(header))
    connection.executemany(f"INSERT INTO {quoted(name)} ({listed}) VALUES ({marks})", table)


def _stamp(
    connection: sqlite3.Connection, meta: PlanMeta, actor: Actor, remarks: Mapping[str, str]
) -> str:
    """Write what the file is, and the highest secrecy of its datasets into every layer."""
    secrecy = _highest_secrecy(connection)
    label = DOMAINS["secrecy"].label_of(secrecy)
    facts = {
        **{name: str(value) for name, value in asdict(meta).items()},
        "key": PLANNING,
        "is_demo": str(int(meta.is_demo)),
        "secrecy": secrecy,
        "exported_at": now_text(),
        "exported_by": actor.stamp,
    }
    livefile.write_facts(connection, facts)
    table = [[name, value] for name, value in [*facts.items(), ("密级", label), *remarks.items()]]
    _add_text_table(connection, STAMP, ["key", "value"], table)
    mark = f"密级：{label}" + ("；演示数据" if meta.is_demo else "")
    connection.execute(
        "UPDATE gpkg_contents SET description = trim(? || ' ' || coalesce(description, ''))",
        (mark,),
    )
    connection.executemany(
        "UPDATE gpkg_contents SET description = description || '；' || ? WHERE table_name = ?",
        [(remark, name) for name, remark in remarks.items()],
    )
    return secrecy


def _highest_secrecy(connection: sqlite3.Connection) -> str:
    """The highest of all datasets; a dataset that does not say counts as internal."""
    found = [row[0] for row in connection.execute("SELECT DISTINCT secrecy FROM dataset")]
    ranks = [SECRECY_ORDER.index(value or UNKNOWN_SECRECY) for value in found]
    return SECRECY_ORDER[max(ranks, default=SECRECY_ORDER.index(UNKNOWN_SECRECY))]


# --- opening ---------------------------------------------------------------------------------------
def open_one_file(path: Path) -> OneFile:
    """A plan from the one file, read-only, its content trusted for nothing.

    Raises
    ------
    InputFileError
        The file is no GeoPackage of ours, or damaged.
    """
    try:
        connection = connect_read_only(path)
        try:
            [(state,), *_] = connection.execute("PRAGMA quick_check").fetchall()
            there = gpkg.tables(connection)
            if state != "ok" or not there.issuperset(APPLICATION_TABLES):
                raise _not_ours(path)
            facts = livefile.read_facts(connection)
        finally:
            connection.close()
        meta = PlanMeta(
            plan_id=facts["plan_id"],
            title=facts["title"],
            crs=facts["crs"],
            title_en=facts.get("title_en", ""),
            schema_version=int(facts["schema_version"]),
            height_datum=facts.get("height_datum", "unknown"),
            is_demo=facts.get("is_demo") == "1",
            attribution=facts.get("attribution", ""),
            created_at=facts.get("created_at", ""),
        )
    except (sqlite3.DatabaseError, KeyError, ValueError) as problem:
        raise _not_ours(path) from problem
    return OneFile(path, meta, frozenset(name for name in there if name in LAYERS))


def _not_ours(path: Path) -> InputFileError:
    return InputFileError(
        Text(
            f"{path.name} 不是本系统导出的方案文件，或已损坏",
            f"{path.name} is no exported plan, or damaged",
        ),
        where=str(path),
        fix=Text("请选择方案文件夹，或重新导出", "choose a plan folder, or export again"),
    )
