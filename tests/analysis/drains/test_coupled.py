"""Surface and drains together: what goes down an inlet, what comes up, and that none is lost."""

import numpy as np
import pytest
from shapely.geometry import Point, box

from app.analysis import analysis_named
from app.analysis.storm.coupled import Together, inflow_m3_s
from app.engine.swmm import SwmmEngine
from app.errors import UsageError
from app.schema.analysis import Inputs, Raster, no_progress, parse_params
from app.store.rule_files import load_all_rules
from tests.analysis.drains.drawn import clauses, layer, node, pipe, terms

BOOK = load_all_rules()
TERMS = terms()
# Two basins of asphalt, 40 m by 40 m each, with a dyke between; the eastern one lies 2 m lower.
X, Y = np.meshgrid(np.arange(42) * 2 + 1.0, np.arange(20) * 2 + 1.0)
RIM = np.minimum.reduce([X, 84 - X, Y, 40 - Y]) < 4
BASINS = np.where(X < 42, 12.0, 10.0) + 0.02 * np.hypot(np.where(X < 42, X - 21, X - 63), Y - 20)
GROUND = Raster(np.where(RIM | (np.abs(X - 42) < 3), 14.0, BASINS).astype(np.float32), 0.0, 40.0, 2.0)  # fmt: skip
WEST, EAST = node("W", 10.5, "inlet", 12.0, (21, 20)), node("E", 8.5, "inlet", 10.0, (63, 20))
OUT = node("O", 7.5, "outfall", 9.0, (100, 20))
PIPES = [
    pipe("1", "W", "E", 10.5, 8.6, ((21, 20), (63, 20)), nominal_mm=600),
    pipe("2", "E", "O", 8.5, 7.5, ((63, 20), (100, 20)), nominal_mm=600),
]


def storm(pipes=PIPES, nodes=(WEST, EAST, OUT), measures=(), **settings):
    analysis = analysis_named("storm")
    frames = {one.name: layer(one.name) for one in analysis.inputs}
    frames |= {"pipe": layer("pipe", pipes), "pipe_node": layer("pipe_node", nodes)}
    frames["storm_measure"] = layer("storm_measure", measures)
    cover = {"landcover_id": "1", "cover": "asphalt", "geometry": box(-9, -9, 99, 99)}
    frames["landcover"] = layer("landcover", [cover])
    inputs = Inputs(frames, BOOK.supply(analysis.rules), {"terrain": GROUND}, {"swmm": SwmmEngine()})  # fmt: skip
    asked = {"rain_mm": 60, "duration_min": 60, "after_min": 30, "drains": "coupled", **settings}
    return analysis.run(inputs, parse_params(analysis.params, asked), no_progress)


def deepest(outcome, half):
    values = outcome.rasters["storm_depth"].values
    return float(np.nanmax(values[:, :20] if half == "west" else values[:, 22:]))


def down(depth, head, *, weir=1.6, opening=0.17):
    figures = (np.array([value]) for value in (depth, head, weir, opening))
    return inflow_m3_s(*figures, TERMS).item()


def test_an_inlet_takes_water_as_a_weir_then_as_an_orifice():
    g2 = 2 * 9.81
    assert down(0.03, -1.0) == pytest.approx(2 / 3 * 0.54 * 1.6 * g2**0.5 * 0.03**1.5, rel=1e-3)
    assert down(0.5, -1.0) == pytest.approx(0.62 * 0.17 * (g2 * 0.5) ** 0.5, rel=1e-3)


def test_a_head_above_the_rim_drowns_the_weir_and_a_higher_one_stops_it():
    g2 = 2 * 9.81
    assert down(0.50, 0.45) == pytest.approx(0.62 * 0.17 * (g2 * 0.05) ** 0.5, rel=1e-3)
    # Villemonte (1947), half drowned: 0.85 of the free weir.
    assert down(0.02, 0.01) / down(0.02, -1.0) == pytest.approx(0.8454, abs=1e-4)
    assert down(0.10, 0.10) == 0.0
    assert down(0.10, 0.30) == 0.0
    assert down(0.0, -1.0) == 0.0


def test_a_drain_that_rises_over_the_rim_takes_less_and_less_and_never_more_than_a_free_weir():
    heads = np.linspace(-0.01, 0.03, 41)
    taken = [down(0.03, head, opening=9.0) for head in heads]
    assert (np.diff(taken) <= 1e-12).all()
    assert max(-np.diff(taken)[:12]) < 0.03 * taken[0]  # no jump where the rim is reached
    # Shares of the free weir after Villemonte at h2/h1 of 0.25, 0.5, 0.75 and 0.9.
    shares = [down(0.03, 0.03 * one, opening=9.0) / taken[0] for one in (0.25, 0.5, 0.75, 0.9)]
    assert shares == pytest.approx([0.9499, 0.8454, 0.6679, 0.4770], abs=1e-4)


def test_every_drop_of_a_coupled_storm_is_accounted_for():
    outcome = storm()
    counts = outcome.counts
    assert counts["balance_error_ppm"] <= 10
    taken, risen = counts["into_drains_m3"], counts["out_of_drains_m3"]
    assert taken - risen > 0.7 * counts["rain_m3"]
    # What the engine lost or made, in litres, against the rain.
    assert abs(counts["drains_error_l"]) < 10 * counts["rain_m3"]
    line = next(note.en for note in outcome.notes if note.en.startswith("drains:"))
    assert "SWMM continuity" in line


def test_drains_that_work_leave_less_water_standing():
    coupled, blocked = storm(), storm(drains="blocked")
    assert deepest(coupled, "west") < 0.7 * deepest(blocked, "west")
    assert "into_drains_m3" not in blocked.counts


def test_water_that_the_lower_drain_cannot_carry_comes_up_in_the_lower_basin():
    narrow = [PIPES[0], PIPES[1] | {"nominal_mm": 150}]
    wide, blocked = storm(), storm(drains="blocked")
    choked = storm(narrow)
    assert choked.counts["out_of_drains_m3"] > 5
    assert choked.counts["rising_manholes"] >= 1
    assert deepest(choked, "east") > deepest(blocked, "east") > deepest(wide, "east")


def test_a_coupled_run_tells_of_each_pipe_how_full_how_long_and_how_fast_with_its_clause():
    narrow = [PIPES[0], PIPES[1] | {"nominal_mm": 150}]
    loads = storm(narrow).layers["storm_drain"].set_index("target_id")
    choked, before = loads.loc["2"], loads.loc["1"]
    assert (choked["verdict"], choked["fullness"]) == ("bottleneck", 1.0)
    assert choked["limited_min"] > 10
    assert choked["velocity_max_m_per_s"] > before["velocity_max_m_per_s"] * 0.5 > 0
    assert "5.2.4" in choked["clause"]
    assert {"layer": "pipe", "id": "2", "column": "nominal_mm", "value": 150} in choked["evidence"]
    # The water that came up at the lower inlet stands in its row.
    assert (loads.loc["E", "verdict"], loads.loc["E", "flood_m3"] > 5) == ("flooded", True)
    assert "4.1.3" in loads.loc["E", "clause"]
    assert len(storm(drains="blocked").layers["storm_drain"]) == 0


def test_a_pipe_faster_than_its_material_bears_names_that_clause_and_the_figure():
    plain, steel = (clauses([PIPES[0] | {"material": one}]).of_pipe("1", 6.2, 1.5) for one in ("T", "G"))  # fmt: skip
    assert plain["clause"].endswith("5.2.5")
    [fact] = [one for one in plain["evidence"] if "rule" in one]
    assert (fact["rule"], fact["value"], fact["required"]) == ("max_velocity_nonmetal", 6.2, 5.0)
    assert "5.2.5" not in steel["clause"]
    slow = clauses([PIPES[0]]).of_pipe("1", 0.5, 0.6)
    assert slow["evidence"][-1]["rule"] == "min_velocity_storm_full"


def test_a_tank_beside_a_full_drain_takes_what_comes_up_and_its_water_is_counted_apart():
    narrow = [PIPES[0], PIPES[1] | {"nominal_mm": 150}]
    tank = {"storm_measure_id": "T", "kind": "tank", "state": "planned", "volume_m3": 30.0, "geometry": Point(63, 20).buffer(3)}  # fmt: skip
    alone, helped = storm(narrow), storm(narrow, measures=[tank])
    assert helped.counts["tanks_m3"] == 30
    assert "tanks_m3" not in alone.counts
    assert helped.counts["balance_error_ppm"] <= 10
    assert abs(helped.counts["drains_error_l"]) < 10 * helped.counts["rain_m3"]
    assert deepest(helped, "east") < deepest(alone, "east")
    assert "1 hold 30.0 m³ of 30.0 m³; 1 are full" in " ".join(note.en for note in helped.notes)
    # A tank that is never full leaves nothing for the drain at its inlet.
    large = storm(narrow, measures=[tank | {"volume_m3": 5000.0}])
    assert 30 < large.counts["tanks_m3"] < 5000
    assert large.counts["tanks_m3"] + large.counts["into_drains_m3"] - large.counts["out_of_drains_m3"] <= large.counts["rain_m3"]  # fmt: skip
    assert deepest(large, "east") < deepest(helped, "east")


def test_an_inlet_in_a_building_takes_the_open_cell_beside_it_and_one_far_away_takes_no_part():
    far = node("F", 8.6, "manhole", 10.0, (300, 20))
    pipes = [*PIPES, pipe("3", "F", "E", 8.9, 8.6, ((300, 20), (63, 20)))]
    outcome = storm(pipes, (WEST, EAST, OUT, far))
    told = " ".join(note.en for note in outcome.notes)
    assert "exchange water at 2 inlets" in told
    assert "1 nodes have no open ground near them" in told


def test_rims_that_do_not_fit_the_terrain_are_told():
    high = [one | {"ground_m": one["ground_m"] + 2.0} for one in (WEST, EAST)]
    told = " ".join(note.en for note in storm(nodes=(*high, OUT)).notes)
    assert "2 rims differ from the terrain by more than 0.5 m" in told


def test_the_slider_cannot_be_coupled_because_it_knows_no_time():
    with pytest.raises(UsageError, match="knows no time"):
        storm(mode="slider")


class _Hole:
    """Takes what it is told to, for two things below the same cell."""

    def __init__(self, cells, m3):
        self.cells, self.m3, self.stored_m3, self.seen = np.array(cells), m3, 0.0, None

    def exchange(self, depth_m, seconds):
        self.seen = depth_m
        taken = np.minimum(depth_m * 4.0, self.m3)
        self.stored_m3 += float(taken.sum())
        return taken


def test_two_things_below_one_cell_never_take_more_than_it_holds():
    first, second = _Hole([5, 7], 3.0), _Hole([7, 9], 3.0)
    both = Together([first, second], 4.0)
    assert both.cells.tolist() == [5, 7, 9]
    taken = both.exchange(np.array([1.0, 1.0, 0.5]), 5.0)
    assert second.seen.tolist() == pytest.approx([0.25, 0.5])
    assert taken.tolist() == pytest.approx([3.0, 4.0, 2.0])
    assert both.stored_m3 == pytest.approx(9.0)
