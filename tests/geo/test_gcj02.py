"""The shift of Chinese web maps, against the table of geodata's crs notes."""

import numpy as np
import pytest

from app.geo import gcj02

PUBLISHED = [
    (gcj02.wgs84_to_gcj02, (116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    (gcj02.gcj02_to_bd09, (116.404, 39.915), (116.41036949371029, 39.92133699351021)),
    (gcj02.bd09_to_gcj02, (116.404, 39.915), (116.39762729119315, 39.90865673957631)),
    (
        gcj02.wgs84_to_gcj02,
        (121.5272106, 31.1774276),
        (121.531541859215, 31.17530398364597),
    ),
    (
        gcj02.wgs84_to_gcj02,
        (113.912316, 22.543847),
        (113.9171764808363, 22.540796131694766),
    ),
    (
        gcj02.wgs84_to_gcj02,
        (116.377817, 39.911954),
        (116.38404722455657, 39.91334545536069),
    ),
    (gcj02.wgs84_to_gcj02, (106.2, 37.98), (106.20439468733089, 37.98054468871072)),
    (gcj02.wgs84_to_bd09, (106.2, 37.98), (106.21078321146109, 37.98685471180262)),
]


@pytest.mark.parametrize(("shift", "before", "after"), PUBLISHED)
def test_published_points_are_reproduced(shift, before, after):
    assert np.allclose(shift(*before), after, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (gcj02.wgs84_to_gcj02, gcj02.gcj02_to_wgs84),
        (gcj02.gcj02_to_bd09, gcj02.bd09_to_gcj02),
        (gcj02.wgs84_to_bd09, gcj02.bd09_to_wgs84),
    ],
)
def test_there_and_back_is_the_same_place_all_over_china(there, back):
    random = np.random.default_rng(4544)
    lon, lat = random.uniform(73.6, 134.7, 20_000), random.uniform(18.2, 53.4, 20_000)

    again = back(*there(lon, lat))

    assert np.abs(again[0] - lon).max() < 1e-7
    assert np.abs(again[1] - lat).max() < 1e-7


def test_the_published_points_come_back_within_a_centimetre():
    for shift, before, after in PUBLISHED:
        if shift is gcj02.wgs84_to_gcj02:
            assert np.allclose(gcj02.gcj02_to_wgs84(*after), before, rtol=0, atol=1e-7)


def test_nothing_is_shifted_outside_china():
    helsinki = (24.94, 60.17)
    for shift in (gcj02.wgs84_to_gcj02, gcj02.gcj02_to_wgs84, gcj02.wgs84_to_bd09):
        assert np.array_equal(shift(*helsinki), helsinki)


def test_a_coordinate_that_is_no_number_stays_one():
    lon, lat = gcj02.gcj02_to_wgs84([np.nan, 106.2, np.inf], [37.98, np.nan, 37.98])
    assert np.isnan(lon[0])
    assert np.isnan(lat[1])
    assert np.isinf(lon[2])
