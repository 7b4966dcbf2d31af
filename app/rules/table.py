"""A rule table: its rows by id, its editions and its fingerprint, and a plan's overrides."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Self, TypeVar

from app.errors import Finding, Text
from app.rules.parse import parse_cell, parse_rows, raise_faults
from app.rules.row import Override, RuleRow

R = TypeVar("R", bound=RuleRow)
T = TypeVar("T")
_PROVENANCE = {"rule_id", "standard", "clause", "confidence", "source", "crosscheck", "overrides"}


@dataclass(frozen=True)
class RuleTable(Generic[R]):
    """Rows of one file in its order. Subclasses add the questions that analyses ask."""

    name: str
    rows: tuple[R, ...]

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def by_id(self) -> dict[str, R]:
        return {row.rule_id: row for row in self.rows}

    def __getitem__(self, rule_id: str) -> R:
        return self.by_id[rule_id]

    def __contains__(self, rule_id: object) -> bool:
        return rule_id in self.by_id

    @cached_property
    def editions(self) -> tuple[str, ...]:
        """The standards that the rows name, each once."""
        return tuple(dict.fromkeys(row.standard for row in self.rows if row.standard))

    @cached_property
    def fingerprint(self) -> str:
        """Changes when any row, figure, source or override changes; a run records it."""
        text = "\n".join(repr(row) for row in self._answering())
        return hashlib.sha256(f"{self.name}\n{text}".encode()).hexdigest()[:16]

    def _answering(self) -> tuple[RuleRow, ...]:
        """All rows that an answer may rest on."""
        return self.rows

    def with_overrides(self, overrides: Sequence[Override]) -> Self:
        """The table with the figures that a plan changed; overrides of other tables are ignored.

        Raises
        ------
        RuleTableError
            Overrides of a rule, a column or with a value that the table cannot take; all listed.
        """
        mine = [item for item in overrides if item.table == self.name]
        if not mine:
            return self
        changed = dict(self.by_id)
        findings: list[Finding] = []
        for item in mine:
            try:
                changed[item.rule_id] = _overridden(changed, item)
            except ValueError as error:
                findings.append(_refused(item, str(error)))
        raise_faults(findings)
        return dataclasses.replace(self, rows=tuple(changed[row.rule_id] for row in self.rows))


@dataclass(frozen=True)
class TableSpec(Generic[T]):
    """One file of ``geodata/standards``: what it is called and what its rows and questions are."""

    name: str
    label: Text
    row: type[RuleRow]
    table: type[T]

    @property
    def file(self) -> str:
        return f"{self.name}.csv"

    def parse(self, text: str, *, sources: frozenset[str] | None) -> tuple[T, list[Finding]]:
        """The table of the sound rows, and the faults of the others."""
        rows, findings = parse_rows(self.row, self.file, text, sources=sources)
        return self.table(self.name, rows), findings  # type: ignore[call-arg]


def _overridden(rows: dict[str, R], item: Override) -> R:
    row = rows.get(item.rule_id)
    if row is None:
        raise ValueError("no such rule")
    if item.column in _PROVENANCE or item.column not in {f.name for f in dataclasses.fields(row)}:
        raise ValueError("no such column that may be changed")
    if not item.reason.strip() or not item.author.strip():
        raise ValueError("a change needs a reason and an author")
    value = parse_cell(type(row), item.column, item.value)
    changed = dataclasses.replace(row, **{item.column: value}, overrides=(*row.overrides, item))  # type: ignore[arg-type]
    faults = changed.faults()
    if faults:
        raise ValueError(faults[0][1].en)
    return changed


def _refused(item: Override, why: str) -> Finding:
    return Finding(
        "rule_override",
        "error",
        Text(f"不能把 {item.rule_id} 的 {item.column} 改为“{item.value}”：{why}",
             f"cannot set {item.column} of {item.rule_id} to {item.value!r}: {why}"),
        Text("在规则页查看编号与字段，并写明理由和作者", "look up id and column on the rules page; give reason and author"),
        layer="rule_override",
        row=item.rule_id,
        column=item.column,
        file=f"{item.table}.csv",
    )  # fmt: skip
