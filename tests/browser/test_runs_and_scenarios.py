"""Runs, scenarios and uploads as a planner does them: real server, real worker, real browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from app.store import PlanStore
from tests.browser.serving import PATIENCE_MS


def test_an_analysis_that_never_ran_is_run_and_tells_its_age_and_counts(page: Page) -> None:
    page.goto("/p/demo/runs?lang=zh")
    card = page.locator('[data-analysis="totals"]')
    expect(card.locator(".state")).to_have_text("未运行")
    card.get_by_role("button", name="运行", exact=True).click()
    expect(page.locator(".job").first).to_contain_text("改造规模汇总")
    expect(card.locator(".state")).to_have_text("有效", timeout=PATIENCE_MS)
    expect(card.locator(".age")).to_have_text(re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d · 小区 v\d+"))
    expect(card.locator(".run-counts")).to_contain_text("2,004")
    card.locator(".run-links a").first.click()
    expect(page.locator("#table .tabulator-row").first).to_be_visible(timeout=PATIENCE_MS)


def test_a_wrong_setting_is_told_beside_its_field_and_not_sent(page: Page) -> None:
    page.goto("/p/demo/runs?lang=zh")
    card = page.locator('[data-analysis="eligibility"]')
    card.locator(".run-form summary").click()
    card.get_by_label("同址面积占比").fill("7")
    expect(card.locator(".fault").first).to_contain_text("应在 0.001 到 1 之间")
    card.locator('[data-key="go-eligibility"]').click()
    expect(card.locator(".state")).to_have_text("未运行")


def test_a_scenario_is_made_compared_with_the_plan_and_dropped(page: Page, folder: Path) -> None:
    page.goto("/p/demo/?lang=zh")
    expect(page.locator("#detail .tile-value").first).to_be_visible(timeout=PATIENCE_MS)
    page.locator(".scenario-button").click()
    page.locator("#scenario-new").fill("退出一栋")
    page.get_by_role("button", name="新建", exact=True).click()
    expect(page.locator(".scenario-entry[aria-pressed=true]")).to_contain_text("退出一栋")
    page.locator('[data-key="scenario-close"]').click()
    expect(page.locator(".scenario-frame")).to_be_visible()
    expect(page.locator(".scenario-strip")).to_contain_text("不是现方案")
    assert "scenario=" in page.url
    page.locator(".scenario-button").click()
    page.locator('[data-key="beside-plan"]').click()
    handle = page.get_by_role("slider")
    expect(handle).to_have_attribute("aria-valuenow", "50")
    handle.press("ArrowRight")
    expect(handle).to_have_attribute("aria-valuenow", "55")
    expect(page.locator(".compare-table").first).to_contain_text("60 栋")
    page.locator('[data-key="compare-close"]').click()
    expect(page.locator(".swipe")).to_have_count(0)
    page.locator(".scenario-button").click()
    page.locator('[data-key="scenario-drop"]').click()
    expect(page.locator(".scenario-frame")).to_be_hidden()


def test_a_file_is_dropped_looked_at_imported_and_taken_back(
    page: Page, folder: Path, tmp_path: Path
) -> None:
    with PlanStore.open(folder) as store:
        before = store.counts()["building"]
        shape = store.read("building").geometry.iloc[:1].translate(0, 300).to_crs(4326).iloc[0]
    values = {"楼号": "新1", "层数": 6, "建成年代": 1990, "户数": 12}
    one = {"type": "Feature", "geometry": shape.__geo_interface__, "properties": values}
    file = tmp_path / "新楼栋.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [one]}), "utf-8")
    page.goto("/p/demo/upload?lang=zh")
    page.set_input_files("#upload-file", file)
    expect(page.locator('.preview-map path[stroke="#6d28d9"]').first).to_be_visible(
        timeout=PATIENCE_MS
    )
    page.locator('[data-key="upload-confirm"]').click()
    expect(page.locator("#upload h2")).to_contain_text("已导入 1 行", timeout=PATIENCE_MS)
    page.locator('[data-key="upload-undo"]').click()
    expect(page.locator("#upload h2")).to_contain_text("已撤销", timeout=PATIENCE_MS)
    with PlanStore.open(folder) as store:
        assert store.counts()["building"] == before
