"""The pages as they leave the server, before any script runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

import app


def test_the_first_page_leads_to_the_map_of_the_plan(browser: FlaskClient) -> None:
    answer = browser.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/p/town/")
    asked = browser.get("/?lang=en&theme=pipes&plan=other")
    assert asked.headers["Location"] == "/p/town/?lang=en&theme=pipes"


@pytest.mark.parametrize("page", ["/p/town/", "/p/town/rules"])
def test_a_page_runs_only_scripts_of_its_own_server(browser: FlaskClient, page: str) -> None:
    text = browser.get(page).text
    tags = re.findall(r"<script[^>]*>", text)
    assert tags
    assert all('src="/static/' in tag for tag in tags)
    assert "http://" not in text
    assert "https://" not in text
    assert not re.search(r'\s(on\w+|style)="', text)


def test_the_language_asked_for_is_remembered(browser: FlaskClient) -> None:
    assert 'lang="en"' in browser.get("/p/town/?lang=en").text
    assert browser.get("/p/town/api/meta").get_json()["lang"] == "en"
    assert 'lang="zh-CN"' in browser.get("/p/town/?lang=zh").text


@pytest.mark.parametrize("accepted", ["en-GB,en;q=0.8", "zh-CN", "fr", ""])
def test_without_a_wish_it_is_chinese_whatever_the_browser_asks_for(
    browser: FlaskClient, accepted: str
) -> None:
    meta = browser.get("/p/town/api/meta", headers={"Accept-Language": accepted}).get_json()
    assert meta["lang"] == "zh"


def test_every_style_sheet_and_module_of_the_page_says_something():
    """The sheet of the storm theme was once emptied by an edit, and no test looked."""
    static = Path(app.__file__).parent / "web/static"
    files = [*static.glob("css/*.css"), *static.glob("js/**/*.js")]
    assert len(files) > 50
    assert [file.name for file in files if not file.read_text(encoding="utf-8").strip()] == []
