"""Rows of the clearance tables and the mapping from pipe attributes to their kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from app.errors import Text
from app.rules.phrases import chinese
from app.rules.row import RuleRow, Told, number, span
from app.rules.words import KINDS, words_of

ACTIVITY = "any_activity"


@dataclass(frozen=True, kw_only=True)
class HorizontalRow(RuleRow):
    """Least clear distance in plan between two kinds, outside to outside."""

    kind_a: str
    kind_b: str
    condition: str
    min_m: float
    max_m: float | None

    @property
    def pair(self) -> tuple[str, str]:
        return (
            (self.kind_a, self.kind_b) if self.kind_a <= self.kind_b else (self.kind_b, self.kind_a)
        )

    @property
    def upper_m(self) -> float:
        """The upper end of the standard's range; the figure itself where it gives no range."""
        return self.min_m if self.max_m is None else self.max_m

    @property
    def is_strip(self) -> bool:
        """A strip of protection along a pipe, not a distance to another thing."""
        return ACTIVITY in self.pair

    def told(self) -> Told:
        a, b = words_of(KINDS, self.kind_a), words_of(KINDS, self.kind_b)
        when = f"（{chinese(self.condition)}）" if self.condition else ""
        english = f" ({self.condition})" if self.condition else ""
        says = Text(
            f"{a.zh} — {b.zh}{when}：水平净距",
            f"{a.en} to {b.en}{english}: horizontal clear distance",
        )
        return Told(says, span(self.min_m, self.max_m), "m")

    def faults(self) -> list[tuple[str, Text]]:
        if self.min_m < 0:
            return [("min_m", Text("净距不能为负", "a distance cannot be negative"))]
        if self.max_m is not None and self.max_m < self.min_m:
            return [("max_m", Text("上限小于下限", "the upper end lies below the lower"))]
        return []


@dataclass(frozen=True, kw_only=True)
class VerticalRow(RuleRow):
    """Least clear distance in height where two kinds cross."""

    kind_a: str
    kind_b: str
    min_m: float
    min_with_separator_m: float | None

    @property
    def pair(self) -> tuple[str, str]:
        return (
            (self.kind_a, self.kind_b) if self.kind_a <= self.kind_b else (self.kind_b, self.kind_a)
        )

    def told(self) -> Told:
        a, b = words_of(KINDS, self.kind_a), words_of(KINDS, self.kind_b)
        less = number(self.min_with_separator_m)
        zh = f"（加隔板 {less} m）" if less else ""
        en = f" ({less} m with a separating board)" if less else ""
        says = Text(
            f"{a.zh} — {b.zh}：交叉垂直净距{zh}",
            f"{a.en} over or under {b.en}: vertical clear distance{en}",
        )
        return Told(says, number(self.min_m), "m")

    def faults(self) -> list[tuple[str, Text]]:
        if self.min_m < 0:
            return [("min_m", Text("净距不能为负", "a distance cannot be negative"))]
        if self.min_with_separator_m is not None and self.min_with_separator_m > self.min_m:
            return [
                (
                    "min_with_separator_m",
                    Text("加隔板后不应更大", "a separator cannot ask for more"),
                )
            ]
        return []


@dataclass(frozen=True, kw_only=True)
class NoneRow(RuleRow):
    """A pair for which the table prints no figure: nothing is required."""

    ID: ClassVar[tuple[str, ...]] = ("row_id",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("table",)

    direction: Literal["horizontal", "vertical"]
    kind_a: str
    kind_b: str

    @property
    def pair(self) -> tuple[str, str]:
        return (
            (self.kind_a, self.kind_b) if self.kind_a <= self.kind_b else (self.kind_b, self.kind_a)
        )

    def told(self) -> Told:
        a, b = words_of(KINDS, self.kind_a), words_of(KINDS, self.kind_b)
        return Told(
            Text(f"{a.zh} — {b.zh}：本表无要求", f"{a.en} to {b.en}: no requirement in this table")
        )


@dataclass(frozen=True, kw_only=True)
class KindRow(RuleRow):
    """Which kinds of the tables a pipe with these attributes is."""

    ID: ClassVar[tuple[str, ...]] = ("row_id",)
    CLAUSE: ClassVar[tuple[str, ...]] = ()
    FIXED: ClassVar[dict[str, str]] = {
        "standard": "CJJ 61-2017 → GB 50289-2016 (mapping of this project)",
        "confidence": "uncertain",
        "source": "D",
    }

    class_code: str
    subclass_code: str
    laying: str
    material: str
    diameter_min_excl_mm: float | None
    diameter_max_mm: float | None
    pressure_min_excl_mpa: float | None
    pressure_max_mpa: float | None
    kind_horizontal: str
    kind_vertical: str
    kind_cover: str
    parents: tuple[str, ...]
    specificity: int

    def told(self) -> Told:
        limits = [
            _bounds("d", self.diameter_min_excl_mm, self.diameter_max_mm, "mm"),
            _bounds("P", self.pressure_min_excl_mpa, self.pressure_max_mpa, "MPa"),
        ]
        codes = [self.class_code, self.subclass_code]
        zh = " ".join(filter(None, [*codes, chinese(self.laying), self.material, *limits]))
        en = " ".join(filter(None, [*codes, self.laying, self.material, *limits]))
        if not self.kind_horizontal:
            return Told(
                Text(f"{zh}：表中无此类，无法核实", f"{en}: not covered, cannot be verified")
            )
        if self.kind_horizontal == "excluded":
            return Told(Text(f"{zh}：不参与地下核查", f"{en}: takes no part in underground checks"))
        kind = words_of(KINDS, self.kind_horizontal)
        return Told(Text(f"{zh} 按“{kind.zh}”", f"{en} counts as {kind.en}"))


def _bounds(name: str, low: float | None, high: float | None, unit: str) -> str:
    if low is None and high is None:
        return ""
    left = "" if low is None else f"{number(low)} < "
    right = "" if high is None else f" ≤ {number(high)}"
    return f"{left}{name}{right} {unit}"
