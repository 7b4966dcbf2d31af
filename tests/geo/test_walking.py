"""Ways on foot: crossings, walls, gates, doors beside edges, against a slow second computation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.geo.walking import BOTH_WAYS, OUTWARD, SHUT, Gates, Tolerances, build_graph
from app.geo.ways import Walker
from tests.oracles.walking import distances

TOLERANCES = Tolerances(snap_m=0.001, gate_m=1.0)


def shapes(items):
    found = np.empty(len(items), dtype=object)
    found[:] = items
    return found


def lines(*coordinates):
    return shapes([shapely.LineString(c) for c in coordinates])


def points(*coordinates):
    return shapes([shapely.Point(c) for c in coordinates])


def graph_of(ways, walls=(), gates=(), *, passing=BOTH_WAYS, inside=None, above=()):
    level = np.ones(len(ways), dtype=bool)
    level[list(above)] = False
    doors = Gates(
        shapes(list(gates)), np.full(len(gates), passing), shapes([inside] * len(gates))
    )  # fmt: skip
    return build_graph(
        ways, at_grade=level, walls=shapes(list(walls)), gates=doors, tolerances=TOLERANCES
    )


def walk(graph, doors, services, *, limit_m=100.0):
    """Metres from each door to the nearest service and which it is."""
    walker = Walker(graph, np.ones(len(graph.u)))
    places, sources = (graph.snap(p, limit_m=limit_m) for p in (doors, services))
    ways = walker.ways(places, walker.field(sources))
    return ways.metres.tolist(), ways.source.tolist()


def test_streets_that_cross_without_a_node_are_joined_and_counted():
    graph = graph_of(lines([(0, 0), (100, 0)], [(50, -50), (50, 50)]))
    assert graph.report.noding.unsnapped_crossings == 1
    assert walk(graph, points((0, 0)), points((50, 50)))[0] == [100.0]


def test_an_overpass_joins_the_street_only_at_its_ends():
    ways = lines([(0, 0), (100, 0)], [(50, -50), (50, 50)], [(50, 50), (0, 50), (0, 0)])
    graph = graph_of(ways, above=[1])
    assert graph.report.noding.unsnapped_crossings == 0
    assert walk(graph, points((100, 0)), points((50, -50)))[0] == [100 + 50 + 50 + 100.0]


def test_a_street_delivered_twice_is_one_and_a_ring_with_one_junction_stays():
    ring = [(0, 0), (0, 40), (40, 40), (0, 0)]
    graph = graph_of(lines([(0, 0), (-50, 0)], [(-50, 0), (0, 0)], ring))
    assert graph.report.noding.duplicate_edges == 1
    assert graph.report.noding.loops == 1
    assert walk(graph, points((-50, 0)), points((0, 40)))[0] == [90.0]


def test_streets_drawn_over_each_other_in_part_are_one_there_and_counted_once():
    long = [(0, 0), (20, 0), (40, 0), (60, 0)]
    graph = graph_of(lines(long, [(50, 30), (50, 0), (30, 0), (10, 0), (10, 30)]))
    assert graph.report.noding.duplicate_edges == 1
    assert graph.length_m.sum() == 60 + 30 + 30
    assert walk(graph, points((50, 30)), points((10, 30)))[0] == [30 + 40 + 30.0]


def test_a_street_that_ends_on_itself_is_joined_there():
    graph = graph_of(lines([(0, 0), (100, 0), (100, 40), (50, 40), (50, 0)]))
    assert walk(graph, points((0, 0)), points((50, 10)))[0] == [60.0]


def test_an_end_a_hair_from_a_street_joins_it_and_one_farther_does_not():
    ways = lines([(0, 0), (100, 0)], [(50, 0.0005), (50, 40)], [(70, 0.1), (70, 40)])
    found, _ = walk(graph_of(ways), points((0, 0)), points((50, 40)), limit_m=1)
    assert found == pytest.approx([90.0], abs=1e-3)
    assert walk(graph_of(ways), points((0, 0)), points((70, 40)), limit_m=1)[0] == [math.inf]


def test_pieces_that_no_way_joins_are_counted():
    graph = graph_of(lines([(0, 0), (50, 0)], [(0, 30), (50, 30)], [(0, 31), (0, 60)]))
    assert graph.report.pieces == 3
    assert walk(graph, points((0, 0)), points((50, 30)), limit_m=5) == ([math.inf], [-1])


COURT = shapely.box(-20, -20, 20, 20)
LANE = lines([(0, 0), (60, 0)])


def test_a_wall_across_a_way_parts_it_where_no_gate_is():
    graph = graph_of(LANE, [COURT.exterior])
    assert graph.report.cuts_without_gate.tolist() == [[20, 0]]
    assert walk(graph, points((0, 0)), points((60, 0)))[0] == [math.inf]


@pytest.mark.parametrize("way", [LANE, lines([(0, 0), (20, 0)], [(20, 0), (60, 0)])])
def test_a_gate_lets_through_and_can_be_shut_and_opened_again(way):
    graph = graph_of(way, [COURT.exterior], points((20.4, 0)))
    assert walk(graph, points((0, 0)), points((60, 0)))[0] == [60.0]
    shut = graph.with_gate(0, SHUT)
    assert walk(shut, points((0, 0)), points((60, 0)))[0] == [math.inf]
    assert walk(shut.with_gate(0, BOTH_WAYS), points((0, 0)), points((60, 0)))[0] == [60.0]


def test_a_gate_for_residents_lets_them_out_and_strangers_not_in():
    graph = graph_of(LANE, [COURT.exterior], points((20, 0)), passing=OUTWARD, inside=COURT)
    assert walk(graph, points((0, 0)), points((60, 0)))[0] == [60.0]
    assert walk(graph, points((60, 0)), points((0, 0)))[0] == [math.inf]


def test_a_gate_on_no_way_is_named():
    graph = graph_of(LANE, [COURT.exterior], points((20, 0), (-20, 0)))
    assert graph.report.gates_off_the_ways.tolist() == [1]


def test_the_end_of_a_wall_on_a_way_leaves_room_to_pass():
    graph = graph_of(LANE, [shapely.LineString([(20, 0), (20, 50)])])
    assert walk(graph, points((0, 0)), points((60, 0)))[0] == [60.0]


def test_a_door_joins_the_edge_on_its_side_of_the_wall_though_another_is_nearer():
    ways = lines([(-10, 22), (10, 22)], [(-10, 0), (10, 0)])
    graph = graph_of(ways, [COURT.exterior])
    snapped = graph.snap(points((0, 18), (0, 500)), limit_m=100)
    assert graph.line[snapped.edge[0]] == 1
    assert snapped.leg_m[0] == 18.0
    assert snapped.off.tolist() == [1]


def test_two_places_on_one_edge_are_as_far_apart_as_along_it():
    graph = graph_of(lines([(0, 0), (100, 0)]))
    assert walk(graph, points((30, 2)), points((70, -3), (10, 0))) == ([22.0], [1])


def test_the_path_leads_through_the_gate_and_is_as_long_as_it_says():
    ways = lines([(0, 0), (60, 0)], [(60, 0), (60, 40), (10, 40)])
    graph = graph_of(ways, [COURT.exterior], points((20, 0)))
    walker = Walker(graph, np.ones(len(graph.u)), with_legs=False)
    doors, services = (graph.snap(p, limit_m=50) for p in (points((5, 0)), points((30, 41))))
    field = walker.field(services)
    ways_found = walker.ways(doors, field)
    path = walker.path(doors, 0, ways_found, field)
    assert list(path.coords) == [(5, 0), (20, 0), (60, 0), (60, 40), (30, 40)]
    assert path.length == ways_found.metres[0]


# --- against networkx on a graph that is really split ------------------------------------------------
GRID = st.tuples(st.integers(0, 6), st.integers(0, 6))
STREETS = st.lists(st.tuples(GRID, GRID).filter(lambda ends: ends[0] != ends[1]),
                   min_size=2, max_size=9, unique=True)  # fmt: skip
PLACES = st.lists(st.tuples(st.floats(0, 600), st.floats(0, 600)), min_size=1, max_size=4)
# Corners off every street, so that both sides of each cut are clear.
BOXES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(1, 2)), max_size=1)
OFF = 37.1853


def street_lines(streets):
    return lines(*[[(100 * x, 100 * y) for x, y in ends] for ends in streets])


def walled(boxes):
    return [
        shapely.box(100 * x + OFF, 100 * y + OFF * 0.7, 100 * (x + n) + OFF, 100 * (y + n) + OFF)
        for x, y, n in boxes
    ]


def cuts_of(ways, boxes):
    met = [way.intersection(box.exterior) for way in ways for box in boxes]
    return [p for item in met for p in getattr(item, "geoms", [item]) if not p.is_empty]


SLOW = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@SLOW
@given(STREETS, BOXES, st.sets(st.integers(0, 7)), PLACES, PLACES)
def test_ways_are_those_of_networkx_on_a_split_graph(streets, boxes, opened, doors, services):
    ways, courts = street_lines(streets), walled(boxes)
    cuts = cuts_of(ways, courts)
    gates = [cut for number, cut in enumerate(cuts) if number in opened]
    doors, services = points(*doors), points(*services)
    graph = graph_of(ways, [court.exterior for court in courts], gates)

    metres, _ = walk(graph, doors, services, limit_m=150)

    expected = distances(doors, services, ways, courts, gates, limit_m=150)
    assert metres == pytest.approx([min(row) for row in expected], abs=1e-6)
    walker = Walker(graph, np.ones(len(graph.u)))
    on = [graph.snap(p, limit_m=150) for p in (doors, services)]
    counted = walker.count_within(*on, 333.3)
    assert counted.tolist() == [sum(far <= 333.3 for far in row) for row in expected]


@SLOW
@given(STREETS, BOXES, PLACES, PLACES)
def test_opening_a_gate_never_lengthens_a_way(streets, boxes, doors, services):
    ways, courts = street_lines(streets), walled(boxes)
    gates = cuts_of(ways, courts)
    graph = graph_of(ways, [court.exterior for court in courts], gates, passing=SHUT)
    doors, services = points(*doors), points(*services)
    before, _ = walk(graph, doors, services, limit_m=150)
    for gate in range(len(gates)):
        graph = graph.with_gate(gate, BOTH_WAYS)
        after, _ = walk(graph, doors, services, limit_m=150)
        assert all(b <= a for a, b in zip(before, after, strict=True))
        before = after
