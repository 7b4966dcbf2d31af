"""Water on the map over the wire: the slider, the last run, a point's curve."""

import base64
import io
import shutil

import numpy as np
import pytest
from PIL import Image

from app.schema import Actor
from app.services.plans import Shelf
from app.services.runs import run_analysis
from app.settings import Settings
from app.store import PlanStore
from app.web.factory import create_app


@pytest.fixture(scope="module")
def plans(demo_small_plan, tmp_path_factory):
    """The small demonstration as built, and with a storm and its exposure."""
    folder = tmp_path_factory.mktemp("storm")
    for name in ("dry", "wet"):
        shutil.copytree(demo_small_plan, folder / name)
    with PlanStore.open(folder / "wet") as plan:
        settings = {"cell_m": 8, "duration_min": 30, "rain_mm": 60, "after_min": 5}
        run_analysis(plan, "storm", settings, Actor("test"))
        run_analysis(plan, "exposure", {}, Actor("test"))
    return folder


def answers(plans, name, tmp_path):
    shelf = Shelf([plans / name])
    app = create_app(Settings(config_dir=tmp_path / "config"), shelf)
    page = app.test_client()
    root = page.get("/", follow_redirects=True).request.path.rstrip("/")
    return lambda path: page.get(f"{root}/api/storm{path}"), shelf


def picture(answer):
    data = base64.b64decode(answer["image"].split(",")[1])
    return np.asarray(Image.open(io.BytesIO(data)))


def test_more_rain_wets_more_ground_and_the_balance_closes(plans, tmp_path):
    get, shelf = answers(plans, "dry", tmp_path)
    little, much = (get(f"/pour?mm={mm}").get_json() for mm in (10, 80))
    assert much["wet_m2"] > little["wet_m2"]
    assert (picture(much) > 0).sum() > (picture(little) > 0).sum()
    assert much["error"] < 1e-12
    south, west = much["bounds"][0]
    assert (round(west), round(south)) == (106, 38)
    assert get("/pour?mm=-1").status_code == 400
    assert get("/pour?mm=much").get_json()["where"] == "mm"
    shelf.close()


def test_the_theme_opens_with_rain_by_period_and_says_what_is_beyond_the_formula(plans, tmp_path):
    get, shelf = answers(plans, "dry", tmp_path)
    told = get("").get_json()
    assert told["run"] is None
    rain = {one["period_a"]: one for one in told["rain"]}
    assert rain[10]["mm"] == pytest.approx(32.5, abs=0.05)
    assert not rain[10]["note"]
    assert "超出公式适用范围" in rain[50]["note"]
    assert get("/exposure").get_json() is None
    assert set(get("/frame").get_json()) == {"code", "message", "where", "fix"}
    shelf.close()


def test_the_last_run_is_shown_over_time_and_at_a_point(plans, tmp_path):
    get, shelf = answers(plans, "wet", tmp_path)
    told = get("").get_json()["run"]
    assert told["state"] == "current"
    assert "水量平衡" in told["notes"][0]
    assert len(told["minutes"]) == 24
    greatest = get("/frame").get_json()
    then = get(f"/frame?minute={told['minutes'][5]}").get_json()
    assert (picture(greatest) > 0).sum() >= (picture(then) > 0).sum()
    assert get("/frame?minute=9999").status_code == 400
    (south, west), (north, east) = greatest["bounds"]
    point = get(f"/point?lon={(west + east) / 2}&lat={(south + north) / 2}").get_json()
    assert len(point["minutes"]) == len(point["depth_m"]) == 25
    assert get("/point?lon=0&lat=0").get_json() == {"inside": False}
    exposed = get("/exposure").get_json()
    assert exposed["households"] == sum(one["households"] for one in exposed["communities"])
    shelf.close()
