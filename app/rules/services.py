"""Rows of the tables of nearby services: life circles, facilities, the complete community."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

from app.errors import Text
from app.rules.phrases import chinese
from app.rules.row import Confidence, RuleRow, Told, number, span
from app.rules.table import RuleTable
from app.rules.words import LEVELS, words_of

Measure = Literal["walk", "straight", "count", "none"]
Judgement = Literal[
    "reach", "number", "floor_area", "land_area", "area_per_100_households",
    "places_per_1000_residents", "connected", "management", "survey", "none",
]  # fmt: skip
JUDGEMENTS: dict[str, Text] = {
    "reach": Text("走得到的住户", "households that reach one"),
    "number": Text("小区内处数", "number in the community"),
    "floor_area": Text("最大一处建筑面积", "floor area of the largest"),
    "land_area": Text("最大一处用地面积", "land of the largest"),
    "area_per_100_households": Text("每百户建筑面积", "floor area for 100 households"),
    "places_per_1000_residents": Text("每千人位数", "places for 1,000 residents"),
    "connected": Text("接入主步行网的住户", "households joined to the main network"),
    "management": Text("物业管理", "property management"),
    "survey": Text("现场核查", "survey on site"),
    "none": Text("不按小区判定", "not judged by community"),
}
MEASURES: dict[str, Text] = {
    "walk": Text("步行距离", "walking distance"),
    "straight": Text("直线距离", "straight-line distance"),
    "count": Text("按有无或数量", "presence or number"),
    "none": Text("不按居民距离", "not by distance to residents"),
}


@dataclass(frozen=True, kw_only=True)
class FacilityRow(RuleRow):
    """A facility kind at its level: obligation, service radius, sizes, and how it is measured."""

    ID: ClassVar[tuple[str, ...]] = ("row_id",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("table",)

    code: str
    level: tuple[str, ...]
    name_zh: str
    name_en: str
    obligation: Literal["mandatory", "as_needed"]
    service_radius_m: float | None
    floor_area_min_m2: float | None
    floor_area_max_m2: float | None
    land_area_min_m2: float | None
    land_area_max_m2: float | None
    osm_hint: str
    measure: Measure
    measure_confidence: Confidence
    measure_source: str

    @property
    def label(self) -> Text:
        return Text(self.name_zh, self.name_en)

    def told(self) -> Told:
        level = [words_of(LEVELS, name) for name in self.level]
        must = (
            Text("应配", "mandatory")
            if self.obligation == "mandatory"
            else Text("宜配", "as needed")
        )
        how = MEASURES[self.measure]
        area_zh = span(self.floor_area_min_m2, self.floor_area_max_m2)
        more_zh = f"，建筑面积 {area_zh} m²" if area_zh else ""
        more_en = f", floor area {area_zh} m²" if area_zh else ""
        says = Text(
            f"{'、'.join(x.zh for x in level)}{must.zh}：{self.name_zh}（{how.zh}{more_zh}）",
            f"{', '.join(x.en for x in level)}, {must.en}: {self.name_en} ({how.en}{more_en})",
        )
        return Told(says, number(self.service_radius_m), "m" if self.service_radius_m else "")

    def faults(self) -> list[tuple[str, Text]]:
        if self.measure in ("walk", "straight") and self.service_radius_m is None:
            return [
                (
                    "measure",
                    Text("没有服务半径，不能按距离判定", "no radius to judge a distance by"),
                )
            ]
        return []


class FacilityTable(RuleTable[FacilityRow]):
    """Facility kinds by code."""

    @cached_property
    def by_code(self) -> dict[str, FacilityRow]:
        return {row.code: row for row in self.rows}

    def judged_by(self, *measures: Measure) -> tuple[FacilityRow, ...]:
        """The kinds whose verdict rests on one of these measures."""
        return tuple(row for row in self.rows if row.measure in measures)


@dataclass(frozen=True, kw_only=True)
class LifeCircleRow(RuleRow):
    """One figure of a life-circle level."""

    ID: ClassVar[tuple[str, ...]] = ("level", "metric")
    CLAUSE: ClassVar[tuple[str, ...]] = ("table_or_clause",)

    level: str
    metric: str
    value_min: float | None
    value_max: float | None
    unit: str

    def faults(self) -> list[tuple[str, Text]]:
        figures = [v for v in (self.value_min, self.value_max) if v is not None]
        if self.metric in _WALKED and (not figures or min(figures) <= 0):
            return [
                (
                    "value_min",
                    Text(
                        "步速与步行距离必须大于 0",
                        "speeds and walking distances are greater than 0",
                    ),
                )
            ]
        return []

    def told(self) -> Told:
        level, metric = words_of(LEVELS, self.level), self.metric.replace("_", " ")
        chinese = _METRICS_ZH.get(self.metric, metric)
        return Told(Text(f"{level.zh}：{chinese}", f"{level.en}: {metric}"), span(self.value_min, self.value_max), self.unit)  # fmt: skip


_WALKED = ("walk_distance", "walking_speed_planning", "walking_speed_elderly")


class LifeCircleTable(RuleTable[LifeCircleRow]):
    """Figures by level and metric."""

    def walk_limit_m(self, level: str) -> float:
        """The farthest that a resident of the level walks: the upper end of the standard's range."""
        row = self.by_id[f"{level}/walk_distance"]
        limit = row.value_max if row.value_max is not None else row.value_min
        assert limit is not None  # every walk_distance row has a figure; a test reads them
        return limit


_METRICS_ZH = {
    "walk_distance": "步行距离",
    "population": "居住人口",
    "dwellings": "住宅数量",
    "land_area": "用地面积",
    "public_green_per_capita_min": "人均公共绿地下限",
    "park_area_min": "居住区公园最小规模",
    "park_width_min": "居住区公园最小宽度",
    "public_green_old_area_factor_min": "旧区公共绿地折减下限",
    "concentrated_green_per_capita_new": "新区人均集中绿地",
    "concentrated_green_per_capita_old_area": "旧区人均集中绿地",
    "concentrated_green_width_min": "集中绿地最小宽度",
    "concentrated_green_sunlit_share_min": "集中绿地日照阴影线外面积比例",
    "sunlight_great_cold_hours_zone_I_II_III_VII_city_ge_500k": "大寒日日照时数（Ⅰ、Ⅱ、Ⅲ、Ⅶ气候区，50 万人以上）",
    "sunlight_great_cold_hours_zone_I_II_III_VII_city_lt_500k": "大寒日日照时数（Ⅰ、Ⅱ、Ⅲ、Ⅶ气候区，不足 50 万人）",
    "sunlight_window_start_solar": "有效日照时间带起点",
    "sunlight_window_end_solar": "有效日照时间带终点",
    "sunlight_old_area_new_dwelling_min": "旧区改建新建住宅日照时数下限",
    "sunlight_elderly_dwelling_winter_solstice_min": "老年人居住建筑冬至日日照时数下限",
    "calc_height_above_ground_floor": "日照计算起点高度",
    "access_road_width_min_block_main": "居住街坊主要附属道路最小宽度",
    "access_road_width_min_block_other": "居住街坊其他附属道路最小宽度",
    "network_density_min": "路网密度下限",
    "city_road_spacing_max": "城市道路间距上限",
    "non_nesting": "各级设施不相互替代",
    "walking_speed_planning": "步行速度（规划）",
    "walking_speed_elderly": "步行速度（老年人）",
}


@dataclass(frozen=True, kw_only=True)
class CompleteCommunityRow(RuleRow):
    """One indicator of the complete-community standard; the value may be a range in words."""

    ID: ClassVar[tuple[str, ...]] = ("item_no", "name_zh", "indicator", "applies_to")
    STANDARD: ClassVar[tuple[str, ...]] = ("document",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("goal",)

    item_no: str
    goal: str
    name_zh: str
    name_en: str
    indicator: str
    value: str
    unit: str
    applies_to: str
    judged_by: Judgement
    kinds: tuple[str, ...]

    @property
    def least(self) -> float | None:
        """The figure itself, or the lower end of a range."""
        return None if self.judged_by == "survey" else float(self.value.split("-")[0])

    def faults(self) -> list[tuple[str, Text]]:
        needs_kinds = self.judged_by not in ("connected", "management", "survey", "none")
        if needs_kinds != bool(self.kinds):
            return [("kinds", Text("判定方式与设施类别不符", "kinds do not fit judged_by"))]
        return []

    def told(self) -> Told:
        for_zh = {"all": "", "new": "（新建）", "existing": "（既有）"}.get(self.applies_to, f"（{chinese(self.applies_to)}）")  # fmt: skip
        for_en = "" if self.applies_to == "all" else f" ({self.applies_to})"
        indicator = self.indicator.replace("_", " ")
        return Told(Text(f"{self.name_zh}{for_zh}：{chinese(self.indicator)}", f"{self.name_en}{for_en}: {indicator}"), self.value, self.unit)  # fmt: skip
