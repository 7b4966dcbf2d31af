"""Pipes as nobody should deliver them: each is named, kept or turned away, and never clear."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, MultiLineString, Point

from app.analysis.conflicts import ConflictParams
from app.analysis.conflicts.find import find_conflicts
from app.schema import Actor
from app.schema.validate import validate_frames
from app.services.imports import ImportOptions, import_file
from app.services.runs import run_analysis
from app.store import PlanMeta, PlanStore
from tests.analysis.streets import pipe, street

ACTOR = Actor("王工", "利通区住建局")
EAST, NORTH = 605_400.0, 4_205_900.0
STATED = {
    "pipe_class": "JS", "status": "existing", "laying": "direct", "depth_ref": "crown",
    "start_depth_m": 1.5, "end_depth_m": 1.5, "quality": "opened", "outside_mm": 110.0,
    "nominal_mm": 110,
}  # fmt: skip


def line(k, *points):
    return LineString([(EAST + 100 * k + p[0], NORTH + p[1], *p[2:]) for p in points])


STRAIGHT = ((0, 0), (50, 0))
DELIVERED = [
    ("GOOD", line(0, *STRAIGHT), {}),
    ("NO-LENGTH", line(1, (0, 0), (0, 0)), {}),
    ("CROSSES-ITSELF", line(2, (0, 0), (40, 0), (40, 10), (20, -10)), {}),
    ("TWO-PARTS", MultiLineString([line(3, (0, 0), (20, 0)), line(3, (30, 0), (50, 0))]), {}),
    ("NO-DEPTH", line(4, *STRAIGHT), {"start_depth_m": np.nan}),
    ("ABOVE-GROUND", line(5, *STRAIGHT), {"start_depth_m": -0.4}),
    ("300-METRES", line(6, *STRAIGHT), {"outside_mm": 300_000.0, "nominal_mm": 300_000}),
    ("CLASS-XX", line(7, *STRAIGHT), {"pipe_class": "XX"}),
    ("ONE-HEIGHT", line(8, (0, 0, 1100.0), (50, 0, float("nan"))), {}),
]  # fmt: skip


@pytest.fixture(scope="module")
def delivery(tmp_path_factory):
    """(findings by row number, pipes kept, conflict rows) of the delivery above."""
    folder = tmp_path_factory.mktemp("bad")
    frame = gpd.GeoDataFrame(
        pd.DataFrame([{"pipe_id": name, **STATED, **bad} for name, _, bad in DELIVERED]),
        geometry=[shape for _, shape, _ in DELIVERED], crs="EPSG:4544",
    )  # fmt: skip
    frame.to_file(folder / "pipes.gpkg", layer="pipe")
    with PlanStore.create(folder / "plan", PlanMeta("bad", "测试", crs="EPSG:4544")) as store:
        report = import_file(folder / "pipes.gpkg", store, ACTOR, ImportOptions())
        run_analysis(store, "conflicts", {}, ACTOR)
        kept = store.read("pipe").set_index("pipe_id")
        yield report, kept, store.read_result("conflict").set_index("a_id")


def named(report):
    names = [name for name, _, _ in DELIVERED]
    return {(names[int(f.row) - 1], f.code, f.column) for f in report.findings if f.row}


def test_every_bad_pipe_of_a_delivery_is_named_by_its_row(delivery):
    report, kept, _ = delivery
    assert named(report) >= {
        ("NO-LENGTH", "collapsed", "geometry"), ("TWO-PARTS", "several_parts", "geometry"),
        ("ABOVE-GROUND", "out_of_range", "start_depth_m"),
        ("300-METRES", "out_of_range", "outside_mm"),
        ("300-METRES", "out_of_range", "nominal_mm"),
        ("CLASS-XX", "not_understood", "pipe_class"),
        ("ONE-HEIGHT", "heights_dropped", "geometry"),
    }  # fmt: skip
    assert {"NO-LENGTH", "TWO-PARTS"}.isdisjoint(kept.index)
    assert len(kept) == len(DELIVERED) - 2
    assert not {row for row, _, _ in named(report)} & {"GOOD"}


def test_what_is_taken_as_unknown_leaves_its_verdict_open_and_names_the_field(delivery):
    _, kept, rows = delivery
    assert pd.isna(kept.loc["300-METRES", "outside_mm"])
    open_rows = {name: rows.loc[name, "missing"] for name in
                 ("NO-DEPTH", "ABOVE-GROUND", "300-METRES", "CLASS-XX")}  # fmt: skip
    assert open_rows == {
        "NO-DEPTH": "start_depth_m", "ABOVE-GROUND": "start_depth_m",
        "300-METRES": "nominal_mm", "CLASS-XX": "pipe_class",
    }  # fmt: skip
    assert set(rows["verdict"]) == {"unverified"}
    assert "GOOD" not in rows.index


def test_a_pipe_that_crosses_itself_is_kept_and_named_by_the_check_of_the_plan(delivery):
    _, kept, _ = delivery
    frame = kept.reset_index()
    told = [(f.row, f.code) for f in validate_frames({"pipe": frame}) if f.code == "self_crossing"]
    assert told == [("CROSSES-ITSELF", "self_crossing")]


# Ground 1102 m at both ends; the axis at 1100 m and 1098 m: 2 m and 4 m deep.
NODES = [
    {"pipe_node_id": name, "ground_m": 1102.0, "geometry": Point(x, 0)}
    for name, x in (("N1", 0), ("N2", 50))
]


def sewer(name, start_m, end_m):
    """A falling sewer between both nodes with these depths of its axis."""
    return pipe(
        name, "PS", [(0, 0, 1100.0), (50, 0, 1098.0)], start_depth_m=start_m, end_depth_m=end_m,
        start_node="N1", end_node="N2", depth_ref="axis",
    )  # fmt: skip


def test_depths_of_start_and_end_that_fit_the_levels_only_when_swapped_are_named():
    given = street(sewer("R", 2.0, 4.0), sewer("S", 4.0, 2.0), sewer("W", 3.0, 3.0),
                   pipe_node=NODES)  # fmt: skip
    told = validate_frames({name: given.frames[name] for name in ("pipe", "pipe_node")})
    assert [f.row for f in told if f.code == "ends_swapped"] == ["S"]


def test_swapped_depths_are_taken_as_unknown_and_never_clear():
    # The main crosses 1.5 m down where the sewer lies 2.2 m deep: 0.6 m of earth, 0.4 m asked.
    main = pipe("W1", "JS", [(5, -20), (5, 20)], start_node=None, end_node=None)

    def rows(*pipes):
        found = find_conflicts(street(*pipes, pipe_node=NODES), ConflictParams())
        return found.layers["conflict"].set_index("conflict_id")

    assert not len(rows(sewer("S1", 2.0, 4.0), main))
    swapped = rows(sewer("S1", 4.0, 2.0), main)
    assert swapped.index.tolist() == ["C-S1-footway_or_non_motor_lane", "V-S1-W1"]
    assert set(swapped["verdict"]) == {"unverified"}
    assert set(swapped["missing"]) == {"start_depth_m"}


def test_levels_that_run_against_the_depths_are_not_used_either():
    # Both axes in one datum, the main half a metre over the levels stated for the sewer.
    datum = {"dataset": [{"dataset_id": "D1", "height_datum": "1985"}], "pipe_node": NODES}
    main = pipe("W1", "JS", [(5, -20, 1100.4), (5, 20, 1100.4)], dataset_id="D1",
                start_node=None, end_node=None)  # fmt: skip
    found = find_conflicts(street(sewer("S1", 4.0, 2.0) | {"dataset_id": "D1"}, main, **datum),
                           ConflictParams()).layers["conflict"].set_index("conflict_id")  # fmt: skip
    assert found.loc["V-S1-W1", "verdict"] == "unverified"


def test_a_flat_pipe_under_one_with_heights_is_compared_by_depth():
    rows = find_conflicts(street(
        pipe("S1", "PS", [(0, 0, 1100.0), (50, 0, 1100.0)], start_depth_m=1.75, end_depth_m=1.75),
        pipe("W1", "JS", [(25, -20), (25, 20)], start_depth_m=1.5, end_depth_m=1.5),
    ), ConflictParams()).layers["conflict"].set_index("conflict_id")  # fmt: skip
    assert rows.loc["V-S1-W1", "gap_m"] == pytest.approx(0.15)


def test_a_direction_survives_a_line_delivered_in_two_parts_that_meet(tmp_path):
    parts = MultiLineString([line(0, (50, 0), (20, 0)), line(0, (20, 0), (0, 0))])
    frame = gpd.GeoDataFrame([{"pipe_id": "P", **STATED}], geometry=[parts], crs="EPSG:4544")
    frame.to_file(tmp_path / "pipes.gpkg", layer="pipe")
    with PlanStore.create(tmp_path / "plan", PlanMeta("two", "测试", crs="EPSG:4544")) as store:
        import_file(tmp_path / "pipes.gpkg", store, ACTOR, ImportOptions())
        shape = store.row("pipe", "P")["geometry"]
    assert shape.coords[0] == pytest.approx((EAST + 50, NORTH))
    assert shape.length == pytest.approx(50)
