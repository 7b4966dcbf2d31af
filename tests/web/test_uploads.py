"""The upload door: a file is looked at apart, confirmed once, comes in as one batch, goes again."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from app.services.job_kinds import HANDLERS
from app.services.jobs import Worker
from app.services.plans import Shelf
from app.settings import Settings
from app.store import PlanStore
from app.web.factory import create_app
from tests.services.test_swmm_files import MODEL
from tests.town import build_town

GPS_TAG, MAKER_TAG, ORIENTATION = 0x8825, 0x010F, 0x0112


@pytest.fixture
def town(tmp_path: Path) -> Path:
    with build_town(tmp_path / "plan") as store:
        return store.folder


@pytest.fixture
def client(town: Path, tmp_path: Path) -> Iterator[FlaskClient]:
    settings = Settings(config_dir=tmp_path / "config", upload_mb=1)
    app = create_app(settings, Shelf([town]))
    yield app.test_client()
    app.config["SHELF"].close()


class Door:
    """What a browser does at the door, and a worker that does the queued jobs when told to."""

    def __init__(self, client: FlaskClient, town: Path) -> None:
        self._client, self._town = client, town
        with PlanStore.open(town) as store:
            self._base = f"/p/{store.meta.plan_id}/api/"

    def post(self, path: str, **sent: Any) -> tuple[int, Any]:
        token = self._client.get("/api/actor").get_json()["csrf"]
        answer = self._client.post(self._base + path, headers={"X-CSRFToken": token}, **sent)
        return answer.status_code, answer.get_json()

    def get(self, path: str) -> tuple[int, Any]:
        answer = self._client.get(self._base + path)
        return answer.status_code, answer.get_json()

    def raw(self, path: str) -> bytes:
        return bytes(self._client.get(self._base + path).data)

    def send(self, content: bytes, name: str, to: str = "uploads", **form: str) -> tuple[int, Any]:
        data = {"file": (io.BytesIO(content), name), **form}
        return self.post(to, data=data, content_type="multipart/form-data")

    def work(self) -> Any:
        with PlanStore.open(self._town) as store:
            worker = Worker(store, HANDLERS)
            while worker.run_one():
                pass
        return self.get("jobs")[1]["jobs"][0]

    def rows(self, layer: str) -> int:
        with PlanStore.open(self._town) as store:
            return store.counts()[layer]


@pytest.fixture
def door(client: FlaskClient, town: Path) -> Door:
    return Door(client, town)


def delivery(town: Path, *, number: int = 3) -> bytes:
    """Some of the town's own buildings as another office would deliver them, one with a fault."""
    with PlanStore.open(town) as store:
        shapes = store.read("building").geometry.iloc[:number].translate(300, 0).to_crs(4326)
    features = [
        {
            "type": "Feature",
            "geometry": shape.__geo_interface__,
            "properties": {
                "楼号": f"新{k}",
                "层数": 999 if k == 0 else 6,
                "建成年代": 1990,
                "户数": 12,
                "甲方备注": "x",
            },
        }
        for k, shape in enumerate(shapes)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def received(door: Door, town: Path) -> str:
    status, found = door.send(delivery(town), "新楼栋.geojson")
    assert status == 202, found
    job = door.work()
    assert job["state"] == "done", job["error"]
    return str(found["upload_id"])


def test_a_file_is_looked_at_before_anything_is_written(door: Door, town: Path) -> None:
    before = door.rows("building")
    _, found = door.get(f"uploads/{received(door, town)}")
    report = found["preview"]
    assert (report["read"], report["kept"], report["dry_run"]) == (3, 3, True)
    assert report["layers"][0]["crs"]["code"] == "EPSG:4326"
    assert {use["from"]: use["to"] for use in report["layers"][0]["mapping"]}["层数"] == "floors"
    assert report["layers"][0]["ignored"] == ["甲方备注"]
    assert any(fault["row"] == "1" and "999" in fault["message"] for fault in report["findings"])
    assert all(abs(x) < 180 for x in report["shapes"][0][0]["coordinates"][0][0])
    assert door.rows("building") == before


def test_what_a_person_corrects_changes_the_next_look(door: Door, town: Path) -> None:
    upload = received(door, town)
    status, _ = door.post(f"uploads/{upload}/preview", json={"columns": {"甲方备注": "name"}})
    assert (status, door.work()["state"]) == (202, "done")
    _, found = door.get(f"uploads/{upload}")
    uses = {use["from"]: use["to"] for use in found["preview"]["layers"][0]["mapping"]}
    assert uses["甲方备注"] == "name"


def test_a_confirmed_file_comes_in_once_and_can_be_taken_back(door: Door, town: Path) -> None:
    before, upload = door.rows("building"), received(door, town)
    jobs = [door.post(f"uploads/{upload}/confirm", json={})[1]["job_id"] for _ in range(2)]
    done = door.work()
    assert jobs[0] == jobs[1]
    assert done["state"] == "done", done["error"]
    assert door.rows("building") == before + 3
    assert door.get(f"uploads/{upload}")[0] == 404
    assert list((town / "quarantine").iterdir()) == []
    status, _ = door.post(f"imports/{done['result']['batch_id']}/undo", json={})
    assert (status, door.rows("building")) == (200, before)
    with PlanStore.open(town) as store:
        assert store.verify() == []


def test_a_refused_file_says_why_and_how_to_go_on(door: Door) -> None:
    status, _ = door.send(b"<html>login</html>", "管线.gpkg")
    job = door.work()
    assert (status, job["state"]) == (202, "failed")
    assert job["error"]["message"]
    assert job["error"]["fix"]


def test_a_file_over_the_limit_is_refused_with_words(door: Door, town: Path) -> None:
    body = b"--x\r\n" + b"x" * 1_200_000
    status, found = door.post("uploads", data=body, content_type="multipart/form-data; boundary=x")
    assert (status, found["code"]) == (413, "http_413")
    assert "拆分" in found["fix"]
    assert not (town / "quarantine").exists()


def test_an_empty_file_leaves_nothing_behind(door: Door, town: Path) -> None:
    status, found = door.send(b"", "空.csv")
    assert (status, found["code"]) == (422, "refused_file")
    assert list((town / "quarantine").iterdir()) == []


def test_no_more_files_wait_than_the_door_holds(door: Door) -> None:
    answers = [door.send(b"a,b\n1,2\n", f"{k}.csv")[0] for k in range(21)]
    assert answers[:20] == [202] * 20
    assert answers[20] == 422


@pytest.mark.parametrize("name", ["../../plan.json", "C:\\a\\b.csv"])
def test_the_name_of_a_file_is_never_a_path(door: Door, town: Path, name: str) -> None:
    _, found = door.send(b"a,b\n1,2\n", name)
    places = list((town / "quarantine").iterdir())
    assert [place.name for place in places] == [found["upload_id"]]
    assert {path.stem for path in places[0].iterdir()} <= {"delivered", "upload"}


@pytest.mark.parametrize("upload", ["..", "%2e%2e", "0" * 36, "plan.json"])
def test_only_the_id_of_a_waiting_file_opens_it(door: Door, upload: str) -> None:
    assert door.get(f"uploads/{upload}")[0] in (404, 405)


@pytest.mark.parametrize("said", [{"columns": {"a": 1}}, {"datum": "mars"}, {"path": "/etc"}])
def test_a_choice_that_an_import_does_not_know_is_refused(
    door: Door, town: Path, said: dict[str, Any]
) -> None:
    upload = received(door, town)
    assert door.post(f"uploads/{upload}/preview", json=said)[0] == 400


def photo(size: tuple[int, int] = (3000, 1500)) -> bytes:
    """A picture that says where it was taken and that it has to be turned."""
    exif = Image.Exif()
    exif[MAKER_TAG], exif[ORIENTATION] = "somebody's telephone", 6
    exif.get_ifd(GPS_TAG)[1] = "N"
    out = io.BytesIO()
    Image.new("RGB", size, "#336699").save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_photo_keeps_its_picture_and_loses_where_it_was_taken(door: Door) -> None:
    status, found = door.send(photo(), "现场.jpg", to="photo", layer="building", id="B1")
    assert status == 201, found
    kept = Image.open(io.BytesIO(door.raw(f"photo/{found['sha256']}")))
    assert kept.format == "JPEG"
    assert kept.size == (1024, 2048)
    assert dict(kept.getexif()) == {}
    assert b"telephone" not in door.raw(f"photo/{found['sha256']}")
    _, listed = door.get("photos/building/B1")
    assert [one["name"] for one in listed["photos"]] == ["现场.jpg"]


def test_what_is_no_photo_is_refused(door: Door) -> None:
    status, found = door.send(b"GIF89a...", "a.jpg", to="photo", layer="building", id="B1")
    assert (status, found["code"]) == (422, "refused_file")
    assert door.send(photo(), "a.jpg", to="photo", layer="building", id="nobody")[0] == 404
    assert door.get(f"photo/{'0' * 64}")[0] == 404


def test_a_file_goes_into_the_chosen_scenario_and_the_plan_stays_as_it_is(
    door: Door, town: Path
) -> None:
    before = door.rows("building")
    scenario = door.post("scenarios", json={"name": "新楼"})[1]["id"]
    status, found = door.send(delivery(town), "新楼栋.geojson", f"uploads?scenario={scenario}")
    assert (status, door.work()["state"]) == (202, "done")
    asked = f"uploads/{found['upload_id']}/confirm?scenario={scenario}"
    assert door.post(asked, json={})[0] == 202
    done = door.work()
    assert done["state"] == "done", done["error"]
    assert done["result"]["counts"]["kept"] == 3
    assert door.rows("building") == before
    assert len(door.get(f"table/building?scenario={scenario}")[1]["rows"]) == before + 3
    listed = door.get(f"scenarios/{scenario}/changes")[1]["changes"]
    assert [one["action"] for one in listed if one["layer"] == "building"] == ["create"] * 3

    batch = done["result"]["batch_id"]
    assert door.post(f"imports/{batch}/undo?scenario={scenario}", json={})[0] == 200
    assert len(door.get(f"table/building?scenario={scenario}")[1]["rows"]) == before


def test_an_upload_into_a_scenario_that_was_closed_meanwhile_changes_nothing(
    door: Door, town: Path
) -> None:
    scenario = door.post("scenarios", json={"name": "新楼"})[1]["id"]
    upload = received(door, town)
    door.post(f"uploads/{upload}/confirm?scenario={scenario}", json={})
    door.post(f"scenarios/{scenario}/drop", json={})
    before = door.rows("building")
    job = door.work()
    assert (job["state"], door.rows("building")) == ("failed", before)
    assert "没有进行中的情景" in job["error"]["message"]


def test_control_points_give_parameters_and_residuals_before_anything_is_used(
    client: FlaskClient, town: Path
) -> None:
    door = Door(client, town)
    grid = [
        (3000.0, 5000.0),
        (3000.0, 6000.0),
        (4000.0, 5500.0),
        (3500.0, 5200.0),
        (3300.0, 5800.0),
    ]
    pairs = [[x, y, x + 4_200_000.0, y + 600_000.0] for x, y in grid]
    pairs[2][2] += 0.3
    status, told = door.post(
        "grid-fit", json={"pairs": pairs, "names": ["K1", "K2", "K3", "K4", "K5"]}
    )
    assert status == 200
    assert [point["name"] for point in told["points"] if point["outlier"]] == ["K3"]
    assert max(point["off_m"] for point in told["points"]) > told["limit_m"]
    assert {one["code"] for one in told["findings"]} == {"grid_residual", "grid_outlier"}
    assert door.post("grid-fit", json={"pairs": "x"})[0] == 400
    assert door.post("grid-fit", json={"pairs": [[1, 2, 3]]})[0] == 422


def test_a_model_of_drains_is_looked_at_with_its_fixed_mapping_and_its_faults_then_comes_in(
    door: Door,
) -> None:
    model = MODEL.replace("P2 B O 60", "P2 B O sixty").replace(" 5000", " 6000")
    model = model.replace(" 5001", " 6001")
    _, taken = door.send(model.encode(), "雨水.inp")
    assert door.work()["state"] == "done"
    _, seen = door.get(f"uploads/{taken['upload_id']}")
    preview = seen["preview"]
    layers = {layer["layer"]: layer for layer in preview["layers"]}
    assert {name: layer["kept"] for name, layer in layers.items()} == {"pipe_node": 3, "pipe": 1}
    assert {"from": "Roughness", "to": "roughness_n", "unit": "", "how": "model"} in layers["pipe"][
        "mapping"
    ]
    [fault] = [one for one in preview["findings"] if one["code"] == "broken_line"]
    assert "sixty" in fault["message"]
    assert len(preview["shapes"]) == 2
    before = door.rows("pipe")
    assert door.post(f"uploads/{taken['upload_id']}/confirm", json={})[0] == 202
    assert door.work()["state"] == "done"
    assert door.rows("pipe") == before + 1
