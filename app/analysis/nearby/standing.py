"""How a town stands: every home's way to every kind of facility, kept so that it can be asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from app.analysis.nearby.facilities import Asked, Services, asked_of, services_of
from app.analysis.nearby.gaps import of_homes
from app.analysis.nearby.homes import Homes, Starts, starts_of
from app.analysis.nearby.judge import Judged, Kind, Walk, judge, kind_of
from app.analysis.nearby.network import Town, town_of
from app.analysis.nearby.params import ReachParams
from app.errors import CrsError, Text
from app.geo.crs import require_metric
from app.schema.analysis import Inputs, Progress, no_progress

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
THREADS = 4
MEASURED = ("building", "unit_door", "service", "walkway", "wall", "gate")


@dataclass(frozen=True)
class Standing:
    """Homes, facilities and network of one kind of walker, and the verdicts of every door.

    ``verdict`` is that of each home by the id of the rule row.
    """

    params: ReachParams
    starts: Starts
    homes: Homes
    services: Services
    town: Town | None
    walk: Walk | None
    kinds: tuple[Kind, ...]
    judged: tuple[Judged, ...]
    verdict: dict[str, Ints]
    township: Shapes

    @property
    def asked(self) -> tuple[Asked, ...]:
        return tuple(kind.asked for kind in self.kinds)

    @property
    def places(self) -> dict[str, Shapes]:
        """The community and the township of each home; "" where it has none."""
        return {"community": self.homes.community, "township": self.township}

    def kind(self, rule_id: str) -> tuple[Kind, Judged]:
        """Distances and verdicts of one row of the standard."""
        at = next(k for k, kind in enumerate(self.kinds) if kind.asked.row.rule_id == rule_id)
        return self.kinds[at], self.judged[at]


def standing_of(inputs: Inputs, params: ReachParams, progress: Progress = no_progress) -> Standing:
    """The standing of the plan's layers.

    Raises
    ------
    CrsError
        A layer does not measure in metres, or holds degrees though it says metres.
    """
    frames = inputs.frames
    for name in MEASURED:
        if len(frames[name]):
            require_metric(frames[name], name)
    _require_one_ground(frames)
    communities = frames["community"]
    starts, homes = starts_of(frames["building"], frames["stair_unit"], frames["unit_door"])
    services = services_of(frames["service"], communities)
    progress(0.05, Text("建立步行网络", "building the walking network"))
    town = town_of(
        frames["walkway"], frames["wall"], frames["gate"], communities,
        inputs.rules["life_circle"], params,
    )  # fmt: skip
    walk = None if town is None else walk_of(town, starts, services, params)
    asked = asked_of(inputs.rules["facilities"], inputs.rules["life_circle"])

    def of(item: Asked) -> tuple[Kind, Judged, Ints]:
        kind = kind_of(item, starts, services, walk)
        judged = judge(kind, starts, services, town)
        return kind, judged, of_homes(judged.verdict, starts, homes)

    kinds, judged, verdict = [], [], {}
    # The searches are compiled code that lets other threads work.
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, THREADS)) as pool:
        for k, (item, found) in enumerate(zip(asked, pool.map(of, asked), strict=True)):
            row = item.row
            progress(
                0.2 + 0.5 * k / len(asked),
                Text(f"计算：{row.name_zh}", f"walking to: {row.name_en}"),
            )
            kinds.append(found[0])
            judged.append(found[1])
            verdict[row.rule_id] = found[2]
    above = _townships(homes, communities)
    return Standing(
        params, starts, homes, services, town, walk, tuple(kinds), tuple(judged), verdict, above
    )


def _require_one_ground(frames: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Refuse layers whose figures look like degrees while those of others are metres."""
    measured = [name for name in MEASURED if frames[name].geometry.notna().any()]
    bounds = {name: frames[name].total_bounds for name in measured}
    small = {
        name for name, (west, south, east, north) in bounds.items()
        if max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90
    }  # fmt: skip
    if small and len(small) < len(measured):
        names = ", ".join(sorted(small))
        raise CrsError(
            Text(f"图层 {names} 的坐标像经纬度，其他图层以米为单位", f"{names} holds what looks like degrees while other layers hold metres"),
            where=names,
            fix=Text("按真实坐标系重新导入这些图层", "import these layers again with the system that they are really in"),
        )  # fmt: skip


def walk_of(town: Town, starts: Starts, services: Services, params: ReachParams) -> Walk:
    """Doors and facilities joined to the network."""
    places = town.graph.snap(starts.places.shapes, limit_m=params.snap_limit_m)
    return Walk(town, places, town.graph.snap(services.shape, limit_m=params.snap_limit_m))


def _townships(homes: Homes, communities: gpd.GeoDataFrame) -> Shapes:
    of = communities.drop_duplicates("community_id").set_index("community_id")["township_id"]
    told = of.astype(object).fillna("").to_dict()
    return np.array([told.get(name, "") for name in homes.community], dtype=object)
