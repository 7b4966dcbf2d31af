"""The theme of the programme in a browser: from a community's proposals to a decision, and the money."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
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
PLANNER = Actor("测试", "", "planner")


@pytest.fixture(scope="module")
def address(demo_small_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server shows a small demonstration plan whose programme was judged."""
    import waitress

    folder = Path(shutil.copytree(demo_small_plan, tmp_path_factory.mktemp("programme") / "plan"))
    shelf = Shelf([folder])
    for name in ("scope", "consent", "checks"):
        run_analysis(shelf.get("demo").store, name, {}, PLANNER)
    settings = Settings.read({}, config_dir=tmp_path_factory.mktemp("config"))
    server = waitress.create_server(create_app(settings, shelf), host="127.0.0.1", port=0)
    threading.Thread(target=quietly(server.run), daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    shelf.close()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    context.set_default_timeout(PATIENCE_MS)
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{address}/p/demo/?theme=programme")
    expect(page.locator(".theme-programme h2")).to_be_visible(timeout=PATIENCE_MS)
    yield page
    context.close()
    assert faults == []


def test_a_proposal_is_confirmed_by_mouse(page: Page) -> None:
    page.locator('[data-key="item-W03"]').click()
    row = page.locator(".proposal-yes", has=page.locator(".decide")).first
    row.locator(".decide summary").click()
    row.get_by_role("button", name="不做").click()
    expect(row.locator("input[aria-invalid]")).to_be_focused()
    row.get_by_role("button", name="确认").click()
    expect(page.locator(".decided").first).to_contain_text("确认", timeout=PATIENCE_MS)


def test_the_money_of_the_plan_stands_under_the_table(page: Page) -> None:
    page.locator('[data-key="part-money"]').click()
    expect(page.locator('[data-key="money-whole"]')).to_have_text(re.compile(r"4,55\d\.\d\d"))


def test_a_check_opens_its_findings_and_escape_leads_back(page: Page) -> None:
    page.locator('[data-key="part-checks"]').click()
    page.locator('[data-key="rule-M05"]').click()
    expect(page.locator(".proposal-fail").first).to_contain_text("重复补助")
    page.locator("#map").focus()
    page.keyboard.press("Escape")
    expect(page.locator('[data-key="rule-M05"]')).to_be_visible()


def test_the_document_is_held_against_the_layers(page: Page) -> None:
    page.locator('[data-key="part-text"]').click()
    expect(page.locator(".desk-table").first).to_contain_text("2,004")
    expect(page.locator(".notes")).to_contain_text("上桥镇")


AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PARTS = (
    "survey", "selection", "scope", "consent", "money", "steps", "schemes", "compare", "checks", "best",
    "text",
)  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "width", "place"), [("zh", 1440, ""), ("en", 390, "&t.community=C001")]
)
def test_every_part_of_the_theme_is_accessible(
    chromium: Browser, address: str, lang: str, width: int, place: str
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 844})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{address}/p/demo/?lang={lang}&theme=programme&t.part=text{place}")
    expect(page.locator(".theme-programme .parts")).to_be_visible(timeout=PATIENCE_MS)
    page.evaluate(AXE.read_text("utf-8"))
    told = {}
    for part in PARTS:
        page.locator(f'[data-key="part-{part}"]').click()
        expect(page.locator(f'[data-key="part-{part}"][aria-pressed="true"]')).to_be_visible()
        found = page.evaluate(
            "(tags) => axe.run('#theme', {runOnly: {type: 'tag', values: tags}}).then((r) => r.violations)",
            WCAG,
        )
        told[part] = [(one["id"], [n["html"][:160] for n in one["nodes"][:3]]) for one in found]
    assert {part: faults for part, faults in told.items() if faults} == {}
    context.close()


def test_a_township_clerk_fills_in_the_survey_and_the_gap_is_gone(page: Page) -> None:
    page.locator('[data-key="part-survey"]').click()
    page.locator('[data-key^="survey-C"]').first.click()
    field = page.locator('[data-key="survey-field-year_built"]')
    expect(field).to_have_value("")
    field.fill("1994")
    page.locator('[data-key="survey-save"]').click()
    expect(page.locator(".survey-form .is-missing")).to_have_count(0, timeout=PATIENCE_MS)


def test_the_day_of_the_phases_moves_the_bars_and_names_what_is_late(page: Page) -> None:
    page.locator('[data-key="part-steps"]').click()
    slider = page.locator('[data-key="steps-day"]')
    slider.fill(slider.get_attribute("max") or "")
    expect(page.locator(".theme-programme .sums")).to_contain_text(re.compile(r"逾期 1\d 个"))
    expect(page.locator(".gantt-late").first).to_be_visible()
