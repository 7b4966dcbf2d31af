"""What an extract holds, counted the slow and obvious way: one raw handler, dictionaries, a sphere.

It shares nothing with the reader under test: rings are put together by hand and areas are measured
on the ellipsoid, not on the plan's grid.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import osmium
from pyproj import Geod

GEOD = Geod(ellps="WGS84")
Ring = list[int]


@dataclass
class RawOsm:
    """All objects of a file: positions by node id, node ids by way id, tags by ``n1``/``w1``/``r1``."""

    places: dict[int, tuple[float, float]] = field(default_factory=dict)
    ways: dict[int, list[int]] = field(default_factory=dict)
    members: dict[int, list[tuple[str, int, str]]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)

    def building_areas_m2(self) -> dict[str, float]:
        """Footprint of every building of which the file holds the whole outline."""
        found: dict[str, float] = {}
        for way, nodes in self.ways.items():
            if self._is_building(f"w{way}") and self._whole(nodes) and nodes[0] == nodes[-1]:
                found[f"w{way}"] = self.ring_m2(nodes)
        for relation in self.members:
            if (
                self._is_building(f"r{relation}")
                and self.tags[f"r{relation}"].get("type") == "multipolygon"
            ):
                area = self._relation_m2(relation)
                if area is not None:
                    found[f"r{relation}"] = area
        return found

    def _is_building(self, key: str) -> bool:
        return self.tags.get(key, {}).get("building", "no") != "no"

    def _whole(self, nodes: list[int]) -> bool:
        return len(nodes) >= 4 and all(node in self.places for node in nodes)

    def ring_m2(self, nodes: Ring) -> float:
        lon, lat = zip(*(self.places[node] for node in nodes), strict=True)
        return abs(GEOD.polygon_area_perimeter(lon, lat)[0])

    def held_nodes(self, way: int) -> list[int]:
        """Nodes of a way from which the file holds a stretch of it."""
        nodes = self.ways[way]
        held = {
            n for a, b in pairwise(nodes) if a in self.places and b in self.places for n in (a, b)
        }
        return [node for node in nodes if node in held]

    def length_m(self, way: int) -> float:
        """Length of the part of a way that the file holds."""
        total = 0.0
        nodes = self.ways[way]
        for a, b in pairwise(nodes):
            if a in self.places and b in self.places:
                (x0, y0), (x1, y1) = self.places[a], self.places[b]
                total += GEOD.inv(x0, y0, x1, y1)[2]
        return total

    def _relation_m2(self, relation: int) -> float | None:
        total = 0.0
        for role, sign in (("outer", 1), ("inner", -1)):
            rings = self._rings(
                [
                    ref
                    for kind, ref, r in self.members[relation]
                    if kind == "w" and (r or "outer") == role
                ]
            )
            if rings is None:
                return None
            total += sign * sum(self.ring_m2(ring) for ring in rings)
        return total

    def _rings(self, ways: list[int]) -> list[Ring] | None:
        if any(
            way not in self.ways or not all(n in self.places for n in self.ways[way])
            for way in ways
        ):
            return None
        open_ends = [list(self.ways[way]) for way in ways]
        rings: list[Ring] = []
        while open_ends:
            line = open_ends.pop()
            while line[0] != line[-1]:
                following = next((w for w in open_ends if line[-1] in (w[0], w[-1])), None)
                if following is None:
                    return None
                open_ends.remove(following)
                line += (following if following[0] == line[-1] else following[::-1])[1:]
            rings.append(line)
        return rings


class _Everything(osmium.SimpleHandler):
    def __init__(self, raw: RawOsm) -> None:
        super().__init__()
        self.raw = raw

    def node(self, n: osmium.osm.Node) -> None:
        self.raw.places[n.id] = (n.location.lon, n.location.lat)
        self._keep("n", n)

    def way(self, w: osmium.osm.Way) -> None:
        self.raw.ways[w.id] = [node.ref for node in w.nodes]
        self._keep("w", w)

    def relation(self, r: osmium.osm.Relation) -> None:
        self.raw.members[r.id] = [(m.type, m.ref, m.role) for m in r.members]
        self._keep("r", r)

    def _keep(self, kind: str, item: osmium.osm.OSMObject) -> None:
        if len(item.tags):
            self.raw.tags[f"{kind}{item.id}"] = {tag.k: tag.v for tag in item.tags}


def read_raw(path: Path) -> RawOsm:
    """Every object of the file."""
    raw = RawOsm()
    _Everything(raw).apply_file(str(path))
    return raw
