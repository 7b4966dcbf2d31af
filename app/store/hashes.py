"""Content hashes of layers: the same rows give the same hash, in whatever order they came."""

from __future__ import annotations

import contextlib
import sqlite3

from app.errors import NotAllowedError, PlanError
from app.schema.model import Layer
from app.store import gpkg, rows, scenarios
from app.store.changes import HASH_MODULUS, row_hash
from app.store.files import PlanFiles
from app.store.sqlite import quoted


def content_hash(files: PlanFiles, layer: Layer, scenario: str = "") -> str:
    """The hash of a layer's rows as the plan, or one of its scenarios, shows them."""
    total = scenarios.overlay_hash(files, layer, scenario) if scenario else 0
    for key in files.keys_of(layer):
        with files.reader(key) as connection:
            revision, known = _known(connection, layer)
            value = computed(connection, layer) if known is None else int(known, 16)
        if known is None:
            _remember(files, key, layer, revision, value)
        total += value
    return f"{total % HASH_MODULUS:032x}"


def _known(connection: sqlite3.Connection, layer: Layer) -> tuple[int, str | None]:
    row = connection.execute(
        "SELECT revision, content_hash FROM layer_revision WHERE layer = ? AND scenario_id = ''",
        (layer.name,),
    ).fetchone()
    return row or (0, "0")


def computed(connection: sqlite3.Connection, layer: Layer) -> int:
    names = [*layer.column_names, *([gpkg.GEOMETRY] if layer.is_spatial else [])]
    listed = ", ".join(quoted(name) for name in names)
    total = 0
    for row in connection.execute(f"SELECT {listed} FROM {quoted(layer.name)}"):
        cells = dict(zip(names, row, strict=True))
        total += row_hash(layer, cells, rows.body(cells))
    return total % HASH_MODULUS


def _remember(files: PlanFiles, key: str, layer: Layer, revision: int, value: int) -> None:
    """Keep a hash that was dear to compute; busy or read-only plans do without."""
    with contextlib.suppress(PlanError, NotAllowedError), files.writers({key}) as held:
        held[key].execute(
            "UPDATE layer_revision SET content_hash = ?"
            " WHERE layer = ? AND scenario_id = '' AND revision = ?",
            (f"{value:032x}", layer.name, revision),
        )
