"""``jiugai worker``: do the queued jobs of plans in a process of its own."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.output import example
from app.errors import JiugaiError

if TYPE_CHECKING:
    from app.services.jobs import Worker


@click.command(
    help="在独立进程中执行排队的任务（jiugai serve 会自动启动一个）。\n\n"
    "Do the queued jobs in a process of its own; jiugai serve starts one by itself."
    + example("jiugai worker plans/demo", "jiugai worker plans/demo --once")
)
@click.argument("plans", type=click.Path(path_type=Path, exists=True), nargs=-1, required=True)
@click.option("--once", is_flag=True, help="做完已排队的任务即结束 · End when none is waiting.")
@click.option("--parent", type=int, hidden=True, help="End when this process ends.")
def worker(plans: tuple[Path, ...], once: bool, parent: int | None) -> None:
    from app.services.job_kinds import HANDLERS
    from app.services.jobs import IDLE_SECONDS, Worker
    from app.services.plans import open_plan

    stores = [open_plan(path).store for path in plans]
    workers = [Worker(store, HANDLERS) for store in stores if not store.is_read_only]
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    while not stop.is_set():
        if sum(_one(each) for each in workers):
            continue
        if once or (parent is not None and _is_gone(parent)):
            break
        stop.wait(IDLE_SECONDS)
    for store in stores:
        store.close()


def _one(worker: Worker) -> bool:
    """The next job of a plan; a plan that is busy or away for a moment does not end the worker."""
    try:
        return worker.run_one()
    except JiugaiError as problem:
        click.echo(f"{problem.message.zh} · {problem.message.en} ({problem.where})", err=True)
        return False


def _is_gone(parent: int) -> bool:
    """Whether the server that started this worker has ended without saying so."""
    return sys.platform != "win32" and os.getppid() != parent
