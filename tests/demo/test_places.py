"""The invented town can be walked, and what was planted there is there."""

from __future__ import annotations

import hashlib
from collections import defaultdict

import networkx as nx
import numpy as np
import pytest
import rasterio
import shapely

from app.store import PlanStore
from scripts.demo import terrain
from scripts.demo.services import BEHIND_THE_GATE, LACKS
from tests.demo.towns import SEED, demo_town


@pytest.fixture(scope="module", params=[(SEED, False), (7, True)], ids=["true size", "small"])
def town(request):
    seed, small = request.param
    return demo_town(seed, small=small)


def walking_graph(town, *, opened=()):
    """Walkways as a graph; a closed gate takes its node away unless it is opened."""
    graph = nx.Graph()
    for row in town.rows["walkway"]:
        first, second = row["geometry"].coords
        graph.add_edge(first, second, length=row["geometry"].length)
    for row in town.rows["gate"]:
        if row["state"] == "closed" and row["gate_id"] not in opened:
            graph.remove_node((row["geometry"].x, row["geometry"].y))
    return graph


def metres_to(town, graph, kind):
    """Walking distance to the nearest service of the kind, by node, entrances joining edges."""
    lines = np.array([row["geometry"] for row in town.rows["walkway"]], dtype=object)
    tree = shapely.STRtree(lines)
    graph = graph.copy()
    for row in town.rows["service"]:
        if row["kind"] != kind:
            continue
        entrance = shapely.Point(row["entrance_x"], row["entrance_y"])
        line = lines[tree.nearest(entrance)]
        aside = line.distance(entrance)
        for end in line.coords:
            graph.add_edge("goal", end, length=shapely.Point(end).distance(entrance) + aside)
    return (
        nx.single_source_dijkstra_path_length(graph, "goal", weight="length")
        if "goal" in graph
        else {}
    )


def doors_of(town, community_id):
    houses = {r["building_id"] for r in town.rows["building"] if r["community_id"] == community_id}
    return [
        (r["geometry"].x, r["geometry"].y, town.row("stair_unit", r["stair_unit_id"])["households"])
        for r in town.rows["unit_door"]
        if r["building_id"] in houses
    ]


def test_walking_network_is_one_piece_and_reaches_every_door(town):
    graph = nx.Graph()
    graph.add_edges_from(tuple(row["geometry"].coords) for row in town.rows["walkway"])
    assert nx.is_connected(graph)
    doors = {(row["geometry"].x, row["geometry"].y) for row in town.rows["unit_door"]}
    assert doors <= set(graph.nodes)


def test_every_gate_stands_on_a_wall_of_its_community_and_on_a_walkway(town):
    walls = {row["community_id"]: row["geometry"] for row in town.rows["wall"]}
    nodes = {point for row in town.rows["walkway"] for point in row["geometry"].coords}
    for row in town.rows["gate"]:
        assert walls[row["community_id"]].distance(row["geometry"]) < 1e-6
        assert (row["geometry"].x, row["geometry"].y) in nodes


def test_walkways_pass_a_wall_only_at_a_gate(town):
    walls = np.array([row["geometry"] for row in town.rows["wall"]], dtype=object)
    paths = np.array([row["geometry"] for row in town.rows["walkway"]], dtype=object)
    path, wall = shapely.STRtree(walls).query(paths, predicate="intersects")
    met = shapely.intersection(paths[path], walls[wall])
    gates = shapely.union_all([row["geometry"] for row in town.rows["gate"]])
    assert shapely.distance(met, gates).max() < 1e-6


def test_walkways_keep_out_of_buildings(town):
    houses = np.array([row["geometry"] for row in town.rows["building"]], dtype=object)
    paths = np.array([row["geometry"] for row in town.rows["walkway"]], dtype=object)
    house, path = shapely.STRtree(paths).query(houses, predicate="intersects")
    assert shapely.length(shapely.intersection(houses[house], paths[path])).max() < 1e-6


def test_planted_lacks_are_out_of_reach_on_foot(town):
    facts = [fact for fact in town.facts if fact.kind == "service_missing"]
    assert len(facts) == 5
    graph = walking_graph(town)
    for fact, (kind, radius) in zip(facts, LACKS, strict=True):
        assert kind in fact.expected
        away = metres_to(town, graph, kind)
        for x, y, _ in doors_of(town, fact.row_id):
            assert away.get((x, y), float("inf")) > radius


def test_opening_the_planted_gate_brings_services_within_reach(town):
    [fact] = [fact for fact in town.facts if fact.kind == "gate_worth_opening"]
    community = town.row("gate", fact.row_id)["community_id"]
    gained = defaultdict(int)
    for kind in BEHIND_THE_GATE:
        limit = 300 if kind == "nursery" else 500
        shut = metres_to(town, walking_graph(town), kind)
        opened = metres_to(town, walking_graph(town, opened=(fact.row_id,)), kind)
        for x, y, homes in doors_of(town, community):
            gained[kind] += homes * (shut[x, y] > limit >= opened[x, y])
            assert opened[x, y] <= shut[x, y] + 1e-9
    assert gained["nursery"] > 0


def test_services_are_of_about_thirty_kinds_that_the_table_knows(town):
    import csv

    from scripts.demo.estimate import STANDARDS

    with (STANDARDS / "facilities.csv").open(encoding="utf-8", newline="") as file:
        known = {row["code"] for row in csv.DictReader(file)}
    kinds = {row["kind"] for row in town.rows["service"]}
    assert kinds <= known
    assert len(kinds) >= 25


def test_trees_keep_their_distance_from_pipes_except_the_planted_one(town):
    planted = {fact.row_id for fact in town.facts if fact.layer == "tree"}
    trees = [row for row in town.rows["tree"] if row["tree_id"] not in planted]
    water = [
        row
        for row in town.rows["pipe"]
        if row["pipe_class"] in ("JS", "PS", "TX") and row["laying"] != "overhead"
    ]
    lines = shapely.force_2d(np.array([row["geometry"] for row in water], dtype=object))
    points = np.array([row["geometry"] for row in trees], dtype=object)
    which, _ = shapely.STRtree(lines).query(points, predicate="dwithin", distance=1.5)
    assert which.size == 0
    assert len(trees) > 500
    assert len(planted) == 1


def test_land_cover_covers_the_ground_once(town):
    shapes = np.array([row["geometry"] for row in town.rows["landcover"]], dtype=object)
    frame = shapely.box(*terrain.raster_bounds(town))
    assert shapely.area(shapes).sum() == pytest.approx(frame.area, rel=2e-3)
    assert shapely.union_all(shapes).area == pytest.approx(shapely.area(shapes).sum(), rel=1e-6)


def test_terrain_of_the_plan_holds_the_planted_ponds(demo_plan):
    with PlanStore.open(demo_plan) as plan:
        [row] = plan.read("terrain").to_dict("records")
    path = demo_plan / "files" / row["file_sha256"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == row["file_sha256"]
    town = demo_town()
    ponds = [fact for fact in town.facts if fact.kind == "pond"]
    assert len(ponds) == 6
    with rasterio.open(path) as file:
        z = file.read(1).astype(float)
        assert file.crs.to_epsg() == 4544
        assert 1115 < z.min() < z.max() < 1135
        for fact in ponds:
            c, r = int((fact.x - file.bounds.left) // 2), int((file.bounds.top - fact.y) // 2)
            window = z[r - 60 : r + 61, c - 60 : c + 61]
            depth = terrain._filled(window) - window
            stated = float(fact.expected.split(": ")[1].split(" m deep")[0])
            assert depth[50:71, 50:71].max() == pytest.approx(stated, abs=0.02)
            assert stated >= 0.3
