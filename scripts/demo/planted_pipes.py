"""Clearance conflicts with known numbers: planned pipes laid too close to what is there."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import shapely
from shapely.geometry import LineString, Point

from scripts.demo import terrain
from scripts.demo.grid import blocks
from scripts.demo.pipe_graph import Stretch
from scripts.demo.pipe_kinds import COURT_SIZE, KINDS, STREET_SIZE, Size
from scripts.demo.town import Town

PLANNED_M = 18.0

LOCAL = STREET_SIZE["local"]
CABLE = Size(None, 50, "QT", "direct")

# kind, size, gap in plan to the storm sewer, what the table asks (GB 50289-2016 Table 4.1.9)
BESIDE: tuple[tuple[str, Size, float, float], ...] = (
    ("JS", Size(100, 110, "PE", pressure_mpa=0.35), 0.60, 1.0),
    ("RQ", LOCAL["RQ"], 0.70, 1.2),
    ("RS", LOCAL["RS"], 0.90, 1.5),
    ("TX", LOCAL["TX"], 0.50, 1.0),
    ("DL", LOCAL["DL"], 0.25, 0.5),
    ("RQ", replace(LOCAL["RQ"], pressure_mpa=0.3), 0.85, 1.2),
    ("TX", CABLE, 0.45, 1.0),
)
# kind, size, clear height over the storm sewer, what the table asks (Table 4.1.14)
ACROSS: tuple[tuple[str, Size, float, float], ...] = (
    ("DL", LOCAL["DL"], 0.10, 0.25),
    ("TX", CABLE, 0.20, 0.50),
    ("RQ", LOCAL["RQ"], 0.05, 0.15),
)
# kind, size, gap to the house, what the table asks
BY_THE_HOUSE: tuple[tuple[str, Size, float, float], ...] = (
    ("RQ", COURT_SIZE["RQ"], 0.40, 0.7),
    ("RS", COURT_SIZE["RS"], 1.50, 3.0),
)


@dataclass(frozen=True)
class Slot:
    """A stretch of storm sewer in mid-block, with nothing else on the far side of it."""

    sewer: Stretch
    kerb_y: float

    @property
    def middle_x(self) -> float:
        return (self.sewer.start[0] + self.sewer.end[0]) / 2

    @property
    def edge_y(self) -> float:
        """Outside of the sewer on the free side."""
        return self.sewer.start[1] + self.sewer.size.height_m / 2


def plant_conflicts(town: Town, network: list[Stretch]) -> None:
    """All planned pipes of this kind, each in a place of its own."""
    rng = town.random("conflicts")
    free = slots(town, network)
    rng.shuffle(free)
    for kind, size, gap, required in BESIDE:
        _beside_sewer(town, rng, free.pop(), kind, size, gap, required)
    for kind, size, gap, required in ACROSS:
        _across_sewer(town, rng, free.pop(), kind, size, gap, required)
    _too_shallow(town, rng, free.pop())
    _by_the_kerb(town, rng, free.pop())
    houses = [p for p in town.programme_parcels if p.slabs[0].length_m > 26]
    rng.shuffle(houses)
    for (kind, size, gap, required), parcel in zip(BY_THE_HOUSE, houses, strict=False):
        slab = parcel.slabs[0]
        radius = size.height_m / 2
        y = slab.south - gap - radius
        row = planned_pipe(town, rng, kind, size, (slab.west + 4, y), (slab.west + 22, y))
        plant_gap(town, row, "clearance_building", gap, required, slab.building_id)
    town.spare_slots = free


def slots(town: Town, network: list[Stretch]) -> list[Slot]:
    """Storm sewers of east-west streets with free ground towards the far kerb."""
    tree = shapely.STRtree(shapely.linestrings([[s.start, s.end] for s in network]))
    found = []
    for stretch in network:
        known = town.row("pipe", stretch.pipe_id)["start_depth_m"] is not None
        if stretch.kind != "YS" or stretch.where != "street" or not known:
            continue
        if stretch.length_m < PLANNED_M + 12 or _used(found, stretch):
            continue
        street = town.streets_east[int(stretch.key[1:])]
        kerb = street.at + street.kerb_m
        middle = (stretch.start[0] + stretch.end[0]) / 2
        bed = shapely.box(middle - 13, stretch.start[1] + 0.05, middle + 13, kerb)
        if len(tree.query(bed, predicate="intersects")) == 0 and _inside_block(town, middle):
            found.append(Slot(stretch, kerb))
    return found


def _used(found: list[Slot], stretch: Stretch) -> bool:
    """One place in each block of a street, so that the planted pipes don't meet."""
    return any(
        slot.sewer.key == stretch.key and abs(slot.sewer.start[0] - stretch.start[0]) < 90
        for slot in found
    )


def _inside_block(town: Town, x: float) -> bool:
    return any(west + 16 < x < east - 16 for west, _, east, _ in blocks(town).values())


def planned_pipe(
    town: Town, rng: random.Random, kind: str, size: Size, start: tuple[float, float],
    end: tuple[float, float], *, cover_m: float | None = None, top_m: float | None = None,
) -> str:  # fmt: skip
    """A planned pipe as a utility would draw it, with nodes of its own."""
    spec = KINDS[kind]
    ground = [float(terrain.ground(town, *point)) for point in (start, end)]
    cover = spec.usual_cover_m if cover_m is None else cover_m
    tops = [top_m if top_m is not None else g - cover for g in ground]
    ends = []
    for point, level in zip((start, end), ground, strict=True):
        ends.append(
            town.add(
                "pipe_node", town.new_id("PL"), geometry=Point(point), number=None,
                pipe_class=spec.pipe_class, subclass=spec.subclass, owner_id=spec.owner_id, kind="end",
                ground_m=round(level, 3), invert_m=None, depth_m=None, volume_m3=None, quality="design",
                dataset_id="DS-PLAN",
            )
        )  # fmt: skip
    month = rng.randint(5, 8)
    half = size.height_m / 2
    axis = [
        (round(x, 3), round(y, 3), round(top - half, 3))
        for (x, y), top in zip((start, end), tops, strict=True)
    ]
    return town.add(
        "pipe", town.new_id("PLAN-", 3), geometry=LineString(axis), start_node=ends[0],
        end_node=ends[1], pipe_class=spec.pipe_class, subclass=spec.subclass, owner_id=spec.owner_id,
        status="planned", role="branch", temporary=False, laying=size.laying,
        pressure_mpa=size.pressure_mpa, voltage_kv=size.voltage_kv, cable_count=None,
        holes_total=size.holes, holes_used=None, material=size.material, nominal_mm=size.nominal_mm,
        outside_mm=size.outside_mm, width_mm=size.width_mm, height_mm=size.height_mm,
        size_basis="catalogue", depth_ref="crown",
        start_depth_m=round(ground[0] - tops[0], 3), end_depth_m=round(ground[1] - tops[1], 3),
        has_protection=False, quality="design", year_built=None, works_from=f"2024-{month:02d}-05",
        works_to=f"2024-{month:02d}-25", road_name=None, dataset_id="DS-PLAN",
    )  # fmt: skip


def plant_gap(town: Town, row: str, kind: str, gap: float, required: float, other: str) -> None:
    shape = town.row("pipe", row)["geometry"]
    assert isinstance(shape, LineString)
    town.plant(
        kind, "pipe", row, shape.interpolate(0.5, normalized=True),
        f"conflict with {other}: gap {gap:.2f} m, required {required:.2f} m, "
        f"deficit {required - gap:.2f} m",
    )  # fmt: skip


def _beside_sewer(
    town: Town, rng: random.Random, slot: Slot, kind: str, size: Size, gap: float, required: float
) -> None:
    half_width = (size.width_mm or size.outside_mm or 0.0) / 2000
    y = slot.edge_y + gap + half_width
    x = slot.middle_x
    row = planned_pipe(town, rng, kind, size, (x - PLANNED_M / 2, y), (x + PLANNED_M / 2, y))
    plant_gap(town, row, "clearance_horizontal", gap, required, slot.sewer.pipe_id)


def _across_sewer(
    town: Town, rng: random.Random, slot: Slot, kind: str, size: Size, gap: float, required: float
) -> None:
    sewer = slot.sewer
    share = abs(slot.middle_x - sewer.start[0]) / sewer.length_m
    assert sewer.start_top_m is not None
    assert sewer.end_top_m is not None
    top = sewer.start_top_m + share * (sewer.end_top_m - sewer.start_top_m)
    y = sewer.start[1]
    row = planned_pipe(
        town, rng, kind, size, (slot.middle_x, y - 0.10), (slot.middle_x, y + 3.0),
        top_m=top + gap + size.height_m,
    )  # fmt: skip
    plant_gap(town, row, "clearance_vertical", gap, required, sewer.pipe_id)


def _too_shallow(town: Town, rng: random.Random, slot: Slot) -> None:
    x, y = slot.middle_x, slot.edge_y + 2.4
    row = planned_pipe(
        town, rng, "RQ", LOCAL["RQ"], (x - PLANNED_M / 2, y), (x + PLANNED_M / 2, y), cover_m=0.45
    )
    plant_gap(town, row, "cover", 0.45, 0.9, "the carriageway")


def _by_the_kerb(town: Town, rng: random.Random, slot: Slot) -> None:
    size = Size(100, 110, "PE", pressure_mpa=0.35)
    y = slot.kerb_y - 0.5 - size.height_m / 2
    x = slot.middle_x
    row = planned_pipe(town, rng, "JS", size, (x - PLANNED_M / 2, y), (x + PLANNED_M / 2, y))
    plant_gap(town, row, "clearance_kerb", 0.5, 1.5, "the kerb")
