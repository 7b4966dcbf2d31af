"""The grid finds the pairs of segments that brute force finds, whatever their order or place."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.geo.segments import Segments, explode, near_pair_chunks, near_pairs


def random_town(seed: int, n: int, *, longest: float = 40.0) -> Segments:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 300, (2, n))
    angle, length = rng.uniform(0, 2 * np.pi, n), rng.uniform(0, longest, n)
    ends = x + length * np.cos(angle), y + length * np.sin(angle)
    line = np.sort(rng.integers(0, max(n // 2, 1), n))
    return Segments(x, y, *ends, line, np.zeros(n))


def brute_force(s: Segments, group, radius, limit):
    """Every two segments, by shapely."""
    shapes = shapely.linestrings(np.stack([[s.x0, s.x1], [s.y0, s.y1]], axis=0).transpose(2, 1, 0))
    first, second = np.triu_indices(len(s), k=1)
    axis = shapely.distance(shapes[first], shapes[second])
    wall = limit[group[first], group[second]]
    near = (axis <= wall + radius[first] + radius[second]) & (wall >= 0)
    near &= s.line[first] != s.line[second]
    return set(zip(first[near], second[near], strict=True)), axis[near]


def attributes(seed: int, n: int, kinds: int = 4):
    rng = np.random.default_rng(seed + 1)
    limit = rng.uniform(0, 5, (kinds, kinds))
    limit = (limit + limit.T) / 2
    limit[0, 0] = -1.0
    return rng.integers(0, kinds, n), rng.uniform(0, 0.6, n), limit


@pytest.mark.parametrize(("seed", "n", "longest"), [(1, 300, 40), (2, 300, 1), (3, 120, 900)])
def test_same_pairs_and_distances_as_every_two_by_shapely(seed, n, longest):
    town = random_town(seed, n, longest=longest)
    group, radius, limit = attributes(seed, n)
    expected, distances = brute_force(town, group, radius, limit)
    found = near_pairs(town, group, radius, limit)
    assert set(zip(found.first, found.second, strict=True)) == expected
    assert len(found) == len(expected) > 0
    assert found.axis_m == pytest.approx(distances, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_shifting_the_map_changes_no_pair(seed, dx, dy):
    town = random_town(seed, 60)
    group, radius, limit = attributes(seed, 60)
    moved = Segments(town.x0 + dx, town.y0 + dy, town.x1 + dx, town.y1 + dy, town.line, town.x0)
    here, there = (near_pairs(s, group, radius, limit) for s in (town, moved))
    assert here.first.tolist() == there.first.tolist()
    assert here.axis_m == pytest.approx(there.axis_m, abs=1e-6)


def test_one_thread_and_four_give_the_same_rows():
    town = random_town(5, 2000)
    group, radius, limit = attributes(5, 2000)
    one, four = (near_pairs(town, group, radius, limit, threads=t) for t in (1, 4))
    assert one.first.tolist() == four.first.tolist()
    assert one.second.tolist() == four.second.tolist()


def test_a_five_kilometre_main_beside_short_branches_is_paired_once_with_each():
    branches = [[(k * 100.0, 1.0), (k * 100.0, 2.0)] for k in range(50)]
    lines = shapely.linestrings(np.array([[(0.0, 0.0), (5000.0, 0.0)], *branches]))
    pieces = explode(lines)
    pairs = near_pairs(pieces, np.zeros(51, int), np.zeros(51), np.array([[1.5]]))
    assert pairs.first.tolist() == [0] * 50
    assert pairs.axis_m == pytest.approx([1.0] * 50)


def test_a_knot_of_segments_comes_in_portions_that_hold_each_pair_once():
    n = 4000
    x = np.linspace(0, 1, n)
    knot = Segments(x, np.zeros(n), x, np.ones(n), np.arange(n), np.zeros(n))
    portions = list(near_pair_chunks(knot, np.zeros(n, int), np.zeros(n), np.array([[5.0]])))
    assert sum(len(portion) for portion in portions) == n * (n - 1) // 2
    assert len(portions) > 1


def test_pieces_of_a_line_know_their_place_along_it():
    lines = np.array([
        shapely.LineString([(0, 0), (3, 4), (3, 10)]),
        None,
        shapely.LineString([(10, 0), (12, 0)]),
    ])  # fmt: skip
    pieces = explode(lines)
    assert pieces.line.tolist() == [0, 0, 2]
    assert pieces.chainage_m.tolist() == [0.0, 5.0, 0.0]


def test_no_segments_give_no_pairs():
    nothing = explode(np.array([], dtype=object))
    assert len(near_pairs(nothing, np.zeros(0, int), np.zeros(0), np.array([[1.0]]))) == 0
