"""Location models in which a site serves no more than it holds; homes may be divided."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from app.analysis.siting.model import Model, Part, rows_of, solve, with_budget
from app.analysis.siting.problem import Floats, Ints, Plan, Problem


@dataclass(frozen=True)
class Assignment:
    """Columns: one a candidate, then one a pair of demand and a candidate that may serve it.

    ``parts`` are rows that hold for every plan: a demand is served once at most, by sites that are
    chosen, and no site serves more than it holds; so many sites, for so much money.
    """

    useful: Ints
    demand: Ints
    candidate: Ints
    parts: list[Part]
    low: Floats
    high: Floats

    @classmethod
    def of(cls, problem: Problem, may_serve: Ints, useful: Ints) -> Assignment:
        """``may_serve`` are the rows and columns of the pairs, rows counted in ``useful``."""
        demand, candidate = may_serve
        weight = problem.weight[useful]
        d, c, pairs = len(useful), problem.distance.shape[1], len(demand)
        column = c + np.arange(pairs)
        room = np.where(np.isfinite(problem.capacity), problem.capacity, weight.sum())
        parts = [
            (demand, column, np.ones(pairs)),
            (d + candidate, column, weight[demand]),
            (d + np.arange(c), np.arange(c), -room),
            (d + c + np.arange(pairs), column, np.ones(pairs)),
            (d + c + np.arange(pairs), candidate, -np.ones(pairs)),
            (np.full(c, d + c + pairs), np.arange(c), np.ones(c)),
        ]
        rows = d + c + pairs + 1
        low = np.full(rows, -np.inf)
        high = np.concatenate([np.ones(d), np.zeros(c + pairs), [problem.sites]])
        low, high = with_budget(problem, parts, low, high, rows)
        return cls(useful, demand, candidate, parts, low, high)

    def solved(
        self, problem: Problem, cost: Floats, seconds: float, start: Floats | None = None,
        extra: tuple[Floats, float] | None = None,
    ) -> tuple[Plan, Floats]:  # fmt: skip
        """The plan of least cost and its columns; ``extra`` is a row whose sum is at least a number.

        Without a ``start`` the search begins with a plan that serves nobody.
        """
        c, total = problem.distance.shape[1], len(cost)
        parts, low, high = list(self.parts), self.low, self.high
        if extra is not None:
            parts.append((np.full(total, len(low)), np.arange(total), extra[0]))
            low, high = np.append(low, extra[1]), np.append(high, np.inf)
        model = Model(
            cost, np.ones(total), np.arange(total) < c, rows_of(parts, len(low), total), low, high
        )  # fmt: skip
        first = np.zeros(total) if start is None else start
        found, bound, status = solve(model, first, seconds=seconds)
        share = found[c:]
        weight = problem.weight
        assigned = np.zeros(len(weight))
        np.add.at(assigned, self.useful[self.demand], share)
        served = weight[self.useful[self.demand]] * share
        loads = np.bincount(self.candidate, weights=served, minlength=c).astype(float)
        picked = np.flatnonzero(found[:c] > 0.5)
        plan = Plan(picked, float(cost @ found), bound, status, assigned, loads[picked])
        return plan, found


def _covering(problem: Problem) -> Assignment:
    near = problem.covers
    useful = np.flatnonzero(near.any(axis=1) & (problem.weight > 0))
    return Assignment.of(problem, np.array(np.nonzero(near[useful])), useful)


def _most(pairs: Assignment, problem: Problem, seconds: float) -> tuple[Plan, Floats]:
    served = problem.weight[pairs.useful][pairs.demand]
    cost = np.concatenate([np.zeros(problem.distance.shape[1]), -served])
    plan, columns = pairs.solved(problem, cost, seconds)
    return replace(plan, value=-plan.value, bound=-plan.bound), columns


def cover_limited(problem: Problem, seconds: float) -> Plan:
    """Most weight served within the limit."""
    return _most(_covering(problem), problem, seconds)[0]


def all_limited(problem: Problem, priced: Floats, seconds: float) -> Plan:
    """The cheapest sites that serve as much weight as all candidates together could."""
    free = replace(problem, sites=problem.distance.shape[1], budget=np.inf)
    pairs = _covering(free)
    most, columns = _most(pairs, free, seconds)
    served = problem.weight[pairs.useful][pairs.demand]
    cost = np.concatenate([priced, np.zeros(len(served))])
    row = np.concatenate([np.zeros(len(priced)), served])
    enough = most.value - 1e-6 * max(most.value, 1.0)
    return pairs.solved(free, cost, seconds, columns, (row, enough))[0]


def median_limited(problem: Problem, far: Floats, base: Floats, seconds: float) -> Plan:
    """Least walking of all, where each goes to a site with room or to what exists already.

    ``far`` is what each demand costs at each candidate, ``base`` what it costs otherwise.
    """
    useful = np.arange(len(problem.weight))
    demand, candidate = np.nonzero(far < base[:, None])
    pairs = Assignment.of(problem, np.array([demand, candidate]), useful)
    saved = far[demand, candidate] - base[demand]
    cost = np.concatenate([np.zeros(far.shape[1]), saved])
    plan, _ = pairs.solved(problem, cost, seconds)
    rest = float(base.sum())
    return replace(plan, value=plan.value + rest, bound=plan.bound + rest)
