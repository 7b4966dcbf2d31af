"""Delivered shapes made usable: everything repaired or turned away is said, with its place."""

import numpy as np
import pytest
import shapely
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from app.geo.repair import repair_shapes, shapes_from_wkb

AREAS = ("Polygon", "MultiPolygon")
BOWTIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])


def repaired(*shapes, allowed=AREAS, keep_z=False):
    given = np.empty(len(shapes), object)
    given[:] = shapes
    return repair_shapes(given, allowed, keep_z=keep_z)


def test_good_shapes_pass_unchanged():
    result = repaired(box(0, 0, 1, 1), MultiPolygon([box(2, 0, 3, 1), box(4, 0, 5, 1)]))
    assert result.faults == []
    assert result.shapes[0].equals(box(0, 0, 1, 1))


def test_a_bowtie_becomes_two_triangles_and_the_change_of_area_is_said():
    result = repaired(box(0, 0, 1, 1), BOWTIE)
    [fault] = result.faults
    assert (fault.position, fault.kind, fault.kept) == (1, "self_crossing", True)
    assert (fault.before, fault.after) == (0.0, pytest.approx(50.0))
    assert result.shapes[1].is_valid
    assert result.shapes[1].area == pytest.approx(50.0)


def test_shapes_without_numbers_or_off_the_map_are_turned_away_each_by_its_own_name():
    with np.errstate(invalid="ignore"):
        nowhere = shapely.from_wkt("POLYGON ((0 0, 1 0, 1 NaN, 0 0))")
        endless = Polygon([(0, 0), (np.inf, 0), (1, 1)])
    far = box(1e300, 0, 1.1e300, 1)
    result = repaired(nowhere, endless, far, box(0, 0, 1, 1))
    assert [(f.position, f.kind, f.kept) for f in result.faults] == [
        (0, "not_finite", False),
        (1, "not_finite", False),
        (2, "off_the_map", False),
    ]
    assert [shape is None for shape in result.shapes] == [True, True, True, False]


def test_missing_and_empty_geometry_is_named():
    result = repaired(None, Polygon(), box(0, 0, 1, 1))
    assert [(f.position, f.kind) for f in result.faults] == [(0, "missing"), (1, "missing")]


def test_a_line_of_zero_length_is_turned_away():
    result = repaired(LineString([(5, 5), (5, 5)]), allowed=("LineString",))
    assert [(f.kind, f.kept) for f in result.faults] == [("collapsed", False)]


def test_a_point_among_the_buildings_is_the_wrong_type():
    result = repaired(Point(0, 0), box(0, 0, 1, 1))
    [fault] = result.faults
    assert (fault.position, fault.kind, fault.detail) == (0, "wrong_type", "Point")


def test_line_parts_that_meet_are_joined_and_others_are_turned_away():
    meeting = MultiLineString([[(0, 0), (5, 0)], [(5, 0), (9, 0)]])
    apart = MultiLineString([[(0, 0), (5, 0)], [(7, 0), (9, 0)]])
    result = repaired(meeting, apart, allowed=("LineString",))
    assert result.shapes[0].equals(LineString([(0, 0), (5, 0), (9, 0)]))
    assert [(f.position, f.kind) for f in result.faults] == [(1, "several_parts")]


def test_a_collection_of_areas_is_read_as_one_area():
    collection = shapely.GeometryCollection([box(0, 0, 1, 1), box(3, 0, 4, 1)])
    mixed = shapely.GeometryCollection([box(0, 0, 1, 1), Point(2, 2)])
    result = repaired(collection, mixed)
    assert result.shapes[0].area == pytest.approx(2.0)
    assert [(f.position, f.kind) for f in result.faults] == [(1, "wrong_type")]


def test_heights_are_dropped_where_a_layer_has_none():
    result = repaired(shapely.force_3d(box(0, 0, 1, 1), 7.0))
    assert not result.shapes[0].has_z
    assert result.faults == []


def test_a_pipe_keeps_its_heights_only_where_every_vertex_has_one():
    known = LineString([(0, 0, 1124.2), (9, 0, 1124.0)])
    gap = LineString([(0, 0, 1124.2), (9, 0, np.nan)])
    placeholder = LineString([(0, 0, 0), (9, 0, 0)])
    result = repaired(known, gap, placeholder, allowed=("LineString",), keep_z=True)
    assert [shape.has_z for shape in result.shapes] == [True, False, False]
    assert [(f.position, f.kind, f.kept) for f in result.faults] == [
        (1, "heights_dropped", True),
        (2, "heights_zero", True),
    ]


def test_one_unreadable_line_does_not_take_the_file_with_it():
    good = shapely.to_wkb(LineString([(0, 0), (1, 1)]))
    one_vertex = good[:5] + (1).to_bytes(4, "little") + good[9:25]
    result = shapes_from_wkb(np.array([good, one_vertex, b"rubbish", None], object))
    assert [(f.position, f.kind, f.kept) for f in result.faults] == [
        (1, "unreadable", False),
        (2, "unreadable", False),
    ]
    assert result.shapes[0].length == pytest.approx(2**0.5)
    assert result.shapes[3] is None


def test_the_given_array_is_left_as_it_was():
    given = np.array([BOWTIE], object)
    repair_shapes(given, AREAS, keep_z=False)
    assert given[0] is BOWTIE


def test_shifting_the_map_changes_nothing_but_the_place():
    shifted = shapely.transform(BOWTIE, lambda c: c + np.array([605_000, 4_205_000]))
    here, there = repaired(BOWTIE), repaired(shifted)
    assert here.faults[0].after == pytest.approx(there.faults[0].after)
    assert here.faults[0].kind == there.faults[0].kind


def test_points_and_lines_without_numbers_are_turned_away_too():
    with np.errstate(invalid="ignore"):
        line = shapely.from_wkt("LINESTRING (0 0, NaN 5, 9 9)")
        point = shapely.from_wkt("POINT (NaN 5)")
    assert [f.kind for f in repaired(line, allowed=("LineString",)).faults] == ["not_finite"]
    assert [f.kind for f in repaired(point, allowed=("Point",)).faults] == ["not_finite"]
    far = repaired(Point(1e300, 5), allowed=("Point",))
    assert [f.kind for f in far.faults] == ["off_the_map"]
