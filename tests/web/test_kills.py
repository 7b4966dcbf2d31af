"""Server and worker killed at random moments, over and over: nothing acknowledged is lost.

``JIUGAI_KILLS=200`` makes as many rounds as a release asks for.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from app.store import PlanStore
from tests.town import build_town

ROUNDS = int(os.environ.get("JIUGAI_KILLS", "20"))
STARTED_WITHIN_S = 60.0
LONGEST_LIFE_S = 1.5
AWAY = (OSError, HTTPException, ValueError)


class Served:
    """``jiugai serve`` in a process group of its own, with its worker, and a browser that edits."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", str(folder), "--port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
            env={**os.environ, "JIUGAI_CONFIG": str(config), "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        assert self.process.stdout is not None
        self._base = self.process.stdout.readline().split()[-1]
        self._browser = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )
        self._token = self._ask("api/actor")["csrf"]

    def _ask(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if body is not None:
            headers["X-CSRFToken"] = self._token
        asked = urllib.request.Request(self._base + path, data, headers)
        with self._browser.open(asked, timeout=20) as answer:
            return json.load(answer)

    def edit(self, plan_id: str, floors: int, version: int) -> int:
        """Set the floors of B1; returns the version that the server acknowledged."""
        wish = {"layer": "building", "action": "update", "id": "B1", "version": version,
                "values": {"floors": floors}}  # fmt: skip
        return int(self._ask(f"p/{plan_id}/api/edit", {"edits": [wish]})["applied"][0]["version"])

    def run(self, plan_id: str) -> None:
        self._ask(f"p/{plan_id}/api/runs", {"analysis": "totals", "settings": {}})

    def kill(self) -> None:
        """Kill server and worker at once, as a power cut of the two would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def work_until_killed(served: Served, plan_id: str, version: int, said: list[int]) -> None:
    """Edit for ever, asking for a run now and then; ``said`` keeps what was acknowledged."""
    with contextlib.suppress(*AWAY):
        while True:
            if version % 3 == 0:
                served.run(plan_id)
            version = served.edit(plan_id, 1 + version % 30, version)
            said.append(version)


def wait_for_an_edit(said: list[int]) -> None:
    end = time.monotonic() + STARTED_WITHIN_S
    while not said and time.monotonic() < end:
        time.sleep(0.01)


def test_no_kill_of_server_and_worker_loses_an_edit_or_tears_a_run(tmp_path: Path) -> None:
    with build_town(tmp_path / "plan") as store:
        folder, plan_id = store.folder, store.meta.plan_id
        version = store.row("building", "B1")["version"]  # type: ignore[index]
    chance = random.Random(4)
    acknowledged = 0
    for number in range(1, ROUNDS + 1):
        served = Served(folder, tmp_path / "config")
        said: list[int] = []
        editor = threading.Thread(
            target=work_until_killed, args=(served, plan_id, version, said), daemon=True
        )
        editor.start()
        if number % 4:  # every fourth is killed while it still wakes up
            wait_for_an_edit(said)
        time.sleep(chance.uniform(0.0, LONGEST_LIFE_S))
        served.kill()
        editor.join(timeout=30)
        acknowledged += len(said)
        with PlanStore.open(folder) as plan:
            assert plan.verify() == []
            row = plan.row("building", "B1")
            assert row is not None
            assert row["version"] >= max([version, *said])
            assert row["floors"] == 1 + (row["version"] - 1) % 30 or not acknowledged
            assert len(plan.history("building", "B1")) == row["version"] - 1
            for record in plan.runs():
                assert record.counts, record
            version = row["version"]
    assert acknowledged > 0
