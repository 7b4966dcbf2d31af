"""Nearby services worked out with shapely and networkx, apart from the code that is checked by it.

Ways are cut where they meet and at walls, gates join the cuts again, doors and facilities split the
piece that they join; the rows of ``geodata/standards`` are read from their files.
"""

from __future__ import annotations

import csv
import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import pandas as pd
import shapely
from shapely.ops import nearest_points, substring, unary_union

STANDARDS = Path(__file__).resolve().parents[1] / "geodata/standards"
SNAP_LIMIT_M, GATE_M, HAIR_M = 100.0, 2.0, 1e-6


@dataclass(frozen=True)
class Kind:
    """A row of the standard; ``limit`` None: looked for in the community itself."""

    rule: str
    code: str
    name: str
    levels: tuple[str, ...]
    mandatory: bool
    measure: str
    limit: float | None


@dataclass(frozen=True)
class Start:
    """A door, or a building that has none, with those who set out from it."""

    key: str
    community: str
    home: str
    households: float
    shape: Any


@dataclass
class Found:
    """What was worked out: metres and verdict by start and rule."""

    walk: dict[tuple[str, str], float] = field(default_factory=dict)
    straight: dict[tuple[str, str], float] = field(default_factory=dict)
    verdict: dict[tuple[str, str], str] = field(default_factory=dict)


def kinds_of_the_standard() -> list[Kind]:
    """Every kind that is judged, read from the files."""
    circle = {}
    for row in _csv("life_circle.csv"):
        if row["metric"] == "walk_distance":
            circle[row["level"]] = float(row["value_max"])
    found = []
    for row in _csv("facilities.csv"):
        if row["measure"] not in ("walk", "straight", "count"):
            continue
        levels = tuple(row["level"].split(";"))
        if row["measure"] != "count":
            limit: float | None = float(row["service_radius_m"])
        else:
            limit = None if "block" in levels else max(circle[level] for level in levels)
        found.append(Kind(row["row_id"], row["code"], row["name_en"], levels,
                          row["obligation"] == "mandatory", row["measure"], limit))  # fmt: skip
    return found


def _csv(name: str) -> list[dict[str, str]]:
    with (STANDARDS / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def starts_of(layers: dict[str, Any]) -> list[Start]:
    """Doors with the households of their stair unit; a building without doors is one start.

    Raises
    ------
    SystemExit
        Households are known by building though it has doors: that is not worked out by hand here.
    """
    units = layers["stair_unit"].set_index("stair_unit_id")["households"]
    doors = layers["unit_door"].groupby("building_id")
    own = dict(iter(doors))
    found = []
    for row in layers["building"].itertuples():
        if row.use not in ("residential", "mixed") and not pd.isna(row.use):
            continue
        community = "" if pd.isna(row.community_id) else row.community_id
        rows = own.get(row.building_id)
        if rows is None:
            found.append(Start(row.building_id, community, "B" + row.building_id,
                               float(row.households), row.geometry))  # fmt: skip
            continue
        for door in rows.itertuples():
            households = float(units.get(door.stair_unit_id, math.nan))
            if math.isnan(households) and not math.isnan(float(row.households)):
                raise SystemExit(f"households of {row.building_id} are not known by stair unit")
            found.append(Start(door.unit_door_id, community, "U" + door.stair_unit_id, households,
                               door.geometry))  # fmt: skip
    return found


def facilities_of(layers: dict[str, Any]) -> dict[str, list[tuple[str, Any, str]]]:
    """Those in use, by kind: id, entrance, community."""
    frame: gpd.GeoDataFrame = layers["service"]
    grounds = layers["community"].sort_values("community_id")
    found = defaultdict(list)
    for row in frame.sort_values("service_id").itertuples():
        if not (pd.isna(row.state) or row.state == "existing"):
            continue
        known = not (pd.isna(row.entrance_x) or pd.isna(row.entrance_y))
        place = shapely.Point(row.entrance_x, row.entrance_y) if known else row.geometry
        said = "" if pd.isna(row.community_id) else row.community_id
        if not said:
            around = grounds[grounds.intersects(place)]
            said = str(around["community_id"].iloc[0]) if len(around) else ""
        found[row.kind].append((row.service_id, place, said))
    return found


class Town:
    """The ways in pieces that meet only at their ends and stop at walls; gates join them again."""

    def __init__(self, layers: dict[str, Any]) -> None:
        ways = layers["walkway"]
        ways = ways[ways["barrier"].ne("blocked")]
        apart = ways["kind"].isin(("overpass", "underpass"))
        noded = unary_union(list(ways.geometry[~apart]))
        lines = [*getattr(noded, "geoms", [noded]), *ways.geometry[apart]]
        walls = layers["wall"]
        self.walls = list(walls.geometry[~walls["passable"].eq(True)])
        self._wall_tree = shapely.STRtree(self.walls)
        self.pieces = [part for line in lines for part in self._cut(line)]
        self._tree = shapely.STRtree(self.pieces)
        self.gates, self.grounds = layers["gate"], layers["community"].set_index("community_id")

    def _cut(self, line: Any) -> Iterator[Any]:
        at = [0.0, line.length]
        for k in self._wall_tree.query(line, predicate="intersects"):
            meets = shapely.intersection(line, self.walls[k])
            at += [line.project(shapely.Point(xy)) for xy in shapely.get_coordinates(meets)]
        at = sorted(set(at))
        for a, b in itertools.pairwise(at):
            if b - a > HAIR_M:
                yield substring(line, a, b)

    def end(self, k: int, last: bool) -> tuple[Any, ...]:
        """The node at an end: a place; beside a wall each piece has its own."""
        x, y = self.pieces[k].coords[-1 if last else 0][:2]
        here = shapely.Point(x, y)
        place = (round(x, 3), round(y, 3))
        walled = len(self._wall_tree.query(here, predicate="dwithin", distance=1e-4)) > 0
        return (*place, k) if walled else place

    def joined(self, place: Any) -> tuple[int, float, float] | None:
        """The nearest piece to which a straight way leads that passes no wall: piece, at, leg."""
        near = self._tree.query(place, predicate="dwithin", distance=SNAP_LIMIT_M)
        for k in sorted(near, key=lambda k: (self.pieces[k].distance(place), k)):
            piece = self.pieces[k]
            foot = nearest_points(place, piece)
            at = piece.project(foot[1])
            hair = min(0.05, piece.length / 4)
            inner = piece.interpolate(min(max(at, hair), piece.length - hair))
            if not len(self._wall_tree.query(shapely.LineString([foot[0], inner]), "crosses")):
                return int(k), at, piece.distance(place)
        return None

    def graph(self, places: Iterable[tuple[str, Any]], opened: str = "") -> nx.DiGraph:
        """Pieces split at every place, each place joined by its leg; one more gate may be open."""
        on = defaultdict(list)
        net = nx.DiGraph()

        def way(a: Any, b: Any, metres: float) -> None:
            for ends in ((a, b), (b, a)):
                if not net.has_edge(*ends) or net.edges[ends]["weight"] > metres:
                    net.add_edge(*ends, weight=metres)

        for key, place in places:
            net.add_node(key)
            joined = self.joined(place)
            if joined:
                on[joined[0]].append((joined[1], joined[2], key))
        beside = defaultdict(list)
        for k, piece in enumerate(self.pieces):
            before, reached, last = self.end(k, False), 0.0, self.end(k, True)
            for node, looks in ((before, 0.5), (last, -0.5)):
                if len(node) == 3:
                    step = math.copysign(min(0.5, piece.length / 2), looks)
                    beside[node[:2]].append((node, piece.interpolate(step)))
            for at, leg, key in sorted(on[k]):
                way(before, ("foot", key), at - reached)
                way(("foot", key), key, leg)
                before, reached = ("foot", key), at
            way(before, last, piece.length - reached)
        self._open_gates(net, beside, opened)
        return net

    def _open_gates(self, net: nx.DiGraph, beside: dict[Any, Any], opened: str) -> None:
        for gate in self.gates.itertuples():
            state = "open" if gate.gate_id == opened else gate.state
            if state == "closed":
                continue
            for xy, ends in beside.items():
                if math.dist(xy, (gate.geometry.x, gate.geometry.y)) > GATE_M:
                    continue
                for a, from_ in ends:
                    for b, to in ends:
                        if a != b and (state != "residents" or self._leaves(gate, from_, to)):
                            net.add_edge(a, b, weight=0.0)

    def _leaves(self, gate: Any, from_: Any, to: Any) -> bool:
        """Whether this way through the gate of residents is not from outside in."""
        ground = self.grounds.geometry.get(gate.community_id)
        if ground is None:
            return True
        return bool(ground.intersects(from_) or not ground.intersects(to))


def worked_out(
    town: Town, starts: list[Start], facilities: dict[str, Any], kinds: list[Kind], opened: str = ""
) -> Found:
    """Every start against every kind."""
    places = [(one.key, one.shape) for one in starts]
    places += [(name, place) for rows in facilities.values() for name, place, _ in rows]
    # Who walks to a facility goes against the search from it.
    net = town.graph(places, opened).reverse(copy=False)
    found = Found()
    for kind in kinds:
        rows = facilities.get(kind.code, [])
        ids = [name for name, _, _ in rows]
        far = nx.multi_source_dijkstra_path_length(net, set(ids), weight="weight") if ids else {}
        off = [place for name, place, _ in rows if not net.degree(name)]
        for one in starts:
            key = one.key, kind.rule
            found.walk[key] = far.get(one.key, math.inf)
            found.straight[key] = min((one.shape.distance(p) for _, p, _ in rows), default=math.inf)
            hidden = min((one.shape.distance(p) for p in off), default=math.inf)
            found.verdict[key] = _verdict(kind, one, rows, found.walk[key], found.straight[key], hidden)  # fmt: skip
    return found


def _verdict(
    kind: Kind, one: Start, rows: list[Any], walk: float, straight: float, hidden: float
) -> str:
    if not rows:
        return "unknown"
    if kind.limit is None:
        if not one.community:
            return "unknown"
        return "within" if one.community in {place for _, _, place in rows} else "beyond"
    limit = kind.limit + HAIR_M
    if kind.measure == "straight":
        return "within" if straight <= limit else "beyond"
    if walk <= limit:
        return "within"
    if straight > limit:
        return "beyond"
    return "unknown" if walk == math.inf or hidden <= limit else "beyond"


def households_of(found: Found, starts: list[Start], rules: list[str]) -> dict[str, float]:
    """Households by verdict on all of the rules; a home takes its best door."""
    worse = ("beyond", "unknown", "within")
    best: dict[tuple[str, str], int] = {}
    count = {one.home: one.households for one in starts if not math.isnan(one.households)}
    for one in starts:
        for rule in rules:
            told = worse.index(found.verdict[one.key, rule])
            best[one.home, rule] = max(best.get((one.home, rule), 0), told)
    sums = dict.fromkeys(worse, 0.0)
    for home, households in count.items():
        sums[worse[min(best[home, rule] for rule in rules)]] += households
    return sums


def gained(before: Found, after: Found, starts: list[Start], kinds: list[Kind]) -> float:
    """Households that come to reach at least one kind more."""
    count = {one.home: one.households for one in starts if not math.isnan(one.households)}
    came = set()
    for kind in kinds:
        was, now = ({one.home for one in starts if found.verdict[one.key, kind.rule] == "within"}
                    for found in (before, after))  # fmt: skip
        came |= now - was
    return sum(count.get(home, 0.0) for home in came)
