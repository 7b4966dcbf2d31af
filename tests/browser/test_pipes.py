"""The pipes theme as a utility engineer uses it: list, map and section together, answers, drawing."""

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
from app.services.runs import run_analysis
from app.settings import Settings
from app.web.factory import create_app
from tests.browser.serving import quietly

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PATIENCE_MS = 60_000
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PLANNER = Actor("测试", "", "planner")

Opened = Callable[..., Page]


@pytest.fixture(scope="module")
def shelf(demo_small_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = Path(shutil.copytree(demo_small_plan, tmp_path_factory.mktemp("pipes") / "plan"))
    opened = Shelf([folder])
    for analysis in ("conflicts", "corridors"):
        run_analysis(opened.get("demo").store, analysis, {}, PLANNER)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def address(shelf: Shelf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import waitress

    settings = Settings.read({}, config_dir=tmp_path_factory.mktemp("config"))
    server = waitress.create_server(create_app(settings, shelf), host="127.0.0.1", port=0)
    threading.Thread(target=quietly(server.run), daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@pytest.fixture
def plan(shelf: Shelf) -> OpenPlan:
    return shelf.get("demo")


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
        page.goto(f"{address}/p/demo/?theme=pipes&{path}")
        expect(page.locator("#theme h2").first).to_be_attached(timeout=PATIENCE_MS)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def grave(plan: OpenPlan, **wanted: str) -> dict[str, Any]:
    """The gravest conflict of two owners."""
    rows = plan.table("conflict")
    rows = rows[(rows["verdict"] == "conflict") & (rows["b_layer"] == "pipe")]
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    rows = rows[rows["a_owner_id"] != rows["b_owner_id"]].sort_values("conflict_id")
    return dict(rows.iloc[0])


def test_list_map_and_section_show_the_same_conflict(opened: Opened, plan: OpenPlan) -> None:
    page = opened("t.verdict=conflict")
    n = int((plan.table("conflict")["verdict"] == "conflict").sum())
    expect(page.locator(".verdict-conflict .chip-count")).to_have_text(str(n))
    first = page.locator(".virtual-row").first
    name = first.get_attribute("data-id")
    first.click()
    expect(page.locator("#theme h2")).to_contain_text("↔")
    expect(page.locator(".section-svg")).to_be_visible()
    assert f"sel=conflict%3A{name}" in page.url
    # The map went there, and the marker under its middle is the same conflict.
    expect(page.locator(".leaflet-control-scale-line")).to_have_text(re.compile(r"^\d+ m$"))
    page.locator('[data-key="back"]').click()
    expect(page.locator(".virtual-row").first).to_be_visible()
    box = page.locator("#map").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.locator(".section-svg")).to_be_visible()


def test_filters_are_in_the_address_and_hold_together(opened: Opened, plan: OpenPlan) -> None:
    page = opened("")
    page.locator('[data-key="filter-owner"]').select_option("ORG-GAS")
    page.locator(".verdict-possible").click()
    rows = plan.table("conflict")
    gas = rows[
        ((rows["a_owner_id"] == "ORG-GAS") | ((rows["b_owner_id"] == "ORG-GAS") & (rows["b_layer"] == "pipe")))
        & (rows["verdict"] == "possible")
    ]  # fmt: skip
    expect(page.locator("#theme .filtered").first).to_contain_text(f"{len(gas):,} / {len(rows):,}")
    assert "t.owner=ORG-GAS" in page.url
    page.go_back()
    expect(page.locator(".verdict-possible")).to_have_attribute("aria-pressed", "false")


def test_the_list_is_walked_by_keys_and_holds_only_what_is_seen(opened: Opened) -> None:
    page = opened("")
    expect(page.locator(".virtual-row").first).to_be_visible()
    assert page.locator(".virtual-row").count() < 60
    page.locator(".virtual-list").focus()
    page.keyboard.press("End")
    last = page.locator(".virtual-row").last
    assert last.get_attribute("aria-posinset") == last.get_attribute("aria-setsize")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator(".section-svg")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".virtual-list")).to_be_visible()


def test_a_side_answers_sees_it_in_the_list_and_takes_it_back(
    opened: Opened, plan: OpenPlan
) -> None:
    row = grave(plan)
    page = opened(f"sel=conflict:{row['conflict_id']}")
    form = page.locator(".side-card").first.locator(".answer-form")
    form.locator("input").fill("改线方案见附件")
    form.locator('[data-key="answer-a-will_move"]').click()
    expect(page.locator(".side-card").first.locator(".reply")).to_contain_text("将迁改")
    expect(page.locator(".side-card").first.locator(".reply")).to_contain_text("改线方案见附件")
    page.locator('[data-key="back"]').click()
    expect(page.locator(f'.virtual-row[data-id="{row["conflict_id"]}"]')).to_contain_text("将迁改")
    page.locator(".notice.is-done .link").click()
    expect(page.locator(f'.virtual-row[data-id="{row["conflict_id"]}"]')).not_to_contain_text(
        "将迁改"
    )


def test_a_pipe_shows_its_profile_and_its_own_conflicts(opened: Opened, plan: OpenPlan) -> None:
    row = grave(plan, check="vertical")
    page = opened(f"sel=pipe:{row['a_id']}")
    expect(page.locator(".section-svg")).to_be_visible()
    expect(page.locator("#theme table").first).to_contain_text(str(row["b_id"]))
    with page.expect_download() as download:
        page.get_by_role("button", name="存为 SVG").click()
    drawn = Path(download.value.path()).read_text("utf-8")
    assert drawn.startswith("<svg")
    assert str(row["b_id"]) in drawn
    page.locator('[data-key="only-this"]').click()
    expect(page.locator(".virtual-row").first).to_be_visible()
    assert f"t.pipe={row['a_id']}" in page.url


def test_a_click_on_the_map_cuts_the_street_and_the_address_keeps_it(opened: Opened) -> None:
    page = opened("t.part=section&z=19&lat=37.977&lon=106.1996")
    page.wait_for_timeout(1500)
    page.locator('[data-key="middle"]').click()
    expect(page.locator(".section-svg")).to_be_visible()
    page.reload()
    expect(page.locator(".section-svg")).to_be_visible(timeout=PATIENCE_MS)


def test_conflicts_change_while_a_drafted_line_is_dragged(opened: Opened, plan: OpenPlan) -> None:
    pipe = plan.row("pipe", str(grave(plan)["a_id"]))
    assert pipe is not None
    place = plan.frame("pipe").to_crs("EPSG:4326").set_index("pipe_id").loc[pipe["pipe_id"]]
    middle = place.geometry.interpolate(0.5, normalized=True)
    page = opened(f"t.part=draft&z=20&lat={middle.y:.6f}&lon={middle.x:.6f}")
    page.wait_for_timeout(1500)
    box = page.locator("#map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.locator('[data-key="draw"]').click()
    page.mouse.click(x - 200, y - 150)
    page.wait_for_timeout(350)  # two clicks at once would be a double click
    page.mouse.click(x + 200, y + 150)
    page.locator('[data-key="finish"]').click()
    chip = page.locator('[data-verdict="conflict"] .chip-count')
    expect(chip).to_have_text(re.compile(r"\d+"), timeout=PATIENCE_MS)
    before = page.locator(".draft-answer").inner_text()
    with page.expect_response(lambda answer: "live-check" in answer.url):
        handle = page.locator(".edit-vertex").first.bounding_box()
        assert handle is not None
        page.mouse.move(handle["x"] + 13, handle["y"] + 13)
        page.mouse.down()
        page.mouse.move(handle["x"] + 13, handle["y"] + 60, steps=4)
        page.mouse.up()
    expect(page.locator(".draft-answer")).not_to_have_text(before)
    rows = len(plan.table("pipe"))
    page.locator('[data-key="save"]').click()
    expect(page.locator("#theme h2")).to_contain_text("pipe-")
    assert len(plan.table("pipe")) == rows + 1


def test_a_planned_pipe_is_moved_by_keys_and_keeps_its_place(
    opened: Opened, plan: OpenPlan
) -> None:
    pipes = plan.table("pipe")
    name = str(pipes.loc[pipes["status"] == "planned", "pipe_id"].iloc[0])
    before = plan.row("pipe", name)
    assert before is not None
    page = opened(f"sel=pipe:{name}")
    page.locator('[data-key="move-this"]').click()
    expect(page.locator('[data-verdict="conflict"]')).to_be_visible(timeout=PATIENCE_MS)
    handle = page.locator(".edit-vertex").first
    handle.focus()
    with page.expect_response(lambda answer: "live-check" in answer.url):
        handle.press("ArrowUp")
    page.locator('[data-key="save"]').click()
    expect(page.locator("#theme h2")).to_contain_text(name)
    expect(page.locator(".edit-vertex")).to_have_count(0)
    after = plan.row("pipe", name)
    assert after is not None
    assert after["version"] == before["version"] + 1
    moved = max(
        abs(b - a)
        for one, two in zip(before["geometry"].coords, after["geometry"].coords, strict=True)
        for a, b in zip(one[:2], two[:2], strict=True)
    )
    assert 0.9 < moved < 1.1
    assert "undefined" not in page.url


def test_a_proposed_way_is_shown_beside_the_line_and_taken_only_when_asked(
    opened: Opened, plan: OpenPlan
) -> None:
    pipes = plan.table("pipe").set_index("pipe_id")
    rows = plan.table("conflict").query("verdict == 'conflict' and check == 'horizontal'")
    planned = [name for name in rows["a_id"] if pipes["status"].get(name) == "planned"]
    before = plan.store.revision("pipe")
    page = opened(f"t.part=draft&t.moves={planned[0]}")
    page.locator('[data-key="help-ask"]').click()
    expect(page.locator(".help-card")).to_contain_text("备选线路", timeout=PATIENCE_MS)
    page.locator('[data-key="help-leave"]').click()
    expect(page.locator(".help-card")).to_have_count(0)
    assert plan.store.revision("pipe") == before


def test_packages_open_their_figures_and_members(opened: Opened) -> None:
    page = opened("t.part=digs")
    page.locator("#theme .card").first.click()
    page.locator("#theme .why-figure").first.click()
    expect(page.locator("dialog.why")).to_contain_text("DS01")
    expect(page.locator("dialog.why")).to_contain_text("×")


def test_the_report_draws_every_conflict_it_lists(
    chromium: Browser, address: str, plan: OpenPlan
) -> None:
    page = chromium.new_page(locale="zh-CN")
    page.goto(f"{address}/p/demo/conflict-report?owner=ORG-GAS&verdict=conflict&most=10")
    expect(page.locator("body[data-ready]")).to_be_attached(timeout=PATIENCE_MS)
    rows = plan.table("conflict").query("verdict == 'conflict'")
    gas = rows[(rows["a_owner_id"] == "ORG-GAS") | (rows["b_owner_id"] == "ORG-GAS")]
    n = min(len(gas), 10)
    expect(page.locator(".report-table tbody tr")).to_have_count(n)
    assert page.locator(".report-item .section-svg").count() >= n
    expect(page.locator(".report-stamp strong")).to_have_text("密级：敏感")
    fails_axe(page)
    page.close()


@pytest.mark.parametrize(
    ("part", "size", "lang"),
    [("conflicts", DESKTOP, "zh"), ("digs", DESKTOP, "en"), ("pits", PHONE, "zh"),
     ("draft", DESKTOP, "zh"), ("section", PHONE, "en")],
)  # fmt: skip
def test_every_part_is_accessible(
    opened: Opened, part: str, size: dict[str, int], lang: str
) -> None:
    page = opened(f"t.part={part}&lang={lang}", size=size)
    page.wait_for_timeout(1500)
    fails_axe(page)


def test_one_conflict_is_accessible_on_a_phone(opened: Opened, plan: OpenPlan) -> None:
    page = opened(f"sel=conflict:{grave(plan)['conflict_id']}", size=PHONE)
    expect(page.locator(".section-svg")).to_be_visible()
    fails_axe(page)


def fails_axe(page: Page) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        "(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } })", WCAG
    )
    told = [
        (one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found["violations"]
    ]
    assert told == [], json.dumps(told, ensure_ascii=False)
