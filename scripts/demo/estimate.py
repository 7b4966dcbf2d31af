"""Scope items of the programme's communities: quantities from geometry, unit costs in their range."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import shapely
from shapely.geometry import MultiLineString, Point
from shapely.geometry.base import BaseGeometry

from scripts.demo import courtyards
from scripts.demo.town import Parcel, Slab, Town

STANDARDS = Path(__file__).resolve().parents[2] / "geodata" / "standards"
BUDGET_FEN = 4_552_000_000
OTHER_FEES_RATE = Decimal("0.08")
WINDOW_SHARE = 0.26
USUAL_POSITION = 0.4  # between the smallest (0) and the largest (1) unit cost
ALWAYS = ("B09", "B16")
WALL_HEIGHT_EXTRA_M = 1.2

# work item → row of unit_costs.csv, what it is measured on, lead department.
ITEMS: dict[str, tuple[str, str, str]] = {
    "B01": ("给水管 DN100-200", "pipe", "ORG-ZJ"),
    "B02": ("污水/雨水管 DN300", "pipe", "ORG-ZJ"),
    "B05": ("弱电入地", "pipe", "ORG-GX"),
    "B09": ("沥青道路翻修", "lane", "ORG-ZJ"),
    "B10": ("燃气 PE 管 DN63-110", "pipe", "ORG-ZJ"),
    "B11": ("二次供热直埋管 DN100-200", "pipe", "ORG-ZJ"),
    "B13": ("监控点位", "each", "ORG-GA"),
    "B14": ("垃圾分类亭", "each", "ORG-ZJ"),
    "B16": ("屋面防水翻修", "roof", "ORG-ZJ"),
    "B18": ("单元门/楼道粉刷整修", "stairs", "ORG-ZJ"),
    "W02": ("绿化提升", "green", "ORG-ZR"),
    "W03": ("路灯", "each", "ORG-ZJ"),
    "W06": ("停车位(地面划线改造)", "each", "ORG-ZJ"),
    "W07": ("电动自行车充电棚", "each", "ORG-ZJ"),
    "W08": ("汽车充电桩 7kW", "each", "ORG-ZJ"),
    "W12": ("健身器材组", "each", "ORG-WH"),
    "W14": ("外墙外保温", "wall", "ORG-ZJ"),
    "W15": ("加装电梯造价", "lift", "ORG-ZR"),
}
# Upgraded items have no row in unit_costs.csv: their one figure is in item_unit_cost.csv.
UPGRADED: dict[str, tuple[str, str, str]] = {
    "T07": ("社区助餐点", "each", "ORG-MZ"),
    "T10": ("邮政快递末端综合服务站", "each", "ORG-ZJ"),
}
ITEMS |= UPGRADED
PIPE_KINDS = {"B01": ("JS",), "B02": ("WS", "YS"), "B05": ("TX",), "B10": ("RQ",), "B11": ("RS",)}
UNIT = {"pipe": "m", "lane": "m2", "each": "个", "roof": "m2", "stairs": "单元", "green": "m2",
        "wall": "m2", "lift": "部"}  # fmt: skip


@dataclass
class Draft:
    """One scope item before it has a price."""

    work_item_id: str
    parcel: Parcel
    target_layer: str
    target_id: str
    quantity: float
    basis: str
    geometry: BaseGeometry | None
    unit_cost_fen: int = 0
    other_fees_fen: int = 0
    contingency_fen: int = 0

    @property
    def works_fen(self) -> int:
        exact = Decimal(str(self.quantity)) * self.unit_cost_fen
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    @property
    def cost_fen(self) -> int:
        return self.works_fen + self.other_fees_fen + self.contingency_fen


def drafts(town: Town) -> list[Draft]:
    """Items of every programme community, with quantities measured on its geometry."""
    found: list[Draft] = []
    for parcel in town.programme_parcels:
        rng = town.random(f"items {parcel.key}")
        old = parcel.year_built < 1996
        codes = ["B01", "B02", "B05", "B09", "B13", "B14", "B16", "B18", "W02", "W03"]
        codes += [c for c, share in (("B10", 0.6), ("B11", 0.75), ("W06", 0.7), ("W07", 0.7),
                                     ("W08", 0.5), ("W12", 0.6)) if rng.random() < share]  # fmt: skip
        insulate = old or rng.random() < 0.3
        for code in codes:
            found.extend(_draft(town, code, parcel))
        if insulate:
            found.extend(_draft(town, "W14", parcel))
        if rng.random() < 0.3:
            found.extend(_draft(town, "W15", parcel))
        for code in UPGRADED:
            if town.random(f"{code} {parcel.key}").random() < 0.3:
                found.extend(_draft(town, code, parcel))
    return _affordable(town, found)


def _affordable(town: Town, items: list[Draft]) -> list[Draft]:
    """Leave out whole groups (one work item in one community) until usual unit costs fit the plan.

    The last group of a work item stays, so that the programme shows every kind of item.
    """
    _set_costs(items, unit_cost_ranges(), USUAL_POSITION)
    groups: dict[tuple[str, str], int] = {}
    for item in items:
        key = (item.work_item_id, item.parcel.key)
        groups[key] = groups.get(key, 0) + item.works_fen
    order = sorted(groups)
    town.random("afford").shuffle(order)
    for key in order:
        if sum(groups.values()) * 1.13 <= BUDGET_FEN:
            break
        if key[0] not in ALWAYS and sum(other[0] == key[0] for other in groups) > 1:
            del groups[key]
    return [item for item in items if (item.work_item_id, item.parcel.key) in groups]


def _draft(town: Town, code: str, parcel: Parcel) -> Iterator[Draft]:
    measure = ITEMS[code][1]
    if measure == "pipe":
        runs = list(courtyards.pipe_runs(parcel, PIPE_KINDS[code]))
        shape = MultiLineString([run.line for run in runs])
        yield _whole(code, parcel, round(shape.length, 1), "小区内该类管线长度", shape)
    elif measure == "lane":
        shape = shapely.union_all(courtyards.lane_shapes(parcel))
        yield _whole(code, parcel, round(shape.area, 1), "小区内道路面积", shape)
    elif measure == "green":
        built = shapely.union_all(
            [*courtyards.lane_shapes(parcel), *(_footprint(s) for s in parcel.slabs)]
        )
        quantity = round(0.12 * (parcel.shape.area - built.area), 1)
        yield _whole(code, parcel, quantity, "小区用地减建筑与道路后的12%", None)
    elif measure == "each":
        yield _whole(code, parcel, float(_pieces(code, parcel)), "按栋数、户数配置", None)
    elif measure == "lift":
        slab = max(parcel.slabs, key=lambda s: s.floors)
        unit_id = slab.stair_unit_ids[0]
        door = Point(slab.west + slab.length_m / slab.units / 2, slab.north)
        yield Draft(code, parcel, "stair_unit", unit_id, 1.0, "每单元一部", door)
    else:
        for slab in parcel.slabs:
            quantity, basis = _on_building(measure, slab)
            yield Draft(
                code, parcel, "building", slab.building_id, quantity, basis, _footprint(slab)
            )


def _whole(
    code: str, parcel: Parcel, quantity: float, basis: str, shape: BaseGeometry | None
) -> Draft:
    return Draft(code, parcel, "community", parcel.community_id, quantity, basis, shape)


def _footprint(slab: Slab):  # type: ignore[no-untyped-def]
    return shapely.box(
        round(slab.west, 3), round(slab.south, 3), round(slab.east, 3), round(slab.north, 3)
    )


def _pieces(code: str, parcel: Parcel) -> int:
    homes, blocks = sum(s.households for s in parcel.slabs), len(parcel.slabs)
    return {
        "B13": 4 + 2 * blocks, "B14": max(1, homes // 120), "W03": 4 + 3 * blocks,
        "W06": homes // 3, "W07": max(10, homes // 4), "W08": max(2, homes // 40), "W12": 1,
        "T07": 1, "T10": 1,
    }[code]  # fmt: skip


def _on_building(measure: str, slab: Slab) -> tuple[float, str]:
    if measure == "roof":
        return round(slab.length_m * slab.depth_m, 1), "屋面投影面积"
    if measure == "stairs":
        return float(slab.units), "单元数"
    height = slab.floors * 2.8 + WALL_HEIGHT_EXTRA_M
    wall = 2 * (slab.length_m + slab.depth_m) * height * (1 - WINDOW_SHARE)
    return round(wall, 1), "周长×高度，扣除26%门窗"


# --- money -----------------------------------------------------------------------------------------
def unit_cost_ranges() -> dict[str, tuple[int, int]]:
    """Work item → smallest and largest unit cost in fen, from unit_costs.csv."""
    with (STANDARDS / "unit_costs.csv").open(encoding="utf-8", newline="") as file:
        table = {row["item_zh"]: row for row in csv.DictReader(file)}
    with (STANDARDS / "item_unit_cost.csv").open(encoding="utf-8", newline="") as file:
        single = {
            row["item_code"]: int(Decimal(row["unit_cost_yuan"]) * 100)
            for row in csv.DictReader(file)
        }
    ranges = {
        code: (
            int(Decimal(table[name]["cost_min"]) * 100), int(Decimal(table[name]["cost_max"]) * 100),
        )
        for code, (name, _, _) in ITEMS.items() if code not in UPGRADED
    }  # fmt: skip
    return ranges | {code: (single[code], single[code]) for code in UPGRADED}


def price(items: list[Draft]) -> None:
    """Unit costs inside their ranges, so that the estimate is the plan's figure to the fen.

    One position between the smallest and the largest cost holds for all items; the contingency
    (about 5 %) takes what rounding leaves.
    """
    ranges = unit_cost_ranges()
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        _set_costs(items, ranges, middle)
        works = sum(item.works_fen for item in items)
        if works * 1.13 > BUDGET_FEN:
            high = middle
        else:
            low = middle
    _set_costs(items, ranges, low)
    for item in items:
        item.other_fees_fen = int(
            (item.works_fen * OTHER_FEES_RATE).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        )
    works = sum(item.works_fen for item in items)
    left = BUDGET_FEN - works - sum(item.other_fees_fen for item in items)
    if not 0.02 * works < left < 0.08 * works:
        raise ValueError(f"the contingency would be {left / works:.1%} of the works")
    for item in items:
        item.contingency_fen = left * item.works_fen // works
    short = left - sum(item.contingency_fen for item in items)
    for item in items[:short]:
        item.contingency_fen += 1


def _set_costs(items: list[Draft], ranges: dict[str, tuple[int, int]], position: float) -> None:
    for item in items:
        low, high = ranges[item.work_item_id]
        item.unit_cost_fen = round((low + position * (high - low)) / 10) * 10
