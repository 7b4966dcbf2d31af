"""Location models solved by HiGHS, each started from a quick plan, each with its bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.analysis.siting.limited import all_limited, cover_limited, median_limited
from app.analysis.siting.model import Model, rows_of, solve, with_budget
from app.analysis.siting.problem import Flags, Floats, Ints, Plan, Problem
from app.analysis.siting.quick import cover_quickly, median_quickly

_ROUNDS = 400  # of the search for a bound of the p-median


# --- covering -------------------------------------------------------------------------------------------
def cover(problem: Problem, *, seconds: float = 60.0) -> Plan:
    """Most weight within the limit, with so many sites and for so much money (Church & ReVelle)."""
    if np.isfinite(problem.capacity).any():
        return cover_limited(problem, seconds)
    near, weight = _merged(problem)
    start = cover_quickly(problem)
    d, c = near.shape
    demand, candidate = np.nonzero(near)
    columns = c + d
    parts = [
        (demand, candidate, -np.ones(len(demand))),
        (np.arange(d), c + np.arange(d), np.ones(d)),
        (np.full(c, d), np.arange(c), np.ones(c)),
    ]
    low, high = np.full(d + 1, -np.inf), np.append(np.zeros(d), problem.sites)
    low, high = with_budget(problem, parts, low, high, d + 1)
    model = Model(
        np.concatenate([np.zeros(c), -weight]), np.ones(columns),
        np.arange(columns) < c, rows_of(parts, len(low), columns), low, high,
    )  # fmt: skip
    chosen = np.zeros(c)
    chosen[start] = 1
    first = np.concatenate([chosen, near[:, start].any(axis=1).astype(float)])
    found, bound, status = solve(model, first, seconds=seconds)
    picked = np.flatnonzero(found[:c] > 0.5) if len(found) else start
    served = problem.covers[:, picked].any(axis=1)
    return Plan(picked, float(problem.weight[served].sum()), -bound, status, served.astype(float))


def _merged(problem: Problem) -> tuple[Flags, Floats]:
    """Demand that the same candidates serve is one; what nobody serves takes no part."""
    near, weight = problem.covers, problem.weight
    useful = near.any(axis=1) & (weight > 0)
    packed = np.packbits(near[useful], axis=1)
    _, first, group = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    summed: Floats = np.bincount(group.ravel(), weights=weight[useful]).astype(float)
    return near[useful][first], summed


def cover_all(problem: Problem, *, seconds: float = 60.0) -> Plan:
    """The cheapest (of equally cheap: fewest) sites that serve all that any candidate could serve."""
    near, _ = _merged(problem)
    d, c = near.shape
    demand, candidate = np.nonzero(near)
    priced = problem.cost if np.isfinite(problem.cost).all() and problem.cost.any() else np.ones(c)
    if np.isfinite(problem.capacity).any():
        return all_limited(problem, priced.astype(float), seconds)
    model = Model(
        priced.astype(float), np.ones(c), np.ones(c, dtype=bool),
        rows_of([(demand, candidate, np.ones(len(demand)))], d, c), np.ones(d), np.full(d, np.inf),
    )  # fmt: skip
    found, bound, status = (
        solve(model, None, seconds=seconds) if d else (np.zeros(c), 0.0, "optimal")
    )
    picked = np.flatnonzero(found > 0.5)
    served = problem.covers[:, picked].any(axis=1)
    return Plan(picked, float(priced[picked].sum()), bound, status, served.astype(float))


# --- p-median ---------------------------------------------------------------------------------------------
def median(problem: Problem, *, seconds: float = 60.0) -> Plan:
    """Least walking of all to the nearest, existing facilities included (Hakimi).

    A bound by Lagrangian relaxation leaves few candidates open; the exact search decides those.
    Demand that neither a candidate nor an existing facility reaches takes no part.
    """
    reachable = np.isfinite(problem.distance).any(axis=1) | np.isfinite(problem.existing_m)
    weight = np.where(reachable & (problem.weight > 0), problem.weight, 0.0)
    rows = np.flatnonzero(weight > 0)
    # A way that does not exist is dearer than any plan could pay, but finite.
    far = np.nan_to_num(problem.distance[rows], posinf=0).max(initial=1.0) * 100
    weighted = np.minimum(problem.distance[rows], far) * weight[rows, None]
    base = np.minimum(problem.existing_m[rows], far) * weight[rows]
    if np.isfinite(problem.capacity).any() or np.isfinite(problem.budget):
        part = replace(problem, weight=weight[rows], distance=problem.distance[rows])
        found = median_limited(part, weighted, base, seconds)
        assigned = np.zeros(len(weight))
        assigned[rows] = found.assigned
        return replace(found, assigned=assigned)
    start = median_quickly(weighted, base, problem.sites)
    best = float(np.minimum(base, weighted[:, start].min(axis=1, initial=np.inf)).sum())
    bound, out, in_ = _relaxed(weighted, base, problem.sites, best)
    if best - bound <= 1e-9 * max(best, 1.0):
        return Plan(start, best, best, "optimal")
    open_ = np.flatnonzero(~out)
    found = _median_exactly(weighted[:, open_], base, problem.sites, in_[open_],
                            np.searchsorted(open_, start[~out[start]]), seconds)  # fmt: skip
    picked = open_[found.chosen]
    value = float(np.minimum(base, weighted[:, picked].min(axis=1, initial=np.inf)).sum())
    if value > best:
        picked, value = start, best
    return Plan(picked, value, value if found.status == "optimal" else max(bound, found.bound),
                found.status)  # fmt: skip


def _relaxed(weighted: Floats, base: Floats, sites: int, best: float) -> tuple[float, Flags, Flags]:
    """(bound, candidates that no better plan holds, candidates that every better plan holds)."""
    c = weighted.shape[1]
    sites = min(sites, c)
    price = np.minimum(base, np.sort(weighted, axis=1)[:, : min(2, c)].mean(axis=1))
    bound, out, in_, step, still = -np.inf, np.zeros(c, bool), np.zeros(c, bool), 1.5, 0
    for _ in range(_ROUNDS):
        saves = np.minimum(weighted - price[:, None], 0.0).sum(axis=0)
        own = np.minimum(base - price, 0.0)
        order = np.argsort(saves, kind="stable")
        inside = order[:sites]
        value = float(price.sum() + own.sum() + saves[inside].sum())
        if value > bound:
            bound, still = value, 0
        else:
            still += 1
        slack = best * (1 + 1e-12) - value
        last, following = saves[order[sites - 1]], saves[order[sites]] if sites < c else np.inf
        out |= ~np.isin(np.arange(c), inside) & (saves - last > slack)
        in_ |= np.isin(np.arange(c), inside) & (following - saves > slack)
        if best - bound <= 1e-9 * max(best, 1.0) or (~out).sum() <= sites:
            return (best, out, in_) if (~out).sum() <= sites else (bound, out, in_)
        if still >= 15:
            step, still = step / 2, 0
        uses = (weighted[:, inside] < price[:, None]).sum(axis=1) + (base < price)
        wish = 1.0 - uses
        norm = float(wish @ wish)
        if norm == 0 or step < 1e-4:
            break
        price = price + step * max(best - value, 1e-9) / norm * wish
    return bound, out, in_


def _median_exactly(
    weighted: Floats, base: Floats, sites: int, in_: Flags, start: Ints, seconds: float
) -> Plan:
    """Assignment to the candidates that are left; one that is dearer than what exists is no choice."""
    d, c = weighted.shape
    demand, candidate = np.nonzero(weighted < base[:, None])
    pairs = len(demand)
    column = c + np.arange(pairs)
    own = c + pairs + np.arange(d)
    parts = [
        (demand, column, np.ones(pairs)), (np.arange(d), own, np.ones(d)),
        (d + np.arange(pairs), column, np.ones(pairs)),
        (d + np.arange(pairs), candidate, -np.ones(pairs)),
        (np.full(c, d + pairs), np.arange(c), np.ones(c)),
        (d + pairs + 1 + np.arange(int(in_.sum())), np.flatnonzero(in_), np.ones(int(in_.sum()))),
    ]  # fmt: skip
    fixed = int(in_.sum())
    low = np.concatenate([np.ones(d), np.full(pairs, -np.inf), [0.0], np.ones(fixed)])
    high = np.concatenate([np.ones(d), np.zeros(pairs), [sites], np.ones(fixed)])
    total = c + pairs + d
    cost = np.concatenate([np.zeros(c), weighted[demand, candidate], base])
    model = Model(cost, np.ones(total), np.arange(total) < c, rows_of(parts, len(low), total), low, high)  # fmt: skip
    first = _assigned(weighted, base, demand, candidate, start) if len(start) else None
    found, bound, status = solve(model, first, seconds=seconds)
    picked = np.flatnonzero(found[:c] > 0.5) if len(found) else start
    return Plan(picked, float(cost @ found) if len(found) else np.inf, bound, status)


def _assigned(weighted: Floats, base: Floats, demand: Ints, candidate: Ints, start: Ints) -> Floats:
    """A plan as the columns of the assignment model."""
    chosen = np.zeros(weighted.shape[1])
    chosen[start] = 1
    least = weighted[:, start]
    nearest, far = start[least.argmin(axis=1)], least.min(axis=1)
    goes = far < base
    pair = goes[demand] & (candidate == nearest[demand])
    return np.concatenate([chosen, pair.astype(float), (~goes).astype(float)])
