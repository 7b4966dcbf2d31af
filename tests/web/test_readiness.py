"""Readiness over the web: the answer, the workbook out, its differences, saving and undo."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.services.plans import Shelf
from app.settings import Settings
from app.web.factory import create_app
from tests.town import build_town


@pytest.fixture
def edited(tmp_path: Path) -> Iterator[Flask]:
    """A town that a test may change."""
    build_town(tmp_path / "plan").close()
    app = create_app(Settings(config_dir=tmp_path / "config"), Shelf([tmp_path / "plan"]))
    yield app
    app.config["SHELF"].close()


class Page:
    """A browser that sends the page's token with every change."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.token = client.get("/api/actor").get_json()["csrf"]

    def get(self, path: str) -> Any:
        return self.client.get(f"/p/town/{path}")

    def post(self, path: str, **options: Any) -> Any:
        return self.client.post(f"/p/town/{path}", headers={"X-CSRFToken": self.token}, **options)

    def be(self, role: str) -> None:
        answer = self.client.post(
            "/api/actor", json={"name": "李四", "role": role}, headers={"X-CSRFToken": self.token}
        )
        assert answer.status_code == 200


@pytest.fixture
def page(edited: Flask) -> Page:
    return Page(edited.test_client())


def filled(page: Page, value: object) -> dict[str, Any]:
    """The workbook with B4's year typed in, as a form upload."""
    book = openpyxl.load_workbook(io.BytesIO(page.get("api/gaps.xlsx?lang=zh").data))
    sheet = book["楼栋"]
    headings = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, headings["建成年代"], value)
    out = io.BytesIO()
    book.save(out)
    out.seek(0)
    return {"data": {"file": (out, "金星镇.xlsx")}, "content_type": "multipart/form-data"}


def test_readiness_names_the_gaps_and_links_to_their_rows(page: Page) -> None:
    told = page.get("api/readiness?lang=zh").get_json()
    gap = next(one for one in told["gaps"] if one["fields"][0]["column"] == "year_built")
    assert gap["link"] == {"layer": "building", "filter": {"building_id": {"in": ["B4"]}}}
    assert {"改造资格", "管线间距核查", "改造规模汇总"} <= {a["label"] for a in told["analyses"]}
    assert {line["id"] for line in told["communities"]} == {"C1", "C2"}
    assert len(page.get("api/readiness?everywhere=1").get_json()["communities"]) == 3


def test_readiness_is_sent_again_only_after_a_change(page: Page) -> None:
    first = page.get("api/readiness")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert page.client.get("/p/town/api/readiness", headers=tag).status_code == 304


def test_a_filled_workbook_is_shown_saved_and_taken_back(page: Page) -> None:
    shown = page.post("api/gaps", **filled(page, 1988)).get_json()
    [row] = shown["rows"]
    assert (row["id"], row["clash"], shown["file"]) == ("B4", False, "金星镇.xlsx")
    assert (row["cells"][0]["old_shown"], row["cells"][0]["new_shown"]) == ("未知", "1988")
    assert page.get("api/row/building/B4").get_json()["version"] == row["version"]
    wish = {
        "layer": row["layer"], "id": row["id"], "version": row["version"],
        "values": {cell["column"]: cell["new"] for cell in row["cells"]},
    }  # fmt: skip
    saved = page.post("api/gaps/save", json={"file": shown["file"], "rows": [wish]}).get_json()
    assert saved["saved"] == 1
    values = {v["column"]: v["value"] for v in page.get("api/row/building/B4").get_json()["values"]}
    assert values["year_built"] == 1988
    page.post("api/undo", json={"change_ids": saved["change_ids"]})
    values = {v["column"]: v["value"] for v in page.get("api/row/building/B4").get_json()["values"]}
    assert values["year_built"] is None


def test_a_second_save_of_the_same_differences_is_a_clash(page: Page) -> None:
    [row] = page.post("api/gaps", **filled(page, 1988)).get_json()["rows"]
    wish = {
        "layer": "building", "id": "B4", "version": row["version"], "values": {"year_built": 1988},
    }  # fmt: skip
    assert page.post("api/gaps/save", json={"rows": [wish]}).status_code == 200
    wish["values"] = {"year_built": 1990}
    assert page.post("api/gaps/save", json={"rows": [wish]}).status_code == 412


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.xlsx", b"PK\x03\x04 not a workbook"), ("x.xlsx", b""), ("x.txt", b"hello")],
)
def test_a_file_that_is_no_such_workbook_is_refused_with_a_cure(
    page: Page, name: str, content: bytes
) -> None:
    answer = page.post(
        "api/gaps",
        data={"file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422
    assert answer.get_json()["fix"]


@pytest.mark.parametrize("body", [{}, {"rows": "all"}, {"rows": [1]}, {"rows": []}])
def test_a_save_of_nothing_is_refused(page: Page, body: dict[str, object]) -> None:
    assert page.post("api/gaps/save", json=body).status_code in (400, 422)


def test_a_viewer_may_look_but_neither_bring_nor_save(page: Page) -> None:
    page.be("viewer")
    assert page.get("api/readiness").status_code == 200
    assert page.post("api/gaps").status_code == 403
    assert page.post("api/gaps/save", json={"rows": []}).status_code == 403
    assert page.post("api/undo", json={"change_ids": ["planning#1"]}).status_code == 403
