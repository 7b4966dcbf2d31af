"""Time of the best set: ``python scripts/bench/best_set.py [--items N] [--gap G]``.

Random items over communities of five townships, half of the money that all of them cost; prints
the gap that was reached, seconds and memory.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from app.analysis.best_set import BestSetParams, choose_items
from app.engine.process import peak_memory_mb
from app.schema import LAYERS
from app.store.rule_files import load_rules


def frames(items: int, seed: int) -> dict[str, pd.DataFrame]:
    """A town of items / 10 communities with eight buildings each."""
    random = np.random.default_rng(seed)
    communities = max(items // 10, 1)
    buildings = communities * 8
    codes = [row.item_code for row in load_rules("item_benefit")]
    place = random.integers(0, communities, items)
    on_building = random.random(items) < 0.5
    data = {
        "community": {"community_id": [f"C{i}" for i in range(communities)], "township_id": [f"T{i % 5}" for i in range(communities)]},
        "building": {"building_id": [f"B{i}" for i in range(buildings)], "community_id": [f"C{i // 8}" for i in range(buildings)], "households": random.integers(12, 80, buildings)},
        "stair_unit": {},
        "programme": {"programme_id": ["PG"], "budget_fen": [int(items * 15e6)]},
        "community_item": {
            "community_item_id": [f"I{i}" for i in range(items)], "work_item_id": random.choice(codes, items),
            "programme_id": ["PG"] * items, "community_id": [f"C{p}" for p in place],
            "target_layer": np.where(on_building, "building", "community"),
            "target_id": [f"B{p * 8 + b}" if own else f"C{p}" for p, b, own in zip(place, random.integers(0, 8, items), on_building, strict=True)],
            "quantity": np.ones(items), "unit_cost_fen": random.integers(1_000_000, 60_000_000, items),
            "other_fees_fen": np.zeros(items, int), "contingency_fen": np.zeros(items, int),
        },
    }  # fmt: skip
    return {
        name: pd.DataFrame(columns).reindex(columns=list(LAYERS[name].column_names))
        for name, columns in data.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--gap", type=float, default=0.01)
    asked = parser.parse_args()
    held = frames(asked.items, 7)
    began = time.perf_counter()
    params = BestSetParams(gap=asked.gap, curve_points=1, least_share=0.1)
    rows, curve = choose_items(held, load_rules("item_benefit"), params)
    seconds = time.perf_counter() - began
    chosen = int((rows["choice"] == "chosen").sum())
    print(f"{asked.items} items, {chosen} chosen, gap {curve['gap'].iloc[0]:.4%}")
    print(f"{seconds:.1f} s, peak {peak_memory_mb():.0f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
