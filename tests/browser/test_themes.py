"""The row of themes: opened by click, key and address; leaving one leaves nothing behind."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.schema.actor import Actor
from app.services.plans import Shelf
from app.services.runs import run_analysis
from app.settings import Settings
from app.web.factory import create_app
from tests.browser.serving import quietly

pytestmark = pytest.mark.browser

PATIENCE_MS = 30_000
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PLANNER = Actor("测试", "", "planner")

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def address(demo_small_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server shows a small demonstration plan whose conflicts were searched."""
    import waitress

    folder = Path(shutil.copytree(demo_small_plan, tmp_path_factory.mktemp("themes") / "plan"))
    shelf = Shelf([folder])
    run_analysis(shelf.get("demo").store, "conflicts", {}, PLANNER)
    settings = Settings.read({}, config_dir=tmp_path_factory.mktemp("config"))
    server = waitress.create_server(create_app(settings, shelf), host="127.0.0.1", port=0)
    threading.Thread(target=quietly(server.run), daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    shelf.close()


@pytest.fixture
def opened(chromium: Browser, address: str) -> Iterator[Opened]:
    contexts, faults = [], []

    def open_page(path: str = "/p/demo/", *, size: dict[str, int] = DESKTOP) -> Page:
        context = chromium.new_context(viewport=size, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address + path)
        expect(page.locator(".side-right h2:visible").first).to_be_visible(timeout=PATIENCE_MS)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def test_a_theme_opens_by_click_and_key_and_is_in_the_address(opened: Opened) -> None:
    page = opened()
    expect(page.locator(".theme-tab[aria-current]")).to_have_text(re.compile("范围"))
    page.get_by_role("button", name="管线").first.click()
    expect(page.locator("#theme .theme-pipes h2")).to_be_visible()
    expect(page.locator("#detail")).to_be_hidden()
    assert "theme=pipes" in page.url
    page.keyboard.press("1")
    expect(page.locator("#detail .tile-communities")).to_be_visible()
    assert "theme=" not in page.url
    page.go_back()
    expect(page.locator("#theme .theme-pipes h2")).to_be_visible()


def test_leaving_a_theme_takes_its_overlay_off_the_map(opened: Opened) -> None:
    page = opened("/p/demo/?theme=pipes")
    expect(page.locator("#map canvas.theme-marks")).to_have_count(1)
    expect(page.locator(".map-theme strong")).to_have_text("管线")
    page.keyboard.press("1")
    expect(page.locator("#map canvas.theme-marks")).to_have_count(0)
    expect(page.locator("#theme")).to_be_hidden()
    expect(page.locator("#theme > *")).to_have_count(0)


def test_the_module_of_a_theme_comes_with_its_first_use(opened: Opened) -> None:
    page = opened()
    asked = "() => performance.getEntriesByType('resource').some((one) => one.name.endsWith('/pipes-theme.js'))"
    assert page.evaluate(asked) is False
    page.keyboard.press("2")
    expect(page.locator("#theme .theme-pipes h2")).to_be_visible()
    assert page.evaluate(asked) is True


def test_an_unknown_theme_in_the_address_opens_the_scope(opened: Opened) -> None:
    page = opened("/p/demo/?theme=weather")
    expect(page.locator("#detail .tile-communities")).to_be_visible()


def test_on_a_phone_the_theme_fills_the_sheet(opened: Opened) -> None:
    page = opened("/p/demo/?lang=en", size=PHONE)
    page.get_by_role("button", name="Pipes").first.click()
    expect(page.locator("#theme .theme-pipes h2")).to_be_visible()
    expect(page.locator("#body")).to_have_attribute("data-sheet", "half")
