"""Where the pipes run: street mains and courtyard runs, cut into stretches between nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from scripts.demo import courtyards
from scripts.demo.parcels import SPINE_M
from scripts.demo.pipe_kinds import (
    COURT_SIZE,
    STREET_SIZE,
    TRUNK_SIZE,
    Size,
    position,
)
from scripts.demo.town import Parcel, Street, Town

Point = tuple[float, float]
GRAVITY = ("YS", "WS")
COURT_KINDS = ("YS", "WS", "RS", "RR", "JS", "RQ", "TX", "DL")
LONGEST_M = {"YS": 40.0, "WS": 40.0}
LONGEST_OTHERS_M = 75.0
SHORTEST_M = 2.5
OUTFALL_M = 62.0  # north of the outermost red line: the canal's bank


@dataclass
class Stretch:
    """One 管段 from ``start`` to ``end``; gravity flows that way."""

    kind: str
    start: Point
    end: Point
    size: Size
    where: str  # court | street | trunk
    name: str
    key: str  # street or parcel, to share age and quality
    parcel: str = ""
    spine: bool = False
    start_top_m: float | None = None  # elevation of the top of the pipe at both ends
    end_top_m: float | None = None
    pipe_id: str = ""

    @property
    def length_m(self) -> float:
        return abs(self.end[0] - self.start[0]) + abs(self.end[1] - self.start[1])


@dataclass
class Main:
    """The line of one kind along one street, with the stations where it needs nodes."""

    street: Street
    kind: str
    low: float
    high: float
    stations: set[float] = field(default_factory=set)
    gaps: list[tuple[float, float]] = field(default_factory=list)
    zone_marks: set[float] = field(default_factory=set)


def gate_street(town: Town, parcel: Parcel) -> Street:
    return town.streets_east[parcel.block[1] + (0 if parcel.gate_south else 1)]


def court_kinds(town: Town, parcel: Parcel) -> tuple[str, ...]:
    """Old compounds have one combined sewer in place of two."""
    combined = parcel.key in combined_parcels(town)
    return tuple(kind for kind in COURT_KINDS if not (combined and kind == "YS"))


def combined_parcels(town: Town) -> set[str]:
    """A fifth of the programme's compounds, the oldest, drain rain and sewage in one pipe."""
    if not town.combined:
        oldest = sorted(town.programme_parcels, key=lambda p: (p.year_built, p.key))
        town.combined.update(parcel.key for parcel in oldest[:4])
    return town.combined


STREET_TELECOM = "ORG-DX"
TELECOMS = (STREET_TELECOM, "ORG-YD", STREET_TELECOM, "ORG-LT", STREET_TELECOM, "ORG-GD")


def telecom_of(town: Town, parcel_key: str) -> str:
    """Whose ducts a compound has; only the street's own company joins its ducts to the street."""
    keys = [parcel.key for parcel in town.programme_parcels]
    return TELECOMS[keys.index(parcel_key) % len(TELECOMS)]


def served(town: Town, street: Street) -> tuple[str, ...]:
    """The kinds that run along a street."""
    full = ("YS", "WS", "RS", "RR", "JS", "RQ", "TX", "DL")
    if street.north:
        if street.index in trunks(town):
            return (*full, "SS") if street.rank == "arterial" else full
        return ("JS",) if street.rank == "collector" else ()
    if street.rank != "local":
        return full
    gates = {gate_street(town, parcel).index for parcel in town.programme_parcels}
    if street.index in gates:
        return ("YS", "WS", "JS", "RQ", "TX", "DL")
    return ("YS", "WS", "JS")


def trunks(town: Town) -> tuple[int, int]:
    """Streets running north whose sewers take in the others."""
    arterial = next(s.index for s in town.streets_north if s.rank == "arterial")
    return (0, arterial)


def stretches(town: Town) -> list[Stretch]:
    """The whole network of the town."""
    mains = _mains(town)
    found: list[Stretch] = []
    for parcel in town.programme_parcels:
        found.extend(_court(town, parcel, mains))
    for main in mains.values():
        found.extend(_cut_main(town, main))
    return found


# --- streets -----------------------------------------------------------------------------------
def _mains(town: Town) -> dict[tuple[bool, int, str], Main]:
    mains: dict[tuple[bool, int, str], Main] = {}
    for street in (*town.streets_north, *town.streets_east):
        others = town.streets_east if street.north else town.streets_north
        for kind in served(town, street):
            crossing = [o for o in others if kind in served(town, o)]
            if not crossing:
                continue
            ends = [position(o, kind) for o in crossing]
            main = Main(street, kind, min(ends), max(ends), set(ends))
            if not street.north:
                main.high = max(main.high, others[-1].at - others[-1].half_m - 15.0)
            mains[street.north, street.index, kind] = main
    for (north, index, kind), main in mains.items():
        if kind in GRAVITY:
            _shape_gravity(town, main, north, index)
        else:
            _add_crossing_zones(town, main)
    return mains


def _shape_gravity(town: Town, main: Main, north: bool, index: int) -> None:
    """East-west sewers end at the next trunk to the west; trunks go on north to their outfall."""
    top = len(town.streets_east) - 1
    arterial = town.streets_north[trunks(town)[1]]
    if north:
        if not (main.kind == "WS" and index == arterial.index):
            main.high = round(town.bounds[3] + OUTFALL_M, 3)
        return
    if main.kind == "WS" and index == top:
        return  # the interceptor: one sewage outfall for the town, in the north-west
    start_again = round(arterial.at - arterial.half_m - 14.0, 3)
    main.gaps.append((start_again, position(arterial, main.kind)))


# A node may not stand beside a pipe that crosses: the piece behind it would lie too near without
# crossing. East of a street the compounds' side runs come down, within SPINE_M of the red line.
BESIDE_SPINES_M, BESIDE_STREET_M = SPINE_M + 1.8, 2.6


def _add_crossing_zones(town: Town, main: Main) -> None:
    """Nodes on both sides of a street crossed, so that a pipe may dip there."""
    others = town.streets_east if main.street.north else town.streets_north
    for other in others:
        after = BESIDE_STREET_M if main.street.north else BESIDE_SPINES_M
        for station in (
            round(other.at - other.half_m - BESIDE_STREET_M, 3),
            round(other.at + other.half_m + after, 3),
        ):
            if main.low < station < main.high:
                main.zone_marks.add(station)


def _clear_of_spines(
    town: Town, main: Main, stations: list[float], fixed: set[float]
) -> list[float]:
    """Move nodes that only shorten a stretch away from where other runs cross the street."""
    north = main.street.north
    zones = [
        (other.at - other.half_m - BESIDE_STREET_M, other.at + other.half_m + BESIDE_STREET_M)
        for other in (town.streets_east if north else town.streets_north)
    ]
    if not north:
        zones += [
            (parcel.west - 1.0, parcel.west + BESIDE_SPINES_M)
            for parcel in town.programme_parcels
            if gate_street(town, parcel) is main.street
        ]
    moved = []
    for station in stations:
        while station not in fixed and (
            zone := next((z for z in zones if z[0] < station < z[1]), None)
        ):
            station = round(zone[1] + 0.001, 3)
        moved.append(station)
    return sorted(set(moved))


def _cut_main(town: Town, main: Main) -> Iterable[Stretch]:
    street, kind = main.street, main.kind
    at = position(street, kind)
    fixed = {main.low, main.high, *main.stations, *(v for gap in main.gaps for v in gap)}
    fixed |= {mark for mark in main.zone_marks if all(abs(mark - v) >= SHORTEST_M for v in fixed)}
    trunk = street.north and street.index in trunks(town)
    interceptor = kind == "WS" and not street.north and street.index == len(town.streets_east) - 1
    size = STREET_SIZE[street.rank][kind]
    if kind in GRAVITY and (trunk or interceptor):
        size = TRUNK_SIZE[kind]
    fixed = {v for v in fixed if main.low <= v <= main.high}
    stations = _subdivide(sorted(fixed), LONGEST_M.get(kind, LONGEST_OTHERS_M))
    stations = _clear_of_spines(town, main, stations, fixed)
    for low, high in pairwise(stations):
        if any(a <= low and high <= b for a, b in main.gaps):
            continue
        first, second = ((at, low), (at, high)) if street.north else ((high, at), (low, at))
        yield Stretch(
            kind, first, second, size, "trunk" if trunk or interceptor else "street",
            street.name, f"{'N' if street.north else 'E'}{street.index}",
        )  # fmt: skip


def _subdivide(stations: list[float], longest: float) -> list[float]:
    out = [stations[0]]
    for low, high in pairwise(stations):
        count = max(1, -(-int((high - low) * 10) // int(longest * 10)))
        out.extend(round(low + (high - low) * k / count, 3) for k in range(1, count))
        out.append(high)
    return out


# --- courtyards ----------------------------------------------------------------------------------
def _court(
    town: Town, parcel: Parcel, mains: dict[tuple[bool, int, str], Main]
) -> Iterable[Stretch]:
    street = gate_street(town, parcel)
    for kind in court_kinds(town, parcel):
        joined = kind in served(town, street)
        if kind == "TX":
            joined = joined and telecom_of(town, parcel.key) == STREET_TELECOM
        edge = position(street, kind) if joined else _station_edge(parcel)
        runs = list(courtyards.pipe_runs(parcel, (kind,), edge=edge))
        joints: dict[float, set[float]] = defaultdict(set)
        for run in runs:
            if not run.spine:
                joints[run.points[1][0]].add(round(run.points[1][1], 3))
        for run in runs:
            (x0, y0), (x1, y1) = run.points
            if run.spine:
                x = round(x0, 3)
                low, high = sorted((round(y0, 3), round(y1, 3)))
                stations = sorted(
                    {low, high, *joints[x0], *((_boundary(parcel),) if joined else ())}
                )
                ys = _subdivide(stations, LONGEST_M.get(kind, LONGEST_OTHERS_M))
                if y1 < y0:
                    ys.reverse()
                points = [(x, y) for y in ys]
                if joined:
                    mains[False, street.index, kind].stations.add(x)
            else:
                xs = _subdivide(sorted((round(x0, 3), round(x1, 3))), LONGEST_M.get(kind, 60.0))
                points = [(x, round(y0, 3)) for x in reversed(xs)]
            for first, second in pairwise(points):
                yield Stretch(
                    kind, first, second, COURT_SIZE[kind], "court", parcel.name, parcel.key,
                    parcel.key, run.spine,
                )  # fmt: skip


def _station_edge(parcel: Parcel) -> float:
    """Where the compound's own heat exchange station stands, if no heat main passes the gate."""
    return round(parcel.south + 2.0 if parcel.gate_south else parcel.north - 2.0, 3)


def _boundary(parcel: Parcel) -> float:
    """Inside the wall, far enough from the cables along the street's red line."""
    return round(parcel.south + 3.0 if parcel.gate_south else parcel.north - 3.0, 3)
