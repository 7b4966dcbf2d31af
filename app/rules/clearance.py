"""Required clear distances for arrays of pairs: symmetric, by most specific kind, ranges kept."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from app.rules.clearance_rows import HorizontalRow, KindRow, NoneRow, VerticalRow
from app.rules.row import RuleRow
from app.rules.table import RuleTable

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Names = npt.NDArray[np.object_]

NATIONAL = "GB 50289-2016"
COMMUNITY = "GB 50015-2019"
NOT_COVERED = ""
EXCLUDED = "excluded"


@dataclass(frozen=True)
class Required:
    """What a table asks of each pair.

    ``min_m`` and ``max_m`` are the ends of the standard's range, equal where it gives one figure,
    and NaN where the pair is not covered or needs nothing. ``rule`` indexes the table's rows (the
    strictest that may apply), -1 where none does. ``none`` marks pairs for which the table prints
    no figure. ``missing`` names the attribute whose absence leaves several rows possible; the ends
    then span them all.
    """

    min_m: Floats
    max_m: Floats
    rule: Indices
    none: Flags
    missing: Names


@dataclass(frozen=True)
class PairFacts:
    """Attributes of both sides on which the conditions of some rows depend; NaN is unknown."""

    nominal_mm_a: Floats
    nominal_mm_b: Floats
    voltage_kv_a: Floats
    voltage_kv_b: Floats

    @classmethod
    def unknown(cls, n: int) -> PairFacts:
        return cls(*(np.full(n, np.nan) for _ in range(4)))


@dataclass(frozen=True)
class _Condition:
    """``needs`` is the attribute it reads; ``holds`` is 1, 0 or NaN (unknown) for each pair."""

    needs: Literal["nominal_mm", "voltage_kv", "electrified"]
    over: bool
    inclusive: bool
    limit: float

    def holds(self, facts: PairFacts, at: Indices) -> Floats:
        """Of two sizes the larger decides; of two voltages the one that is known (the cable's)."""
        if self.needs == "electrified":
            return np.full(len(at), np.nan)
        if self.needs == "nominal_mm":
            value = np.maximum(facts.nominal_mm_a[at], facts.nominal_mm_b[at])
            larger = np.fmax(facts.nominal_mm_a[at], facts.nominal_mm_b[at])
            value = np.where(larger > self.limit, larger, value)
        else:
            value = np.fmax(facts.voltage_kv_a[at], facts.voltage_kv_b[at])
        above = value >= self.limit if self.inclusive == self.over else value > self.limit
        answer = (above if self.over else ~above).astype(float)
        return np.where(np.isnan(value), np.nan, answer)


_COMPARE = re.compile(
    r"(?P<what>both DN|DN|power )?(?P<sign><=|>=|<|>)(?P<limit>\d+)(?P<unit> kV)?"
)


def _condition(text: str) -> _Condition | None:
    if not text:
        return None
    if text in ("electrified", "not electrified"):
        return _Condition("electrified", text == "electrified", True, 0.0)
    found = _COMPARE.fullmatch(text)
    if found is None:
        raise ValueError(f"no such condition: {text}")
    sign = found["sign"]
    needs: Literal["nominal_mm", "voltage_kv"] = "voltage_kv" if found["unit"] else "nominal_mm"
    return _Condition(needs, sign[0] == ">", sign[-1] == "=", float(found["limit"]))


@dataclass(frozen=True)
class Hierarchy:
    """Each kind of pipe with the wider kinds that a table may name instead of it."""

    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def lineage(self, kind: str) -> tuple[str, ...]:
        """The kind itself, then its parents from the narrowest to the widest."""
        widest_last = sorted(self.parents.get(kind, ()), key=lambda name: name.endswith("_any"))
        return (kind, *widest_last)


@dataclass(frozen=True)
class HorizontalTable(RuleTable[HorizontalRow]):
    """Clear distances in plan. ``required`` answers for arrays of pairs."""

    nothing: tuple[NoneRow, ...] = ()
    hierarchy: Hierarchy = Hierarchy()

    def _answering(self) -> tuple[RuleRow, ...]:
        return (*self.rows, *self.nothing)

    @property
    def reach_m(self) -> float:
        """The largest figure in force: nothing farther apart can be short."""
        return max((row.upper_m for row in self.rows if not row.is_strip), default=0.0)

    def required(
        self,
        kinds_a: Sequence[str] | Names,
        kinds_b: Sequence[str] | Names,
        *,
        standard: str = NATIONAL,
        facts: PairFacts | None = None,
    ) -> Required:
        """What the standard asks of each pair; the order of the two sides does not matter."""
        codes, groups = _pair_codes(kinds_a, kinds_b)
        n = len(codes)
        facts = facts or PairFacts.unknown(n)
        low, high = np.full(n, np.nan), np.full(n, np.nan)
        rule = np.full(n, -1, dtype=np.int64)
        none, missing = np.zeros(n, dtype=bool), np.full(n, "", dtype=object)
        for code, (a, b) in enumerate(groups):
            at = np.flatnonzero(codes == code)
            if self._needs_nothing(a, b, standard):
                none[at] = True
                continue
            candidates = self._candidates(a, b, standard)
            if candidates:
                self._fill(candidates, at, facts, low, high, rule, missing)
        return Required(low, high, rule, none, missing)

    def required_m(
        self,
        kinds_a: Sequence[str] | Names,
        kinds_b: Sequence[str] | Names,
        *,
        standard: str = NATIONAL,
    ) -> Floats:
        """The upper figure for each pair: NaN where the standard covers it not or asks nothing."""
        return self.required(kinds_a, kinds_b, standard=standard).max_m

    def strips(self, kind: str) -> tuple[HorizontalRow, ...]:
        """Strips of protection and control along a pipe of that kind."""
        names = self.hierarchy.lineage(kind)
        return tuple(row for row in self.rows if row.is_strip and set(row.pair) & set(names))

    def _fill(
        self, candidates: Sequence[int], at: Indices, facts: PairFacts,
        low: Floats, high: Floats, rule: Indices, missing: Names,
    ) -> None:  # fmt: skip
        for index in candidates:
            row, condition = self.rows[index], self._conditions[index]
            holds = np.ones(len(at)) if condition is None else condition.holds(facts, at)
            here = at[holds != 0]  # unknown (NaN) stays possible
            low[here] = np.fmin(low[here], row.min_m)
            strictest = here[~(high[here] >= row.upper_m)]
            high[strictest] = row.upper_m
            rule[strictest] = index
            if condition is not None:
                missing[at[np.isnan(holds)]] = condition.needs

    def thresholds(self, needs: str) -> Floats:
        """The figures with which some row compares ``nominal_mm`` or ``voltage_kv``, ascending."""
        limits = {c.limit for c in self._conditions if c is not None and c.needs == needs}
        return np.array(sorted(limits))

    @cached_property
    def _conditions(self) -> tuple[_Condition | None, ...]:
        return tuple(None if row.is_strip else _condition(row.condition) for row in self.rows)

    @cached_property
    def _index(self) -> dict[tuple[str, str, str], tuple[int, ...]]:
        found: dict[tuple[str, str, str], tuple[int, ...]] = {}
        for i, row in enumerate(self.rows):
            if not row.is_strip:
                key = (row.standard, *row.pair)
                found[key] = (*found.get(key, ()), i)
        return found

    @cached_property
    def _nothing(self) -> frozenset[tuple[str, str, str]]:
        rows = (row for row in self.nothing if row.direction == "horizontal")
        return frozenset((row.standard, *row.pair) for row in rows)

    def _needs_nothing(self, a: str, b: str, standard: str) -> bool:
        return (standard, *_ordered(a, b)) in self._nothing

    def _candidates(self, a: str, b: str, standard: str) -> tuple[int, ...]:
        return _most_specific(self._index, self.hierarchy, a, b, standard)


@dataclass(frozen=True)
class VerticalTable(RuleTable[VerticalRow]):
    """Clear distances in height at crossings."""

    hierarchy: Hierarchy = Hierarchy()

    @property
    def reach_m(self) -> float:
        return max((row.min_m for row in self.rows), default=0.0)

    def required(
        self,
        kinds_a: Sequence[str] | Names,
        kinds_b: Sequence[str] | Names,
        *,
        standard: str = NATIONAL,
    ) -> tuple[Floats, Floats, Indices]:
        """Metres asked, metres with a separating board, and the row's index (-1: not covered).

        Without a figure for a separator the two are equal; not covered is NaN.
        """
        codes, groups = _pair_codes(kinds_a, kinds_b)
        found = np.array(
            [max(_most_specific(self._index, self.hierarchy, a, b, standard), default=-1, key=self._asks)
             for a, b in groups],
            dtype=np.int64,
        )  # fmt: skip
        asked = np.array([*(row.min_m for row in self.rows), np.nan])
        less = [row.min_m if row.min_with_separator_m is None else row.min_with_separator_m for row in self.rows]  # fmt: skip
        rule = found[codes] if len(codes) else np.empty(0, dtype=np.int64)
        return asked[rule], np.array([*less, np.nan])[rule], rule

    def required_m(
        self,
        kinds_a: Sequence[str] | Names,
        kinds_b: Sequence[str] | Names,
        *,
        standard: str = NATIONAL,
    ) -> Floats:
        """Metres asked of each pair, NaN where the standard does not cover it."""
        return self.required(kinds_a, kinds_b, standard=standard)[0]

    def _asks(self, index: int) -> float:
        return self.rows[index].min_m

    @cached_property
    def _index(self) -> dict[tuple[str, str, str], tuple[int, ...]]:
        found: dict[tuple[str, str, str], tuple[int, ...]] = {}
        for i, row in enumerate(self.rows):
            key = (row.standard, *row.pair)
            found[key] = (*found.get(key, ()), i)
        return found


@dataclass(frozen=True)
class Kinds:
    """What each pipe is in the tables; ``""`` is not covered, ``missing`` the attribute that would tell."""

    horizontal: Names
    vertical: Names
    cover: Names
    rule: Indices
    missing: Names


@dataclass(frozen=True)
class KindTable(RuleTable[KindRow]):
    """From the attributes of pipes to the kinds of the clearance tables; most specific row wins."""

    @cached_property
    def hierarchy(self) -> Hierarchy:
        found: dict[str, tuple[str, ...]] = {}
        for row in self.rows:
            for kind in (row.kind_horizontal, row.kind_vertical):
                if kind and kind != "trench":  # a trench is judged as a trench, whatever lies in it
                    found[kind] = tuple(dict.fromkeys((*found.get(kind, ()), *row.parents)))
        return Hierarchy(found)

    def kinds(
        self,
        class_codes: Sequence[str] | Names,
        subclass_codes: Sequence[str] | Names,
        layings: Sequence[str] | Names,
        *,
        materials: Sequence[str] | Names,
        diameter_mm: Floats,
        pressure_mpa: Floats,
    ) -> Kinds:
        """The kinds of each pipe. Unknown text is ``""``, an unknown number NaN."""
        columns = {
            "class_code": _text(class_codes),
            "subclass_code": _text(subclass_codes),
            "laying": _text(layings),
            "material": _text(materials),
        }
        n = len(columns["class_code"])
        diameter, pressure = np.asarray(diameter_mm, float), np.asarray(pressure_mpa, float)
        rule = np.full(n, -1, dtype=np.int64)
        missing = np.full(n, "", dtype=object)
        order = sorted(range(len(self.rows)), key=lambda i: -self.rows[i].specificity)
        for index in order:
            row = self.rows[index]
            open_ = (rule < 0) & (columns["class_code"] != "") if row.class_code else rule < 0
            wants = {name: getattr(row, name) for name in columns}
            fits = open_.copy()
            for name in ("class_code", "subclass_code", "material"):
                if wants[name]:
                    fits &= columns[name] == wants[name]
            laying_known = columns["laying"] != ""
            if wants["laying"]:
                missing[fits & ~laying_known & (missing == "")] = "laying"
                fits &= columns["laying"] == wants["laying"]
            for name, value, low, high in (
                ("nominal_mm", diameter, row.diameter_min_excl_mm, row.diameter_max_mm),
                ("pressure_mpa", pressure, row.pressure_min_excl_mpa, row.pressure_max_mpa),
            ):
                if low is None and high is None:
                    continue
                missing[fits & np.isnan(value) & (missing == "")] = name
                fits &= _between(value, low, high)
            rule[fits] = index
        missing[rule >= 0] = ""
        return self._named(rule, missing)

    def _named(self, rule: Indices, missing: Names) -> Kinds:
        def column(name: str) -> Names:
            values = np.array(
                [*(getattr(row, name) for row in self.rows), NOT_COVERED], dtype=object
            )
            return values[rule]

        return Kinds(column("kind_horizontal"), column("kind_vertical"), column("kind_cover"), rule, missing)  # fmt: skip


def _text(values: Sequence[str] | Names) -> Names:
    return np.array([value if isinstance(value, str) else "" for value in values], dtype=object)


def _between(value: Floats, low: float | None, high: float | None) -> Flags:
    inside = ~np.isnan(value)
    if low is not None:
        inside &= value > low
    if high is not None:
        inside &= value <= high
    return inside


def _ordered(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a <= b else (b, a)


def _pair_codes(
    kinds_a: Sequence[str] | Names, kinds_b: Sequence[str] | Names
) -> tuple[Indices, list[tuple[str, str]]]:
    """Each pair as a small number, and the distinct pairs, so that rules are sought once a kind."""
    names = sorted({*kinds_a, *kinds_b})
    place = {name: i for i, name in enumerate(names)}
    a = np.array([place[kind] for kind in kinds_a], dtype=np.int64)
    b = np.array([place[kind] for kind in kinds_b], dtype=np.int64)
    low, high = np.minimum(a, b), np.maximum(a, b)
    width = max(len(names), 1)
    values, codes = np.unique(low * width + high, return_inverse=True)
    return codes.astype(np.int64), [(names[v // width], names[v % width]) for v in values]


def _most_specific(
    index: Mapping[tuple[str, str, str], tuple[int, ...]],
    hierarchy: Hierarchy,
    a: str,
    b: str,
    standard: str,
) -> tuple[int, ...]:
    """Rows of the narrowest pair of kinds that the standard names for the two."""
    if NOT_COVERED in (a, b) or EXCLUDED in (a, b):
        return ()
    ways = [
        (i + j, index.get((standard, *_ordered(up_a, up_b)), ()))
        for i, up_a in enumerate(hierarchy.lineage(a))
        for j, up_b in enumerate(hierarchy.lineage(b))
    ]
    found = [(steps, rows) for steps, rows in ways if rows]
    if not found:
        return ()
    least = min(steps for steps, _ in found)
    return tuple(i for steps, rows in found if steps == least for i in rows)
