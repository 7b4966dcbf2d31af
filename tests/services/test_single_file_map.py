"""What goes into the single-file map of a plan: every community, said where it has no township."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from app.errors import NotFoundError
from app.services.plans import Shelf
from app.services.single_file_map import export_map, map_sheet
from app.services.summary import summary
from app.store import Edit, PlanMeta, PlanStore
from tests.town import CRS, PLANNER, build_town


def without_township(folder: Path, community: str) -> None:
    with build_town(folder) as plan:
        version = plan.row("community", community)["version"]
        plan.apply(
            [Edit("community", "update", community, {"township_id": None}, version)], PLANNER
        )


def test_a_community_of_no_township_is_drawn_under_a_township_of_that_name(tmp_path: Path) -> None:
    without_township(tmp_path / "town", "C2")
    with closing(Shelf([tmp_path / "town"])) as shelf:
        plan = shelf.get("town")
        sheet = map_sheet(plan, township=None, programme=None, language="zh")
        english = map_sheet(plan, township=None, programme=None, language="en")

    said = dict(zip(sheet.communities["community_id"], sheet.communities["township"], strict=True))
    assert said == {"C1": "金星镇", "C2": "未知乡镇", "C3": "胜利镇"}
    assert list(sheet.notes) == ["1 个小区未划入乡镇，乡镇写作“未知乡镇”"]
    assert "township unknown" in set(english.communities["township"])
    assert sheet.measures[0].values["C2"] is not None


def test_its_money_is_in_the_summary_with_its_name(tmp_path: Path) -> None:
    without_township(tmp_path / "town", "C2")
    with closing(Shelf([tmp_path / "town"])) as shelf:
        unassigned = summary(shelf.get("town"))["unassigned"]

    assert isinstance(unassigned, dict)
    assert [row["id"] for row in unassigned["communities"]] == ["C2"]
    assert unassigned["communities"][0]["township_id"] is None
    assert unassigned["totals"]["cost_fen"] == 8


def test_a_file_of_one_township_does_not_speak_of_the_others(tmp_path: Path) -> None:
    without_township(tmp_path / "town", "C2")
    with closing(Shelf([tmp_path / "town"])) as shelf:
        sheet = map_sheet(shelf.get("town"), township="胜利镇", programme=None, language="zh")

    assert (list(sheet.communities["community_id"]), list(sheet.notes)) == (["C3"], [])


def test_a_plan_without_any_place_is_refused_with_the_cure(tmp_path: Path) -> None:
    meta = PlanMeta(
        plan_id="none", title="空方案", title_en="", crs=CRS, height_datum="unknown", is_demo=False,
        attribution="", created_at="2024-01-01T00:00:00Z",
    )  # fmt: skip
    PlanStore.create(tmp_path / "none", meta).close()
    with closing(Shelf([tmp_path / "none"])) as shelf, pytest.raises(NotFoundError) as refused:
        export_map(shelf.get("none"), tmp_path / "map.html", actor=PLANNER)

    assert refused.value.fix is not None
    assert "乡镇" in refused.value.fix.zh
    assert not (tmp_path / "map.html").exists()
