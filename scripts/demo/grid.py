"""Streets and blocks: a grid with a hierarchy, and the road polygons between the red lines."""

from __future__ import annotations

from scripts.demo import names
from scripts.demo.town import CENTRE_X, CENTRE_Y, Street, Town, box

RED_M = {"arterial": 40.0, "collector": 28.0, "local": 20.0}
FOOTWAY_M = {"arterial": 6.5, "collector": 5.0, "local": 3.5}


def lay_streets(town: Town) -> None:
    """Place the streets; the town's middle is fixed, block sizes come from the seed."""
    rng = town.random("grid")
    columns, rows = (3, 3) if town.small else (8, 7)
    ranks_north = _ranks(columns + 1, arterial=(columns + 1) // 2, collectors=(0, 2, 6, columns))
    ranks_east = _ranks(rows + 1, arterial=(rows + 1) // 2, collectors=(0, 5, rows))
    widths = [rng.uniform(226, 246) for _ in range(columns)]
    heights = [rng.uniform(184, 194) for _ in range(rows)]
    offset = 0 if not town.small else 3
    town.streets_north = _streets(ranks_north, widths, CENTRE_X, True, names.STREETS_NORTH, offset)
    town.streets_east = _streets(ranks_east, heights, CENTRE_Y, False, names.STREETS_EAST, 0)


def _ranks(count: int, *, arterial: int, collectors: tuple[int, ...]) -> list[str]:
    ranks = ["collector" if i in collectors else "local" for i in range(count)]
    ranks[arterial] = "arterial"
    return ranks


def _streets(
    ranks: list[str], gaps: list[float], centre: float, north: bool, labels: tuple[str, ...],
    first: int,
) -> list[Street]:  # fmt: skip
    positions = [0.0]
    for i, gap in enumerate(gaps):
        positions.append(positions[-1] + RED_M[ranks[i]] / 2 + gap + RED_M[ranks[i + 1]] / 2)
    shift = centre - positions[-1] / 2
    return [
        Street(
            i, north, round(position + shift, 1), rank, RED_M[rank], FOOTWAY_M[rank],
            labels[first + i], names.english(labels[first + i]),
        )
        for i, (position, rank) in enumerate(zip(positions, ranks, strict=True))
    ]  # fmt: skip


def blocks(town: Town) -> dict[tuple[int, int], tuple[float, float, float, float]]:
    """(column, row) → west, south, east, north of the land between the red lines."""
    xs, ys = town.streets_north, town.streets_east
    return {
        (i, j): (
            xs[i].at + xs[i].half_m, ys[j].at + ys[j].half_m,
            xs[i + 1].at - xs[i + 1].half_m, ys[j + 1].at - ys[j + 1].half_m,
        )
        for i in range(len(xs) - 1) for j in range(len(ys) - 1)
    }  # fmt: skip


SURFACES = ("asphalt", "asphalt", "asphalt", "concrete")


def add_roads(town: Town) -> None:
    """Carriageways per stretch, crossings of two streets, and footways around the blocks."""
    rng = town.random("roads")
    dataset = "DS-ROAD"
    ends_x = [s.at for s in town.streets_north]
    ends_y = [s.at for s in town.streets_east]
    for street in (*town.streets_north, *town.streets_east):
        others = town.streets_east if street.north else town.streets_north
        ends = ends_y if street.north else ends_x
        for k in range(len(ends) - 1):
            low, high = ends[k] + others[k].kerb_m, ends[k + 1] - others[k + 1].kerb_m
            a, b = street.at - street.kerb_m, street.at + street.kerb_m
            shape = box(a, low, b, high) if street.north else box(low, a, high, b)
            town.add(
                "road", town.new_id("RD"), geometry=shape, name=street.name,
                road_class=street.rank, surface=rng.choice(SURFACES), place="carriageway",
                width_m=2 * street.kerb_m, kerb_m=0.15, last_paved=_paved(rng, street.rank),
                fire_lane=True, parking_beside=street.rank == "local" and rng.random() < 0.5,
                underpass=False, dataset_id=dataset,
            )  # fmt: skip
    for ns in town.streets_north:
        for ew in town.streets_east:
            shape = box(ns.at - ns.kerb_m, ew.at - ew.kerb_m, ns.at + ns.kerb_m, ew.at + ew.kerb_m)
            rank = min((ns.rank, ew.rank), key=("arterial", "collector", "local").index)
            town.add(
                "road", town.new_id("RD"), geometry=shape, name=f"{ns.name}{ew.name}路口",
                road_class=rank, surface="asphalt", place="carriageway",
                width_m=2 * min(ns.kerb_m, ew.kerb_m), kerb_m=0.0,
                last_paved=_paved(rng, rank), fire_lane=True, parking_beside=False,
                underpass=False, dataset_id=dataset,
            )  # fmt: skip
    _add_footways(town)


def _add_footways(town: Town) -> None:
    rng = town.random("footways")
    xs, ys = town.streets_north, town.streets_east
    for (i, j), (west, south, east, north) in blocks(town).items():
        w, e = xs[i].footway_m, xs[i + 1].footway_m
        s, n = ys[j].footway_m, ys[j + 1].footway_m
        sides = (
            (box(west - w, south - s, east + e, south), ys[j]),
            (box(west - w, north, east + e, north + n), ys[j + 1]),
            (box(west - w, south, west, north), xs[i]),
            (box(east, south, east + e, north), xs[i + 1]),
        )
        for shape, street in sides:
            town.add(
                "road", town.new_id("RD"), geometry=shape, name=f"{street.name}人行道",
                road_class="footway", surface="paver", place="footway_or_non_motor_lane",
                width_m=street.footway_m, kerb_m=0.15, last_paved=_paved(rng, street.rank),
                fire_lane=False, parking_beside=False, underpass=False, dataset_id="DS-ROAD",
            )  # fmt: skip


def _paved(rng, rank: str) -> str | None:  # type: ignore[no-untyped-def]
    """When last paved; a fifth of the records is lost, as in life."""
    if rng.random() < 0.2:
        return None
    first = {"arterial": 2012, "collector": 2008, "local": 2001}[rank]
    return f"{rng.randint(first, 2021)}-{rng.randint(4, 10):02d}-15"
