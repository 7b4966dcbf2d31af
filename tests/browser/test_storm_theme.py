"""The water theme by mouse: rain, a run with its zones, measures in a scenario and what they change."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.schema import Actor
from app.services.plans import Shelf
from app.services.runs import run_analysis
from app.settings import Settings
from app.store import PlanStore
from app.web.factory import create_app
from tests.browser.serving import quietly

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
PATIENCE_MS = 60_000
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
SETTINGS = {"mode": "slider", "cell_m": 4, "rain_mm": 60}

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def folder(demo_small_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small demonstration with one storm and its exposure."""
    made = Path(shutil.copytree(demo_small_plan, tmp_path_factory.mktemp("storm") / "plan"))
    with PlanStore.open(made) as plan:
        run_analysis(plan, "storm", SETTINGS, Actor("test"))
        run_analysis(plan, "exposure", {}, Actor("test"))
    return made


@pytest.fixture(scope="module")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import waitress

    shelf = Shelf([folder])
    settings = Settings.read({}, config_dir=tmp_path_factory.mktemp("config"))
    server = waitress.create_server(create_app(settings, shelf), host="127.0.0.1", port=0)
    threading.Thread(target=quietly(server.run), daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    shelf.close()


@pytest.fixture
def opened(chromium: Browser, address: str) -> Iterator[Opened]:
    contexts, faults = [], []

    def open_page(query: str, *, size: dict[str, int] = DESKTOP) -> Page:
        context = chromium.new_context(viewport=size, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{address}/p/demo/?theme=storm{query}")
        expect(page.locator(".theme-storm .segmented")).to_be_visible(timeout=PATIENCE_MS)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def test_the_rain_is_slid_and_the_ground_shows_what_was_changed(opened: Opened) -> None:
    page = opened("&t.mm=10")
    expect(page.locator(".water-picture")).to_have_count(1)
    wet = page.locator(".pour-facts dd").first
    little = wet.text_content()
    page.locator("#rain").fill("100")
    expect(page.locator(".rain-mm")).to_contain_text("100.0 mm")
    expect(wet).not_to_have_text(str(little))
    page.locator('[data-key="ground-on"]').check()
    expect(page.locator(".ground-legend")).to_contain_text("挡水的围墙")
    expect(page.locator(".water-picture")).to_have_count(2)
    fails_axe(page)


def test_a_click_on_a_run_tells_depth_and_zone(opened: Opened) -> None:
    page = opened("&t.part=run")
    expect(page.locator(".balance")).to_contain_text("水量平衡")
    expect(page.locator("#storm-scheme option")).to_have_count(4)
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".theme-storm")).to_contain_text("此处水深")
    fails_axe(page)


def test_a_tank_is_drawn_in_a_scenario_and_both_sides_are_asked_for(opened: Opened) -> None:
    page = opened("&t.part=measures")
    page.locator('[data-key="storm-scenario-name"]').fill("海绵")
    page.locator('[data-key="storm-scenario"]').click()
    page.locator('[data-key="measure-tank"]').click()
    page.locator('[data-key="measure-figure"]').fill("100")
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator('[data-key="measure-add"]').click()
    expect(page.locator(".measures li")).to_have_count(1)
    expect(page.locator(".measures li")).to_contain_text("25.00")
    page.locator('[data-key="storm-both"]').click()
    expect(page.locator(".theme-storm")).to_contain_text("情景还没有计算")
    expect(page.locator("body")).to_contain_text("已排队：现方案与情景各算一遍")
    expect(page.locator(".theme-storm")).to_contain_text("资金与风险")
    fails_axe(page)


def test_the_measures_are_accessible_on_a_phone(opened: Opened) -> None:
    page = opened("&t.part=measures", size=PHONE)
    expect(page.locator(".theme-storm")).to_contain_text("资金与风险")
    fails_axe(page)


def fails_axe(page: Page) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } })", WCAG)  # fmt: skip
    told = [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found["violations"]]  # fmt: skip
    assert told == [], json.dumps(told, ensure_ascii=False)
