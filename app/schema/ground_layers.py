"""Below and on the ground: pipes, nodes, trees, poles, works, renewals, land cover, terrain."""

from __future__ import annotations

from app.errors import Text
from app.schema import domains as d
from app.schema.columns import (
    area,
    bookkeeping,
    coded,
    count,
    date,
    fen,
    flag,
    identifier,
    integer,
    metres,
    number,
    reference,
    text,
    year,
)
from app.schema.model import Layer

PIPE = Layer("pipe", Text("管线", "pipe"), "pipe", (
    identifier("pipe"),
    text("start_node", "起点点号", "start node"),
    text("end_node", "终点点号", "end node"),
    coded("pipe_class", "大类", "class", d.PIPE_CLASS),
    text("subclass", "小类", "subclass", note="code of pipeline_codes.csv"),
    reference("owner_id", "权属单位", "owner", "organisation"),
    coded("status", "状态", "status", d.PIPE_STATUS),
    coded("role", "主支", "role", d.PIPE_ROLE),
    flag("temporary", "临时", "temporary"),
    coded("laying", "敷设方式", "laying", d.LAYING),
    number("pressure_mpa", "压力", "pressure", "MPa", minimum=0, maximum=10),
    number("voltage_kv", "电压", "voltage", "kV", minimum=0, maximum=1200),
    count("cable_count", "电缆条数", "cables", unit="条", maximum=1000),
    count("holes_total", "总孔数", "ducts", unit="孔", maximum=1000),
    count("holes_used", "已用孔数", "ducts in use", unit="孔", maximum=1000),
    coded("material", "材质", "material", d.PIPE_MATERIAL),
    integer("nominal_mm", "公称直径", "nominal size", unit="mm", minimum=1, maximum=5000),
    number("outside_mm", "外径", "outside diameter", "mm", minimum=1, maximum=6000),
    number("width_mm", "断面宽", "section width", "mm", minimum=1, maximum=20000),
    number("height_mm", "断面高", "section height", "mm", minimum=1, maximum=20000),
    coded("size_basis", "外径依据", "basis of outside size", d.SIZE_BASIS),
    coded("depth_ref", "埋深基准", "depth refers to", d.DEPTH_REF),
    metres("start_depth_m", "起点埋深", "depth at start", minimum=0, maximum=60),
    metres("end_depth_m", "终点埋深", "depth at end", minimum=0, maximum=60),
    metres("start_invert_m", "起点管内底高程", "invert at start", minimum=-200, maximum=9000),
    metres("end_invert_m", "终点管内底高程", "invert at end", minimum=-200, maximum=9000),
    number("roughness_n", "曼宁糙率", "Manning roughness", "s/m^(1/3)", minimum=0.001, maximum=1),
    coded("flow_direction", "流向", "flow direction", d.FLOW_DIRECTION),
    flag("has_protection", "有套管或保护", "in a protective casing"),
    text("protection", "保护措施", "protection"),
    text("trench_id", "共沟编号", "shared trench or gallery"),
    coded("quality", "探测精度", "survey quality", d.SURVEY_QUALITY),
    year("year_built", "建设年代", "year built"),
    integer("defect_grade", "检测缺陷等级", "defect grade by inspection", minimum=0, maximum=4),
    date("works_from", "计划开工", "works from"),
    date("works_to", "计划完工", "works to"),
    text("road_name", "所在道路", "road"),
    *bookkeeping(),
), geometry=("LineString",), has_z=True, protected=True)  # fmt: skip

PIPE_NODE = Layer("pipe_node", Text("管点", "pipe node"), "pipe", (
    identifier("pipe_node"),
    text("number", "管点点号", "survey number"),
    coded("pipe_class", "大类", "class", d.PIPE_CLASS),
    text("subclass", "小类", "subclass", note="code of pipeline_codes.csv"),
    reference("owner_id", "权属单位", "owner", "organisation"),
    coded("kind", "类型", "kind", d.NODE_KIND),
    metres("ground_m", "地面高程", "ground elevation", minimum=-200, maximum=9000),
    metres("invert_m", "井底高程", "invert elevation", minimum=-200, maximum=9000),
    metres("depth_m", "井深", "depth", minimum=0, maximum=60),
    number("volume_m3", "调蓄容积", "storage volume", "m³", minimum=0, maximum=1e6),
    coded("quality", "探测精度", "survey quality", d.SURVEY_QUALITY),
    *bookkeeping(),
), geometry=("Point",), protected=True)  # fmt: skip

TREE = Layer("tree", Text("树木", "tree"), "surface", (
    identifier("tree"),
    coded("kind", "类型", "kind", d.TREE_KIND),
    text("species", "树种", "species"),
    metres("trunk_m", "胸径", "trunk diameter", minimum=0, maximum=10),
    metres("crown_m", "冠幅", "crown diameter", minimum=0, maximum=60),
    coded("state", "建设状态", "state", d.EXISTENCE),
    *bookkeeping(),
), geometry=("Point",))  # fmt: skip

POLE = Layer("pole", Text("杆塔", "pole"), "surface", (
    identifier("pole"),
    coded("kind", "类型", "kind", d.POLE_KIND),
    number("voltage_kv", "电压", "voltage", "kV", minimum=0, maximum=1200),
    reference("owner_id", "权属单位", "owner", "organisation"),
    metres("height_m", "高度", "height", minimum=0, maximum=300),
    *bookkeeping(),
), geometry=("Point",))  # fmt: skip

ASSET = Layer("asset", Text("小区设施", "asset"), "surface", (
    identifier("asset"),
    coded("kind", "类型", "kind", d.ASSET_KIND),
    text("name", "名称", "name"),
    coded("state", "建设状态", "state", d.EXISTENCE),
    reference("community_id", "小区", "community", "community"),
    text("operator", "运营单位", "operator"),
    date("operator_until", "运营期限", "operated until"),
    count("capacity", "容量", "capacity", maximum=100_000),
    number("power_kw", "功率", "power", "kW", minimum=0, maximum=100_000),
    area("area_m2", "面积", "area", maximum=1e6),
    metres("base_m", "底座高出地面", "base above ground", minimum=-5, maximum=20),
    *bookkeeping(),
), geometry=("Point", "Polygon"))  # fmt: skip

WORK = Layer("work", Text("工程", "work"), "renewal", (
    identifier("work"),
    reference("organisation_id", "实施单位", "organisation", "organisation"),
    text("name", "名称", "name"),
    coded("kind", "类型", "kind", d.WORK_KIND),
    text("item_code", "改造内容", "work item", note="code of scope_items.csv"),
    coded("state", "状态", "state", d.WORK_STATE),
    date("starts_on", "开工", "starts on"),
    date("ends_on", "完工", "ends on"),
    area("opened_m2", "开挖面积", "opened area"),
    metres("trench_width_m", "沟宽", "trench width", minimum=0, maximum=50),
    metres("depth_m", "挖深", "depth of the dig", minimum=0, maximum=60),
    fen("cost_fen", "造价", "cost"),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon", "LineString", "MultiLineString"))  # fmt: skip

RENEWAL = Layer("renewal", Text("周边更新项目", "surrounding renewal"), "renewal", (
    identifier("renewal"),
    reference("organisation_id", "实施单位", "organisation", "organisation"),
    text("name", "名称", "name", required=True),
    coded("kind", "类型", "kind", d.RENEWAL_KIND),
    coded("state", "状态", "state", d.WORK_STATE),
    date("starts_on", "开工", "starts on"),
    date("ends_on", "完工", "ends on"),
    fen("cost_fen", "投资", "cost"),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon", "LineString", "MultiLineString", "Point"))  # fmt: skip

EMBARGO = Layer("embargo", Text("禁挖", "embargo"), "renewal", (
    identifier("embargo"),
    text("reason", "原因", "reason", required=True),
    date("starts_on", "起始", "starts on"),
    date("ends_on", "截止", "ends on"),
    reference("organisation_id", "发布单位", "organisation", "organisation"),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon"))  # fmt: skip

PAST_PROGRAMME = Layer("past_programme", Text("已纳入计划", "past programme"), "renewal", (
    identifier("past_programme"),
    text("name", "小区名称", "name", required=True),
    year("year", "年度", "year"),
    coded("subsidy", "补助层级", "subsidy", d.SUBSIDY_LEVEL),
    text("document", "文件", "document"),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon", "Point"), optional_geometry=True)  # fmt: skip

EXPROPRIATION = Layer("expropriation", Text("征收拆除", "expropriation"), "renewal", (
    identifier("expropriation"),
    text("name", "名称", "name"),
    coded("kind", "类型", "kind", d.EXPROPRIATION_KIND),
    coded("state", "状态", "state", d.WORK_STATE),
    date("decided_on", "决定日期", "decided on"),
    text("document", "文件", "document"),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon"))  # fmt: skip

LANDCOVER = Layer("landcover", Text("地表覆盖", "land cover"), "surface", (
    identifier("landcover"),
    coded("cover", "类型", "class", d.LANDCOVER_CLASS),
    text("name", "名称", "name"),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon"))  # fmt: skip

CATCHMENT = Layer("catchment", Text("汇水区", "catchment"), "surface", (
    identifier("catchment"),
    text("name", "名称", "name"),
    reference("outlet_node_id", "接入管点", "outlet node", "pipe_node"),
    number("impervious_share", "不透水率", "impervious share", minimum=0, maximum=1),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon"))  # fmt: skip

STORM_MEASURE = Layer("storm_measure", Text("雨洪设施与措施", "stormwater measure"), "surface", (
    identifier("storm_measure"),
    coded("kind", "类型", "kind", d.STORM_MEASURE_KIND, required=True),
    text("name", "名称", "name"),
    coded("state", "建设状态", "state", d.EXISTENCE),
    reference("community_id", "小区", "community", "community"),
    reference("community_item_id", "改造项目", "scope item", "community_item"),
    metres("depth_m", "下凹深度", "depth of the hollow", minimum=0, maximum=3),
    metres("sill_m", "门槛高度", "height of the sill", minimum=0, maximum=3),
    number("volume_m3", "调蓄容积", "volume of storage", "m³", minimum=0, maximum=1e6),
    fen("cost_fen", "造价", "cost"),
    text("cost_basis", "造价依据", "basis of the cost"),
    *bookkeeping(),
), geometry=("Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon"))  # fmt: skip

TERRAIN = Layer("terrain", Text("地形", "terrain"), "surface", (
    identifier("terrain"),
    text("name", "名称", "name", required=True),
    text("file_sha256", "文件", "file", required=True, note="name under files/ of the plan"),
    number("cell_m", "格网", "cell size", "m", minimum=0.01, maximum=1000),
    text("height_datum", "高程基准", "height datum"),
    text("kind", "类型", "kind"),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon"))  # fmt: skip
