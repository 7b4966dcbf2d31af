"""Good plans in no time: greedy choice, then swaps while one helps; a start for the exact search."""

from __future__ import annotations

import numpy as np

from app.analysis.siting.problem import Floats, Ints, Problem


def cover_quickly(problem: Problem) -> Ints:
    """Candidates one by one, each the one that serves most weight still unserved, then swaps."""
    near = problem.covers & (problem.weight > 0)[:, None]
    chosen: list[int] = []
    spent, left = 0.0, near.copy()
    while len(chosen) < problem.sites:
        gain = problem.weight @ left
        gain[chosen] = -1
        gain[problem.cost + spent > problem.budget] = -1
        best = int(np.argmax(gain))
        if gain[best] <= 0:
            break
        chosen.append(best)
        spent += float(problem.cost[best])
        left[near[:, best]] = False
    return np.sort(_swapped_cover(problem, near, chosen))


def _swapped_cover(problem: Problem, near: np.ndarray, chosen: list[int]) -> Ints:
    """Exchange one chosen candidate for another as long as more is served."""
    picked = np.array(chosen, dtype=np.int64)
    improved = True
    while improved and len(picked):
        improved = False
        times = near[:, picked].sum(axis=1)
        for place in range(len(picked)):
            rest = times - near[:, picked[place]]
            gain = problem.weight @ (near & (rest == 0)[:, None])
            spent = problem.cost[picked].sum() - problem.cost[picked[place]]
            gain[problem.cost + spent > problem.budget] = -1
            gain[np.delete(picked, place)] = -1
            best = int(np.argmax(gain))
            if gain[best] > gain[picked[place]] + 1e-9:
                picked[place], improved = best, True
                times = rest + near[:, best]
    return picked


def median_quickly(weighted: Floats, base: Floats, sites: int) -> Ints:
    """Greedy choice and Teitz-Bart swaps of the p-median; ``base`` is what existing ones cost."""
    best = base.copy()
    chosen: list[int] = []
    for _ in range(min(sites, weighted.shape[1])):
        total = np.minimum(best[:, None], weighted).sum(axis=0)
        total[chosen] = np.inf
        chosen.append(int(np.argmin(total)))
        best = np.minimum(best, weighted[:, chosen[-1]])
    picked, improved = np.array(chosen, dtype=np.int64), True
    while improved and len(picked):
        improved = False
        now = float(np.minimum(base, weighted[:, picked].min(axis=1)).sum())
        for place in range(len(picked)):
            rest = np.delete(picked, place)
            without = np.minimum(base, weighted[:, rest].min(axis=1, initial=np.inf))
            total = np.minimum(without[:, None], weighted).sum(axis=0)
            total[rest] = np.inf
            best_one = int(np.argmin(total))
            if total[best_one] < now - 1e-9 * max(now, 1.0):
                picked[place], now, improved = best_one, float(total[best_one]), True
    return np.sort(picked)
