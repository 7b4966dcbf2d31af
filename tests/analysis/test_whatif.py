"""What a change would bring, asked live, is what a whole run on the changed plan finds."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from app.analysis import analysis_named
from app.analysis.nearby.facilities import communities_of
from app.analysis.nearby.params import ReachParams
from app.analysis.nearby.standing import standing_of
from app.analysis.nearby.whatif import Closed, GateChange, Live, Opened
from app.geo.nearest import anchored
from app.geo.walking import BOTH_WAYS, SHUT
from app.schema.analysis import Inputs
from app.services.runs import gather
from app.store import PlanStore

REACH = analysis_named("reach")


@pytest.fixture(scope="module")
def inputs(demo_small_plan):
    with PlanStore.open(demo_small_plan) as plan:
        return gather(plan, REACH)


@pytest.fixture(scope="module", params=["adult", "older"])
def live(request, inputs):
    return Live(standing_of(inputs, ReachParams(profile=request.param)))


def with_frame(inputs, name, frame):
    return Inputs({**inputs.frames, name: frame}, inputs.rules)


def with_gate(inputs, gate_id, state):
    gates = inputs.frames["gate"].copy()
    gates.loc[gates["gate_id"] == gate_id, "state"] = state
    return with_frame(inputs, "gate", gates)


def with_service(inputs, kind, place, number=1):
    services = inputs.frames["service"]
    row = {"service_id": f"~{number}", "kind": kind, "state": "existing"}
    new = gpd.GeoDataFrame([row], geometry=[place], crs=services.crs).astype(object)
    new = new.reindex(columns=services.columns).set_crs(services.crs)
    return with_frame(inputs, "service", pd.concat([services, new], ignore_index=True))


def without_service(inputs, service_id):
    services = inputs.frames["service"]
    return with_frame(inputs, "service", services[services["service_id"] != service_id])


def same(amended, live, inputs):
    """Verdict of every door and home, metres and missing field equal those of a whole run."""
    whole = standing_of(inputs, live.standing.params)
    for kind, judged in zip(whole.kinds, whole.judged, strict=True):
        row = kind.asked.row.rule_id
        base = live.standing.kind(row)
        got_kind, got = amended.kinds.get(row, base)
        assert got.verdict.tolist() == judged.verdict.tolist(), row
        assert got.missing.tolist() == judged.missing.tolist(), row
        assert amended.verdict[row].tolist() == whole.verdict[row].tolist(), row
        if kind.ways is not None and row in amended.kinds and not kind.asked.by_straight:
            np.testing.assert_allclose(got_kind.ways.metres, kind.ways.metres, rtol=0, atol=1e-6)
            np.testing.assert_allclose(got_kind.straight_m, kind.straight_m, rtol=0, atol=1e-6)


def some(live, count, seed):
    return np.random.default_rng(seed).permutation(count)


def test_a_gate_opened_or_shut(live, inputs):
    ids = live.standing.town.gate_ids
    for gate in some(live, len(ids), 1)[:8]:
        for passing, state in ((BOTH_WAYS, "open"), (SHUT, "closed")):
            amended = live.ask([GateChange(int(gate), passing)])
            same(amended, live, with_gate(inputs, ids[gate], state))


def test_a_facility_placed_or_removed(live, inputs):
    standing = live.standing
    rng = np.random.default_rng(2)
    west, south, east, north = shapely.total_bounds(standing.starts.places.shapes)
    codes = sorted({kind.asked.row.code for kind in standing.kinds})
    for _ in range(8):
        place = shapely.Point(rng.uniform(west, east), rng.uniform(south, north))
        code = codes[int(rng.integers(len(codes)))]
        [inside] = communities_of(
            anchored(np.array([place], dtype=object)), np.array([None]), inputs.frames["community"]
        )
        amended = live.ask([Opened(code, place, inside)])
        same(amended, live, with_service(inputs, code, place))
    for at in some(live, len(standing.services.ids), 3)[:8]:
        amended = live.ask([Closed(int(at))])
        same(amended, live, without_service(inputs, standing.services.ids[at]))


def test_many_changes_at_once_and_nothing_stays_behind(live, inputs):
    standing = live.standing
    before = [
        (k.field.cost.copy(), k.field.label.copy()) for k in standing.kinds if k.field is not None
    ]
    gates = some(live, len(standing.town.gate_ids), 5)
    closed = int(np.flatnonzero(standing.services.kind == "kindergarten")[0])
    place = standing.services.shape[int(np.flatnonzero(standing.services.kind == "shops")[0])]
    changed = inputs
    changes = []
    for gate, passing, state in ((gates[0], BOTH_WAYS, "open"), (gates[1], SHUT, "closed")):
        changes.append(GateChange(int(gate), passing))
        changed = with_gate(changed, standing.town.gate_ids[gate], state)
    changes += [Opened("kindergarten", shapely.Point(place.x, place.y)), Closed(closed)]
    changed = without_service(changed, standing.services.ids[closed])
    changed = with_service(changed, "kindergarten", shapely.Point(place.x, place.y))

    same(live.ask(changes), live, changed)

    kinds = [k for k in standing.kinds if k.field is not None]
    for kind, (cost, label) in zip(kinds, before, strict=True):
        assert (kind.field.cost == cost).all()
        assert (kind.field.label == label).all()
    assert not live.ask([]).kinds
