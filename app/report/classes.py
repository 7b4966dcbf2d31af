"""Class limits of amounts for a map: few classes, equal counts, limits that read well."""

from __future__ import annotations

import math
from collections.abc import Sequence


def class_limits(values: Sequence[float], most: int = 5) -> list[float]:
    """Upper limits of at most ``most`` classes of the positive values, rising, the last the largest.

    Quantiles rounded up to two digits, so that the limits can be read; equal limits fall together.
    """
    positive = sorted(value for value in values if value > 0)
    if not positive:
        return []
    limits: list[float] = []
    for step in range(1, most + 1):
        at = math.ceil(len(positive) * step / most) - 1
        limit = rounded_up(positive[at])
        if not limits or limit > limits[-1]:
            limits.append(limit)
    return limits


def rounded_up(value: float) -> float:
    """The next figure of two digits at or above a positive value: 1234 becomes 1300."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    # The quotient of 0.3 by 0.1 is a hair above 3: what rounding made is taken off again.
    return round(math.ceil(round(value / unit, 9)) * unit, 12)


def class_of(value: float | None, limits: Sequence[float]) -> str:
    """``unknown``, ``zero``, or ``1`` for the lowest class and up."""
    if value is None:
        return "unknown"
    if value <= 0:
        return "zero"
    return str(1 + sum(value > limit for limit in limits[:-1]))
