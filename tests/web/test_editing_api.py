"""An editor in a browser: forms, saving with a version, clashes, undo across saves, scenarios."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.services.job_kinds import HANDLERS
from app.services.jobs import Worker
from app.services.plans import Shelf
from app.settings import Settings
from app.store import PlanStore
from app.web.factory import create_app
from tests.town import build_town

Ask = Callable[..., Any]


@pytest.fixture
def town(tmp_path: Path) -> Path:
    with build_town(tmp_path / "plan") as store:
        return store.folder


@pytest.fixture
def client(town: Path, tmp_path: Path) -> Iterator[FlaskClient]:
    app = create_app(Settings(config_dir=tmp_path / "config"), Shelf([town]))
    yield app.test_client()
    app.config["SHELF"].close()


@pytest.fixture
def ask(client: FlaskClient, town: Path) -> Ask:
    """Ask one address below the plan's API; returns status and answer."""
    plan_id = PlanStore.open(town).meta.plan_id

    def one(method: str, path: str, **body: Any) -> tuple[int, Any]:
        token = client.get("/api/actor").get_json()["csrf"]
        sent = {"json": body} if method == "POST" else {}
        answer = client.open(
            f"/p/{plan_id}/api/{path}", method=method, headers={"X-CSRFToken": token}, **sent
        )
        return answer.status_code, answer.get_json()

    return one


def change(**values: Any) -> dict[str, Any]:
    wish = {"layer": "building", "action": "update", "id": "B1", "version": 1}
    return {**wish, **{k: values.pop(k) for k in list(values) if k in wish}, "values": values}


def value_of(ask: Ask, column: str, *, row: str = "B1", scenario: str = "") -> Any:
    _, found = ask("GET", f"row/building/{row}?scenario={scenario}")
    return next(item["value"] for item in found["values"] if item["column"] == column)


def test_the_form_of_a_layer_has_labels_units_bounds_and_codes(ask: Ask) -> None:
    status, found = ask("GET", "form/building?lang=zh")
    fields = {field["name"]: field for field in found["fields"]}
    assert status == 200
    assert fields["year_built"]["label"] == "建成年代"
    assert (fields["floors"]["unit"], fields["floors"]["maximum"]) == ("层", 200)
    assert {"code": "residential", "label": "住宅"} in fields["use"]["options"]
    assert "version" not in fields


def test_a_saved_edit_is_there_at_once_with_a_new_version_and_in_the_history(ask: Ask) -> None:
    status, found = ask("POST", "edit", edits=[change(year_built=1999)])
    assert (status, found["applied"][0]["version"]) == (200, 2)
    assert value_of(ask, "year_built") == 1999
    _, past = ask("GET", "history/building/B1")
    newest = past["changes"][0]
    assert newest["by"].endswith("（未认证）")
    assert {"column": "year_built", "label": "建成年代", "before": 1985, "after": 1999} in newest[
        "columns"
    ]


def test_a_stale_version_is_refused_with_both_versions_side_by_side(ask: Ask) -> None:
    ask("POST", "edit", edits=[change(year_built=1999)])
    status, found = ask("POST", "edit", edits=[change(year_built=1970)])
    assert status == 412
    assert found["mine"]["year_built"] == 1970
    assert found["theirs"]["year_built"] == 1999
    assert value_of(ask, "year_built") == 1999


@pytest.mark.parametrize(
    ("values", "column"),
    [({"use": "castle"}, "use"), ({"floors": -2}, "floors"), ({"year_built": "old"}, "year_built")],
)
def test_a_value_that_does_not_fit_is_refused_by_name_and_nothing_is_saved(
    ask: Ask, values: dict[str, Any], column: str
) -> None:
    status, found = ask("POST", "edit", edits=[change(households=99), change(id="B2", **values)])
    assert status == 422
    assert column in {finding["column"] for finding in found["findings"]}
    assert value_of(ask, "households") == 24


def test_a_reference_to_a_row_that_does_not_exist_is_refused_by_name(ask: Ask) -> None:
    status, found = ask("POST", "edit", edits=[change(households=99, community_id="C9")])
    assert status == 422
    [fault] = found["findings"]
    assert (fault["code"], fault["column"]) == ("dangling_reference", "community_id")
    assert "C9" in fault["message"]
    assert value_of(ask, "households") == 24
    _, typed = ask("POST", "check-row", **change(community_id="C9"))
    assert [finding["code"] for finding in typed["findings"]] == ["dangling_reference"]


def test_an_edit_may_point_to_what_it_creates_or_a_scenario_has(ask: Ask) -> None:
    outline = {"type": "Polygon", "coordinates": [
        [[106.2, 38.0], [106.201, 38.0], [106.201, 38.001], [106.2, 38.0]]]}  # fmt: skip
    born = {"layer": "community", "action": "create", "id": "C9", "geometry": outline,
            "values": {"name": "新苑小区", "township_id": "T1"}}  # fmt: skip
    scenario = ask("POST", "scenarios", name="试算")[1]["id"]
    inside, edits = f"edit?scenario={scenario}", [born, change(community_id="C9")]
    assert ask("POST", inside, edits=edits)[0] == 200
    later = [change(id="B2", community_id="C9")]
    assert ask("POST", "edit", edits=later)[0] == 422
    assert ask("POST", inside, edits=later)[0] == 200


def test_what_is_typed_is_checked_before_it_is_saved(ask: Ask) -> None:
    _, found = ask("POST", "check-row", **change(floors=-2))
    assert [finding["column"] for finding in found["findings"]] == ["floors"]
    _, sound = ask("POST", "check-row", **change(floors=7))
    assert sound["findings"] == []


def test_a_building_may_not_be_drawn_over_another(ask: Ask) -> None:
    _, other = ask("GET", "row/building/B2")
    wish = {**change(), "geometry": other["geometry"]}
    status, found = ask("POST", "edit", edits=[wish])
    assert status == 422
    assert found["findings"][0]["code"] == "overlap"
    assert "B2" in found["findings"][0]["message"]


def test_undo_and_redo_go_back_and_forth_across_saves(ask: Ask) -> None:
    ask("POST", "edit", edits=[change(year_built=1999)])
    ask("POST", "edit", edits=[change(version=2, year_built=2001)])
    assert ask("GET", "undo")[1] == {"undo": 2, "redo": 0}
    ask("POST", "undo", way="undo")
    assert value_of(ask, "year_built") == 1999
    ask("POST", "undo", way="undo")
    assert value_of(ask, "year_built") == 1985
    assert ask("GET", "undo")[1] == {"undo": 0, "redo": 2}
    ask("POST", "undo", way="redo")
    assert value_of(ask, "year_built") == 1999
    ask("POST", "undo", way="redo")
    assert value_of(ask, "year_built") == 2001
    assert ask("POST", "undo", way="redo")[0] == 400


def test_undo_takes_back_the_edit_and_not_the_run_that_followed_it(ask: Ask, town: Path) -> None:
    ask("POST", "edit", edits=[change(year_built=2004)])
    ask("POST", "runs", analysis="eligibility", settings={})
    with PlanStore.open(town) as store:
        assert Worker(store, HANDLERS).run_one()
    ask("POST", "scenarios", name="甲")
    assert ask("GET", "undo")[1] == {"undo": 1, "redo": 0}
    ask("POST", "undo", way="undo")
    assert value_of(ask, "year_built") == 1985
    assert state_of(ask, "eligibility")["state"] == "stale"


def test_a_new_edit_empties_what_could_be_redone(ask: Ask) -> None:
    ask("POST", "edit", edits=[change(year_built=1999)])
    ask("POST", "undo", way="undo")
    version = ask("GET", "row/building/B1")[1]["version"]
    ask("POST", "edit", edits=[change(version=version, floors=7)])
    assert ask("GET", "undo")[1] == {"undo": 1, "redo": 0}


def test_a_row_can_be_brought_back_to_any_point_of_its_history(ask: Ask) -> None:
    _, first = ask("POST", "edit", edits=[change(year_built=1999)])
    ask("POST", "edit", edits=[change(version=2, year_built=2001)])
    change_id = first["applied"][0]["change_id"]
    status, _ = ask("POST", "restore", layer="building", id="B1", change_id=change_id)
    assert status == 200
    assert value_of(ask, "year_built") == 1999


def test_a_row_can_be_brought_back_to_how_it_came_in(ask: Ask) -> None:
    before = value_of(ask, "year_built")
    ask("POST", "edit", edits=[change(year_built=1999)])
    _, told = ask("GET", "history/building/B1")
    assert [one["action"] for one in told["changes"]] == ["update", "origin"]
    origin = told["changes"][-1]["change_id"]
    status, _ = ask("POST", "restore", layer="building", id="B1", change_id=origin)
    assert status == 200
    assert value_of(ask, "year_built") == before


def test_a_row_that_somebody_added_has_no_state_before_it(ask: Ask) -> None:
    body = {"layer": "organisation", "id": "O99"}
    made = {**body, "action": "create", "values": {"name": "供水公司"}}
    assert ask("POST", "edit", edits=[made])[0] == 200
    _, told = ask("GET", "history/organisation/O99")
    assert [one["action"] for one in told["changes"]] == ["create"]
    assert ask("POST", "restore", **body, change_id="planning#0")[0] == 404


def test_bringing_a_row_back_in_a_scenario_leaves_the_plan_alone(ask: Ask) -> None:
    _, first = ask("POST", "edit", edits=[change(year_built=1999)])
    ask("POST", "edit", edits=[change(version=2, year_built=2001)])
    of_plan = first["applied"][0]["change_id"]
    scenario = ask("POST", "scenarios", name="恢复")[1]["id"]
    _, mine = ask("POST", f"edit?scenario={scenario}", edits=[change(version=3, floors=9)])

    _, told = ask("GET", f"history/building/B1?scenario={scenario}")
    assert [bool(one["scenario"]) for one in told["changes"]] == [True, False, False, False]
    assert len(ask("GET", "history/building/B1")[1]["changes"]) == 3

    wish = {"layer": "building", "id": "B1"}
    assert ask("POST", f"restore?scenario={scenario}", **wish, change_id=of_plan)[0] == 200
    assert value_of(ask, "year_built") == 2001
    assert value_of(ask, "year_built", scenario=scenario) == 1999

    of_scenario = mine["applied"][0]["change_id"]
    assert ask("POST", f"restore?scenario={scenario}", **wish, change_id=of_scenario)[0] == 200
    assert value_of(ask, "year_built", scenario=scenario) == 2001
    assert value_of(ask, "floors", scenario=scenario) == 9
    assert ask("POST", "restore", **wish, change_id=of_scenario)[0] == 404


def test_a_scenario_shows_its_own_values_and_leaves_the_plan_alone(ask: Ask) -> None:
    _, made = ask("POST", "scenarios", name="补录年代")
    scenario = made["id"]
    ask("POST", f"edit?scenario={scenario}", edits=[change(id="B2", households=40)])
    assert value_of(ask, "households", row="B2") == 36
    assert value_of(ask, "households", row="B2", scenario=scenario) == 40
    _, found = ask("GET", f"compare?left=&right={scenario}")
    assert found["right"]["totals"]["households"] - found["left"]["totals"]["households"] == 4
    assert [(row["layer"], row["id"]) for row in found["rows"]] == [("building", "B2")]
    status, merged = ask("POST", f"scenarios/{scenario}/merge")
    assert (status, merged["merged"]) == (200, 1)
    assert value_of(ask, "households", row="B2") == 40
    assert ask("GET", f"row/building/B2?scenario={scenario}")[0] == 404


def test_merging_over_a_changed_row_is_refused_and_shown(ask: Ask) -> None:
    scenario = ask("POST", "scenarios", name="甲")[1]["id"]
    ask("POST", f"edit?scenario={scenario}", edits=[change(floors=7)])
    ask("POST", "edit", edits=[change(floors=8)])
    assert ask("GET", f"scenarios/{scenario}/changes")[1]["changes"][0]["clash"]
    assert ask("POST", f"scenarios/{scenario}/merge")[0] == 412
    assert value_of(ask, "floors") == 8
    assert ask("POST", f"scenarios/{scenario}/drop")[0] == 200


def test_two_open_scenarios_need_two_names(ask: Ask) -> None:
    assert ask("POST", "scenarios", name="甲")[0] == 201
    assert ask("POST", "scenarios", name="甲")[0] == 400
    assert ask("POST", "scenarios", name=" ")[0] == 400


def test_a_run_is_queued_once_done_by_the_worker_and_goes_stale_after_an_edit(
    ask: Ask, town: Path
) -> None:
    status, job = ask("POST", "runs", analysis="eligibility", settings={})
    _, twice = ask("POST", "runs", analysis="eligibility", settings={})
    assert (status, job["state"]) == (202, "queued")
    assert twice["job_id"] == job["job_id"]
    with PlanStore.open(town) as store:
        assert Worker(store, HANDLERS).run_one()
    [done] = ask("GET", "jobs")[1]["jobs"]
    assert (done["state"], done["label"]) == ("done", "改造资格")
    assert state_of(ask, "eligibility")["state"] == "current"
    ask("POST", "edit", edits=[change(year_built=2004)])
    stale = state_of(ask, "eligibility")
    assert stale["state"] == "stale"
    assert "楼栋" in stale["reason"]


def state_of(ask: Ask, name: str) -> Any:
    return next(item for item in ask("GET", "runs")[1]["analyses"] if item["analysis"] == name)


def test_a_waiting_job_can_be_cancelled(ask: Ask) -> None:
    job = ask("POST", "runs", analysis="eligibility", settings={})[1]
    assert ask("POST", f"jobs/{job['job_id']}/cancel")[1]["state"] == "cancelled"


def test_a_viewer_may_look_and_not_change(ask: Ask, client: FlaskClient) -> None:
    token = client.get("/api/actor").get_json()["csrf"]
    person = {"name": "客人", "role": "viewer"}
    client.post("/api/actor", json=person, headers={"X-CSRFToken": token})
    assert ask("GET", "form/building")[0] == 200
    assert ask("POST", "edit", edits=[change(floors=7)])[0] == 403
    assert ask("POST", "runs", analysis="eligibility")[0] == 403


def test_a_dropped_scenario_comes_back_with_its_changes(ask: Ask) -> None:
    _, made = ask("POST", "scenarios", name="推迟两栋")
    scenario = made["id"]
    ask("POST", f"edit?scenario={scenario}", edits=[change(id="B2", households=40)])
    ask("POST", f"scenarios/{scenario}/drop")
    assert ask("POST", f"scenarios/{scenario}/reopen")[0] == 200
    assert value_of(ask, "households", row="B2", scenario=scenario) == 40
    assert ask("POST", f"scenarios/{scenario}/reopen")[0] == 404


def test_a_merge_is_taken_back_and_the_scenario_is_open_again(ask: Ask) -> None:
    before = value_of(ask, "households", row="B2")
    _, made = ask("POST", "scenarios", name="推迟两栋")
    scenario = made["id"]
    ask("POST", f"edit?scenario={scenario}", edits=[change(id="B2", households=40)])
    assert ask("POST", f"scenarios/{scenario}/merge")[1] == {"merged": 1}
    assert value_of(ask, "households", row="B2") == 40
    assert ask("POST", f"scenarios/{scenario}/reopen")[0] == 200
    assert value_of(ask, "households", row="B2") == before
    assert value_of(ask, "households", row="B2", scenario=scenario) == 40
    # Ctrl+Shift+Z brings the merge again, the scenario is closed with it.
    assert ask("POST", "undo", way="redo")[0] == 200
    assert value_of(ask, "households", row="B2") == 40
    [listed] = ask("GET", "scenarios")[1]["scenarios"]
    assert listed["state"] == "merged"


def test_a_merge_whose_rows_were_edited_since_is_not_taken_back(ask: Ask) -> None:
    _, made = ask("POST", "scenarios", name="推迟两栋")
    scenario = made["id"]
    ask("POST", f"edit?scenario={scenario}", edits=[change(id="B2", households=40)])
    ask("POST", f"scenarios/{scenario}/merge")
    _, row = ask("GET", "row/building/B2")
    ask("POST", "edit", edits=[change(id="B2", version=row["version"], households=41)])
    assert ask("POST", f"scenarios/{scenario}/reopen")[0] == 412
    assert value_of(ask, "households", row="B2") == 41


def test_points_go_between_the_plan_s_coordinates_and_degrees(ask: Ask) -> None:
    typed = [[600_000.0, 4_200_000.0], [600_000.123, 4_200_010.5]]
    _, found = ask("POST", "points", points=typed, to="degrees")
    assert found["crs"] == "EPSG:4544"
    assert found["points"][0] == pytest.approx([106.13739, 37.92695], abs=1e-5)
    _, back = ask("POST", "points", points=found["points"], to="plan")
    assert back["points"] == [pytest.approx(pair, abs=0.001) for pair in typed]


def test_an_easting_with_the_number_of_the_plan_s_zone_in_front_is_understood(ask: Ask) -> None:
    bare = ask("POST", "points", points=[[600_000, 4_200_000]], to="degrees")[1]
    assert ask("POST", "points", points=[[35_600_000, 4_200_000]], to="degrees")[1] == bare


@pytest.mark.parametrize(
    "points",
    [[[4_200_000, 600_000]], [[36_600_000, 4_200_000]], [[1, 2, 3]], [["a", 1]], "x"],
)
def test_points_that_lie_nowhere_are_refused_with_what_x_and_y_mean(ask: Ask, points: Any) -> None:
    status, found = ask("POST", "points", points=points, to="degrees")
    assert status in (400, 422)
    assert found["fix"]
