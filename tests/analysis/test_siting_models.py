"""Location models against every possible plan of small towns."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

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
