"""Readiness, figures that open and changed rules as a person uses them in a browser."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Page, expect

from app.schema import Actor
from app.services.plans import Shelf
from app.services.runs import run_analysis
from app.settings import Settings
from app.store import PlanStore
from app.web.factory import create_app
from tests.browser.serving import quietly

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PATIENCE_MS = 20_000

Opened = Callable[..., Page]
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def judged(demo_small_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small demonstration plan with eligibility run, to be changed by these tests."""
    folder = tmp_path_factory.mktemp("judged") / "plan"
    shutil.copytree(demo_small_plan, folder)
    with PlanStore.open(folder) as store:
        run_analysis(store, "eligibility", {}, Actor("张三", "住建局"))
    return folder


@pytest.fixture(scope="module")
def address(judged: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import waitress

    shelf = Shelf([judged])
    settings = Settings.read({}, config_dir=tmp_path_factory.mktemp("config"))
    server = waitress.create_server(create_app(settings, shelf), host="127.0.0.1", port=0)
    threading.Thread(target=quietly(server.run), daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    shelf.close()


@pytest.fixture
def opened(chromium: Browser, address: str) -> Iterator[Opened]:
    """``opened(path, ready, size=)``: a page whose console stayed clean by the end of the test."""
    contexts, faults = [], []

    def open_page(path: str, ready: str, *, size: dict[str, int] = DESKTOP) -> Page:
        context = chromium.new_context(viewport=size, locale="zh-CN", reduced_motion="reduce")  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{address}/p/demo/{path}")
        expect(page.locator(ready).first).to_be_attached(timeout=PATIENCE_MS)
        if size == PHONE and not page.locator(ready).first.is_visible():
            page.locator("#handle").click()  # the sheet rests low, with one line of the plan
        expect(page.locator(ready).first).to_be_visible(timeout=PATIENCE_MS)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def test_a_tile_opens_to_its_rows_by_keyboard_and_gives_the_focus_back(opened: Opened) -> None:
    page = opened("?lang=zh", ".tile-box .why-button")
    button = page.locator(".tile-box-households .why-button")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog.why[open]")
    expect(dialog).to_contain_text("2,004 户")
    expect(dialog).to_contain_text("与文件一致")
    expect(dialog.locator(".why-rows li")).to_have_count(60)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()


def test_rows_behind_a_figure_lead_to_the_table_and_the_map(opened: Opened) -> None:
    page = opened("?lang=zh", ".tile-box .why-button")
    page.locator(".townships .why-figure").nth(1).click()
    dialog = page.locator("dialog.why[open]")
    dialog.get_by_role("button", name=re.compile("在属性表中列出全部")).click()
    expect(dialog).to_have_count(0)
    expect(page.locator("#table .tabulator-row").first).to_be_visible()
    page.locator(".table-sums .why-figure").first.click()
    expect(dialog).to_contain_text("之和")


def test_a_community_shows_its_verdicts_and_why(opened: Opened) -> None:
    page = opened("?sel=community:C001&lang=zh", ".verdicts")
    expect(page.locator(".verdict-line")).to_have_count(5)
    expect(page.locator(".result-state").first).to_contain_text("张三")
    page.locator(".verdict-line .why-button").first.click()
    dialog = page.locator("dialog.why[open]")
    expect(dialog).to_contain_text("三（一）1")
    dialog.get_by_role("button", name=re.compile("楼栋 ")).first.click()
    expect(page.locator("#detail .kind")).to_contain_text("楼栋")
    expect(page.locator("#detail .verdicts")).to_be_visible()


def test_readiness_ranks_what_to_fill_in_and_leads_to_the_rows(opened: Opened) -> None:
    page = opened("readiness?lang=zh", ".ready-card")
    # What lacks most rows for most households comes first; for the pipes' check that is the depth.
    expect(page.locator(".ready-gaps tbody")).to_contain_text("起点埋深")
    page.locator(".ready-gaps a").last.click()
    expect(page.locator("#table .tabulator-row").first).to_be_visible()


def test_a_filled_workbook_shows_its_differences_is_saved_and_taken_back(
    opened: Opened, tmp_path: Path
) -> None:
    page = opened("readiness?lang=zh", ".ready-card")
    before = page.locator(".ready-card p").first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="导出填报表（XLSX）").click()
    file = tmp_path / "缺项.xlsx"
    download.value.save_as(file)
    book = openpyxl.load_workbook(file)
    sheet = book["楼栋"]
    [column] = [cell.column for cell in sheet[1] if cell.value == "建成年代"]
    sheet.cell(2, column, 1986)
    book.save(file)
    page.set_input_files("#gap-file", file)
    row = page.locator(".gap-table tbody tr").first
    expect(row).to_contain_text("未知")
    expect(row).to_contain_text("1986")
    page.get_by_role("button", name="保存所选 1 行").click()
    expect(page.locator(".gap-return")).to_contain_text("已保存 1 行")
    expect(page.locator(".ready-card").first).not_to_contain_text(before)
    expect(page.locator(".ready-card .result-state").first).to_contain_text("待复核")
    page.get_by_role("button", name="撤销").click()
    expect(page.locator(".ready-card").first).to_contain_text(before)
    expect(page.locator(".ready-card .result-state").first).to_contain_text("当前")


def test_a_planner_changes_a_figure_sees_it_marked_and_withdraws_it(opened: Opened) -> None:
    page = opened("rules?table=eligibility_rules&lang=zh", ".rule-table")
    page.get_by_role("button", name="调整 E01").click()
    page.get_by_label("本计划采用").fill("soon")
    page.get_by_label("理由").fill("自治区文件放宽")
    page.get_by_role("button", name="保存调整").click()
    expect(page.locator("dialog [role=alert]")).to_contain_text("日期")
    page.get_by_label("本计划采用").fill("2005-12-31")
    page.get_by_role("button", name="保存调整").click()
    mark = page.locator(".rule-changed")
    expect(mark).to_contain_text("2000-12-31 → 2005-12-31")
    expect(mark).to_contain_text("自治区文件放宽")
    page.goto(f"{page.url.split('rules')[0]}?theme=programme&lang=zh")
    note = page.locator(".adjusted-note")
    expect(note.locator("summary")).to_have_text("本方案调整了 1 项规则数值")
    note.locator("summary").click()
    expect(note).to_contain_text("2000-12-31 → 2005-12-31")
    note.get_by_role("link").click()
    page.get_by_role("button", name="撤回 E01").click()
    expect(mark).to_have_count(0)


PLACES = {
    "readiness": ("readiness", ".ready-card", None),
    "community": ("?sel=community:C001", ".verdicts", ".verdict-line .why-button"),
    "plan": ("", ".tile-box .why-button", ".tile-box-cost_fen .why-button"),
    "rules": ("rules?table=eligibility_rules", ".rule-table", "[data-key^=adjust]"),
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("place", PLACES)
def test_nothing_breaks_wcag_22_aa(
    opened: Opened, place: str, size: dict[str, int], language: str
) -> None:
    path, ready, opener = PLACES[place]
    page = opened(f"{path}{'&' if '?' in path else '?'}lang={language}", ready, size=size)
    if opener:
        page.locator(opener).first.dispatch_event("click")
        expect(page.locator("dialog.why[open]")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= size["width"]
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "(tags) => axe.run({runOnly: {type: 'tag', values: tags}}).then((r) => r.violations)", WCAG
    )
    assert [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found] == []
