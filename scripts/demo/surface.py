"""What stands on the ground: trees and poles clear of the pipes, devices, land cover, terrain."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Point
from shapely.geometry import box as rectangle

from scripts.demo import terrain
from scripts.demo.courtyards import rows
from scripts.demo.grid import blocks
from scripts.demo.parcels import LANE_X_M
from scripts.demo.pipe_graph import Stretch
from scripts.demo.town import Parcel, Street, Town

# Clear distance to the outside of a pipe by class (GB 50289-2016 Table 4.1.9), the larger of pairs.
TREE_GAP_M = {"JS": 1.5, "PS": 1.5, "RL": 1.5, "TX": 1.5, "RQ": 0.75, "DL": 0.7}
POLE_GAP_M = {"JS": 0.5, "PS": 0.5, "RL": 1.0, "TX": 0.5, "RQ": 1.0, "DL": 1.0}
SPECIES = ("国槐", "臭椿", "垂柳", "新疆杨", "白蜡", "旱柳")
# Distance of trees and lamps from the red line, by side of the street; None: no room.
TREES_M: dict[str, tuple[float | None, float | None]] = {
    "arterial": (5.6, 5.3), "collector": (4.2, 4.2), "local": (None, 3.0),
}  # fmt: skip
LAMP_M = {"arterial": 5.8, "collector": 4.4, "local": 2.95}


def add_surface(town: Town, network: list[Stretch]) -> None:
    """After the pipes and the planted pipes: nothing may grow on them."""
    rng = town.random("surface")
    near = _Pipes(town)
    trees = [p for street in _streets(town) for p in _street_points(town, rng, street, "tree")]
    trees += [p for parcel in town.parcels if parcel.slabs for p in _court_trees(rng, parcel)]
    for point in near.clear(trees, TREE_GAP_M):
        _add_tree(town, rng, point)
    lamps = [p for street in _streets(town) for p in _street_points(town, rng, street, "lamp")]
    for point in near.clear(lamps, POLE_GAP_M):
        town.add(
            "pole", town.new_id("PO", 4), geometry=point, kind="lighting", voltage_kv=0.4,
            owner_id="ORG-POWER", height_m=9.0, dataset_id="DS-ROAD",
        )  # fmt: skip
    _plant_too_close(town, rng, network)
    for parcel in town.programme_parcels:
        _add_assets(town, parcel)
    _add_landcover(town)
    _add_terrain(town)


class _Pipes:
    """The pipes by class, to ask whether a point is far enough from their outsides."""

    def __init__(self, town: Town) -> None:
        self._by_class: dict[str, tuple[shapely.STRtree, np.ndarray]] = {}
        for name in TREE_GAP_M:
            own = [
                r for r in town.rows["pipe"]
                if r["pipe_class"] == name and r["laying"] != "overhead"
            ]  # fmt: skip
            half = [float(str(r["width_mm"] or r["outside_mm"] or 300)) / 2000 for r in own]
            lines = shapely.force_2d(np.array([r["geometry"] for r in own], dtype=object))
            self._by_class[name] = (shapely.STRtree(lines), np.array(half))

    def clear(self, points: list[Point], gap_m: dict[str, float]) -> Iterator[Point]:
        """The points that keep the gap to every class."""
        shapes = np.array(points, dtype=object)
        keep = np.ones(len(points), dtype=bool)
        for name, (tree, half) in self._by_class.items():
            which, pipe = tree.query(shapes, predicate="dwithin", distance=gap_m[name] + 0.8)
            gap = shapely.distance(shapes[which], tree.geometries[pipe]) - half[pipe]
            keep[which[gap < gap_m[name] + 0.01]] = False
        return iter(shapes[keep].tolist())


def _streets(town: Town) -> list[Street]:
    return [*town.streets_north, *town.streets_east]


def _street_points(town: Town, rng: random.Random, street: Street, what: str) -> Iterator[Point]:
    """Along the footways, between the crossings."""
    step, start = (11.0, 8.0) if what == "tree" else (36.0, 12.5)
    offsets = TREES_M[street.rank] if what == "tree" else (LAMP_M[street.rank], None)
    spans = sorted({(b[1], b[3]) if street.north else (b[0], b[2]) for b in blocks(town).values()})
    for side, offset in zip((1, -1), offsets, strict=True):
        if offset is None:
            continue
        across = street.at + side * (street.half_m - offset)
        for low, high in spans:
            along = low + start
            while along < high - 6:
                if what == "lamp" or rng.random() < 0.9:
                    x, y = (across, along) if street.north else (along, across)
                    yield Point(round(x, 2), round(y, 2))
                along += step


def _court_trees(rng: random.Random, parcel: Parcel) -> Iterator[Point]:
    """In the green between two rows, away from both."""
    for slabs in rows(parcel).values():
        for slab in slabs:
            for _ in range(rng.randint(1, 4)):
                x = rng.uniform(slab.west + 2, slab.east - 2)
                y = slab.north + rng.uniform(12.5, 21.0)
                if y < parcel.north - 2.0:
                    yield Point(round(x, 2), round(y, 2))


def _add_tree(town: Town, rng: random.Random, point: Point) -> str:
    arbor = rng.random() < 0.92
    return town.add(
        "tree", town.new_id("TR"), geometry=point, kind="arbor" if arbor else "shrub",
        species=rng.choice(SPECIES) if arbor else "榆叶梅",
        trunk_m=round(rng.uniform(0.12, 0.42), 2) if arbor else 0.06,
        crown_m=round(rng.uniform(2.5, 8.0), 1), state="existing", dataset_id="DS-BASE",
    )  # fmt: skip


def _plant_too_close(town: Town, rng: random.Random, network: list[Stretch]) -> None:
    """A tree and a lamp beside the telecom ducts of a local street."""
    ducts = [
        s for s in network
        if s.kind == "TX" and s.where == "street" and s.length_m > 30 and s.key.startswith("E")
        and town.streets_east[int(s.key[1:])].rank == "local"
    ]  # fmt: skip
    chosen = rng.sample(ducts, 2)
    for stretch, layer, gap, required in (
        (chosen[0], "tree", 0.6, 1.5),
        (chosen[1], "pole", 0.3, 0.5),
    ):
        x = round((stretch.start[0] + stretch.end[0]) / 2, 2)
        y = stretch.start[1] - (stretch.size.width_mm or 0.0) / 2000 - gap
        point = Point(x, round(y, 3))
        if layer == "tree":
            row = _add_tree(town, rng, point)
            town.row("tree", row)["kind"] = "arbor"
        else:
            row = town.add(
                "pole", town.new_id("PO", 4), geometry=point, kind="lighting", voltage_kv=0.4,
                owner_id="ORG-POWER", height_m=9.0, dataset_id="DS-ROAD",
            )  # fmt: skip
        town.plant(
            f"clearance_{layer}", layer, row, point,
            f"conflict with {stretch.pipe_id}: gap {gap:.2f} m, required {required:.2f} m, "
            f"deficit {required - gap:.2f} m",
        )  # fmt: skip


def _add_assets(town: Town, parcel: Parcel) -> None:
    """A few devices along the lane: what the survey counts in a compound."""
    rng = town.random(f"assets {parcel.key}")
    x = parcel.west + LANE_X_M + 3.4
    y = parcel.south + 6.5 if parcel.gate_south else parcel.north - 6.5
    step = 1.4 if parcel.gate_south else -1.4
    wanted = ["power_cabinet", "telecom_cabinet", "camera", "bin"]
    wanted += [k for k, share in (("locker", 0.4), ("bike_charger", 0.35), ("fitness", 0.4),
                                  ("seat", 0.6), ("mailbox", 0.3)) if rng.random() < share]  # fmt: skip
    for k, kind in enumerate(wanted):
        town.add(
            "asset", town.new_id("AS", 4), geometry=Point(round(x, 2), round(y + k * step, 2)),
            kind=kind, name=None, state="existing", community_id=parcel.community_id,
            operator="ORG-YY" if kind in ("locker", "bike_charger") else None,
            operator_until="2027-12-31" if kind in ("locker", "bike_charger") else None,
            capacity=rng.randint(20, 80) if kind in ("locker", "bike_charger") else None,
            power_kw=315.0 if kind == "power_cabinet" else None,
            base_m=round(rng.uniform(0.1, 0.5), 2) if kind.endswith("cabinet") else None,
            dataset_id="DS-SURVEY",
        )  # fmt: skip


# --- land cover and terrain ------------------------------------------------------------------------
def _add_landcover(town: Town) -> None:
    """The whole ground once: roofs, streets, footways, yards, greens, the canal, fields around."""
    roofs = shapely.union_all([row["geometry"] for row in town.rows["building"]])
    carriage = shapely.union_all(
        [r["geometry"] for r in town.rows["road"] if r["place"] == "carriageway"]
    )
    paved = shapely.union_all(
        [r["geometry"] for r in town.rows["road"] if r["place"] != "carriageway"]
    )
    greens = shapely.union_all([g for parcel in town.parcels for g in _greens(parcel)])
    built = shapely.union_all([roofs, carriage, paved])
    frame = rectangle(*terrain.raster_bounds(town))
    north = town.bounds[3]
    canal = rectangle(
        frame.bounds[0], north + terrain.CANAL_SOUTH_M, frame.bounds[2], north + terrain.CANAL_NORTH_M
    )  # fmt: skip
    green = greens.difference(built)
    for cover, name, shape in (
        ("roof", "屋面", roofs), ("asphalt", "车行道", carriage), ("paver", "人行道与宅间路", paved),
        ("grass", "绿地", green), ("water", "排水干沟", canal),
        ("bare", "庭院硬质与裸土", rectangle(*town.bounds).difference(built).difference(green)),
        ("farm", "周边农田", frame.difference(rectangle(*town.bounds)).difference(canal)),
    ):  # fmt: skip
        for part in shapely.get_parts(shape):
            if part.geom_type == "Polygon" and part.area > 0.5:
                town.add(
                    "landcover", town.new_id("LC"), geometry=part, cover=cover, name=name,
                    dataset_id="DS-BASE",
                )  # fmt: skip


def _greens(parcel: Parcel) -> Iterator[shapely.Geometry]:
    if parcel.use == "park":
        yield parcel.shape.buffer(-3.0, join_style="mitre")
    for slabs in rows(parcel).values():
        north = min(slabs[0].north + 21.5, parcel.north - 1.0)
        south = slabs[0].north + 11.5
        if north > south + 2:
            yield rectangle(slabs[0].west, south, slabs[-1].east, north)


def _add_terrain(town: Town) -> None:
    sha256, content = terrain.terrain_file(town)
    town.files[sha256] = content
    town.add(
        "terrain", "TE-001", geometry=MultiPolygon([rectangle(*terrain.raster_bounds(town))]),
        name="演示数据：2 m 地面高程模型", file_sha256=sha256, cell_m=terrain.CELL_M, height_datum="1985",
        kind="dtm", dataset_id="DS-TERRAIN",
    )  # fmt: skip
    for hollow in town.hollows:
        depth, volume, area = terrain.pond(town, hollow)
        town.plant(
            "pond", "terrain", "TE-001", {"x": hollow.x, "y": hollow.y},
            f"hollow at {hollow.place}: {depth:.2f} m deep, {volume:.0f} m3, {area:.0f} m2 when full",
        )  # fmt: skip
