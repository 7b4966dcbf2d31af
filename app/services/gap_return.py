"""A filled-in workbook of gaps: what differs from the plan now, and saving what people accept."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import Finding, InputFileError, InvalidDataError, Language, Text
from app.report.plain import is_missing, on_the_clock, plain
from app.schema import LAYERS, Actor, Column, Layer
from app.services import access
from app.services.detail import name_of, shown
from app.services.gaps import WORDS_OF_STAMP, unit_in_workbook
from app.services.meta import both
from app.services.plans import OpenPlan, known_layer

if TYPE_CHECKING:
    from app.store import Applied
    from app.store.readers.chunks import Chunk
    from app.store.readers.delivery import Limits

_ID, _VERSION = "@id", "@version"


@dataclass(frozen=True)
class CellChange:
    """One cell that would change."""

    column: Column
    old: Any
    new: Any


@dataclass(frozen=True)
class RowChange:
    """A row whose cells would change. ``version`` is that of the row now.

    ``clash``: somebody changed the row after the workbook was written; ``changed_by`` and
    ``changed_at`` say who and when.
    """

    layer: Layer
    row_id: str
    name: str
    version: int
    cells: tuple[CellChange, ...]
    clash: bool
    changed_by: str
    changed_at: str


@dataclass(frozen=True)
class GapReturn:
    """What a workbook would change. ``same`` counts filled cells that the plan holds already."""

    rows: tuple[RowChange, ...]
    faults: tuple[Finding, ...]
    same: int
    written: str

    def as_json(self, plan: OpenPlan, language: Language) -> dict[str, object]:
        return {
            "written": self.written,
            "same": self.same,
            "faults": [fault.as_json(language) for fault in self.faults],
            "rows": [_row_json(plan, row, language) for row in self.rows],
        }


def read_gaps(
    plan: OpenPlan, path: Path, *, actor: Actor, name: str = "", limits: Limits | None = None
) -> GapReturn:
    """Compare a filled-in workbook with the plan as it is now; nothing is saved.

    Raises
    ------
    InputFileError
        No workbook of this plan's gaps, or one that cannot be read.
    NotFoundError, NotAllowedError
        A layer in it that the actor may not edit.
    """
    from app.store.readers.delivery import UPLOAD, open_delivery

    with open_delivery(path, name=name, limits=limits or UPLOAD) as delivery:
        sheets = _sheets(delivery.events())
    stamp, headings = _stamp(plan, sheets, name or path.name)
    for layer in headings.values():
        access.require(actor, "edit", known_layer(layer.layer))
    rows: list[RowChange] = []
    faults: list[Finding] = []
    same = 0
    for sheet, known in headings.items():
        for chunk in sheets.get(sheet, []):
            found = _Compared(plan, LAYERS[known.layer], known.columns, sheet).compare(chunk)
            rows += found[0]
            faults += found[1]
            same += found[2]
    return GapReturn(tuple(rows), tuple(faults), same, stamp.get("written", ""))


def save_gaps(
    plan: OpenPlan, wishes: Sequence[Mapping[str, Any]], actor: Actor, *, note: str = ""
) -> list[Applied]:
    """Save accepted rows, ``[{layer, id, version, values}]`` as ``RowChange`` told them, all or none.

    Raises
    ------
    InvalidDataError
        A value that its column cannot hold.
    VersionClashError
        A row changed since the differences were shown.
    """
    from app.store import Edit

    edits, faults = [], []
    for wish in wishes:
        layer = LAYERS[known_layer(str(wish.get("layer")))]
        access.require(actor, "edit", layer.name)
        values, wrong = _checked(plan, layer, str(wish.get("id")), wish.get("values"))
        faults += wrong
        version = wish.get("version")
        edits.append(
            Edit(layer.name, "update", str(wish.get("id")), values,
                 version if isinstance(version, int) else None)
        )  # fmt: skip
    if faults or not edits:
        raise InvalidDataError(
            Text(f"{len(faults)} 处不能保存", f"{len(faults)} values cannot be saved")
            if faults else Text("没有要保存的内容", "there is nothing to save"),
            where="gaps",
            fix=Text("改正后重新上传", "correct the workbook and bring it again"),
            findings=faults,
        )  # fmt: skip
    return plan.store.apply(edits, actor, note, plan.scenario or None)


# --- the workbook -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Known:
    """A sheet of the stamp: its layer, and the column under each heading."""

    layer: str
    columns: dict[str, str]


def _sheets(events: Iterator[Any]) -> dict[str, list[Chunk]]:
    from app.store.readers.chunks import Chunk
    from app.store.readers.delivery import DeliveredLayer

    sheets: dict[str, list[Chunk]] = {}
    name = ""
    for event in events:
        if isinstance(event, DeliveredLayer):
            name = event.name
            sheets[name] = []
        elif isinstance(event, Chunk):
            sheets[name].append(event)
    return sheets


def _stamp(
    plan: OpenPlan, sheets: Mapping[str, list[Chunk]], file: str
) -> tuple[dict[str, str], dict[str, _Known]]:
    from app.report.gap_workbook import STAMP_HEAD, STAMP_SHEET

    facts: dict[str, str] = {}
    known: dict[str, _Known] = {}
    for chunk in sheets.get(STAMP_SHEET, []):
        cells = (chunk.columns.get(head, [None] * len(chunk.numbers)) for head in STAMP_HEAD)
        for sheet, layer, heading, column in zip(*cells, strict=True):
            if not sheet:
                facts[str(heading)] = str(column)
            elif layer in LAYERS and (
                column in (_ID, _VERSION) or LAYERS[layer].has_column(column)
            ):
                columns = known.setdefault(str(sheet), _Known(str(layer), {})).columns
                columns["".join(str(heading).split())] = str(column)
    if facts.get("format") != WORDS_OF_STAMP or not known:
        raise InputFileError(
            Text(f"{file} 不是本系统导出的缺项填报表", f"{file} is no workbook of missing data"),
            where=file,
            fix=Text("在数据体检页导出填报表，填好后原样交回",
                     "write the workbook on the readiness page, fill it in and bring it back"),
        )  # fmt: skip
    if facts.get("plan") != plan.store.meta.plan_id:
        raise InputFileError(
            Text(f"{file} 属于方案 {facts.get('plan')}", f"{file} is of plan {facts.get('plan')}"),
            where=file,
            fix=Text("在该方案中收回", "take it back in that plan"),
        )
    return facts, known


class _Compared:
    """One sheet beside its layer."""

    def __init__(
        self, plan: OpenPlan, layer: Layer, headings: Mapping[str, str], sheet: str
    ) -> None:
        self.plan, self.layer, self.sheet = plan, layer, sheet
        self.headings = headings
        frame = plan.frame(layer.name).drop(columns="geometry", errors="ignore")
        self.now = {str(row[layer.id_column]): row for row in frame.to_dict("records")}

    def compare(self, chunk: Chunk) -> tuple[list[RowChange], list[Finding], int]:
        """(rows that would change, faults, cells that are the same)."""
        by_column = {self.headings[h]: v for h, v in chunk.columns.items() if h in self.headings}
        numbers = [int(number) for number in chunk.numbers]
        if _ID not in by_column:
            message = Text("缺少编号列", "the column of ids is missing")
            return [], [self._fault(numbers[0] if numbers else 1, "", message)], 0
        values, faults = self._values(by_column, numbers)
        versions = by_column.get(_VERSION, [None] * len(numbers))
        rows: list[RowChange] = []
        same = 0
        for at, row_id in enumerate(by_column[_ID]):
            filled = {name: cells[at] for name, cells in values.items() if cells[at] is not None}
            if is_missing(row_id) or not filled:
                continue
            held = self.now.get(str(row_id))
            if held is None:
                gone = Text(
                    f"方案中没有 {row_id}，可能已删除", f"the plan has no {row_id}; deleted?"
                )
                faults.append(self._fault(numbers[at], "", gone, str(row_id)))
                continue
            change = self._row(str(row_id), held, filled, versions[at])
            same += len(filled) - len(change.cells)
            if change.cells:
                rows.append(change)
        return rows, faults, same

    def _row(
        self, row_id: str, held: Mapping[Any, Any], filled: Mapping[str, Any], version: object
    ) -> RowChange:
        cells = [
            CellChange(column, old, filled[column.name])
            for column in self.layer.columns
            if column.name in filled
            and not _equal(old := plain(column, held[column.name]), filled[column.name])
        ]
        now = int(held["version"])
        seen = None if is_missing(version) else int(float(str(version)))
        return RowChange(
            self.layer, row_id, name_of(self.layer, dict(held), "zh"), now, tuple(cells),
            clash=seen != now,
            changed_by="" if is_missing(held.get("updated_by")) else str(held["updated_by"]),
            changed_at=on_the_clock(held.get("updated_at")),
        )  # fmt: skip

    def _values(
        self, by_column: Mapping[str, Any], numbers: Sequence[int]
    ) -> tuple[dict[str, list[Any]], list[Finding]]:
        """Plain values by column, None where a cell is empty or cannot be used."""
        import numpy as np

        from app.services.imports.values import convert

        values: dict[str, list[Any]] = {}
        faults: list[Finding] = []
        for name, raw in by_column.items():
            if name in (_ID, _VERSION):
                continue
            column = self.layer.column(name)
            cells = np.asarray(raw)
            if column.references in ("township", "community"):
                read, wrong = self._referenced(column, cells)
            else:
                unit = unit_in_workbook(column) if column.unit else ""
                found = convert(cells, column, unit=unit)
                read = [plain(column, value) for value in np.asarray(found.values, dtype=object)]
                wrong = list(found.faulty)
            values[name] = read
            for at, value in enumerate(read):
                fault = cell_fault(column, value)
                if wrong[at]:
                    fault = Text(f"“{cells[at]}”无法识别", f"{cells[at]!r} is not understood")
                if fault is not None:
                    faults.append(self._fault(numbers[at], name, fault))
                    read[at] = None
        return values, faults

    def _referenced(self, column: Column, cells: Any) -> tuple[list[Any], list[bool]]:
        """Ids of townships or communities by their name; a name of two is not understood."""
        rows = self.plan.frame(column.references)
        ids: dict[str, list[str]] = {}
        for row_id, name in zip(rows[f"{column.references}_id"], rows["name"], strict=True):
            for word in dict.fromkeys((str(row_id), str(name))):
                ids.setdefault(word, []).append(str(row_id))
        read = [None if is_missing(cell) else ids.get(str(cell).strip(), []) for cell in cells]
        values = [found[0] if found and len(found) == 1 else None for found in read]
        return values, [found is not None and len(found) != 1 for found in read]

    def _fault(self, row: int, column: str, message: Text, row_id: str = "") -> Finding:
        label = self.layer.column(column).label if column else Text("", "")
        place = Text(f"《{self.sheet}》第 {row} 行{label.zh}：{message.zh}",
                     f"sheet {self.sheet}, row {row} {label.en}: {message.en}")  # fmt: skip
        return Finding(
            "gap_cell", "error", place, Text("改正后重新上传，或留空", "correct it or leave it empty"),
            layer=self.layer.name, row=row_id or str(row), column=column, file=self.sheet,
        )  # fmt: skip


def cell_fault(column: Column, value: Any) -> Text | None:
    """What is wrong with a value of a column: out of its bounds or not one of its codes."""
    if value is None:
        return None
    if column.domain is not None and value not in column.domain:
        return Text(f"“{value}”不在选项中", f"{value!r} is not one of the choices")
    if column.kind not in ("int", "float"):
        return None
    low, high = column.minimum, column.maximum
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = f"{'' if low is None else f'{low:g}'} … {'' if high is None else f'{high:g}'}"
        return Text(f"{value:g} 超出范围 {bounds}", f"{value:g} is outside {bounds}")
    return None


def _equal(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, int | float):
        return abs(old - float(new)) <= 1e-9 * max(1.0, abs(old))
    return bool(old == new)


def _checked(
    plan: OpenPlan, layer: Layer, row_id: str, values: Any
) -> tuple[dict[str, Any], list[Finding]]:
    """The values of one accepted row in the kinds of their columns."""
    kinds: dict[str, tuple[type, ...]] = {
        "text": (str,), "int": (int,), "float": (int, float), "bool": (bool,), "date": (str,),
        "datetime": (str,), "json": (list, dict, str),
    }  # fmt: skip
    checked: dict[str, Any] = {}
    faults: list[Finding] = []
    for name, value in (values if isinstance(values, Mapping) else {}).items():
        column = layer.column(str(name))
        wrong_kind = isinstance(value, bool) != (column.kind == "bool")
        fault = Text("类型不符", "of another kind")
        if not wrong_kind and isinstance(value, kinds[column.kind]):
            target = column.references in LAYERS and plan.row(column.references, str(value))
            dangling = column.references in LAYERS and target is None
            fault_found = Text("指向不存在的行", "names a row that does not exist") if dangling else cell_fault(column, value)  # fmt: skip
            if fault_found is None:
                date = column.kind == "date"
                checked[column.name] = datetime.date.fromisoformat(str(value)) if date else value
                continue
            fault = fault_found
        faults.append(
            Finding(
                "gap_cell", "error", Text(f"{row_id} {column.label.zh}：{fault.zh}", f"{row_id} {column.name}: {fault.en}"),
                Text("改正后重新上传", "correct it and bring it again"),
                layer=layer.name, row=row_id, column=column.name,
            )
        )  # fmt: skip
    return checked, faults


def _row_json(plan: OpenPlan, row: RowChange, language: Language) -> dict[str, object]:
    def words(column: Column, value: Any) -> str:
        if column.references in ("township", "community") and value is not None:
            target = plan.row(column.references, str(value))
            if target is not None:
                return name_of(LAYERS[column.references], target, language)
        return shown(column, value, language)

    return {
        "layer": row.layer.name,
        "layer_label": row.layer.label.in_language(language),
        "id": row.row_id,
        "name": row.name,
        "version": row.version,
        "clash": row.clash,
        "changed_by": row.changed_by if row.clash else "",
        "changed_at": row.changed_at if row.clash else "",
        "cells": [
            {
                "column": cell.column.name,
                "label": both(cell.column),
                "unit": unit_in_workbook(cell.column),
                "old": cell.old,
                "new": cell.new,
                "old_shown": words(cell.column, cell.old),
                "new_shown": words(cell.column, cell.new),
            }
            for cell in row.cells
        ],
    }
