"""What an editor waits for in a plan of 100,000 buildings, measured through the web routes.

Works: a saved edit (95th percentile, against bare ``sqlite3`` on a copy of the same file, and against
geopandas reading the layer, changing the row and writing the layer), a row's history, the totals after a changed item (against the same sums in SQL, uncached too) and a layer read
through a scenario of 1,000 changes (against the plain read; ``ratio`` below 0.83 is more than 20 % slower).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from flask.testing import FlaskClient

from app.schema import Actor
from app.services.plans import OpenPlan, Shelf
from app.settings import Settings
from app.store import Edit, ImportBatch, PlanMeta, PlanStore
from app.web.factory import create_app

BUILDINGS, PER_COMMUNITY, SCENARIO_CHANGES = 100_000, 50, 1_000
BENCH = Actor("bench")
SUMS = """select sum(cast(round(quantity * unit_cost_fen) as integer) + coalesce(other_fees_fen, 0)
  + coalesce(contingency_fen, 0)) from community_item where programme_id = 'P2024'"""


def build_plan(folder: Path, rows: int) -> PlanStore:
    """A town of ``rows`` buildings in communities of fifty, each with one costed item."""
    random = np.random.default_rng(4544)
    at = np.arange(rows)
    west, south = 600_000 + 40.0 * (at % 400), 4_200_000 + 40.0 * (at // 400)
    communities = pd.Series([f"C{n:05d}" for n in range(rows // PER_COMMUNITY)], dtype=object)
    homes = [f"C{n // PER_COMMUNITY:05d}" for n in at]
    frames: dict[str, pd.DataFrame] = {
        "township": _drawn([shapely.box(6e5, 4.2e6, 6.2e5, 4.22e6)], township_id=["T1"], name=["镇"]),
        "community": _drawn(
            shapely.box(west, south, west + 39, south + 39)[::PER_COMMUNITY],
            community_id=communities, township_id="T1", name="小区" + communities,
        ),
        "building": _drawn(
            shapely.box(west, south, west + 30, south + 12),
            building_id=[f"B{n:06d}" for n in at], community_id=homes, floors=random.integers(1, 7, rows),
            households=random.integers(10, 80, rows), year_built=random.integers(1970, 2005, rows),
            floor_area_m2=random.uniform(200, 5000, rows).round(1),
        ),
        "programme": pd.DataFrame({"programme_id": ["P2024"], "year": [2024], "name": ["2024"]}),
        "programme_member": pd.concat([
            members("community", communities), members("building", pd.Series([f"B{n:06d}" for n in at])),
        ]),
        "work_item": pd.DataFrame({"work_item_id": ["W1"], "category": ["basic"], "name": ["供水"]}),
        "community_item": pd.DataFrame({
            "community_item_id": "I" + communities, "programme_id": "P2024", "work_item_id": "W1",
            "target_layer": "community", "target_id": communities, "community_id": communities,
            "quantity": 10.0, "unit_cost_fen": 10_000, "other_fees_fen": 0, "contingency_fen": 0,
        }),
    }  # fmt: skip
    store = PlanStore.create(folder, PlanMeta("bench", "bench", crs="EPSG:4544"))
    store.load(frames, batch=ImportBatch(batch_id="first"), actor=BENCH)
    return store


def members(layer: str, ids: pd.Series) -> pd.DataFrame:
    """All of them in the programme: no total can be had from a part of the rows."""
    return pd.DataFrame({
        "programme_member_id": "M" + ids, "programme_id": "P2024", "target_layer": layer,
        "target_id": ids, "state": "approved",
    })  # fmt: skip


def _drawn(shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4544")


class Editor:
    """A browser's questions to the plan, without the browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.headers = {"X-CSRFToken": client.get("/api/actor").get_json()["csrf"]}

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"/p/bench/api/{path}"
        send = (lambda: self.client.get(url)) if body is None else (
            lambda: self.client.post(url, json=body, headers=self.headers)
        )  # fmt: skip
        answer = send()
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code} {answer.get_data(as_text=True)[:400]}")
        return answer.get_json()

    def save(self, layer: str, row_id: str, version: int, **values: Any) -> int:
        """The new version."""
        wish = {"layer": layer, "action": "update", "id": row_id, "version": version}
        answer = self.ask("edit", {"edits": [{**wish, "values": values}]})
        return int(answer["applied"][0]["version"])


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def p95(times: list[float]) -> float:
    return sorted(times)[int(0.95 * (len(times) - 1))]


def bare_copy(plan: OpenPlan, folder: Path) -> sqlite3.Connection:
    """The planning file by itself, for whoever writes without a version, a record or a check."""
    [live] = plan.store.folder.glob("planning-*.gpkg")
    plan.store.backup(folder / "backup")
    [kept] = (folder / "backup").rglob(live.name)
    shutil.copy(kept, folder / "bare.gpkg")
    connection = sqlite3.connect(folder / "bare.gpkg", isolation_level=None)
    for name in [
        row[0]
        for row in connection.execute("select name from sqlite_master where type = 'trigger'")
    ]:
        connection.execute(f"drop trigger {name}")  # they need functions that bare sqlite3 lacks
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    return connection


def measure_edits(editor: Editor, bare: sqlite3.Connection, times: int) -> dict[str, Any]:
    rows = [f"B{n * 7:06d}" for n in range(times)]
    statement = "update building set year_built = ?, version = version + 1 where building_id = ?"
    ours, peer = [], []
    for row in rows:
        ours.append(seconds(lambda row=row: editor.save("building", row, 1, year_built=1966)))
        peer.append(seconds(lambda row=row: bare.execute(statement, (1966, row))))
    found = {row["building_id"]: row["year_built"] for row in editor.ask(
        "table/building?limit=500&filter=" + json.dumps({"year_built": {"max": 1966}}))["rows"]}  # fmt: skip
    told = dict(
        bare.execute("select building_id, year_built from building where year_built = 1966")
    )
    return line("saved edit, p95", times, "sqlite3 UPDATE", p95(ours), p95(peer), found == told)


def measure_geopandas(
    editor: Editor, bare: sqlite3.Connection, folder: Path, times: int
) -> dict[str, Any]:
    """The same edit as a notebook does it: read the layer, set one cell, write the layer."""
    bare.execute("pragma wal_checkpoint(truncate)")
    own = shutil.copy(folder / "bare.gpkg", folder / "own.gpkg")
    ours, peer = [], []
    for n in range(times):
        row = f"B{50_000 % BUILDINGS + n:06d}"
        ours.append(seconds(lambda row=row: editor.save("building", row, 1, year_built=1955)))

        def read_change_write(row: str = row) -> None:
            layer = gpd.read_file(own, layer="building")
            layer.loc[layer["building_id"] == row, "year_built"] = 1955
            layer.to_file(own, layer="building", driver="GPKG")

        peer.append(seconds(read_change_write))
    told = editor.ask("table/building?limit=1&filter=" + json.dumps({"year_built": {"max": 1955}}))
    equal = told["total"] == int((gpd.read_file(own, layer="building")["year_built"] == 1955).sum())
    spent = line("saved edit, median", times, "geopandas read, change, write",
                 statistics.median(ours), statistics.median(peer), equal)  # fmt: skip
    return spent | {"peer_version": gpd.__version__}


def measure_history(editor: Editor, plan: OpenPlan, times: int) -> dict[str, Any]:
    rows = [f"B{n * 7:06d}" for n in range(times)]
    statement = "select after from change where layer = 'building' and row_id = ? order by seq"
    [live] = plan.store.folder.glob("planning-*.gpkg")
    bare = sqlite3.connect(f"{live.as_uri()}?mode=ro", uri=True)
    ours, peer, equal = [], [], True
    for row in rows:
        ours.append(seconds(lambda row=row: editor.ask(f"history/building/{row}")))
        peer.append(seconds(lambda row=row: bare.execute(statement, (row,)).fetchall()))
        changes = editor.ask(f"history/building/{row}")["changes"]
        equal &= len(changes) == len(bare.execute(statement, (row,)).fetchall())
    bare.close()
    return line("history of a row, p95", times, "sqlite3 SELECT", p95(ours), p95(peer), equal)


def measure_totals(editor: Editor, bare: sqlite3.Connection, times: int) -> dict[str, Any]:
    """From the saved item to the new totals: two requests, as the page makes them."""
    ours, peer, equal = [], [], True
    editor.ask("summary?programme=P2024")
    for n in range(times):
        row = f"IC{n:05d}"
        editor_s = seconds(lambda row=row: editor.save("community_item", row, 1, quantity=11.5))
        editor_s += seconds(lambda: editor.ask("summary?programme=P2024"))
        ours.append(editor_s)

        def by_sql(row: str = row) -> None:
            bare.execute(
                "update community_item set quantity = 11.5 where community_item_id = ?", (row,)
            )
            bare.execute(SUMS).fetchone()

        peer.append(seconds(by_sql))
    told = editor.ask("summary?programme=P2024")["totals"]["cost_fen"]
    equal = told == bare.execute(SUMS).fetchone()[0]
    return line("totals after a changed item, p95", times, "SQL sums", p95(ours), p95(peer), equal)


def measure_building_totals(editor: Editor, bare: sqlite3.Connection, times: int) -> dict[str, Any]:
    """The same after a changed building: the large layer changed, the totals need it."""
    ours, peer = [], []
    statement = "update building set households = 90 where building_id = ?"
    for n in range(times):
        row = f"B{99_000 % BUILDINGS + n if n else 1:06d}"
        spent = seconds(lambda row=row: editor.save("building", row, 1, households=90))
        ours.append(spent + seconds(lambda: editor.ask("summary?programme=P2024")))

        def by_sql(row: str = row) -> None:
            bare.execute(statement, (row,))
            bare.execute("select sum(households) from building").fetchone()

        peer.append(seconds(by_sql))
    [told] = bare.execute("select count(*) from building where households = 90").fetchone()
    filters = json.dumps({"households": {"min": 90}})
    equal = editor.ask(f"table/building?limit=1&filter={filters}")["total"] == told
    return line(
        "totals after a changed building, p95", times, "SQL sums", p95(ours), p95(peer), equal
    )


def measure_scenario(plan: OpenPlan, runs: int) -> dict[str, Any]:
    scenario = plan.store.create_scenario("bench", BENCH)
    ids = [f"B{n * 11 + 5:06d}" for n in range(SCENARIO_CHANGES)]
    versions = plan.store.read("building", columns=["version"], ids=ids).set_index("building_id")
    edits = [
        Edit("building", "update", row, {"floors": 9}, int(versions.loc[row, "version"]))
        for row in ids
    ]
    plan.store.apply(edits, BENCH, "", scenario)
    ours, peer = [], []
    for _ in range(runs):
        peer.append(seconds(lambda: plan.store.read("building")))
        ours.append(seconds(lambda: plan.store.read("building", scenario=scenario)))
    through = plan.store.read("building", scenario=scenario).set_index("building_id")
    plain = plan.store.read("building").set_index("building_id")
    plain.loc[ids, "floors"] = 9
    equal = through["floors"].sort_index().equals(plain["floors"].sort_index())
    return line(
        f"layer read through a scenario of {SCENARIO_CHANGES} changes", len(plain), "plain read",
        statistics.median(ours), statistics.median(peer), equal,
    )  # fmt: skip


def line(work: str, n: int, peer: str, ours_s: float, peer_s: float, equal: bool) -> dict[str, Any]:
    return {
        "work": work, "n": n, "peer": peer, "peer_version": sqlite3.sqlite_version,
        "ours_s": round(ours_s, 5), "peer_s": round(peer_s, 5), "ratio": round(peer_s / ours_s, 3),
        "ours_mb": None, "peer_mb": None, "equal": equal,
    }  # fmt: skip


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, the same plan")
    parser.add_argument("--json", action="store_true", help="one JSON object a line (always)")
    asked = parser.parse_args(arguments)
    times, few = (60, 5) if asked.quick else (300, 15)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        build_plan(folder / "plan", BUILDINGS).close()
        shelf = Shelf([folder / "plan"])
        app = create_app(Settings(config_dir=folder / "config"), shelf)
        plan, editor = shelf.get("bench"), Editor(app.test_client())
        bare = bare_copy(plan, folder)
        for told in (
            lambda: measure_edits(editor, bare, times),
            lambda: measure_geopandas(editor, bare, folder, 2 if asked.quick else 5),
            lambda: measure_history(editor, plan, times),
            lambda: measure_totals(editor, bare, few),
            lambda: measure_building_totals(editor, bare, few),
            lambda: measure_scenario(plan, 3 if asked.quick else 7),
        ):
            print(json.dumps(told(), ensure_ascii=False), flush=True)
        bare.close()
        shelf.close()


if __name__ == "__main__":
    main(sys.argv[1:])
