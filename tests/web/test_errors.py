"""Each failure has a status, and every failure is told with the same four keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import errors
from app.errors import JiugaiError, Text
from app.web.errors import STATUS


def all_kinds(kind: type[JiugaiError] = JiugaiError) -> Iterator[type[JiugaiError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from all_kinds(below)


def test_every_kind_of_failure_has_its_own_status() -> None:
    ours = {kind for kind in all_kinds() if kind.__module__.startswith("app.")}
    assert ours == set(STATUS)


@pytest.mark.parametrize("kind", STATUS, ids=lambda kind: kind.__name__)
def test_a_failure_is_told_with_code_message_where_and_fix(
    web: Flask, kind: type[JiugaiError]
) -> None:
    failure = kind(Text("坏了", "broken"), where="here", fix=Text("修好", "mend it"))
    handler = web.error_handler_spec[None][None][JiugaiError]
    with web.test_request_context("/?lang=en"):
        answer = handler(failure)
    told = answer.get_json()
    assert answer.status_code == STATUS[kind]
    assert {key: told[key] for key in ("code", "message", "where", "fix")} == {
        "code": kind.code, "message": "broken", "where": "here", "fix": "mend it",
    }  # fmt: skip


def test_an_address_that_does_not_exist_is_told_the_same_way(browser: FlaskClient) -> None:
    answer = browser.get("/nothing?lang=zh")
    assert answer.status_code == 404
    assert set(answer.get_json()) == {"code", "message", "where", "fix"}


def test_a_failure_of_the_program_tells_nothing_of_its_inside(web: Flask) -> None:
    @web.get("/fails")
    def fails() -> str:
        raise RuntimeError("secret detail")

    fails.policy = web.view_functions["pages.health"].policy  # type: ignore[attr-defined]
    answer = web.test_client().get("/fails")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.get_json()["code"] == "internal"


def test_a_clash_carries_both_versions(web: Flask) -> None:
    clash = errors.VersionClashError(
        Text("已被修改", "changed"), where="building/B1", fix=Text("比较", "compare"),
        mine={"floors": 6}, theirs={"floors": 7},
    )  # fmt: skip
    handler = web.error_handler_spec[None][None][JiugaiError]
    with web.test_request_context("/"):
        answer = handler(clash)
    assert answer.status_code == 412
    assert (answer.get_json()["mine"], answer.get_json()["theirs"]) == (
        {"floors": 6},
        {"floors": 7},
    )
