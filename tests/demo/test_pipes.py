"""The invented pipes obey the tables, except where a fact was planted."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import shapely

from scripts.demo.frames import frames
from tests.demo.towns import SEED, demo_town

STANDARDS = Path(__file__).resolve().parents[2] / "geodata" / "standards"
LEAST_COVER = {"JS": 0.7, "PS": 0.7, "RQ": 0.9, "RL": 1.0, "TX": 0.9, "DL": 0.5}


def table(name):
    """Required distance by unordered pair of kinds, GB 50289-2016."""
    found = {}
    with (STANDARDS / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (
                row["standard"] == "GB 50289-2016"
                and row["min_m"]
                and ">=35" not in row.get("condition", "")
            ):
                pair = frozenset((row["kind_a"], row["kind_b"]))
                found.setdefault(pair, float(row["min_m"]))
    return found


def horizontal_kind(pipe):
    if pipe.pipe_class == "JS":
        return "water_d_le200" if pipe.nominal_mm <= 200 else "water_d_gt200"
    if pipe.pipe_class == "RQ":
        p = pipe.pressure_mpa
        return "gas_low" if p <= 0.01 else "gas_medium_b" if p <= 0.2 else "gas_medium_a"
    duct = "duct" if pipe.laying == "duct" else "direct"
    return {
        "PS": "sewage_storm", "RL": "heat_direct",
        "TX": "telecom_duct" if duct == "duct" else "telecom_direct",
        "DL": "power_conduit" if duct == "duct" else "power_direct",
    }[pipe.pipe_class]  # fmt: skip


def vertical_kind(kind):
    return next((k for k in ("water", "gas", "heat") if kind.startswith(k)), kind)


@pytest.fixture(scope="module", params=[(SEED, False), (7, True)], ids=["true size", "small"])
def town(request):
    seed, small = request.param
    return demo_town(seed, small=small)


@pytest.fixture(scope="module")
def sound(town):
    """Pipes that no planted fact touches, with their kinds."""
    return sound_pipes(town)


def sound_pipes(town):
    pipes = frames(town)["pipe"]
    touched = {fact.row_id for fact in town.facts if fact.layer == "pipe"}
    buried = pipes["laying"] != "overhead"
    pipes = pipes[buried & ~pipes["pipe_id"].isin(touched)].reset_index(drop=True)
    pipes["kind"] = [horizontal_kind(row) for row in pipes.itertuples()]
    pipes["half_m"] = pipes["width_mm"].fillna(pipes["outside_mm"]) / 2000
    pipes["high_m"] = pipes["height_mm"].fillna(pipes["outside_mm"]) / 1000
    return pipes


def near_pairs(pipes, distance):
    shapes = shapely.force_2d(pipes.geometry.to_numpy())
    left, right = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=distance)
    keep = left < right
    return shapes, left[keep], right[keep]


def crossing(shapes, i, j):
    return shapely.intersects(shapes[i], shapes[j])


def test_parallel_pipes_keep_the_distances_of_the_table(sound):
    required = table("clearance_horizontal.csv")
    shapes, left, right = near_pairs(sound, 3.5)
    kinds, classes, ids = (sound[c].to_numpy() for c in ("kind", "pipe_class", "pipe_id"))
    half = sound["half_m"].to_numpy()
    gap = shapely.distance(shapes[left], shapes[right]) - half[left] - half[right]
    other = ~crossing(shapes, left, right) & (classes[left] != classes[right])
    short = [
        (ids[i], ids[j], round(g, 3))
        for i, j, g in zip(left[other], right[other], gap[other], strict=True)
        if g < required.get(frozenset((kinds[i], kinds[j])), 0.0) - 1e-6
    ]
    assert other.sum() > 2000
    assert short == []


def test_crossing_pipes_keep_the_heights_of_the_table(sound):
    required = table("clearance_vertical.csv")
    known = sound[sound["start_depth_m"].notna()].reset_index(drop=True)
    shapes, left, right = near_pairs(known, 0.0)
    kinds = [vertical_kind(kind) for kind in known["kind"]]
    classes, ids = known["pipe_class"].to_numpy(), known["pipe_id"].to_numpy()
    high, lines = known["high_m"].to_numpy(), known.geometry.to_numpy()
    short = []
    for i, j in zip(left, right, strict=True):
        if classes[i] == classes[j]:
            continue
        point = shapely.intersection(shapes[i], shapes[j])
        gap = abs(axis_z(lines[i], point) - axis_z(lines[j], point)) - (high[i] + high[j]) / 2
        if gap < required[frozenset((kinds[i], kinds[j]))] - 2e-3:
            short.append((ids[i], ids[j], round(gap, 3)))
    assert len(left) > 500
    assert short == []


def axis_z(line, point):
    (x0, y0, z0), (x1, y1, z1) = line.coords
    length = np.hypot(x1 - x0, y1 - y0)
    return z0 + (z1 - z0) * np.hypot(point.x - x0, point.y - y0) / length


def test_every_pipe_has_lawful_cover_at_its_ends(sound):
    known = sound[sound["start_depth_m"].notna()]
    for end in ("start_depth_m", "end_depth_m"):
        crown = known[end].copy()
        sewer = known["pipe_class"] == "PS"
        crown[sewer] -= (known["nominal_mm"][sewer] + known["outside_mm"][sewer]) / 2000
        least = known["pipe_class"].map(LEAST_COVER)
        assert (crown >= least - 1e-3).all()


def test_pipes_keep_their_distance_from_buildings(town, sound):
    required = {k: v for k, v in table("clearance_horizontal.csv").items() if "building" in k}
    houses = frames(town)["building"].geometry.to_numpy()
    shapes = shapely.force_2d(sound.geometry.to_numpy())
    left, right = shapely.STRtree(houses).query(shapes, predicate="dwithin", distance=3.5)
    gap = shapely.distance(shapes[left], houses[right]) - sound["half_m"].to_numpy()[left]
    need = np.array([required[frozenset(("building", kind))] for kind in sound["kind"]])[left]
    assert sound.loc[left[gap < need - 1e-6], "pipe_id"].tolist() == []


def test_street_pipes_lie_in_the_order_of_the_table_from_the_red_line(town):
    from scripts.demo.pipe_kinds import STREET_OFFSET_M

    order = ["DL", "TX", "JS", "RQ", "RS", "RR", "SS", "WS", "YS"]
    for offsets in STREET_OFFSET_M.values():
        for side in ("A", "B"):
            kinds = sorted((d, kind) for kind, (s, d) in offsets.items() if s == side)
            ranks = [order.index(kind) for _, kind in kinds]
            assert ranks == sorted(ranks)


def test_sewers_never_rise_and_end_at_an_outfall(town, sound):
    nodes = frames(town)["pipe_node"].set_index("pipe_node_id")
    sewers = sound[sound["pipe_class"] == "PS"]
    inverts = sewers[sewers["start_invert_m"].notna()]
    assert (inverts["start_invert_m"] > inverts["end_invert_m"]).all()
    touched = {fact.row_id for fact in town.facts if fact.layer == "pipe"}
    every = [
        r
        for r in town.rows["pipe"]
        if r["pipe_class"] == "PS" and not str(r["pipe_id"]).endswith("-i")
    ]
    onward = defaultdict(list)
    for row in every:
        onward[row["start_node"]].append(row["end_node"])
    for row in every:
        node, steps = row["end_node"], 0
        while onward[node]:
            node, steps = onward[node][0], steps + 1
            assert steps < 2000
        assert nodes.loc[node, "kind"] == "outfall"
    assert touched


def test_network_of_the_true_town_is_about_150_km(demo_plan):
    from app.store import PlanStore

    with PlanStore.open(demo_plan) as plan:
        pipes = plan.read("pipe")
    assert 130_000 < pipes.geometry.length.sum() < 185_000
    assert set(pipes["pipe_class"]) == {"JS", "PS", "RQ", "RL", "DL", "TX"}
    assert pipes["owner_id"].nunique() == 9
    assert 0.05 < pipes["start_depth_m"].isna().mean() < 0.3
    assert 0.02 < pipes["year_built"].isna().mean() < 0.2


def test_planted_gaps_are_where_the_list_says(town):
    pipes = frames(town)["pipe"].set_index("pipe_id")
    checked = 0
    for fact in town.facts:
        match = re.match(r"conflict with (\S+): gap ([\d.]+) m", fact.expected)
        if fact.kind != "clearance_horizontal" or match is None:
            continue
        a, b = pipes.loc[fact.row_id], pipes.loc[match[1]]
        width = (a["width_mm"] if a["width_mm"] == a["width_mm"] else a["outside_mm"]) + b[
            "outside_mm"
        ]
        gap = shapely.force_2d(a.geometry).distance(shapely.force_2d(b.geometry)) - width / 2000
        assert gap == pytest.approx(float(match[2]), abs=1e-3)
        checked += 1
    assert checked == 7
