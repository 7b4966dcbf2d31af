"""From the text of a rule file to typed rows, with every fault of the file listed at once."""

from __future__ import annotations

import csv
import dataclasses
import io
import math
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import NoneType, UnionType
from typing import TypeVar

from app.errors import Finding, RuleTableError, Text
from app.rules.row import CONFIDENCES, RuleRow

R = TypeVar("R", bound=RuleRow)
COMMON = {field.name for field in dataclasses.fields(RuleRow)}
_FIX = Text("按表头说明改正该单元格后重试", "correct the cell as the table's README describes")


def parse_rows(
    row_class: type[R], file: str, text: str, *, sources: frozenset[str] | None = None
) -> tuple[tuple[R, ...], list[Finding]]:
    """The rows that can be used, and what is wrong with the others.

    Parameters
    ----------
    row_class
        Its fields are the columns that the file must have.
    file
        Name of the file, for the findings.
    text
        The whole file: CSV with a header line.
    sources
        Ids that the column ``source`` may hold; ``None`` checks nothing.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        header = tuple(reader.fieldnames or ())
        records = list(reader)
    except csv.Error as error:
        return (), [
            _fault(file, "", "", Text(f"不是完整的 CSV：{error}", f"not whole CSV: {error}"))
        ]
    findings = _header_faults(row_class, file, header)
    if findings:
        return (), findings
    rows: list[R] = []
    seen: dict[str, int] = {}
    for line, record in enumerate(records, start=2):
        row, faults = _parse_row(row_class, file, line, record, sources)
        if row is not None and row.rule_id in seen:
            first = seen[row.rule_id]
            faults.append(
                _fault(
                    file,
                    f"{line}",
                    row_class.ID[0],
                    Text(f"规则编号 {row.rule_id} 与第 {first} 行重复", f"rule id {row.rule_id} is already on line {first}"),
                )
            )  # fmt: skip
        findings += faults
        if row is not None and not faults:
            seen[row.rule_id] = line
            rows.append(row)
    return tuple(rows), findings


def parse_cell(row_class: type[RuleRow], column: str, text: str) -> object:
    """One cell as the type of its field. A ``ValueError`` names what is wrong with it."""
    return _readers(row_class)[column](text)  # type: ignore[arg-type]  # a class is hashable


def raise_faults(findings: Sequence[Finding]) -> None:
    """Nothing if there are none; otherwise one error that carries them all."""
    if not findings:
        return
    files = sorted({finding.file for finding in findings})
    raise RuleTableError(
        Text(
            f"规则表有 {len(findings)} 处错误：" + "；".join(_line(f).zh for f in findings),
            f"{len(findings)} faults in rule tables: " + "; ".join(_line(f).en for f in findings),
        ),
        where=", ".join(files),
        fix=_FIX,
        findings=findings,
    )


def _line(finding: Finding) -> Text:
    place = ":".join(part for part in (finding.file, finding.row, finding.column) if part)
    return Text(f"{place} {finding.message.zh}", f"{place} {finding.message.en}")


def _fault(file: str, row: str, column: str, message: Text) -> Finding:
    return Finding("rule_table", "error", message, _FIX, row=row, column=column, file=file)


def _needed(row_class: type[RuleRow]) -> set[str]:
    own = {field.name for field in dataclasses.fields(row_class)} - COMMON
    used = {*row_class.ID, *row_class.STANDARD, *row_class.CLAUSE, *own}
    return (used | {"confidence", "source"}) - set(row_class.FIXED)


def _header_faults(row_class: type[RuleRow], file: str, header: Sequence[str]) -> list[Finding]:
    needed = _needed(row_class)
    known = needed | {"note", "crosscheck"}
    faults = [
        _fault(file, "1", name, Text(f"缺少列 {name}", f"the column {name} is missing"))
        for name in sorted(needed - set(header))
    ]
    faults += [
        _fault(file, "1", name, Text(f"未知的列 {name}", f"nobody reads the column {name}"))
        for name in header
        if name not in known
    ]
    return faults + [
        _fault(file, "1", name, Text(f"列 {name} 出现两次", f"the column {name} occurs twice"))
        for name in sorted({name for name in header if header.count(name) > 1})
    ]


def _parse_row(
    row_class: type[R],
    file: str,
    line: int,
    record: Mapping[str | None, str | None],
    sources: frozenset[str] | None,
) -> tuple[R | None, list[Finding]]:
    where = str(line)
    if None in record or None in record.values():
        message = Text("单元格个数与表头不符", "the number of cells differs from the header")
        return None, [_fault(file, where, "", message)]
    cells = {str(name): (value or "").strip() for name, value in record.items()}
    cells.update(row_class.FIXED)
    values: dict[str, object] = {
        "rule_id": "/".join(cells[name] for name in row_class.ID),
        "standard": " ".join(cells[name] for name in row_class.STANDARD if cells[name]),
        "clause": ", ".join(cells[name] for name in row_class.CLAUSE if cells[name]),
        "confidence": cells["confidence"],
        "source": cells["source"],
        "note": cells.get("note", ""),
        "crosscheck": cells.get("crosscheck", ""),
    }
    faults = _common_faults(row_class, file, where, cells, values, sources)
    for field in dataclasses.fields(row_class):
        if field.name in COMMON and field.name not in cells:
            continue
        if field.name in values:
            continue
        try:
            values[field.name] = parse_cell(row_class, field.name, cells[field.name])
        except ValueError as error:
            text = cells[field.name]
            message = Text(f"无法识别“{text}”：{error}", f"cannot read {text!r}: {error}")
            faults.append(_fault(file, where, field.name, message))
    if faults:
        return None, faults
    row = row_class(**values)  # type: ignore[arg-type]
    return row, [_fault(file, where, column, message) for column, message in row.faults()]


def _common_faults(
    row_class: type[RuleRow],
    file: str,
    where: str,
    cells: Mapping[str, str],
    values: Mapping[str, object],
    sources: frozenset[str] | None,
) -> list[Finding]:
    faults = []
    empty = [name for name in row_class.ID if not cells[name]]
    if len(empty) == len(row_class.ID):
        faults.append(_fault(file, where, empty[0], Text("缺少规则编号", "the rule has no id")))
    if not values["standard"] and not values["clause"]:
        column = (*row_class.CLAUSE, *row_class.STANDARD)[0]
        faults.append(_fault(file, where, column, Text("缺少条款或依据", "no clause and no basis")))
    confidence = str(values["confidence"])
    if confidence not in CONFIDENCES:
        allowed = ", ".join(CONFIDENCES)
        message = Text(f"可信度“{confidence}”应为 {allowed} 之一", f"confidence {confidence!r} is none of {allowed}")  # fmt: skip
        faults.append(_fault(file, where, "confidence", message))
    source = str(values["source"])
    if not source and confidence != "not_found":
        faults.append(_fault(file, where, "source", Text("缺少来源", "no source")))
    if sources is not None and source and source not in sources:
        message = Text(
            f"来源 {source} 不在 sources.csv 中", f"source {source} is not in sources.csv"
        )
        faults.append(_fault(file, where, "source", message))
    return faults


@cache
def _readers(row_class: type[RuleRow]) -> dict[str, Callable[[str], object]]:
    hints = typing.get_type_hints(row_class)
    names = [field.name for field in dataclasses.fields(row_class) if field.name != "overrides"]
    return {name: _reader(hints[name]) for name in names}


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("not a finite number")
    return value


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _flag(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("yes or no")
    return text == "yes"


def _text(text: str) -> str:
    return text


_READERS: dict[object, Callable[[str], object]] = {
    str: _text,
    float: _number,
    int: int,
    bool: _flag,
    tuple[str, ...]: _names,
}


def _reader(hint: object) -> Callable[[str], object]:
    if isinstance(hint, UnionType):
        [inner] = [part for part in typing.get_args(hint) if part is not NoneType]
        read = _reader(inner)
        return lambda text: None if not text else read(text)
    if typing.get_origin(hint) is typing.Literal:
        return lambda text: _one_of(text, typing.get_args(hint))
    return _READERS[hint]


def _one_of(text: str, allowed: Sequence[str]) -> str:
    if text not in allowed:
        raise ValueError("expected one of " + ", ".join(repr(item) for item in allowed))
    return text
