"""The list of conflicts, one of them with its section, and the answers of both sides."""

import io
import json
import re
import shutil

import pytest
from shapely.affinity import translate

from app.schema.actor import Actor
from app.services.plans import Shelf
from app.services.runs import run_analysis
from app.settings import Settings
from app.store import Edit
from app.web.factory import create_app

PLANNER = Actor("测试", "", "planner")


@pytest.fixture(scope="module")
def demo(demo_small_plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("conflicts") / "plan"
    shutil.copytree(demo_small_plan, folder)
    app = create_app(Settings(config_dir=folder.parent / "config"), Shelf([folder]))
    plan = app.config["SHELF"].get("demo")
    run_analysis(plan.store, "conflicts", {}, PLANNER)
    yield app, plan
    app.config["SHELF"].close()


@pytest.fixture
def client(demo):
    with demo[0].test_client() as client:
        yield client


API = "/p/demo/api"


def acts(client, organisation="", role="planner"):
    with client.session_transaction() as session:
        session["actor"] = {"name": "张工", "organisation": organisation, "role": role}


def send(client, path, body):
    token = client.get("/api/actor").json["csrf"]
    return client.post(f"{API}/{path}", json=body, headers={"X-CSRFToken": token})


def rows(client, query=""):
    columns = client.get(f"{API}/conflicts?{query}").json["columns"]
    names = list(columns)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def between_two_owners(client):
    return next(
        r for r in rows(client, "verdict=conflict") if r["b_owner_id"] and r["a_owner_id"] != r["b_owner_id"]
    )  # fmt: skip


def test_the_list_puts_conflicts_first_and_tells_every_row_of_the_result(client, demo):
    listed = rows(client)
    result = demo[1].frame("conflict")
    assert {r["conflict_id"] for r in listed} == set(result["conflict_id"])
    order = [["conflict", "possible", "unverified"].index(r["verdict"]) for r in listed]
    assert order == sorted(order)
    scores = [r["severity_score"] for r in listed if r["verdict"] == "conflict"]
    assert scores == sorted(scores, reverse=True)


def test_the_filters_hold_together_and_an_owner_is_either_side(client):
    everything = rows(client)
    found = rows(client, "owner=ORG-GAS&verdict=conflict,possible&check=horizontal")
    assert found == [
        r for r in everything
        if "ORG-GAS" in (r["a_owner_id"], r["b_owner_id"])
        and r["verdict"] != "unverified" and r["check"] == "horizontal"
    ]  # fmt: skip
    assert found


def test_a_conflict_shows_both_sides_its_rule_and_a_section_through_both(client):
    wanted = next(
        r for r in rows(client, "verdict=conflict&check=horizontal") if r["b_layer"] == "pipe"
    )
    told = client.get(f"{API}/conflict/{wanted['conflict_id']}").json
    assert [side["id"] for side in told["sides"]] == [wanted["a_id"], wanted["b_id"]]
    assert told["rule"]["figure"]
    assert told["rule"]["confidence"]
    assert sum(side["yields"] for side in told["sides"]) == (1 if told["row"]["yields"] else 0)
    cuts = {cut["pipe_id"]: cut for cut in told["drawing"]["cuts"]}
    one, two = cuts[wanted["a_id"]], cuts[wanted["b_id"]]
    drawn = abs(one["at_m"] - two["at_m"]) - (one["wide_m"] + two["wide_m"]) / 2
    assert max(drawn, 0) == pytest.approx(wanted["gap_m"], abs=0.06)
    assert told["go_to"]["crs"] == "EPSG:4544"


def test_a_crossing_is_shown_along_the_first_pipe(client):
    wanted = rows(client, "verdict=conflict&check=vertical")[0]
    drawing = client.get(f"{API}/conflict/{wanted['conflict_id']}").json["drawing"]
    assert drawing["kind"] == "profile"
    [met] = [cut for cut in drawing["cuts"] if cut["pipe_id"] == wanted["b_id"]]
    assert met["at_m"] == pytest.approx(drawing["focus_m"], abs=0.02)
    assert met["gap_m"] == pytest.approx(wanted["gap_m"], abs=0.001)


def test_a_side_answers_for_itself_and_the_history_keeps_what_it_said_before(client):
    row = between_two_owners(client)
    name, own, other = row["conflict_id"], row["a_owner_id"], row["b_owner_id"]
    acts(client, own, "utility")
    assert send(client, f"conflict/{name}/reply", {"organisation_id": own, "answer": "object", "note": "无位"}).status_code == 200  # fmt: skip
    assert send(client, f"conflict/{name}/reply", {"organisation_id": own, "answer": "will_move"}).status_code == 200  # fmt: skip
    refused = send(client, f"conflict/{name}/reply", {"organisation_id": other, "answer": "agree"})
    assert refused.status_code == 403
    side = client.get(f"{API}/conflict/{name}").json["sides"][0]
    assert (side["reply"]["answer"], side["reply"]["stale"]) == ("will_move", False)
    assert "张工" in side["reply"]["by"]
    history = client.get(f"{API}/history/reply/{side['reply']['reply_id']}").json
    assert len(history["changes"]) == 2


def test_an_answer_outlives_a_rerun_and_is_to_be_re_examined_when_the_conflict_changed(
    client, demo
):
    row = between_two_owners(client)
    name, own = row["conflict_id"], row["a_owner_id"]
    send(client, f"conflict/{name}/reply", {"organisation_id": own, "answer": "agree"})
    plan = demo[1]
    other = row["b_id"] if row["b_layer"] == "pipe" else row["a_id"]
    pipe = plan.row("pipe", other)
    line = translate(pipe["geometry"], 0.04, 0.04)
    plan.store.apply([Edit("pipe", "update", other, {"geometry": line}, pipe["version"])], PLANNER)
    run_analysis(plan.store, "conflicts", {}, PLANNER)
    [again] = [r for r in rows(client) if r["conflict_id"] == name]
    assert again["a_answer"] == "agree"
    assert again["stale"] is (abs(again["gap_m"] - row["gap_m"]) >= 0.01)
    assert again["gap_m"] != row["gap_m"]


def test_who_may_not_see_pipes_does_not_learn_of_their_conflicts(client):
    acts(client, role="public")
    assert client.get(f"{API}/conflicts").status_code == 404
    assert client.get(f"{API}/conflict/x").status_code == 404


def test_packages_tell_their_figures_and_each_figure_opens_to_its_sum(client, demo):
    run_analysis(demo[1].store, "corridors", {}, PLANNER)
    told = client.get(f"{API}/dig-packages").json
    assert told["totals"]["saved_fen"] == sum(one["saved_fen"] for one in told["packages"])
    pack = told["packages"][0]
    assert len(pack["members"]) >= 2
    assert pack["lines"]
    why = client.get(f"{API}/why?package={pack['id']}&of=saved_fen").json
    assert why["value"] == pack["saved_fen"]
    terms = re.search(
        r"= ([\d,.]+) m × ([\d.]+) \+ ([\d,.]+) m² × ([\d.]+) \+ (\d+) × ([\d.]+)", why["formula"]
    )
    trench, a, area, b, openings, c = (float(v.replace(",", "")) for v in terms.groups())
    assert trench * a + area * b + openings * c == pytest.approx(pack["saved_fen"] / 100, abs=4)
    assert {one["rule_id"] for one in why["clauses"]} == {"DS01", "DS02", "DS03"}
    assert client.get(f"{API}/why?package={pack['id']}&of=luck").status_code == 400


def test_trial_pits_are_listed_by_owner_the_most_settling_first(client, demo):
    everything = client.get(f"{API}/trial-pits").json
    assert len(everything["pits"]) == len(demo[1].frame("trial_pit"))
    assert sum(one["pits"] for one in everything["owners"]) == len(everything["pits"])
    owner = everything["owners"][0]
    of_one = client.get(f"{API}/trial-pits?owner={owner['id']}").json["pits"]
    assert len(of_one) == owner["pits"]
    settles = [pit["settles"] for pit in of_one]
    assert settles == sorted(settles, reverse=True)


def test_the_line_of_a_file_comes_back_in_degrees_and_nothing_is_kept(client, demo):
    counts = demo[1].counts()
    line = {"type": "LineString", "coordinates": [[106.2, 37.977], [106.201, 37.9775]]}
    point = {"type": "Point", "coordinates": [106.2, 37.977]}
    features = [{"type": "Feature", "properties": {}, "geometry": one} for one in (line, point)]
    body = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    token = client.get("/api/actor").json["csrf"]
    told = client.post(
        f"{API}/alignment", data={"file": (io.BytesIO(body), "线路.geojson")},
        headers={"X-CSRFToken": token},
    ).json  # fmt: skip
    assert told["count"] == 1
    for found, drawn in zip(told["lines"][0]["coordinates"], line["coordinates"], strict=True):
        assert found == pytest.approx(drawn, abs=1e-7)
    only_point = json.dumps({"type": "FeatureCollection", "features": features[1:]}).encode()
    refused = client.post(
        f"{API}/alignment", data={"file": (io.BytesIO(only_point), "点.geojson")},
        headers={"X-CSRFToken": token},
    )  # fmt: skip
    assert refused.status_code == 422
    assert "没有线" in refused.json["message"]
    assert demo[1].counts() == counts


def test_answers_are_closed_to_who_may_not_know_the_pipes_they_name(client, tmp_path, demo):
    row = between_two_owners(client)
    body = {"organisation_id": row["a_owner_id"], "answer": "agree"}
    acts(client)
    assert send(client, f"conflict/{row['conflict_id']}/reply", body).status_code == 200
    acts(client, role="viewer")
    assert client.get(f"{API}/table/reply").status_code == 404
    assert "reply" not in {layer["name"] for layer in client.get(f"{API}/meta").json["layers"]}
    package = tmp_path / "open.gpkg"
    demo[1].store.export_gpkg(package, Actor("观众", "", "viewer"), protected=False)
    assert row["a_id"].encode() not in package.read_bytes()


# --- on paper ---
def words_in(told):
    """Every text of an answer."""
    if isinstance(told, dict):
        return {word for value in told.values() for word in words_in(value)} | set(told)
    if isinstance(told, list):
        return {word for value in told for word in words_in(value)}
    return {told} if isinstance(told, str) else set()


def paper(client, owner):
    """All that the report page is told: list, items and profiles."""
    listed = client.get(f"{API}/conflict-report?owner={owner}&most=60").json
    items = [
        item
        for first in range(0, len(listed["rows"]), 20)
        for item in client.get(
            f"{API}/conflict-report/items?owner={owner}&first={first}&most=20"
        ).json["items"]
    ]
    profiles = [
        client.get(f"{API}/conflict-report/profile?owner={owner}&pipe={pipe}").json
        for pipe in listed["planned"]
    ]
    return listed, items, profiles


def test_the_paper_of_a_party_names_its_own_pipes_and_no_other(client, demo):
    pipes = demo[1].table("pipe")
    others = set(pipes.loc[pipes["owner_id"] != "ORG-GAS", "pipe_id"])
    listed, items, profiles = paper(client, "ORG-GAS")
    assert len(items) == len(listed["rows"]) == 60
    assert profiles
    written = words_in([listed, items, profiles])
    assert not [text for text in written for part in text.split() if part in others]
    assert not [text for text in written if text[:2] in ("H-", "V-") and any(o in text for o in others)]  # fmt: skip
    drawn = {cut["pipe_id"] for item in items if item["drawing"] for cut in item["drawing"]["cuts"]}
    for row, item in zip(listed["rows"], items, strict=True):
        assert row["a_id"] == item["sides"][0]["id"] == item["row"]["a_id"]
        if row["b_layer"] == "pipe" and row["b_owner_id"] != "ORG-GAS":
            assert row["a_owner_id"] == "ORG-GAS"
            assert item["sides"][1]["facts"] == []
            assert row["b_id"] in drawn
            assert re.fullmatch(r"[A-Z]{2}-\w{4}-\w{4}", row["b_id"])


def test_a_conflict_has_one_reference_on_the_papers_of_both_sides_and_in_their_files(client, demo):
    from app.services.party_view import References

    own = {row["conflict_id"]: row for row in paper(client, "ORG-GAS")[0]["rows"]}
    told = client.get(f"{API}/conflict-report?owner=ORG-WATER&most=500").json["rows"]
    both = [(own[row["conflict_id"]], row) for row in told if row["conflict_id"] in own]
    assert both
    for gas, water in both:
        assert (gas["b_owner_id"], water["b_owner_id"]) == ("ORG-WATER", "ORG-GAS")
        assert gas["lon"] == water["lon"]
        assert gas["gap_m"] == water["gap_m"]
    result = demo[1].table("conflict")
    references = References(demo[1])
    names = [references.conflict(row) for row in result.to_dict("records")]
    assert len(set(names)) == len(result)


def test_the_coordinators_paper_has_the_ids_of_both_sides(client, demo):
    told = client.get(f"{API}/conflict-report?verdict=conflict&most=500").json
    assert {row["conflict_id"] for row in told["rows"]} == {
        row["conflict_id"] for row in rows(client, "verdict=conflict")
    }
    item = client.get(f"{API}/conflict-report/items?verdict=conflict&most=1").json["items"][0]
    whole = client.get(f"{API}/conflict/{told['rows'][0]['conflict_id']}").json
    assert item == {name: whole[name] for name in item}


def test_nobody_prints_the_paper_or_the_profiles_of_another_party(client, demo):
    water = demo[1].table("pipe").query("owner_id == 'ORG-WATER' and status == 'planned'")
    acts(client, "供气公司", "utility")
    assert client.get(f"{API}/conflict-report?owner=ORG-WATER").status_code == 403
    assert client.get(f"{API}/conflict-report/items?owner=ORG-WATER").status_code == 403
    pipe = water["pipe_id"].iloc[0]
    assert client.get(f"{API}/conflict-report/profile?owner=ORG-GAS&pipe={pipe}").status_code == 404
    assert client.get(f"{API}/conflict-report").json["owner"] == "ORG-GAS"
    acts(client, role="public")
    assert client.get(f"{API}/conflict-report").status_code == 404
