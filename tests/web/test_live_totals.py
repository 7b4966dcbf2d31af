"""Totals are computed, never stored: one edit changes them everywhere at once."""

from __future__ import annotations

from pathlib import Path

from app.services.plans import Shelf
from app.settings import Settings
from app.store import Edit
from app.web.factory import create_app
from tests.town import PLANNER, build_town


def test_deleting_a_building_changes_the_summary_at_once(tmp_path: Path) -> None:
    with build_town(tmp_path / "plan") as town:
        shelf = Shelf([town.folder])
        browser = create_app(Settings(config_dir=tmp_path), shelf).test_client()
        before = browser.get("/p/town/api/summary")
        assert before.get_json()["totals"]["buildings"] == 3

        town.apply([Edit("building", "delete", "B2", {}, 1)], PLANNER)

        seen = {"If-None-Match": before.headers["ETag"]}
        after = browser.get("/p/town/api/summary", headers=seen).get_json()
        assert after["totals"]["buildings"] == 2
        assert after["totals"]["floor_area_m2"] == 2500.5
        # The lift of the building that is gone still stands in the budget, but in no township.
        assert after["totals"]["cost_fen"] == before.get_json()["totals"]["cost_fen"]
        assert after["unassigned"]["totals"]["cost_fen"] == 2_000_000
        shelf.close()
