"""The map as a person reads and drives it: demonstration plan, both languages, desktop and phone."""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.services.plans import Shelf
from app.settings import Settings
from app.store import PlanStore
from app.web.factory import create_app
from tests.browser.serving import quietly

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PATIENCE_MS = 20_000

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def address(demo_small_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server shows the small demonstration plan."""
    import waitress

    shelf = Shelf([demo_small_plan])
    settings = Settings.read({}, config_dir=tmp_path_factory.mktemp("config"))
    server = waitress.create_server(create_app(settings, shelf), host="127.0.0.1", port=0)
    threading.Thread(target=quietly(server.run), daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    shelf.close()


@pytest.fixture
def opened(chromium: Browser, address: str) -> Iterator[Opened]:
    """``opened(path, **viewport)``: a page whose console stayed clean, by the end of the test."""
    contexts, faults = [], []

    def open_page(path: str = "/p/demo/", *, size: dict[str, int] = DESKTOP) -> Page:
        context = chromium.new_context(viewport=size, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(address + path)
        expect(page.locator("#detail h2, #rules table").first).to_be_visible(timeout=PATIENCE_MS)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def tile(page: Page, measure: str) -> Any:
    return page.locator(f"#detail .tile-{measure} .tile-value")


def read(locator: Any) -> str:
    return str(locator.first.inner_text()).replace("\u00a0", " ")


def query(page: Page) -> str:
    return str(page.evaluate("() => location.search"))


def test_the_opened_plan_says_its_five_totals_at_once(opened: Opened) -> None:
    page = opened()
    totals = [
        read(tile(page, name))
        for name in ("communities", "buildings", "floor_area_m2", "households", "cost_fen")
    ]
    assert totals == ["19 个", "60 栋", "16.96 万m²", "2,004 户", "4,552.00 万元"]
    expect(page.locator(".bar .badge-demo")).to_have_text("演示数据")
    expect(page.locator(".townships .badge-schematic")).to_have_count(4)
    expect(page.locator(".leaflet-control-scale-line")).to_be_visible()


def test_a_township_leads_to_its_communities_and_these_to_their_buildings(opened: Opened) -> None:
    page = opened()
    page.get_by_role("button", name="金星镇", exact=True).click()
    expect(page.locator("#detail h2")).to_contain_text("金星镇")
    card = page.locator("#detail .card").first
    name = read(card.locator(".card-name"))
    card.click()
    expect(page.locator("#detail h2")).to_contain_text(name.split(" ")[0])
    expect(page.locator("#detail .facts").first).to_contain_text("建成年代")
    expect(page.locator("#detail .scope-group").first).to_contain_text("基础类")
    page.locator("#detail .chip").first.click()
    expect(page.locator("#detail .kind")).to_contain_text("楼栋")
    page.keyboard.press("Escape")
    expect(page.locator("#detail h2")).to_contain_text(name.split(" ")[0])
    page.keyboard.press("Escape")
    expect(page.locator("#detail h2")).to_contain_text("金星镇")


def test_back_and_forward_walk_through_what_was_chosen(opened: Opened) -> None:
    page = opened()
    page.get_by_role("button", name="金星镇", exact=True).click()
    expect(page.locator("#detail h2")).to_contain_text("金星镇")
    page.go_back()
    expect(page.locator("#detail .townships")).to_be_visible()
    page.go_forward()
    expect(page.locator("#detail h2")).to_contain_text("金星镇")


def test_the_language_changes_without_losing_the_state(opened: Opened) -> None:
    page = opened()
    page.evaluate("() => { globalThis.sameDocument = true }")
    page.get_by_role("button", name="金星镇", exact=True).click()
    expect(page.locator("#detail h2")).to_contain_text("金星镇")
    page.get_by_role("button", name="English").click()
    expect(page.locator("#detail h2")).to_contain_text("Jinxing Town")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.evaluate("() => globalThis.sameDocument") is True


def test_an_address_opens_the_state_that_was_shared(opened: Opened, address: str) -> None:
    page = opened(
        "/p/demo/?measure=households&layers=pipe&hidden=stage.works&table=community&lang=en"
    )
    expect(page.locator(".map-theme")).to_contain_text("Households")
    expect(page.locator("#detail .filtered")).to_be_visible()
    expect(page.locator("#table")).to_be_visible()
    expect(page.locator("#table .tabulator-row").first).to_be_visible()


@pytest.mark.parametrize("typed", ["金星镇", "jinxing", "jx", "640302106"])
def test_a_place_is_found_by_name_pinyin_initials_or_code(opened: Opened, typed: str) -> None:
    page = opened()
    page.keyboard.press("/")
    page.keyboard.type(typed)
    expect(page.locator(".hit").first).to_contain_text("金星镇")
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_contain_text("金星镇")


def test_hiding_a_class_takes_it_out_of_the_sums_and_says_so(opened: Opened) -> None:
    page = opened()
    shown = page.locator("#panel-layers .legend").first.locator(".legend-class")
    dearest = shown.nth(shown.count() - 2) if shown.count() > 2 else shown.first
    dearest.click()
    expect(page.locator("#detail .filtered")).to_be_visible()
    expect(tile(page, "communities")).not_to_have_text(re.compile("^19"))
    page.locator("#panel-layers .legend").first.locator(".legend-class").nth(
        shown.count() - 2
    ).click()
    expect(tile(page, "communities")).to_have_text(re.compile("^19"))


def test_a_filter_by_category_changes_sums_and_address(opened: Opened) -> None:
    page = opened()
    page.get_by_role("tab", name="筛选").click()
    page.get_by_label("改造类别").select_option("improved")
    expect(page.locator("#detail .filtered")).to_be_visible()
    expect(tile(page, "cost_fen")).not_to_have_text(re.compile(r"^4,552\.00"))
    assert "category=improved" in query(page)
    page.get_by_role("button", name="清除全部筛选").click()
    expect(tile(page, "cost_fen")).to_have_text(re.compile(r"^4,552\.00"))


def test_the_table_sums_filters_and_follows_the_map(opened: Opened) -> None:
    page = opened()
    page.keyboard.press("t")
    expect(page.locator(".table-note")).to_have_text("19 行")
    expect(page.locator(".table-sums")).to_contain_text("2,004")
    row = page.locator(".tabulator-row").nth(2)
    name = read(row.locator('[tabulator-field="name"]'))
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_contain_text(name)
    expect(page.locator(".tabulator-row.tabulator-selected")).to_contain_text(name)
    page.locator('.tabulator-col[tabulator-field="name"] input').press_sequentially(name)
    expect(page.locator(".table-note")).to_have_text("1 行")
    assert "/export/" in (page.locator(".table-head a").get_attribute("href") or "")


def test_what_is_unknown_is_spelled_out_with_a_way_to_all_such_rows(opened: Opened) -> None:
    page = opened()
    page.get_by_role("button", name=re.compile("建成年代未知")).click()
    expect(page.locator(".tabulator-row").first).to_be_visible()
    assert json.loads(page.evaluate("() => new URLSearchParams(location.search).get('rows')"))[
        "year_built"
    ] == {"unknown": True}
    expect(page.locator('.tabulator-row [tabulator-field="year_built"]').first).to_have_text("未知")


def test_the_pointer_reads_a_name_and_one_number(opened: Opened) -> None:
    page = opened()
    box = page.locator("#map").bounding_box()
    assert box
    for step in range(6):
        page.mouse.move(box["x"] + box["width"] / 2 + 40 + step, box["y"] + box["height"] / 2 + 40)
        page.wait_for_timeout(100)
    expect(page.locator(".map-tip")).to_contain_text("镇")
    expect(page.locator(".map-tip .tip-figure")).to_contain_text("万元")


def test_two_clicks_measure_a_length_on_the_ellipsoid(opened: Opened) -> None:
    page = opened()
    page.get_by_role("button", name="量距与量面").click()
    page.mouse.click(600, 400)
    page.mouse.click(760, 400)
    expect(page.locator(".measure-box")).to_contain_text(re.compile(r"长度 [\d,.]+\s(m|km)"))
    expect(page.locator(".measure-box")).to_contain_text("WGS 84")
    page.keyboard.press("Escape")
    expect(page.locator(".measure-box")).to_be_hidden()


def test_keys_change_the_theme_and_explain_themselves(opened: Opened) -> None:
    page = opened()
    page.keyboard.press("2")
    expect(page.locator(".map-theme")).to_contain_text("管线")
    page.keyboard.press("1")
    expect(page.locator(".map-theme")).to_contain_text("投资")
    page.keyboard.press("?")
    expect(page.locator("dialog.help")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    expect(page.locator("#body")).to_have_class(re.compile("fold-left"))


def test_on_a_phone_the_sheet_has_three_heights(opened: Opened) -> None:
    page = opened(size=PHONE)
    heights = []
    for _ in range(3):
        page.wait_for_timeout(250)
        heights.append(round(page.locator("#right").bounding_box()["height"]))  # type: ignore[index]
        page.locator("#handle button").click()
    assert heights[0] < heights[1] < heights[2]
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]


def test_on_a_phone_the_resting_sheet_answers_with_the_figures(opened: Opened) -> None:
    page = opened(size=PHONE)

    assert page.locator("#body").get_attribute("data-sheet") == "peek"
    floor = page.viewport_size["height"]  # type: ignore[index]
    for measure in ("cost_fen", "communities", "buildings", "households"):
        box = tile(page, measure).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= floor, measure
        assert box["x"] >= 0, measure
        assert box["x"] + box["width"] <= PHONE["width"], measure
    page.locator(".phone-only").first.click()
    expect(page.locator(".page-links").get_by_text("导入")).to_be_visible()


def test_in_english_the_programme_and_the_person_have_english_names(opened: Opened) -> None:
    page = opened("/p/demo/?lang=en")

    expect(page.locator("#detail h2")).to_have_text("2024 renovation programme")
    expect(page.locator('[data-key="actor"]')).to_have_text("Local user (not verified)")
    expect(page.locator(".map-theme")).to_contain_text("2024 renovation programme")
    page.locator(".search input").fill("jxz")
    expect(page.locator(".hit").first).to_have_text("Jinxing TownTownship · 金星镇")


def test_pipes_are_labelled_from_zoom_19_and_no_label_touches_another(
    opened: Opened, demo_small_plan: Path
) -> None:
    with PlanStore.open(demo_small_plan) as plan:
        middle = plan.read("pipe").to_crs("EPSG:4326").geometry.iloc[0].centroid
    page = opened(f"/p/demo/?layers=pipe&z=19&lat={middle.y:.6f}&lon={middle.x:.6f}")
    labels = page.locator(".map-name-pipe")

    expect(labels.first).to_contain_text(re.compile("DN|×|kV|管径未知"), timeout=PATIENCE_MS)
    boxes = page.locator(".map-name").evaluate_all(
        "list => list.map((one) => { const b = one.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom] })"
    )
    touching = [
        (a, b)
        for a, b in itertools.combinations(boxes, 2)
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]
    assert touching == []
    page.keyboard.press("-")
    expect(labels).to_have_count(0)


def test_gates_say_their_state_by_a_sign_that_the_legend_explains(opened: Opened) -> None:
    page = opened("/p/demo/?z=18&lat=37.975&lon=106.195")

    for state in ("开放", "封闭", "仅居民", "定时开放", "未知"):
        expect(
            page.get_by_role("group", name="出入口状态").get_by_text(state, exact=True)
        ).to_be_visible()


def test_recalled_figures_look_different_from_seen_ones(opened: Opened) -> None:
    page = opened("/p/demo/rules")
    expect(page.locator(".confidence-recalled .confidence-figure").first).to_have_css(
        "border-bottom-style", "dashed"
    )
    expect(page.locator(".confidence-seen .confidence-figure").first).to_have_css(
        "border-bottom-style", "none"
    )
    page.get_by_role("button", name=re.compile("存疑")).first.click()
    expect(page.locator(".rule-table tbody tr").first).to_have_class("is-uncertain")
    page.get_by_role("searchbox").fill("no such rule anywhere")
    expect(page.locator(".empty")).to_be_visible()


PLACES = {
    "plan": "/p/demo/",
    "community": "/p/demo/?sel=community:C001",
    "table": "/p/demo/?table=community&folded=left",
    "rules": "/p/demo/rules?table=survey_accuracy",
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("place", PLACES)
def test_nothing_breaks_wcag_22_aa(
    opened: Opened, place: str, size: dict[str, int], language: str
) -> None:
    path = PLACES[place]
    page = opened(f"{path}{'&' if '?' in path else '?'}lang={language}", size=size)
    if place == "table":
        expect(page.locator(".tabulator-row").first).to_be_visible()
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "(tags) => axe.run({runOnly: {type: 'tag', values: tags}}).then((r) => r.violations)", WCAG
    )
    told = [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found]
    assert told == []
