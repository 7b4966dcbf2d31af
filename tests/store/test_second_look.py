"""A file that another program would read otherwise is not handed over."""

import pytest

from app.errors import PlanError
from app.schema import Actor
from app.store.second_look import Seen, look, require_same
from tests.town import build_town

PLANNER = Actor("张三", "住建局")


@pytest.fixture
def handed_over(tmp_path):
    with build_town(tmp_path / "plan") as store:
        store.export_gpkg(tmp_path / "out.gpkg", PLANNER)
    return tmp_path / "out.gpkg"


def test_fiona_sees_the_layers_rows_and_system_that_we_wrote(handed_over):
    seen = look(handed_over)
    assert seen["building"].rows == 6
    assert seen["building"].epsg == 4544
    assert {"building_id", "year_built", "version"} <= seen["building"].columns
    require_same(handed_over, seen)


def test_a_row_that_gdal_does_not_see_stops_the_hand_over(handed_over):
    expected = look(handed_over)
    expected["building"] = Seen(7, expected["building"].columns, 4544)
    with pytest.raises(PlanError) as refused:
        require_same(handed_over, expected)
    assert "building" in refused.value.message.en


def test_a_file_that_gdal_cannot_read_is_said_so(handed_over):
    content = handed_over.read_bytes()
    handed_over.write_bytes(content[: len(content) // 2])
    with pytest.raises(PlanError):
        look(handed_over)
