"""The services theme by mouse: a kind, a way, a gate that is opened, a scenario that is kept."""

from __future__ import annotations

import json
import re
import shutil
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.services.plans import Shelf
from app.settings import Settings
from app.web.factory import create_app
from tests.browser.serving import quietly
from tests.demo.towns import demo_town

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PATIENCE_MS = 60_000
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def address(demo_small_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import waitress

    folder = Path(shutil.copytree(demo_small_plan, tmp_path_factory.mktemp("services") / "plan"))
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

    def open_page(path: str, *, size: dict[str, int] = DESKTOP) -> Page:
        context = chromium.new_context(viewport=size, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address + path)
        expect(page.locator(".theme-services h2")).to_be_visible(timeout=PATIENCE_MS)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def test_from_a_kind_to_the_way_of_a_home_with_its_clause(opened: Opened) -> None:
    page = opened("/p/demo/?theme=services")
    page.locator('[data-key="kind-F34"]').click()
    expect(page.locator(".theme-services h2")).to_have_text("幼儿园")
    page.locator('[data-key="homes-beyond"]').click()
    page.locator(".homes-beyond .home-row").first.click()
    expect(page.locator(".way")).to_contain_text("步行距离")
    expect(page.locator(".way")).to_contain_text("直线距离")
    expect(page.locator(".way")).to_contain_text("GB 50180-2018")
    page.keyboard.press("Escape")
    expect(page.locator(".way")).to_have_count(0)


def test_opening_the_planted_gate_tells_households_at_once_and_is_kept_as_a_scenario(
    opened: Opened,
) -> None:
    [fact] = [f for f in demo_town(small=True).facts if f.kind == "gate_worth_opening"]
    page = opened("/p/demo/?theme=services")
    page.locator('[data-key="tool-gate"]').click()
    page.locator('[data-key="advice"]').click()
    page.locator(f'[data-key="advice-{fact.row_id}"]').click()
    expect(page.locator(".answer .gain").first).to_have_text(re.compile(r"得 [\d,]+ 户"))
    page.locator('[data-key="keep-name"]').fill("开后门")
    page.locator('[data-key="keep"]').click()
    expect(page).to_have_url(re.compile("scenario="), timeout=PATIENCE_MS)


def test_a_facility_placed_by_mouse_and_where_a_new_one_should_go(opened: Opened) -> None:
    page = opened("/p/demo/?theme=services")
    page.locator('[data-key="tool-place"]').click()
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".drafts li")).to_have_count(1)
    expect(page.locator(".answer-sum")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator('[data-key="siting"]').click()
    page.locator('[data-key="siting-ask"]').click()
    expect(page.locator(".siting .answer")).to_contain_text("已证明为最优")
    fails_axe(page)
    propose = page.locator('[data-key="propose"]')
    every = int(re.findall(r"\d+", propose.inner_text())[0])
    # A click on the mark of a site takes it out of the proposal, another one puts it back.
    page.locator(".site-mark").first.scroll_into_view_if_needed()
    mark = page.locator(".site-mark").first.bounding_box()
    assert mark is not None
    middle = mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2
    page.mouse.click(*middle)
    expect(page.locator(".site-mark.is-off")).to_have_count(1)
    expect(page.locator(".site-row input:not(:checked)")).to_have_count(1)
    expect(propose).to_contain_text(str(every - 1))
    page.mouse.click(*middle)
    expect(page.locator(".site-mark.is-off")).to_have_count(0)
    expect(propose).to_contain_text(str(every))
    page.keyboard.press("1")
    expect(page.locator(".site-mark")).to_have_count(0)


def test_the_theme_on_a_phone_and_for_the_old(opened: Opened) -> None:
    page = opened("/p/demo/?theme=services&t.profile=older", size=PHONE)
    expect(page.locator('[data-key="profile-older"]')).to_have_attribute("aria-pressed", "true")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


def test_a_shut_gate_is_opened_by_a_click_on_the_map(opened: Opened, address: str) -> None:
    [fact] = [f for f in demo_town(small=True).facts if f.kind == "gate_worth_opening"]
    with urllib.request.urlopen(f"{address}/p/demo/api/features/gate?ids={fact.row_id}") as told:
        [gate] = json.load(told)["features"]
    lon, lat = gate["geometry"]["coordinates"]
    page = opened(f"/p/demo/?theme=services&z=18&lat={lat}&lon={lon}")
    page.locator('[data-key="tool-gate"]').click()
    box = page.locator("#map").bounding_box()
    assert box is not None
    expect(page.locator('[data-key="advice"]')).to_be_visible()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".drafts li")).to_contain_text(gate["properties"]["name"])
    expect(page.locator(".answer .gain").first).to_have_text(re.compile(r"得 [1-9][\d,]* 户"))
    page.locator('[data-key="drop-0"]').click()
    expect(page.locator(".drafts li")).to_have_count(0)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_theme_its_indicators_and_comparison_are_accessible(
    opened: Opened, size: dict[str, int]
) -> None:
    page = opened("/p/demo/?theme=services&t.kind=F34", size=size)
    expect(page.locator(".homes-beyond")).to_be_visible()
    fails_axe(page)
    page.locator('[data-key="services-kinds"]').click()
    page.locator('[data-key^="place-"]').first.click()
    expect(page.locator(".indicators").first).to_be_visible()
    page.locator(".indicator summary").first.click()
    page.locator('[data-key="services-compare"]').click()
    expect(page.locator(".compare .compare-choice, .compare .empty").first).to_be_visible()
    fails_axe(page)


def fails_axe(page: Page) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } })", WCAG)  # fmt: skip
    told = [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found["violations"]]  # fmt: skip
    assert told == [], json.dumps(told, ensure_ascii=False)
