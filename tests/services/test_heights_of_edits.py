"""A pipe redrawn in plan keeps the heights of its axis."""

import shapely

from app.services.editing import with_heights_of

PIPE = shapely.LineString([(0, 0, 10.0), (100, 0, 8.0)])


def heights(line):
    return shapely.get_coordinates(line, include_z=True)[:, 2].tolist()


def test_corners_that_stay_keep_their_height_and_a_new_one_lies_between():
    drawn = shapely.LineString([(0, 0), (50, 3), (100, 0)])
    assert heights(with_heights_of(drawn, PIPE)) == [10.0, 9.0, 8.0]


def test_a_line_moved_aside_keeps_its_fall():
    drawn = shapely.LineString([(0, 2), (100, 2)])
    assert heights(with_heights_of(drawn, PIPE)) == [10.0, 8.0]


def test_drawn_heights_and_flat_pipes_stay_as_they_are():
    drawn = shapely.LineString([(0, 0, 1.0), (5, 0, 2.0)])
    assert with_heights_of(drawn, PIPE) is drawn
    flat = shapely.LineString([(0, 0), (5, 0)])
    assert with_heights_of(flat, shapely.force_2d(PIPE)) is flat
