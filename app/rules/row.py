"""What every rule row has: an id, the clause it rests on, how sure we are, and where it was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from app.errors import Text

Confidence = Literal["seen", "recalled", "uncertain", "not_found"]
CONFIDENCES: dict[str, Text] = {
    "seen": Text("见于公开资料", "seen in public material"),
    "recalled": Text("凭专业记忆，未核原文", "recalled, original not opened"),
    "uncertain": Text("存疑或本项目工作值", "doubtful, or a working value of this project"),
    "not_found": Text("未查到", "looked for and not found"),
}


@dataclass(frozen=True)
class Override:
    """A figure that a plan changed in its own name: what, why, who and when."""

    table: str
    rule_id: str
    column: str
    value: str
    reason: str
    author: str
    date: str


@dataclass(frozen=True)
class Told:
    """What a row says in a sentence, with its figure and unit apart."""

    says: Text
    figure: str = ""
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """Base of all rows.

    A subclass adds one field for each further column of its file, under the column's own name;
    the class variables say which columns make the id, the standard and the clause. A table whose
    file has no standard, confidence or source column states them here once for all its rows.
    """

    ID: ClassVar[tuple[str, ...]] = ("rule_id",)
    STANDARD: ClassVar[tuple[str, ...]] = ("standard",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("table", "clause")
    FIXED: ClassVar[dict[str, str]] = {}

    rule_id: str
    standard: str
    clause: str
    confidence: Confidence
    source: str
    note: str = ""
    crosscheck: str = ""
    overrides: tuple[Override, ...] = ()

    def told(self) -> Told:
        """The row in words; every table says it in its own way."""
        raise TypeError(f"{type(self).__name__} does not say what its rows mean")

    def faults(self) -> list[tuple[str, Text]]:
        """What contradicts itself inside the row, as (column, message)."""
        return []


def number(value: float | None) -> str:
    """A figure as people write it: no trailing zeros, nothing for an empty cell."""
    return "" if value is None else f"{value:.10g}"


def span(low: float | None, high: float | None) -> str:
    """A range, a bound or a single figure."""
    if low is None and high is None:
        return ""
    if high is None or low == high:
        return number(low)
    if low is None:
        return f"≤ {number(high)}"
    return f"{number(low)}–{number(high)}"
