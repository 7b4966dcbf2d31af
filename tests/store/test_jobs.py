"""Jobs are done once, survive their worker, and can be watched and cancelled."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.errors import PlanError, Text, UsageError
from app.services.jobs import JobContext, Worker
from app.store import PlanStore
from app.store.jobs import JobTable
from tests.store.conftest import PLANNER

DOING = Text("计算中", "computing")


@pytest.fixture
def table(plan: PlanStore) -> JobTable:
    return JobTable(plan.folder)


def test_work_that_is_asked_for_twice_is_queued_once(table: JobTable) -> None:
    first = table.enqueue("run", {"analysis": "totals"}, key="hash", actor=PLANNER)
    again = table.enqueue("run", {"analysis": "totals"}, key="hash", actor=PLANNER)
    other = table.enqueue("run", {"analysis": "totals"}, key="another", actor=PLANNER)

    assert first.job_id == again.job_id != other.job_id
    assert len(table.jobs()) == 2
    table.claim("w1")
    table.finish(first.job_id, "w1", {"run_id": "r"})
    assert table.enqueue("run", {}, key="hash", actor=PLANNER).job_id != first.job_id


def test_jobs_are_claimed_once_and_in_order(table: JobTable) -> None:
    asked = [table.enqueue("run", {"n": n}, key="", actor=PLANNER).job_id for n in range(3)]

    claimed = [table.claim(f"w{n}") for n in range(4)]

    assert [job.job_id if job else None for job in claimed] == [*asked, None]


def test_a_worker_does_a_job_and_says_how_far_it_is(plan: PlanStore, table: JobTable) -> None:
    asked = table.enqueue("sleep", {"n": 3}, key="", actor=PLANNER)
    seen = []

    def work(context: JobContext) -> dict[str, object]:
        context.progress(0.25, DOING)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and table.job(context.job.job_id).progress == 0:
            time.sleep(0.01)
        seen.append(table.job(context.job.job_id))
        return {"answer": context.job.payload["n"] * 2}

    assert Worker(plan, {"sleep": work}, table=table, beat_seconds=0.02).run_one()

    [running] = seen
    assert (running.state, running.progress, running.doing) == ("running", 0.25, DOING)
    assert running.left_s == pytest.approx(3 * running.running_s)
    done = table.job(asked.job_id)
    assert (done.state, done.result, done.progress) == ("done", {"answer": 6}, 1.0)
    assert done.actor == PLANNER


def test_a_failed_job_tells_why_and_is_not_tried_again(plan: PlanStore, table: JobTable) -> None:
    asked = table.enqueue("bad", {}, key="", actor=PLANNER)
    unknown = table.enqueue("unheard_of", {}, key="", actor=PLANNER)

    def work(context: JobContext) -> dict[str, object]:
        raise UsageError(Text("错", "wrong"), where="here", fix=Text("改", "mend"))

    worker = Worker(plan, {"bad": work}, table=table)
    while worker.run_one():
        pass

    failed = table.job(asked.job_id)
    assert (failed.state, failed.attempts) == ("failed", 1)
    assert failed.error is not None
    assert (failed.error["message"], failed.error["en"]["message"]) == ("错", "wrong")
    assert table.job(unknown.job_id).state == "failed"


def test_a_running_job_stops_when_it_is_cancelled(plan: PlanStore, table: JobTable) -> None:
    waiting = table.enqueue("loop", {}, key="", actor=PLANNER)
    assert table.cancel(waiting.job_id).state == "cancelled"
    running = table.enqueue("loop", {}, key="", actor=PLANNER)

    def work(context: JobContext) -> dict[str, object]:
        table.cancel(context.job.job_id)
        while True:
            context.progress(0.5, DOING)
            time.sleep(0.01)

    Worker(plan, {"loop": work}, table=table, beat_seconds=0.02).run_one()

    assert table.job(running.job_id).state == "cancelled"


KILLED = """
import os, signal, sys; sys.path.insert(0, sys.argv[2])
from app.store.jobs import JobTable
job = JobTable(sys.argv[1]).claim("victim")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_job_of_a_killed_worker_is_tried_once_more_and_then_given_up(
    plan: PlanStore, table: JobTable
) -> None:
    asked = table.enqueue("run", {}, key="", actor=PLANNER)
    root = str(Path(__file__).parents[2])
    for attempt in (1, 2):
        subprocess.run(
            [sys.executable, "-c", KILLED, str(plan.folder), root], cwd=root, check=False
        )
        assert table.job(asked.job_id).attempts == attempt

    assert table.claim("me") is None

    given_up = table.job(asked.job_id)
    assert given_up.state == "failed"
    assert given_up.error is not None
    assert "未被改动" in given_up.error["message"]


def test_a_silent_worker_loses_its_job_and_may_not_finish_it(plan: PlanStore) -> None:
    table = JobTable(plan.folder, silent_seconds=0.05)
    asked = table.enqueue("run", {}, key="", actor=PLANNER)
    assert table.claim("silent") is not None
    assert table.claim("next") is None

    time.sleep(0.1)
    taken = table.claim("next")

    assert taken is not None
    assert (taken.job_id, taken.attempts) == (asked.job_id, 2)
    with pytest.raises(PlanError):
        table.finish(asked.job_id, "silent", {})
    with pytest.raises(PlanError):
        table.beat(asked.job_id, "silent", progress=0.1, doing=DOING, running_s=1.0)
    table.finish(asked.job_id, "next", {"ok": True})
    assert table.job(asked.job_id).result == {"ok": True}


def test_a_worker_that_beats_keeps_its_job_whatever_the_clock_says(plan: PlanStore) -> None:
    table = JobTable(plan.folder, silent_seconds=0.2)
    asked = table.enqueue("run", {}, key="", actor=PLANNER)
    table.claim("steady")
    for _ in range(10):
        table.beat(asked.job_id, "steady", progress=0.5, doing=DOING, running_s=1.0)
        assert table.claim("other") is None
        time.sleep(0.03)
    assert table.job(asked.job_id).attempts == 1


def test_a_worker_stops_when_told(plan: PlanStore, table: JobTable) -> None:
    stop, done = threading.Event(), threading.Event()

    def work(context: JobContext) -> dict[str, object]:
        done.set()
        return {"pid": os.getpid()}

    thread = threading.Thread(target=Worker(plan, {"run": work}, table=table).run, args=(stop,))
    thread.start()
    table.enqueue("run", {}, key="", actor=PLANNER)
    assert done.wait(20)
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
