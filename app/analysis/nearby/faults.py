"""What is wrong with the walking network and with what joins it: named, counted, with its places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.nearby.network import Town
from app.analysis.nearby.standing import Standing
from app.errors import Text
from app.geo.snapping import Snapped

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]

_NAMED = 5
_FAR = 0.5  # of the snapping limit: joined, but by so long a leg that somebody should look


@dataclass(frozen=True)
class Fault:
    """One kind of fault: how often, and, where it has them, ids of a layer with places and metres."""

    code: str
    count: int
    says: Text
    layer: str = ""
    ids: tuple[str, ...] = ()
    xy: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    metres: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def note(self) -> Text:
        """What is said of it, with the first of its ids."""
        if not self.ids:
            return self.says
        more = "…" if len(self.ids) > _NAMED else ""
        named = "、".join(self.ids[:_NAMED]) + more
        return Text(f"{self.says.zh}（{named}）", f"{self.says.en} ({named})")


def faults_of(standing: Standing, frames: Mapping[str, pd.DataFrame]) -> tuple[Fault, ...]:
    """Every fault that was found, none that was not."""
    found = [*_of_homes(standing)]
    if standing.town is not None and standing.walk is not None:
        found = [
            *_of_ways(standing.town), _without_length(frames["walkway"]), *_of_walls(standing.town, frames["gate"], standing),
            *_of_doors(standing), *_of_services(standing), *found,
        ]  # fmt: skip
    return tuple(fault for fault in found if fault.count)


def _of_ways(town: Town) -> list[Fault]:
    report = town.graph.report.noding
    told = (
        ("unsnapped_crossings", report.unsnapped_crossings,
         "处步行路相交而无节点，已打断", "crossings without a node were noded"),
        ("duplicate_edges", report.duplicate_edges,
         "段重复步行路，只计一次", "walkway pieces delivered twice count once"),
        ("loops", report.loops, "段首尾同点的环路", "loops that begin and end at one node"),
        ("pieces", town.graph.report.pieces - 1,
         "片步行路与主网不连通", "pieces of the network are cut off from the largest"),
    )  # fmt: skip
    return [Fault(code, n, Text(f"{n} {zh}", f"{n} {en}")) for code, n, zh, en in told]


def _without_length(walkways: pd.DataFrame) -> Fault:
    drawn = walkways[walkways.geometry.notna()]
    points = drawn[drawn.geometry.length == 0]
    first = np.asarray(shapely.get_point(points.geometry.to_numpy(), 0), dtype=object)
    drawn_at = ~shapely.is_missing(first)
    ids = points["walkway_id"].astype(str).to_numpy(object)[drawn_at].tolist()
    return _listed("without_length", "walkway", ids, _xy(first[drawn_at]),
                   "条步行路没有长度，不计", "walkways without length are left out")  # fmt: skip


def _of_walls(town: Town, gates: pd.DataFrame, standing: Standing) -> list[Fault]:
    """Walls that cut a way where no gate is; gates in no wall, and gates that no way leads to."""
    graph, ids = town.graph, town.wall_ids
    cuts = graph.report.cuts_without_gate
    walls = [""] * len(cuts)
    if len(cuts):
        nearest = np.asarray(shapely.STRtree(graph.walls).nearest(shapely.points(cuts)))
        walls = [str(ids[k]) for k in nearest.tolist()]
    unused = graph.report.gates_off_the_ways
    placed = gates[gates.geometry.notna() & ~gates.geometry.is_empty].set_index("gate_id")
    names = [str(town.gate_ids[k]) for k in unused.tolist()]
    points = placed.geometry.reindex(names).to_numpy(object)
    limit = standing.params.gate_tolerance_m
    in_wall = np.zeros(len(names), dtype=bool)
    if len(names) and len(graph.walls):
        hit, _ = shapely.STRtree(graph.walls).query(points, predicate="dwithin", distance=limit)
        in_wall[hit] = True
    unknown = gates[gates["state"].isna()]["gate_id"].astype(str)
    return [
        _listed("walls_without_gate", "wall", walls, cuts,
                "处围墙截断步行路而无出入口", "walls cut a walkway where no gate is"),
        _listed("gates_off_walls", "gate", _some(names, ~in_wall), _xy(points[~in_wall]),
                "个出入口不在围墙上", "gates stand in no wall"),
        _listed("gates_off_ways", "gate", _some(names, in_wall), _xy(points[in_wall]),
                "个出入口没有步行路通过", "gates have no walkway through them"),
        _listed("gates_unknown", "gate", unknown.tolist(), _xy(placed.geometry.reindex(unknown).to_numpy(object)),
                "个出入口状态未知，按开放计", "gates of unknown state count as open"),
    ]  # fmt: skip


def _of_doors(standing: Standing) -> list[Fault]:
    starts, walk, limit = standing.starts, standing.walk, standing.params.snap_limit_m
    assert walk is not None
    who = np.where(starts.door == "", starts.building, starts.door)
    layer = "unit_door" if (starts.door != "").any() else "building"
    return _by_snap(
        "doors", layer, who, starts.places.xy, walk.places, limit,
        ("个单元门或楼栋", "doors or buildings"),
    )  # fmt: skip


def _of_services(standing: Standing) -> list[Fault]:
    services, walk, limit = standing.services, standing.walk, standing.params.snap_limit_m
    assert walk is not None
    return _by_snap(
        "services", "service", services.ids, services.places.xy, walk.joined, limit,
        ("处设施", "facilities"),
    )  # fmt: skip


def _by_snap(
    code: str, layer: str, ids: Shapes, xy: Floats, joined: Snapped, limit: float,
    what: tuple[str, str],
) -> list[Fault]:  # fmt: skip
    """Those that join nothing, and those whose leg is long, the farthest first."""
    zh, en = what
    off = joined.off
    off = off[np.argsort(-joined.nearest_m[off], kind="stable")]
    leg = np.nan_to_num(joined.leg_m)
    far = np.flatnonzero((joined.edge >= 0) & (leg > _FAR * limit))
    far = far[np.argsort(-leg[far], kind="stable")]
    return [
        Fault(f"{code}_off", len(off),
              Text(f"{len(off)} {zh}在 {limit:g} m 内接不上步行网", f"{len(off)} {en} join no walkway within {limit:g} m"),
              layer, tuple(map(str, ids[off])), xy[off], joined.nearest_m[off]),
        Fault(f"{code}_far", len(far),
              Text(f"{len(far)} {zh}离步行网超过 {_FAR * limit:g} m", f"{len(far)} {en} are over {_FAR * limit:g} m from the walkway that they join"),
              layer, tuple(map(str, ids[far])), xy[far], leg[far]),
    ]  # fmt: skip


def _of_homes(standing: Standing) -> list[Fault]:
    """Homes that count nobody, since their households are zero or unknown."""
    homes = standing.homes
    told = (
        ("homes_without_households", homes.households == 0,
         "个单元或楼栋户数为 0", "homes have zero households"),
        ("homes_uncounted", np.isnan(homes.households),
         "个单元或楼栋户数未知，另计", "homes of unknown households are counted apart"),
    )  # fmt: skip
    found = []
    for code, which, zh, en in told:
        names = np.unique(homes.building[which].astype(str)).tolist()
        n = int(which.sum())
        found.append(Fault(code, n, Text(f"{n} {zh}", f"{n} {en}"), "building", tuple(names)))
    return found


def _listed(code: str, layer: str, ids: list[str], xy: Floats, zh: str, en: str) -> Fault:
    n = len(ids)
    return Fault(code, n, Text(f"{n} {zh}", f"{n} {en}"), layer, tuple(ids), xy)


def _some(names: list[str], which: npt.NDArray[np.bool_]) -> list[str]:
    return [name for name, chosen in zip(names, which.tolist(), strict=True) if chosen]


def _xy(points: Shapes) -> Floats:
    found: Floats = shapely.get_coordinates(points).reshape(-1, 2)
    return found


@dataclass(frozen=True)
class Piece:
    """A part of the network that no way joins to the longest one."""

    edges: Ints
    length_m: float
    doors: int
    services: int


def cut_off(standing: Standing) -> list[Piece]:
    """All pieces but the longest, those with most doors first."""
    if standing.walk is None:
        return []
    graph, walk = standing.walk.town.graph, standing.walk
    piece = graph.pieces()[graph.u]
    names, piece = np.unique(piece, return_inverse=True)
    length = np.bincount(piece, weights=graph.length_m, minlength=len(names))
    doors, services = (
        np.bincount(piece[joined.edge[joined.edge >= 0]], minlength=len(names))
        for joined in (walk.places, walk.joined)
    )
    found = [
        Piece(np.flatnonzero(piece == k), float(length[k]), int(doors[k]), int(services[k]))
        for k in range(len(names)) if k != int(length.argmax())
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.doors, -one.services, -one.length_m))
