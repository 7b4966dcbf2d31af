"""The job table of a plan: work that outlives a request, held by a lease that a dead worker loses.

A worker that holds a job counts up its ``beat``. Whether a beat still moves is judged by the clock
of the one who watches, never by comparing times of two processes, so a clock that is set back kills
nobody's job and keeps no dead one alive. A worker whose process is gone loses its job at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from app.errors import NotFoundError, PlanError, Text
from app.schema.actor import Actor
from app.store.backup import SYSTEM_DB
from app.store.cells import now_text
from app.store.sqlite import BUSY_SECONDS, begin, use_wal

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
MOST_ATTEMPTS = 2
SILENT_SECONDS = 20.0

TABLES = """
CREATE TABLE IF NOT EXISTS job (seq INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL, key TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0, cancel_asked INTEGER NOT NULL DEFAULT 0,
  worker TEXT NOT NULL DEFAULT '', worker_pid INTEGER, beat INTEGER NOT NULL DEFAULT 0,
  progress REAL NOT NULL DEFAULT 0, doing_zh TEXT NOT NULL DEFAULT '',
  doing_en TEXT NOT NULL DEFAULT '', running_s REAL NOT NULL DEFAULT 0, result TEXT, error TEXT,
  created_at TEXT NOT NULL, started_at TEXT, finished_at TEXT, actor TEXT NOT NULL,
  organisation TEXT NOT NULL, role TEXT NOT NULL, authenticated INTEGER NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS job_key ON job (kind, key)
  WHERE state IN ('queued', 'running') AND key != '';
CREATE INDEX IF NOT EXISTS job_state ON job (state, seq);
"""
COLUMNS = (
    "job_id", "kind", "key", "payload", "state", "attempts", "cancel_asked", "worker", "worker_pid",
    "beat", "progress", "doing_zh", "doing_en", "running_s", "result", "error", "created_at",
    "started_at", "finished_at", "actor", "organisation", "role", "authenticated",
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One piece of work and how far it is. ``error`` has the four keys of every error."""

    job_id: str
    kind: str
    key: str
    payload: dict[str, Any]
    state: JobState
    attempts: int
    cancel_asked: bool
    progress: float
    doing: Text
    running_s: float
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    created_at: str
    started_at: str
    finished_at: str
    actor: Actor

    @property
    def left_s(self) -> float | None:
        """Seconds to go if it goes on as it went; None before anything is known."""
        if self.state != "running" or self.progress <= 0:
            return None
        return self.running_s * (1 - self.progress) / self.progress


class JobTable:
    """Jobs of one plan. Safe to use from several threads and processes."""

    def __init__(self, folder: Path | str, *, silent_seconds: float = SILENT_SECONDS) -> None:
        self._path = Path(folder) / SYSTEM_DB
        self._silent_seconds = silent_seconds
        self._seen: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()
        with self._connection() as connection:
            connection.executescript(TABLES)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        with contextlib.closing(connection):
            use_wal(connection, BUSY_SECONDS)
            connection.execute("PRAGMA synchronous=FULL")
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection:
            begin(connection, self._path)
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    # --- asking for work ---
    def enqueue(self, kind: str, payload: Mapping[str, Any], *, key: str, actor: Actor) -> Job:
        """Ask for work; the same work that is waiting or running already is not asked for twice.

        Parameters
        ----------
        key
            Hash of everything that the answer depends on; empty: never the same.
        """
        with self._writing() as connection:
            found = connection.execute(
                "SELECT job_id FROM job WHERE kind = ? AND key = ? AND key != ''"
                " AND state IN ('queued', 'running')",
                (kind, key),
            ).fetchone()
            job_id = found[0] if found else str(uuid.uuid4())
            if not found:
                connection.execute(
                    "INSERT INTO job (job_id, kind, key, payload, state, created_at, actor,"
                    " organisation, role, authenticated) VALUES (?,?,?,?,'queued',?,?,?,?,?)",
                    (
                        job_id, kind, key, _text(payload), now_text(), actor.name,
                        actor.organisation, actor.role, int(actor.authenticated),
                    ),
                )  # fmt: skip
        return self.job(job_id)

    def job(self, job_id: str) -> Job:
        """One job.

        Raises
        ------
        NotFoundError
            There is no such job.
        """
        found = self._select("WHERE job_id = ?", (job_id,))
        if not found:
            raise NotFoundError(
                Text("没有这个任务", "there is no such job"),
                where=f"job {job_id}",
                fix=Text("请刷新任务列表", "refresh the list of jobs"),
            )
        return found[0]

    def jobs(self, *, limit: int = 100) -> list[Job]:
        """The latest jobs, newest first."""
        return self._select("ORDER BY seq DESC LIMIT ?", (limit,))

    def _select(self, tail: str, values: tuple[Any, ...]) -> list[Job]:
        with self._connection() as connection:
            rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM job {tail}", values)
            return [_job(dict(zip(COLUMNS, row, strict=True))) for row in rows.fetchall()]

    def cancel(self, job_id: str) -> Job:
        """Cancel a waiting job, or ask a running one to stop at its next step."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE job SET state = 'cancelled', finished_at = ?"
                " WHERE job_id = ? AND state = 'queued'",
                (now_text(), job_id),
            )
            connection.execute(
                "UPDATE job SET cancel_asked = 1 WHERE job_id = ? AND state = 'running'", (job_id,)
            )
        return self.job(job_id)

    # --- doing work ---
    def claim(self, worker: str) -> Job | None:
        """Take the oldest waiting job, once those of dead workers were put back."""
        with self._writing() as connection:
            self._put_back_lost(connection)
            found = connection.execute(
                "SELECT job_id FROM job WHERE state = 'queued' ORDER BY seq LIMIT 1"
            ).fetchone()
            if found is None:
                return None
            connection.execute(
                "UPDATE job SET state = 'running', attempts = attempts + 1, worker = ?,"
                " worker_pid = ?, beat = beat + 1, progress = 0, doing_zh = '', doing_en = '',"
                " running_s = 0, started_at = ? WHERE job_id = ?",
                (worker, os.getpid(), now_text(), found[0]),
            )
        return self.job(found[0])

    def _put_back_lost(self, connection: sqlite3.Connection) -> None:
        for job_id, pid, beat, attempts, cancel_asked in connection.execute(
            "SELECT job_id, worker_pid, beat, attempts, cancel_asked FROM job"
            " WHERE state = 'running'"
        ).fetchall():
            if not self._is_lost(job_id, pid, beat):
                continue
            if cancel_asked:
                _end(connection, job_id, "cancelled", None, None)
            elif attempts < MOST_ATTEMPTS:
                connection.execute(
                    "UPDATE job SET state = 'queued', worker = '' WHERE job_id = ?", (job_id,)
                )
            else:
                _end(connection, job_id, "failed", None, _died_twice(job_id).as_json())

    def _is_lost(self, job_id: str, pid: int, beat: int) -> bool:
        if not _is_alive(pid):
            return True
        now = time.monotonic()
        with self._lock:
            known, since = self._seen.get(job_id, (-1, now))
            if known != beat:
                self._seen[job_id] = (beat, now)
                return False
        return now - since > self._silent_seconds

    def beat(
        self, job_id: str, worker: str, *, progress: float, doing: Text, running_s: float
    ) -> bool:
        """Say that the work goes on; returns whether somebody asked to cancel it.

        Raises
        ------
        PlanError
            The job was given to another worker meanwhile: stop, and write nothing.
        """
        with self._writing() as connection:
            found = connection.execute(
                "UPDATE job SET beat = beat + 1, progress = ?, doing_zh = ?, doing_en = ?,"
                " running_s = ? WHERE job_id = ? AND worker = ? AND state = 'running'"
                " RETURNING cancel_asked",
                (progress, doing.zh, doing.en, running_s, job_id, worker),
            ).fetchone()
        if found is None:
            raise _lease_lost(job_id)
        return bool(found[0])

    def finish(self, job_id: str, worker: str, result: Mapping[str, Any]) -> None:
        """Record that a job is done.

        Raises
        ------
        PlanError
            The job was given to another worker meanwhile.
        """
        self._close(job_id, worker, "done", result, None)

    def fail(self, job_id: str, worker: str, error: Mapping[str, Any]) -> None:
        """Record that a job ended in an error that another try would not cure."""
        self._close(job_id, worker, "failed", None, error)

    def stop(self, job_id: str, worker: str) -> None:
        """Record that a job was cancelled while it ran."""
        self._close(job_id, worker, "cancelled", None, None)

    def _close(
        self,
        job_id: str,
        worker: str,
        state: JobState,
        result: Mapping[str, Any] | None,
        error: Mapping[str, Any] | None,
    ) -> None:
        with self._writing() as connection:
            held = connection.execute(
                "SELECT 1 FROM job WHERE job_id = ? AND worker = ? AND state = 'running'",
                (job_id, worker),
            ).fetchone()
            if held is None:
                raise _lease_lost(job_id)
            _end(connection, job_id, state, result, error)


def _end(
    connection: sqlite3.Connection,
    job_id: str,
    state: JobState,
    result: Mapping[str, Any] | None,
    error: Mapping[str, Any] | None,
) -> None:
    connection.execute(
        "UPDATE job SET state = ?, result = ?, error = ?, finished_at = ?,"
        " progress = CASE WHEN ? = 'done' THEN 1 ELSE progress END WHERE job_id = ?",
        (state, _text(result), _text(error), now_text(), state, job_id),
    )


def _text(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(dict(value), ensure_ascii=False, allow_nan=False)


def _job(row: Mapping[str, Any]) -> Job:
    return Job(
        job_id=row["job_id"],
        kind=row["kind"],
        key=row["key"],
        payload=json.loads(row["payload"]),
        state=row["state"],
        attempts=row["attempts"],
        cancel_asked=bool(row["cancel_asked"]),
        progress=row["progress"],
        doing=Text(row["doing_zh"], row["doing_en"]),
        running_s=row["running_s"],
        result=None if row["result"] is None else json.loads(row["result"]),
        error=None if row["error"] is None else json.loads(row["error"]),
        created_at=row["created_at"],
        started_at=row["started_at"] or "",
        finished_at=row["finished_at"] or "",
        actor=Actor(row["actor"], row["organisation"], row["role"], bool(row["authenticated"])),
    )


def _is_alive(pid: int) -> bool:
    """Whether a process of this computer lives; on Windows only its beat tells."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _lease_lost(job_id: str) -> PlanError:
    return PlanError(
        Text("任务已转交其他进程或已结束", "the job was given to another worker or has ended"),
        where=f"job {job_id}",
        fix=Text("请查看任务列表", "look at the list of jobs"),
    )


def _died_twice(job_id: str) -> PlanError:
    return PlanError(
        Text("任务两次中断，方案未被改动", "the work broke off twice; nothing was changed"),
        where=f"job {job_id}",
        fix=Text("请检查内存和磁盘后重新提交", "check memory and disk, then ask for it again"),
    )
