"""Rows that say what evidence proposes an item of the catalogue, and what is missing otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from app.errors import Text
from app.rules.row import RuleRow, Told, number


@dataclass(frozen=True, kw_only=True)
class ScopeRuleRow(RuleRow):
    """One predicate over the layers of a plan, with its figure.

    ``predicate`` names a function of ``analysis/scope``; ``kinds``, ``signs`` and ``value`` are what
    it is asked with. ``words`` in the survey's text of works wanted count as evidence. ``needs`` is
    what has to be delivered where the verdict is unknown.
    """

    STANDARD: ClassVar[tuple[str, ...]] = ("document",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("clause",)

    item_code: str
    object: Literal["community", "building", "stair_unit"]
    predicate: str
    kinds: tuple[str, ...]
    signs: tuple[str, ...]
    value: float | None
    words: tuple[str, ...]
    needs: tuple[str, ...]
    name_zh: str
    name_en: str
    quantity: Literal[
        "length_m",
        "area_m2",
        "count",
        "households",
        "roof_m2",
        "facade_m2",
        "stair_units",
        "spaces",
    ]

    @property
    def limit(self) -> float:
        """The figure of a predicate that cannot do without one."""
        if self.value is None:
            raise ValueError(f"{self.rule_id} has no value")
        return self.value

    def told(self) -> Told:
        return Told(
            Text(f"{self.item_code}：{self.name_zh}", f"{self.item_code}: {self.name_en}"),
            number(self.value),
        )

    def sign_values(self, name: str) -> tuple[str, ...]:
        """What follows ``name:`` among the signs."""
        return tuple(sign.split(":", 1)[1] for sign in self.signs if sign.startswith(f"{name}:"))


@dataclass(frozen=True, kw_only=True)
class CheckRow(RuleRow):
    """One check of the programme, with its figure; ``check`` names a function of ``analysis/checks``."""

    STANDARD: ClassVar[tuple[str, ...]] = ("document",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("clause",)

    group: Literal["money", "data", "phase", "spatial"]
    check: str
    name_zh: str
    name_en: str
    value: str
    unit: str

    @property
    def limit(self) -> float:
        return float(self.value)

    def told(self) -> Told:
        return Told(Text(self.name_zh, self.name_en), self.value, self.unit)


@dataclass(frozen=True, kw_only=True)
class BenefitRow(RuleRow):
    """The lack or risk that an item takes from a household, how much it weighs, what it requires."""

    ID: ClassVar[tuple[str, ...]] = ("item_code",)
    STANDARD: ClassVar[tuple[str, ...]] = ("basis",)
    CLAUSE: ClassVar[tuple[str, ...]] = ()

    item_code: str
    need: str
    need_zh: str
    weight: float
    requires: tuple[str, ...]
    basis: str

    def told(self) -> Told:
        return Told(Text(f"{self.item_code} 解决{self.need_zh}，权重", f"{self.item_code} settles {self.need.replace('_', ' ')}; weight"), number(self.weight))  # fmt: skip

    def faults(self) -> list[tuple[str, Text]]:
        if self.weight < 0:
            return [("weight", Text("权重不能为负", "a weight is not negative"))]
        return []


@dataclass(frozen=True, kw_only=True)
class CriterionRow(RuleRow):
    """One of the four criteria by which communities are selected, with its weight."""

    ID: ClassVar[tuple[str, ...]] = ("code",)
    STANDARD: ClassVar[tuple[str, ...]] = ("document",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("clause",)

    code: str
    name_zh: str
    name_en: str
    weight: float
    measure_zh: str
    measure_en: str

    def told(self) -> Told:
        return Told(Text(f"{self.name_zh}：{self.measure_zh}；权重", f"{self.name_en}: {self.measure_en}; weight"), number(self.weight))  # fmt: skip

    def faults(self) -> list[tuple[str, Text]]:
        if self.weight < 0:
            return [("weight", Text("权重不能为负", "a weight is not negative"))]
        return []
