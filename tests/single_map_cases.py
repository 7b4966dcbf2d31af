"""A small sheet for the single-file map, drawn by hand: three communities in one township."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import shapely

from app.report.folium_map import BaseLayer, Measure, PageFiles, Sheet
from app.store.page_files import page_files

CRS = "EPSG:4544"
WORDS = {
    "name": "名称", "communities": "小区", "townships": "乡镇", "unknown": "未知", "zero": "0",
    "outside": "不在计划内", "colour_by": "着色依据", "search": "搜索名称、拼音或首字母", "schematic": "示意",
}  # fmt: skip
COLOURS = {
    "zero": "#f7f4ef", "1": "#f6d9bd", "2": "#efae7c", "3": "#d97c45", "4": "#a94a1f", "5": "#64240b",
    "unknown": "#7b8794", "outside": "#ffffff",
}  # fmt: skip


def square(x: float, y: float, size: float) -> shapely.Polygon:
    return shapely.box(500_000 + x, 4_205_000 + y, 500_000 + x + size, 4_205_000 + y + size)


def sheet(*names: str) -> Sheet:
    """Communities of these names side by side; the last one's cost is unknown."""
    keys = [f"C{i}" for i in range(len(names))]
    communities = gpd.GeoDataFrame(
        {
            "community_id": keys,
            "name": list(names),
            "search": ["zhaoyangxiaoqu zyxq", *[f"other{i}" for i in range(1, len(names))]],
            "in_scope": True,
            "schematic": False,
            "year": ["1985", *["未知"] * (len(names) - 1)],
        },
        geometry=[square(300 * i, 0, 200) for i in range(len(names))],
        crs=CRS,
    )
    townships = gpd.GeoDataFrame(
        {"name": ["金星镇"], "schematic": [True]}, geometry=[square(-100, -100, 1200)], crs=CRS
    )
    houses = gpd.GeoDataFrame(geometry=[square(20, 20, 30)], crs=CRS)
    costs = {key: 100.0 * (i + 1) for i, key in enumerate(keys)}
    return Sheet(
        title="利通区2024年城镇老旧小区改造",
        language="zh",
        stamps=("演示数据", "示意边界", "密级：公开"),
        attribution="© 演示",
        date="2026-11-23",
        notes=("另有 1 个小区未划入乡镇，未显示",),
        townships=townships,
        communities=communities,
        measures=(
            Measure("cost", "投资", "万元", {**costs, keys[-1]: None}, 2),
            Measure("households", "户数", "户", dict.fromkeys(keys, 0.0)),
        ),
        facts={"year": "建成年代"},
        base=(BaseLayer("楼栋", houses, "#e4e0d8", "#c8c2b5"),),
        words=WORDS,
        colours=COLOURS,
    )


def with_title(one: Sheet, title: str) -> Sheet:
    return replace(one, title=title)


def files() -> PageFiles:
    return PageFiles(**page_files())
