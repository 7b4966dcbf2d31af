"""What a session may be handed that is wrong: each is refused in clear words, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.services.editing import plain_value
from app.services.job_kinds import HANDLERS
from app.services.jobs import Worker
from app.services.plans import OpenPlan, Shelf
from app.settings import Settings
from app.store import PlanMeta, PlanStore
from app.web.factory import create_app
from tests.town import build_town

Ask = Callable[..., Any]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    build_town(tmp_path / "plan").close()
    PlanStore.create(tmp_path / "empty", PlanMeta("empty", "空", crs="EPSG:4544")).close()
    shelf = Shelf([tmp_path / "plan", tmp_path / "empty"])
    yield shelf
    shelf.close()


@pytest.fixture
def town(shelf: Shelf) -> OpenPlan:
    return shelf.get("town")


@pytest.fixture
def ask(shelf: Shelf, tmp_path: Path) -> Ask:
    client: FlaskClient = create_app(Settings(config_dir=tmp_path / "config"), shelf).test_client()

    def one(path: str, *, of: str = "town", **body: Any) -> tuple[int, Any]:
        token = client.get("/api/actor").get_json()["csrf"]
        answer = client.post(f"/p/{of}/api/{path}", json=body, headers={"X-CSRFToken": token})
        return answer.status_code, answer.get_json()

    return one


def change(layer: str = "building", row: str = "B1", **more: Any) -> dict[str, Any]:
    return {"layer": layer, "action": "update", "id": row, "version": 1, "values": {}, **more}


def work(plan: PlanStore) -> None:
    worker = Worker(plan, HANDLERS)
    while worker.run_one():
        pass


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"use": "castle"}, "用途"),
        ({"floors": 900}, "层数"),
        ({"floors": 2.5}, "层数"),
        ({"households": -1}, "户数"),
        ({"year_built": "去年"}, "建成年代"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_value_that_the_data_dictionary_does_not_take_is_refused_by_name(
    ask: Ask, town: OpenPlan, values: dict[str, Any], words: str
) -> None:
    before = town.store.content_hash("building")
    status, found = ask("edit", edits=[change(values=values)])
    assert status in (400, 422)
    assert words in str(found)
    assert found["fix"]
    assert town.store.content_hash("building") == before


def test_an_outline_over_a_neighbour_is_refused_with_the_neighbour_and_the_area(
    ask: Ask, town: OpenPlan
) -> None:
    outline = plain_value(town, town.store.row("building", "B2")["geometry"])  # type: ignore[index]
    status, found = ask("edit", edits=[change(geometry=outline)])
    assert status == 422
    assert "B2" in found["message"]
    assert "360.0 m²" in found["message"]
    assert "捕捉" in found["fix"]


@pytest.mark.parametrize(
    "drawn",
    [
        {"type": "Polygon", "coordinates": [[[106, 38], [106.001, 38.001], [106.001, 38], [106, 38.001], [106, 38]]]},
        {"type": "Point", "coordinates": [106, 38]},
        {"type": "Polygon", "coordinates": [[[106, 38], [106.1, 38]]]},
        {"type": "Polygon", "coordinates": "x"},
        {"type": "Polygon", "coordinates": [[["a", 38], [106, 38], [106, 39], ["a", 38]]]},
        {"type": "Nonsense"},
        "POINT (1 1)",
        7,
    ],
)  # fmt: skip
def test_a_drawing_that_is_no_outline_is_refused(ask: Ask, town: OpenPlan, drawn: Any) -> None:
    before = town.store.content_hash("building")
    status, found = ask("edit", edits=[change(geometry=drawn)])
    assert status in (400, 422)
    assert found["message"]
    assert found["fix"]
    assert town.store.content_hash("building") == before


def test_a_version_that_is_behind_comes_back_with_both_versions(ask: Ask, town: OpenPlan) -> None:
    assert ask("edit", edits=[change(values={"floors": 4})])[0] == 200
    status, found = ask("edit", edits=[change(values={"floors": 5})])
    assert status == 412
    assert (found["mine"]["floors"], found["theirs"]["floors"]) == (5, 4)
    status, found = ask("edit", edits=[change(values={"floors": 5}, version=None)])
    assert status == 400
    assert town.store.row("building", "B1")["floors"] == 4  # type: ignore[index]


def test_one_bad_edit_among_good_ones_saves_none(ask: Ask, town: OpenPlan) -> None:
    good = change(values={"floors": 4})
    status, _ = ask("edit", edits=[good, change(row="B2", values={"use": "castle"})])
    assert status == 422
    assert town.store.row("building", "B1")["version"] == 1  # type: ignore[index]


def test_a_scenario_whose_base_row_is_gone_says_so_and_merges_nothing(
    ask: Ask, town: OpenPlan
) -> None:
    scenario = ask("scenarios", name="甲")[1]["id"]
    ask(f"edit?scenario={scenario}", edits=[change(row="B6", values={"floors": 2})])
    ask(f"edit?scenario={scenario}", edits=[change(row="B5", values={"floors": 2})])
    ask("edit", edits=[change(row="B6", action="delete")])
    status, found = ask(f"scenarios/{scenario}/merge")
    assert status == 412
    assert "building B6" in found["where"]
    assert town.store.row("building", "B5")["floors"] == 3  # type: ignore[index]
    assert [f.code for f in town.store.scenario_clashes(scenario)] == ["base_gone"]


def test_a_scenario_that_nobody_made_is_not_found(ask: Ask) -> None:
    for path in ("scenarios/x/merge", "scenarios/x/drop", "scenarios/x/reopen"):
        status, found = ask(path)
        assert (status, bool(found["fix"])) == (404, True), path


@pytest.mark.parametrize("analysis", ["eligibility", "conflicts", "totals"])
def test_a_run_on_a_plan_without_the_layers_ends_with_a_reason_or_an_empty_answer(
    ask: Ask, shelf: Shelf, analysis: str
) -> None:
    status, job = ask("runs", of="empty", analysis=analysis, settings={})
    assert status == 202
    plan = shelf.get("empty").store
    work(plan)
    from app.store.jobs import JobTable

    done = next(one for one in JobTable(plan.folder).jobs() if one.job_id == job["job_id"])
    assert done.state in ("done", "failed")
    if done.state == "failed":
        assert done.error is not None
        assert done.error["message"]
        assert done.error["fix"]
        assert plan.current_run(analysis) is None
    assert plan.verify() == []


def test_an_analysis_or_setting_that_there_is_not_is_refused_before_it_is_queued(ask: Ask) -> None:
    assert ask("runs", analysis="magic", settings={})[0] == 404
    status, found = ask("runs", analysis="conflicts", settings={"binding": "lenient"})
    assert status == 400
    assert "stricter" in found["message"]


def test_a_job_clicked_twice_is_one_and_cancelled_twice_is_cancelled(
    ask: Ask, town: OpenPlan
) -> None:
    first, second = (ask("runs", analysis="totals", settings={})[1] for _ in range(2))
    assert first["job_id"] == second["job_id"]
    for _ in range(2):
        status, job = ask(f"jobs/{first['job_id']}/cancel")
        assert (status, job["state"]) == (200, "cancelled")
    work(town.store)
    assert town.store.runs() == []
    assert ask("runs", analysis="totals", settings={})[1]["job_id"] != first["job_id"]


def test_cancelling_what_is_done_leaves_it_done(ask: Ask, town: OpenPlan) -> None:
    job = ask("runs", analysis="totals", settings={})[1]
    work(town.store)
    status, after = ask(f"jobs/{job['job_id']}/cancel")
    assert (status, after["state"]) == (200, "done")
    assert len(town.store.runs()) == 1
