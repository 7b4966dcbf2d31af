"""Rows of the programme tables: items, costs, consent, eligibility, phases, money, who leads."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from typing import ClassVar, Literal

from app.errors import Text
from app.rules.phrases import chinese
from app.rules.row import RuleRow, Told, number, span
from app.rules.table import RuleTable

CATEGORIES = {"基础类": "basic", "完善类": "improved", "提升类": "upgraded"}


@dataclass(frozen=True, kw_only=True)
class ScopeItemRow(RuleRow):
    """An item of the catalogue of works, with the evidence that would ask for it."""

    ID: ClassVar[tuple[str, ...]] = ("code",)
    STANDARD: ClassVar[tuple[str, ...]] = ("document",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("category",)

    code: str
    category: Literal["基础类", "完善类", "提升类"]
    name_zh: str
    name_en: str
    object: str
    unit: str
    spatial_evidence: str

    @property
    def category_code(self) -> str:
        """The code of the schema's domain ``category``."""
        return CATEGORIES[self.category]

    @property
    def label(self) -> Text:
        return Text(self.name_zh, self.name_en)

    def told(self) -> Told:
        return Told(Text(f"{self.category}：{self.name_zh}", f"{self.category_code}: {self.name_en}. Evidence: {self.spatial_evidence}"), unit=self.unit)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class UnitCostRow(RuleRow):
    """An indicative cost with what it rests on."""

    ID: ClassVar[tuple[str, ...]] = ("item_en",)
    STANDARD: ClassVar[tuple[str, ...]] = ("basis",)
    CLAUSE: ClassVar[tuple[str, ...]] = ()

    item_zh: str
    item_en: str
    cost_min: float | None
    cost_max: float | None
    unit: str
    basis: str

    def told(self) -> Told:
        return Told(Text(f"参考造价：{self.item_zh}", f"indicative cost: {self.item_en}"), span(self.cost_min, self.cost_max), self.unit)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ConsentRow(RuleRow):
    """Shares of owners that must take part and agree for one kind of matter."""

    ID: ClassVar[tuple[str, ...]] = ("row_id",)
    STANDARD: ClassVar[tuple[str, ...]] = ("document",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("clause",)

    matter_zh: str
    matter_en: str
    basis: str
    participation_area_share: float | None
    participation_headcount_share: float | None
    agree_area_share_of_participants: float | None
    agree_headcount_share_of_participants: float | None
    comparison: str

    @property
    def agree_more_than(self) -> bool:
        """Whether exactly the share is not enough."""
        return "agreement more than" in self.comparison

    def told(self) -> Told:
        shares = [self.participation_headcount_share, self.agree_headcount_share_of_participants]
        figure = " / ".join(_fraction(share) for share in shares if share is not None)
        than = Text("超过", "more than") if self.agree_more_than else Text("不低于", "at least")
        if not figure:
            return Told(Text(f"{self.matter_zh}", self.matter_en))
        return Told(Text(f"{self.matter_zh}：参与（面积与人数）/ 同意{than.zh}", f"{self.matter_en}: taking part / agreeing ({than.en}), by area and by heads"), figure)  # fmt: skip


class ConsentTable(RuleTable[ConsentRow]):
    """Thresholds by matter."""

    def share(self, rule_id: str, column: str) -> Fraction | None:
        """A share as the fraction that the law states: 0.6667 is two thirds, which 2 of 3 reach."""
        return _exact(getattr(self.by_id[rule_id], column))


@cache
def _exact(value: float | None) -> Fraction | None:
    return None if value is None else Fraction(value).limit_denominator(12)


def _fraction(value: float) -> str:
    exact = Fraction(value).limit_denominator(12)
    return f"{exact.numerator}/{exact.denominator}"


@dataclass(frozen=True, kw_only=True)
class CostRateRow(RuleRow):
    """A share of the works cost that is added to the estimate."""

    ID: ClassVar[tuple[str, ...]] = ("code",)
    STANDARD: ClassVar[tuple[str, ...]] = ("basis",)
    CLAUSE: ClassVar[tuple[str, ...]] = ()

    code: str
    name_zh: str
    name_en: str
    rate: float
    applies_to: tuple[str, ...]
    basis: str

    def told(self) -> Told:
        return Told(Text(self.name_zh, self.name_en), number(round(self.rate * 100, 6)), "%")

    def faults(self) -> list[tuple[str, Text]]:
        if not 0 <= self.rate < 1:
            return [("rate", Text("费率应在 0 到 1 之间", "a rate lies between 0 and 1"))]
        return []


class CostRateTable(RuleTable[CostRateRow]):
    """Rates by code; ``other_fees`` is the sum of its parts."""

    def rate(self, code: str) -> float:
        return self.by_id[code].rate


@dataclass(frozen=True, kw_only=True)
class EligibilityRow(RuleRow):
    """A rule of the plan on who may enter the programme, with what each verdict means."""

    STANDARD: ClassVar[tuple[str, ...]] = ("document",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("clause",)

    name_zh: str
    name_en: str
    object: Literal["building", "community"]
    limit: str
    pass_when: str
    fail_when: str
    outside_priority_when: str
    unknown_when: str
    plan_zh: str

    def told(self) -> Told:
        parts = [("pass", self.pass_when), ("fail", self.fail_when),
                 ("outside priority", self.outside_priority_when), ("unknown", self.unknown_when)]  # fmt: skip
        english = "; ".join(f"{verdict}: {when}" for verdict, when in parts if when)
        return Told(
            Text(f"{self.name_zh}：{self.plan_zh}", f"{self.name_en}. {english}"), self.limit
        )


class EligibilityTable(RuleTable[EligibilityRow]):
    """Rules of admission."""

    def year_limit(self) -> int:
        """The last year of completion that has priority (E01)."""
        return dt.date.fromisoformat(self.by_id["E01"].limit).year


@dataclass(frozen=True, kw_only=True)
class PhaseRow(RuleRow):
    """One of the six phases with its due date."""

    ID: ClassVar[tuple[str, ...]] = ("code",)
    STANDARD: ClassVar[tuple[str, ...]] = ("document",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("clause",)

    code: str
    number: int
    name_zh: str
    name_en: str
    due: str
    due_kind: Literal["by", "from"]
    start: str
    lead_zh: str
    lead_en: str

    @property
    def due_date(self) -> dt.date:
        return dt.date.fromisoformat(self.due)

    def told(self) -> Told:
        zh = "之前" if self.due_kind == "by" else "之后"
        return Told(Text(f"阶段{self.number} {self.name_zh}（{self.lead_zh}）{zh}", f"phase {self.number}, {self.name_en} ({self.lead_en}), {self.due_kind}"), self.due)  # fmt: skip

    def faults(self) -> list[tuple[str, Text]]:
        found = []
        for column in ("due", "start"):
            value = getattr(self, column)
            try:
                if value:
                    dt.date.fromisoformat(value)
            except ValueError:
                found.append((column, Text(f"“{value}”不是日期", f"{value!r} is not a date")))
        return found


@dataclass(frozen=True, kw_only=True)
class FundingRow(RuleRow):
    """A source of money; the seven of the plan, two of them split."""

    ID: ClassVar[tuple[str, ...]] = ("code",)
    STANDARD: ClassVar[tuple[str, ...]] = ("document",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("clause",)

    code: str
    number: int
    name_zh: str
    name_en: str
    purpose_zh: str
    purpose_en: str
    item_codes: tuple[str, ...]
    excludes: tuple[str, ...]

    def told(self) -> Told:
        return Told(Text(f"资金来源{self.number}：{self.name_zh}。{self.purpose_zh}", f"source {self.number}: {self.name_en}. {self.purpose_en}"))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ItemLeadRow(RuleRow):
    """The one department that leads an item of the catalogue."""

    ID: ClassVar[tuple[str, ...]] = ("item_code",)
    STANDARD: ClassVar[tuple[str, ...]] = ("document",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("clause",)

    item_code: str
    lead_zh: str
    lead_en: str
    with_zh: tuple[str, ...]

    def told(self) -> Told:
        return Told(Text(f"{self.item_code} 牵头：{self.lead_zh}", f"{self.item_code} is led by the {self.lead_en}"))  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ItemCostRow(RuleRow):
    """Unit cost that an estimate uses for an item until a local price replaces it."""

    ID: ClassVar[tuple[str, ...]] = ("item_code",)
    STANDARD: ClassVar[tuple[str, ...]] = ("basis",)
    CLAUSE: ClassVar[tuple[str, ...]] = ()

    item_code: str
    unit: str
    unit_cost_yuan: float | None
    basis: str

    @property
    def unit_cost_fen(self) -> int | None:
        return None if self.unit_cost_yuan is None else round(self.unit_cost_yuan * 100)

    def told(self) -> Told:
        return Told(Text(f"{self.item_code} 单价", f"unit cost of {self.item_code}"), number(self.unit_cost_yuan), f"CNY/{self.unit}")  # fmt: skip

    def faults(self) -> list[tuple[str, Text]]:
        if self.unit_cost_yuan is not None and self.unit_cost_yuan <= 0:
            return [("unit_cost_yuan", Text("单价应大于 0", "a unit cost is more than 0"))]
        return []


class ItemCostTable(RuleTable[ItemCostRow]):
    """Unit costs by item."""

    @cached_property
    def fen(self) -> dict[str, int]:
        """Items that have a figure, in fen per unit."""
        return {row.item_code: row.unit_cost_fen for row in self.rows if row.unit_cost_fen}


@dataclass(frozen=True, kw_only=True)
class ItemConsentRow(RuleRow):
    """The kind of matter under which owners vote on an item, and who votes."""

    ID: ClassVar[tuple[str, ...]] = ("item_code",)
    STANDARD: ClassVar[tuple[str, ...]] = ("basis",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("matter",)

    item_code: str
    matter: str
    voters: Literal["community", "building", "stair_unit"]
    basis: str

    def told(self) -> Told:
        return Told(Text(f"{self.item_code} 按 {self.matter} 征求意见（按{chinese(self.voters)}）", f"owners decide on {self.item_code} under {self.matter}, by {self.voters.replace('_', ' ')}"))  # fmt: skip
