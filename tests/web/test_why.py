"""Figures open over the web, and planners change rules there."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web.test_readiness import Page, edited, page

__all__ = ["edited", "page"]
CHANGE = {
    "table": "eligibility_rules", "rule_id": "E01", "column": "limit", "value": "2005-12-31",
    "reason": "自治区文件放宽",
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("figure=households", 60),
        ("figure=buildings&at_township=T1", 3),
        ("figure=cost_fen&at_community=C1", 2_107_550),
        ("figure=cost_fen&category=improved", 2_000_000),
        ("layer=building&sum=households", 88),
    ],
)
def test_a_figure_opens_with_its_value(browser: FlaskClient, query: str, value: int) -> None:
    assert browser.get(f"/p/town/api/why?{query}").get_json()["value"] == value


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("figure=beauty", 400),
        ("figure=buildings&at_community=C9", 404),
        ("layer=building&id=B1&rule=E01", 404),
        ("analysis=eligibility&count=building_pass", 404),
        ("layer=nothing&sum=households", 404),
    ],
)
def test_what_cannot_be_explained_is_refused_with_a_cure(
    browser: FlaskClient, query: str, status: int
) -> None:
    answer = browser.get(f"/p/town/api/why?{query}")
    assert answer.status_code == status
    assert answer.get_json()["fix"]


def test_a_planner_changes_a_figure_and_takes_it_back(page: Page) -> None:
    saved = page.post("api/rules/override", json=CHANGE)
    assert saved.status_code == 200
    row = next(r for r in page.get("api/rules").get_json()["rules"] if r["rule_id"] == "E01")
    assert row["changes"][0]["author"].startswith("本机用户")
    name = row["changes"][0]["override_id"]
    [told] = page.get("api/meta?lang=zh").get_json()["adjusted"]
    assert (told["table"], told["rule_id"], told["reason"]) == (
        CHANGE["table"], CHANGE["rule_id"], CHANGE["reason"],
    )  # fmt: skip
    attention = page.get("api/summary?lang=zh").get_json()["attention"]
    assert "本方案调整了 1 项规则数值" in [line["message"] for line in attention]
    assert page.post("api/rules/withdraw", json={"override_id": name}).status_code == 200
    assert page.get("api/meta?lang=zh").get_json()["adjusted"] == []
    row = next(r for r in page.get("api/rules").get_json()["rules"] if r["rule_id"] == "E01")
    assert row["changes"] == []
    assert page.post("api/rules/withdraw", json={"override_id": name}).status_code == 404


def test_a_wrong_figure_is_told_and_a_clerk_may_not_change_one(page: Page) -> None:
    wrong = page.post("api/rules/override", json={**CHANGE, "value": "soon"})
    assert wrong.status_code == 422
    assert "2000-12-31" in wrong.get_json()["message"]
    page.be("township")
    assert page.post("api/rules/override", json=CHANGE).status_code == 403
