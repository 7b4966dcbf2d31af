"""The search: ways in the order of their cost, judged in batches, until the cheapest that passes."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import shapely

from app.analysis.design_help.ways import (
    Limits,
    Start,
    Way,
    bends_of,
    cost_of,
    drawn,
    variations,
    ways,
)

Floats = npt.NDArray[np.float64]
BATCH = 192
_TIE = 1e-9
_FINEST = 0.1
_WORTH_M = 0.002


@dataclass(frozen=True)
class Verdict:
    """What the rules say of one way: metres short in all, rows that are only possible, whether any
    of it is in plan, and the number of rows that are short or possible."""

    short_m: float
    possible: int
    in_plan: bool
    rows: int = 1

    @property
    def clear(self) -> bool:
        """Nothing is short, and nothing may be short."""
        return self.short_m <= 0 and not self.possible


Judge = Callable[[Sequence[tuple[Way, shapely.LineString]]], Sequence[Verdict]]


@dataclass
class Answer:
    """The cheapest way that is clear, else None; ``nearest`` has the fewest rows left, and of those
    is short of least; ``tried`` counts."""

    best: Way | None = None
    cost_m: float = float("inf")
    nearest: Way | None = None
    nearest_rows: float = float("inf")
    nearest_short_m: float = float("inf")
    tried: int = 0
    complete: bool = True


def cheapest(
    start: Start,
    judge: Judge,
    forbidden: Iterable[shapely.Geometry],
    stations: Floats,
    limits: Limits,
    *,
    most: int = 12_000,
) -> Answer:
    """The cheapest way by :func:`cost_of` that the judge finds clear.

    Parameters
    ----------
    judge
        Verdicts of ways with their lines; called with some at a time.
    forbidden
        Areas that no way may enter: buildings that the pipe does not serve.
    stations
        Metres along the line where it is short of something: every shift spans them all.
    most
        Ways judged before the search gives up, which the answer then tells.

    Returns
    -------
    The answer; ways of equal cost are taken in the order of their place, side and ramp.
    """
    walls = _union(forbidden)
    queue = _Queue(start, limits, stations)
    answer = Answer()
    if start.may_sink:  # only deeper is a handful of ways and bounds all others from above
        _judge(answer, start, judge, walls, limits, list(_deeper(Way(), limits)))
    while answer.tried < most:
        batch = queue.take(BATCH, below=answer.cost_m - _TIE)
        if not batch:
            break
        lines = [
            (cost, way, line) for cost, way, line in batch if _allowed(start, line, walls, limits)
        ]
        verdicts = judge([(way, line) for _, way, line in lines]) if lines else []
        answer.tried += len(lines)
        for (cost, way, _), verdict in zip(lines, verdicts, strict=True):
            _take(answer, cost, way, verdict)
            if not verdict.in_plan and not verdict.clear and start.may_sink and not way.deeper_m:
                queue.add_depths(cost, way)
    else:
        answer.complete = False
    _refine(answer, start, judge, walls, limits)
    return answer


def _refine(
    answer: Answer, start: Start, judge: Judge, walls: shapely.Geometry, limits: Limits
) -> None:
    """Move what was found by shares of a step, as long as that makes it cheaper."""
    share = 1.0
    while answer.best is not None and answer.best != Way() and share > _FINEST:
        before = answer.cost_m
        _judge(
            answer, start, judge, walls, limits, list(variations(start, answer.best, limits, share))
        )
        if answer.cost_m >= before - _WORTH_M:
            share /= 2


def _judge(
    answer: Answer, start: Start, judge: Judge, walls: shapely.Geometry, limits: Limits,
    some: Sequence[Way],
) -> None:  # fmt: skip
    """Judge the cheaper ones of these ways in the order of their cost, a batch at a time."""
    costed = []
    for way in some:
        line = drawn(start, way)
        if line is not None and _allowed(start, line, walls, limits):
            costed.append((cost_of(start, way, line), way, line))
    costed.sort(key=lambda one: one[0])
    for at in range(0, len(costed), BATCH):
        batch = [one for one in costed[at : at + BATCH] if one[0] < answer.cost_m - _TIE]
        if not batch:
            return
        answer.tried += len(batch)
        for (cost, way, _), verdict in zip(batch, judge([one[1:] for one in batch]), strict=True):
            _take(answer, cost, way, verdict)


def _deeper(way: Way, limits: Limits) -> Iterator[Way]:
    """The same line deeper or shallower by each step."""
    for far, sign in ((limits.deeper_m, 1), (limits.shallower_m, -1)):
        for step in range(1, round(far / limits.depth_step_m) + 1):
            yield replace(way, deeper_m=round(sign * step * limits.depth_step_m, 4))


def _take(answer: Answer, cost: float, way: Way, verdict: Verdict) -> None:
    if verdict.clear and cost < answer.cost_m - _TIE:
        answer.best, answer.cost_m = way, cost
    if (verdict.rows, verdict.short_m) < (answer.nearest_rows, answer.nearest_short_m - _TIE):
        answer.nearest = way
        answer.nearest_rows, answer.nearest_short_m = verdict.rows, verdict.short_m


def _union(areas: Iterable[shapely.Geometry]) -> shapely.Geometry:
    whole = shapely.union_all(list(areas))
    shapely.prepare(whole)
    return whole


def _allowed(
    start: Start, line: shapely.LineString, walls: shapely.Geometry, limits: Limits
) -> bool:
    """Not through buildings, no bend sharper than allowed or than drawn, not too long to fall."""
    if line.length > start.longest_m + _TIE:
        return False
    sharpest = max(limits.bend_deg, float(bends_of(start.line).max(initial=0.0)))
    if bends_of(line).max(initial=0.0) > sharpest + 0.01:
        return False
    return not shapely.intersects(walls, line)


class _Queue:
    """Ways by cost; the costs of shifts are exact only once they are drawn."""

    def __init__(self, start: Start, limits: Limits, stations: Floats) -> None:
        self._start, self._limits = start, limits
        self._number = 0
        self._shifts = ways(start, limits, stations)
        self._next = next(self._shifts, None)
        self._heap: list[tuple[float, int, Way, shapely.LineString | None]] = []
        self._push(0.0, Way(), None)

    def _push(self, cost: float, way: Way, line: shapely.LineString | None) -> None:
        heapq.heappush(self._heap, (cost, self._number, way, line))
        self._number += 1

    def add_depths(self, cost: float, way: Way) -> None:
        """The same line deeper or shallower, each by its own change."""
        for deeper in _deeper(way, self._limits):
            self._push(cost + abs(deeper.deeper_m), deeper, None)

    def take(self, count: int, *, below: float) -> list[tuple[float, Way, shapely.LineString]]:
        """The cheapest ways left under a cost, drawn."""
        found: list[tuple[float, Way, shapely.LineString]] = []
        while len(found) < count:
            while self._next is not None and (not self._heap or self._next[0] <= self._heap[0][0]):
                self._push(*self._next, None)
                self._next = next(self._shifts, None)
            if not self._heap or self._heap[0][0] >= below:
                break
            cost, _, way, line = heapq.heappop(self._heap)
            if line is None:
                line = drawn(self._start, way)
                if line is None:
                    continue
                exact = cost_of(self._start, way, line)
                if exact > cost + _TIE:
                    self._push(exact, way, line)
                    continue
            found.append((cost, way, line))
        return found
