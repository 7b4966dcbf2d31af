"""Communities on one scale: what a need settled counts, and that part over whole is the value."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from app.services.plans import OpenPlan, open_plan
from app.services.side_by_side import settled, side_by_side
from tests.town import build_town

IDS = pd.Index(["C1", "C2"])
HOMES = pd.DataFrame(
    {"building_id": ["B1", "B2", "B3"], "community_id": ["C1", "C1", "C2"], "households": [10.0, 20.0, None]}
)  # fmt: skip
WEIGHTS = pd.DataFrame(
    {"work_item_id": ["B02", "B03", "W15"], "need": ["water", "water", "steps"], "weight": [3.0, 3.0, 2.0]}
)  # fmt: skip


def items(*rows: tuple[str, str, str, str, float | None]) -> pd.DataFrame:
    names = ["work_item_id", "community_id", "target_layer", "target_id", "unit_households"]
    return pd.DataFrame(rows, columns=names)


def test_a_need_counts_once_a_home_however_many_items_settle_it() -> None:
    rows = items(
        ("B02", "C1", "community", "C1", None), ("B03", "C1", "building", "B2", None),
        ("W15", "C1", "stair_unit", "U1", 6.0),
    )  # fmt: skip
    # 30 households out of water (×3) and 6 with a lift (×2).
    assert settled(rows, HOMES, WEIGHTS, IDS)["C1"] == 30 * 3 + 6 * 2


def test_a_building_of_unknown_households_leaves_the_sum_unknown() -> None:
    found = settled(items(("B02", "C2", "community", "C2", None)), HOMES, WEIGHTS, IDS)
    assert found.isna().all()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OpenPlan]:
    build_town(tmp_path / "town").close()
    plan = open_plan(tmp_path / "town")
    yield plan
    plan.store.close()


def test_cost_per_home_is_cost_over_households_of_the_programme(town: OpenPlan) -> None:
    rows = town.table("community")
    told: Any = side_by_side(town, None, rows[rows["community_id"].isin(["C1", "C2"])], "zh")
    first, second = (row["values"] for row in told["rows"])

    # I1 1,075.50 and I2 20,000 yuan over the 24 + 36 households of B1 and B2.
    assert first["cost_per_home"]["part"] == 21_075.50
    assert first["cost_per_home"]["whole"] == 60
    assert first["cost_per_home"]["value"] == pytest.approx(351.26, abs=0.01)
    assert second["cost_per_home"]["value"] is None  # an item without quantity, a home unknown
    assert first["failures"]["value"] is None  # the checks were not run
    assert {row["values"]["cost_per_m2"]["share"] for row in told["rows"]} == {1.0, None}
