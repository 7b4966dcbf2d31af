"""The browser that every other browser test relies on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser


def test_the_browser_of_this_computer_shows_chinese_text(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content("<h1>旧改一张图</h1>")
    assert page.get_by_role("heading").inner_text() == "旧改一张图"
    page.close()
