"""All rules and totals of a plan of 5,000 communities and 100,000 buildings, and one changed item.

Runs eligibility, scope, consent, checks and totals on the frames of a plan on disk, each analysis by
itself, then times what the page waits for after one item was changed.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.analysis import analysis_named
from app.engine.process import peak_memory_mb
from app.schema import LAYERS, PLAN_LAYERS, Actor
from app.schema.analysis import Inputs, no_progress, parse_params
from app.services.editing import edit
from app.services.plans import open_plan
from app.services.summary import summary
from app.store import ImportBatch, PlanMeta, PlanStore
from app.store.rule_files import load_all_rules

CRS = "EPSG:4544"
PER_COMMUNITY = 20
ANALYSES = ("eligibility", "scope", "consent", "checks", "totals")
ITEMS = ("B01", "B02", "B09", "W07")
STAGES = ("survey", "selection", "preparation", "works", "acceptance", "long_term")
BENCH = Actor("bench")


def frame(layer: str, rows: int = 0, shapes: Any = None, **columns: Any) -> pd.DataFrame:
    """Rows of a layer with all its columns; what is not given is unknown."""
    spec = LAYERS[layer]
    held = pd.DataFrame(
        {name: pd.Series([None] * rows, dtype=object) for name in spec.column_names}
    )
    for name, values in columns.items():
        held[name] = values
    if not spec.is_spatial:
        return held
    return gpd.GeoDataFrame(held, geometry=[None] * rows if shapes is None else shapes, crs=CRS)


def town(communities: int, seed: int) -> dict[str, pd.DataFrame]:
    """Communities of twenty buildings in a grid, with doors, lines, trees, items, money and phases."""
    random = np.random.default_rng(seed)
    c = np.arange(communities)
    n = communities * PER_COMMUNITY
    b = np.arange(n)
    home = b // PER_COMMUNITY
    x0, y0 = 500_000 + 220.0 * (c % 80), 4_200_000 + 220.0 * (c // 80)
    at = b % PER_COMMUNITY
    x, y = x0[home] + 10 + 50.0 * (at % 4), y0[home] + 10 + 38.0 * (at // 4)
    names, blocks = np.char.add("C", c.astype(str)), np.char.add("B", b.astype(str))
    places = {"community_id": names[home].astype(object)}
    held: dict[str, pd.DataFrame] = {}
    held["township"] = frame("township", 1, [shapely.box(4.9e5, 4.19e6, 5.2e5, 4.23e6)],
                             township_id=["T"], name=["镇"])  # fmt: skip
    held["community"] = frame(
        "community", communities, shapely.box(x0, y0, x0 + 210, y0 + 210), community_id=names,
        township_id="T", name=np.char.add("小区", c.astype(str)), year_built=1990, owner_kind="private",
        buildings_surveyed=PER_COMMUNITY, works_wanted="屋面漏水、道路破损",
    )  # fmt: skip
    held["building"] = frame(
        "building", n, shapely.box(x, y, x + 40, y + 12), building_id=blocks, **places,
        households=random.integers(12, 49, n), floors=random.integers(4, 8, n), use="residential",
        year_built=random.integers(1980, 2006, n), floor_area_m2=random.uniform(900, 4000, n).round(1),
        has_elevator=False,
    )  # fmt: skip
    held["stair_unit"] = frame("stair_unit", n, shapely.box(x, y, x + 20, y + 12), households=12, floors=6,
                               stair_unit_id=np.char.add("U", b.astype(str)), building_id=blocks)  # fmt: skip
    held["unit_door"] = frame("unit_door", n, shapely.points(x + 10, y), steps=3, has_ramp=False,
                              unit_door_id=np.char.add("D", b.astype(str)), building_id=blocks,
                              stair_unit_id=np.char.add("U", b.astype(str)))  # fmt: skip
    held["tree"] = frame("tree", n, shapely.points(x + 20, y + 20), tree_id=np.char.add("TR", b.astype(str)),
                         kind="arbor", state="existing")  # fmt: skip
    lanes = shapely.box(x0, y0 + 204, x0 + 210, y0 + 209)
    held["road"] = frame("road", communities, lanes, road_id=np.char.add("R", c.astype(str)),
                         fire_lane=True, width_m=5.0, road_class="internal", surface="concrete")  # fmt: skip
    pipes = shapely.linestrings(
        np.stack([np.stack([x0, x0 + 210], 1), np.stack([y0 + 30, y0 + 30], 1)], 2)
    )
    held["pipe"] = frame("pipe", communities, pipes, pipe_id=np.char.add("P", c.astype(str)), pipe_class="PS",
                         status="existing", laying="direct", owner_id="O", role="branch")  # fmt: skip
    return held | _programme(names, blocks, home, random)


def _programme(names: Any, blocks: Any, home: Any, random: Any) -> dict[str, pd.DataFrame]:
    """Members, items, funding, phases and one answer for each building."""
    communities, n = len(names), len(blocks)
    targets = np.concatenate([names, blocks])
    items = np.repeat(names, len(ITEMS))
    keys = np.char.add("I", np.arange(len(items)).astype(str))
    day = pd.Timestamp("2024-04-10")
    stages = np.tile(STAGES, communities)
    return {
        "programme": frame("programme", 1, programme_id=["PG"], year=[2024], name=["2024"]),
        "programme_member": frame(
            "programme_member", len(targets), programme_member_id=np.char.add("M", targets), programme_id="PG",
            target_layer=["community"] * communities + ["building"] * n, target_id=targets, state="approved",
            applied_on=day, reviewed_on=day, decided_on=day,
        ),
        "work_item": frame("work_item", len(ITEMS), work_item_id=list(ITEMS), category="basic", name="项目"),
        "community_item": frame(
            "community_item", len(items), community_item_id=keys, programme_id="PG",
            work_item_id=np.tile(ITEMS, communities), community_id=items, target_layer="community",
            target_id=items, quantity=random.uniform(10, 900, len(items)).round(1), unit="m",
            unit_cost_fen=100_000, other_fees_fen=0, contingency_fen=0, starts_on=day, ends_on=day,
        ),
        "funding": frame("funding", len(items), funding_id=np.char.add("F", keys), community_item_id=keys,
                         source="local", amount_fen=1_000_000),
        "funding_source": frame("funding_source", 1, funding_source_id=["FS"], programme_id="PG", source="local"),
        "phase": frame("phase", len(stages), phase_id=np.char.add("PH", np.arange(len(stages)).astype(str)),
                       programme_member_id=np.repeat(np.char.add("M", names), len(STAGES)), stage=stages,
                       due_on=pd.Timestamp("2024-03-31")),
        "consent": frame("consent", n, consent_id=np.char.add("K", np.arange(n).astype(str)), building_id=blocks,
                         household="101", answer=random.choice(["agree", "disagree"], n), floor_area_m2=80.0),
    }  # fmt: skip


def timed(name: str, held: dict[str, pd.DataFrame], *, profile: bool) -> float:
    """Seconds of one analysis on these frames; its results stay for the next."""
    analysis = analysis_named(name)
    inputs = Inputs({layer.name: held[layer.name] for layer in (*analysis.inputs, *analysis.optional) if layer.name in held},
                    load_all_rules().supply(analysis.rules), {})  # fmt: skip
    settings = {"as_of": "2024-06-30"} if name == "checks" else {}
    params = parse_params(analysis.params, settings)
    watch = cProfile.Profile()
    began = time.perf_counter()
    if profile:
        watch.enable()
    outcome = analysis.run(inputs, params, no_progress)
    watch.disable()
    spent = time.perf_counter() - began
    held |= outcome.layers
    if profile:
        pstats.Stats(watch).sort_stats("cumulative").print_stats(26)
    return spent


def on_disk(frames: dict[str, pd.DataFrame], folder: Path) -> dict[str, pd.DataFrame]:
    """Writes the plan and reads it back, so that columns are of the kinds that analyses get."""
    store = PlanStore.create(folder, PlanMeta("bench", "bench", crs=CRS))
    filled = {
        name: rows.drop(columns="version").dropna(axis=1, how="all")
        for name, rows in frames.items() if len(rows)
    }  # fmt: skip
    store.load(filled, batch=ImportBatch(batch_id="first"), actor=BENCH)
    held = {layer.name: store.read(layer.name) for layer in PLAN_LAYERS}
    store.close()
    return held


def changed_item(folder: Path) -> tuple[float, float]:
    """Seconds from the saved edit of an item to its new totals: the worst and the median of nine."""
    plan = open_plan(folder)
    before: Any = summary(plan)["totals"]
    times = []
    for turn in range(1, 10):
        row: Any = plan.row("community_item", f"I{turn}")
        wish = {"layer": "community_item", "action": "update", "id": f"I{turn}", "version": row["version"],
                "values": {"quantity": row["quantity"] + 1}}  # fmt: skip
        edit(plan, [wish], BENCH)
        began = time.perf_counter()
        after: Any = summary(plan)["totals"]
        times.append(time.perf_counter() - began)
        if after["cost_fen"] - before["cost_fen"] != 100_000 * turn:
            raise SystemExit(f"the totals are wrong: {before} {after}")
    plan.store.close()
    return max(times), sorted(times)[len(times) // 2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--communities", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=4544)
    parser.add_argument(
        "--profile", nargs="*", default=[], help="analyses whose time is told apart"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        held = on_disk(town(asked.communities, asked.seed), Path(folder) / "plan")
        print(
            f"{asked.communities:,} communities, {len(held['building']):,} buildings, {len(held['community_item']):,} items"
        )
        whole = 0.0
        for name in ANALYSES:
            spent = timed(name, held, profile=name in asked.profile)
            whole += spent
            print(f"{name:12} {spent:6.2f} s", flush=True)
        print(f"{'all':12} {whole:6.2f} s   peak {peak_memory_mb():.0f} MB")
        worst, median = changed_item(Path(folder) / "plan")
        print(
            f"one item changed: totals after {1000 * median:.0f} ms (median), {1000 * worst:.0f} ms (worst of 9)"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
