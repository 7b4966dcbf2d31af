"""Who pays what of a shared trench: by length times depth, exact to the fen (谁受益、谁出资)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def split_fen(total_fen: int, weights: Sequence[float | None]) -> list[int | None]:
    """Shares of an amount in proportion to the weights; they add up to it exactly.

    Each share is rounded down and the fen that are left go to the largest remainders, the first of
    equals first. Where one weight is unknown, or all are nothing, every share is unknown.
    """
    if any(weight is None or weight < 0 for weight in weights):
        return [None] * len(weights)
    exact = [Fraction(weight) for weight in weights if weight is not None]
    whole = sum(exact)
    if not whole:
        return [None] * len(weights)
    ideal = [total_fen * weight / whole for weight in exact]
    shares = [int(value) for value in ideal]
    left = total_fen - sum(shares)
    order = sorted(range(len(ideal)), key=lambda at: (shares[at] - ideal[at], at))
    for at in order[:left]:
        shares[at] += 1
    return list(shares)
