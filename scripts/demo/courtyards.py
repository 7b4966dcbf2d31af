"""Lines inside a compound: pipes in order from the building line outward, lanes and paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shapely.geometry import LineString, Polygon

from scripts.demo.parcels import LANE_X_M, SPINE_M
from scripts.demo.town import Parcel, Slab, Town, box, line

# From the north face (or the gable) outward in the order of GB 50289-2016 4.1.4; every gap also
# holds the distances of GB 50015 between water, drainage, gas and heat, and of a thick street
# main that ends on a side run.
OFFSET_M = {
    "DL": 0.8, "TX": 1.75, "WS": 3.25, "YS": 5.15, "JS": 7.0, "RQ": 8.15, "RS": 9.5, "RR": 9.85,
}  # fmt: skip
LANE_WIDTH_M, PATH_WIDTH_M = 4.5, 3.0
PATH_OFFSET_M = 4.0


@dataclass(frozen=True)
class Run:
    """One straight pipe run of a compound; ``spine`` runs end in the gate street."""

    kind: str
    spine: bool
    row: int
    points: tuple[tuple[float, float], tuple[float, float]]

    @property
    def line(self) -> LineString:
        return line(*self.points)


def rows(parcel: Parcel) -> dict[int, list[Slab]]:
    """Slabs by row, south to north, west to east."""
    grouped: dict[int, list[Slab]] = {}
    for slab in sorted(parcel.slabs, key=lambda s: (s.row, s.west)):
        grouped.setdefault(slab.row, []).append(slab)
    return grouped


def pipe_runs(
    parcel: Parcel, kinds: tuple[str, ...], *, edge: float | None = None
) -> Iterator[Run]:
    """A run along the north side of every row and one down the side to the gate's edge.

    ``edge`` is the northing where the side runs leave the compound; its boundary by default.
    """
    gable = parcel.west + SPINE_M
    by_row = rows(parcel)
    end = edge if edge is not None else (parcel.south if parcel.gate_south else parcel.north)
    for kind in kinds:
        offset = OFFSET_M[kind]
        x = gable - offset
        ys = []
        for index, slabs in by_row.items():
            y = slabs[0].north + offset
            ys.append(y)
            yield Run(kind, False, index, ((slabs[-1].east, y), (x, y)))
        far = max(ys) if parcel.gate_south else min(ys)
        yield Run(kind, True, -1, ((x, far), (x, end)))


def length_m(parcel: Parcel, kinds: tuple[str, ...]) -> float:
    """Metres of the compound's own runs of these kinds, to the decimetre."""
    return round(sum(run.line.length for run in pipe_runs(parcel, kinds)), 1)


def lane_shapes(parcel: Parcel) -> list[Polygon]:
    """The vehicle lane down the side and the paths along the rows, not overlapping."""
    x = parcel.west + LANE_X_M
    half = LANE_WIDTH_M / 2
    by_row = rows(parcel)
    ys = [slabs[0].north + PATH_OFFSET_M for slabs in by_row.values()]
    far = max(ys) if parcel.gate_south else min(ys)
    end = parcel.south if parcel.gate_south else parcel.north
    low, high = min(far, end), max(far, end)
    pad = PATH_WIDTH_M / 2
    if parcel.gate_south:
        high += pad
    else:
        low -= pad
    shapes = [box(x - half, low, x + half, high)]
    for slabs in by_row.values():
        y = slabs[0].north + PATH_OFFSET_M
        shapes.append(box(x + half, y - pad, slabs[-1].east, y + pad))
    return shapes


def add_lanes(town: Town) -> None:
    """Internal roads of every compound with slabs; the first of each is the fire lane."""
    rng = town.random("lanes")
    for parcel in town.parcels:
        if not parcel.slabs:
            continue
        surface = rng.choice(("concrete", "concrete", "asphalt", "paver"))
        paved = None if rng.random() < 0.4 else f"{rng.randint(1998, 2016)}-06-15"
        for k, shape in enumerate(lane_shapes(parcel)):
            town.add(
                "road", town.new_id("RD"), geometry=shape, name=f"{parcel.name}内部道路",
                road_class="internal" if k == 0 else "lane", surface=surface,
                place="carriageway" if k == 0 else "footway_or_non_motor_lane",
                width_m=LANE_WIDTH_M if k == 0 else PATH_WIDTH_M, kerb_m=0.0, last_paved=paved,
                fire_lane=k == 0, parking_beside=k == 0 and rng.random() < 0.5, underpass=False,
                dataset_id="DS-ROAD",
            )  # fmt: skip
