"""Choice of a plan's reference system, detection of a delivery's, and reprojection."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from app.errors import CrsError
from app.geo import gcj02
from app.geo.crs import (
    gauss_kruger_crs,
    gauss_kruger_zone,
    is_metric,
    plan_crs,
    project,
    project_points,
    require_metric,
)
from app.geo.crs_detection import detect_crs

LITONG = (105.9, 37.6, 106.4, 38.1)
TOWN = ([106.2, 106.21], [37.98, 37.99])


def town_in(crs):
    return project_points(*TOWN, "EPSG:4490", crs)


@pytest.mark.parametrize(
    ("place", "crs"),
    [
        ((106.2, 37.98), "EPSG:4544"),  # Litong
        ((106.6, 38.0), "EPSG:4545"),  # just over the zone edge at 106.5 E
        ((116.4, 39.9), "EPSG:4548"),  # Beijing
        ((121.5, 25.0), "EPSG:4550"),  # Taipei
        ((24.94, 60.17), "EPSG:32635"),  # Helsinki
        ((9.52, 47.14), "EPSG:32632"),  # Vaduz
        (
            (106.9, 47.9),
            "EPSG:32648",
        ),  # Ulaanbaatar: in the rectangle of GCJ-02, not in China
        ((151.2, -33.9), "EPSG:32756"),  # Sydney
    ],
)
def test_a_plan_measures_in_the_metric_system_of_its_place(place, crs):
    assert plan_crs(*place) == crs


def test_a_place_that_is_none_is_refused():
    with pytest.raises(CrsError) as refusal:
        plan_crs(4205957.0, 605429.0)
    assert "经度" in refusal.value.fix.zh


def test_litong_lies_in_zone_35_written_with_or_without_prefix():
    assert gauss_kruger_zone(106.2) == 35
    assert gauss_kruger_crs(35, prefixed=False) == "EPSG:4544"
    assert gauss_kruger_crs(35, prefixed=True) == "EPSG:4523"
    with pytest.raises(CrsError):
        gauss_kruger_crs(11, prefixed=True)


def test_the_checked_position_is_reached_to_the_millimetre():
    east, north = project_points([106.2], [37.98], "EPSG:4490", "EPSG:4544")
    assert east[0] == pytest.approx(605429.461, abs=5e-4)
    assert north[0] == pytest.approx(4205957.570, abs=5e-4)


@pytest.mark.parametrize(
    ("crs", "metric"),
    [
        ("EPSG:4544", True),
        ("EPSG:32635", True),
        ("EPSG:4490", False),
        ("EPSG:3857", False),  # metres in name only
        ("EPSG:2263", False),  # feet
        (None, False),
    ],
)
def test_only_systems_in_metres_on_the_ground_measure(crs, metric):
    assert is_metric(crs) is metric
    layer = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)], crs=crs)
    if metric:
        require_metric(layer, "pipe")
    else:
        with pytest.raises(CrsError) as refusal:
            require_metric(layer, "pipe")
        assert refusal.value.where == "pipe"


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(
    ("crs", "certainty"),
    [
        ("EPSG:4523", "sure"),  # zone number 35 in the easting
        ("EPSG:4496", "sure"),  # 6-degree zone 18
        ("EPSG:4490", "sure"),
        ("EPSG:4544", "likely"),
        ("EPSG:4545", "likely"),  # delivered in the neighbouring zone
        ("EPSG:3857", "likely"),
    ],
)
def test_a_system_is_told_from_the_figures_also_when_the_axes_are_swapped(crs, certainty, swapped):
    x, y = town_in(crs)
    guess = detect_crs(*((y, x) if swapped else (x, y)), area=LITONG)
    assert (guess.crs, guess.certainty, guess.swapped) == (crs, certainty, swapped)
    assert guess.reason.zh
    assert guess.reason.en


def test_gauss_kruger_and_utm_of_one_place_are_both_named():
    assert detect_crs(*town_in("EPSG:4544"), area=LITONG).candidates == ("EPSG:32648",)


def test_metres_without_zone_number_are_asked_about_while_the_plan_has_no_area():
    guess = detect_crs(*town_in("EPSG:4544"))
    assert guess.crs is None
    assert "带号" in guess.reason.zh


@pytest.mark.parametrize("figures", [([500_120.0], [4_205_957.0]), ([120.0], [340.0])])
def test_a_local_grid_is_suspected_and_never_guessed(figures):
    guess = detect_crs(*figures, area=LITONG)
    assert guess.crs is None
    assert "独立坐标" in guess.reason.zh


def test_what_a_file_states_is_believed_when_the_figures_agree():
    guess = detect_crs(*town_in("EPSG:4523"), stated="EPSG:4523", area=LITONG)
    assert (guess.crs, guess.certainty) == ("EPSG:4523", "stated")


def test_a_file_that_states_degrees_over_metres_is_contradicted():
    guess = detect_crs(*town_in("EPSG:4544"), stated="EPSG:4490", area=LITONG)
    assert guess.crs is None
    assert guess.candidates == ("EPSG:4544",)


def test_a_stated_system_far_from_the_plan_is_not_taken():
    guess = detect_crs([24.94], [60.17], stated="EPSG:4326", area=LITONG)
    assert guess.crs is None
    assert "50 公里" in guess.reason.zh


def test_old_national_systems_need_the_parameters_of_the_city():
    guess = detect_crs(*town_in("EPSG:2432"), stated="EPSG:2432", area=LITONG)
    assert guess.crs is None
    assert "当地参数" in guess.reason.zh


def test_an_unknown_name_of_a_system_is_refused_with_the_cure():
    with pytest.raises(CrsError) as refusal:
        detect_crs([106.2], [37.98], stated="吴忠独立坐标系")
    assert "EPSG" in refusal.value.fix.zh


def test_no_finite_coordinates_no_answer():
    assert detect_crs([np.nan, np.inf], [1.0, 2.0]).crs is None


def test_swapped_degrees_in_gcj02_arrive_where_they_belong():
    lon, lat = gcj02.wgs84_to_gcj02(106.2, 37.98)
    delivered = shapely.points([[float(lat), float(lon)]])

    [point] = project(delivered, "EPSG:4326", "EPSG:4544", datum="gcj02", swapped=True)

    assert point.x == pytest.approx(605429.461, abs=0.02)
    assert point.y == pytest.approx(4205957.570, abs=0.02)


def test_heights_and_missing_geometries_survive_reprojection():
    shapes = np.array([shapely.Point(106.2, 37.98, 1125.5), None], object)
    point, missing = project(shapes, "EPSG:4490", "EPSG:4544")
    assert point.z == 1125.5
    assert missing is None


def test_a_web_map_shift_is_refused_outside_china():
    with pytest.raises(CrsError):
        project(shapely.points([[24.94, 60.17]]), "EPSG:4326", "EPSG:32635", datum="bd09")


def test_swapped_axes_are_turned_without_any_other_change():
    [point] = project(shapely.points([[4.0, 9.0]]), "EPSG:4544", "EPSG:4544", swapped=True)
    assert (point.x, point.y) == (9.0, 4.0)
