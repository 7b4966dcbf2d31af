"""Who and whence: organisations and the datasets that every row names, all labelled 演示数据."""

from __future__ import annotations

from scripts.demo import names
from scripts.demo.town import Town

UTILITIES = (
    ("ORG-WATER", "供水公司", "Water company", "water", ["自来水公司", "供水"]),
    (
        "ORG-DRAIN",
        "市政中心（排水）",
        "Municipal centre (drainage)",
        "drainage",
        ["市政中心", "排水"],
    ),
    ("ORG-GAS", "供气公司", "Gas company", "gas", ["燃气公司", "天然气公司"]),
    ("ORG-HEAT", "供暖公司", "Heating company", "heat", ["热力公司", "供热公司"]),
    ("ORG-POWER", "供电公司", "Power company", "power", ["电力公司"]),
    ("ORG-DX", "电信公司", "Telecom", "telecom", ["电信"]),
    ("ORG-YD", "移动公司", "Mobile", "telecom", ["移动"]),
    ("ORG-LT", "联通公司", "Unicom", "telecom", ["联通"]),
    ("ORG-GD", "广电公司", "Broadcasting network", "telecom", ["广电", "有线电视"]),
)
BUREAUS = (
    ("ORG-ZJ", "区住建和交通局", "Housing, Construction and Transport Bureau"),
    ("ORG-FG", "区发改局", "Development and Reform Bureau"),
    ("ORG-CZ", "区财政局", "Finance Bureau"),
    ("ORG-MZ", "区民政局", "Civil Affairs Bureau"),
    ("ORG-JY", "区教育局", "Education Bureau"),
    ("ORG-WJ", "区卫生健康局", "Health Bureau"),
    ("ORG-GX", "区工业信息化和商务局", "Industry, Information and Commerce Bureau"),
    ("ORG-GA", "市公安局利通区分局", "Public Security Branch"),
    ("ORG-ZR", "区自然资源局", "Natural Resources Bureau"),
    ("ORG-WH", "区文化旅游体育广电局", "Culture, Tourism, Sports Bureau"),
    ("ORG-ZF", "区综合执法局", "Law Enforcement Bureau"),
)
OTHERS = (
    ("ORG-SG", "演示施工单位", "Demonstration contractor", "contractor"),
    ("ORG-JL", "演示监理单位", "Demonstration supervisor", "supervisor"),
    ("ORG-TC", "演示探测单位", "Demonstration survey unit", "surveyor"),
    ("ORG-YY", "演示运营单位", "Demonstration operator", "operator"),
)
DATASETS = (
    ("DS-PLACE", "乡镇名称与示意边界", "public", "名称、代码来自 china-division 2.7.0；边界为示意"),
    ("DS-SURVEY", "2023年老旧小区摸底", "internal", None),
    ("DS-BASE", "城区底图建筑", "public", None),
    ("DS-ROAD", "道路与路面", "public", None),
    ("DS-WALK", "步行网与出入口", "public", None),
    ("DS-SERVICE", "公共服务设施", "public", None),
    ("DS-JS", "供水管线竣工与探测", "sensitive", None),
    ("DS-PS", "排水管网普查", "sensitive", None),
    ("DS-RQ", "燃气管线档案", "sensitive", None),
    ("DS-RL", "供热管网图", "sensitive", None),
    ("DS-DL", "电力通道资料", "sensitive", None),
    ("DS-TX", "通信管道资料", "sensitive", None),
    ("DS-PLAN", "改造方案设计管线", "internal", None),
    ("DS-TERRAIN", "地面高程模型", "internal", None),
    ("DS-WORKS", "各单位工程与更新项目", "internal", None),
    ("DS-PROG", "2024年改造计划", "internal", "分乡镇、分小区、分来源数字为演示假设，方案未给出"),
    ("DS-CONSENT", "居民意愿征询", "sensitive", "演示假设"),
)
HEIGHTED = {"DS-JS", "DS-PS", "DS-RQ", "DS-RL", "DS-DL", "DS-TX", "DS-PLAN", "DS-TERRAIN"}
LICENCE = "CC0 1.0（虚构的演示数据）"


def add_records(town: Town) -> None:
    """Datasets and organisations, before anything names them."""
    for key, title, secrecy, note in DATASETS:
        town.add(
            "dataset", key, title=f"演示数据：{title}", deliverer="演示数据生成器",
            delivered_on="2024-01-10", file_name=None, crs="EPSG:4544",
            height_datum="1985" if key in HEIGHTED else None, accuracy="虚构，不代表真实城市",
            licence=LICENCE if key != "DS-PLACE" else "WTFPL 2（china-division）",
            attribution="演示数据" if key != "DS-PLACE" else "演示数据；名称代码：china-division",
            secrecy=secrecy, is_demo=True, column_mapping=None,
            note=note or f"种子 {town.seed} 生成的演示数据", dataset_id=key,
        )  # fmt: skip
    for key, name, english, kind, aliases in UTILITIES:
        town.add(
            "organisation", key, name=name, name_en=english, aliases=aliases, kind=kind,
            contact="演示", join_distance_m=10.0 if kind != "telecom" else 5.0,
            lead_time_days=30 if kind != "telecom" else 20, dataset_id="DS-WORKS",
        )  # fmt: skip
    for key, name, english in BUREAUS:
        town.add("organisation", key, name=name, name_en=english, aliases=[], kind="government",
                 contact="演示", dataset_id="DS-WORKS")  # fmt: skip
    for key, name, english, kind in OTHERS:
        town.add("organisation", key, name=name, name_en=english, aliases=[], kind=kind,
                 contact="演示", dataset_id="DS-WORKS")  # fmt: skip
    for name in names.TOWNSHIPS:
        town.add(
            "organisation", f"ORG-T{names.litong()[name]['code']}", name=name,
            name_en=names.TOWNSHIP_EN[name], aliases=[], kind="township", contact="演示",
            dataset_id="DS-WORKS",
        )  # fmt: skip
