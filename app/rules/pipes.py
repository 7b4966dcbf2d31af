"""Rows and questions of the pipe tables: cover, accuracy of survey, yielding, codes, laying."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from app.errors import Text
from app.rules.phrases import chinese, english
from app.rules.row import RuleRow, Told, number
from app.rules.table import RuleTable
from app.rules.words import KINDS, SURFACES, words_of

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Names = npt.NDArray[np.object_]
Quantity = Literal["plan", "depth", "elevation"]

COVER_STANDARD = "GB 50289-2016"


@dataclass(frozen=True, kw_only=True)
class CoverRow(RuleRow):
    """Least cover over a pipe of one kind under one surface."""

    kind: str
    surface: str
    min_cover_m: float | None

    def told(self) -> Told:
        kind, surface = words_of(KINDS, self.kind), words_of(SURFACES, self.surface)
        says = Text(f"{kind.zh}，{surface.zh}：最小覆土", f"{kind.en}, {surface.en}: least cover")
        return Told(says, number(self.min_cover_m), "m")


class CoverTable(RuleTable[CoverRow]):
    """Least cover, by the kind for cover (``kind_cover``) and the surface above."""

    def required_m(
        self,
        kinds: Sequence[str] | Names,
        surfaces: Sequence[str] | Names,
        *,
        standard: str = COVER_STANDARD,
    ) -> tuple[Floats, Indices]:
        """Metres of cover that the standard asks, and the index of the row that says so.

        NaN where it prints no figure for that kind and surface; index -1 where it has no row.
        """
        index = {
            (row.kind, row.surface): i
            for i, row in enumerate(self.rows)
            if row.standard == standard
        }
        found = np.array(
            [
                index.get((kind, surface), index.get((kind, "any"), -1))
                for kind, surface in zip(kinds, surfaces, strict=True)
            ],
            dtype=np.int64,
        )
        return self._figures[found], found

    @cached_property
    def _figures(self) -> Floats:
        figures = [np.nan if row.min_cover_m is None else row.min_cover_m for row in self.rows]
        return np.array([*figures, np.nan])  # index -1 reads the last one


@dataclass(frozen=True, kw_only=True)
class AccuracyRow(RuleRow):
    """Error of position, depth or elevation of one quality of survey."""

    ID: ClassVar[tuple[str, ...]] = ("row_id",)
    CLAUSE: ClassVar[tuple[str, ...]] = ()

    quality: str
    quantity: Quantity
    formula: Literal["constant", "factor*depth"]
    value_m: float | None
    min_depth_used_m: float | None
    meaning: Literal["limit of error", "standard deviation", ""]

    @property
    def times(self) -> int:
        """A standard deviation counts twice, a limit of error once."""
        return 2 if self.meaning == "standard deviation" else 1

    def error_m(self, depth_m: Floats) -> Floats:
        """Metres of error at each depth; NaN where the row or the depth gives no figure."""
        if self.value_m is None:
            return np.full(depth_m.shape, np.nan)
        if self.formula == "constant":
            return np.full(depth_m.shape, self.times * self.value_m)
        return self.times * self.value_m * np.maximum(depth_m, self.min_depth_used_m or 0.0)

    def told(self) -> Told:
        by = (
            Text("（乘以埋深）", " times the depth") if self.formula != "constant" else Text("", "")
        )
        words = {"plan": "平面", "depth": "埋深", "elevation": "高程"}
        meaning = {"limit of error": "限差", "standard deviation": "中误差"}.get(self.meaning, "")
        says = Text(
            f"{chinese(self.quality)}：{words[self.quantity]}{meaning}{by.zh}",
            f"{self.quality.replace('_', ' ')}: {self.meaning} of {self.quantity}{by.en}",
        )
        return Told(says, number(self.value_m), "m" if self.formula == "constant" else "m/m")


# Where the table has no row of its own, a measured point has the error of any measured point;
# it comes on top of that of a hidden point (A04 adds to A01).
_ANY_MEASURED = "any_measured_point"
_MEASURED = {"hidden_point", "exposed_point"}


class AccuracyTable(RuleTable[AccuracyRow]):
    """Half the uncertainty of a gap: the error of one side by the quality of its survey."""

    def error_m(
        self, qualities: Sequence[str] | Names, quantity: Quantity, depth_m: Floats
    ) -> Floats:
        """Error of one side in metres, NaN where the quality has no figure for the quantity.

        An elevation of a buried pipe carries the error of its depth and that of the ground point.
        """
        depths = np.asarray(depth_m, dtype=float)
        names = np.asarray(qualities, dtype=object)
        errors = np.full(depths.shape, np.nan)
        for quality in set(names.tolist()):
            at = names == quality
            parts = [row.error_m(depths[at]) for row in self._rows_for(str(quality), quantity)]
            if parts:
                errors[at] = np.sum(parts, axis=0)
        return errors

    def _rows_for(self, quality: str, quantity: Quantity) -> list[AccuracyRow]:
        own = self._found(quality, quantity)
        if quantity == "elevation":
            own = own or self._found(quality, "depth")
            if not own:
                return []
        if quality in _MEASURED:
            own = own + self._found(_ANY_MEASURED, quantity)
        return own

    def _found(self, quality: str, quantity: Quantity) -> list[AccuracyRow]:
        return [row for row in self.rows if (row.quality, row.quantity) == (quality, quantity)]


@dataclass(frozen=True, kw_only=True)
class YieldingRow(RuleRow):
    """Who gives way, or one place of an order."""

    CLAUSE: ClassVar[tuple[str, ...]] = ("clause",)

    rule_type: str
    priority: int
    yields_or_item: str
    to_whom: str
    zh: str
    strength: str

    def told(self) -> Told:
        item = self.yields_or_item.replace("_", " ")
        to = self.to_whom.replace("_", " ")
        kind = self.rule_type.replace("_", " ")
        in_english = (
            f"{item} yields to {to}" if self.rule_type == "yield" else f"{kind}: {item} {to}"
        )
        in_chinese = self.zh
        if self.rule_type.endswith("_order"):
            place = {"vertical_order": "交叉时自上而下", "road_order": "自道路红线向中心线"}
            in_chinese = f"{place.get(self.rule_type, '自建筑线向外')}第 {self.priority}：{chinese(self.yields_or_item)}"
        return Told(Text(in_chinese, in_english.strip()), str(self.priority), "")


class YieldingTable(RuleTable[YieldingRow]):
    """The order in which pipes give way, and the orders in which they lie."""

    @cached_property
    def ladder(self) -> tuple[YieldingRow, ...]:
        """The rules of who yields; the first that tells two pipes apart decides."""
        rows = (row for row in self.rows if row.rule_type == "yield")
        return tuple(sorted(rows, key=lambda row: row.priority))

    def order(self, rule_type: str) -> tuple[str, ...]:
        """Kinds in the order of ``vertical_order``, ``road_order`` or ``courtyard_order``."""
        rows = [row for row in self.rows if row.rule_type == rule_type]
        return tuple(row.yields_or_item for row in sorted(rows, key=lambda row: row.priority))


@dataclass(frozen=True, kw_only=True)
class PipeCodeRow(RuleRow):
    """A class, subclass or local alias of a pipe."""

    ID: ClassVar[tuple[str, ...]] = ("class_code", "code", "level")
    CLAUSE: ClassVar[tuple[str, ...]] = ("table",)

    class_code: str
    code: str
    level: Literal["class", "subclass", "alias"]
    name_zh: str
    name_en: str
    class_no: str
    subclass_no: str
    colour_zh: str
    colour_hex: str
    feature_code_prefix: str

    def told(self) -> Told:
        code = self.code or self.class_code
        return Told(Text(f"{code}：{self.name_zh}", f"{code}: {self.name_en}"), self.colour_hex)


@dataclass(frozen=True, kw_only=True)
class PipeDictionaryRow(RuleRow):
    """A code of a material, a way of burial or a feature in survey deliveries."""

    ID: ClassVar[tuple[str, ...]] = ("dictionary", "code")
    CLAUSE: ClassVar[tuple[str, ...]] = ("table",)

    dictionary: str
    code: str
    name_zh: str
    applies_to_or_note: str

    def told(self) -> Told:
        applies = self.applies_to_or_note
        is_english = applies.isascii() and bool(applies)
        more = "" if is_english or not applies else f"（{applies}）"
        kind = self.dictionary.replace("_", " ")
        name = applies if is_english else english(self.name_zh)
        code = self.code
        if self.dictionary == "feature_code_rule":
            code = code.replace("digits ", "")
            name = "base | class | subclass | 1 line 2 point 3 area | 0 none 1 feature 2 fitting | number"
        return Told(Text(f"{code}：{self.name_zh}{more}", f"{kind} {code}: {name}"))


@dataclass(frozen=True, kw_only=True)
class PipeAttributeRow(RuleRow):
    """An attribute that a survey point or line table has at least."""

    ID: ClassVar[tuple[str, ...]] = ("table", "field")
    CLAUSE: ClassVar[tuple[str, ...]] = ()

    table: str
    field: str
    name_zh: str
    type: str
    unit: str
    obligation: str
    applies_to: str

    def told(self) -> Told:
        where = "点表" if self.table == "point" else "线表"
        en = f"{self.table} table: {self.field.replace('_', ' ')}, {self.obligation.replace('_', ' ')}"
        return Told(Text(f"{where}：{self.name_zh}", en), unit=self.unit)


@dataclass(frozen=True, kw_only=True)
class BurialRow(RuleRow):
    """What a survey's way of burial means for the ``laying`` of a pipe."""

    ID: ClassVar[tuple[str, ...]] = ("code",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("table",)

    code: str
    name_zh: str
    name_en: str
    laying: Literal["direct", "duct", "trench", "overhead", ""]

    def told(self) -> Told:
        laying = self.laying or "unknown"
        zh = {"direct": "直埋", "duct": "管埋", "trench": "管沟", "overhead": "架空"}.get(
            laying, "不明"
        )
        return Told(Text(f"埋设方式 {self.code} {self.name_zh} 按{zh}", f"burial {self.code} ({self.name_en}) counts as {laying}"))  # fmt: skip


class BurialTable(RuleTable[BurialRow]):
    """From code or Chinese name of the burial to the plan's ``laying``."""

    @cached_property
    def laying(self) -> dict[str, str | None]:
        """By code and by name; ``None`` where the burial does not tell."""
        found: dict[str, str | None] = {}
        for row in self.rows:
            found[row.code] = found[row.name_zh] = row.laying or None
        return found
