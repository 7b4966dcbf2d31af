"""The programme's round numbers, dealt out to buildings so that they add up exactly."""

from __future__ import annotations

import random
from dataclasses import dataclass

BUILDINGS, COMMUNITIES = 60, 19
FLOOR_AREA_M2, HOUSEHOLDS = 169_600, 2004
FLATS_PER_LANDING = 2


@dataclass
class Quota:
    """One building of the programme before it has a place."""

    community: int
    units: int
    floors: int = 6
    floor_area_m2: int = 0
    depth_m: float = 12.0
    flat: float = 1.0  # size of the flats against the mean

    @property
    def households(self) -> int:
        return FLATS_PER_LANDING * self.units * self.floors

    @property
    def length_m(self) -> float:
        return self.floor_area_m2 / (self.floors * self.depth_m)


def deal(
    rng: random.Random, counts: list[int], row_m: list[float], *, gap_m: float
) -> list[list[Quota]]:
    """Buildings per community; households and floor area sum to the plan's figures.

    A row of community ``i`` holds ``row_m[i]`` metres with ``gap_m`` between two buildings.

    With 2 flats a landing, ``a`` stair units of 5 floors and ``b`` of 6 give 10a + 12b = 2004
    households, so a = 6k and b = 167 - 5k: 167 + k stair units in all.
    """
    k = rng.randint(11, 15)
    quotas = []
    for i, count in enumerate(counts):
        depth, flat = round(rng.uniform(11.4, 12.8), 1), rng.uniform(0.92, 1.08)
        quotas.append([Quota(i, 3, depth_m=depth, flat=flat) for _ in range(count)])
    everyone = [quota for group in quotas for quota in group]
    _vary_units(rng, quotas, everyone, row_m, gap_m, target=167 + k)
    _choose_floors(rng, everyone, five_floor_units=6 * k)
    _share_area(quotas)
    return quotas


def _vary_units(
    rng: random.Random, quotas: list[list[Quota]], everyone: list[Quota], row_m: list[float],
    gap_m: float, *, target: int,
) -> None:  # fmt: skip
    """Change the number of stair units building by building while every row still holds its two."""

    def fits(quota: Quota) -> bool:
        return all(
            sum(_length(q) for q in row) + gap_m * (len(row) - 1) <= row_m[quota.community]
            for row in rows_of(quotas[quota.community])
        )

    for _ in range(120):
        first, second = rng.sample(everyone, 2)
        if first.units < 5 and second.units > 2:
            first.units, second.units = first.units + 1, second.units - 1
            if not fits(first):
                first.units, second.units = first.units - 1, second.units + 1
    while (total := sum(q.units for q in everyone)) != target:
        quota, step = rng.choice(everyone), 1 if total < target else -1
        if 2 <= quota.units + step <= 5:
            quota.units += step
            if not fits(quota):
                quota.units -= step


def _length(quota: Quota) -> float:
    """Length to be expected; the sharing of the area moves it by a few per cent at most."""
    mean_flat_m2 = FLOOR_AREA_M2 / HOUSEHOLDS
    return 1.03 * FLATS_PER_LANDING * quota.units * mean_flat_m2 * quota.flat / quota.depth_m


def rows_of(group: list[Quota]) -> list[list[Quota]]:
    """Two buildings a row at most, the longest beside the shortest."""
    ordered = sorted(group, key=lambda q: -q.units)
    rows = []
    while ordered:
        row = [ordered.pop(0)]
        if ordered:
            row.append(ordered.pop())
        rows.append(row)
    return rows


def _choose_floors(rng: random.Random, everyone: list[Quota], *, five_floor_units: int) -> None:
    while True:
        order = everyone[:]
        rng.shuffle(order)
        left, chosen = five_floor_units, []
        for quota in order:
            if quota.units <= left:
                chosen.append(quota)
                left -= quota.units
        if left == 0:
            for quota in chosen:
                quota.floors = 5
            return


def _share_area(quotas: list[list[Quota]]) -> None:
    """Whole square metres, in proportion to households and to the size of flats of a community."""
    weights, everyone = [], []
    for group in quotas:
        for quota in group:
            everyone.append(quota)
            weights.append(quota.households * quota.flat)
    scale = FLOOR_AREA_M2 / sum(weights)
    exact = [weight * scale for weight in weights]
    for quota, area in zip(everyone, exact, strict=True):
        quota.floor_area_m2 = int(area)
    short = FLOOR_AREA_M2 - sum(q.floor_area_m2 for q in everyone)
    by_rest = sorted(range(len(exact)), key=lambda i: exact[i] - int(exact[i]), reverse=True)
    for i in by_rest[:short]:
        everyone[i].floor_area_m2 += 1
