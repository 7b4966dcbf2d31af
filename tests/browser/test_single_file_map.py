"""The single-file map in a real browser with the network off, and with names that want to run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app.report.folium_map import Sheet, single_file_map
from tests.single_map_cases import files, sheet, with_title

pytestmark = pytest.mark.browser
HOSTILE = (
    "<img src=x onerror=\"window.ran='img'\">",
    "</script><script>window.ran='script'</script>",
    "`+(window.ran='backtick')+`",
    "${window.ran='template'}",
    '"><svg onload="window.ran=\'svg\'">',
    "';window.ran='quote';//",
    "{{ 7*7 }}{% raw %}{% endraw %}",
    "<!--<script>",
)


class Opened:
    """A page opened from a file with the network off, and all that it asked for."""

    def __init__(self, page: Page, path: Path) -> None:
        self.page = page
        page.set_default_timeout(5_000)
        self.faults: list[str] = []
        self.requests: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)  # fmt: skip
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready]")


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[object]:
    context = chromium.new_context(offline=True, viewport={"width": 1440, "height": 900})

    def open_sheet(one: Sheet) -> Opened:
        path = tmp_path / "map.html"
        path.write_text(single_file_map(one, files()), encoding="utf-8", newline="\n")
        return Opened(context.new_page(), path)

    yield open_sheet
    context.close()


def test_the_map_opens_from_one_file_with_the_network_off(opened, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    seen = opened(sheet("朝阳小区", "二号院", "三号院"))

    assert [url for url in seen.requests if not url.startswith("data:")] == [
        (tmp_path / "map.html").as_uri()
    ]
    assert seen.faults == []
    assert seen.page.get_by_role("heading", level=1).inner_text() == "利通区2024年城镇老旧小区改造"
    for words in (
        "演示数据",
        "示意边界",
        "密级：公开",
        "© 演示",
        "另有 1 个小区未划入乡镇，未显示",
    ):
        assert seen.page.get_by_text(words).first.is_visible()
    assert seen.page.locator("path.leaflet-interactive").count() == 3
    assert seen.page.locator(".leaflet-tooltip.township").inner_text() == "金星镇（示意）"


def test_unknown_is_hatched_and_counted_apart(opened) -> None:  # type: ignore[no-untyped-def]
    seen = opened(sheet("朝阳小区", "二号院", "三号院"))

    fills = [p.get_attribute("fill") for p in seen.page.locator("path.leaflet-interactive").all()]
    assert fills.count("url(#hatch)") == 1
    assert seen.page.locator("#legend").get_by_text("未知 · 1").is_visible()


def test_another_measure_repaints_map_and_legend(opened) -> None:  # type: ignore[no-untyped-def]
    seen = opened(sheet("朝阳小区", "二号院"))

    seen.page.get_by_label("户数").check()

    assert seen.page.locator("#legend").get_by_text("0 · 2").is_visible()
    fills = {p.get_attribute("fill") for p in seen.page.locator("path.leaflet-interactive").all()}
    assert fills == {"#f7f4ef"}


def test_a_class_of_the_legend_hides_its_communities(opened) -> None:  # type: ignore[no-untyped-def]
    seen = opened(sheet("朝阳小区", "二号院"))

    seen.page.locator("#legend button").filter(has_text="未知").click()

    shown = [
        p.get_attribute("fill-opacity") for p in seen.page.locator("path.leaflet-interactive").all()
    ]
    assert sorted(shown) == ["0", "0.8"]


@pytest.mark.parametrize("asked", ["朝阳", "zhaoyang", "zyxq", "阳小"])
def test_a_community_is_found_by_name_pinyin_and_initials(opened, asked: str) -> None:  # type: ignore[no-untyped-def]
    seen = opened(sheet("朝阳小区", "二号院"))

    seen.page.get_by_label("搜索").fill(asked)

    assert seen.page.locator("#list button").all_inner_texts() == ["朝阳小区"]
    assert seen.page.get_by_role("status").inner_text() == "1 / 2 小区"


def test_choosing_a_found_community_opens_its_facts_by_keyboard(opened) -> None:  # type: ignore[no-untyped-def]
    seen = opened(sheet("朝阳小区", "二号院"))

    seen.page.get_by_label("搜索").fill("朝阳")
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.press("Enter")

    popup = seen.page.locator(".leaflet-popup-content")
    popup.wait_for()
    text = popup.inner_text()
    assert "朝阳小区" in text
    assert "100.00 万元" in text
    assert "1985" in text


def test_hostile_names_are_text_everywhere_and_nothing_runs(opened) -> None:  # type: ignore[no-untyped-def]
    seen = opened(with_title(sheet(*HOSTILE), HOSTILE[1]))

    for path in seen.page.locator("path.leaflet-interactive").all():
        # An opened popup moves the map, and with it the next path perhaps out of sight of a mouse.
        path.dispatch_event("mouseover")
        path.dispatch_event("click")
        seen.page.locator(".leaflet-popup-content").first.wait_for()
    for button in seen.page.locator("#list button").all():
        button.click()
        seen.page.wait_for_timeout(30)

    assert seen.page.evaluate("window.ran") is None
    assert sorted(seen.page.locator("#list button").all_inner_texts()) == sorted(HOSTILE)
    assert seen.page.get_by_role("heading", level=1).inner_text() == HOSTILE[1]
    assert [url for url in seen.requests if not url.startswith(("data:", "file:"))] == []
    assert seen.faults == []


def test_a_popup_shows_the_hostile_name_as_it_is(opened) -> None:  # type: ignore[no-untyped-def]
    seen = opened(sheet(*HOSTILE))

    seen.page.get_by_role("button", name=HOSTILE[0], exact=True).click()

    popup = seen.page.locator(".leaflet-popup-content")
    popup.wait_for()
    assert HOSTILE[0] in popup.inner_text()
    assert popup.locator("img").count() == 0


def test_even_a_script_that_got_in_would_not_run(opened) -> None:  # type: ignore[no-untyped-def]
    seen = opened(sheet("朝阳小区"))

    seen.page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran=1\">')"
    )
    seen.page.wait_for_timeout(100)

    assert seen.page.evaluate("window.ran") is None


def test_on_paper_the_legend_stays_and_the_controls_go(opened) -> None:  # type: ignore[no-untyped-def]
    seen = opened(sheet("朝阳小区", "二号院"))

    seen.page.emulate_media(media="print")

    assert seen.page.locator("#legend").is_visible()
    assert not seen.page.locator("#search").is_visible()
    assert not seen.page.locator(".leaflet-control-zoom").is_visible()


def test_on_a_phone_map_and_list_are_both_there(chromium: Browser, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    path.write_text(
        single_file_map(sheet("朝阳小区", "二号院"), files()), encoding="utf-8", newline="\n"
    )
    context = chromium.new_context(offline=True, viewport={"width": 390, "height": 844})
    page = Opened(context.new_page(), path).page

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".folium-map").bounding_box()["height"] > 400  # type: ignore[index]
    assert page.get_by_role("heading", level=1).is_visible()
    context.close()
