"""Rows and questions of the stormwater tables: rain formula, design limits, surfaces, hazard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from app.errors import Text
from app.rules.phrases import chinese
from app.rules.row import RuleRow, Told, number, span
from app.rules.table import RuleTable
from app.schema.domains import STORM_MEASURE_KIND

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RainRow(RuleRow):
    """A rainstorm intensity formula q = A (1 + C lg P) / (t + b)^n and where it may be used."""

    ID: ClassVar[tuple[str, ...]] = ("row_id",)
    STANDARD: ClassVar[tuple[str, ...]] = ("place",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("form",)

    place: str
    form: str
    A1_mm_min: float | None
    A_L_s_ha: float | None
    C: float | None
    b_min: float | None
    n: float | None
    p_min_a: float | None
    p_max_a: float | None
    units: str

    @property
    def has_formula(self) -> bool:
        return None not in (self.A_L_s_ha, self.C, self.b_min, self.n)

    def covers(self, return_period_a: float) -> bool:
        """Whether the return period lies where the formula may be used (else 超出公式适用范围)."""
        return (self.p_min_a or 0.0) <= return_period_a <= (self.p_max_a or float("inf"))

    def intensity_l_per_s_ha(self, return_period_a: float, duration_min: Floats) -> Floats:
        """Mean intensity over each duration. It is unbounded at 0 where b = 0: never sample it there."""
        a, c, b, n = (float(x or 0.0) for x in (self.A_L_s_ha, self.C, self.b_min, self.n))
        t = np.asarray(duration_min, dtype=float)
        return np.asarray(a * (1.0 + c * np.log10(return_period_a)) / (t + b) ** n)

    def depth_mm(self, return_period_a: float, duration_min: Floats) -> Floats:
        """Rain of each duration: 1 L/(s·ha) is 0.36 mm/h."""
        q = self.intensity_l_per_s_ha(return_period_a, duration_min)
        return np.asarray(q * 0.36 * np.asarray(duration_min, dtype=float) / 60.0)

    def told(self) -> Told:
        place = {
            "R1": "银川（最近的已发表手册公式）",
            "R2": "银川新编公式",
            "R3": "吴忠/利通公式",
            "R4": "一般形式",
        }
        name = place.get(self.rule_id, self.place)
        used = span(self.p_min_a, self.p_max_a)
        zh = f"，适用重现期 {used} 年" if used else ""
        en = f", for return periods of {used} years" if used else ""
        figure = ""
        if self.has_formula:
            figure = f"A={number(self.A_L_s_ha)}, C={number(self.C)}, b={number(self.b_min)}, n={number(self.n)}"  # fmt: skip
        return Told(Text(f"暴雨强度公式：{name}{zh}", f"rainstorm intensity: {self.place}{en}"), figure, self.units)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RainTestRow(RuleRow):
    """A value of a formula worked out apart, for tests."""

    ID: ClassVar[tuple[str, ...]] = ("formula_row", "return_period_a", "duration_min")
    STANDARD: ClassVar[tuple[str, ...]] = ("formula_row",)
    CLAUSE: ClassVar[tuple[str, ...]] = ()

    formula_row: str
    return_period_a: float
    duration_min: float
    q_L_s_ha: float
    intensity_mm_h: float
    depth_mm: float

    def told(self) -> Told:
        p, t = number(self.return_period_a), number(self.duration_min)
        return Told(Text(f"{self.formula_row}：P={p} 年、{t} 分钟雨量", f"{self.formula_row}: depth for P = {p} a, {t} min"), number(self.depth_mm), "mm")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class StormDesignRow(RuleRow):
    """A limit or working value of stormwater design; the value may be a range in words."""

    ID: ClassVar[tuple[str, ...]] = ("parameter",)
    STANDARD: ClassVar[tuple[str, ...]] = ("standard_and_clause",)
    CLAUSE: ClassVar[tuple[str, ...]] = ()

    parameter: str
    value: str
    unit: str

    def told(self) -> Told:
        words = self.parameter.replace("_", " ")
        return Told(Text(f"雨水设计：{chinese(self.parameter)}", words), self.value, self.unit)


@dataclass(frozen=True, kw_only=True)
class RunoffRow(RuleRow):
    """Runoff coefficient of a surface."""

    ID: ClassVar[tuple[str, ...]] = ("surface_en",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("table",)

    surface_zh: str
    surface_en: str
    psi_min: float
    psi_max: float

    def told(self) -> Told:
        says = Text(f"径流系数：{self.surface_zh}", f"runoff coefficient: {self.surface_en}")
        return Told(says, span(self.psi_min, self.psi_max))


@dataclass(frozen=True, kw_only=True)
class RoughnessRow(RuleRow):
    """Manning n, depression storage or infiltration of a surface or pipe."""

    ID: ClassVar[tuple[str, ...]] = ("group", "name", "parameter")
    STANDARD: ClassVar[tuple[str, ...]] = ("reference",)
    CLAUSE: ClassVar[tuple[str, ...]] = ()

    group: str
    name: str
    parameter: str
    value_min: float
    value_max: float
    unit: str

    def told(self) -> Told:
        words = {
            "manning_n": "糙率",
            "depth": "洼蓄",
            "f0": "初渗率",
            "fc": "稳渗率",
            "k": "衰减系数",
            "days": "干燥时间",
        }
        zh = f"{words.get(self.parameter, self.parameter)}：{chinese(self.name)}"
        return Told(Text(zh, f"{self.parameter.replace('_', ' ')}: {self.name}"), span(self.value_min, self.value_max), self.unit)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class HazardRow(RuleRow):
    """One class of a flood-hazard scheme."""

    ID: ClassVar[tuple[str, ...]] = ("scheme", "class", "name")
    STANDARD: ClassVar[tuple[str, ...]] = ("scheme",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("class",)

    scheme: str
    name: str
    depth_min_m: float | None
    depth_max_m: float | None
    velocity_min_ms: float | None
    velocity_max_ms: float | None
    dv_min_m2s: float | None
    dv_max_m2s: float | None
    hr_min: float | None
    hr_max: float | None

    def told(self) -> Told:
        limits = [
            ("d", self.depth_min_m, self.depth_max_m, "m"),
            ("v", self.velocity_min_ms, self.velocity_max_ms, "m/s"),
            ("dv", self.dv_min_m2s, self.dv_max_m2s, "m²/s"),
            ("HR", self.hr_min, self.hr_max, ""),
        ]
        figure = ", ".join(_limits(*limit) for limit in limits if limit[1:3] != (None, None))
        return Told(Text(f"{chinese(self.scheme)} {chinese(self.clause)} 级：{chinese(self.name)}", f"{self.scheme}, class {self.clause}: {self.name}"), figure)  # fmt: skip


def _limits(name: str, low: float | None, high: float | None, unit: str) -> str:
    if low is None:
        return f"{name} ≤ {number(high)} {unit}".strip()
    if high is None:
        return f"{name} ≥ {number(low)} {unit}".strip()
    return f"{name} {span(low, high)} {unit}".strip()


@dataclass(frozen=True, kw_only=True)
class SurfaceRow(RuleRow):
    """How a kind of land cover sheds, slows, holds and takes in rain."""

    ID: ClassVar[tuple[str, ...]] = ("cover",)
    CLAUSE: ClassVar[tuple[str, ...]] = ("table",)

    cover: str
    name_zh: str
    name_en: str
    psi: float
    manning_n: float
    storage_mm: float
    f0_mm_h: float
    fc_mm_h: float
    k_per_h: float

    def told(self) -> Told:
        zh = f"雨水地表：{self.name_zh}，径流系数 {number(self.psi)}，糙率 {number(self.manning_n)}"
        en = f"rain on {self.name_en}: runoff coefficient {number(self.psi)}, Manning n {number(self.manning_n)}"
        return Told(Text(zh, en), f"{number(self.f0_mm_h)} → {number(self.fc_mm_h)}", "mm/h")

    def faults(self) -> list[tuple[str, Text]]:
        found = []
        if not 0 <= self.psi <= 1:
            found.append(("psi", Text("应在 0 与 1 之间", "must lie between 0 and 1")))
        if self.manning_n <= 0:
            found.append(("manning_n", Text("应大于 0", "must be above 0")))
        if self.f0_mm_h < self.fc_mm_h:
            found.append(("f0_mm_h", Text("初渗率不能小于稳渗率", "must not be below fc_mm_h")))
        return found


@dataclass(frozen=True, kw_only=True)
class StormTermRow(RuleRow):
    """A coefficient or limit of the stormwater model."""

    STANDARD: ClassVar[tuple[str, ...]] = ()
    CLAUSE: ClassVar[tuple[str, ...]] = ("term",)

    term: str
    value: float
    unit: str
    name_zh: str
    name_en: str

    def told(self) -> Told:
        says = Text(f"内涝模型·{self.name_zh}", f"stormwater model, {self.name_en}")
        return Told(says, number(self.value), self.unit)


@dataclass(frozen=True, kw_only=True)
class MeasureCostRow(RuleRow):
    """Unit cost of a measure against water until a local price replaces it."""

    ID: ClassVar[tuple[str, ...]] = ("kind",)
    STANDARD: ClassVar[tuple[str, ...]] = ("basis",)
    CLAUSE: ClassVar[tuple[str, ...]] = ()

    kind: str
    unit: str
    unit_cost_yuan: float
    item_code: str
    basis: str

    def told(self) -> Told:
        label = next(one.label for one in STORM_MEASURE_KIND.codes if one.code == self.kind)
        says = Text(f"雨洪措施单价：{label.zh}", f"unit cost of {label.en}")
        return Told(says, number(self.unit_cost_yuan), f"CNY/{self.unit}")

    def faults(self) -> list[tuple[str, Text]]:
        found = []
        if self.kind not in STORM_MEASURE_KIND.values:
            found.append(("kind", Text("没有这种措施", "there is no such measure")))
        if self.unit_cost_yuan <= 0:
            found.append(("unit_cost_yuan", Text("单价应大于 0", "a unit cost is more than 0")))
        return found


@dataclass(frozen=True, kw_only=True)
class DrainSizeRow(RuleRow):
    """A size in which drains are made, with the cost of laying a metre until a local price is known."""

    ID: ClassVar[tuple[str, ...]] = ("nominal_mm",)
    STANDARD: ClassVar[tuple[str, ...]] = ("standard_and_clause",)
    CLAUSE: ClassVar[tuple[str, ...]] = ()

    nominal_mm: int
    unit_cost_yuan_per_m: float

    def told(self) -> Told:
        size = self.nominal_mm
        return Told(
            Text(f"雨水管管径 DN{size}", f"size of drains DN{size}"),
            number(self.unit_cost_yuan_per_m),
            "CNY/m",
        )

    def faults(self) -> list[tuple[str, Text]]:
        found = []
        for column in ("nominal_mm", "unit_cost_yuan_per_m"):
            if getattr(self, column) <= 0:
                found.append((column, Text("应大于 0", "must be above 0")))
        return found


class DrainSizeTable(RuleTable[DrainSizeRow]):
    """Sizes from the smallest to the largest."""

    def above(self, nominal_mm: float) -> tuple[DrainSizeRow, ...]:
        """The sizes larger than this one, the next first."""
        return tuple(
            sorted(
                (row for row in self.rows if row.nominal_mm > nominal_mm),
                key=lambda row: row.nominal_mm,
            )
        )

    def cost_yuan_per_m(self, nominal_mm: float) -> float:
        """The cost of the smallest size that is not smaller; of the largest beyond it."""
        fitting = [row for row in self.rows if row.nominal_mm >= nominal_mm]
        chosen = (
            min(fitting, key=lambda row: row.nominal_mm)
            if fitting
            else max(self.rows, key=lambda row: row.nominal_mm)
        )
        return chosen.unit_cost_yuan_per_m


class SurfaceTable(RuleTable[SurfaceRow]):
    """Land cover by code, in the order of the file; ``other`` stands for what is not known."""

    @property
    def covers(self) -> tuple[str, ...]:
        return tuple(row.cover for row in self.rows)


class StormTermTable(RuleTable[StormTermRow]):
    """Terms by name."""

    def term(self, name: str) -> float:
        """The figure of a term."""
        return next(row.value for row in self.rows if row.term == name)


class HazardTable(RuleTable[HazardRow]):
    """Schemes of hazard classes."""

    def classes(self, scheme: str) -> tuple[HazardRow, ...]:
        """The classes of a scheme from the mildest to the gravest."""
        return tuple(row for row in self.rows if row.scheme == scheme)


class RainTable(RuleTable[RainRow]):
    """Formulas by row; places whose formula was not found stay in the list and say so."""

    @property
    def usable(self) -> tuple[RainRow, ...]:
        return tuple(row for row in self.rows if row.has_formula)
