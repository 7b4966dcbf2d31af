"""Buildings: slab blocks of flats in rows, shops, sheds, courtyard houses, schools and halls."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from scripts.demo.parcels import LANE_X_M, SPINE_M
from scripts.demo.quota import deal, rows_of
from scripts.demo.town import Parcel, Slab, Town, box

SOUTH_SETBACK_M, PITCH_M, NORTH_STRIP_M = 7.0, 38.0, 12.5
EAST_SETBACK_M, SIDE_GAP_M = 4.0, 7.0
STOREY_M = 2.8
LEFT_OVER_M = 18.0  # narrower land is of no use to anybody
UNIT_M = 14.0


def add_buildings(town: Town) -> None:
    """Fill every parcel by its use; the programme's blocks have their places already."""
    for parcel in sorted(town.parcels, key=lambda p: not p.programme):
        rng = town.random(f"buildings {parcel.key}")
        if parcel.programme:
            _add_slabs(town, rng, parcel, programme=True)
        elif parcel.use in ("estate", "compound"):
            _fill_estate(town, rng, parcel)
        elif parcel.use == "village":
            _fill_village(town, rng, parcel)
        else:
            _fill_civic(town, rng, parcel)


# --- the programme -----------------------------------------------------------------------------
def place_programme(town: Town) -> None:
    """Deal the programme's buildings to its parcels, and cut off the land that they don't need."""
    rng = town.random("quota")
    parcels = town.programme_parcels
    counts = [int(parcel.use.partition(":")[2]) for parcel in parcels]
    room = [p.east - p.west - SPINE_M - EAST_SETBACK_M for p in parcels]
    for parcel, group in zip(parcels, deal(rng, counts, room, gap_m=SIDE_GAP_M), strict=True):
        places, rows = _row_places(parcel), rows_of(group)
        for (index, south), row in zip(places, rows, strict=False):
            west = parcel.west + SPINE_M
            for quota in row:
                slab = Slab(
                    parcel.key, index, round(west, 3), south, quota.length_m, quota.depth_m,
                    quota.floors, quota.units, quota.floor_area_m2, quota.households,
                )  # fmt: skip
                parcel.slabs.append(slab)
                west += quota.length_m + SIDE_GAP_M
        if len(parcel.slabs) != len(group):
            raise ValueError(f"{parcel.key} holds {len(parcel.slabs)} of {len(group)} buildings")
        _cut_off_rest(parcel)


def _cut_off_rest(parcel: Parcel) -> None:
    """The wall follows the houses; what lies east of them (and behind, if deep) stays open land."""
    east = min(parcel.east, max(slab.east for slab in parcel.slabs) + 6.5)
    north = parcel.north
    if parcel.gate_south and "quad" in parcel.key:
        north = min(north, max(slab.north for slab in parcel.slabs) + NORTH_STRIP_M)
    whole = parcel.shape
    parcel.shape = box(parcel.west, parcel.south, east, north)
    if whole.bounds[2] - east > LEFT_OVER_M:
        parcel.open_land = box(
            east + 0.5, whole.bounds[1] + 0.5, whole.bounds[2] - 0.5, north - 0.5
        )


def _row_places(parcel: Parcel, *, first_m: float = SOUTH_SETBACK_M) -> Iterator[tuple[int, float]]:
    south, index = parcel.south + first_m, 0
    while south + 13.0 + NORTH_STRIP_M <= parcel.north + 0.5:
        yield index, round(south, 3)
        south += PITCH_M
        index += 1


def _add_slabs(town: Town, rng: random.Random, parcel: Parcel, *, programme: bool) -> None:
    for number, slab in enumerate(parcel.slabs, start=1):
        year = parcel.year_built + rng.choice((0, 0, 0, 1, 2)) if programme else parcel.year_built
        year = min(year, 2000) if programme else year
        slab.building_id = town.new_id("B")
        has_lift = slab.floors > 6
        town.add(
            "building", slab.building_id,
            geometry=box(slab.west, slab.south, slab.west + slab.length_m, slab.north),
            community_id=parcel.community_id, number=f"{number}号楼",
            aliases=[f"{number}#", f"{parcel.name}{number}栋"] if programme else [f"{number}#"],
            name=f"{parcel.name}{number}号楼", use="residential", floors=slab.floors,
            height_m=round(slab.floors * STOREY_M + 1.0, 1), households=slab.households,
            year_built=year if programme or rng.random() < 0.86 else None,
            year_proof=rng.choice(("completion_record", "property_certificate", "archive")),
            floor_area_m2=float(slab.floor_area_m2),
            structure="brick_concrete" if slab.floors <= 6 else "shear_wall",
            owner_kind="private", has_elevator=has_lift,
            has_insulation=year >= 2006 if programme or rng.random() < 0.7 else None,
            roof_repaired_year=rng.choice((None, None, 2008, 2013)) if year <= 2000 else None,
            foundation_depth_m=round(rng.uniform(1.6, 2.2), 1) if rng.random() < 0.6 else None,
            door_sill_m=round(rng.choice((0.15, 0.3, 0.45, 0.6)), 2),
            roof_to_drain=rng.random() < 0.3, dataset_id="DS-SURVEY" if programme else "DS-BASE",
        )  # fmt: skip
        _add_units(town, rng, slab)


def _add_units(town: Town, rng: random.Random, slab: Slab) -> None:
    width = slab.length_m / slab.units
    each, rest = divmod(slab.households, slab.units)
    for k in range(slab.units):
        west, east = slab.west + k * width, slab.west + (k + 1) * width
        unit_id = town.add(
            "stair_unit", town.new_id("U"), geometry=box(west, slab.south, east, slab.north),
            building_id=slab.building_id, number=f"{k + 1}单元", households=each + (k < rest),
            floors=slab.floors, has_elevator=slab.floors > 6, dataset_id="DS-BASE",
        )  # fmt: skip
        slab.stair_unit_ids.append(unit_id)
        steps = rng.choice((1, 2, 3, 4))
        town.add(
            "unit_door", f"D{unit_id[1:]}", geometry=_door(slab, k), stair_unit_id=unit_id,
            building_id=slab.building_id, steps=steps, has_ramp=rng.random() < 0.12,
            sill_m=round(0.15 * steps, 2), dataset_id="DS-BASE",
        )  # fmt: skip


def _door(slab: Slab, k: int):  # type: ignore[no-untyped-def]
    from shapely.geometry import Point

    x = slab.west + (k + 0.5) * slab.length_m / slab.units
    return Point(round(x, 3), round(slab.north, 3))


# --- the other parcels ---------------------------------------------------------------------------
def _fill_estate(town: Town, rng: random.Random, parcel: Parcel) -> None:
    """Rows of slabs; larger estates have shops along the gate street and sheds at the back."""
    large = parcel.north - parcel.south > 130
    first = 19.0 if large else SOUTH_SETBACK_M
    if large:
        _add_shops(town, rng, parcel)
    floors = rng.choice((5, 6, 6)) if parcel.year_built < 2008 else rng.choice((6, 6, 11))
    depth = round(rng.uniform(11.2, 13.0), 1)
    for index, south in _row_places(parcel, first_m=first):
        if floors > 6 and index % 2:
            continue
        west = parcel.west + SPINE_M
        while True:
            units = rng.choice((2, 3, 3, 4))
            length = units * rng.uniform(12.6, 15.2)
            if west + length > parcel.east - EAST_SETBACK_M:
                break
            area = round(length * depth * floors)
            slab = Slab(
                parcel.key, index, round(west, 3), south, area / (depth * floors), depth, floors,
                units, area, units * 2 * floors,
            )  # fmt: skip
            parcel.slabs.append(slab)
            west += length + SIDE_GAP_M + rng.uniform(0, 3)
    _add_slabs(town, rng, parcel, programme=False)
    last = max((slab.north for slab in parcel.slabs), default=parcel.south)
    if large and parcel.north - last > 28:
        _add_sheds(town, rng, parcel, parcel.north - 8.0)


def _add_shops(town: Town, rng: random.Random, parcel: Parcel) -> None:
    x = parcel.west + 0.8
    lane = parcel.west + LANE_X_M
    while True:
        width = rng.uniform(8.0, 14.0)
        if x < lane + 3.5 and x + width > lane - 3.5:
            x = parcel.west + SPINE_M
            continue
        if x + width > parcel.east - 1.5:  # a large water main in the street asks for 3 m
            return
        floors = rng.choice((1, 1, 2, 3))
        _add_plain(
            town, rng, (x, parcel.south + 1.5, x + width, parcel.south + 10.0), "commercial", floors,
            parcel.community_id, name=None,
        )  # fmt: skip
        x += width + rng.choice((0.15, 0.15, 0.3, 2.5))


def _add_sheds(town: Town, rng: random.Random, parcel: Parcel, south: float) -> None:
    x = parcel.west + SPINE_M
    while x + 12 < parcel.east - 2:
        width = rng.uniform(7.0, 12.0)
        _add_plain(
            town, rng, (x, south, x + width, south + 5.0), "ancillary", 1, parcel.community_id, None
        )
        x += width + rng.uniform(1.0, 6.0)


def _fill_village(town: Town, rng: random.Random, parcel: Parcel) -> None:
    """Courtyard houses back to back along lanes 3.5 m wide."""
    y = parcel.south + 3.0
    while y + 13 < parcel.north - 2:
        x = parcel.west + 3.0
        while x + 11 < parcel.east - 2:
            depth, width = rng.uniform(9.0, 11.5), rng.uniform(9.2, 10.6)
            if rng.random() > 0.06:
                _add_plain(
                    town, rng, (x, y, x + width, y + depth), "residential", rng.choice((1, 1, 1, 2)),
                    parcel.community_id, None, households=1,
                )  # fmt: skip
            x += 11.0
        y += 15.5


CIVIC_BUILDINGS: dict[str, tuple[tuple[str, str, tuple[float, float, float, float], int], ...]] = {
    "school": (
        ("教学楼", "education", (0.10, 0.62, 0.78, 0.72), 4),
        ("综合楼", "education", (0.10, 0.80, 0.60, 0.90), 5),
        ("食堂", "education", (0.70, 0.80, 0.92, 0.92), 2),
    ),
    "market": (("市场大棚", "commercial", (0.12, 0.25, 0.88, 0.62), 1),
               ("管理用房", "commercial", (0.12, 0.72, 0.60, 0.80), 2)),
    "park": (("公园管理房", "public", (0.45, 0.88, 0.60, 0.93), 1),),
    "hospital": (("门诊楼", "medical", (0.15, 0.20, 0.85, 0.34), 5),
                 ("住院楼", "medical", (0.15, 0.50, 0.85, 0.62), 8)),
    "office": (("办公楼", "office", (0.18, 0.45, 0.82, 0.58), 6),
               ("附属楼", "office", (0.18, 0.72, 0.52, 0.82), 3)),
    "mall": (("商场", "commercial", (0.12, 0.18, 0.88, 0.62), 4),
             ("写字楼", "office", (0.20, 0.72, 0.70, 0.84), 11)),
}  # fmt: skip


def _fill_civic(town: Town, rng: random.Random, parcel: Parcel) -> None:
    w, h = parcel.east - parcel.west, parcel.north - parcel.south
    for label, use, (a, b, c, d), floors in CIVIC_BUILDINGS[parcel.use]:
        _add_plain(
            town, rng,
            (parcel.west + a * w, parcel.south + b * h, parcel.west + c * w, parcel.south + d * h),
            use, floors, None, label,
        )  # fmt: skip


def _add_plain(
    town: Town, rng: random.Random, shape: tuple[float, float, float, float], use: str, floors: int,
    community_id: str | None, name: str | None, *, households: int = 0,
) -> str:  # fmt: skip
    polygon = box(*shape)
    return town.add(
        "building", town.new_id("B"), geometry=polygon, community_id=community_id, number=None,
        aliases=[], name=name, use=use, floors=floors, height_m=round(floors * 3.3 + 0.5, 1),
        households=households, year_built=rng.choice((None, rng.randint(1985, 2018))),
        year_proof=None, floor_area_m2=round(polygon.area * floors, 0),
        structure="brick_concrete" if floors < 5 else "frame",
        owner_kind=None, has_elevator=floors > 6, has_insulation=None,
        roof_repaired_year=None, foundation_depth_m=None,
        door_sill_m=round(math.floor(rng.uniform(0, 4)) * 0.1, 2), roof_to_drain=None,
        dataset_id="DS-BASE",
    )  # fmt: skip
