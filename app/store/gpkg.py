"""The SQL of a GeoPackage: its catalogue, layer tables, R-tree triggers and Chinese labels."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from functools import lru_cache

from pyproj import CRS

from app.errors import CrsError, Text
from app.schema.model import Kind, Layer
from app.store import blob
from app.store.sqlite import quoted

APPLICATION_ID = 0x47504B47
USER_VERSION = 10400
GEOMETRY = "geom"
SQL_TYPE: dict[Kind, str] = {
    "text": "TEXT",
    "int": "INTEGER",
    "float": "DOUBLE",
    "bool": "BOOLEAN",
    "date": "DATE",
    "datetime": "DATETIME",
    "json": "TEXT",
}
RTREE_DEFINITION = "http://www.geopackage.org/spec120/#extension_rtree"
SCHEMA_DEFINITION = "http://www.geopackage.org/spec121/#extension_schema"

CATALOGUE = """
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER NOT NULL PRIMARY KEY,
  organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL,
  description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL,
  identifier TEXT UNIQUE, description TEXT DEFAULT '',
  last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER,
  CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL,
  m TINYINT NOT NULL, CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name),
  CONSTRAINT uk_gc_table_name UNIQUE (table_name),
  CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name),
  CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys (srs_id));
CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
  definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT,
  title TEXT, description TEXT, mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL,
  constraint_type TEXT NOT NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC,
  max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
"""


def create_catalogue(connection: sqlite3.Connection, crs: str) -> None:
    """Make an empty database a GeoPackage that knows the plan's reference system."""
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={USER_VERSION}")
    for statement in CATALOGUE.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    undefined = "undefined Cartesian coordinate reference system"
    rows = [
        ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", undefined),
        (
            "Undefined geographic SRS",
            0,
            "NONE",
            0,
            "undefined",
            undefined.replace("Cartesian", "geographic"),
        ),
        srs_row("EPSG:4326"),
    ]
    if srs_id(crs) != 4326:
        rows.append(srs_row(crs))
    connection.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?,?,?,?,?,?)", rows)
    connection.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [
            (name, SCHEMA_DEFINITION)
            for name in ("gpkg_data_columns", "gpkg_data_column_constraints")
        ],
    )


@lru_cache(maxsize=16)
def srs_id(crs: str) -> int:
    """The number of an ``EPSG:n`` reference system.

    Raises
    ------
    CrsError
        The text names no EPSG system.
    """
    authority, _, number = crs.partition(":")
    if authority.upper() != "EPSG" or not number.isdigit():
        raise CrsError(
            Text(
                f"方案坐标系应写作 EPSG:编号，得到“{crs}”",
                f"a plan CRS reads EPSG:number, got {crs!r}",
            ),
            where="plan.json",
            fix=Text("例如 EPSG:4544", "for example EPSG:4544"),
        )
    return int(number)


@lru_cache(maxsize=16)
def srs_row(crs: str) -> tuple[str, int, str, int, str, str]:
    number = srs_id(crs)
    system = CRS.from_epsg(number)
    return (system.name, number, "EPSG", number, system.to_wkt("WKT1_GDAL"), system.name)


def create_layer(connection: sqlite3.Connection, layer: Layer, crs: str) -> None:
    """Add an empty table for a layer, listed in the catalogue, without R-tree triggers yet."""
    columns = ["fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL"]
    if layer.is_spatial:
        columns.append(f"{GEOMETRY} {blob.column_type(layer.geometry)}")
    for column in layer.columns:
        strict = " NOT NULL" if column.name == layer.id_column else ""
        columns.append(f"{quoted(column.name)} {SQL_TYPE[column.kind]}{strict}")
    connection.execute(f"CREATE TABLE {quoted(layer.name)} ({', '.join(columns)})")
    kind = "features" if layer.is_spatial else "attributes"
    number = srs_id(crs) if layer.is_spatial else None
    connection.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, srs_id)"
        " VALUES (?,?,?,?,?)",
        (layer.name, kind, f"{layer.label.zh} {layer.name}", layer.description.zh, number),
    )
    if layer.is_spatial:
        kinds = (blob.column_type(layer.geometry), number, 2 if layer.has_z else 0, 0)
        connection.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?,?,?,?,?,?)",
            (layer.name, GEOMETRY, *kinds),
        )
    _describe_columns(connection, layer)
    create_id_index(connection, layer)
    if layer.is_spatial:
        create_rtree(connection, layer)


def _describe_columns(connection: sqlite3.Connection, layer: Layer) -> None:
    rows = []
    for column in layer.columns:
        label = column.label.zh + (f"（{column.unit}）" if column.unit else "")
        mime = "application/json" if column.kind == "json" else None
        constraint = column.domain.name if column.domain else None
        rows.append((layer.name, column.name, None, label, column.label.en, mime, constraint))
        if column.domain:
            connection.executemany(
                "INSERT OR IGNORE INTO gpkg_data_column_constraints"
                " VALUES (?,'enum',?,NULL,NULL,NULL,NULL,?)",
                [(column.domain.name, code.code, code.label.zh) for code in column.domain.codes],
            )
    connection.executemany("INSERT INTO gpkg_data_columns VALUES (?,?,?,?,?,?,?)", rows)


def create_id_index(connection: sqlite3.Connection, layer: Layer) -> None:
    connection.execute(
        f"CREATE UNIQUE INDEX IF NOT EXISTS {quoted(id_index(layer))}"
        f" ON {quoted(layer.name)} ({quoted(layer.id_column)})"
    )


def drop_id_index(connection: sqlite3.Connection, layer: Layer) -> None:
    connection.execute(f"DROP INDEX IF EXISTS {quoted(id_index(layer))}")


def id_index(layer: Layer) -> str:
    return f"idx_{layer.name}_id"


def rtree_name(layer: Layer) -> str:
    return f"rtree_{layer.name}_{GEOMETRY}"


def create_rtree(connection: sqlite3.Connection, layer: Layer) -> None:
    """The R-tree table with its extension row and triggers."""
    name = rtree_name(layer)
    connection.execute(
        f"CREATE VIRTUAL TABLE {quoted(name)} USING rtree(id, minx, maxx, miny, maxy)"
    )
    connection.execute(
        "INSERT OR IGNORE INTO gpkg_extensions VALUES (?,?,'gpkg_rtree_index',?,'write-only')",
        (layer.name, GEOMETRY, RTREE_DEFINITION),
    )
    create_triggers(connection, layer)


def create_triggers(connection: sqlite3.Connection, layer: Layer) -> None:
    """The standard triggers of GeoPackage 1.4 that keep the R-tree in step."""
    for name, rule in _triggers(layer).items():
        connection.execute(f"CREATE TRIGGER IF NOT EXISTS {quoted(name)} {rule}")


def drop_triggers(connection: sqlite3.Connection, layer: Layer) -> None:
    """Take the triggers away while many rows are written; the R-tree is filled at once then."""
    for name in _triggers(layer):
        connection.execute(f"DROP TRIGGER IF EXISTS {quoted(name)}")


def _triggers(layer: Layer) -> dict[str, str]:
    table, tree, geom = quoted(layer.name), quoted(rtree_name(layer)), quoted(GEOMETRY)
    full = f"(NEW.{geom} NOTNULL AND NOT ST_IsEmpty(NEW.{geom}))"
    bare = f"(NEW.{geom} ISNULL OR ST_IsEmpty(NEW.{geom}))"
    was_full = f"(OLD.{geom} NOTNULL AND NOT ST_IsEmpty(OLD.{geom}))"
    was_bare = f"(OLD.{geom} ISNULL OR ST_IsEmpty(OLD.{geom}))"
    x = f"ST_MinX(NEW.{geom}), ST_MaxX(NEW.{geom})"
    values = f"(NEW.fid, {x}, ST_MinY(NEW.{geom}), ST_MaxY(NEW.{geom}))"
    sides = (
        f"minx = ST_MinX(NEW.{geom}), maxx = ST_MaxX(NEW.{geom}),"
        f" miny = ST_MinY(NEW.{geom}), maxy = ST_MaxY(NEW.{geom})"
    )
    put = f"INSERT OR REPLACE INTO {tree} VALUES {values};"
    of_geometry, of_row = f"AFTER UPDATE OF {geom} ON {table}", f"AFTER UPDATE ON {table}"
    same, moved = "OLD.fid = NEW.fid", "OLD.fid != NEW.fid"
    rules = {
        "insert": f"AFTER INSERT ON {table} WHEN {full} BEGIN {put} END",
        "update6": f"{of_geometry} WHEN {same} AND {full} AND {was_full} BEGIN"
        f" UPDATE {tree} SET {sides} WHERE id = NEW.fid; END",
        "update7": f"{of_geometry} WHEN {same} AND {full} AND {was_bare} BEGIN"
        f" INSERT INTO {tree} VALUES {values}; END",
        "update2": f"{of_geometry} WHEN {same} AND {bare} BEGIN"
        f" DELETE FROM {tree} WHERE id = OLD.fid; END",
        "update5": f"{of_row} WHEN {moved} AND {full} BEGIN"
        f" DELETE FROM {tree} WHERE id = OLD.fid; {put} END",
        "update4": f"{of_row} WHEN {moved} AND {bare} BEGIN"
        f" DELETE FROM {tree} WHERE id IN (OLD.fid, NEW.fid); END",
        "delete": f"AFTER DELETE ON {table} WHEN OLD.{geom} NOTNULL BEGIN"
        f" DELETE FROM {tree} WHERE id = OLD.fid; END",
    }
    return {f"{rtree_name(layer)}_{name}": rule for name, rule in rules.items()}


def tables(connection: sqlite3.Connection) -> set[str]:
    """Names of the real tables of a file; views are not believed."""
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in rows}


def table_columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({quoted(table)})")]


def add_styles(connection: sqlite3.Connection, styles: Iterable[tuple[str, str, str]]) -> None:
    """Write the default QGIS style of layers from (layer, style name, QML) rows."""
    if "layer_styles" not in tables(connection):
        connection.execute(
            "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,"
            " f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT,"
            " f_geometry_column TEXT, styleName TEXT, styleQML TEXT, styleSLD TEXT,"
            " useAsDefault BOOLEAN, description TEXT, owner TEXT, ui TEXT, update_time DATETIME)"
        )
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier)"
            " VALUES ('layer_styles', 'attributes', 'layer_styles')"
        )
    connection.execute("DELETE FROM layer_styles")
    connection.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name,"
        " f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner,"
        " ui, update_time) VALUES ('','',?,'geom',?,?,'',1,'','','',"
        " strftime('%Y-%m-%dT%H:%M:%fZ','now'))",
        styles,
    )


def canonical(value: object) -> str:
    """JSON text that is the same for the same value."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(",", ":")
    )
