"""The walking network: footways round the blocks, crossings, lanes and paths to every door."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from shapely.geometry import Point

from scripts.demo import courtyards
from scripts.demo.grid import blocks
from scripts.demo.parcels import LANE_X_M, WALL_INSET_M
from scripts.demo.town import Parcel, Town, line

RING_M = 1.8  # footway centre line outside the block's edge
Side = tuple[tuple[int, int], str]
XY = tuple[float, float]


def add_walkways(town: Town) -> None:
    """Every piece ends on a node that it shares with its neighbours."""
    marks: dict[Side, set[float]] = defaultdict(set)
    for parcel in town.parcels:
        if parcel.slabs:
            _walk_compound(town, parcel, marks)
        elif parcel.use == "village":
            _walk_village(town, parcel, marks)
    _walk_streets(town, marks)


def _add(town: Town, kind: str, points: list[XY], width_m: float, name: str) -> None:
    clean = [points[0]]
    for point in points[1:]:
        if abs(point[0] - clean[-1][0]) + abs(point[1] - clean[-1][1]) > 0.01:
            clean.append(point)
    for first, second in pairwise(clean):
        town.add(
            "walkway", town.new_id("WY"), geometry=line(first, second), kind=kind, name=name,
            width_m=width_m, steps=False, slope=None, barrier="none", dataset_id="DS-WALK",
        )  # fmt: skip


def _to_ring(parcel: Parcel, x: float, north: bool, marks: dict[Side, set[float]]) -> XY:
    """The point of the footway in front of a gate; the footway gets a node there."""
    side = "north" if north else "south"
    marks[parcel.block, side].add(round(x, 3))
    y = parcel.north + RING_M if north else parcel.south - RING_M
    return (round(x, 3), round(y, 3))


def touches_street(town: Town, parcel: Parcel, *, north: bool) -> bool:
    """Whether the parcel's north or south edge is the edge of its block."""
    _, south, _, top = blocks(town)[parcel.block]
    return abs((parcel.north - top) if north else (parcel.south - south)) < 0.2


def _walk_compound(town: Town, parcel: Parcel, marks: dict[Side, set[float]]) -> None:
    x = round(parcel.west + LANE_X_M, 3)
    by_row = courtyards.rows(parcel)
    ys = [round(slabs[0].north + courtyards.PATH_OFFSET_M, 3) for slabs in by_row.values()]
    gate_y = round(
        parcel.south + WALL_INSET_M if parcel.gate_south else parcel.north - WALL_INSET_M, 3
    )
    lane = [_to_ring(parcel, x, not parcel.gate_south, marks), (x, gate_y)]
    lane += [(x, y) for y in (ys if parcel.gate_south else reversed(ys))]
    if parcel.key in town.back_gates:
        back = not parcel.gate_south
        back_y = parcel.south + WALL_INSET_M if back else parcel.north - WALL_INSET_M
        lane.append((x, round(back_y, 3)))
        lane.append(_to_ring(parcel, x, not back, marks))
    _add(town, "shared", lane, courtyards.LANE_WIDTH_M, f"{parcel.name}内部道路")
    for slabs, y in zip(by_row.values(), ys, strict=True):
        doors = [
            (round(s.west + (k + 0.5) * s.length_m / s.units, 3), round(s.north, 3))
            for s in slabs for k in range(s.units)
        ]  # fmt: skip
        path = [(x, y), *((door_x, y) for door_x, _ in doors)]
        _add(town, "courtyard", path, courtyards.PATH_WIDTH_M, f"{parcel.name}宅间路")
        for door_x, door_y in doors:
            _add(town, "connector", [(door_x, door_y), (door_x, y)], 1.5, f"{parcel.name}单元门前")


def _walk_village(town: Town, parcel: Parcel, marks: dict[Side, set[float]]) -> None:
    """Lanes between the rows of houses, joined by lanes along both edges and to both streets."""
    xs = (round(parcel.west + 1.2, 3), round(parcel.east - 1.2, 3))
    ys, y = [], parcel.south + 1.3
    while y < parcel.north:
        ys.append(round(y, 3))
        y += 15.5
    for x in xs:
        column = [_to_ring(parcel, x, False, marks), *((x, y) for y in ys)]
        column.append(_to_ring(parcel, x, True, marks))
        _add(town, "shared", column, 3.0, f"{parcel.name}巷道")
    for y in ys:
        _add(town, "footway", [(xs[0], y), (xs[1], y)], 2.5, f"{parcel.name}巷道")


def _walk_streets(town: Town, marks: dict[Side, set[float]]) -> None:
    land = blocks(town)
    for (i, j), (west, south, east, north) in land.items():
        w, s, e, n = (
            round(v, 3) for v in (west - RING_M, south - RING_M, east + RING_M, north + RING_M)
        )
        names = (town.streets_east[j].name, town.streets_east[j + 1].name)
        for y, side, name in ((s, "south", names[0]), (n, "north", names[1])):
            xs = [w, *sorted(marks[(i, j), side]), e]
            _add(town, "sidewalk", [(x, y) for x in xs], 3.0, f"{name}人行道")
        for x, street in ((w, town.streets_north[i]), (e, town.streets_north[i + 1])):
            _add(town, "sidewalk", [(x, s), (x, n)], 3.0, f"{street.name}人行道")
        if (i + 1, j) in land:
            other = round(land[i + 1, j][0] - RING_M, 3)
            for y in (s, n):
                _add(town, "crossing", [(e, y), (other, y)], 5.0, town.streets_north[i + 1].name)
        if (i, j + 1) in land:
            other = round(land[i, j + 1][1] - RING_M, 3)
            for x in (w, e):
                _add(town, "crossing", [(x, n), (x, other)], 5.0, town.streets_east[j + 1].name)


def choose_back_gates(town: Town) -> None:
    """Deep compounds get a second gate at the back; a good half of them is kept shut."""
    rng = town.random("back gates")
    deep = [
        p for p in town.parcels
        if p.slabs and p.fenced and p.north - p.south > 130
        and touches_street(town, p, north=p.gate_south)
    ]  # fmt: skip
    ours = [p for p in deep if p.programme]
    town.closed_gate = max(ours, key=lambda p: (len(p.slabs), p.key)).key if ours else ""
    for parcel in deep:
        planted = parcel.key == town.closed_gate
        if not planted and rng.random() < 0.4:
            continue
        town.back_gates.add(parcel.key)
        x = round(parcel.west + LANE_X_M, 3)
        y = parcel.north - WALL_INSET_M if parcel.gate_south else parcel.south + WALL_INSET_M
        gate_id = town.add(
            "gate", town.new_id("GT", 4), geometry=Point(x, round(y, 3)),
            community_id=parcel.community_id, name=f"{parcel.name}后门", kind="foot",
            state="closed" if planted else rng.choice(("closed", "closed", "timed", "open")),
            hours="06:30-22:00", width_m=1.8, height_m=None, dataset_id="DS-WALK",
        )  # fmt: skip
        if planted:
            town.closed_gate_id = gate_id
