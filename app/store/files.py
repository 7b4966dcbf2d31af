"""The files of an open plan: which are current, who reads them, who holds their write locks."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from app.errors import NotAllowedError, PlanError, Text
from app.schema.model import Layer
from app.store import disk, livefile
from app.store.manifest import (
    PLAN_JSON,
    PLANNING,
    Manifest,
    PlanMeta,
    owner_key,
    read_manifest,
    write_manifest,
)
from app.store.sqlite import Pool, begin, connect, connect_new, connect_read_only, explained


class PlanFiles:
    """Current files of a plan folder; follows another process's switch of generation."""

    read_only = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pool = Pool(connect)
        self._lock = threading.Lock()
        self._signature: tuple[int, int, int] | None = None
        self._manifest = self._refresh()

    @property
    def meta(self) -> PlanMeta:
        return self.manifest().meta

    def manifest(self) -> Manifest:
        """The manifest as it is on disk now; a changed one closes idle connections to old files."""
        return self._refresh()

    def _refresh(self) -> Manifest:
        signature = _signature(self.folder / PLAN_JSON)
        with self._lock:
            if signature is None or signature != self._signature:
                self._manifest = read_manifest(self.folder)
                self._signature = signature
                current = [self.folder / name for name in self._manifest.files().values()]
                self._pool.keep_only(current)
            return self._manifest

    def path(self, key: str, manifest: Manifest | None = None) -> Path:
        return self.folder / (manifest or self.manifest()).files()[key]

    def keys(self) -> list[str]:
        return list(self.manifest().files())

    def keys_of(self, layer: Layer) -> list[str]:
        """Keys of the files that hold rows of the layer now."""
        if not layer.protected:
            return [PLANNING]
        return [key for key in self.manifest().files() if key != PLANNING]

    @contextmanager
    def reader(self, key: str) -> Iterator[sqlite3.Connection]:
        """A connection to the current generation of a file."""
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(self._pool.borrow(self.path(key)))
            except PlanError:  # removed between reading plan.json and opening the file
                connection = stack.enter_context(self._pool.borrow(self.path(key)))
            yield connection

    @contextmanager
    def writers(self, keys: set[str]) -> Iterator[dict[str, sqlite3.Connection]]:
        """Connections that hold the write locks of these files; commits all at the end.

        The lock of an old generation is worth nothing: after it is taken plan.json is read again,
        and when an import switched the generation meanwhile the lock is taken on the new file.

        Raises
        ------
        PlanError
            A file is held by somebody else for longer than the busy time.
        """
        self._require_writable()
        with ExitStack() as stack:
            held = self._lock_current(keys, stack)
            try:
                yield held
                for connection in held.values():
                    connection.execute("COMMIT")
            except BaseException as problem:
                for connection in held.values():
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                if isinstance(problem, sqlite3.OperationalError):
                    raise explained(problem, self.folder) from problem
                raise

    def _lock_current(self, keys: set[str], stack: ExitStack) -> dict[str, sqlite3.Connection]:
        while True:
            attempt = ExitStack()
            manifest = self.manifest()
            held: dict[str, sqlite3.Connection] = {}
            try:
                for key in sorted(keys, key=lambda name: (name != PLANNING, name)):
                    path = self.path(key, manifest)
                    held[key] = attempt.enter_context(self._pool.borrow(path))
                    begin(held[key], path)
            except BaseException:
                attempt.close()
                raise
            if self.manifest().files() == manifest.files() or all(
                self.path(key) == self.path(key, manifest) for key in keys
            ):
                stack.push(attempt)
                return held
            attempt.close()

    def _require_writable(self) -> None:
        if self.read_only:
            raise read_only_plan(self.folder)

    @contextmanager
    def generation(self, keys: set[str]) -> Iterator[dict[str, sqlite3.Connection]]:
        """Copies of these files, to be changed and then switched to as a whole.

        The write locks of the planning file and of each rebuilt file are held throughout, so
        nobody's edit can fall between the copy and the switch. Any failure leaves the plan as it
        was; a kill leaves files that the next opening removes.
        """
        with self._next(keys, self.meta, self._copy_of) as built:
            yield built

    @contextmanager
    def rebuilt(
        self, meta: PlanMeta
    ) -> Iterator[tuple[dict[str, Path], dict[str, sqlite3.Connection]]]:
        """Paths of all current files and an empty successor of each, switched to at the end."""
        old = {key: self.path(key) for key in self.keys()}
        with self._next(set(old), meta, self._empty) as built:
            yield old, built

    @contextmanager
    def _next(
        self,
        keys: set[str],
        meta: PlanMeta,
        make: Callable[[str, Manifest, Manifest], sqlite3.Connection],
    ) -> Iterator[dict[str, sqlite3.Connection]]:
        self._require_writable()
        with ExitStack() as stack:
            held = self._lock_current({PLANNING} | (keys & set(self.keys())), stack)
            old = self.manifest()
            new = replace(old.next_generation(keys), meta=meta)
            built: dict[str, sqlite3.Connection] = {}
            try:
                for key in sorted(keys):
                    built[key] = make(key, old, new)
                yield built
                for key, connection in built.items():
                    _finish(connection, self._part(key, new), self.path(key, new))
                write_manifest(self.folder, new)
            except BaseException as problem:
                for key, connection in built.items():
                    connection.close()
                    _remove_database(self._part(key, new))
                if isinstance(problem, sqlite3.OperationalError):
                    raise explained(problem, self.folder) from problem
                raise
            finally:
                for connection in held.values():
                    connection.execute("ROLLBACK")
        self.manifest()
        self.remove_old_generations()

    def _part(self, key: str, manifest: Manifest) -> Path:
        return self.path(key, manifest).with_suffix(".part")

    def _empty(self, key: str, old: Manifest, new: Manifest) -> sqlite3.Connection:
        part = self._part(key, new)
        for leftover in (part, self.path(key, new)):
            _remove_database(leftover)
        part.parent.mkdir(exist_ok=True)
        connection = connect_new(part)
        livefile.create(connection, new.meta, key)
        return connection

    def _copy_of(self, key: str, old: Manifest, new: Manifest) -> sqlite3.Connection:
        if key not in old.files():
            return self._empty(key, old, new)
        part = self._part(key, new)
        for leftover in (part, self.path(key, new)):
            _remove_database(leftover)
        source_path = self.path(key, old)
        disk.require_room(self.folder, 3 * source_path.stat().st_size)
        with (
            contextlib.closing(sqlite3.connect(part, isolation_level=None)) as target,
            self._pool.borrow(source_path) as source,
        ):
            source.backup(target)
        return connect_new(part)

    def add_owner(self, owner: str) -> str:
        """The key of an owner's file, made first if this is the owner's first row."""
        key = owner_key(owner)
        if key not in self.manifest().files():
            with self.generation({key}):
                pass
        return key

    def remove_old_generations(self) -> None:
        """Delete files that plan.json does not name and that nobody has open.

        Under the planning lock, so that a file which is about to be switched to is left alone;
        when somebody holds the lock there is time at the next opening.
        """
        path = self.path(PLANNING)
        # Opening is patient: SQLite says "locked" for a moment while somebody else opens the file
        # first or closes it last. Only the lock itself is not waited for.
        with contextlib.closing(connect(path)) as connection:
            connection.execute("PRAGMA busy_timeout=0")
            try:
                begin(connection, path)
            except PlanError:
                return
            # The lock of a generation that was switched away guards nothing that is being built.
            if self.path(PLANNING) == path:
                self._remove_unnamed()
            connection.execute("ROLLBACK")

    def _remove_unnamed(self) -> None:
        current = {self.folder / name for name in self.manifest().files().values()}
        found = [*self.folder.glob("planning-*.gpkg"), *self.folder.glob("owners/*.gpkg")]
        for path in set(found) - current:
            if _is_unused(path):
                _remove_database(path)
        for part in (*self.folder.glob("*.part"), *self.folder.glob("owners/*.part")):
            _remove_database(part)

    def close(self) -> None:
        self._pool.close()


class OneFile(PlanFiles):
    """A plan that was handed over as one GeoPackage; never written."""

    read_only = True

    def __init__(self, path: Path, meta: PlanMeta, layers: frozenset[str]) -> None:
        self.folder = path
        self._layers = layers
        self._pool = Pool(connect_read_only)
        self._manifest = Manifest(meta)

    def manifest(self) -> Manifest:
        return self._manifest

    def path(self, key: str, manifest: Manifest | None = None) -> Path:
        return self.folder

    def keys(self) -> list[str]:
        return [PLANNING]

    def keys_of(self, layer: Layer) -> list[str]:
        return [PLANNING] if layer.name in self._layers else []


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def read_only_plan(path: Path) -> NotAllowedError:
    return NotAllowedError(
        Text(
            "这是导出的单文件方案，只能查看", "this is an exported one-file plan, it is read-only"
        ),
        where=str(path),
        fix=Text("请在原方案文件夹中修改", "edit the plan folder it came from"),
    )


def _finish(connection: sqlite3.Connection, part: Path, final: Path) -> None:
    """Put a built file in its place: whole, synced, in write-ahead mode."""
    if connection.in_transaction:
        connection.execute("COMMIT")
    connection.close()
    disk.sync_file(part)
    if final.exists():
        raise PlanError(
            Text(f"文件 {final.name} 已存在", f"{final.name} exists already"),
            where=str(final),
            fix=Text("请先运行 jiugai check", "run jiugai check first"),
        )
    os.replace(part, final)
    disk.sync_folder(final.parent)
    connect(final).close()


def _is_unused(path: Path) -> bool:
    """Nobody has the file open: leaving write-ahead mode needs the file for oneself alone."""
    with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.Error:
            return False
    return bool(mode == "delete")


def _remove_database(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        # Windows refuses while somebody has it open; the next opening tries again.
        with contextlib.suppress(PermissionError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
