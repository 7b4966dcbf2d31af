"""A job that really takes long: how far, how long still, cancelled half way, nothing changed."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.store import PlanStore
from tests.browser.serving import PATIENCE_MS

ROWS = 250_000


@pytest.fixture(scope="module")
def delivery(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of so many small buildings that looking at it takes the worker many seconds."""
    path = tmp_path_factory.mktemp("delivery") / "大文件.geojson"
    with PlanStore.open(folder) as store:
        west, south, east, north = store.read("community").to_crs(4326).total_bounds
    step_x, step_y = (east - west) / 500, (north - south) / (ROWS / 500)
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type":"FeatureCollection","features":[')
        for n in range(ROWS):
            x, y = west + step_x * (n % 500), south + step_y * (n // 500)
            ring = [[x, y], [x + step_x / 2, y], [x + step_x / 2, y + step_y / 2], [x, y]]
            one = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]},
                   "properties": {"楼号": f"{n}", "层数": 6, "建成年代": 1990, "户数": 12}}  # fmt: skip
            file.write(("," if n else "") + json.dumps(one, ensure_ascii=False))
        file.write("]}")
    return path


def test_a_long_job_is_cancelled_at_once_and_leaves_nothing(
    page: Page, folder: Path, delivery: Path
) -> None:
    with PlanStore.open(folder) as store:
        before = store.counts()["building"]
    page.goto("/p/demo/upload?lang=zh")
    page.set_input_files("#upload-file", delivery)
    expect(page.get_by_role("progressbar")).to_be_visible(timeout=PATIENCE_MS)
    page.locator('[data-key^="cancel-"]').click()
    asked = time.monotonic()
    expect(page.locator(".upload-page .error")).to_contain_text("已取消", timeout=PATIENCE_MS)
    assert time.monotonic() - asked < 20
    with PlanStore.open(folder) as store:
        assert store.counts()["building"] == before
        assert store.verify() == []
    page.locator('[data-key="upload-drop"]').click()
    expect(page.locator(".drop-zone")).to_be_visible()
    assert not any((folder / "quarantine").iterdir())


def test_a_long_job_tells_the_time_left_and_goes_on_when_its_page_is_closed(
    page: Page, delivery: Path
) -> None:
    page.goto("/p/demo/upload?lang=zh")
    page.set_input_files("#upload-file", delivery)
    running = page.locator(".job.is-running")
    expect(running).to_contain_text(re.compile(r"约剩 \d+ ?(秒|分)"), timeout=PATIENCE_MS)
    page.goto("/p/demo/runs?lang=zh")
    expect(page.locator(".job").first).to_contain_text(
        "检查上传文件 大文件.geojson", timeout=PATIENCE_MS
    )
    expect(page.locator(".job").first).to_have_class(re.compile("is-done"), timeout=PATIENCE_MS)
    page.goto("/p/demo/upload?lang=zh")
    page.get_by_role("button", name="继续").first.click()
    expect(page.locator('[data-key="upload-confirm"]')).to_contain_text(
        re.compile("250,?000"), timeout=PATIENCE_MS
    )
