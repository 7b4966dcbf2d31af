"""What a page of somebody else must not be able to do, and what every answer carries."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.errors import UsageError
from app.services.plans import Shelf
from app.settings import Settings
from app.web.factory import create_app
from app.web.policy import register_policy


def test_every_route_has_declared_what_right_it_needs(web: Flask) -> None:
    for rule in web.url_map.iter_rules():
        assert web.view_functions[rule.endpoint].policy.action, rule.rule  # type: ignore[attr-defined]


def test_a_route_without_a_policy_stops_the_start(web: Flask) -> None:
    web.add_url_rule("/open-door", "open_door", lambda: "come in")
    with pytest.raises(RuntimeError, match="/open-door"):
        register_policy(web)


def test_answers_forbid_scripts_from_elsewhere_and_guessing_of_types(browser: FlaskClient) -> None:
    headers = browser.get("/healthz").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.7:8765"])
def test_a_request_for_another_host_is_refused(browser: FlaskClient, host: str) -> None:
    assert browser.get("/healthz", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost"])
def test_this_computer_is_answered_under_both_its_names(browser: FlaskClient, host: str) -> None:
    assert browser.get("/healthz", headers={"Host": host}).status_code == 200


def test_a_change_without_the_page_s_token_is_refused(browser: FlaskClient) -> None:
    answer = browser.post("/api/actor", json={"name": "李四", "role": "planner"})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "csrf")
    assert browser.get("/api/actor").get_json()["name"] != "李四"


def test_an_actor_says_who_they_are_and_is_marked_unauthenticated(browser: FlaskClient) -> None:
    token = browser.get("/api/actor").get_json()["csrf"]
    chosen = {"name": "李四", "organisation": "供水公司", "role": "utility"}
    answer = browser.post("/api/actor", json=chosen, headers={"X-CSRFToken": token})
    assert answer.get_json() == {**chosen, "authenticated": False}
    assert browser.get("/api/actor").get_json()["organisation"] == "供水公司"


@pytest.mark.parametrize(
    "body", [{"name": "", "role": "planner"}, {"name": "甲", "role": "worker"}, {"name": 7}, []]
)
def test_an_actor_without_name_or_with_a_role_for_machines_is_refused(
    browser: FlaskClient, body: object
) -> None:
    token = browser.get("/api/actor").get_json()["csrf"]
    answer = browser.post("/api/actor", json=body, headers={"X-CSRFToken": token})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "usage")


def test_the_public_role_cannot_tell_a_hidden_layer_from_a_missing_one(
    browser: FlaskClient,
) -> None:
    token = browser.get("/api/actor").get_json()["csrf"]
    browser.post(
        "/api/actor", json={"name": "甲", "role": "public"}, headers={"X-CSRFToken": token}
    )
    hidden = browser.get("/p/town/api/table/pipe")
    missing = browser.get("/p/town/api/table/pipa")
    assert hidden.status_code == missing.status_code == 404
    assert hidden.get_json()["message"].replace("pipe", "pipa") == missing.get_json()["message"]
    layers = [layer["name"] for layer in browser.get("/p/town/api/meta").get_json()["layers"]]
    assert "pipe" not in layers
    assert "pipe" not in browser.get("/p/town/api/info").get_json()["layers"]
    owner = browser.get("/p/town/api/row/organisation/O1").get_json()
    assert [link["layer"] for link in owner["links"]] == []


def test_a_planner_sees_the_pipes_of_an_owner(browser: FlaskClient) -> None:
    owner = browser.get("/p/town/api/row/organisation/O1").get_json()
    assert [(link["layer"], link["count"]) for link in owner["links"]] == [("pipe", 1)]


def test_the_server_listens_on_this_computer_only() -> None:
    with pytest.raises(UsageError):
        Settings(host="0.0.0.0")


def test_the_signing_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    first = create_app(Settings(config_dir=tmp_path), Shelf([])).config["SECRET_KEY"]
    second = create_app(Settings(config_dir=tmp_path), Shelf([])).config["SECRET_KEY"]
    assert first == second
    assert len(first) == 64
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_long_answers_travel_compressed_and_short_ones_do_not(browser: FlaskClient) -> None:
    asked = {"Accept-Encoding": "gzip"}
    long, short = (browser.get(path, headers=asked) for path in ("/p/town/api/meta", "/healthz"))
    assert long.headers["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(long.data))["plan"]["id"] == "town"
    assert "Content-Encoding" not in short.headers
