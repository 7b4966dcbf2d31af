"""The sheets of a plan's workbook: totals first, then the rows they come from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from app.errors import Language
from app.report.plain import is_missing, plain
from app.report.xlsx import Cell, Heading, Kind, Sheet
from app.schema import DOMAINS, LAYERS, Column, Layer
from app.services import access
from app.services.plans import OpenPlan
from app.services.table import HIDDEN, NOT_SUMMED

if TYPE_CHECKING:
    import pandas as pd

    from app.services.exports import ExportRequest

# Tables of the workbook after the totals; a layer without rows is left out.
TABLES = (
    "township", "community", "building", "programme", "programme_member", "community_item",
    "funding", "service", "past_programme", "expropriation", "work", "dataset",
)  # fmt: skip
_KINDS: dict[str, Kind] = {"int": "count", "float": "number", "date": "date", "datetime": "moment"}


def plan_sheets(plan: OpenPlan, request: ExportRequest) -> tuple[list[Sheet], dict[str, int]]:
    """The totals of every programme and the tables with rows that the actor may see."""
    counts = plan.counts()
    shown = [
        name for name in TABLES if counts.get(name) and access.can(request.actor, "export", name)
    ]
    sheets = _total_sheets(plan, request)
    sheets += [table_sheet(plan, name, plan.frame(name), request.language) for name in shown]
    return sheets, {name: counts[name] for name in shown}


def _total_sheets(plan: OpenPlan, request: ExportRequest) -> list[Sheet]:
    from app.services.meta import programmes

    ids: list[str | None] = [str(item["id"]) for item in programmes(plan)]
    wanted = request.options.get("programme")
    if wanted:
        ids = [wanted]
    return [_totals(plan, programme, request.language) for programme in ids or [None]]


def _totals(plan: OpenPlan, programme: str | None, language: Language) -> Sheet:
    from app.services.summary import summary

    live: Any = summary(plan, programme=programme, language=language)
    zh = language == "zh"
    categories = [
        (code.code, code.label.in_language(language)) for code in DOMAINS["category"].codes
    ]
    head = (
        ("乡镇", "小区", "阶段", "小区数", "楼栋", "面积", "户数", "投资")
        if zh
        else ("township", "community", "stage", "communities", "buildings", "area", "households", "cost")
    )  # fmt: skip
    unknown = ("面积未知楼栋", "户数未知楼栋", "造价未知项目") if zh else (
        "buildings of unknown area", "of unknown households", "items of unknown cost",
    )  # fmt: skip
    wan = "万元" if zh else "10,000 yuan"
    headings = [
        *(Heading(word) for word in head[:3]),
        Heading(head[3], kind="count", summed=True),
        Heading(head[4], "栋" if zh else "", "count", summed=True),
        Heading(head[5], "m²", "number", summed=True),
        Heading(head[6], "户" if zh else "", "count", summed=True),
        Heading(head[7], wan, "number", summed=True),
        *(Heading(label, wan, "number", summed=True) for _, label in categories),
        *(Heading(word, kind="count", summed=True) for word in unknown),
    ]
    name = (live["programme"] or {}).get("name") or ("全部" if zh else "everything")
    return Sheet(
        ("汇总 " if zh else "totals ") + str(name),
        headings,
        list(_total_rows(live, [code for code, _ in categories], language)),
        notes=["按当前数据实时计算" if zh else "computed from the rows as they are now"],
    )


def _total_rows(live: Any, categories: list[str], language: Language) -> Iterator[list[Cell]]:
    stages = DOMAINS["stage"]
    for township in live["townships"]:
        for community in township["communities"]:
            if not community["in_programme"]:
                continue
            stage = stages.label_of(community["stage"], language)
            stage = ("未知" if language == "zh" else "unknown") if stage == "unknown" else stage
            yield [township["name"], community["name"], stage, *_figures(community, categories)]
    if live["unassigned"]:
        word = "不属于任何小区" if language == "zh" else "in no community"
        yield ["", word, "", *_figures(live["unassigned"], categories)]


def _figures(item: Any, categories: list[str]) -> list[Cell]:
    totals = item["totals"]
    return [
        totals["communities"], totals["buildings"], totals["floor_area_m2"], totals["households"],
        totals["cost_fen"] / 1_000_000,
        *(item["categories"][code] / 1_000_000 for code in categories),
        *(totals["unknown"][key] for key in ("floor_area_m2", "households", "cost_fen")),
    ]  # fmt: skip


def table_sheet(plan: OpenPlan, layer: str, rows: pd.DataFrame, language: Language) -> Sheet:
    """A layer's rows with labels instead of codes; money in yuan; ids stay as they are."""
    return frame_sheet(LAYERS[layer], rows, language)


def frame_sheet(layer: Layer, rows: pd.DataFrame, language: Language) -> Sheet:
    """The rows of any layer, also of one that is made for an export."""
    columns = [c for c in layer.columns if c.name not in HIDDEN]
    return Sheet(
        layer.label.in_language(language),
        [_heading(column, language) for column in columns],
        _cells(rows, columns, language),
    )


def _heading(column: Column, language: Language) -> Heading:
    label = column.label.in_language(language)
    if column.unit == "fen":
        return Heading(label, "元" if language == "zh" else "yuan", "number", summed=True)
    kind: Kind = (
        "text" if column.domain or column.kind == "bool" else _KINDS.get(column.kind, "text")
    )
    summed = bool(column.unit) and column.kind == "int" and column.name not in NOT_SUMMED
    summed |= column.unit in ("m²",)
    if column.kind == "int" and not column.unit:
        kind = "text"  # a year is not 1,985
    return Heading(label, column.unit, kind, summed=summed)


def _cells(rows: pd.DataFrame, columns: list[Column], language: Language) -> Iterator[list[Cell]]:
    values = {column.name: rows[column.name].astype(object).tolist() for column in columns}
    for at in range(len(rows)):
        yield [_cell(column, values[column.name][at], language) for column in columns]


def _cell(column: Column, value: Any, language: Language) -> Cell:
    from app.services.detail import shown

    if is_missing(value):
        return None
    if column.domain is not None or column.kind in ("bool", "json"):
        return shown(column, value, language)
    if column.unit == "fen":
        return int(value) / 100
    if column.kind in ("date", "datetime"):
        moment: Cell = value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
        return moment if column.kind == "datetime" else getattr(moment, "date", lambda: moment)()
    if column.kind == "int" and not column.unit:
        return str(int(value))
    cell: Cell = plain(column, value)
    return cell
