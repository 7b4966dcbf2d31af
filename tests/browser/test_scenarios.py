"""Scenarios as a planner works in them: edit inside, clash, merge, undo, swipe by thumb, deliveries."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.schema.actor import Actor
from app.store import Edit, PlanStore
from tests.browser.serving import PATIENCE_MS

BUILDING, OTHER = "B00001", "B00002"
COLLEAGUE = Actor("王工", "住建局")
PHONE = {"width": 390, "height": 844}


def open_map(page: Page, more: str = "") -> None:
    page.goto(f"/p/demo/?lang=zh{more}")
    expect(page.locator("#detail h2, #detail .tile-value").first).to_be_visible(timeout=PATIENCE_MS)


def start_scenario(page: Page, name: str) -> str:
    page.locator(".scenario-button").click()
    page.locator("#scenario-new").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator(".scenario-entry[aria-pressed=true]")).to_contain_text(name)
    page.locator('[data-key="scenario-close"]').click()
    found = re.search("scenario=([^&]+)", page.url)
    assert found is not None
    return found[1]


def edit_here(page: Page, column: str, value: str) -> None:
    """Change the chosen building by mouse and keys, and leave edit mode."""
    page.locator("[data-key=edit-open]").click()
    page.locator(f"#edit-{column}").fill(value)
    page.keyboard.press("Tab")
    expect(page.locator(".notice.is-done")).to_contain_text("已保存", timeout=PATIENCE_MS)
    page.locator("[data-key=edit-leave]").click()


def stored(folder: Path, column: str, scenario: str | None = None, row: str = BUILDING) -> object:
    with PlanStore.open(folder) as store:
        found = store.row("building", row, scenario)
        assert found is not None
        return found[column]


def change_meanwhile(folder: Path, **values: object) -> None:
    with PlanStore.open(folder) as store:
        version = store.row("building", BUILDING)["version"]  # type: ignore[index]
        store.apply([Edit("building", "update", BUILDING, values, version)], COLLEAGUE)


def test_an_edit_inside_a_scenario_clashes_is_settled_merged_and_taken_back(
    page: Page, folder: Path
) -> None:
    open_map(page, f"&sel=building:{BUILDING}")
    before = stored(folder, "floors")
    scenario = start_scenario(page, "加一层")
    edit_here(page, "floors", "8")
    assert (stored(folder, "floors"), stored(folder, "floors", scenario)) == (before, 8)

    change_meanwhile(folder, floors=4)
    page.locator(".scenario-button").click()
    dialog = page.locator(".scenario-dialog")
    expect(dialog.locator(".has-clash")).to_contain_text("⚠ 方案中的原值已改变")
    expect(dialog.locator("[role=alert]")).to_contain_text("1 处与现方案后来的修改冲突")
    expect(dialog.locator("[data-key=scenario-merge]")).to_be_disabled()
    page.locator('[data-key="scenario-close"]').click()

    edit_here(page, "floors", "9")  # done again, knowing what stands in the plan now
    page.locator(".scenario-button").click()
    expect(dialog.locator(".scenario-changes")).to_contain_text("4 → 9")
    dialog.locator("[data-key=scenario-merge]").click()
    notice = page.locator(".notice.is-done")
    expect(notice).to_contain_text("已把情景“加一层”的 1 处改动合并到现方案", timeout=PATIENCE_MS)
    expect(page.locator(".scenario-frame")).to_be_hidden()
    assert stored(folder, "floors") == 9
    notice.get_by_role("button", name="撤销").click()
    expect(page.locator(".scenario-strip")).to_contain_text("加一层", timeout=PATIENCE_MS)
    assert (stored(folder, "floors"), stored(folder, "floors", scenario)) == (4, 9)


def test_a_clash_that_comes_up_while_merging_is_said_in_the_dialog(
    page: Page, folder: Path
) -> None:
    open_map(page, f"&sel=building:{BUILDING}")
    start_scenario(page, "同时修改")
    edit_here(page, "households", "33")
    page.locator(".scenario-button").click()
    dialog = page.locator(".scenario-dialog")
    expect(dialog.locator("[data-key=scenario-merge]")).to_be_enabled()
    change_meanwhile(folder, households=31)
    dialog.locator("[data-key=scenario-merge]").click()
    expect(dialog.locator(".error").first).to_contain_text("1 处与情景冲突", timeout=PATIENCE_MS)
    expect(dialog.locator(".has-clash")).to_have_count(1)
    assert stored(folder, "households") == 31


def test_a_name_that_is_taken_is_refused_in_the_dialog(page: Page) -> None:
    open_map(page)
    start_scenario(page, "只此一个")
    page.locator(".scenario-button").click()
    page.locator("#scenario-new").fill("只此一个")
    page.keyboard.press("Enter")
    expect(page.locator(".scenario-dialog .error")).to_contain_text("未用过的名称")


def test_a_dropped_scenario_comes_back_by_the_notice_and_from_the_list(
    page: Page, folder: Path
) -> None:
    open_map(page, f"&sel=building:{OTHER}")
    scenario = start_scenario(page, "先放一放")
    edit_here(page, "floors", "7")
    page.locator(".scenario-button").click()
    page.locator('[data-key="scenario-drop"]').click()
    notice = page.locator(".notice.is-done")
    expect(notice).to_contain_text("情景“先放一放”已放弃，现方案未变")
    notice.get_by_role("button", name="撤销").click()
    expect(page.locator(".scenario-strip")).to_contain_text("先放一放", timeout=PATIENCE_MS)

    page.locator(".scenario-button").click()
    page.locator('[data-key="scenario-drop"]').click()
    expect(page.locator(".scenario-frame")).to_be_hidden()
    page.locator(".scenario-button").click()
    page.locator(".scenario-over summary").click()
    page.locator(f'[data-key="scenario-reopen-{scenario}"]').click()
    expect(page.locator(".scenario-strip")).to_contain_text("先放一放", timeout=PATIENCE_MS)
    assert stored(folder, "floors", scenario, OTHER) == 7


def drop_files(page: Page, target: str, name: str, content: bytes) -> None:
    """A file let go over an element, as from the computer's folders."""
    page.locator(target).evaluate(
        """(zone, { name, content }) => {
          const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0))
          const transfer = new DataTransfer()
          transfer.items.add(new File([bytes], name))
          for (const kind of ['dragenter', 'dragover', 'drop']) {
            zone.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }))
          }
        }""",
        {"name": name, "content": base64.b64encode(content).decode()},
    )


def test_a_file_dropped_on_the_page_goes_into_the_chosen_scenario_and_out_again(
    page: Page, folder: Path
) -> None:
    with PlanStore.open(folder) as store:
        before = store.counts()["building"]
        shape = store.read("building").geometry.iloc[:1].translate(0, 350).to_crs(4326).iloc[0]
    one = {
        "type": "Feature",
        "geometry": shape.__geo_interface__,
        "properties": {"楼号": "新1", "层数": 6, "建成年代": 1990, "户数": 12},
    }
    content = json.dumps({"type": "FeatureCollection", "features": [one]}).encode()
    open_map(page)
    scenario = start_scenario(page, "新建一栋")
    page.locator(".upload-link").click()
    expect(page.locator(".scenario-line")).to_contain_text("导入到情景“新建一栋”，现方案不变")
    drop_files(page, ".drop-zone", "新楼栋.geojson", content)
    page.locator('[data-key="upload-confirm"]').click()
    expect(page.locator("#upload h2")).to_contain_text("已导入 1 行", timeout=PATIENCE_MS)
    with PlanStore.open(folder) as store:
        assert store.counts()["building"] == before
        assert len(store.read("building", scenario=scenario)) == before + 1
    page.locator('[data-key="upload-undo"]').click()
    expect(page.locator("#upload h2")).to_contain_text("已撤销", timeout=PATIENCE_MS)
    with PlanStore.open(folder) as store:
        assert len(store.read("building", scenario=scenario)) == before


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[Page]:
    context = chromium.new_context(
        viewport=PHONE, locale="zh-CN", base_url=address, has_touch=True  # type: ignore[arg-type]
    )  # fmt: skip
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def test_two_readings_are_parted_by_a_thumb_on_a_phone(phone: Page) -> None:
    open_map(phone)
    start_scenario(phone, "手机上看")
    phone.locator(".scenario-button").tap()
    phone.locator('[data-key="beside-plan"]').tap()
    handle = phone.get_by_role("slider")
    expect(handle).to_have_attribute("aria-valuenow", "50", timeout=PATIENCE_MS)
    box = handle.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, 250
    touch = phone.context.new_cdp_session(phone)
    for kind, at in (
        ("touchStart", x),
        ("touchMove", x - 60),
        ("touchMove", x - 117),
        ("touchEnd", None),
    ):
        points = [] if at is None else [{"x": at, "y": y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(handle).to_have_attribute("aria-valuenow", "20")
    assert phone.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_photo_is_added_to_a_community_and_shown(
    page: Page, folder: Path, tmp_path: Path
) -> None:
    from PIL import Image

    Image.new("RGB", (80, 60), "#8a6d3b").save(tmp_path / "大门.jpg")
    open_map(page, "&sel=community:C001")
    with page.expect_file_chooser() as chooser:
        page.locator("[data-key=photo-add]").click()
    chooser.value.set_files(tmp_path / "大门.jpg")
    picture = page.locator(".photos img")
    expect(picture).to_be_visible(timeout=PATIENCE_MS)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 80
    with PlanStore.open(folder) as store:
        assert store.read("attachment")["target_id"].tolist() == ["C001"]
