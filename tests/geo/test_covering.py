"""Places chosen one by one cover every point, always the one that covers most."""

import numpy as np
import pytest

from app.geo.covering import greedy_places


def one_by_one(xy, reach):
    """The obvious way: count everybody's open neighbours anew for each place."""
    near = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) <= reach
    left, chosen, turn = np.ones(len(xy), bool), [], np.full(len(xy), -1)
    while left.any():
        place = int(np.argmax((near & left).sum(axis=1) * left))
        turn[near[place] & left] = len(chosen)
        left &= ~near[place]
        chosen.append(place)
    return chosen, turn.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_places_are_those_of_counting_anew_for_each(seed):
    xy = np.random.default_rng(seed).uniform(0, 40, (200, 2))
    chosen, turn = greedy_places(xy, 3.0)
    assert (chosen.tolist(), turn.tolist()) == one_by_one(xy, 3.0)


def test_points_in_one_spot_need_one_place():
    chosen, turn = greedy_places(np.zeros((5, 2)), 3.0)
    assert (chosen.tolist(), turn.tolist()) == ([0], [0] * 5)
