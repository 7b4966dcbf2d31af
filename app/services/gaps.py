"""The workbook of what is missing, for a township to fill in."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import Language, NotFoundError, Text, UsageError
from app.report.plain import is_missing, text
from app.schema import LAYERS, Actor, Column, Layer
from app.services import access
from app.services.detail import name_of, shown
from app.services.plans import OpenPlan
from app.services.readiness import assess, communities_of, lacks_code, member_communities

if TYPE_CHECKING:
    from app.report.gap_workbook import FillColumn, FillRow, FillSheet, FillWords

YES_NO = {"zh": ("是", "否"), "en": ("yes", "no")}
WORDS_OF_STAMP = "jiugai-gaps-1"


@dataclass(frozen=True)
class GapFile:
    """What was written: rows and empty cells by layer."""

    path: Path
    rows: dict[str, int]
    cells: int

    def as_json(self) -> dict[str, object]:
        return {"out": str(self.path), "rows": self.rows, "cells": self.cells}


def export_gaps(
    plan: OpenPlan,
    to: Path,
    *,
    actor: Actor,
    township: str | None = None,
    programme: str | None = None,
    everywhere: bool = False,
    language: Language = "zh",
) -> GapFile:
    """Write the gaps of a programme, or of the whole plan, or of one township (name or id).

    Raises
    ------
    NotFoundError
        No such township or programme.
    UsageError
        Nothing is missing there.
    """
    access.require(actor, "export", "plan")
    within, name = asked_places(plan, township, programme, everywhere)
    sheets = [sheet for sheet in _sheets(plan, actor, within, language) if sheet.rows]
    if not sheets:
        raise UsageError(
            Text(f"{name.zh}没有缺项", f"nothing is missing in {name.en}"),
            where=name.in_language(language),
            fix=Text("无需填报；可导出整个方案的缺项", "nothing to fill in; try the whole plan"),
        )
    title = Text(f"缺项填报表 · {name.zh}", f"Missing data · {name.en}")
    return write_to_fill(plan, to, sheets, fill_words(plan, actor, title, name, language))


def write_to_fill(plan: OpenPlan, to: Path, sheets: list[FillSheet], words: FillWords) -> GapFile:
    """Write the workbook whole, or leave what was there."""
    from app.report.gap_workbook import write_gap_workbook

    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f".{to.name}.part")
    try:
        with part.open("wb") as file:
            write_gap_workbook(file, sheets, words)
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    cells = sum(value is None for sheet in sheets for row in sheet.rows for value in row.values)
    return GapFile(to, {sheet.layer: len(sheet.rows) for sheet in sheets}, cells)


def township_named(plan: OpenPlan, wanted: str) -> tuple[str, str]:
    """(id, name) of a township by its id or name.

    Raises
    ------
    NotFoundError
        The plan has none.
    """
    rows = plan.frame("township")
    for row in rows[["township_id", "name"]].itertuples(index=False):
        if wanted in (row.township_id, row.name):
            return str(row.township_id), str(row.name)
    names = [str(name) for name in rows["name"]]
    raise NotFoundError(
        Text(f"没有乡镇 {wanted}", f"there is no township {wanted}"),
        where=wanted,
        fix=Text("可用：" + "、".join(names), "use one of: " + ", ".join(names)),
    )


def asked_places(
    plan: OpenPlan, township: str | None, programme: str | None, everywhere: bool
) -> tuple[frozenset[str] | None, Text]:
    """The communities whose gaps are asked, and what that is called."""
    from app.services.summary import chosen_programme

    programme_id = None if everywhere else chosen_programme(plan, programme)
    within = member_communities(plan, programme_id)
    name = Text(plan.store.meta.title, plan.store.meta.title_en or plan.store.meta.title)
    if township:
        township_id, called = township_named(plan, township)
        rows = plan.frame("community")
        own = frozenset(rows.loc[rows["township_id"] == township_id, "community_id"])
        within, name = (own if within is None else within & own), Text(called, called)
    return within, name


def _sheets(
    plan: OpenPlan, actor: Actor, within: frozenset[str] | None, language: Language
) -> list[FillSheet]:
    wanted: dict[str, tuple[dict[str, None], set[str]]] = {}
    for gap in assess(plan, actor, communities=within).gaps:
        columns, ids = wanted.setdefault(gap.layer.name, ({}, set()))
        columns.update(dict.fromkeys(need.column for need in gap.needs))
        ids.update(gap.ids)
    sheets = []
    for layer in (LAYERS[name] for name in LAYERS if name in wanted):
        names, ids = wanted[layer.name]
        sheets.append(sheet_to_fill(plan, layer, set(names), ids, language))
    return sheets


def sheet_to_fill(
    plan: OpenPlan, layer: Layer, columns: set[str], ids: set[str], language: Language
) -> FillSheet:
    """These columns of these rows, with what the plan holds already."""
    from app.report.gap_workbook import FillSheet

    asked = [column for column in layer.columns if column.name in columns]
    filled = [_fill_column(plan, column, language) for column in asked]
    rows = _fill_rows(plan, layer, asked, ids, language)
    return FillSheet(layer.name, layer.label.in_language(language), filled, rows)


def _fill_column(plan: OpenPlan, column: Column, language: Language) -> FillColumn:
    from app.report.gap_workbook import FillColumn, Kind

    choices: tuple[str, ...] = ()
    if column.domain is not None:
        codes = (code for code in column.domain.codes if code.code != "unknown")
        choices = tuple(code.label.in_language(language) for code in codes)
    elif column.kind == "bool":
        choices = YES_NO[language]
    elif column.references in ("township", "community"):
        choices = tuple(str(name) for name in plan.frame(column.references)["name"])
    kinds: dict[str, Kind] = {"int": "count", "float": "number", "date": "date"}
    money = column.unit == "fen"
    label = column.label.in_language(language)
    if label in ("小区", "名称", "编号", "community", "called", "id"):
        # These head the cells that only say which row it is.
        label += "（填报）" if language == "zh" else " (fill in)"
    return FillColumn(
        column.name,
        label,
        unit=unit_in_workbook(column),
        kind="number" if money else "choice" if choices else kinds.get(column.kind, "text"),
        choices=choices,
        minimum=column.minimum,
        maximum=column.maximum,
    )


def unit_in_workbook(column: Column) -> str:
    """Money is filled in as yuan."""
    return "元" if column.unit == "fen" else column.unit


def _fill_rows(
    plan: OpenPlan, layer: Layer, columns: list[Column], ids: set[str], language: Language
) -> list[FillRow]:
    from app.report.gap_workbook import FillRow

    frame = plan.frame(layer.name)
    chosen = frame[layer.id_column].isin(ids).to_numpy(dtype=bool)
    names = plan.frame("community").set_index("community_id")["name"].to_dict()
    places = communities_of(plan, layer.name)[chosen]
    records = frame[chosen].drop(columns="geometry", errors="ignore").to_dict("records")
    rows = [
        FillRow(
            str(row[layer.id_column]), str(names.get(place, "")),
            name_of(layer, {str(k): v for k, v in row.items()}, language),
            int(row["version"]),
            [_cell(plan, column, row[column.name], language) for column in columns],
        )
        for row, place in zip(records, places, strict=True)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row.community, row.row_id))


def _cell(
    plan: OpenPlan, column: Column, value: Any, language: Language
) -> str | int | float | None:
    if is_missing(value) or lacks_code(column, value):
        return None
    if column.references in ("township", "community"):
        names = plan.frame(column.references).set_index(f"{column.references}_id")["name"]
        return text(names.get(value)) or str(value)
    if column.domain is not None or column.kind in ("bool", "json"):
        return shown(column, value, language)
    if column.unit == "fen":
        return int(value) / 100
    if column.kind == "int":
        return int(value)
    if column.kind == "float":
        return float(value)
    return text(value)


def fill_words(
    plan: OpenPlan, actor: Actor, title: Text, name: Text, language: Language
) -> FillWords:
    """What stands around the cells, and the stamp by which the workbook finds its way back."""
    from app.report.gap_workbook import FillWords
    from app.schema import SCHEMA_VERSION

    zh = language == "zh"
    now = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    meta = plan.store.meta
    lines = [
        f"方案：{meta.title}" if zh else f"Plan: {meta.title_en or meta.title}",
        f"范围：{name.zh}" if zh else f"Area: {name.en}",
        f"导出：{now} · {actor.stamp}" if zh else f"Written: {now} · {actor.stamp}",
        "",
        "黄色单元格为待填内容；不知道的请留空，不要填 0。" if zh
        else "Fill in the yellow cells; leave empty what is not known, never 0.",
        "灰色为已有数据，发现有误可直接改正，收回时会逐项列出差异。" if zh
        else "Grey cells are known already; correct them if wrong, every difference is shown before saving.",
        "请勿改动编号列和表头，可以删除不填的行。" if zh
        else "Leave ids and headings as they are; rows may be deleted.",
        *(["演示数据，非真实情况" if zh else "Demonstration data, not real"] if meta.is_demo else []),
    ]  # fmt: skip
    return FillWords(
        title=title.in_language(language),
        row_id="编号" if zh else "id",
        community="小区" if zh else "community",
        name="名称" if zh else "called",
        version="版本" if zh else "version",
        guide="说明" if zh else "Guide",
        lines=lines,
        stamp={
            "format": WORDS_OF_STAMP,
            "plan": meta.plan_id,
            "schema": f"v{SCHEMA_VERSION}",
            "language": language,
            "written": now,
        },
    )
