"""What analyses write: every result layer and table, each row with its verdict and evidence."""

from __future__ import annotations

from app.errors import Text
from app.schema import domains as d
from app.schema.columns import (
    coded,
    date,
    document,
    fen,
    flag,
    identifier,
    integer,
    number,
    reference,
    text,
)
from app.schema.model import Column, Geometry, Layer

ANY_GEOMETRY: tuple[Geometry, ...] = (
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon",
)  # fmt: skip


def _result(
    name: str,
    zh: str,
    en: str,
    columns: tuple[Column, ...],
    geometry: tuple[Geometry, ...] = (),
    *,
    protected: bool = False,
) -> Layer:
    return Layer(
        name,
        Text(zh, en),
        "result",
        (identifier(name), *columns),
        geometry=geometry,
        protected=protected,
        optional_geometry=bool(geometry),
    )


CONFLICT = _result("conflict", "间距冲突", "clearance conflict", (
    text("a_layer", "甲方图层", "layer of a", required=True),
    text("a_id", "甲方编号", "id of a", required=True),
    text("b_layer", "乙方图层", "layer of b"),
    text("b_id", "乙方编号", "id of b"),
    text("a_owner_id", "甲方权属", "owner of a"),
    text("b_owner_id", "乙方权属", "owner of b"),
    coded("check", "检查项", "check", d.CLEARANCE_CHECK, required=True),
    number("gap_m", "实际净距", "actual gap", "m"),
    number("required_m", "要求净距", "required", "m"),
    number("deficit_m", "不足", "deficit", "m"),
    number("length_short_m", "不足长度", "length that is short", "m"),
    coded("verdict", "结论", "verdict", d.CLEARANCE_VERDICT, required=True),
    text("reason", "原因", "reason"),
    text("missing", "缺少字段", "missing field"),
    text("severity", "严重程度", "severity"),
    number("severity_score", "严重分值", "severity score"),
    text("rule_id", "规则", "rule"),
    text("clause", "条款", "clause"),
    text("confidence", "可信度", "confidence"),
    text("other_rule_id", "并列规则", "rule evaluated beside it"),
    number("other_required_m", "并列要求", "required by the rule beside it", "m"),
    text("yields", "避让方", "who yields"),
    text("yield_rule_id", "避让规则", "yielding rule"),
    reference("community_id", "小区", "community", "community"),
    reference("township_id", "乡镇", "township", "township"),
    number("x", "东坐标", "easting", "m"),
    number("y", "北坐标", "northing", "m"),
), ANY_GEOMETRY, protected=True)  # fmt: skip

TRIAL_PIT = _result("trial_pit", "探坑", "trial pit", (
    text("owner_id", "权属单位", "owner"),
    integer("settles", "可核实条数", "verdicts it would settle", minimum=0),
    document("conflict_ids", "相关冲突", "conflicts"),
    number("x", "东坐标", "easting", "m"),
    number("y", "北坐标", "northing", "m"),
), ("Point",), protected=True)  # fmt: skip

CORRIDOR = _result("corridor", "共同开挖包", "dig-once package", (
    text("name", "名称", "name"),
    document("member_ids", "包含工程", "members"),
    document("organisation_ids", "参与单位", "organisations"),
    coded("kind", "类型", "kind", d.CORRIDOR_KIND),
    number("shared_m", "共沟长度", "shared trench length", "m"),
    number("saved_m", "少挖长度", "trench not dug twice", "m"),
    number("repaving_m2", "路面恢复面积", "repaving area", "m²"),
    number("saved_repaving_m2", "少恢复面积", "area not repaved twice", "m²"),
    fen("saved_fen", "节省", "saved"),
    text("lead_id", "建议牵头", "suggested lead"),
    date("starts_on", "起始", "from"),
    date("ends_on", "截止", "to"),
    document("overlaps", "工期重叠", "pairs whose periods overlap"),
    text("rule_id", "规则", "rule"),
), ANY_GEOMETRY, protected=True)  # fmt: skip

REACH = _result("reach", "可达性", "reach", (
    reference("building_id", "楼栋", "building", "building"),
    reference("unit_door_id", "单元门", "unit door", "unit_door"),
    reference("community_id", "小区", "community", "community"),
    text("kind", "设施类别", "facility kind", required=True),
    text("profile", "人群", "profile"),
    text("nearest_id", "最近设施", "nearest"),
    number("walk_m", "步行距离", "walking distance", "m"),
    number("straight_m", "直线距离", "straight distance", "m"),
    number("minutes", "步行时间", "walking time", "min"),
    integer("within", "范围内数量", "number within the limit", minimum=0),
    number("limit_m", "标准距离", "limit", "m"),
    text("measure", "判定方式", "measure"),
    coded("verdict", "结论", "verdict", d.REACH_VERDICT, required=True),
    text("missing", "缺少字段", "missing field"),
    text("rule_id", "规则", "rule"),
    text("clause", "条款", "clause"),
    integer("households", "户数", "households", minimum=0),
), ANY_GEOMETRY)  # fmt: skip

REACH_GAP = _result("reach_gap", "服务缺口", "service gap", (
    text("place_layer", "对象类型", "kind of place", required=True),
    text("place_id", "对象", "place", required=True),
    text("kind", "设施类别", "facility kind", required=True),
    text("level", "生活圈", "life circle"),
    integer("households", "户数", "households", minimum=0),
    integer("households_within", "达标户数", "households within", minimum=0),
    integer("households_unknown", "未知户数", "households unknown", minimum=0),
    integer("homes_uncounted", "户数不明的单元或楼栋", "homes of unknown households", minimum=0),
    number("share_within", "达标率", "share within"),
    text("verdict", "结论", "verdict"),
    text("rule_id", "规则", "rule"),
    text("clause", "条款", "clause"),
))  # fmt: skip

COMMUNITY_INDICATOR = _result("community_indicator", "完整社区指标", "complete-community indicator", (
    text("place_layer", "对象类型", "kind of place", required=True),
    text("place_id", "对象", "place", required=True),
    text("indicator", "指标", "indicator", required=True),
    text("indicator_en", "指标（英文）", "indicator in English"),
    text("item_no", "标准项号", "item of the standard"),
    text("judged_by", "判定方式", "judged by"),
    text("kind", "设施类别", "facility kind"),
    flag("recommended", "宜达到", "recommended only"),
    number("value", "实有", "is", minimum=0),
    number("required", "标准", "required", minimum=0),
    text("unit", "单位", "unit"),
    integer("households", "户数", "households", minimum=0),
    integer("households_met", "达标户数", "households whose community meets it", minimum=0),
    integer("households_unknown", "未知户数", "households of unknown verdict", minimum=0),
    coded("verdict", "结论", "verdict", d.RULE_VERDICT, required=True),
    text("missing", "缺少字段", "missing field"),
    document("proof", "依据设施", "facilities it rests on"),
    text("rule_id", "规则", "rule"),
    text("clause", "条款", "clause"),
    text("confidence", "可信度", "confidence"),
))  # fmt: skip

ISOCHRONE = _result("isochrone", "等时圈", "isochrone", (
    text("origin_layer", "起点图层", "layer of the origin"),
    text("origin_id", "起点", "origin"),
    text("profile", "人群", "profile"),
    number("limit_m", "距离", "distance", "m"),
    number("minutes", "时间", "minutes", "min"),
), ANY_GEOMETRY)  # fmt: skip

SITE = _result("site", "选址建议", "suggested site", (
    text("kind", "设施类别", "facility kind", required=True),
    reference("plot_room_id", "存量资源", "room or plot", "plot_room"),
    integer("households_gained", "新增覆盖户数", "households gained", minimum=0),
    number("capacity", "容量", "capacity"),
    fen("cost_fen", "造价", "cost"),
    number("gap", "最优间隙", "gap to the optimum"),
    text("model", "模型", "model"),
), ANY_GEOMETRY)  # fmt: skip

GATE_ADVICE = _result("gate_advice", "开门建议", "gate advice", (
    text("target_layer", "对象类型", "kind of target"),
    text("target_id", "对象", "target"),
    integer("households_gained", "新增达标户数", "households gained", minimum=0),
    document("kinds", "设施类别", "facility kinds"),
    integer("rank", "排序", "rank", minimum=1),
), ANY_GEOMETRY)  # fmt: skip

STORM_ZONE = _result("storm_zone", "积水风险区", "stormwater-risk zone", (
    text("hazard_class", "等级", "hazard class", required=True),
    text("scheme", "分级体系", "scheme"),
    number("return_period_a", "重现期", "return period", "a"),
    number("area_m2", "面积", "area", "m²"),
    number("depth_max_m", "最大水深", "greatest depth", "m"),
    number("velocity_max_ms", "最大流速", "greatest velocity", "m/s"),
    number("duration_min", "持续时间", "duration", "min"),
    number("beyond_share", "超出计算方式适用范围的比例", "share outside the range of the mode"),
), ANY_GEOMETRY)  # fmt: skip

STORM_EXPOSURE = _result("storm_exposure", "积水影响", "storm exposure", (
    text("target_layer", "对象类型", "kind of target", required=True),
    text("target_id", "对象", "target", required=True),
    text("hazard_class", "等级", "hazard class"),
    number("depth_m", "水深", "depth", "m"),
    number("return_period_a", "重现期", "return period", "a"),
    integer("households", "户数", "households", minimum=0),
    reference("community_id", "小区", "community", "community"),
    reference("township_id", "乡镇", "township", "township"),
    text("missing", "缺少字段", "missing field"),
), ANY_GEOMETRY)  # fmt: skip

DRAIN_STATE = _result("drain_state", "排水状态", "state of the drains", (
    text("target_layer", "对象类型", "kind of target", required=True),
    text("target_id", "对象", "target", required=True),
    number("fullness", "充满度", "greatest fullness"),
    number("surcharge_m", "超载水深", "surcharge", "m"),
    number("flood_m3", "溢流量", "flood volume", "m³"),
    number("flow_max_m3_per_s", "最大流量", "greatest flow", "m³/s"),
    text("finding", "问题", "finding"),
), ANY_GEOMETRY, protected=True)  # fmt: skip

_DRAIN_COLUMNS = (
    text("target_layer", "对象类型", "kind of target", required=True),
    text("target_id", "对象", "target", required=True),
    coded("verdict", "结论", "verdict", d.DRAIN_VERDICT, required=True),
    number("fullness", "最大充满度", "greatest fullness"),
    number("full_min", "满管历时", "time running full", "min"),
    number("limited_min", "过流不足历时", "time it holds water back", "min"),
    number("surcharge_m", "超出管顶水头", "head above the crown", "m"),
    number("flood_m3", "冒溢水量", "water that comes up", "m³"),
    number("flood_min", "冒溢历时", "time of coming up", "min"),
    number("flow_max_m3_per_s", "最大流量", "greatest flow", "m³/s"),
    number("velocity_max_m_per_s", "最大流速", "greatest velocity", "m/s"),
    number("capacity_m3_per_s", "满流能力", "capacity when full", "m³/s"),
    number("upper_level_m", "起点最高水位", "highest level at the upper end", "m"),
    number("lower_level_m", "终点最高水位", "highest level at the lower end", "m"),
    text("missing", "缺少字段", "missing field"),
    text("stood_in", "按规则补全字段", "fields filled by a stated rule"),
    text("clause", "条款", "clause"),
    document("evidence", "证据", "evidence"),
)  # fmt: skip
DRAIN_LOAD = _result("drain_load", "管网负荷", "load of the drains", _DRAIN_COLUMNS, ANY_GEOMETRY, protected=True)  # fmt: skip
STORM_DRAIN = _result("storm_drain", "耦合管网负荷", "load of the coupled drains", _DRAIN_COLUMNS, ANY_GEOMETRY, protected=True)  # fmt: skip

PIPE_UPSIZING = _result("pipe_upsizing", "管网扩径比选", "wider pipes compared", (
    integer("rank", "次序", "rank", minimum=0),
    text("target_id", "管段", "pipe"),
    coded("verdict", "效果", "effect", d.UPSIZING_VERDICT, required=True),
    number("from_mm", "现管径", "size now", "mm"),
    number("to_mm", "建议管径", "size proposed", "mm"),
    number("length_m", "长度", "length", "m"),
    fen("cost_fen", "造价", "cost"),
    number("limited_min", "过流不足历时", "time it holds water back", "min"),
    number("flow_max_m3_per_s", "最大流量", "greatest flow", "m³/s"),
    number("capacity_m3_per_s", "现满流能力", "capacity when full", "m³/s"),
    number("came_up_before_m3", "扩径前冒溢", "water that came up before", "m³"),
    number("came_up_after_m3", "扩径后冒溢", "water that came up after", "m³"),
    integer("pressed_before", "扩径前超载、冒溢井数", "manholes surcharged or flooded before", minimum=0),
    integer("pressed_after", "扩径后超载、冒溢井数", "manholes surcharged or flooded after", minimum=0),
    number("zone_before_m2", "扩径前风险区", "risk zones before", "m²"),
    number("zone_after_m2", "扩径后风险区", "risk zones after", "m²"),
    integer("homes_before", "扩径前受影响户数", "households at risk before", minimum=0),
    integer("homes_after", "扩径后受影响户数", "households at risk after", minimum=0),
    text("reason", "说明", "reason"),
    text("reason_en", "说明（英文）", "reason in English"),
    text("clause", "条款", "clause"),
    document("evidence", "证据", "evidence"),
), ANY_GEOMETRY, protected=True)  # fmt: skip

ELIGIBILITY = _result("eligibility", "改造资格", "eligibility", (
    text("target_layer", "对象类型", "kind of target", required=True),
    text("target_id", "对象", "target", required=True),
    reference("community_id", "小区", "community", "community"),
    text("rule_id", "规则", "rule", required=True),
    text("clause", "条款", "clause"),
    coded("verdict", "结论", "verdict", d.RULE_VERDICT, required=True),
    text("reason", "原因", "reason"),
    text("reason_en", "原因（英文）", "reason in English"),
    text("missing", "缺少字段", "missing field"),
    document("evidence", "证据", "evidence"),
), ANY_GEOMETRY)  # fmt: skip

SCOPE_ROW = _result("scope_row", "改造内容建议", "scope proposal", (
    reference("community_id", "小区", "community", "community"),
    reference("work_item_id", "改造内容", "work item", "work_item"),
    text("target_layer", "对象类型", "kind of target"),
    text("target_id", "对象", "target"),
    text("verdict", "结论", "verdict", required=True),
    number("quantity", "工程量", "quantity"),
    text("unit", "单位", "unit"),
    text("reason", "原因", "reason"),
    text("reason_en", "原因（英文）", "reason in English"),
    text("missing", "缺少字段", "missing field"),
    text("rule_id", "规则", "rule"),
    document("evidence", "证据", "evidence"),
), ANY_GEOMETRY)  # fmt: skip

SCOPE_TOTAL = _result("scope_total", "改造规模汇总", "scope total", (
    reference("programme_id", "年度计划", "programme", "programme"),
    text("level", "层级", "level", required=True),
    text("place_id", "对象", "place", required=True),
    text("dimension", "维度", "dimension"),
    text("key", "取值", "key"),
    integer("communities", "小区数", "communities", minimum=0),
    integer("buildings", "楼栋数", "buildings", minimum=0),
    integer("households", "户数", "households", minimum=0),
    number("floor_area_m2", "建筑面积", "floor area", "m²"),
    fen("cost_fen", "投资", "cost"),
    integer("unknown_rows", "未知行数", "rows with unknowns", minimum=0),
))  # fmt: skip

SEQUENCE_FINDING = _result("sequence_finding", "工序问题", "sequence finding", (
    text("first_layer", "先行图层", "layer of the first"),
    text("first_id", "先行工程", "first"),
    text("second_layer", "后续图层", "layer of the second"),
    text("second_id", "后续工程", "second"),
    text("rule_id", "规则", "rule"),
    text("reason", "原因", "reason"),
    date("dated", "日期", "date"),
), ANY_GEOMETRY)  # fmt: skip

OUTAGE_DAY = _result("outage_day", "停供日", "outage day", (
    reference("building_id", "楼栋", "building", "building"),
    text("service", "服务", "service"),
    date("day", "日期", "day"),
    integer("households", "户数", "households", minimum=0),
))  # fmt: skip

AREA = _result("area", "片区", "area", (
    text("name", "名称", "name"),
    document("community_ids", "小区", "communities"),
    document("shared", "共用要素", "what is shared"),
), ANY_GEOMETRY)  # fmt: skip

FINDING = _result("finding", "核查发现", "finding", (
    text("check_id", "检查", "check", required=True),
    text("target_layer", "对象类型", "kind of target"),
    text("target_id", "对象", "target"),
    reference("community_id", "小区", "community", "community"),
    coded("verdict", "结论", "verdict", d.RULE_VERDICT),
    text("reason", "原因", "reason"),
    text("reason_en", "原因（英文）", "reason in English"),
    text("missing", "缺少字段", "missing field"),
    text("rule_id", "规则", "rule"),
    text("clause", "条款", "clause"),
    number("value", "实测值", "value"),
    number("required", "要求值", "required"),
    text("unit", "单位", "unit"),
    document("evidence", "证据", "evidence"),
), ANY_GEOMETRY)  # fmt: skip

CONSENT_TALLY = _result("consent_tally", "表决统计", "consent tally", (
    reference("community_item_id", "改造项目", "scope item", "community_item"),
    reference("work_item_id", "改造内容", "work item", "work_item"),
    reference("community_id", "小区", "community", "community"),
    text("body_layer", "表决范围类型", "kind of voting body", required=True),
    text("body_id", "表决范围", "voting body", required=True),
    integer("households", "户数", "households", minimum=0),
    integer("answered", "参与户数", "households taking part", minimum=0),
    integer("agreed", "同意户数", "households agreeing", minimum=0),
    integer("unanswered", "未答复户数", "households without an answer", minimum=0),
    number("area_m2", "专有面积", "exclusive floor area", "m²"),
    number("answered_m2", "参与面积", "floor area taking part", "m²"),
    number("agreed_m2", "同意面积", "floor area agreeing", "m²"),
    text("area_basis", "面积依据", "basis of the floor area"),
    coded("verdict", "结论", "verdict", d.RULE_VERDICT, required=True),
    integer("votes_short", "尚缺票数", "votes short", minimum=0),
    number("area_short_m2", "尚缺面积", "floor area short", "m²"),
    text("reason", "原因", "reason"),
    text("reason_en", "原因（英文）", "reason in English"),
    text("missing", "缺少字段", "missing field"),
    text("rule_id", "规则", "rule"),
    text("clause", "条款", "clause"),
    document("evidence", "证据", "evidence"),
))  # fmt: skip

CHOSEN_ITEM = _result("chosen_item", "优选项目", "item of the best set", (
    reference("community_item_id", "改造项目", "scope item", "community_item"),
    reference("work_item_id", "改造内容", "work item", "work_item"),
    reference("community_id", "小区", "community", "community"),
    reference("township_id", "乡镇", "township", "township"),
    text("choice", "选择", "choice", required=True),
    fen("cost_fen", "投资", "cost"),
    integer("households", "受益户数", "households it helps", minimum=0),
    number("worth", "加权户数", "weighted households"),
    text("need", "解决问题", "need it settles"),
    text("reason", "原因", "reason"),
    text("reason_en", "原因（英文）", "reason in English"),
    text("missing", "缺少字段", "missing field"),
    text("rule_id", "规则", "rule"),
))  # fmt: skip

BUDGET_CURVE = _result("budget_curve", "投资效益曲线", "what more money buys", (
    fen("budget_fen", "预算", "budget"),
    fen("spent_fen", "使用", "spent"),
    integer("items", "项目数", "items", minimum=0),
    number("worth", "加权户数", "weighted households"),
    number("gap", "最优间隙", "gap to the optimum"),
))  # fmt: skip
