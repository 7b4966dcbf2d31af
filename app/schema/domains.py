"""Coded domains: every closed list of values that a column of the plan may hold."""

from __future__ import annotations

from app.schema.model import domain

# --- place -------------------------------------------------------------------------------------
OWNER_KIND = domain("owner_kind", "产权类别", "owner kind", [
    ("private", "居民私有", "residents"),
    ("state_enterprise", "国有企事业单位", "state enterprise or institution"),
    ("military", "军队", "military"),
    ("retired_military", "军休", "retired military housing"),
    ("collective", "集体", "collective"),
    ("mixed", "混合", "mixed"),
])  # fmt: skip
BUILDING_USE = domain("building_use", "建筑用途", "building use", [
    ("residential", "住宅", "residential"),
    ("mixed", "商住", "residential above shops"),
    ("commercial", "商业", "commercial"),
    ("office", "办公", "office"),
    ("education", "教育", "education"),
    ("medical", "医疗", "medical"),
    ("public", "公共服务", "public service"),
    ("industrial", "工业仓储", "industrial or storage"),
    ("utility", "市政设施", "utility"),
    ("ancillary", "附属用房", "ancillary"),
    ("other", "其他", "other"),
])  # fmt: skip
STRUCTURE = domain("structure", "结构类型", "structure", [
    ("brick_wood", "砖木", "brick and timber"),
    ("brick_concrete", "砖混", "brick and concrete"),
    ("frame", "框架", "frame"),
    ("shear_wall", "剪力墙", "shear wall"),
    ("prefab", "装配式大板", "prefabricated panel"),
    ("steel", "钢结构", "steel"),
    ("other", "其他", "other"),
])  # fmt: skip
YEAR_PROOF = domain("year_proof", "年代依据", "proof of year", [
    ("completion_record", "竣工备案", "completion record"),
    ("property_certificate", "不动产登记", "property register"),
    ("planning_permit", "规划许可", "planning permit"),
    ("archive", "档案", "archive"),
    ("survey", "现场调查", "field survey"),
    ("resident", "居民口述", "residents' word"),
    ("none", "无", "none"),
])  # fmt: skip
PROPERTY_MANAGEMENT = domain("property_management", "物业管理", "property management", [
    ("company", "物业公司", "property company"),
    ("community_run", "社区代管", "run by the neighbourhood committee"),
    ("self", "居民自管", "run by residents"),
    ("owner_unit", "原产权单位", "run by the original owner"),
    ("none", "无物业", "none"),
])  # fmt: skip
GATE_STATE = domain("gate_state", "出入口状态", "gate state", [
    ("open", "开放", "open"),
    ("closed", "封闭", "closed"),
    ("residents", "仅居民", "residents only"),
    ("timed", "定时开放", "open at hours"),
])  # fmt: skip
GATE_KIND = domain("gate_kind", "出入口类型", "gate kind", [
    ("main", "主出入口", "main"),
    ("vehicle", "车行", "vehicles"),
    ("foot", "人行", "pedestrians"),
    ("fire", "消防", "fire access"),
])  # fmt: skip
WALL_KIND = domain("wall_kind", "围挡类型", "wall kind", [
    ("wall", "围墙", "wall"), ("fence", "栅栏", "fence"), ("hedge", "绿篱", "hedge"),
    ("retaining", "挡土墙", "retaining wall"),
])  # fmt: skip
EXISTENCE = domain("existence", "建设状态", "existence", [
    ("existing", "现状", "existing"), ("planned", "规划", "planned"),
    ("closed", "停用", "closed"),
])  # fmt: skip
PLOT_KIND = domain("plot_kind", "存量资源类型", "kind of room or plot", [
    ("idle_room", "闲置用房", "idle room"), ("property_room", "物业用房", "property room"),
    ("public_plot", "公共地块", "public plot"), ("green", "可用绿地", "usable green"),
    ("other", "其他", "other"),
])  # fmt: skip

# --- walking and roads ---------------------------------------------------------------------------
WALKWAY_KIND = domain("walkway_kind", "步行路类型", "walkway kind", [
    ("sidewalk", "人行道", "sidewalk"), ("footway", "步道", "footway"),
    ("courtyard", "宅间路", "courtyard path"), ("crossing", "人行横道", "crossing"),
    ("shared", "混行道路", "shared street"), ("steps", "台阶", "steps"),
    ("ramp", "坡道", "ramp"), ("underpass", "地下通道", "underpass"),
    ("overpass", "过街天桥", "overpass"), ("connector", "连接段", "connector"),
])  # fmt: skip
WALKWAY_BARRIER = domain("walkway_barrier", "障碍", "barrier", [
    ("none", "无", "none"), ("steps", "台阶", "steps"), ("bollard", "挡车桩", "bollard"),
    ("kerb", "高路缘", "raised kerb"), ("blocked", "阻断", "blocked"),
])  # fmt: skip
ROAD_CLASS = domain("road_class", "道路等级", "road class", [
    ("arterial", "主干路", "arterial"), ("collector", "次干路", "collector"),
    ("local", "支路", "local street"), ("internal", "小区道路", "internal road"),
    ("lane", "宅间路", "lane"), ("footway", "人行道", "footway"),
    ("other", "其他", "other"),
])  # fmt: skip
ROAD_SURFACE = domain("road_surface", "路面", "surface", [
    ("asphalt", "沥青", "asphalt"), ("concrete", "水泥混凝土", "concrete"),
    ("paver", "砌块", "pavers"), ("permeable", "透水铺装", "permeable"),
    ("gravel", "砂石", "gravel"), ("earth", "土路", "earth"), ("other", "其他", "other"),
])  # fmt: skip
PAVEMENT_PLACE = domain("pavement_place", "路面部位", "part of the street", [
    ("carriageway", "车行道", "carriageway"),
    ("footway_or_non_motor_lane", "人行道或非机动车道", "footway or cycle lane"),
    ("courtyard_or_green_no_vehicle", "庭院绿地（不行车）", "courtyard or green without vehicles"),
])  # fmt: skip

# --- pipes (CJJ 61-2017) ---------------------------------------------------------------------------
PIPE_CLASS = domain("pipe_class", "管线大类", "pipe class", [
    ("JS", "给水", "water supply"), ("PS", "排水", "drainage"), ("RQ", "燃气", "gas"),
    ("RL", "热力", "heat"), ("DL", "电力", "power"), ("TX", "通信", "telecom"),
    ("GY", "工业", "industrial"), ("QT", "其他", "other"),
])  # fmt: skip
PIPE_STATUS = domain("pipe_status", "管线状态", "pipe status", [
    ("existing", "现状", "existing"), ("planned", "规划", "planned"),
    ("abandoned", "废弃", "abandoned"), ("removed", "已拆除", "removed"),
])  # fmt: skip
PIPE_ROLE = domain("pipe_role", "主支", "trunk or branch", [
    ("trunk", "主干", "trunk"), ("branch", "分支", "branch"), ("service", "入户", "service line"),
])  # fmt: skip
LAYING = domain("laying", "敷设方式", "laying", [
    ("direct", "直埋", "direct burial"), ("duct", "管埋/管块", "duct"),
    ("trench", "管沟/管廊", "trench or gallery"), ("overhead", "架空", "overhead"),
])  # fmt: skip
DEPTH_REF = domain("depth_ref", "埋深基准", "depth refers to", [
    ("crown", "管顶", "crown"), ("axis", "管中", "axis"), ("invert", "管内底", "invert"),
])  # fmt: skip
SIZE_BASIS = domain("size_basis", "外径依据", "basis of outside size", [
    ("measured", "实测", "measured"), ("catalogue", "按规格换算", "from the catalogue"),
    ("assumed", "假定", "assumed"),
])  # fmt: skip
PIPE_MATERIAL = domain("pipe_material", "材质", "material", [
    ("ZT", "铸铁", "cast iron"), ("G", "钢", "steel"), ("T", "混凝土", "concrete"),
    ("PE", "聚乙烯", "polyethylene"), ("PVC", "聚氯乙烯", "PVC"), ("BLG", "玻璃钢", "GRP"),
    ("QM", "球墨铸铁", "ductile iron"), ("ZS", "砖石", "masonry"), ("Z", "砖", "brick"),
    ("S", "石", "stone"), ("SM", "石棉", "asbestos cement"), ("TC", "陶瓷", "clay"),
    ("TZ", "铜", "copper"), ("VL", "钢芯铝绞线", "ACSR"), ("GX", "光纤", "fibre"),
    ("QT", "其他", "other"),
])  # fmt: skip
SURVEY_QUALITY = domain("survey_quality", "探测精度", "survey quality", [
    ("hidden_point", "隐蔽点探测", "hidden point, located"),
    ("exposed_point", "明显点", "exposed point"),
    ("opened", "开挖验证", "opened"),
    ("records_with_surface_features", "资料加地面特征", "records with surface features"),
    ("records_only", "仅资料", "records only"),
    ("design", "设计", "design"),
    ("unknown", "不明", "not known"),
])  # fmt: skip
NODE_KIND = domain("node_kind", "管点类型", "node kind", [
    ("manhole", "检修井", "manhole"), ("inlet", "雨水口", "inlet"), ("outfall", "出水口", "outfall"),
    ("valve", "阀门", "valve"), ("hydrant", "消火栓", "hydrant"), ("meter", "表井", "meter"),
    ("junction", "连接点", "junction"), ("bend", "转折点", "bend"), ("end", "终端", "end"),
    ("pump", "泵站", "pump"), ("storage", "调蓄", "storage"), ("septic_tank", "化粪池", "septic tank"),
    ("regulator", "调压设施", "regulator"), ("transformer", "变压器", "transformer"),
    ("pole", "杆上点", "on a pole"), ("other", "其他", "other"),
])  # fmt: skip
FLOW_DIRECTION = domain("flow_direction", "流向", "flow direction", [
    ("forward", "起点到终点", "start to end"), ("backward", "终点到起点", "end to start"),
])  # fmt: skip
DRAIN_VERDICT = domain("drain_verdict", "管网负荷", "load of a drain", [
    ("free", "未满", "not full"), ("full", "满管", "full"),
    ("bottleneck", "过流不足", "holds water back"), ("surcharged", "超载", "surcharged"),
    ("flooded", "冒溢", "water comes up"), ("unknown", "未知", "unknown"),
])  # fmt: skip

UPSIZING_VERDICT = domain("upsizing_verdict", "扩径效果", "effect of a wider pipe", [
    ("helps", "有效", "helps"), ("no_change", "无明显变化", "no notable change"),
    ("worse", "他处变差", "worse elsewhere"), ("no_room", "覆土不足", "no room under the ground"),
    ("not_run", "未逐一计算", "not run one by one"),
])  # fmt: skip

# --- surface -------------------------------------------------------------------------------------
TREE_KIND = domain("tree_kind", "树木类型", "tree kind", [
    ("arbor", "乔木", "tree"), ("shrub", "灌木", "shrub"),
])  # fmt: skip
POLE_KIND = domain("pole_kind", "杆塔类型", "pole kind", [
    ("telecom", "通信杆", "telecom"), ("lighting", "路灯杆", "lighting"),
    ("power", "电力杆", "power pole"), ("tower", "铁塔", "tower"),
])  # fmt: skip
ASSET_KIND = domain("asset_kind", "设施类型", "asset kind", [
    ("power_cabinet", "配电箱", "power cabinet"), ("telecom_cabinet", "通信交接箱", "telecom cabinet"),
    ("lamp", "灯具", "lamp"), ("camera", "摄像头", "camera"), ("car_charger", "汽车充电桩", "car charger"),
    ("bike_charger", "电动自行车充电", "e-bike charger"), ("bin", "垃圾分类点", "sorted waste point"),
    ("locker", "快件箱", "parcel locker"), ("mailbox", "信包箱", "mail box"), ("seat", "座椅", "seat"),
    ("fitness", "健身器材", "fitness equipment"), ("hydrant", "消火栓", "hydrant"),
    ("parking_bay", "停车位", "parking bay"), ("ramp", "无障碍坡道", "ramp"), ("shelter", "车棚", "shelter"),
    ("illegal_structure", "违法建筑", "illegal structure"), ("other", "其他", "other"),
])  # fmt: skip
LANDCOVER_CLASS = domain("landcover_class", "地表类型", "land cover", [
    ("roof", "屋面", "roof"), ("asphalt", "沥青或混凝土", "asphalt or concrete"),
    ("paver", "砌块铺装", "pavers"), ("permeable", "透水铺装", "permeable paving"),
    ("gravel", "碎石", "gravel"), ("bare", "裸土", "bare soil"), ("grass", "草地", "grass"),
    ("trees", "林地", "trees"), ("farm", "农田", "farmland"), ("water", "水体", "water"),
    ("rain_garden", "雨水花园", "rain garden"), ("other", "其他", "other"),
])  # fmt: skip
STORM_MEASURE_KIND = domain("storm_measure_kind", "雨洪设施类型", "kind of stormwater measure", [
    ("permeable", "透水铺装", "permeable paving"), ("rain_garden", "雨水花园", "rain garden"),
    ("tank", "调蓄池", "storage tank"), ("kerb_cut", "降低路缘", "lowered kerb"),
    ("door_sill", "抬高门槛", "raised door sill"), ("bigger_pipe", "加大管径", "bigger pipe"),
    ("culvert", "过水涵", "culvert"), ("downpipe", "雨落管", "downpipe"),
])  # fmt: skip
WORK_KIND = domain("work_kind", "工程类型", "kind of work", [
    ("dig", "管线开挖", "utility dig"), ("paving", "路面铺装", "paving"), ("facade", "外墙", "facade"),
    ("roof", "屋面", "roof"), ("greening", "绿化", "greening"), ("building", "建筑", "building"),
    ("other", "其他", "other"),
])  # fmt: skip
WORK_STATE = domain("work_state", "工程状态", "state of work", [
    ("idea", "意向", "idea"), ("planned", "已计划", "planned"), ("approved", "已批准", "approved"),
    ("running", "施工中", "running"), ("done", "已完成", "done"), ("cancelled", "取消", "cancelled"),
])  # fmt: skip
CORRIDOR_KIND = domain("corridor_kind", "开挖包类型", "kind of package", [
    ("opportunity", "机会", "opportunity"), ("conflict", "工期冲突", "periods overlap"),
])  # fmt: skip
RENEWAL_KIND = domain("renewal_kind", "周边更新类型", "kind of renewal", [
    ("road", "道路", "road"), ("park", "公园绿地", "park"), ("market", "市场", "market"),
    ("school", "学校", "school"), ("housing", "住房", "housing"), ("drainage", "排水防涝", "drainage"),
    ("facility", "公共设施", "public facility"), ("other", "其他", "other"),
])  # fmt: skip
EXPROPRIATION_KIND = domain("expropriation_kind", "征拆类型", "kind of expropriation", [
    ("expropriation", "征收补偿安置", "expropriation"), ("rebuild", "拆除重建", "demolition and rebuilding"),
    ("extension", "改建扩建翻建", "alteration or extension"),
])  # fmt: skip
SUBSIDY_LEVEL = domain("subsidy_level", "补助层级", "level of subsidy", [
    ("central", "中央财政", "central"), ("region", "自治区", "region"), ("local", "地方", "local"),
    ("none", "无", "none"),
])  # fmt: skip

# --- programme -----------------------------------------------------------------------------------
CATEGORY = domain("category", "改造类别", "category", [
    ("basic", "基础类", "basic"), ("improved", "完善类", "improved"), ("upgraded", "提升类", "upgraded"),
])  # fmt: skip
STAGE = domain("stage", "实施阶段", "stage", [
    ("survey", "摸底调查", "survey"), ("selection", "确定小区", "selection"),
    ("preparation", "前期工作", "preparation"), ("works", "全面改造", "works"),
    ("acceptance", "竣工验收", "acceptance"), ("long_term", "长效管理", "long-term management"),
])  # fmt: skip
SOURCE = domain("source", "资金来源", "funding source", [
    ("special_central", "中央专项补助", "central special subsidy"),
    ("special_region", "自治区专项补助", "regional special subsidy"),
    ("drainage_bond", "排水防涝增发国债", "drainage treasury bond 2023"),
    ("housing", "保障性安居工程资金", "affordable housing fund"),
    ("local", "地方配套资金", "local matching fund"),
    ("utility", "管线单位出资", "utility companies"),
    ("resident", "居民出资", "residents"),
    ("original_owner", "原产权单位出资", "original owners"),
    ("social", "社会化力量投资", "private investors"),
])  # fmt: skip
MEMBER_LAYER = domain("member_layer", "对象类型", "kind of member", [
    ("community", "小区", "community"), ("building", "楼栋", "building"),
])  # fmt: skip
TARGET_LAYER = domain("target_layer", "对象类型", "kind of target", [
    ("community", "小区", "community"), ("building", "楼栋", "building"),
    ("stair_unit", "单元", "stair unit"), ("pipe", "管段", "pipe stretch"),
])  # fmt: skip
MEMBER_STATE = domain("member_state", "入选状态", "state of membership", [
    ("proposed", "乡镇申报", "proposed by the township"), ("reviewed", "联合会审", "jointly reviewed"),
    ("approved", "区政府研究同意", "approved"), ("withdrawn", "退出", "withdrawn"),
])  # fmt: skip
DECISION = domain("decision", "决定", "decision", [
    ("proposed", "建议", "proposed"), ("confirmed", "确认", "confirmed"),
    ("changed", "调整后确认", "confirmed with changes"), ("rejected", "不做", "rejected"),
])  # fmt: skip
SCHEME_STATE = domain("scheme_state", "版本状态", "state of a scheme version", [
    ("draft", "拟定", "draft"), ("adopted", "采用", "adopted"), ("superseded", "已被替代", "superseded"),
])  # fmt: skip
CONSENT_ANSWER = domain("consent_answer", "居民意见", "answer", [
    ("agree", "同意", "agrees"), ("disagree", "不同意", "disagrees"), ("abstain", "弃权", "abstains"),
    ("no_answer", "未答复", "no answer"),
])  # fmt: skip
OPINION = domain("opinion", "意见", "opinion", [
    ("agree", "同意", "agrees"), ("agree_with_conditions", "有条件同意", "agrees with conditions"),
    ("object", "不同意", "objects"), ("not_concerned", "不涉及", "not concerned"),
])  # fmt: skip
REPLY = domain("reply_answer", "答复", "reply", [
    ("agree", "同意", "agrees"), ("object", "反对", "objects"), ("will_move", "将迁改", "will move"),
    ("note", "说明", "note"),
])  # fmt: skip
ORGANISATION_KIND = domain("organisation_kind", "单位类型", "kind of organisation", [
    ("government", "政府部门", "government"), ("township", "乡镇", "township"),
    ("neighbourhood", "社区", "neighbourhood committee"),
    ("water", "供水", "water"), ("drainage", "排水", "drainage"), ("gas", "供气", "gas"),
    ("heat", "供热", "heat"), ("power", "供电", "power"), ("telecom", "通信", "telecom"),
    ("contractor", "施工单位", "contractor"), ("supervisor", "监理单位", "supervisor"),
    ("operator", "运营单位", "operator"), ("surveyor", "探测单位", "surveyor"),
    ("owner", "产权单位", "owner"), ("other", "其他", "other"),
])  # fmt: skip
SECRECY = domain("secrecy", "密级", "secrecy", [
    ("public", "公开", "public"), ("internal", "内部", "internal"), ("sensitive", "敏感", "sensitive"),
])  # fmt: skip
SCENARIO_STATE = domain("scenario_state", "情景状态", "state of a scenario", [
    ("open", "进行中", "open"), ("merged", "已并入", "merged"), ("dropped", "已放弃", "dropped"),
])  # fmt: skip
RISK_STATE = domain("risk_state", "处理状态", "state", [
    ("open", "未处理", "open"), ("working", "处理中", "being dealt with"), ("closed", "已办结", "closed"),
])  # fmt: skip
HAZARD_STAGE = domain("hazard_stage", "隐患阶段", "stage of the hazard", [
    ("before", "改造前", "before"), ("during", "改造中", "during"), ("after", "改造后", "after"),
])  # fmt: skip
PAYMENT_KIND = domain("payment_kind", "资金动作", "kind of money movement", [
    ("allotted", "下达", "allotted"), ("certified", "计量确认", "certified"), ("paid", "支付", "paid"),
])  # fmt: skip

# --- results -------------------------------------------------------------------------------------
CLEARANCE_VERDICT = domain("clearance_verdict", "间距结论", "clearance verdict", [
    ("conflict", "冲突", "conflict"), ("possible", "可能冲突", "possible conflict"),
    ("clear", "满足", "clear"), ("unverified", "无法核实", "cannot be verified"),
    ("no_requirement", "规范无要求", "no requirement"),
])  # fmt: skip
RULE_VERDICT = domain("rule_verdict", "核查结论", "verdict", [
    ("pass", "符合", "pass"), ("fail", "不符合", "fail"),
    ("outside_priority", "不属重点", "outside priority"), ("unknown", "未知", "unknown"),
])  # fmt: skip
REACH_VERDICT = domain("reach_verdict", "可达结论", "reach verdict", [
    ("within", "达标", "within"), ("beyond", "超出", "beyond"), ("unknown", "未知", "unknown"),
])  # fmt: skip
CLEARANCE_CHECK = domain("clearance_check", "检查项", "check", [
    ("horizontal", "水平净距", "horizontal"), ("vertical", "垂直净距", "vertical"),
    ("cover", "覆土深度", "cover"), ("duplicate", "疑似重复", "probable duplicate"),
])  # fmt: skip
RESULT_STATE = domain("result_state", "结果状态", "state of a result", [
    ("current", "当前", "current"), ("stale", "待复核", "to be re-examined"),
    ("never_run", "未运行", "never run"),
])  # fmt: skip

DOMAINS = {
    item.name: item
    for item in (
        OWNER_KIND,
        BUILDING_USE,
        STRUCTURE,
        YEAR_PROOF,
        PROPERTY_MANAGEMENT,
        GATE_STATE,
        GATE_KIND,
        WALL_KIND,
        EXISTENCE,
        PLOT_KIND,
        WALKWAY_KIND,
        WALKWAY_BARRIER,
        ROAD_CLASS,
        ROAD_SURFACE,
        PAVEMENT_PLACE,
        PIPE_CLASS,
        PIPE_STATUS,
        PIPE_ROLE,
        LAYING,
        DEPTH_REF,
        SIZE_BASIS,
        PIPE_MATERIAL,
        SURVEY_QUALITY,
        NODE_KIND,
        FLOW_DIRECTION,
        DRAIN_VERDICT,
        UPSIZING_VERDICT,
        TREE_KIND,
        POLE_KIND,
        ASSET_KIND,
        LANDCOVER_CLASS,
        STORM_MEASURE_KIND,
        WORK_KIND,
        WORK_STATE,
        CORRIDOR_KIND,
        RENEWAL_KIND,
        EXPROPRIATION_KIND,
        SUBSIDY_LEVEL,
        CATEGORY,
        STAGE,
        SOURCE,
        MEMBER_LAYER,
        TARGET_LAYER,
        MEMBER_STATE,
        DECISION,
        SCHEME_STATE,
        CONSENT_ANSWER,
        OPINION,
        REPLY,
        ORGANISATION_KIND,
        SECRECY,
        SCENARIO_STATE,
        RISK_STATE,
        HAZARD_STAGE,
        PAYMENT_KIND,
        CLEARANCE_VERDICT,
        RULE_VERDICT,
        REACH_VERDICT,
        CLEARANCE_CHECK,
        RESULT_STATE,
    )
}
