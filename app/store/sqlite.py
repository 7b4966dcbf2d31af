"""Connections to live files: one SQLite library, write-ahead log, full sync, R-tree functions."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import PlanError, Text
from app.store import blob

_RECOVERY_PAUSE_S = 0.02
BUSY_SECONDS = 10.0


def connect(path: Path) -> sqlite3.Connection:
    """Open an existing live file for reading and writing.

    Raises
    ------
    PlanError
        The file is missing.
    """
    if not path.is_file():
        raise PlanError(
            Text(f"方案文件缺失：{path.name}", f"a file of the plan is missing: {path.name}"),
            where=str(path),
            fix=Text("请从备份恢复", "restore the plan from its last backup"),
        )
    try:
        # Never made anew: an old generation may go between the question above and the opening.
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.DatabaseError as problem:
        raise explained(problem, path) from problem
    try:
        use_wal(connection, BUSY_SECONDS)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA cache_size=-65536")
    except sqlite3.DatabaseError as problem:
        connection.close()
        raise explained(problem, path) from problem
    register_functions(connection)
    return connection


def use_wal(connection: sqlite3.Connection, seconds: float) -> None:
    """Switch to the write-ahead log, waiting for another process that is opening the same file.

    SQLite answers "locked" at once here, whatever the timeout: after a crash two processes that
    open a file together both want to recover its log.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as problem:
            if "locked" not in str(problem) or time.monotonic() >= end:
                raise
        time.sleep(_RECOVERY_PAUSE_S)


def connect_read_only(path: Path) -> sqlite3.Connection:
    """Open a handed-over file that nobody writes, trusting nothing inside it."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?immutable=1",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )
    for pragma in ("query_only=ON", "trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def connect_new(path: Path) -> sqlite3.Connection:
    """Open a file that is being built and that nobody else knows yet: fast, safe only at its end."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, uri=True)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-131072")
    register_functions(connection)
    return connection


def register_functions(connection: sqlite3.Connection) -> None:
    """The five functions that R-tree triggers call."""

    def side(at: int) -> Callable[[bytes | None], float | None]:
        def read(value: bytes | None) -> float | None:
            box = blob.envelope(value)
            return None if box is None else box[at]

        return read

    def is_empty(value: bytes | None) -> int | None:
        return None if value is None else int(blob.is_empty(value))

    connection.create_function("ST_IsEmpty", 1, is_empty, deterministic=True)
    for at, name in enumerate(("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")):
        connection.create_function(name, 1, side(at), deterministic=True)


@contextmanager
def transaction(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Take the write lock at once; commit at the end, roll back on any failure.

    Raises
    ------
    PlanError
        Somebody else, for example an import, holds the file for longer than the busy time.
    """
    begin(connection, path)
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def begin(connection: sqlite3.Connection, path: Path) -> None:
    """BEGIN IMMEDIATE, with our own words when the file is busy."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.DatabaseError as problem:
        raise explained(problem, path) from problem


def explained(problem: sqlite3.DatabaseError, path: Path) -> PlanError:
    """What a failure of the database means to who uses the plan."""
    text = str(problem)
    if "locked" in text:
        return busy(path)
    if "full" in text:
        message = Text("磁盘已满，本次修改未保存", "the disk is full, nothing of this was saved")
        fix = Text("请清理磁盘后重试", "free some space and try again")
    elif "readonly" in text or "read-only" in text or "unable to open" in text:
        message = Text("方案文件夹不可写", "the plan folder cannot be written to")
        fix = Text("请检查文件夹权限", "check the permissions of the folder")
    else:
        message = Text(f"文件 {path.name} 已损坏", f"{path.name} is damaged: {text}")
        fix = Text("请从备份恢复", "restore the plan from its last backup")
    return PlanError(message, where=str(path), fix=fix)


def busy(path: Path) -> PlanError:
    return PlanError(
        Text(
            "方案正忙：另一项导入或保存还在进行", "the plan is busy: an import or a save is running"
        ),
        where=path.name,
        fix=Text("请稍候再试，您的修改没有丢失", "wait a moment and save again; nothing is lost"),
    )


def quoted(name: str) -> str:
    """A name as SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


class Pool:
    """Idle connections by file, so that a read costs no opening; safe to use from many threads."""

    def __init__(self, opener: Callable[[Path], sqlite3.Connection]) -> None:
        self._opener = opener
        self._idle: dict[Path, list[sqlite3.Connection]] = defaultdict(list)
        self._lock = threading.Lock()
        self._current: frozenset[Path] | None = None

    @contextmanager
    def borrow(self, path: Path) -> Iterator[sqlite3.Connection]:
        with self._lock:
            connection = self._idle[path].pop() if self._idle[path] else None
        if connection is None:
            connection = self._opener(path)
        try:
            yield connection
        finally:
            self._give_back(path, connection)

    def _give_back(self, path: Path, connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        with self._lock:
            if self._current is None or path in self._current:
                self._idle[path].append(connection)
                return
        connection.close()

    def keep_only(self, paths: Iterable[Path]) -> None:
        """Close idle connections to files that are no longer current."""
        with self._lock:
            self._current = frozenset(paths)
            stale = [path for path in self._idle if path not in self._current]
            closing = [c for path in stale for c in self._idle.pop(path)]
        for connection in closing:
            connection.close()

    def close(self) -> None:
        self.keep_only(())
