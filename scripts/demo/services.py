"""Services of about 30 kinds in shops, halls and along the footways; some are missing on purpose."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from shapely.geometry import Point, box

from scripts.demo.grid import blocks
from scripts.demo.parcels import LANE_X_M
from scripts.demo.town import Parcel, Town
from scripts.demo.walkways import RING_M

# kind → (name, how many in the town of true size, usual floor area, usual capacity)
KINDS: dict[str, tuple[str, int, int | None, int | None]] = {
    "community_service_station": ("社区服务站", 16, 680, None),
    "culture_station": ("文化活动站", 12, 400, None),
    "elderly_day_care": ("老年人日间照料中心", 12, 420, 30),
    "health_station": ("社区卫生服务站", 16, 180, None),
    "kindergarten": ("幼儿园", 12, 3200, 270),
    "nursery": ("托儿所", 9, 500, 60),
    "canteen": ("社区食堂", 11, 260, 90),
    "market": ("菜市场", 6, 1400, None),
    "shops": ("便民商店", 40, 160, None),
    "convenience_store": ("便利店", 30, 80, None),
    "bank": ("银行网点", 9, 350, None),
    "telecom_shop": ("电信营业厅", 5, 200, None),
    "post_office": ("邮政所", 3, 300, None),
    "outpatient": ("门诊部", 4, 500, None),
    "gym": ("健身房", 5, 800, None),
    "catering": ("餐饮店", 34, 150, 60),
    "justice_office": ("司法所", 2, 160, None),
    "police_station": ("派出所", 3, 1200, None),
    "subdistrict_office": ("镇政府便民服务大厅", 4, 1500, None),
    "nursing_home": ("养老院", 2, 7200, 220),
    "public_toilet": ("公共厕所", 16, 50, None),
    "recycling": ("再生资源回收点", 12, 40, None),
    "fitness_ground": ("室外健身场地", 14, None, None),
    "sports_field_small": ("小型球类场地", 10, None, None),
    "bus_stop": ("公交车站", 28, None, None),
    "parcel": ("快递驿站", 18, 60, None),
    "waste_collection_station": ("生活垃圾收集站", 8, 120, None),
    "bike_parking_5": ("非机动车停车点", 16, None, 60),
    "car_parking_5": ("公共停车场", 8, None, 80),
}
OUTDOOR = {"bus_stop", "fitness_ground", "sports_field_small", "bike_parking_5", "car_parking_5"}
CIVIC = {
    "school": (("primary", "小学", 9000, 1080), ("junior_middle", "初级中学", 12000, 1200)),
    "hospital": (("health_centre", "社区卫生服务中心", 1900, None),),
    "market": (("market", "农贸市场", 2200, None),),
    "office": (("community_service_centre", "社区服务中心", 1200, None),
               ("culture_centre", "文化活动中心", 3600, None)),
    "mall": (("mall", "商场", 12000, None),),
    "park": (("child_elderly_ground", "口袋公园", None, None),
             ("sports_field_medium", "多功能运动场", None, None)),
}  # fmt: skip
# Kinds that communities of the programme lack within their walking distance, in metres.
LACKS = (("elderly_day_care", 300), ("kindergarten", 300), ("canteen", 500),
         ("community_service_station", 300), ("health_station", 300))  # fmt: skip
BEHIND_THE_GATE = ("nursery", "culture_station")


@dataclass(frozen=True)
class Host:
    """Where a service may open: its place and its entrance at the footway."""

    x: float
    y: float
    entrance_y: float


def add_services(town: Town) -> None:
    """Planted lacks first, since they keep other places free."""
    rng = town.random("services")
    lacking = _choose_lacking(town, rng)
    town.keep_clear.extend(
        (kind, parcel.shape.buffer(radius + 40.0)) for parcel, (kind, radius) in lacking
    )
    _behind_the_gate(town)
    _add_civic(town, rng)
    hosts = _hosts(town)
    share = len(blocks(town)) / 56
    for kind, (label, count, area, capacity) in KINDS.items():
        _spread(town, rng, hosts, kind, label, max(1, math.ceil(count * share)), area, capacity)
    for parcel, (kind, radius) in lacking:
        town.plant(
            "service_missing", "community", parcel.community_id, parcel.shape,
            f"no {kind} within {radius} m of any door; nearest is beyond {radius + 40} m",
        )  # fmt: skip
        _add_room(town, rng, parcel, kind)


def _choose_lacking(town: Town, rng: random.Random) -> list[tuple[Parcel, tuple[str, int]]]:
    free = [p for p in town.programme_parcels if p.key != town.closed_gate]
    rng.shuffle(free)
    return list(zip(free, LACKS, strict=False))


def _hosts(town: Town) -> list[Host]:
    """The fronts of shops, and places along the footways of every other street front."""
    found = []
    for row in town.rows["building"]:
        if row["use"] == "commercial":
            west, south, east, _ = row["geometry"].bounds  # type: ignore[attr-defined]
            found.append(Host((west + east) / 2, south, south - 1.0))
    for west, south, east, north in blocks(town).values():
        for k in range(1, 6):
            x = west + (east - west) * k / 6
            found.append(Host(x, south - 0.6, south - RING_M))
            found.append(Host(x, north + 0.6, north + RING_M))
    return found


def _spread(
    town: Town, rng: random.Random, hosts: list[Host], kind: str, label: str, count: int,
    area: int | None, capacity: int | None,
) -> None:  # fmt: skip
    """Far from others of the kind, never where the kind is to be missing."""
    forbidden = [zone for name, zone in town.keep_clear if name == kind]
    order = hosts[:]
    rng.shuffle(order)
    taken: list[Host] = []
    for spacing in (420.0, 300.0, 200.0):
        for host in order:
            if len(taken) == count:
                return
            far = all(abs(host.x - t.x) + abs(host.y - t.y) >= spacing for t in taken)
            if far and not any(zone.intersects(Point(host.x, host.y)) for zone in forbidden):
                taken.append(host)
                _add_at(town, rng, host, kind, label, area, capacity)


def _add_at(
    town: Town, rng: random.Random, host: Host, kind: str, label: str, area: int | None,
    capacity: int | None,
) -> str:  # fmt: skip
    size = None if area is None or rng.random() < 0.12 else round(area * rng.uniform(0.6, 1.3))
    return town.add(
        "service", town.new_id("SV", 4), geometry=Point(round(host.x, 3), round(host.y, 3)),
        kind=kind, name=f"{label}（演示）", state="existing",
        capacity=None if capacity is None or rng.random() < 0.15 else round(capacity * rng.uniform(0.7, 1.3)),
        floor_area_m2=None if size is None else float(size),
        land_area_m2=float(rng.randint(150, 900)) if kind in OUTDOOR and kind != "bus_stop" else None,
        operator=rng.choice(("社区", "民营", "国有", None)), hours=None,
        entrance_x=round(host.x, 3), entrance_y=round(host.entrance_y, 3), community_id=None,
        dataset_id="DS-SERVICE",
    )  # fmt: skip


def _add_civic(town: Town, rng: random.Random) -> None:
    for number, parcel in enumerate(p for p in town.parcels if p.use in CIVIC):
        options = CIVIC[parcel.use]
        kind, label, area, capacity = options[number % len(options)]
        if any(name == kind and zone.intersects(parcel.shape) for name, zone in town.keep_clear):
            continue
        town.add(
            "service", town.new_id("SV", 4), geometry=parcel.shape.buffer(-2.0, join_style="mitre"),
            kind=kind, name=f"{label}（演示）", state="existing", capacity=capacity,
            floor_area_m2=None if area is None else float(area),
            land_area_m2=round(parcel.shape.area, 0), operator=None, hours=None,
            entrance_x=round((parcel.west + parcel.east) / 2, 3),
            entrance_y=round(parcel.south - RING_M, 3), community_id=None, dataset_id="DS-SERVICE",
        )  # fmt: skip


def _behind_the_gate(town: Town) -> None:
    """Services that a closed back gate keeps out of reach: opening it pays."""
    if not town.closed_gate:
        return
    parcel = town.parcel(town.closed_gate)
    rng = town.random("closed gate")
    x = parcel.west + LANE_X_M
    across = parcel.north if parcel.gate_south else parcel.south
    out = 1.0 if parcel.gate_south else -1.0
    for k, kind in enumerate(BEHIND_THE_GATE):
        town.keep_clear.append((kind, parcel.shape.buffer(340.0)))
        label, _, area, capacity = KINDS[kind]
        host = Host(x + 6.0 * (k + 1), across + out * 0.6, across + out * RING_M)
        _add_at(town, rng, host, kind, label, area, capacity)
    homes = sum(slab.households for slab in parcel.slabs)
    row = town.row("gate", town.closed_gate_id)
    town.plant(
        "gate_worth_opening", "gate", town.closed_gate_id, row["geometry"],  # type: ignore[arg-type]
        f"closed; opening it brings {' and '.join(BEHIND_THE_GATE)} beside it within reach of up to "
        f"{homes} households of {parcel.community_id}",
    )  # fmt: skip


def _add_room(town: Town, rng: random.Random, parcel: Parcel, kind: str) -> None:
    """An idle room in the compound that could hold what is missing."""
    x, y = parcel.west + 8.5, parcel.south + 4.0 if not parcel.gate_south else parcel.north - 6.0
    town.add(
        "plot_room", town.new_id("PR", 3), geometry=box(x, y, x + 3.0, y + 3.0),
        name=f"{parcel.name}闲置用房", kind=rng.choice(("idle_room", "property_room")),
        area_m2=float(rng.randint(120, 480)), owner="原产权单位（演示）",
        available_from="2024-05-01", community_id=parcel.community_id, dataset_id="DS-SERVICE",
    )  # fmt: skip


def add_plots(town: Town) -> None:
    """Public plots and rooms elsewhere, candidates for new facilities."""
    rng = town.random("plots")
    for parcel in [p for p in town.parcels if p.use in ("park", "office", "estate")][:12]:
        kind = {"park": "green", "office": "idle_room"}.get(parcel.use, "public_plot")
        x, y = parcel.east - 12.0, parcel.north - 9.0
        town.add(
            "plot_room", town.new_id("PR", 3), geometry=Point(round(x, 3), round(y, 3)),
            name=f"{parcel.key} 地块（演示）", kind=kind, area_m2=float(rng.randint(150, 1200)),
            owner="区国有资产（演示）", available_from=rng.choice((None, "2024-03-01", "2024-09-01")),
            community_id=parcel.community_id or None, dataset_id="DS-SERVICE",
        )  # fmt: skip
    for parcel in town.programme_parcels:
        if parcel.open_land is not None:
            town.add(
                "plot_room", town.new_id("PR", 3), geometry=parcel.open_land,
                name=f"{parcel.name}东侧公共地块（演示）", kind="public_plot",
                area_m2=round(parcel.open_land.area, 1), owner="区国有资产（演示）",
                available_from="2024-04-01", community_id=None, dataset_id="DS-SERVICE",
            )  # fmt: skip
