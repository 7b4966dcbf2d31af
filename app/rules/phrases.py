"""The other language of words that the compiled tables hold in one language only."""

from __future__ import annotations

CHINESE: dict[str, str] = {
    # yielding and order
    "power": "电力", "telecom": "通信", "gas": "燃气", "heat": "热力", "water": "给水",
    "reclaimed": "再生水", "storm": "雨水", "sewage": "污水", "gas_distribution": "燃气配气",
    "gas_transmission": "燃气输气", "water_distribution": "给水配水", "water_transmission": "给水输水",
    # quality of survey
    "hidden_point": "隐蔽点探测", "exposed_point": "明显点", "any_measured_point": "任何实测点",
    "opened": "开挖验证", "records_with_surface_features": "资料加地面特征",
    "records_only": "仅资料", "direct": "直埋", "duct": "管埋", "trench": "管沟", "overhead": "架空",
    "unknown": "不明", "design": "设计",
    # conditions of clearance rows
    "both DN<=300": "两侧均 DN≤300", "DN>300": "任一侧 DN>300", "<=330 kV": "≤330 kV",
    ">330 kV": ">330 kV", "electrified": "电气化", "not electrified": "非电气化",
    "power <35 kV": "电力 <35 kV", "power >=35 kV": "电力 ≥35 kV",
    "minimum protection strip": "最小保护范围", "minimum control strip": "最小控制范围",
    "minimum protection strip from outer edge": "自外缘起最小保护范围",
    "minimum control strip from outer edge": "自外缘起最小控制范围",
    # indicators of the complete community
    "area_min": "最小面积", "area_per_100_households_min": "每百户最小面积",
    "charging_ready_share": "预留充电条件比例", "classes_min": "最少班数", "communities": "社区数",
    "complete": "设施完好齐备", "connected": "连通", "count": "数量", "count_min": "最少数量",
    "count_range": "数量", "covered": "覆盖", "ebike_parking_present": "有电动自行车停放场所",
    "floor_area": "建筑面积", "floor_area_min": "最小建筑面积", "floor_area_preferred": "宜达到的建筑面积",
    "floor_area_range": "建筑面积", "land_area_min": "最小用地面积",
    "places_per_1000_population_2025": "每千人托位（2025 年）", "population_range": "人口规模",
    "present": "配备", "share_of_floor_area_min": "占总建筑面积最小比例",
    "spaces_per_dwelling_min": "每户最少车位", "sport_share_range": "体育活动场地占比",
    "walk_time": "步行时间", "walk_time_range": "步行时间", "years": "期限", "where possible": "有条件的",
    # stormwater design
    "storm_sewer_return_small_medium_city_centre": "中小城市中心城区雨水管渠设计重现期",
    "storm_sewer_return_small_medium_noncentre": "中小城市非中心城区雨水管渠设计重现期",
    "storm_sewer_return_small_medium_key_area": "中小城市重要地区雨水管渠设计重现期",
    "storm_sewer_return_small_medium_underpass": "中小城市下穿通道雨水管渠设计重现期",
    "storm_sewer_return_large_centre": "大城市中心城区雨水管渠设计重现期",
    "storm_sewer_return_large_noncentre": "大城市非中心城区雨水管渠设计重现期",
    "storm_sewer_return_large_key": "大城市重要地区雨水管渠设计重现期",
    "storm_sewer_return_large_underpass": "大城市下穿通道雨水管渠设计重现期",
    "storm_sewer_return_mega_centre": "超大特大城市中心城区雨水管渠设计重现期",
    "waterlogging_return_small_medium": "中等和小城市内涝防治设计重现期",
    "waterlogging_return_large": "大城市内涝防治设计重现期",
    "waterlogging_return_very_large": "特大城市内涝防治设计重现期",
    "waterlogging_return_super": "超大城市内涝防治设计重现期", "road_ponding_limit": "道路积水深度限值",
    "max_drain_time_centre": "中心城区最大允许退水时间",
    "max_drain_time_noncentre": "非中心城区最大允许退水时间",
    "max_drain_time_key_area": "重要地区最大允许退水时间", "overland_entry_time_t1": "地面集水时间",
    "pipe_time_factor_m": "管内流行时间折减系数 m", "chicago_peak_ratio_r": "芝加哥雨型雨峰系数 r",
    "chicago_peak_ratio_r_examples": "雨峰系数 r 实例", "chicago_duration": "芝加哥雨型历时",
    "heavy_rain_mean_intensity_helan_east": "贺兰山东麓暴雨日平均雨量",
    "min_pipe_diameter": "最小管径", "min_slope_DN300_concrete": "DN300 混凝土管最小坡度",
    "min_velocity_sewage": "污水管最小设计流速", "min_velocity_storm_full": "雨水管满流最小设计流速",
    "storm_sewer_fullness": "雨水、合流管设计充满度", "max_velocity_metal": "金属管道最大设计流速",
    "max_velocity_nonmetal": "非金属管道最大设计流速",
    "manhole_spacing_DN300_600": "DN300–600 检查井最大间距",
    # roughness, storage, infiltration
    "smooth asphalt": "光滑沥青", "smooth concrete": "光滑混凝土", "fallow soil, no residue": "休耕裸土",
    "cultivated, residue <=20 %": "耕地，残茬≤20%", "cultivated, residue >20 %": "耕地，残茬>20%",
    "short grass prairie": "矮草地", "dense grass": "密草地", "bermuda grass": "狗牙根草地",
    "woods, light underbrush": "林地，疏灌丛", "woods, dense underbrush": "林地，密灌丛", "gravel": "碎石",
    "brick paving with mortar": "砂浆砌砖铺装", "roof": "屋面", "2-D grid, street": "二维网格街道",
    "2-D grid, courtyard paving": "二维网格庭院铺装", "2-D grid, lawn": "二维网格草坪",
    "2-D grid, shrub and trees": "二维网格灌木与树木",
    "2-D grid, building as roughness": "二维网格建筑（按糙率）", "UPVC, PE, GRP pipe": "UPVC、PE、玻璃钢管",
    "steel or asbestos-cement pipe": "钢管、石棉水泥管", "clay or cast-iron pipe": "陶土管、铸铁管",
    "concrete or reinforced-concrete pipe; cement-plastered channel": "混凝土管、水泥砂浆抹面渠道",
    "mortared brick channel": "浆砌砖渠道", "mortared stone channel": "浆砌块石渠道",
    "dry-stone channel": "干砌块石渠道", "earth channel, with or without grass": "土明渠",
    "impervious surface": "不透水面", "lawn": "草坪", "pasture": "牧草地", "forest litter": "林地枯落物",
    "permeable pavement surface": "透水铺装表面", "f0 sandy soil, dry, little vegetation": "干燥少植被砂土",
    "f0 loam, dry, little vegetation": "干燥少植被壤土", "f0 clay, dry, little vegetation": "干燥少植被黏土",
    "f0 multiplier for dense vegetation": "密植被倍数", "fc soil group A": "A 类土", "fc soil group B": "B 类土",
    "fc soil group C": "C 类土", "fc soil group D": "D 类土", "decay constant": "衰减系数",
    "drying time": "干燥时间", "working set for Litong irrigated silt loam": "利通灌淤土工作值",
    # flood hazard
    "AIDR 7-3 / ARR 2019 / NSW FB03": "澳大利亚 AIDR 7-3", "UK FD2320 debris factor": "英国 FD2320 漂浮物系数",
    "UK FD2320/FD2321 (FD2321 first form)": "英国 FD2321（初版）",
    "UK FD2320/FD2321 (2008 supplementary note)": "英国 FD2321（2008 补充）",
    "Helan Mountain flash-flood study at Yinchuan": "银川贺兰山山洪研究",
    "GB 51222-2017 / GB 50014-2021 pass-fail": "GB 51222-2017 / GB 50014-2021 合格判定",
    "China waterlogging risk, working classes": "内涝风险工作分级", "Swiss flood intensity": "瑞士洪水强度",
    "generally safe": "一般安全", "unsafe for small vehicles": "小型车辆不安全",
    "unsafe for vehicles, children and the elderly": "车辆、儿童和老人不安全",
    "unsafe for vehicles and people": "车辆和行人不安全",
    "unsafe; buildings vulnerable to damage": "不安全，建筑易受损",
    "unsafe; all buildings vulnerable to failure": "不安全，建筑可能破坏", "low, caution": "低，注意",
    "moderate, danger for some": "中，部分人危险", "significant, danger for most": "高，多数人危险",
    "extreme, danger for all": "极高，所有人危险", "depth <=0.25 m": "水深≤0.25 m", "depth >0.25 m": "水深>0.25 m",
    "low risk": "低风险", "medium risk": "中风险", "high risk": "高风险",
    "road ponding above limit in one lane": "道路一条车道积水超限", "low": "低", "medium": "中", "high": "高",
    "fail": "不合格", "DF": "DF", "stair_unit": "单元", "building": "楼栋", "community": "小区",
}  # fmt: skip

ENGLISH: dict[str, str] = {
    # indicators of the complete community
    "area_min": "least area", "area_per_100_households_min": "least area for 100 households",
    "charging_ready_share": "share ready for charging", "classes_min": "least number of classes",
    "count_min": "least number", "count_range": "number", "complete": "sound and complete",
    "ebike_parking_present": "parking for e-bikes", "floor_area_min": "least floor area",
    "floor_area_preferred": "preferred floor area", "floor_area_range": "floor area",
    "land_area_min": "least land area", "population_range": "residents", "present": "in place",
    "places_per_1000_population_2025": "places for 1,000 residents (2025)",
    "share_of_floor_area_min": "least share of the floor area",
    "spaces_per_dwelling_min": "least spaces for a dwelling", "sport_share_range": "share for sports",
    "walk_time": "walking time", "walk_time_range": "walking time",
    "铸铁": "cast iron", "钢": "steel", "混凝土": "concrete", "聚乙烯塑料": "polyethylene",
    "聚氯乙烯塑料": "PVC", "玻璃钢": "glass-fibre plastic", "球墨铸铁": "ductile iron", "砖石": "masonry",
    "砖": "brick", "石": "stone", "石棉": "asbestos cement", "陶瓷": "clay", "铜": "copper",
    "钢芯铝绞线": "steel-cored aluminium", "光纤": "fibre", "直埋": "direct burial", "管埋": "in a pipe",
    "管块": "duct block", "管沟": "trench", "架空": "overhead", "地面": "on the ground", "上架": "on a rack",
    "小通道": "small passage", "综合管廊(沟)": "utility gallery", "人防": "civil defence tunnel",
    "井内连线": "link inside a manhole", "顶管(非开挖或定向钻)": "jacked or drilled pipe",
    "水下": "under water",
}  # fmt: skip


def chinese(phrase: str) -> str:
    """The Chinese for a code or English phrase; one that nobody has named yet shows itself."""
    return CHINESE.get(phrase, phrase)


def english(name: str) -> str:
    """The English for a Chinese name; one that nobody has named yet shows itself."""
    return ENGLISH.get(name, name)
