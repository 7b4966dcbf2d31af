"""A live file of the plan: its layers and the store's own tables beside them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping

from app.schema import PLAN_LAYERS, SCHEMA_VERSION
from app.schema.model import Layer
from app.store import gpkg, qgis_styles
from app.store.manifest import PLANNING, PlanMeta

STORE_TABLES = """
CREATE TABLE file_fact (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE change (seq INTEGER PRIMARY KEY NOT NULL, at TEXT NOT NULL, actor TEXT NOT NULL,
  organisation TEXT NOT NULL, role TEXT NOT NULL, authenticated INTEGER NOT NULL,
  action TEXT NOT NULL, layer TEXT NOT NULL, row_id TEXT NOT NULL, version INTEGER NOT NULL,
  before TEXT, after TEXT, note TEXT NOT NULL, change_set TEXT NOT NULL, scenario_id TEXT NOT NULL,
  undoes INTEGER, previous_hash TEXT NOT NULL, hash TEXT NOT NULL);
CREATE INDEX idx_change_row ON change (layer, row_id);
CREATE INDEX idx_change_set ON change (change_set);
CREATE TRIGGER change_is_never_updated BEFORE UPDATE ON change
  BEGIN SELECT RAISE(ABORT, 'the change record is append-only'); END;
CREATE TRIGGER change_is_never_deleted BEFORE DELETE ON change
  BEGIN SELECT RAISE(ABORT, 'the change record is append-only'); END;
CREATE TABLE layer_revision (layer TEXT NOT NULL, scenario_id TEXT NOT NULL DEFAULT '',
  revision INTEGER NOT NULL, content_hash TEXT, changed_at TEXT NOT NULL, changed_by TEXT NOT NULL,
  PRIMARY KEY (layer, scenario_id));
CREATE TABLE scenario_change (scenario_id TEXT NOT NULL, layer TEXT NOT NULL, row_id TEXT NOT NULL,
  action TEXT NOT NULL, before TEXT, after TEXT, base_version INTEGER, version INTEGER NOT NULL,
  at TEXT NOT NULL, actor TEXT NOT NULL, PRIMARY KEY (scenario_id, layer, row_id));
CREATE TABLE import_part (batch_id TEXT NOT NULL, layer TEXT NOT NULL, first_fid INTEGER NOT NULL,
  last_fid INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (batch_id, layer));
CREATE TABLE import_before (batch_id TEXT NOT NULL, layer TEXT NOT NULL, row_id TEXT NOT NULL,
  before TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (batch_id, layer, row_id));
"""

PLANNING_LAYERS = tuple(layer for layer in PLAN_LAYERS if not layer.protected)
OWNER_LAYERS = tuple(layer for layer in PLAN_LAYERS if layer.protected)
OWNER_COLUMN = "owner_id"


def layers_of(key: str) -> tuple[Layer, ...]:
    """The layers that a file of the plan holds."""
    return PLANNING_LAYERS if key == PLANNING else OWNER_LAYERS


def create(connection: sqlite3.Connection, meta: PlanMeta, key: str) -> None:
    """Fill an empty database with the catalogue, the layers of the key and the store's tables."""
    connection.execute("BEGIN")
    gpkg.create_catalogue(connection, meta.crs)
    for layer in layers_of(key):
        gpkg.create_layer(connection, layer, meta.crs)
    gpkg.add_styles(connection, qgis_styles.layer_styles(layers_of(key)))
    for statement in statements(STORE_TABLES):
        connection.execute(statement)
    facts = {"plan_id": meta.plan_id, "key": key, "schema_version": str(SCHEMA_VERSION)}
    write_facts(connection, facts)
    connection.execute("COMMIT")


def statements(script: str) -> Iterable[str]:
    """The single statements of a script (a trigger's body ends in END;)."""
    part = ""
    for line in script.splitlines():
        part += line + "\n"
        if sqlite3.complete_statement(part) and part.strip():
            yield part
            part = ""


def write_facts(connection: sqlite3.Connection, facts: Mapping[str, str]) -> None:
    connection.executemany(
        "INSERT INTO file_fact VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        list(facts.items()),
    )


def read_facts(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT key, value FROM file_fact"))
