"""A real browser for the tests that read the map as a person does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from _setup.chromium import find_chromium
from playwright.sync_api import Browser, sync_playwright

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
