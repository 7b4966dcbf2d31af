"""Rows about conflicts and joint digs: how grave one is, what lies beside pipes, what is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from app.errors import Text
from app.rules.row import RuleRow, Told, number, span
from app.rules.table import RuleTable
from app.rules.words import KINDS, words_of

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.object_]

ANY = "any"


@dataclass(frozen=True, kw_only=True)
class SeverityRow(RuleRow):
    """One weight of a conflict's severity: by the missing share, by the consequence, or a level."""

    STANDARD: ClassVar[tuple[str, ...]] = ()
    CLAUSE: ClassVar[tuple[str, ...]] = ("factor",)

    factor: Literal["deficit_share", "consequence", "level"]
    applies_to: str
    low: float | None
    high: float | None
    score: float
    reply_days: int | None
    name_zh: str
    name_en: str

    def told(self) -> Told:
        words = {
            "deficit_share": Text("不足比例", "missing share"),
            "consequence": Text("后果", "consequence"),
            "level": Text("等级", "level"),
        }[self.factor]
        bounds = span(self.low, self.high)
        days = self.reply_days
        reply = Text(f"，{days} 天内答复", f", answer within {days} days") if days else Text("", "")
        return Told(
            Text(
                f"严重程度·{words.zh}：{self.name_zh} {bounds}".strip() + reply.zh,
                f"severity, {words.en}: {self.name_en} {bounds}".strip() + reply.en,
            ),
            number(self.score),
        )

    def faults(self) -> list[tuple[str, Text]]:
        if (self.factor == "level") == (self.reply_days is not None and self.reply_days > 0):
            return []
        told = Text(
            "每个等级写答复天数，其他行不写", "a level names its days to answer, no other row"
        )
        return [("reply_days", told)]


@dataclass(frozen=True)
class SeverityTable(RuleTable[SeverityRow]):
    """Score = missing share's weight times the consequence's weight; levels cut the score."""

    def scores(
        self, share: Floats, classes_a: Sequence[str] | Names, classes_b: Sequence[str] | Names
    ) -> Floats:
        """Score of each conflict; NaN where the missing share is not known."""
        weight = _bucket([row for row in self.rows if row.factor == "deficit_share"], share)
        return weight * self._consequence(classes_a, classes_b)

    def levels(self, score: Floats) -> Names:
        """Ids of the level rows, empty where the score is not known."""
        rows = [row for row in self.rows if row.factor == "level"]
        place = _place(rows, score)
        ids = np.array([*(row.rule_id for row in rows), ""], dtype=object)
        return ids[place]

    def _consequence(
        self, classes_a: Sequence[str] | Names, classes_b: Sequence[str] | Names
    ) -> Floats:
        weights = {
            frozenset(row.applies_to.split()): row.score
            for row in self.rows
            if row.factor == "consequence"
        }
        found = {}
        for pair in set(zip(classes_a, classes_b, strict=True)):
            a, b = pair
            ways = [{a, b}, {a, ANY}, {b, ANY}, {ANY}]
            scores = [weights[frozenset(way)] for way in ways[:1] if frozenset(way) in weights]
            either = [weights[frozenset(way)] for way in ways[1:3] if frozenset(way) in weights]
            found[pair] = max(scores or either or [weights[frozenset({ANY})]])
        return np.array([found[pair] for pair in zip(classes_a, classes_b, strict=True)], float)


def _place(rows: Sequence[SeverityRow], value: Floats) -> npt.NDArray[np.int64]:
    """Which row's low < value <= high (the first also takes its low); -1 where none."""
    place = np.full(len(value), -1, dtype=np.int64)
    for i, row in enumerate(rows):
        low = -np.inf if row.low is None or i == 0 else row.low
        high = np.inf if row.high is None else row.high
        place[(value > low) & (value <= high)] = i
    return place


def _bucket(rows: Sequence[SeverityRow], value: Floats) -> Floats:
    scores = np.array([*(row.score for row in rows), np.nan])
    return scores[_place(rows, value)]


@dataclass(frozen=True, kw_only=True)
class SurroundRow(RuleRow):
    """What a tree, pole, building or road edge is called in the clearance tables."""

    CLAUSE: ClassVar[tuple[str, ...]] = ("table",)

    layer: str
    kind: str
    voltage_min_excl_kv: float | None
    voltage_max_kv: float | None
    clearance_kind: str

    def told(self) -> Told:
        bounds = span(self.voltage_min_excl_kv, self.voltage_max_kv)
        what, kind = _THINGS[self.kind or self.layer], words_of(KINDS, self.clearance_kind)
        return Told(
            Text(f"{what.zh}按“{kind.zh}”核查", f"{what.en} counts as {kind.en}"),
            bounds,
            "kV" if bounds else "",
        )


_THINGS = {
    "arbor": Text("乔木", "tree"),
    "shrub": Text("灌木", "shrub"),
    "telecom": Text("通信杆", "telecom pole"),
    "lighting": Text("路灯杆", "lighting pole"),
    "pole": Text("杆塔", "pole"),
    "building": Text("建筑", "building"),
    "road": Text("车行道", "carriageway"),
}


@dataclass(frozen=True)
class SurroundTable(RuleTable[SurroundRow]):
    """Clearance kind of the rows of a layer; rows that name a kind go before voltages."""

    def kinds(self, layer: str, kind: Names, voltage_kv: Floats) -> Names:
        """The kind of each row, '' where its attributes do not tell."""
        found = np.full(len(kind), "", dtype=object)
        rows = [row for row in self.rows if row.layer == layer]
        for row in sorted(rows, key=lambda r: not r.kind):
            fits = found == ""
            if row.kind:
                fits &= kind == row.kind
            if row.voltage_min_excl_kv is not None:
                fits &= voltage_kv > row.voltage_min_excl_kv
            if row.voltage_max_kv is not None:
                fits &= voltage_kv <= row.voltage_max_kv
            found[fits] = row.clearance_kind
        return found


@dataclass(frozen=True, kw_only=True)
class DigSavingRow(RuleRow):
    """One term of what a joint dig saves, or a work item that opens the ground."""

    STANDARD: ClassVar[tuple[str, ...]] = ()
    CLAUSE: ClassVar[tuple[str, ...]] = ("term",)

    term: Literal[
        "trench_cost", "repaving_cost", "setup_cost", "trench_width", "repaving_margin",
        "added_width", "digging_item", "trench_depth",
    ]  # fmt: skip
    applies_to: str
    value: float
    unit: str
    name_zh: str
    name_en: str

    def told(self) -> Told:
        if self.term == "digging_item":
            return Told(
                Text(f"{self.applies_to} {self.name_zh}", f"{self.applies_to} {self.name_en}")
            )
        return Told(
            Text(f"共同开挖节省·{self.name_zh}", f"saved by a joint dig, {self.name_en}"),
            number(self.value),
            self.unit,
        )

    def faults(self) -> list[tuple[str, Text]]:
        found = []
        if self.value < 0:
            found.append(("value", Text("不能为负", "must not be negative")))
        if (self.term in ("digging_item", "trench_depth")) != bool(self.applies_to):
            told = Text("只有需开挖的改造内容写代码", "only a digging item names a code")
            found.append(("applies_to", told))
        return found


@dataclass(frozen=True)
class DigSavingTable(RuleTable[DigSavingRow]):
    """saved = metres x trench cost + area x repaving cost + openings avoided x setup cost.

    ``area`` is what the joined digs would have repaved alone, less what they widen the trench by.
    """

    def term(self, name: str) -> float:
        """The figure of a term."""
        return next(row.value for row in self.rows if row.term == name)

    @property
    def digging_items(self) -> frozenset[str]:
        """Codes of the work items that open the ground."""
        return frozenset(
            row.applies_to for row in self.rows if row.term == "digging_item" and row.value > 0
        )

    @property
    def trench_depth_m(self) -> dict[str, float]:
        """The usual depth of the trench of a work item, for who pays what of a shared one."""
        return {row.applies_to: row.value for row in self.rows if row.term == "trench_depth"}

    def repaved_width_m(self, trench_width_m: Floats) -> Floats:
        """Width to repave over a trench dug alone; the table's width where it is not known."""
        known = np.where(np.isnan(trench_width_m), self.term("trench_width"), trench_width_m)
        wide: Floats = known + 2 * self.term("repaving_margin")
        return wide

    def saved_fen(self, trench_m: float, repaving_m2: float, openings: int) -> int:
        """What is saved in whole fen, halves up; never negative."""
        yuan = (
            trench_m * self.term("trench_cost")
            + repaving_m2 * self.term("repaving_cost")
            + openings * self.term("setup_cost")
        )
        return max(int(np.floor(yuan * 100 + 0.5)), 0)
