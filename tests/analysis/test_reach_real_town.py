"""Ways of a real town are those of networkx on streets that are split at every door."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest

from app.analysis import analysis_named
from app.analysis.nearby.params import ReachParams
from app.analysis.nearby.standing import standing_of
from app.errors import CrsError
from app.schema import Actor
from app.schema.analysis import Inputs, no_progress
from app.services.from_osm import init_from_osm
from app.services.runs import gather
from app.store import PlanStore
from tests.oracles.walking import split_at_places

REACH = analysis_named("reach")


@pytest.fixture(scope="module")
def inputs(helsinki_pbf, tmp_path_factory):
    made = init_from_osm(
        tmp_path_factory.mktemp("town") / "plan", helsinki_pbf, actor=Actor("测试")
    )
    with PlanStore.open(made.folder) as plan:
        return gather(plan, REACH)


def test_every_way_of_a_real_town_is_as_long_as_networkx_says(inputs):
    standing = standing_of(inputs, ReachParams(), no_progress)
    graph, places = standing.town.graph, standing.walk.places
    net = split_at_places(graph, {"home": places, "service": standing.walk.joined})
    compared = 0
    for kind in standing.kinds:
        if kind.ways is None:
            continue
        for k in kind.at.tolist():
            if ("service", k) in net:
                net.add_edge("all", ("service", k), weight=float(standing.walk.joined.leg_m[k]))
        far = nx.single_source_dijkstra_path_length(net, "all") if "all" in net else {}
        for k in np.flatnonzero(places.edge >= 0).tolist():
            expected = far.get(("home", k), math.inf) + float(places.leg_m[k])
            assert kind.ways.cost[k] == pytest.approx(expected, abs=1e-6)
            compared += math.isfinite(expected)
        if "all" in net:
            net.remove_node("all")
    assert compared > 1000


def test_layers_in_degrees_are_refused_by_name(inputs):

    ways = inputs.frames["walkway"].to_crs("EPSG:4326")
    with pytest.raises(CrsError, match="walkway"):
        REACH.run(
            Inputs({**inputs.frames, "walkway": ways}, inputs.rules), ReachParams(), no_progress
        )


@pytest.mark.parametrize("households", [0, None])
def test_a_town_of_no_or_unknown_households_has_no_share(inputs, households):

    buildings = inputs.frames["building"].copy()
    buildings["households"] = households
    frames = {**inputs.frames, "building": buildings}
    gaps = REACH.run(Inputs(frames, inputs.rules), ReachParams(), no_progress).layers["reach_gap"]
    assert gaps["households"].sum() == 0
    assert gaps["share_within"].isna().all()
    assert not (gaps["verdict"] == "within").any()
