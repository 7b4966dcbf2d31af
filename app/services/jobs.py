"""The worker: takes jobs of a plan one by one and does them in a process of its own."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.errors import NO_TEXT, CancelledError, JiugaiError, PlanError, Text, UsageError
from app.store import PlanStore
from app.store.jobs import Job, JobTable

BEAT_SECONDS = 1.0
IDLE_SECONDS = 0.5


@dataclass
class JobContext:
    """What a handler gets: the plan, the job, and a way to say how far it is."""

    plan: PlanStore
    job: Job
    _state: _Progress

    def progress(self, share: float, doing: Text) -> None:
        """Say how much is done (0 to 1) and what is being done.

        Raises
        ------
        CancelledError
            Somebody cancelled the job.
        PlanError
            The job was given to another worker.
        """
        self._state.share, self._state.doing = min(max(share, 0.0), 1.0), doing
        if self._state.is_lost:
            raise PlanError(
                Text("任务已转交其他进程", "the job was given to another worker"),
                where=f"job {self.job.job_id}",
                fix=Text("请查看任务列表", "look at the list of jobs"),
            )
        if self._state.is_cancelled:
            raise CancelledError(
                Text("任务已取消", "the job was cancelled"),
                where=f"job {self.job.job_id}",
                fix=Text("方案未被改动", "nothing was changed"),
            )


Handler = Callable[[JobContext], Mapping[str, Any]]


@dataclass
class _Progress:
    share: float = 0.0
    doing: Text = NO_TEXT
    is_cancelled: bool = False
    is_lost: bool = False
    is_over: threading.Event = field(default_factory=threading.Event)


class Worker:
    """Does the jobs of one plan, one after the other.

    Parameters
    ----------
    handlers
        What to do for each kind of job; the returned mapping is the job's result.
    """

    def __init__(
        self,
        plan: PlanStore,
        handlers: Mapping[str, Handler],
        *,
        table: JobTable | None = None,
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        self._plan = plan
        self._handlers = handlers
        self._table = table or JobTable(plan.folder)
        self._beat_seconds = beat_seconds
        self.name = str(uuid.uuid4())

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop."""
        while not stop.is_set():
            if not self.run_one():
                stop.wait(IDLE_SECONDS)

    def run_one(self) -> bool:
        """Do the next job if there is one; returns whether there was."""
        job = self._table.claim(self.name)
        if job is None:
            return False
        progress = _Progress()
        heart = threading.Thread(target=self._beat, args=(job, progress), daemon=True)
        heart.start()
        try:
            self._do(job, progress)
        finally:
            progress.is_over.set()
            heart.join()
        return True

    def _do(self, job: Job, progress: _Progress) -> None:
        try:
            handler = self._handlers.get(job.kind)
            if handler is None:
                raise _no_handler(job)
            result = handler(JobContext(self._plan, job, progress))
        except CancelledError:
            self._end(job, progress, lambda: self._table.stop(job.job_id, self.name))
        except JiugaiError as problem:
            error = {**problem.as_json("zh"), "en": problem.as_json("en")}
            self._end(job, progress, lambda: self._table.fail(job.job_id, self.name, error))
        else:
            self._end(job, progress, lambda: self._table.finish(job.job_id, self.name, result))

    def _end(self, job: Job, progress: _Progress, close: Callable[[], None]) -> None:
        """Close the job unless another worker has it; what it wrote then is what counts."""
        if not progress.is_lost:
            close()

    def _beat(self, job: Job, progress: _Progress) -> None:
        started = time.monotonic()
        while not progress.is_over.wait(self._beat_seconds):
            try:
                progress.is_cancelled = self._table.beat(
                    job.job_id,
                    self.name,
                    progress=progress.share,
                    doing=progress.doing,
                    running_s=time.monotonic() - started,
                )
            except PlanError:
                progress.is_lost = not progress.is_over.is_set()
                return


def _no_handler(job: Job) -> UsageError:
    return UsageError(
        Text(f"不认识的任务类型 {job.kind}", f"no work of the kind {job.kind} is known"),
        where=f"job {job.job_id}",
        fix=Text("请升级程序后重试", "upgrade the program and try again"),
    )
