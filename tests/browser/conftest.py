"""A real browser for the tests that read the map as a person does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from _setup.chromium import find_chromium
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.serving import PATIENCE_MS

REFUSED = re.compile(r"status of (400|409|412|422) ")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The Chromium, Chrome or Edge of this computer; without one the tests fail, saying so."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), headless=True, args=list(QUIET)
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(demo_small_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(demo_small_plan, tmp_path_factory.mktemp("desk") / "plan"))


@pytest.fixture(scope="module")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where ``jiugai serve`` shows a copy of the small demonstration plan, worker included."""
    config = str(tmp_path_factory.mktemp("config"))
    with subprocess.Popen(
        [sys.executable, "-m", "app", "serve", str(folder), "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "JIUGAI_CONFIG": config, "PYTHONUNBUFFERED": "1"},
    ) as served:  # fmt: skip
        assert served.stdout is not None
        yield served.stdout.readline().split()[-1].rstrip("/")
        served.terminate()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": 1440, "height": 900}, locale="zh-CN", base_url=address
    )
    context.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    opened = context.new_page()
    opened.on(
        "console",
        lambda m: faults.append(f"{m.text} {m.location['url']}") if m.type == "error" else None,
    )
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    # A refusal is answered with a status that the browser writes into its console.
    assert [fault for fault in faults if not REFUSED.search(fault)] == []
