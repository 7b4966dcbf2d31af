"""Edit mode as a person uses it: form, outline, undo, clash and history, by mouse, keys and thumb."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.schema.actor import Actor
from app.services.plans import OpenPlan, Shelf
from app.settings import Settings
from app.store import Edit
from app.web.factory import create_app
from tests.browser.serving import quietly

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PATIENCE_MS = 20_000
BUILDING = "B00001"
COLLEAGUE = Actor("王工", "住建局")

Edited = Callable[..., Page]


@pytest.fixture
def shelf(demo_small_plan: Path, tmp_path: Path) -> Iterator[Shelf]:
    """A copy of the small demonstration plan that the test may change, opened once."""
    shutil.copytree(demo_small_plan, tmp_path / "plan")
    shelf = Shelf([tmp_path / "plan"])
    yield shelf
    shelf.close()


@pytest.fixture
def plan(shelf: Shelf) -> OpenPlan:
    return shelf.get("demo")


@pytest.fixture
def edited(chromium: Browser, shelf: Shelf, plan: OpenPlan, tmp_path: Path) -> Iterator[Edited]:
    """``edited(...)``: the page with a building in edit mode; its console stays clean."""
    import waitress

    settings = Settings.read({}, config_dir=tmp_path / "config")
    server = waitress.create_server(create_app(settings, shelf), host="127.0.0.1", port=0)
    threading.Thread(target=quietly(server.run), daemon=True).start()
    contexts: list[Any] = []
    faults: list[str] = []

    def open_page(*, size: dict[str, int] = DESKTOP, lang: str = "zh", touch: bool = False) -> Page:
        context = chromium.new_context(
            viewport=size, locale="zh-CN", reduced_motion="reduce", has_touch=touch
        )  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(
            f"http://127.0.0.1:{server.effective_port}/p/demo/?sel=building:{BUILDING}&lang={lang}"
        )
        page.locator("[data-key=edit-open]").click()
        expect(page.locator("#edit-year_built")).to_be_visible(timeout=PATIENCE_MS)
        return page

    yield open_page
    for context in contexts:
        context.close()
    server.close()
    # A refused save is answered with a status that the browser writes into its console.
    assert [fault for fault in faults if "412" not in fault and "422" not in fault] == []


def stored(plan: OpenPlan, column: str, row: str = BUILDING) -> Any:
    found = plan.store.row("building", row)
    return None if found is None else found[column]


def saved(page: Page, words: str = "已保存") -> None:
    expect(page.locator(".notice.is-done")).to_contain_text(words, timeout=PATIENCE_MS)


def at_vertex(page: Page, n: int) -> tuple[float, float]:
    box = page.locator(".edit-vertex").nth(n).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_year_is_changed_by_mouse_seen_in_the_panel_and_taken_back(
    edited: Edited, plan: OpenPlan
) -> None:
    before = stored(plan, "year_built")
    page = edited()
    expect(page.locator(".edit-badge")).to_have_text("正在编辑：楼栋")
    page.locator("#edit-year_built").fill("1987")
    page.locator("#edit-floors").click()
    saved(page)
    assert stored(plan, "year_built") == 1987
    page.locator("[data-key=edit-leave]").click()
    expect(page.locator("#detail .facts").first).to_contain_text("1987")
    page.locator(".notice.is-done .link").click()
    saved(page, "已撤销")
    expect(page.locator("#detail .facts").first).to_contain_text(str(before))
    assert stored(plan, "year_built") == before


def test_undo_and_redo_by_keys_go_across_saves(edited: Edited, plan: OpenPlan) -> None:
    page = edited()
    for year in ("1987", "1988"):
        page.locator("#edit-year_built").fill(year)
        page.keyboard.press("Tab")
        expect(page.locator("[data-key=edit-undo]")).to_be_enabled()
        page.wait_for_function(
            "year => document.querySelector('#edit-year_built').value === year", arg=year
        )
        page.wait_for_timeout(300)
    for keys, year in (("Control+z", "1987"), ("Control+Shift+Z", "1988")):
        page.keyboard.press(keys)
        expect(page.locator("#edit-year_built")).to_have_value(year)


def test_what_does_not_fit_is_said_beside_its_field_while_typing(
    edited: Edited, plan: OpenPlan
) -> None:
    before = stored(plan, "floors")
    page = edited()
    page.locator("#edit-floors").fill("900")
    expect(page.locator("#edit-floors-error")).to_contain_text("200")
    expect(page.locator("#edit-floors")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Tab")
    page.wait_for_timeout(500)
    assert stored(plan, "floors") == before


def test_an_emptied_field_is_unknown_not_zero(edited: Edited, plan: OpenPlan) -> None:
    page = edited()
    page.locator("#edit-households").fill("")
    page.keyboard.press("Tab")
    saved(page)
    assert stored(plan, "households") is None
    row = page.locator(".field", has=page.locator("#edit-households"))
    expect(row).to_contain_text("未知")


def test_two_people_at_one_row_see_both_versions_and_choose(edited: Edited, plan: OpenPlan) -> None:
    page = edited()
    row = plan.store.row("building", BUILDING)
    assert row is not None
    theirs = Edit("building", "update", BUILDING, {"year_built": 1970, "floors": 5}, row["version"])
    plan.store.apply([theirs], COLLEAGUE)
    page.locator("#edit-year_built").fill("1999")
    page.keyboard.press("Tab")
    dialog = page.locator("dialog[open]")
    for words in ("1999", "1970", "王工@住建局", "建成年代", "层数"):
        expect(dialog).to_contain_text(words)
    dialog.locator(".primary").click()
    expect(page.locator("#edit-floors")).to_have_value("5")
    assert (stored(plan, "year_built"), stored(plan, "floors")) == (1999, 5)


def test_a_corner_is_dragged_and_an_arrow_key_moves_it_by_a_metre(
    edited: Edited, plan: OpenPlan
) -> None:
    area_m2 = stored(plan, "geometry").area
    page = edited()
    page.locator("[data-key=edit-reshape]").click()
    x, y = at_vertex(page, 0)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y - 18, steps=4)
    page.mouse.up()
    saved(page)
    grown_m2 = stored(plan, "geometry").area
    assert grown_m2 > area_m2 + 5

    page.locator(".notice.is-done").evaluate("notice => notice.remove()")
    before = list(stored(plan, "geometry").exterior.coords)
    page.locator(".edit-vertex").nth(1).focus()
    page.keyboard.press("ArrowDown")
    saved(page)
    after = list(stored(plan, "geometry").exterior.coords)
    moved = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(before, after, strict=True) if a != b]
    lengths = [(dx**2 + dy**2) ** 0.5 for dx, dy in moved]
    assert max(lengths) == pytest.approx(1.0, abs=0.02)
    assert sum(length > 0.5 for length in lengths) == 1


def test_a_corner_is_moved_by_its_coordinates(edited: Edited, plan: OpenPlan) -> None:
    page = edited()
    page.locator("[data-key=edit-reshape]").click()
    north = page.locator(".corners li").nth(0).locator("input").nth(1)
    north.fill(f"{float(north.input_value()) - 0.00002:.7f}")
    page.keyboard.press("Tab")
    saved(page)
    assert len(plan.store.history("building", BUILDING)) == 1


def test_corners_are_read_and_typed_in_the_coordinates_of_the_plan(
    edited: Edited, plan: OpenPlan
) -> None:
    page = edited()
    page.locator("[data-key=edit-reshape]").click()
    page.locator("[data-key=corner-system]").select_option("plan")
    before = stored(plan, "geometry")
    north, east = (page.locator(".corners li").nth(0).locator("input").nth(n) for n in (0, 1))
    expect(north).to_have_value(re.compile(r"^4\d{6}\.\d{3}$"))
    shown = (float(east.input_value()), float(north.input_value()))
    assert min(abs(complex(x - shown[0], y - shown[1])) for x, y in before.exterior.coords) < 0.01
    expect(page.locator(".corner-names")).to_have_text("X（北）Y（东）")
    outward = 0.5 if shown[1] > before.centroid.y else -0.5
    north.fill(f"{shown[1] + outward:.3f}")
    page.keyboard.press("Tab")
    saved(page)
    after = list(stored(plan, "geometry").exterior.coords)
    wanted = (shown[0], shown[1] + outward)
    assert min(abs(complex(x - wanted[0], y - wanted[1])) for x, y in after) < 0.001

    north.fill("605000")  # x and y swapped: nothing moves, the reason is said
    page.keyboard.press("Tab")
    expect(page.locator(".notice[role=alert]")).to_contain_text("X 为北坐标，Y 为东坐标")
    expect(north).to_have_value(f"{wanted[1]:.3f}")


def test_a_new_outline_is_entered_point_by_point_from_a_survey_list(
    edited: Edited, plan: OpenPlan
) -> None:
    page = edited()
    west, south, _, _ = plan.store.read("building").total_bounds
    page.locator("[data-key=edit-new]").select_option("building")
    page.locator("[data-key=edit-draw-Polygon]").click()
    page.locator("[data-key=corner-system]").select_option("plan")
    corners = [(west + dx, south - 300 + dy) for dx, dy in ((0, 0), (20, 0), (20, 12), (0, 12))]
    for count, (east, north) in enumerate(corners, 1):
        page.locator("[data-key=point-0]").fill(f"{north:.3f}")
        page.locator("[data-key=point-1]").fill(f"{east:.3f}")
        page.keyboard.press("Enter")
        expect(page.locator(".corners li")).to_have_count(count)
    page.locator("[data-key=edit-finish]").click()
    page.locator("[data-key=edit-save-new]").click()
    saved(page)
    rows = plan.store.read("building")
    [new] = rows[rows["building_id"].str.startswith("building-")].geometry
    assert new.area == pytest.approx(240, abs=0.1)


def test_a_building_is_drawn_caught_on_a_neighbour_and_deleted_again(
    edited: Edited, plan: OpenPlan
) -> None:
    page = edited()
    rows = len(plan.store.read("building"))
    page.locator("[data-key=edit-reshape]").click()
    corner_x, corner_y = at_vertex(page, 2)
    page.locator("[data-key=edit-finish]").click()
    page.locator("[data-key=edit-new]").select_option("building")
    page.locator("[data-key=edit-draw-Polygon]").click()
    page.wait_for_timeout(800)
    page.mouse.move(corner_x + 1, corner_y + 1)
    expect(page.locator(".snap-target")).to_contain_text("顶点")
    for dx, dy in ((1, 1), (1, 60), (-60, 60)):
        page.mouse.click(corner_x + dx, corner_y + dy)
        page.wait_for_timeout(350)
    page.locator("[data-key=edit-finish]").click()
    page.locator("[data-key=edit-save-new]").click()
    saved(page)
    expect(page.locator("[data-key=edit-delete]")).to_be_visible()
    buildings = plan.store.read("building")
    assert len(buildings) == rows + 1
    [new] = buildings[buildings["building_id"].str.startswith("building-")].geometry
    old = stored(plan, "geometry")
    assert min(new.distance(point) for point in _corners(old)) < 0.01

    page.locator("[data-key=edit-delete]").click()
    expect(page.locator("#editor .kind")).to_have_text("编辑")
    assert len(plan.store.read("building")) == rows


def _corners(outline: Any) -> list[Any]:
    from shapely.geometry import Point

    return [Point(xy[:2]) for xy in outline.exterior.coords]


def test_a_row_of_a_table_is_added_from_the_drawer(edited: Edited, plan: OpenPlan) -> None:
    page = edited()
    page.locator("[data-key=edit-leave]").click()
    page.locator("#detail .kind").wait_for()
    page.evaluate("() => history.replaceState(null, '', location.search + '&table=organisation')")
    page.reload()
    page.locator("[data-key=table-new]").click()
    page.locator("#edit-name").fill("利通区燃气公司")
    page.keyboard.press("Tab")
    page.locator("[data-key=edit-save-new]").click()
    saved(page)
    assert "利通区燃气公司" in plan.store.read("organisation")["name"].tolist()


def test_history_says_who_and_what_and_brings_a_point_back(edited: Edited, plan: OpenPlan) -> None:
    page = edited()
    before = page.locator("#edit-year_built").input_value()
    version = plan.store.row("building", BUILDING)["version"]  # type: ignore[index]
    for step, year in enumerate((1971, 1972)):
        change = Edit("building", "update", BUILDING, {"year_built": year}, version + step)
        plan.store.apply([change], COLLEAGUE, "现场核对")
    page.locator("[data-key=edit-history]").click()
    dialog = page.locator("dialog[open]")
    for words in ("王工@住建局（未认证）", "现场核对", "建成年代", "1971", "1972"):
        expect(dialog).to_contain_text(words)
    dialog.locator(".history-restore").first.click()
    saved(page)
    expect(page.locator("#edit-year_built")).to_have_value("1971")
    page.locator("[data-key=edit-history]").click()
    expect(dialog.locator("li.change").last).to_contain_text("导入时的样子")
    dialog.locator(".history-restore").last.click()
    expect(page.locator("#edit-year_built")).to_have_value(before)


def test_who_works_here_is_said_marked_and_written_into_the_change(
    edited: Edited, plan: OpenPlan
) -> None:
    page = edited()
    page.locator(".bar .actor").click()
    page.locator("#actor-name").fill("李工")
    page.locator("#actor-organisation").fill("金星镇")
    page.locator("#actor-role").select_option("township")
    page.locator(".actor-dialog .primary").click()
    expect(page.locator(".bar .actor")).to_have_text("李工（未认证）")
    page.locator("#edit-floors").fill("7")
    page.keyboard.press("Tab")
    saved(page)
    [change] = plan.store.history("building", BUILDING)
    assert change.actor == Actor("李工", "金星镇", "township")


def test_a_clerk_fills_in_a_year_on_a_phone_and_drags_a_corner_with_a_thumb(
    edited: Edited, plan: OpenPlan
) -> None:
    page = edited(size=PHONE, touch=True)
    year = stored(plan, "year_built") - 1
    page.locator("#edit-year_built").fill(str(year))
    page.keyboard.press("Tab")
    saved(page)
    assert stored(plan, "year_built") == year
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    page.locator("[data-key=edit-reshape]").tap()
    page.wait_for_timeout(500)
    x, y = at_vertex(page, 0)
    area_m2 = stored(plan, "geometry").area
    page.locator(".notice.is-done").evaluate("notice => notice.remove()")
    touch = page.context.new_cdp_session(page)
    for kind, where in (
        ("touchStart", (x, y)), ("touchMove", (x - 12, y - 12)), ("touchMove", (x - 24, y - 24)),
        ("touchEnd", None),
    ):  # fmt: skip
        points = [] if where is None else [{"x": where[0], "y": where[1]}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    saved(page)
    assert stored(plan, "geometry").area != pytest.approx(area_m2, abs=1)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_edit_mode_is_accessible(edited: Edited, size: dict[str, int], lang: str) -> None:
    page = edited(size=size, lang=lang)
    page.locator("[data-key=edit-reshape]").click()
    page.wait_for_timeout(400)
    _no_violations(page)
    page.locator("[data-key=edit-finish]").click()
    page.locator("[data-key=edit-history]").click()
    page.locator("dialog[open]").wait_for()
    _no_violations(page)


def _no_violations(page: Page) -> None:
    page.evaluate(AXE.read_text("utf-8"))
    options = json.dumps({"runOnly": WCAG})
    found = page.evaluate(f"() => axe.run(document, {options})")
    told = [
        (one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]
    ]
    assert told == [], re.sub(r"\s+", " ", str(told))
