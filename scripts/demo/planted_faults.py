"""Faults planted in the pipe data: what a delivery may bring, and what each must be called."""

from __future__ import annotations

from shapely.affinity import translate
from shapely.geometry import LineString, Point

from scripts.demo import terrain
from scripts.demo.pipe_graph import Stretch
from scripts.demo.planted_pipes import Slot
from scripts.demo.town import Town

Row = dict[str, object]


def plant_faults(town: Town, network: list[Stretch]) -> None:
    """Each fault in a stretch of its own."""
    rng = town.random("faults")
    chosen: set[str] = {slot.sewer.pipe_id for slot in town.spare_slots}

    def pick(kind: str, where: str) -> Stretch:
        fit = [
            s for s in network
            if s.kind == kind and s.where == where and s.pipe_id not in chosen and s.length_m > 12
            and town.row("pipe", s.pipe_id)["start_depth_m"] is not None
        ]  # fmt: skip
        stretch = rng.choice(fit)
        chosen.add(stretch.pipe_id)
        return stretch

    _wrong_units(town, pick("JS", "street"), pick("WS", "street"), pick("RQ", "street"))
    _missing_depth(town, pick("JS", "street"))
    _swapped_depths(town, pick("WS", "street"))
    _adverse_slope(town, pick("WS", "street"))
    _dangling_node(town, pick("TX", "street"))
    _backward_flow(town, pick("YS", "street"))
    _missing_owner(town, pick("TX", "street"))
    _delivered_twice(town, [pick("TX", "street") for _ in range(3)])
    _abandoned_and_shared(town, pick("RS", "street"), pick("TX", "street"))
    _island(town, town.spare_slots.pop())


def _middle(town: Town, stretch: Stretch) -> Point:
    shape = town.row("pipe", stretch.pipe_id)["geometry"]
    assert isinstance(shape, LineString)
    return shape.interpolate(0.5, normalized=True)


def _plant(town: Town, kind: str, stretch: Stretch, expected: str) -> None:
    town.plant(kind, "pipe", stretch.pipe_id, _middle(town, stretch), expected)


def _wrong_units(town: Town, metres: Stretch, huge: Stretch, above: Stretch) -> None:
    row = town.row("pipe", metres.pipe_id)
    true = row["outside_mm"]
    row["outside_mm"] = round(float(str(true)) / 1000, 3)
    _plant(town, "fault_outside_in_metres", metres, f"outside_mm out of range; {true} mm is meant")
    row = town.row("pipe", huge.pipe_id)
    row["nominal_mm"] = int(str(row["nominal_mm"])) * 100
    _plant(town, "fault_nominal_in_wrong_unit", huge, "nominal_mm out of range")
    row = town.row("pipe", above.pipe_id)
    row["start_depth_m"] = -1.2
    _plant(town, "fault_depth_above_ground", above, "start_depth_m is negative")


def _missing_depth(town: Town, stretch: Stretch) -> None:
    row = town.row("pipe", stretch.pipe_id)
    row.update(start_depth_m=None, end_depth_m=None,
               geometry=LineString([stretch.start, stretch.end]), quality="records_only")  # fmt: skip
    _plant(
        town,
        "missing_depth",
        stretch,
        "every crossing unverified; missing start_depth_m, end_depth_m",
    )


def _swapped_depths(town: Town, stretch: Stretch) -> None:
    row = town.row("pipe", stretch.pipe_id)
    row["start_depth_m"], row["end_depth_m"] = (
        round(float(str(row["end_depth_m"])) + 0.4, 3), row["start_depth_m"],
    )  # fmt: skip
    _plant(town, "swapped_depths", stretch, "depths at start and end contradict the inverts")


def _adverse_slope(town: Town, stretch: Stretch) -> None:
    row = town.row("pipe", stretch.pipe_id)
    start = float(str(row["start_invert_m"]))
    rise = 0.12
    end = round(start + rise, 3)
    row["end_invert_m"] = end
    row["end_depth_m"] = round(float(terrain.ground(town, *stretch.end)) - end, 3)
    shape = row["geometry"]
    assert isinstance(shape, LineString)
    first, last = shape.coords
    row["geometry"] = LineString([first, (last[0], last[1], round(first[2] + rise, 3))])
    _plant(town, "adverse_slope", stretch, f"sewer rises {rise:.2f} m in the direction of flow")


def _dangling_node(town: Town, stretch: Stretch) -> None:
    town.row("pipe", stretch.pipe_id)["end_node"] = "X99999"
    _plant(town, "dangling_node", stretch, "end_node X99999 does not exist")


def _backward_flow(town: Town, stretch: Stretch) -> None:
    town.row("pipe", stretch.pipe_id)["flow_direction"] = "backward"
    _plant(town, "flow_against_slope", stretch, "flow_direction against the inverts")


def _missing_owner(town: Town, stretch: Stretch) -> None:
    town.row("pipe", stretch.pipe_id)["owner_id"] = None
    _plant(town, "missing_owner", stretch, "owner_id is empty")


def _delivered_twice(town: Town, twice: list[Stretch]) -> None:
    for stretch in twice:
        original = town.row("pipe", stretch.pipe_id)
        owner = "ORG-YD"
        copy: Row = {k: v for k, v in original.items() if k != "pipe_id"}
        shape = original["geometry"]
        assert isinstance(shape, LineString)
        copy.update(owner_id=owner, geometry=translate(shape, xoff=0.03, yoff=0.02))
        row = town.add("pipe", f"{stretch.pipe_id}-2", **copy)
        town.plant("delivered_twice", "pipe", row, _middle(town, stretch),
                   f"probable duplicate of {stretch.pipe_id}, delivered by another owner")  # fmt: skip


def _abandoned_and_shared(town: Town, heat: Stretch, telecom: Stretch) -> None:
    for stretch, changes, kind, expected in (
        (heat, {"status": "abandoned", "owner_id": "ORG-HEAT"}, "abandoned_is_no_conflict",
         "abandoned beside a pipe in use: listed apart, no conflict"),
        (telecom, {"owner_id": "ORG-LT", "trench_id": f"TR-{telecom.pipe_id}"},
         "shared_trench_is_no_conflict", "same trench_id: no conflict"),
    ):  # fmt: skip
        original = town.row("pipe", stretch.pipe_id)
        if "trench_id" in changes:
            original["trench_id"] = changes["trench_id"]
        copy: Row = {k: v for k, v in original.items() if k != "pipe_id"}
        shape = original["geometry"]
        assert isinstance(shape, LineString)
        copy.update(geometry=translate(shape, xoff=0.0, yoff=0.3), **changes)
        row = town.add("pipe", f"{stretch.pipe_id}-b", **copy)
        town.plant(kind, "pipe", row, _middle(town, stretch), expected)


def _island(town: Town, slot: Slot) -> None:
    """A storm sewer that leads nowhere."""
    sewer = slot.sewer
    y = slot.edge_y + 2.2
    ends = []
    for k, x in enumerate((slot.middle_x + 9, slot.middle_x - 9)):
        ground = float(terrain.ground(town, x, y))
        ends.append((x, y, ground, round(ground - 1.9 - 0.05 * k, 3)))
    nodes = [
        town.add(
            "pipe_node", town.new_id("Y"), geometry=Point(x, y), number=None, pipe_class="PS",
            subclass="YS", owner_id="ORG-DRAIN", kind="manhole", ground_m=round(ground, 3),
            invert_m=invert, depth_m=round(ground - invert, 3), quality="exposed_point",
            dataset_id="DS-PS",
        )
        for x, y, ground, invert in ends
    ]  # fmt: skip
    original = town.row("pipe", sewer.pipe_id)
    copy: Row = {k: v for k, v in original.items() if k != "pipe_id"}
    copy.update(
        start_node=nodes[0], end_node=nodes[1], nominal_mm=300, outside_mm=360.0,
        start_invert_m=ends[0][3], end_invert_m=ends[1][3],
        start_depth_m=round(ends[0][2] - ends[0][3], 3), end_depth_m=round(ends[1][2] - ends[1][3], 3),
        geometry=LineString([(x, y, round(invert + 0.15, 3)) for x, y, _, invert in ends]),
    )  # fmt: skip
    row = town.add("pipe", f"{sewer.pipe_id}-i", **copy)
    town.plant(
        "sewer_island", "pipe", row, {"x": slot.middle_x, "y": y}, "not connected to any outfall"
    )
