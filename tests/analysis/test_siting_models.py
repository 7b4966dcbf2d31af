"""Location models against every possible plan of small towns."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog

from app.analysis.siting.exact import cover, cover_all, median
from app.analysis.siting.problem import Problem


def town(seed, *, demand=14, candidates=8, sites=3, capacity=np.inf, budget=np.inf):
    rng = np.random.default_rng(seed)
    homes, places = rng.uniform(0, 1000, (demand, 2)), rng.uniform(0, 1000, (candidates, 2))
    far = np.abs(homes[:, None] - places[None]).sum(axis=2)
    far[rng.random(far.shape) < 0.1] = np.inf
    existing = np.where(rng.random(demand) < 0.3, rng.uniform(0, 600, demand), np.inf)
    return Problem(
        rng.integers(0, 60, demand).astype(float), far, 400.0, sites, existing <= 400.0, existing,
        np.full(candidates, capacity), rng.integers(1, 9, candidates).astype(float), budget,
    )  # fmt: skip


def plans(problem, sites=None):
    c = problem.distance.shape[1]
    for size in range(0, (sites or problem.sites) + 1):
        for chosen in combinations(range(c), size):
            if problem.cost[list(chosen)].sum() <= problem.budget:
                yield list(chosen)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("budget", [np.inf, 9.0])
def test_no_plan_covers_more_households(seed, budget):
    problem = town(seed, budget=budget)
    found = cover(problem)
    best = max(problem.weight[problem.covers[:, p].any(axis=1)].sum() for p in plans(problem))
    assert found.value == pytest.approx(best)
    assert (found.status, found.gap) == ("optimal", pytest.approx(0, abs=1e-9))
    assert problem.cost[found.chosen].sum() <= budget
    assert not problem.served[found.assigned > 0].any()  # what exists already is not gained


@pytest.mark.parametrize("seed", range(25))
def test_no_plan_lets_people_walk_less(seed):
    problem = town(seed)
    found = median(problem)
    reachable = np.isfinite(problem.distance).any(axis=1) | np.isfinite(problem.existing_m)
    far = np.where(np.isfinite(problem.distance), problem.distance, 0).max() * 100

    def walked(plan):
        least = np.minimum(
            problem.distance[:, plan].min(axis=1, initial=np.inf), problem.existing_m
        )
        return (np.minimum(least, far) * problem.weight)[reachable].sum()

    assert found.value == pytest.approx(min(walked(plan) for plan in plans(problem)))
    assert walked(found.chosen.tolist()) == pytest.approx(found.value)


@pytest.mark.parametrize("seed", range(15))
def test_nothing_cheaper_covers_all_that_can_be_covered(seed):
    problem = town(seed)
    found = cover_all(problem)
    wanted = problem.covers.any(axis=1) & (problem.weight > 0)
    costs = [
        problem.cost[p].sum() for p in plans(problem, problem.distance.shape[1])
        if problem.covers[wanted][:, p].any(axis=1).all()
    ]  # fmt: skip
    assert found.value == pytest.approx(min(costs))


@pytest.mark.parametrize("seed", range(8))
def test_no_site_serves_more_households_than_it_holds(seed):
    problem = town(seed, sites=2, candidates=5, capacity=60.0)
    found = cover(problem)
    free = cover(town(seed, sites=2, candidates=5))
    assert found.value <= min(free.value, 120.0) + 1e-6
    best = 0.0
    for plan in plans(problem):
        # Two sites: what both hold, what each alone serves, what either serves.
        near = problem.covers[:, plan]
        w = problem.weight
        if len(plan) == 2:
            a, b = (w[near[:, k]].sum() for k in (0, 1))
            best = max(best, min(w[near.any(axis=1)].sum(), 120.0, min(a, 60) + min(b, 60)))
        elif len(plan) == 1:
            best = max(best, min(w[near[:, 0]].sum(), 60.0))
    assert found.value == pytest.approx(best)


def best_shares(problem, plan, cost):
    """The least that a plan costs when homes are shared out among its sites by their room."""
    n, k = len(problem.weight), len(plan)
    once = np.kron(np.eye(n), np.ones(k))
    room = np.kron(problem.weight[None], np.eye(k))
    found = linprog(
        cost.ravel(), np.vstack([once, room]), np.concatenate([np.ones(n), problem.capacity[plan]]),
        bounds=(0, 1),
    )  # fmt: skip
    return found.fun


def limited(seed, **more):
    problem = town(seed, demand=9, candidates=5, **more)
    room = np.random.default_rng(seed + 100).integers(20, 120, 5).astype(float)
    return replace(problem, capacity=room)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("budget", [np.inf, 9.0])
def test_sites_of_different_room_serve_as_many_households_as_any_plan(seed, budget):
    problem = limited(seed, budget=budget)
    gain = np.where(problem.covers, -problem.weight[:, None], 0.0)
    best = min((best_shares(problem, p, gain[:, p]) for p in plans(problem) if p), default=0.0)
    found = cover(problem)
    assert found.value == pytest.approx(-best)
    assert (found.loads <= problem.capacity[found.chosen] + 1e-6).all()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("budget", [np.inf, 9.0])
def test_sites_of_different_room_let_people_walk_no_more_than_any_plan(seed, budget):
    problem = limited(seed, budget=budget)
    far = np.where(np.isfinite(problem.distance), problem.distance, 0).max() * 100
    reachable = np.isfinite(problem.distance).any(axis=1) | np.isfinite(problem.existing_m)
    base = np.minimum(problem.existing_m, far) * problem.weight * reachable
    less = np.minimum(
        np.minimum(problem.distance, far) * problem.weight[:, None] - base[:, None], 0
    )
    best = min((best_shares(problem, p, less[:, p]) for p in plans(problem) if p), default=0.0)
    found = median(problem)
    assert found.value == pytest.approx(base.sum() + best)
    assert problem.cost[found.chosen].sum() <= budget
    assert (found.loads <= problem.capacity[found.chosen] + 1e-6).all()


@pytest.mark.parametrize("seed", range(6))
def test_nothing_cheaper_serves_as_many_as_all_sites_of_their_room_together(seed):
    problem = limited(seed)
    gain = np.where(problem.covers, -problem.weight[:, None], 0.0)
    served = {
        tuple(p): -best_shares(problem, p, gain[:, p]) if p else 0.0 for p in plans(problem, 5)
    }
    most = max(served.values())
    cheapest = min(problem.cost[list(p)].sum() for p, n in served.items() if n >= most - 1e-6)
    found = cover_all(problem)
    assert found.value == pytest.approx(cheapest)
    assert problem.weight @ found.assigned == pytest.approx(most, abs=1e-3)
