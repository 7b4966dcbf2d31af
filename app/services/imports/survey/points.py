"""The points of a survey: where each number lies, and which numbers cannot be used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.errors import Text
from app.services.imports.survey.tables import SurveyTable

Floats = NDArray[np.float64]
_SAME_PLACE_M = 0.01


@dataclass(frozen=True)
class Point:
    """One measured point; ``ground_m`` NaN where it is not known."""

    east: float
    north: float
    ground_m: float


@dataclass
class Points:
    """Points by class and number; numbers are unique within a class only."""

    by_class: dict[tuple[str, str], list[Point]] = field(default_factory=lambda: defaultdict(list))
    by_number: dict[str, list[Point]] = field(default_factory=lambda: defaultdict(list))
    used: set[str] = field(default_factory=set)

    def add(self, pipe_class: str, number: str, point: Point) -> bool:
        """Keep a point; False where the same point is there already."""
        held = self.by_class[pipe_class, number]
        if any(_same(point, other) for other in held):
            return False
        held.append(point)
        if not any(_same(point, other) for other in self.by_number[number]):
            self.by_number[number].append(point)
        return True

    def find(self, pipe_class: str, number: str) -> Point | Text:
        """The point of that number, or why there is none."""
        if not number:
            return Text("点号为空", "the point number is empty")
        found = self.by_class.get((pipe_class, number)) or self.by_number.get(number) or []
        if len(found) == 1:
            self.used.add(number)
            return found[0]
        if found:
            return Text(f"点号 {number} 在点表中有 {len(found)} 个不同位置",
                        f"the point {number} lies in {len(found)} places of the point table")  # fmt: skip
        return Text(f"点表中没有点号 {number}", f"the point table has no point {number}")


def gathered(tables: Sequence[SurveyTable], classes: Sequence[Sequence[str]]) -> tuple[Points, list[dict[int, Text]]]:  # fmt: skip
    """The points of all point tables, and of each table the rows that give none, with the reason."""
    points = Points()
    refused: list[dict[int, Text]] = []
    for table, codes in zip(tables, classes, strict=True):
        east, north = table.east_north()
        ground = table.figures("ground_m")
        reasons: dict[int, Text] = {}
        for at, (code, number) in enumerate(zip(codes, table.texts("number"), strict=True)):
            row = int(table.numbers[at])
            if not number:
                reasons[row] = Text("点号为空", "the point number is empty")
            elif np.isnan(east[at]) or np.isnan(north[at]):
                reasons[row] = Text(f"点 {number} 没有坐标", f"point {number} has no coordinates")
            elif not points.add(
                code, number, Point(float(east[at]), float(north[at]), float(ground[at]))
            ):
                reasons[row] = Text(f"点 {number} 重复", f"point {number} is there twice")
        refused.append(reasons)
    return points, refused


def moved_apart(points: Points) -> Mapping[str, int]:
    """Numbers of one class that lie in more than one place, with how many."""
    return {number: len(held) for (_, number), held in points.by_class.items() if len(held) > 1}


def _same(a: Point, b: Point) -> bool:
    return abs(a.east - b.east) <= _SAME_PLACE_M and abs(a.north - b.north) <= _SAME_PLACE_M
