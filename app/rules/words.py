"""What people read for the kinds that the clearance, cover and yielding tables compare."""

from __future__ import annotations

from app.errors import Text

KINDS: dict[str, Text] = {
    "building": Text("建（构）筑物", "building"),
    "water": Text("给水管", "water pipe"),
    "water_d_le200": Text("给水管 d≤200 mm", "water pipe d ≤ 200 mm"),
    "water_d_gt200": Text("给水管 d>200 mm", "water pipe d > 200 mm"),
    "water_any": Text("给水管（任何管径）", "water pipe of any size"),
    "sewage_storm": Text("污水、雨水管", "sewage or storm pipe"),
    "drainage": Text("排水管", "drain"),
    "reclaimed": Text("再生水管", "reclaimed-water pipe"),
    "gas": Text("燃气管", "gas pipe"),
    "gas_any": Text("燃气管（任何压力）", "gas pipe of any pressure"),
    "gas_low": Text("低压燃气管", "low-pressure gas pipe"),
    "gas_medium_b": Text("中压B燃气管", "medium-pressure B gas pipe"),
    "gas_medium_a": Text("中压A燃气管", "medium-pressure A gas pipe"),
    "gas_subhigh_b": Text("次高压B燃气管", "sub-high-pressure B gas pipe"),
    "gas_subhigh_a": Text("次高压A燃气管", "sub-high-pressure A gas pipe"),
    "gas_low_or_medium": Text("中低压燃气管", "low- or medium-pressure gas pipe"),
    "gas_subhigh": Text("次高压燃气管", "sub-high-pressure gas pipe"),
    "heat": Text("热力管", "heat pipe"),
    "heat_direct": Text("直埋热力管", "direct-buried heat pipe"),
    "power_any": Text("电力线缆", "power cable"),
    "power_direct": Text("直埋电力电缆", "direct-buried power cable"),
    "power_conduit": Text("保护管电力电缆", "power cable in conduit"),
    "telecom_any": Text("通信线缆", "telecom cable"),
    "telecom_direct": Text("直埋通信线缆", "direct-buried telecom cable"),
    "telecom_duct": Text("管道通信线缆", "telecom duct"),
    "telecom_direct_or_plastic_or_concrete_conduit": Text(
        "通信线缆（直埋及塑料、混凝土管）",
        "telecom cable, direct or in plastic or concrete conduit",
    ),
    "telecom_steel_conduit": Text("通信线缆（钢管）", "telecom cable in steel conduit"),
    "trench": Text("管沟", "pipe trench"),
    "trench_or_gallery_shallow": Text("管沟、浅埋管廊", "trench or shallow gallery"),
    "tree_arbor": Text("乔木（中心）", "tree trunk centre"),
    "tree_shrub": Text("灌木", "shrub"),
    "pole_lt10kv": Text("通信照明及<10 kV 杆柱", "pole of telecom, lighting or under 10 kV"),
    "tower_le35kv": Text("高压铁塔基础边 ≤35 kV", "tower foundation up to 35 kV"),
    "tower_gt35kv": Text("高压铁塔基础边 >35 kV", "tower foundation over 35 kV"),
    "road_curb": Text("道路侧石边缘", "kerb"),
    "tram_rail": Text("有轨电车钢轨", "tram rail"),
    "tram_rail_bottom": Text("有轨电车轨底", "bottom of tram rail"),
    "railway": Text("铁路", "railway"),
    "railway_rail_bottom": Text("铁路轨底", "bottom of railway rail"),
    "culvert_base": Text("涵洞基础底", "base of a culvert"),
    "riverbed": Text("河底", "river bed"),
    "pipe_any": Text("任何管线", "any pipe"),
    "any_activity": Text("任何施工活动", "any activity"),
    "water_drainage_reclaimed_direct_power_wet_gas": Text(
        "给水、排水、再生水、直埋电力及湿燃气管线",
        "water, drains, reclaimed, direct power and wet gas",
    ),
    "frost_depth_reference_yinchuan": Text("银川站冻土深度", "frost depth at Yinchuan station"),
    "frost_depth_reference_tongxin": Text("同心站冻土深度", "frost depth at Tongxin station"),
    "frost_design_working_value_litong": Text("利通区冻深工作值", "working frost depth for Litong"),
}

SURFACES: dict[str, Text] = {
    "footway_or_non_motor_lane": Text("人行道或非机动车道下", "under a footway or cycle lane"),
    "footway": Text("人行道下", "under a footway"),
    "carriageway": Text("机动车道下", "under a carriageway"),
    "courtyard_or_green_no_vehicle": Text("庭院绿地（不通车）下", "under a courtyard or green without vehicles"),
    "any": Text("任何地面", "under any surface"),
    "any (cold region)": Text("任何地面（寒冷地区）", "under any surface, cold region"),
    "natural ground": Text("天然地面", "under natural ground"),
}  # fmt: skip

LEVELS: dict[str, Text] = {
    "15min": Text("十五分钟生活圈", "15-minute circle"),
    "10min": Text("十分钟生活圈", "10-minute circle"),
    "5min": Text("五分钟生活圈", "5-minute circle"),
    "block": Text("居住街坊", "residential block"),
    "any": Text("各级", "any level"),
    "road": Text("道路", "roads"),
    "levels": Text("分级", "levels"),
    "calc": Text("计算取值", "working value"),
}


def words_of(names: dict[str, Text], code: str) -> Text:
    """The words for a code; a code that nobody has named yet shows itself."""
    return names.get(code, Text(code, code.replace("_", " ")))
