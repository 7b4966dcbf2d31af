"""A planner's session from end to end, by mouse and keyboard alone: edit, stale, rerun, undo, what-if."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from app.store import PlanStore
from tests.browser.serving import PATIENCE_MS

WHO = "李工"


def test_a_year_is_changed_results_turn_stale_are_run_again_and_two_scenarios_are_compared(
    page: Page, folder: Path
) -> None:
    page.goto("/p/demo/?lang=zh")
    expect(page.locator("#detail .tile-value").first).to_be_visible(timeout=PATIENCE_MS)
    say_who_works_here(page)

    open_runs(page)
    for analysis in ("eligibility", "totals"):
        run(page, analysis)
    back_to_the_map(page)
    expect(page.locator(".runs-link")).to_have_text("运行")

    # Find a community by keyboard, its second building by mouse, and change its year.
    choose_building(page)
    building = re.search(r"sel=building(?::|%3A)([^&]+)", page.url)
    assert building is not None
    with PlanStore.open(folder) as store:
        before = store.row("building", building[1])["year_built"]  # type: ignore[index]
    page.locator("[data-key=edit-open]").click()
    expect(page.locator("#edit-year_built")).to_have_value(str(before))
    page.locator("#edit-year_built").click()
    page.keyboard.press("Control+a")
    page.keyboard.type("2005")
    page.keyboard.press("Tab")
    expect(page.locator(".notice.is-done")).to_contain_text("已保存")

    # The bar, the foot of the map and the plan say at once that two results are stale, and why.
    expect(page.locator(".runs-link")).to_have_text("运行 · 2 待复核", timeout=PATIENCE_MS)
    expect(page.locator(".map-foot")).to_contain_text("待复核")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    open_runs(page)
    for analysis in ("eligibility", "totals"):
        card = page.locator(f'[data-analysis="{analysis}"]')
        expect(card.locator(".state")).to_have_text("待复核")
        expect(card.locator(".reasons")).to_contain_text(f"“楼栋”已由 {WHO}")
        run(page, analysis)
    back_to_the_map(page)
    expect(page.locator(".runs-link")).to_have_text("运行")

    # Taken back by keyboard, with the page read anew in between: the edit is still there to undo.
    page.keyboard.press("Control+z")
    expect(page.locator(".notice.is-done")).to_contain_text("已撤销", timeout=PATIENCE_MS)
    expect(page.locator(".runs-link")).to_have_text("运行 · 2 待复核", timeout=PATIENCE_MS)
    with PlanStore.open(folder) as store:
        assert store.row("building", building[1])["year_built"] == before  # type: ignore[index]

    # Two scenarios: the same building at two years, one with fewer households as well.
    for name, values in (("建于1970", {"year_built": "1970"}),
                         ("建于2010", {"year_built": "2010", "households": "3"})):  # fmt: skip
        start_scenario(page, name)
        choose_building(page)
        edit(page, values)
    page.locator(".scenario-button").click()
    page.locator(".dialog-row [data-key^=beside-]", has_text="建于1970").click()
    panel = page.locator(".compare-panel")
    expect(panel.locator("h2")).to_have_text("建于1970 ↔ 建于2010", timeout=PATIENCE_MS)
    expect(panel).to_contain_text("1970 → 2010")
    expect(panel.locator("tr", has_text="户数").first.locator(".is-changed")).to_contain_text("−")
    expect(page.locator(".side-name")).to_have_text(["‹ 建于1970", "建于2010 ›"])
    handle = page.get_by_role("slider")
    handle.hover()
    page.mouse.down()
    page.mouse.move(500, 400, steps=5)
    page.mouse.up()
    assert int(handle.get_attribute("aria-valuenow") or 50) < 40
    with PlanStore.open(folder) as store:
        assert store.row("building", building[1])["year_built"] == before  # type: ignore[index]


def say_who_works_here(page: Page) -> None:
    page.locator(".bar .actor").click()
    page.locator("#actor-name").fill(WHO)
    page.keyboard.press("Enter")
    expect(page.locator(".bar .actor")).to_contain_text(WHO)


def choose_building(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type("材机")
    expect(page.locator(".hit").first).to_contain_text("材机南院", timeout=PATIENCE_MS)
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_contain_text("材机南院", timeout=PATIENCE_MS)
    page.locator("#detail [data-key^=building-]").nth(1).click()
    expect(page.locator("#detail .kind")).to_contain_text("楼栋", timeout=PATIENCE_MS)


def open_runs(page: Page) -> None:
    page.locator(".runs-link").click()
    expect(page.locator(".run-card").first).to_be_visible(timeout=PATIENCE_MS)


def run(page: Page, analysis: str) -> None:
    card = page.locator(f'[data-analysis="{analysis}"]')
    card.locator(f'[data-key="go-{analysis}"]').click()
    expect(card.locator(".state")).to_have_text("有效", timeout=PATIENCE_MS)


def back_to_the_map(page: Page) -> None:
    page.get_by_role("link", name="返回地图").or_(page.locator("#bar a").first).first.click()
    expect(page.locator("#detail .tile-value").first).to_be_visible(timeout=PATIENCE_MS)


def start_scenario(page: Page, name: str) -> None:
    page.locator(".scenario-button").click()
    page.locator("#scenario-new").click()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    expect(page.locator(".scenario-entry[aria-pressed=true]")).to_contain_text(name)
    page.locator('[data-key="scenario-close"]').click()
    expect(page.locator(".scenario-strip")).to_contain_text(name)


def edit(page: Page, values: dict[str, str]) -> None:
    page.locator("[data-key=edit-open]").click()
    for column, value in values.items():
        page.locator(f"#edit-{column}").click()
        page.keyboard.press("Control+a")
        page.keyboard.type(value)
        page.keyboard.press("Tab")
        expect(page.locator(".notice.is-done")).to_contain_text("已保存")
        page.wait_for_timeout(400)
    page.locator("[data-key=edit-leave]").click()
    expect(page.locator("#detail .facts").first).to_contain_text(values["year_built"])
