"""A town small enough to add up by hand, for the tests of services, web and command line.

Two townships; 朝阳小区 (T1) with three buildings of which two are in the programme of 2024, 金星花园
(T1) with one building in it, 胜利里 (T2) outside it; one building stands in no community.

=====  ==========  =====  ======  ==========  =====
id     community   year   area    households  in
=====  ==========  =====  ======  ==========  =====
B1     C1          1985   1000.5  24          yes
B2     C1          1998   2000    36          yes
B3     C1          2005   500     10          no
B4     C2          ?      1500    ?           yes
B5     C3          1990   900     18          no
B6     none        1975   ?       ?           no
=====  ==========  =====  ======  ==========  =====
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from app.schema import Actor
from app.store import ImportBatch, PlanMeta, PlanStore

CRS = "EPSG:4544"
PLANNER = Actor("张三", "住建局")
EAST, NORTH = 600_000.0, 4_200_000.0

# Programme of 2024: three buildings, 4500.5 m2, 60 known households.
# Works: 10 x 100.05 yuan + 50 + 25 = 1075.50 (basic, C1), 1 x 20000 yuan + 0 + 0 (improved, B2),
# 2.5 x 3 fen = 7.5 -> 8 fen (upgraded, C2), one of unknown quantity (C2), one rejected (C1).
COST_FEN = {"basic": 107_550, "improved": 2_000_000, "upgraded": 8}


def box(column: int, row: int, *, width: float = 30, height: float = 12) -> shapely.Polygon:
    """A rectangle on a grid of 100 m."""
    west, south = EAST + 100 * column, NORTH + 100 * row
    return shapely.box(west, south, west + width, south + height)


def frames() -> dict[str, pd.DataFrame]:
    """The rows of the town by layer."""
    return {
        "dataset": rows(
            dataset_id=["D1", "D2"], title=["摸底表", "测绘图"], secrecy=["internal", "public"],
            deliverer=["住建局", "测绘院"],
        ),
        "township": drawn(
            [box(0, 0, width=1000, height=1000), box(20, 0, width=1000, height=1000)],
            township_id=["T1", "T2"], code=["640302001", "640302002"], name=["金星镇", "胜利镇"],
            name_en=["Jinxing", "Shengli"], schematic=[True, True],
        ),
        "community": drawn(
            [box(0, 0, width=290, height=90), box(5, 5, width=200, height=200), box(21, 1)],
            community_id=["C1", "C2", "C3"], township_id=["T1", "T1", "T2"],
            name=["朝阳小区", "金星花园", "胜利里"], name_en=["Chaoyang Estate", None, None],
            owner_kind=["state_enterprise", None, "military"], year_built=[1985, None, 1990],
            aliases=[["朝阳一号院"], None, None], dataset_id=["D1", "D1", "D1"],
        ),
        "building": drawn(
            [box(0, 0), box(1, 0), box(2, 0), box(5, 5), box(21, 1), box(9, 9)],
            building_id=["B1", "B2", "B3", "B4", "B5", "B6"],
            community_id=["C1", "C1", "C1", "C2", "C3", None],
            number=["1号楼", "2号楼", "3号楼", "1号楼", "甲楼", None],
            year_built=[1985, 1998, 2005, None, 1990, 1975],
            floor_area_m2=[1000.5, 2000.0, 500.0, 1500.0, 900.0, None],
            households=[24, 36, 10, None, 18, None], floors=[6, 6, 5, 6, 3, 1],
            use=["residential"] * 5 + ["commercial"], dataset_id=["D2"] * 6,
        ),
        "programme": rows(
            programme_id=["P2024"], year=[2024], name=["2024年计划"], budget_fen=[3_000_000],
            buildings_stated=[3],
        ),
        "programme_member": rows(
            programme_member_id=["M1", "M2", "M3", "M4", "M5", "M6"], programme_id=["P2024"] * 6,
            target_layer=["community", "community", "building", "building", "building", "building"],
            target_id=["C1", "C2", "B1", "B2", "B4", "B5"],
            state=["approved", "proposed", "approved", "approved", None, "withdrawn"],
            stage=["works", "selection", None, None, None, None],
        ),
        "work_item": rows(
            work_item_id=["W1", "W2", "W3"], category=["basic", "improved", "upgraded"],
            name=["供水改造", "加装电梯", "养老设施"],
        ),
        "community_item": rows(
            community_item_id=["I1", "I2", "I3", "I4", "I5"], programme_id=["P2024"] * 5,
            work_item_id=["W1", "W2", "W3", "W1", "W1"],
            target_layer=["community", "building", "community", "community", "community"],
            target_id=["C1", "B2", "C2", "C2", "C1"],
            community_id=["C1", None, "C2", "C2", "C1"],
            quantity=[10.0, 1.0, 2.5, None, 7.0], unit_cost_fen=[10_005, 2_000_000, 3, 100, 100],
            other_fees_fen=[5000, 0, 0, 0, 0], contingency_fen=[2500, 0, 0, 0, 0],
            decision=["confirmed", "proposed", None, "confirmed", "rejected"],
        ),
        "funding": rows(
            funding_id=["F1", "F2", "F3"], community_item_id=["I1", "I2", "I2"],
            source=["special_central", "special_central", "housing"],
            amount_fen=[107_550, 1_500_000, 500_000],
        ),
        "organisation": rows(organisation_id=["O1"], name=["供水公司"]),
        "pipe": drawn(
            [shapely.LineString([(EAST, NORTH - 5), (EAST + 90, NORTH - 5)])],
            pipe_id=["W1"], pipe_class=["JS"], owner_id=["O1"], status=["existing"],
        ),
        "road": drawn([box(0, 3, width=900, height=9)], road_id=["R1"], name=["利通街"]),
        "service": drawn(
            [shapely.Point(EAST + 50, NORTH + 50)], service_id=["S1"], kind=["canteen"],
            name=["老年食堂"],
        ),
    }  # fmt: skip


def rows(**columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def drawn(shapes: list[Any], **columns: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows(**columns), geometry=shapes, crs=CRS)


def build_town(folder: Path, *, plan_id: str = "town") -> PlanStore:
    """The town as a plan in ``folder``."""
    meta = PlanMeta(plan_id=plan_id, title="小镇", title_en="Small town", crs=CRS)
    store = PlanStore.create(folder, meta)
    store.load(frames(), batch=ImportBatch(batch_id="first"), actor=PLANNER)
    return store
