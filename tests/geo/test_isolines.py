"""How far one gets: every place inside is near enough by a way, and what is near enough is inside."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings

from app.geo.isolines import Ribbons, lines_of, reached
from app.geo.walking import SHUT
from app.geo.ways import Walker
from tests.geo.test_walking import (
    BOXES,
    COURT,
    LANE,
    PLACES,
    STREETS,
    cuts_of,
    graph_of,
    lines,
    points,
    shapes,
    street_lines,
    walled,
)


def around(graph, origin, limit, *, width=20.0):
    walker = Walker(graph, np.ones(len(graph.u)))
    joined = graph.snap(points(origin), limit_m=150)
    found = Ribbons(walker, width).around(joined, np.zeros(1, np.int64), limit)
    return found.get(0, shapely.Polygon())


def test_edges_are_cut_where_the_limit_is():
    graph = graph_of(lines([(0, 0), (1000, 0)], [(200, 0), (200, 500)]))
    walker = Walker(graph, np.ones(len(graph.u)))
    joined = graph.snap(points((100, 0)), limit_m=10)
    cut = lines_of(walker, reached(walker, joined, np.zeros(1, np.int64), 150.0))
    assert shapely.union_all(cut).length == pytest.approx(100 + 150 + 50)


def test_the_band_ends_where_the_way_with_its_last_steps_aside_is_the_limit():
    band = around(graph_of(lines([(0, 0), (1000, 0)])), (0, 0), 100.0)
    # Drawn with a pen of a seventh of the half-width, inside of the true edge.
    assert shapely.box(-20, -20, 100, 20).contains(band)
    assert band.bounds == pytest.approx((-20, -20, 100, 20), abs=20 * 0.11)
    assert band.area < 120 * 40  # no hull, no box


def test_what_lies_behind_a_wall_without_a_gate_is_not_within():
    graph = graph_of(LANE, [COURT.exterior])
    band = around(graph, (0, 0), 500.0)
    assert COURT.buffer(0.1).contains(band)
    assert around(graph_of(LANE, [COURT.exterior], points((20, 0))), (0, 0), 500.0).bounds[2] > 60


def test_several_origins_of_one_group_are_searched_together():
    graph = graph_of(lines([(0, 0), (1000, 0)]))
    walker = Walker(graph, np.ones(len(graph.u)))
    joined = graph.snap(points((0, 0), (1000, 0), (500, 0)), limit_m=1)
    found = Ribbons(walker, 10.0).around(joined, np.array([0, 0, 1]), 100.0)
    assert shapely.get_num_geometries(found[0]) == 2
    assert found[1].bounds == pytest.approx((400, -10, 600, 10), abs=1.1)


SOME = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@SOME
@given(STREETS, BOXES, PLACES)
def test_every_place_inside_is_within_the_limit_by_a_way(streets, boxes, origins):
    ways, courts = street_lines(streets), walled(boxes)
    gates = cuts_of(ways, courts)[::2]
    graph = graph_of(ways, [court.exterior for court in courts], gates)
    limit = 260.0
    band = around(graph, origins[0], limit)
    if band.is_empty:
        return
    rng = np.random.default_rng(len(streets))
    west, south, east, north = band.bounds
    sampled = shapely.points(rng.uniform(west, east, 300), rng.uniform(south, north, 300))
    inside = shapes(list(sampled[shapely.contains(band, sampled)]))
    walker = Walker(graph, np.ones(len(graph.u)))
    field = walker.field(graph.snap(points(origins[0]), limit_m=150))
    # A place may walk to any place of any edge beside it, not only to the nearest one.
    best = np.full(len(inside), np.inf)
    for edge in range(len(graph.u)):
        length = graph.length_m[edge]
        at = np.linspace(0, length, int(length) + 2)
        cost = np.minimum(field.cost[graph.u[edge]] + at, field.cost[graph.v[edge]] + length - at)
        own = field.sources
        if own.edge[0] == edge:
            cost = np.minimum(cost, own.leg_m[0] + np.abs(own.offset_m[0] - at))
        places = shapely.line_interpolate_point(graph.shape[edge], at)
        leg = shapely.distance(inside[:, None], places[None])
        best = np.minimum(best, np.where(leg <= 20.0, leg + cost, np.inf).min(axis=1))
    assert (best <= limit + 1e-6).all()


@SOME
@given(STREETS, BOXES, PLACES)
def test_opening_gates_takes_nothing_away(streets, boxes, origins):
    ways, courts = street_lines(streets), walled(boxes)
    gates = cuts_of(ways, courts)
    shut = graph_of(ways, [court.exterior for court in courts], gates, passing=SHUT)
    open_ = graph_of(ways, [court.exterior for court in courts], gates)
    before, after = (around(graph, origins[0], 300.0) for graph in (shut, open_))
    assert before.difference(after.buffer(1e-6)).area < 1e-3


def test_ribbons_kept_for_neighbours_change_no_band():
    courts = [shapely.box(x, 10, x + 80, 90) for x in (0, 100, 200)]
    paths = [
        line for x in (40, 140, 240) for line in ([(x, 0), (x, 80)], [(x - 30, 50), (x + 30, 50)])
    ]
    ways = lines([(-50, 0), (400, 0)], *paths)
    graph = graph_of(ways, [one.exterior for one in courts], points((40, 10), (140, 10), (240, 10)))
    walker = Walker(graph, np.ones(len(graph.u)))
    joined = graph.snap(points((40, 80), (140, 80), (300, 0)), limit_m=1)
    together = Ribbons(walker, 20.0)
    for limit in (120.0, 260.0, 400.0):
        found = together.around(joined, np.arange(3), limit)
        for k in range(3):
            alone = Ribbons(walker, 20.0).around(
                joined.take(np.array([k])), np.zeros(1, np.int64), limit
            )
            assert found[k].symmetric_difference(alone[0]).area < 1e-6
            assert found[k].area > 100 * 20
