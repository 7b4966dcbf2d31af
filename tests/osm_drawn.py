"""Small OpenStreetMap extracts drawn by hand for tests, on a grid of metres."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import osmium
import shapely
from osmium.osm.mutable import Node, Relation, Way

LON0, LAT0 = 24.95, 60.17
_LAT_M = 1 / 111_412.0
_LON_M = 1 / 55_500.0
Tags = dict[str, str]


class Drawing:
    """Nodes at metres east and north of one place; ways and relations name them by number."""

    def __init__(self) -> None:
        self._nodes: dict[int, Node] = {}
        self._ways: dict[int, Way] = {}
        self._relations: dict[int, Relation] = {}

    def node(self, number: int, x: float, y: float, tags: Tags | None = None) -> int:
        place = self.place(x, y).coords[0]
        self._nodes[number] = Node(id=number, version=1, location=place, tags=tags or {})
        return number

    def place(self, x: float, y: float) -> shapely.Point:
        """Longitude and latitude of a spot of the drawing."""
        return shapely.Point(LON0 + x * _LON_M, LAT0 + y * _LAT_M)

    def way(self, number: int, nodes: Sequence[int], tags: Tags | None = None) -> int:
        self._ways[number] = Way(id=number, version=1, nodes=list(nodes), tags=tags or {})
        return number

    def box(self, number: int, x: float, y: float, size: float, tags: Tags | None = None) -> int:
        """A closed square way; its nodes are ``number * 10`` and up."""
        corners = [(x, y), (x + size, y), (x + size, y + size), (x, y + size)]
        nodes = [self.node(number * 10 + i, *corner) for i, corner in enumerate(corners)]
        return self.way(number, [*nodes, nodes[0]], tags)

    def relation(self, number: int, members: Sequence[tuple[str, int, str]], tags: Tags) -> int:
        self._relations[number] = Relation(id=number, version=1, members=list(members), tags=tags)
        return number

    def write(self, path: Path, *, size_m: float = 1000) -> Path:
        """The drawing as a PBF file whose header states a box of ``size_m`` from the origin."""
        header = osmium.io.Header()
        corner = (LON0 + size_m * _LON_M, LAT0 + size_m * _LAT_M)
        header.add_box(osmium.osm.Box(LON0, LAT0, *corner))
        with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
            for items, add in (
                (self._nodes, writer.add_node),
                (self._ways, writer.add_way),
                (self._relations, writer.add_relation),
            ):
                for _, item in sorted(items.items()):
                    add(item)
        return path
