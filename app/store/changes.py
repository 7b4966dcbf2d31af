"""The append-only, hash-chained record of changes of one file, and the layers' revisions."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.schema.actor import Actor
from app.schema.model import Layer
from app.store.cells import Cell
from app.store.gpkg import canonical

CHAIN_COLUMNS = (
    "seq", "at", "actor", "organisation", "role", "authenticated", "action", "layer", "row_id",
    "version", "before", "after", "note", "change_set", "scenario_id", "undoes",
)  # fmt: skip
INSERT_CHANGE = (
    f"INSERT INTO change ({', '.join(CHAIN_COLUMNS)}, previous_hash, hash)"
    f" VALUES ({', '.join('?' * (len(CHAIN_COLUMNS) + 2))})"
)
NOT_CONTENT = frozenset({"updated_at", "updated_by", "version", "fid"})
HASH_MODULUS = 1 << 128


@dataclass(frozen=True)
class Change:
    """One entry of the record: who did what to which row, with the values before and after."""

    change_id: str
    at: str
    actor: Actor
    action: str
    layer: str
    row_id: str
    version: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    note: str
    change_set: str
    scenario: str
    undoes: str
    hash: str


@dataclass(frozen=True)
class Stamp:
    """What all changes of one transaction share."""

    actor: Actor
    at: str
    note: str
    change_set: str


class ChangeLog:
    """Appends to the record inside the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, stamp: Stamp) -> None:
        self._connection = connection
        self._stamp = stamp
        last = connection.execute(
            "SELECT seq, hash FROM change ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        self._seq: int = last[0] if last else 0
        self._hash: str = last[1] if last else genesis(connection)

    def append(
        self,
        action: str,
        layer: str,
        row_id: str,
        version: int,
        *,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        scenario: str = "",
        undoes: int | None = None,
    ) -> int:
        """Add one entry and return its number in this file."""
        self._seq += 1
        who = self._stamp.actor
        entry = (
            self._seq, self._stamp.at, who.name, who.organisation, who.role,
            int(who.authenticated), action, layer, row_id, version,
            None if before is None else canonical(before),
            None if after is None else canonical(after),
            self._stamp.note, self._stamp.change_set, scenario, undoes,
        )  # fmt: skip
        previous, self._hash = self._hash, entry_hash(self._hash, entry)
        self._connection.execute(INSERT_CHANGE, (*entry, previous, self._hash))
        return self._seq


def genesis(connection: sqlite3.Connection) -> str:
    """What the first entry of a file is chained to."""
    facts = dict(connection.execute("SELECT key, value FROM file_fact"))
    return hashlib.sha256(f"{facts['plan_id']} {facts['key']}".encode()).hexdigest()


def entry_hash(previous: str, entry: tuple[Any, ...]) -> str:
    return hashlib.sha256(f"{previous}\n{canonical(list(entry))}".encode()).hexdigest()


def broken_link(connection: sqlite3.Connection) -> int | None:
    """The number of the first entry that does not follow from the one before, if any."""
    expected_seq, previous = 1, genesis(connection)
    columns = ", ".join(CHAIN_COLUMNS)
    for *entry, linked, own in connection.execute(
        f"SELECT {columns}, previous_hash, hash FROM change ORDER BY seq"
    ):
        if entry[0] != expected_seq or linked != previous:
            return expected_seq
        if own != entry_hash(previous, tuple(entry)):
            return expected_seq
        expected_seq, previous = expected_seq + 1, own
    return None


# --- revisions and content hashes ------------------------------------------------------------------
def row_hash(layer: Layer, cells: Mapping[str, Cell], body: bytes | None) -> int:
    """A number for a row's content, so that the sum over a layer is the same in any row order."""
    content = [
        (name, cells[name])
        for name in layer.column_names
        if name not in NOT_CONTENT and cells.get(name) is not None
    ]
    digest = hashlib.blake2b(repr(content).encode(), digest_size=16)
    digest.update(body or b"")
    return int.from_bytes(digest.digest(), "big")


def touch(
    connection: sqlite3.Connection,
    layer: str,
    stamp: Stamp,
    *,
    steps: int,
    hash_delta: int | None,
    scenario: str = "",
) -> int:
    """Raise a layer's revision by ``steps`` and return it; ``hash_delta`` None forgets the hash."""
    row = connection.execute(
        "SELECT revision, content_hash FROM layer_revision WHERE layer = ? AND scenario_id = ?",
        (layer, scenario),
    ).fetchone()
    revision, content = row or (0, f"{0:032x}")
    if content is not None:
        known = hash_delta is not None
        content = f"{(int(content, 16) + (hash_delta or 0)) % HASH_MODULUS:032x}" if known else None
    connection.execute(
        "INSERT OR REPLACE INTO layer_revision VALUES (?,?,?,?,?,?)",
        (layer, scenario, revision + steps, content, stamp.at, stamp.actor.stamp),
    )
    return int(revision + steps)


def revision(connection: sqlite3.Connection, layer: str, scenario: str = "") -> int:
    row = connection.execute(
        "SELECT revision FROM layer_revision WHERE layer = ? AND scenario_id = ?",
        (layer, scenario),
    ).fetchone()
    return int(row[0]) if row else 0
