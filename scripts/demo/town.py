"""The town under construction: its plan of streets and parcels, and the rows gathered so far."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

if TYPE_CHECKING:
    from scripts.demo.planted_pipes import Slot

# EPSG:4544 of 106.2 E, 37.98 N: the middle of the town.
CENTRE_X, CENTRE_Y = 605430.0, 4205960.0


@dataclass(frozen=True)
class Street:
    """One straight street; ``at`` is the centre line's x (running north) or y (running east)."""

    index: int
    north: bool
    at: float
    rank: str  # arterial | collector | local
    red_m: float  # width between the red lines
    footway_m: float
    name: str
    name_en: str

    @property
    def half_m(self) -> float:
        return self.red_m / 2

    @property
    def kerb_m(self) -> float:
        """Half width of the carriageway."""
        return self.red_m / 2 - self.footway_m


@dataclass
class Parcel:
    """A piece of a block with one use; a residential one is a community."""

    key: str
    block: tuple[int, int]
    shape: Polygon
    use: str
    township_id: str
    gate_south: bool = True  # which street the gate looks at
    programme: bool = False
    community_id: str = ""
    name: str = ""
    year_built: int = 1990
    slabs: list[Slab] = field(default_factory=list)
    fenced: bool = True
    open_land: Polygon | None = None  # cut off beside the houses

    @property
    def west(self) -> float:
        return self.shape.bounds[0]

    @property
    def south(self) -> float:
        return self.shape.bounds[1]

    @property
    def east(self) -> float:
        return self.shape.bounds[2]

    @property
    def north(self) -> float:
        return self.shape.bounds[3]


@dataclass
class Slab:
    """A slab block of flats: ``units`` stair units side by side, doors on the north face."""

    parcel_key: str
    row: int
    west: float
    south: float
    length_m: float
    depth_m: float
    floors: int
    units: int
    floor_area_m2: int
    households: int
    building_id: str = ""
    stair_unit_ids: list[str] = field(default_factory=list)

    @property
    def north(self) -> float:
        return self.south + self.depth_m

    @property
    def east(self) -> float:
        return self.west + self.length_m


@dataclass(frozen=True)
class Fact:
    """A planted fact: what an analysis must find by itself, and where."""

    fact_id: str
    kind: str
    layer: str
    row_id: str
    x: float
    y: float
    expected: str


@dataclass(frozen=True)
class Hollow:
    """A dish in the ground: ``deepest_m`` below its surroundings in the middle."""

    x: float
    y: float
    half_x: float
    half_y: float
    deepest_m: float
    place: str = ""  # what stands beside it, for people


@dataclass
class Town:
    """Everything built so far; parts add rows and never read another part's random numbers."""

    seed: int
    small: bool
    streets_north: list[Street] = field(default_factory=list)
    streets_east: list[Street] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    rows: dict[str, list[dict[str, object]]] = field(default_factory=lambda: defaultdict(list))
    facts: list[Fact] = field(default_factory=list)
    hollows: list[Hollow] = field(default_factory=list)
    combined: set[str] = field(default_factory=set)  # parcels with one sewer for rain and sewage
    spare_slots: list[Slot] = field(default_factory=list)  # street beds still free for planting
    back_gates: set[str] = field(default_factory=set)  # parcels with a second gate
    closed_gate: str = ""  # the parcel whose back gate is worth opening
    closed_gate_id: str = ""
    keep_clear: list[tuple[str, Polygon]] = field(default_factory=list)  # no service of that kind
    files: dict[str, bytes] = field(default_factory=dict)  # by SHA-256
    gates: dict[str, tuple[float, float]] = field(default_factory=dict)
    _counters: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _index: dict[str, dict[str, dict[str, object]]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def random(self, part: str) -> random.Random:
        """A generator of random numbers for one part, so that parts don't disturb each other."""
        return random.Random(f"{self.seed}/{part}")

    def new_id(self, prefix: str, digits: int = 5) -> str:
        self._counters[prefix] += 1
        return f"{prefix}{self._counters[prefix]:0{digits}d}"

    def add(self, layer: str, row_id: str, **values: object) -> str:
        """Add a row; a value that is None stays unknown."""
        row: dict[str, object] = {f"{layer}_id": row_id, **values}
        self.rows[layer].append(row)
        self._index[layer][row_id] = row
        return row_id

    def row(self, layer: str, row_id: str) -> dict[str, object]:
        return self._index[layer][row_id]

    def has(self, layer: str, row_id: str) -> bool:
        return row_id in self._index[layer]

    def plant(
        self, kind: str, layer: str, row_id: str, at: BaseGeometry | Mapping[str, float],
        expected: str,
    ) -> None:  # fmt: skip
        """Write down a fact that a later analysis must find without reading it."""
        point = (
            at.representative_point() if isinstance(at, BaseGeometry) else Point(at["x"], at["y"])
        )
        number = len(self.facts) + 1
        self.facts.append(
            Fact(
                f"P{number:03d}",
                kind,
                layer,
                row_id,
                round(point.x, 2),
                round(point.y, 2),
                expected,
            )
        )

    # --- the ground ------------------------------------------------------------------------------
    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The outermost red lines, west, south, east, north."""
        first_x, last_x = self.streets_north[0], self.streets_north[-1]
        first_y, last_y = self.streets_east[0], self.streets_east[-1]
        return (
            first_x.at - first_x.half_m, first_y.at - first_y.half_m,
            last_x.at + last_x.half_m, last_y.at + last_y.half_m,
        )  # fmt: skip

    def parcel(self, key: str) -> Parcel:
        return next(parcel for parcel in self.parcels if parcel.key == key)

    @property
    def programme_parcels(self) -> list[Parcel]:
        return [parcel for parcel in self.parcels if parcel.programme]


def box(west: float, south: float, east: float, north: float) -> Polygon:
    """A rectangle, counter-clockwise, to the millimetre."""
    w, s, e, n = (round(value, 3) for value in (west, south, east, north))
    return Polygon([(w, s), (e, s), (e, n), (w, n)])


def line(*points: tuple[float, ...]) -> LineString:
    return LineString([tuple(round(value, 3) for value in point) for point in points])
