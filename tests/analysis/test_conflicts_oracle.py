"""The clearance engine against every two pipes by shapely, and what must not change its answer."""

import numpy as np
import pytest
import shapely
from shapely import affinity
from shapely.geometry import LineString

from app.analysis.conflicts import ConflictParams
from app.analysis.conflicts.find import find_conflicts
from tests.analysis.streets import RULES, pipe, street
from tests.oracles.clearance import horizontal_conflicts, vertical_conflicts

CLASSES = ("JS", "PS", "RQ", "RL", "DL", "TX")


def random_network(seed, n=70, size=120.0):
    """Pipes of all classes with one to three bends, some parallel, some crossing."""
    rng = np.random.default_rng(seed)
    rows = []
    for k in range(n):
        start = rng.uniform(0, size, 2)
        heading = rng.choice([0.2, 0.2 + np.pi / 2]) + rng.normal(0, 0.05)
        steps = rng.uniform(5, 25, rng.integers(1, 4))
        turns = np.cumsum(rng.normal(0, 0.15, len(steps)))
        along = np.column_stack([np.cos(heading + turns), np.sin(heading + turns)])
        points = np.vstack([start, start + np.cumsum(along * steps[:, None], axis=0)])
        size_mm = int(rng.choice([63, 110, 200, 300, 600]))
        rows.append(
            pipe(
                f"P{k:03d}", str(rng.choice(CLASSES)), points,
                outside_mm=float(size_mm), nominal_mm=size_mm, owner_id=f"O{k}",
                start_depth_m=float(rng.uniform(0.8, 3)), end_depth_m=float(rng.uniform(0.8, 3)),
            )
        )  # fmt: skip
    return rows


def found_pairs(rows, check, verdict="conflict", **params):
    layer = find_conflicts(street(*rows), ConflictParams(**params)).layers["conflict"]
    part = layer[(layer["check"] == check) & (layer["verdict"] == verdict)]
    return {(row.a_id, row.b_id): row.gap_m for row in part.itertuples()}


@pytest.mark.parametrize("seed", range(6))
def test_same_pairs_short_in_plan_as_every_two_pipes_by_shapely(seed):
    rows = random_network(seed)
    crossing = {
        (a["pipe_id"], b["pipe_id"])
        for a in rows
        for b in rows
        if a["pipe_id"] < b["pipe_id"] and a["geometry"].intersects(b["geometry"])
    }
    expected = horizontal_conflicts(rows, RULES)
    found = {
        pair: gap for pair, gap in found_pairs(rows, "horizontal").items() if pair not in crossing
    }
    assert found.keys() == expected.keys()
    assert len(found) > 3
    assert [found[k] for k in sorted(found)] == pytest.approx(
        [expected[k] for k in sorted(found)], abs=1e-4
    )


@pytest.mark.parametrize("seed", range(6))
def test_same_crossings_short_in_height_as_every_two_pipes_by_shapely(seed):
    rows = random_network(seed)
    expected = vertical_conflicts(rows, RULES)
    found = found_pairs(rows, "vertical")
    assert found.keys() == expected.keys()
    assert len(found) > 3
    assert [found[k] for k in sorted(found)] == pytest.approx(
        [expected[k] for k in sorted(found)], abs=1e-4
    )


@pytest.mark.parametrize("change", ["order", "shift", "turn", "far_pipe", "reversed"])
def test_what_is_only_told_differently_changes_no_verdict(change):
    rows = random_network(11)
    told = [dict(row) for row in rows]
    if change == "order":
        told.reverse()
    elif change == "far_pipe":
        told.append(pipe("ZZZ", "JS", [(9000, 9000), (9050, 9000)]))
    else:
        for row in told:
            row["geometry"] = moved(row["geometry"], change)
            if change == "reversed":
                row["start_depth_m"], row["end_depth_m"] = row["end_depth_m"], row["start_depth_m"]
    before, after = (verdicts(version) for version in (rows, told))
    assert before == {key: value for key, value in after.items() if "ZZZ" not in key}


def moved(line, change):
    if change == "shift":
        return affinity.translate(line, 431_000.25, 4_200_000.75)
    if change == "turn":
        return affinity.rotate(line, 33, origin=(0, 0))
    return LineString(shapely.get_coordinates(line)[::-1])


def verdicts(rows):
    layer = find_conflicts(street(*rows), ConflictParams()).layers["conflict"]
    gaps = np.round(layer["gap_m"].astype(float), 3)
    return dict(zip(layer["conflict_id"], zip(layer["verdict"], gaps, strict=True), strict=True))


def test_names_of_the_two_sides_do_not_matter():
    rows = random_network(12)
    swapped = [{**row, "pipe_id": f"Q{99 - int(row['pipe_id'][1:]):03d}"} for row in rows]
    name = {f"Q{99 - k:03d}": f"P{k:03d}" for k in range(100)}
    before = found_pairs(rows, "horizontal")
    after = found_pairs(swapped, "horizontal")
    assert {tuple(sorted((name[a], name[b]))) for a, b in after} == set(before)


def test_a_network_checked_in_two_halves_with_a_halo_gives_the_same_rows():
    rows = random_network(13, n=120)
    whole = verdicts(rows)
    halo = RULES.reach_m + 3
    merged = {}
    for low, high in ((-1e9, 60.0), (60.0, 1e9)):
        near = shapely.box(low - halo, -1e9, high + halo, 1e9)
        layer = find_conflicts(
            street(*(row for row in rows if row["geometry"].intersects(near))), ConflictParams()
        ).layers["conflict"]
        own = layer[(layer["x"] >= low) & (layer["x"] < high)]
        gaps = np.round(own["gap_m"].astype(float), 3)
        merged |= dict(zip(own["conflict_id"], zip(own["verdict"], gaps, strict=True), strict=True))
    assert merged == whole
