"""A drain that is too narrow: sound by every check of the data, it holds water back when it rains."""

from __future__ import annotations

from shapely.geometry import LineString

from scripts.demo.pipe_graph import Stretch
from scripts.demo.town import Town

NARROW_MM, NARROW_OUTSIDE_MM = 400, 480.0
BEFORE_OUTFALL = 3  # stretches below it: near the outfall a free fall would carry it


def plant_narrow_drain(town: Town, network: list[Stretch]) -> None:
    """Low in the western trunk one stretch is narrower than those before it."""
    used = {fact.row_id for fact in town.facts if fact.layer == "pipe"}
    trunks = [s for s in network if s.kind == "YS" and s.where == "trunk"]
    # The ground falls to the north-west: most water comes to the western trunk.
    west = min(s.start[0] for s in trunks)
    own = sorted((s for s in trunks if s.start[0] == west), key=lambda s: -s.start[1])
    chosen = next(
        s for s in own[BEFORE_OUTFALL:]
        if s.pipe_id not in used and town.row("pipe", s.pipe_id)["start_depth_m"] is not None
    )  # fmt: skip
    row = town.row("pipe", chosen.pipe_id)
    usual = row["nominal_mm"]
    lower = (chosen.size.inner_m - NARROW_MM / 1000) / 2  # the bottom stays, the axis sinks
    shape = row["geometry"]
    assert isinstance(shape, LineString)
    axis = LineString([(x, y, round(z - lower, 3)) for x, y, z in shape.coords])
    row.update(nominal_mm=NARROW_MM, outside_mm=NARROW_OUTSIDE_MM, geometry=axis)
    town.plant(
        "narrow_drain", "pipe", chosen.pipe_id, axis.interpolate(0.5, normalized=True),
        f"{NARROW_MM} mm behind drains of {usual} mm: holds water back in a storm of 3 years",
    )  # fmt: skip
