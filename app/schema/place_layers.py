"""Where people live and what serves them: townships, communities, buildings, gates, services."""

from __future__ import annotations

from app.errors import Text
from app.schema import domains as d
from app.schema.columns import (
    area,
    bookkeeping,
    coded,
    count,
    date,
    document,
    flag,
    identifier,
    metres,
    number,
    reference,
    text,
    year,
)
from app.schema.model import Layer

TOWNSHIP = Layer("township", Text("乡镇", "township"), "place", (
    identifier("township"),
    text("code", "行政区划代码", "administrative code"),
    text("name", "名称", "name", required=True),
    text("name_en", "英文名称", "name in English"),
    flag("schematic", "示意边界", "schematic boundary"),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon"), exclusive=True)  # fmt: skip

COMMUNITY = Layer("community", Text("小区", "community"), "place", (
    identifier("community"),
    reference("township_id", "乡镇", "township", "township"),
    text("name", "小区名称", "name", required=True),
    text("name_en", "英文名称", "name in English"),
    document("aliases", "别名", "aliases"),
    text("neighbourhood", "所属社区", "neighbourhood committee"),
    text("address", "地址", "address"),
    year("year_built", "建成年代", "year built"),
    coded("year_proof", "年代依据", "proof of year", d.YEAR_PROOF),
    count("buildings_surveyed", "摸底楼栋数", "buildings by survey", unit="栋"),
    count("households", "摸底户数", "households by survey", unit="户"),
    area("floor_area_m2", "摸底建筑面积", "floor area by survey"),
    coded("owner_kind", "产权类别", "owner kind", d.OWNER_KIND),
    text("original_owner", "原产权单位", "original owner"),
    flag("fenced", "封闭小区", "fenced"),
    coded("property_management", "物业管理", "property management", d.PROPERTY_MANAGEMENT),
    number("residents_over_60_share", "60岁以上居民占比", "share of residents over 60",
           minimum=0, maximum=1),
    count("residents", "常住人口", "residents", unit="人"),
    count("parking_spaces", "停车位", "parking spaces", unit="个"),
    number("green_share", "绿地率", "green share", minimum=0, maximum=1),
    text("works_wanted", "需改造内容", "works wanted by survey"),
    date("surveyed_on", "摸底日期", "surveyed on"),
    flag("schematic", "示意边界", "schematic boundary"),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon"), exclusive=True)  # fmt: skip

BUILDING = Layer("building", Text("楼栋", "building"), "place", (
    identifier("building"),
    reference("community_id", "小区", "community", "community"),
    text("number", "楼号", "building number"),
    document("aliases", "别名", "aliases"),
    text("name", "名称", "name"),
    coded("use", "用途", "use", d.BUILDING_USE),
    count("floors", "层数", "floors", unit="层", maximum=200),
    metres("height_m", "高度", "height", minimum=0, maximum=900),
    count("households", "户数", "households", unit="户", maximum=5000),
    year("year_built", "建成年代", "year built"),
    coded("year_proof", "年代依据", "proof of year", d.YEAR_PROOF),
    area("floor_area_m2", "建筑面积", "floor area", maximum=2e6),
    coded("structure", "结构", "structure", d.STRUCTURE),
    coded("owner_kind", "产权类别", "owner kind", d.OWNER_KIND),
    flag("has_elevator", "有电梯", "has a lift"),
    flag("has_insulation", "有外墙保温", "has insulation"),
    year("roof_repaired_year", "屋面维修年份", "roof last repaired"),
    metres("foundation_depth_m", "基础埋深", "foundation depth", minimum=0, maximum=100),
    metres("door_sill_m", "门槛高出地面", "door sill above ground", minimum=-5, maximum=5),
    flag("roof_to_drain", "屋面雨水接管", "roof water piped to the drain"),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon"), exclusive=True)  # fmt: skip

STAIR_UNIT = Layer("stair_unit", Text("单元", "stair unit"), "place", (
    identifier("stair_unit"),
    reference("building_id", "楼栋", "building", "building", required=True),
    text("number", "单元号", "unit number"),
    count("households", "户数", "households", unit="户", maximum=1000),
    count("floors", "层数", "floors", unit="层", maximum=200),
    flag("has_elevator", "有电梯", "has a lift"),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon"))  # fmt: skip

UNIT_DOOR = Layer("unit_door", Text("单元门", "unit door"), "place", (
    identifier("unit_door"),
    reference("stair_unit_id", "单元", "stair unit", "stair_unit"),
    reference("building_id", "楼栋", "building", "building", required=True),
    count("steps", "台阶数", "steps", unit="级", maximum=200),
    flag("has_ramp", "有坡道", "has a ramp"),
    metres("sill_m", "门槛高出地面", "sill above ground", minimum=-5, maximum=5),
    *bookkeeping(),
), geometry=("Point",))  # fmt: skip

GATE = Layer("gate", Text("出入口", "gate"), "walking", (
    identifier("gate"),
    reference("community_id", "小区", "community", "community"),
    text("name", "名称", "name"),
    coded("kind", "类型", "kind", d.GATE_KIND),
    coded("state", "状态", "state", d.GATE_STATE),
    text("hours", "开放时间", "hours"),
    metres("width_m", "净宽", "clear width", minimum=0, maximum=60),
    metres("height_m", "净高", "clear height", minimum=0, maximum=30),
    *bookkeeping(),
), geometry=("Point",))  # fmt: skip

WALL = Layer("wall", Text("围墙", "wall"), "walking", (
    identifier("wall"),
    reference("community_id", "小区", "community", "community"),
    coded("kind", "类型", "kind", d.WALL_KIND),
    metres("height_m", "高度", "height", minimum=0, maximum=30),
    flag("passable", "可穿行", "passable on foot"),
    *bookkeeping(),
), geometry=("LineString", "MultiLineString"))  # fmt: skip

SERVICE = Layer("service", Text("服务设施", "service"), "service", (
    identifier("service"),
    text("kind", "设施类别", "kind", required=True,
         note="code of facilities.csv, checked by its rule table"),
    text("name", "名称", "name"),
    coded("state", "建设状态", "state", d.EXISTENCE),
    count("capacity", "容量", "capacity", unit="人", maximum=1_000_000),
    area("floor_area_m2", "建筑面积", "floor area", maximum=2e6),
    area("land_area_m2", "用地面积", "land area", maximum=1e7),
    text("operator", "运营单位", "operator"),
    text("hours", "开放时间", "hours"),
    number("entrance_x", "入口东坐标", "entrance easting", "m"),
    number("entrance_y", "入口北坐标", "entrance northing", "m"),
    reference("community_id", "所在小区", "community", "community"),
    *bookkeeping(),
), geometry=("Point", "Polygon", "MultiPolygon"))  # fmt: skip

PLOT_ROOM = Layer("plot_room", Text("存量用房/地块", "idle room or plot"), "service", (
    identifier("plot_room"),
    text("name", "名称", "name"),
    coded("kind", "类型", "kind", d.PLOT_KIND),
    area("area_m2", "面积", "area", maximum=1e6),
    text("owner", "产权单位", "owner"),
    date("available_from", "可用起始", "available from"),
    reference("community_id", "所在小区", "community", "community"),
    *bookkeeping(),
), geometry=("Point", "Polygon", "MultiPolygon"))  # fmt: skip

WALKWAY = Layer("walkway", Text("步行网", "walkway"), "walking", (
    identifier("walkway"),
    coded("kind", "类型", "kind", d.WALKWAY_KIND),
    text("name", "名称", "name"),
    metres("width_m", "宽度", "width", minimum=0, maximum=100),
    flag("steps", "有台阶", "has steps"),
    number("slope", "坡度", "slope", minimum=-1, maximum=1),
    coded("barrier", "障碍", "barrier", d.WALKWAY_BARRIER),
    *bookkeeping(),
), geometry=("LineString",))  # fmt: skip

ROAD = Layer("road", Text("道路", "road"), "surface", (
    identifier("road"),
    text("name", "道路名称", "name"),
    coded("road_class", "等级", "class", d.ROAD_CLASS),
    coded("surface", "路面", "surface", d.ROAD_SURFACE),
    coded("place", "路面部位", "part of the street", d.PAVEMENT_PLACE),
    metres("width_m", "宽度", "width", minimum=0, maximum=200),
    metres("kerb_m", "路缘高度", "kerb height", minimum=0, maximum=1),
    date("last_paved", "上次铺装", "last paved"),
    flag("fire_lane", "消防车道", "fire lane"),
    flag("parking_beside", "路侧停车", "parking beside"),
    flag("underpass", "下穿", "underpass"),
    *bookkeeping(),
), geometry=("Polygon", "MultiPolygon"))  # fmt: skip
