"""Profiles and sections as the map asks for them."""

import shutil

import pytest

from app.services.plans import Shelf
from app.settings import Settings
from app.web.factory import create_app
from tests.demo.towns import demo_town


@pytest.fixture(scope="module")
def demo(demo_small_plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("profiles") / "plan"
    shutil.copytree(demo_small_plan, folder)
    app = create_app(Settings(config_dir=folder.parent / "config"), Shelf([folder]))
    with app.test_client() as client:
        plan = next(iter(app.config["SHELF"].plans()))
        yield client, f"/p/{plan}/api"
    app.config["SHELF"].close()


def test_profile_of_a_pipe_shows_ground_axis_and_what_crosses_it(demo):
    client, api = demo
    fact = next(f for f in demo_town(small=True).facts if f.kind == "clearance_vertical")
    found = client.get(f"{api}/profile?pipe={fact.row_id}").json
    assert found["ground_source"] == "terrain"
    assert "conflict" in [cut["verdict"] for cut in found["cuts"]]
    for _, height, depth in found["axis"]:
        assert 0 < depth < 6
        assert height < max(ground for _, ground in found["ground"])


def test_section_at_a_point_cuts_across_the_street(demo):
    client, api = demo
    ends = client.get(f"{api}/profile?pipe=JS-00001").json["line"]
    lon, lat = (sum(values) / len(values) for values in zip(*ends, strict=True))
    found = client.get(f"{api}/section?line={lon},{lat}").json
    assert found["length_m"] == pytest.approx(40.0)
    assert len(found["cuts"]) >= 3
    assert len(found["neighbours"]) == len(found["cuts"]) - 1


def test_who_may_not_see_pipes_does_not_learn_that_there_are_profiles(demo):
    client, api = demo
    with client.session_transaction() as session:
        session["actor"] = {"name": "x", "organisation": "", "role": "public"}
    answers = [
        client.get(f"{api}/{path}") for path in ("profile?pipe=JS-00001", "section?line=1,2")
    ]
    with client.session_transaction() as session:
        session.clear()
    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize(
    ("path", "status"),
    [("profile?pipe=NONE", 404), ("section?line=", 400), ("section?line=1,2;x,3", 400),
     ("section?line=106.2,37.98;107.2,37.98", 400)],
)  # fmt: skip
def test_wrong_questions_are_refused_with_the_reason(demo, path, status):
    client, api = demo
    answer = client.get(f"{api}/{path}")
    assert answer.status_code == status
    assert {"code", "message", "where", "fix"} <= set(answer.json)
