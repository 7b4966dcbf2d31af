"""The best set of items for the money as a mixed-integer program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Choice:
    """What may be chosen. Item ``i`` costs ``cost[i]`` and helps the elements ``covers[i]``.

    Each element (the households of a building with one need) is worth ``worth`` once, however many
    of the items that help it are chosen. ``requires`` holds (item, required item) pairs of which
    one required item of each group is enough; ``group`` is the township of an item.
    """

    cost: Floats
    covers: sparse.csr_matrix
    worth: Floats
    fixed: Mask
    requires: tuple[tuple[int, tuple[int, ...]], ...]
    group: Ints
    groups: int


@dataclass(frozen=True)
class Best:
    """The chosen items, what they are worth, and how far the optimum could lie above (a share)."""

    chosen: Mask
    worth: float
    gap: float


def best_set(
    choice: Choice, budget: float, *, least_share: float, gap: float, seconds: float
) -> Best | None:
    """The set of greatest worth within the budget; None where what is fixed does not fit.

    Parameters
    ----------
    budget
        In the unit of ``cost``.
    least_share
        Each group with items gets at least this share of what is spent.
    gap, seconds
        The search ends at this relative gap, or after this time with the best found.

    References
    ----------
    Weighted maximal covering (Church and ReVelle 1974) with a budget; solved by HiGHS.
    """
    n, m = len(choice.cost), len(choice.worth)
    if n == 0:
        return Best(np.zeros(0, dtype=bool), 0.0, 0.0)
    scale = max(float(choice.cost.max()), 1.0)
    # What each group spends is a column of its own: shares of one long row would make every item
    # stand in every constraint, which the presolve does not get through.
    spent = sparse.csr_matrix(
        (choice.cost / scale, (choice.group + 1, np.arange(n))), shape=(choice.groups + 1, n)
    )
    g = spent.shape[0]
    rows = [
        LinearConstraint(_beside(spent, sparse.csr_matrix((g, m)), -sparse.identity(g)), 0.0, 0.0),
        LinearConstraint(
            _beside(sparse.csr_matrix((1, n + m)), np.ones((1, g))), -np.inf, budget / scale
        ),
    ]
    if m:
        # An element counts only if an item that covers it is chosen.
        cover = _beside(-choice.covers.T, sparse.identity(m), sparse.csr_matrix((m, g)))
        rows.append(LinearConstraint(cover, -np.inf, 0.0))
    if choice.requires:
        requires = _beside(_requires(choice), sparse.csr_matrix((len(choice.requires), m + g)))
        rows.append(LinearConstraint(requires, -np.inf, 0.0))
    if least_share > 0:
        present = np.unique(choice.group[choice.group >= 0]) + 1
        share = least_share - np.eye(g)[present]
        rows.append(
            LinearConstraint(_beside(sparse.csr_matrix((len(present), n + m)), share), -np.inf, 0.0)
        )
    low = np.concatenate([choice.fixed.astype(float), np.zeros(m + g)])
    high = np.concatenate([np.ones(n + m), np.full(g, np.inf)])
    found = milp(
        np.concatenate([np.zeros(n), -choice.worth, np.zeros(g)]),
        constraints=rows,
        bounds=Bounds(low, high),
        # Elements need no integrality: with items whole, the best of each is 0 or 1.
        integrality=np.concatenate([np.ones(n), np.zeros(m + g)]),
        options={"mip_rel_gap": gap, "time_limit": seconds},
    )
    if found.x is None:
        return None
    chosen = found.x[:n] > 0.5
    return Best(chosen, worth_of(choice, chosen), float(found.mip_gap or 0.0))


def worth_of(choice: Choice, chosen: Mask) -> float:
    """Worth of the elements that the chosen items help."""
    helped = np.asarray(choice.covers.T @ chosen.astype(float)).ravel() > 0
    return float(choice.worth[helped].sum())


def _beside(*blocks: Any) -> sparse.csr_matrix:
    row: sparse.csr_matrix = sparse.hstack(blocks, format="csr")
    return row


def _requires(choice: Choice) -> sparse.csr_matrix:
    """Item minus the sum of those it requires is at most nothing."""
    at, column, value = [], [], []
    for row, (item, needed) in enumerate(choice.requires):
        at += [row] * (1 + len(needed))
        column += [item, *needed]
        value += [1.0, *([-1.0] * len(needed))]
    return sparse.csr_matrix((value, (at, column)), shape=(len(choice.requires), len(choice.cost)))
