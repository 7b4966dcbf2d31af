"""Three communities of the small town worked out again by hand: same metres, same households."""

from __future__ import annotations

import pytest

from scripts import check_services_by_hand as by_hand
from tests.demo.towns import demo_town


@pytest.fixture(scope="module")
def rows(demo_small_plan, tmp_path_factory):
    return by_hand.exported(demo_small_plan, tmp_path_factory.mktemp("by-hand"))


def test_ways_verdicts_and_households_of_three_communities_are_those_worked_out_by_hand(rows):
    chosen, gate = by_hand.chosen_of(*rows)
    assert len(set(chosen)) == 3
    told = by_hand.compare(*rows, chosen)
    assert sum(one.doors for one in told) > 500
    assert {one.kind.measure for one in told} == {"walk", "straight", "count"}
    for one in told:
        assert one.differs_m <= 0.0005 + 1e-6  # exported to the millimetre
        assert one.verdicts_differ == 0
        assert one.own == one.by_hand
    assert {verdict for one in told for verdict, n in enumerate(one.own) if n} == {0, 1, 2}
    assert "|" in by_hand.pages(told, gate, (0, 0))


def test_the_gate_most_worth_opening_brings_the_households_that_were_counted_by_hand(rows):
    _, gate = by_hand.chosen_of(*rows)
    [fact] = [f for f in demo_town(small=True).facts if f.kind == "gate_worth_opening"]
    assert gate == fact.row_id
    advised, counted = by_hand.gate_compared(*rows, gate)
    assert advised == counted > 0
