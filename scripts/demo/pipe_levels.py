"""How deep the pipes lie: sewers fall to their outfalls, the others pass at lawful distances."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable

import numpy as np
import shapely

from scripts.demo.pipe_graph import Point, Stretch
from scripts.demo.pipe_kinds import (
    KINDS,
    LEAST_SLOPE,
    PLACING_ORDER,
    vertical_gap_m,
)

Ground = Callable[[np.ndarray, np.ndarray], np.ndarray]
SPARE_M = 0.03  # kept beyond what the table asks
DEEPEST_M = 8.0


def set_levels(stretches: list[Stretch], ground: Ground) -> None:
    """Give every stretch the elevation of its top at both ends."""
    levels = _Levels(stretches, ground)
    for kind in PLACING_ORDER:
        own = [s for s in stretches if s.kind == kind]
        if KINDS[kind].gravity:
            _let_fall(own, levels)
        else:
            for stretch in own:
                levels.place_level(stretch)
        levels.placed.update(id(s) for s in own)


class _Levels:
    """The stretches with their crossings, found once."""

    def __init__(self, stretches: list[Stretch], ground: Ground) -> None:
        points = sorted({p for s in stretches for p in (s.start, s.end)})
        heights = ground(np.array([p[0] for p in points]), np.array([p[1] for p in points]))
        self.ground_m: dict[Point, float] = {
            p: float(h) for p, h in zip(points, heights, strict=True)
        }
        self.crossings = _crossings(stretches)
        self.placed: set[int] = set()

    def place_level(self, stretch: Stretch) -> None:
        """The cover nearest to the usual one that clears everything placed before."""
        kind = KINDS[stretch.kind]
        least = kind.least_cover_m
        forbidden = []
        for other, here, there in self.crossings[id(stretch)]:
            if id(other) not in self.placed:
                continue
            gap = _gap_m(stretch, other)
            top = other.start_top_m + there * (other.end_top_m - other.start_top_m)  # type: ignore[operator]
            surface = self._surface(stretch, here)
            shallow = surface - stretch.size.height_m - top - gap
            deep = surface - (top - other.size.height_m) + gap
            forbidden.append((shallow, deep))
        usual = max(kind.usual_cover_m, least)
        candidates = [usual, *(c for pair in forbidden for c in pair)]
        lawful = [
            c for c in candidates
            if c >= least - 1e-9 and all(c <= a + 1e-9 or c >= b - 1e-9 for a, b in forbidden)
        ]  # fmt: skip
        cover = min(lawful, key=lambda c: (abs(c - usual), c))
        if cover > DEEPEST_M:
            raise ValueError(f"{stretch.kind} at {stretch.start} would lie {cover:.1f} m deep")
        stretch.start_top_m = self.ground_m[stretch.start] - cover
        stretch.end_top_m = self.ground_m[stretch.end] - cover

    def _surface(self, stretch: Stretch, share: float) -> float:
        a, b = self.ground_m[stretch.start], self.ground_m[stretch.end]
        return a + share * (b - a)

    def drop_below(self, stretch: Stretch) -> float:
        """Metres by which a laid sewer must sink to clear the sewers placed before."""
        need = 0.0
        for other, here, there in self.crossings[id(stretch)]:
            if id(other) not in self.placed:
                continue
            gap = _gap_m(stretch, other)
            top = stretch.start_top_m + here * (stretch.end_top_m - stretch.start_top_m)  # type: ignore[operator]
            other_top = other.start_top_m + there * (other.end_top_m - other.start_top_m)  # type: ignore[operator]
            above = top - stretch.size.height_m - other_top
            below = other_top - other.size.height_m - top
            if above < gap and below < gap:
                need = max(need, gap - below)
        return need


def _gap_m(a: Stretch, b: Stretch) -> float:
    return vertical_gap_m(KINDS[a.kind].vertical, KINDS[b.kind].vertical) + SPARE_M


def _crossings(stretches: list[Stretch]) -> dict[int, list[tuple[Stretch, float, float]]]:
    """For each stretch: what it crosses, and at which share of its own and the other's length."""
    lines = shapely.linestrings([[s.start, s.end] for s in stretches])
    left, right = shapely.STRtree(lines).query(lines, predicate="intersects")
    found: dict[int, list[tuple[Stretch, float, float]]] = defaultdict(list)
    for i, j in zip(left.tolist(), right.tolist(), strict=True):
        a, b = stretches[i], stretches[j]
        if i == j or a.kind == b.kind:
            continue
        point = shapely.intersection(lines[i], lines[j])
        if point.geom_type != "Point":
            raise ValueError(f"{a.kind} runs on top of {b.kind} at {a.start}")
        found[id(a)].append((b, _share(a, point), _share(b, point)))
    return found


def _share(stretch: Stretch, point: shapely.Point) -> float:
    from_start = abs(point.x - stretch.start[0]) + abs(point.y - stretch.start[1])
    return from_start / stretch.length_m


# --- sewers ----------------------------------------------------------------------------------------
def _let_fall(own: list[Stretch], levels: _Levels) -> None:
    """From the upper ends to the outfalls: never rising, never under the least cover."""
    leaving: dict[Point, list[Stretch]] = defaultdict(list)
    waiting: dict[Point, int] = defaultdict(int)
    for stretch in own:
        leaving[stretch.start].append(stretch)
        waiting[stretch.end] += 1
    inverts: dict[Point, float] = {}
    ready = [point for point in leaving if waiting[point] == 0]
    heapq.heapify(ready)
    done = 0
    while ready:
        point = heapq.heappop(ready)
        for stretch in leaving[point]:
            _lay(stretch, inverts.get(point), levels)
            end = _invert(stretch, stretch.end_top_m)
            inverts[stretch.end] = min(inverts.get(stretch.end, end), end)
            waiting[stretch.end] -= 1
            done += 1
            if waiting[stretch.end] == 0 and stretch.end in leaving:
                heapq.heappush(ready, stretch.end)
    if done != len(own):
        raise ValueError(f"{len(own) - done} stretches of {own[0].kind} run in a circle")


def _wall_m(stretch: Stretch) -> float:
    return (stretch.size.height_m - stretch.size.inner_m) / 2


def _invert(stretch: Stretch, top: float | None) -> float:
    assert top is not None
    return top - stretch.size.height_m + _wall_m(stretch)


def _top(stretch: Stretch, invert: float) -> float:
    return invert + stretch.size.height_m - _wall_m(stretch)


def _lay(stretch: Stretch, arriving: float | None, levels: _Levels) -> None:
    kind = KINDS[stretch.kind]
    slope = LEAST_SLOPE[stretch.where][stretch.kind]
    shallow = [
        _invert(stretch, levels.ground_m[point] - kind.usual_cover_m)
        for point in (stretch.start, stretch.end)
    ]
    start = shallow[0] if arriving is None else min(arriving, shallow[0])
    for _ in range(4):
        end = min(start - slope * stretch.length_m, shallow[1])
        stretch.start_top_m, stretch.end_top_m = _top(stretch, start), _top(stretch, end)
        drop = levels.drop_below(stretch)
        if drop <= 0:
            return
        start -= drop
    raise ValueError(f"no level for the {stretch.kind} at {stretch.start}")
