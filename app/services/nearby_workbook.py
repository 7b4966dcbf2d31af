"""The workbook of nearby services: communities, kinds, who lacks what, sizes, gates worth opening."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from app.report.xlsx import Heading, Sheet, Stamp, write_workbook
from app.rules.row import CONFIDENCES
from app.schema import LAYERS
from app.services.exports import Exported, ExportRequest, whole_file
from app.services.nearby import LEVELS, held, overview
from app.services.plans import OpenPlan

# A fault that is only counted has no row to name.
_WHOLE = dict.fromkeys(("id", "name", "metres", "lon", "lat"), "")
_MEASURES = {"walk": ("步行", "on foot"), "straight": ("直线", "straight"), "count": ("按有无", "present")}  # fmt: skip
SOURCES = ("community", "building", "service", "walkway", "gate", "wall")


def export_services(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    """Write the workbook; option ``profile`` says who walks."""
    from app.services.stamps import stamp

    profile = request.options.get("profile") or "adult"
    zh = request.language == "zh"
    told: Any = overview(plan, profile, request.language)
    counting = [
        _communities(told, zh), _kinds(told, zh), _lacks(told, zh), _gates(plan, profile, request),
    ]  # fmt: skip
    if told["unit"] == "homes":
        counting = [_of_homes(sheet) for sheet in counting]
    sheets = [
        *counting[:3], _indicators(plan, profile, request), _sizes(plan, profile, request), counting[3],
        _faults(plan, profile, request),
    ]  # fmt: skip
    stamped = stamp(plan, SOURCES, request.actor)
    with whole_file(to) as file:
        write_workbook(file, sheets, Stamp(
            stamped.title.in_language(request.language), stamped.lines(request.language),
            unknown="未知" if zh else "unknown", total="合计" if zh else "total",
        ))  # fmt: skip
    return Exported(to, stamped.secrecy, {"community": len(told["communities"])})


def _of_homes(sheet: Sheet) -> Sheet:
    """The sheet of a plan that knows no households: homes are counted, and the heads say so."""
    heads = [
        replace(head, label=head.label.replace("户数", "住宅数").replace("households", "homes"))
        for head in sheet.headings
    ]
    return replace(sheet, headings=heads)


def _heads(zh: bool, *words: tuple[str, str, str]) -> list[Heading]:
    return [
        Heading(chinese if zh else english, kind=kind)  # type: ignore[arg-type]
        for chinese, english, kind in words
    ]


def _communities(told: Any, zh: bool) -> Sheet:
    names = {one["id"]: one["name"] for one in told["townships"]}
    heads = _heads(
        zh, ("乡镇", "township", "text"), ("小区", "community", "text"),
        ("户数", "households", "count"), ("5 分钟覆盖 %", "5 minutes %", "number"),
        ("10 分钟覆盖 %", "10 minutes %", "number"), ("15 分钟覆盖 %", "15 minutes %", "number"),
        ("完全缺的类数", "kinds missing altogether", "count"),
        ("部分缺的类数", "kinds partly missing", "count"),
    )  # fmt: skip
    rows = [
        [names.get(one["township_id"]), one["name"], one["households"],
         *(_percent(one["cover"][level]) for level in LEVELS), len(one["lacking"]), len(one["partly"])]
        for one in told["communities"]
    ]  # fmt: skip
    return Sheet("各小区" if zh else "communities", heads, rows)


def _percent(cover: dict[str, int]) -> float | None:
    return round(100 * cover["within"] / cover["judged"], 1) if cover["judged"] else None


def _kinds(told: Any, zh: bool) -> Sheet:
    heads = _heads(
        zh, ("设施", "kind", "text"), ("判定", "measure", "text"), ("标准距离 m", "limit m", "number"),
        ("现有处数", "facilities", "count"), ("达标户数", "households within", "count"),
        ("不达标户数", "households beyond", "count"), ("未知户数", "households unknown", "count"),
        ("条款", "clause", "text"), ("可信度", "confidence", "text"),
    )  # fmt: skip
    rows = [
        [k["label"], _MEASURES[k["measure"]][0 if zh else 1], k["limit_m"], k["facilities"], k["households"]["within"],
         k["households"]["beyond"], k["households"]["unknown"], k["clause"],
         CONFIDENCES[k["confidence"]].in_language("zh" if zh else "en")]
        for k in told["kinds"]
    ]  # fmt: skip
    return Sheet("各类设施" if zh else "kinds", heads, rows)


def _lacks(told: Any, zh: bool) -> Sheet:
    kinds = {k["rule_id"]: k for k in told["kinds"]}
    heads = _heads(
        zh, ("小区", "community", "text"), ("缺少设施", "missing kind", "text"),
        ("不达标户数", "households beyond", "count"), ("小区户数", "households", "count"),
        ("条款", "clause", "text"),
    )  # fmt: skip
    rows = [
        [one["name"], kinds[miss["rule_id"]]["label"], miss["households"], one["households"],
         kinds[miss["rule_id"]]["clause"]]
        for one in told["communities"]
        for miss in (*one["lacking"], *one["partly"])
    ]  # fmt: skip
    return Sheet("服务缺口" if zh else "gaps", heads, rows)


def _indicators(plan: OpenPlan, profile: str, request: ExportRequest) -> Sheet:
    """The complete-community standard, community by community."""
    from app.services.nearby_indicators import sheet_rows

    zh = request.language == "zh"
    heads = _heads(
        zh, ("乡镇", "township", "text"), ("小区", "community", "text"), ("项号", "item", "text"),
        ("指标", "indicator", "text"), ("实有", "is", "number"), ("标准", "required", "number"),
        ("单位", "unit", "text"), ("结论", "verdict", "text"), ("缺少数据", "missing data", "text"),
        ("达标户数", "households met", "count"), ("户数", "households", "count"),
        ("条款", "clause", "text"), ("可信度", "confidence", "text"),
    )  # fmt: skip
    rows = sheet_rows(plan, profile, request.language)
    if held(plan, profile).standing.homes.unit == "homes":
        at = [k for k, head in enumerate(heads) if head.kind == "count"]
        rows = [[None if k in at else cell for k, cell in enumerate(row)] for row in rows]
    return Sheet("完整社区指标" if zh else "indicators", heads, rows)


def _faults(plan: OpenPlan, profile: str, request: ExportRequest) -> Sheet:
    """What is wrong with the network, row by row."""
    from app.services.nearby_network import network

    zh = request.language == "zh"
    told: Any = network(plan, profile, request.language)["faults"]
    heads = _heads(
        zh, ("问题", "fault", "text"), ("编号", "id", "text"), ("名称", "name", "text"),
        ("距步行网 m", "metres from the network", "number"), ("经度", "longitude", "number"),
        ("纬度", "latitude", "number"),
    )  # fmt: skip
    rows = [
        [fault["says"], row.get("id"), row.get("name"), row.get("metres"), row.get("lon"), row.get("lat")]
        for fault in told
        for row in (fault["rows"] or [_WHOLE])
    ]  # fmt: skip
    return Sheet("步行网问题" if zh else "network faults", heads, rows)


def _sizes(plan: OpenPlan, profile: str, request: ExportRequest) -> Sheet:
    from app.analysis.nearby.sizes import sizes_of

    zh = request.language == "zh"
    rules = held(plan, profile).inputs.rules["facilities"]
    layer = LAYERS["service"]
    words = {
        "pass": "达标" if zh else "pass", "fail": "不足" if zh else "too small",
        "unknown": "未知" if zh else "unknown",
    }  # fmt: skip
    heads = _heads(
        zh, ("设施编号", "facility", "text"), ("类别", "kind", "text"), ("指标", "size", "text"),
        ("实有", "is", "number"), ("标准下限", "at least", "number"), ("结论", "verdict", "text"),
        ("条款", "clause", "text"),
    )  # fmt: skip
    rows = [
        [size.service_id, size.row.label.in_language(request.language),
         layer.column(size.column).label.in_language(request.language), size.value, size.required,
         words[size.verdict], f"{size.row.standard} {size.row.clause}"]
        for size in sizes_of(plan.table("service"), rules)
    ]  # fmt: skip
    return Sheet("规模" if zh else "sizes", heads, rows)


def _gates(plan: OpenPlan, profile: str, request: ExportRequest) -> Sheet:
    from app.services.nearby_advice import gate_advice

    zh = request.language == "zh"
    advice: Any = gate_advice(plan, profile, request.language)["advice"]
    heads = _heads(
        zh, ("出入口或围墙处", "gate or place in a wall", "text"), ("做法", "what", "text"), ("新增达标户数", "households gained", "count"),
        ("设施", "kinds", "text"),
    )  # fmt: skip
    does = {
        "gate": "打开" if zh else "open", "cut": "在截断处开门" if zh else "gate at the cut",
        "opening": "新开门" if zh else "new gate",
    }  # fmt: skip
    rows = [
        [
            one["name"],
            does[one["do"]],
            one["households_gained"],
            "、".join(k["label"] for k in one["kinds"]),
        ]
        for one in advice
    ]
    return Sheet("开门建议" if zh else "gates", heads, rows)
