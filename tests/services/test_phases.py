"""The gates between the phases, recording dates through them, and the papers made from the rows."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest

from app.errors import InvalidDataError, NotFoundError, UsageError
from app.schema import Actor
from app.services.exports import ExportRequest, write_export
from app.services.phases import record_phase, schedule
from app.services.plans import OpenPlan, open_plan
from app.store import Edit
from tests.town import build_town

PLANNER = Actor("张三", "住建局")
STAGES = ("survey", "selection", "preparation", "works", "acceptance", "long_term")
DUE = ("2023-10-31", "2023-11-30", "2024-03-31", "2024-09-30", "2024-11-30", "2024-12-31")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[OpenPlan]:
    """朝阳小区 (C1) with its six phases; three are done, the works are not begun."""
    build_town(tmp_path / "town").close()
    plan = open_plan(tmp_path / "town")
    done = ("2023-10-20", "2023-11-28", "2024-03-20", None, None, None)
    put(plan, *(
        ("phase", f"PH-{stage}", {"programme_member_id": "M1", "stage": stage, "due_on": date.fromisoformat(due),
                                  "done_on": date.fromisoformat(end) if end else None})
        for stage, due, end in zip(STAGES, DUE, done, strict=True)
    ))  # fmt: skip
    for kind in ("government", "contractor", "supervisor", "township"):
        put(plan, ("organisation", f"O-{kind}", {"name": kind, "kind": kind}))
    yield plan
    plan.store.close()


def put(plan: OpenPlan, *rows: tuple[str, str, dict[str, object]]) -> None:
    plan.store.apply([Edit(layer, "create", key, values) for layer, key, values in rows], PLANNER)


def change(plan: OpenPlan, layer: str, key: str, **values: object) -> None:
    version = plan.store.row(layer, key)["version"]  # type: ignore[index]
    plan.store.apply([Edit(layer, "update", key, values, version)], PLANNER)


def gates(plan: OpenPlan) -> dict[str, str]:
    rows = plan.table("community")
    told: Any = schedule(plan, None, rows[rows["community_id"] == "C1"], "zh")
    return {code: state["verdict"] for code, state in told["rows"][0]["gates"].items()}


def refused(plan: OpenPlan, stage: str, **dates: str) -> list[str]:
    with pytest.raises(InvalidDataError) as caught:
        record_phase(plan, f"PH-{stage}", PLANNER, **dates)
    return [one.code for one in caught.value.findings]


def test_the_bid_ends_once_the_project_is_approved_alone_or_with_the_programme(
    town: OpenPlan,
) -> None:
    record_phase(town, "PH-preparation", PLANNER, done_on="")
    assert refused(town, "preparation", done_on="2024-03-25") == ["approved"]
    put(town, ("document", "A1", {"community_id": "C1", "title": "可行性报告（立项）批复"}))
    assert refused(town, "preparation", done_on="2024-03-25") == ["approved"]  # it has no date
    change(town, "document", "A1", dated=date(2024, 1, 15))
    record_phase(town, "PH-preparation", PLANNER, done_on="2024-03-25")
    change(town, "document", "A1", community_id="C3")
    assert gates(town)["approved"] == "open"
    change(town, "document", "A1", community_id=None)
    assert gates(town)["approved"] == "met"


def test_works_begin_once_the_site_is_cleared_and_the_notice_is_posted(town: OpenPlan) -> None:
    put(
        town,
        ("hazard", "HZ", {"community_id": "C1", "stage": "before", "description": "空鼓", "state": "open"}),
        ("asset", "AS", {"community_id": "C1", "kind": "illegal_structure", "state": "existing"}),
    )  # fmt: skip
    assert refused(town, "works", started_on="2024-04-08") == ["site_cleared", "notice_posted"]
    change(town, "hazard", "HZ", state="closed")
    assert gates(town)["site_cleared"] == "open"  # the illegal structure stands
    change(town, "asset", "AS", state="closed")
    put(town, ("document", "DC", {"community_id": "C1", "title": "公示", "is_published": True}))
    record_phase(town, "PH-works", PLANNER, started_on="2024-04-08")

    assert str(town.row("phase", "PH-works")["started_on"])[:10] == "2024-04-08"  # type: ignore[index]


def test_what_happened_all_the_same_is_recorded_with_its_reason(town: OpenPlan) -> None:
    record_phase(town, "PH-works", PLANNER, started_on="2024-04-08", note="雨季前抢修屋面")

    row = town.row("phase", "PH-works")
    assert row is not None
    assert row["note"] == "雨季前抢修屋面"
    assert gates(town)["notice_posted"] == "unknown"


def test_a_community_is_handed_over_signed_by_four_with_no_defect_open(town: OpenPlan) -> None:
    record_phase(
        town, "PH-works", PLANNER, started_on="2024-04-08", done_on="2024-09-20", note="补记"
    )
    put(
        town,
        ("inspection", "IN", {"community_id": "C1", "point": "回填", "done_on": date(2024, 6, 1)}),
        ("defect", "DF", {"community_id": "C1", "description": "接茬不平", "state": "open"}),
        ("petition", "PT", {"community_id": "C1", "description": "噪声", "state": "open"}),
        *(("signature", f"SG-{kind}", {"community_id": "C1", "organisation_id": f"O-{kind}",
                                       "role": "竣工验收", "signed_on": date(2024, 11, 20)})
          for kind in ("government", "contractor", "supervisor")),
    )  # fmt: skip
    assert refused(town, "acceptance", done_on="2024-11-20") == [
        "signed", "no_defects", "petitions_answered",
    ]  # fmt: skip
    change(town, "defect", "DF", state="closed")
    change(town, "petition", "PT", answered_on=date(2024, 10, 1))
    put(town, ("signature", "SG-start", {"community_id": "C1", "organisation_id": "O-township",
                                         "role": "开工确认", "signed_on": date(2024, 4, 1)}))  # fmt: skip
    assert refused(town, "acceptance", done_on="2024-11-20") == ["signed"]  # that was the start
    put(town, ("signature", "SG-t", {"community_id": "C1", "organisation_id": "O-township",
                                     "role": "竣工验收", "signed_on": date(2024, 11, 20)}))  # fmt: skip
    record_phase(town, "PH-acceptance", PLANNER, done_on="2024-11-20")

    assert refused(town, "long_term", done_on="2025-02-01") == ["three_rules", "joint_meeting"]
    for number, title in enumerate(("管理模式", "管理规约", "业主议事规则", "联席会议纪要")):
        put(town, ("document", f"LT{number}", {"community_id": "C1", "title": title}))
    record_phase(town, "PH-long_term", PLANNER, done_on="2025-02-01")


def test_dates_out_of_order_and_strangers_are_refused_and_a_date_can_be_taken_back(
    town: OpenPlan,
) -> None:
    with pytest.raises(UsageError):
        record_phase(
            town, "PH-works", PLANNER, started_on="2024-10-01", done_on="2024-09-01", note="x"
        )
    with pytest.raises(UsageError):
        record_phase(town, "PH-works", PLANNER, started_on="4月8日")
    with pytest.raises(NotFoundError):
        record_phase(town, "PH-none", PLANNER, started_on="2024-04-08")
    record_phase(town, "PH-survey", PLANNER, done_on="")
    assert town.row("phase", "PH-survey")["done_on"] is None  # type: ignore[index]


def paper(plan: OpenPlan, to: Path, kind: str, **options: str) -> Path:
    write_export(plan, ExportRequest(kind, PLANNER, "zh", options), to)
    return to


def test_the_weekly_return_counts_what_the_rows_say(town: OpenPlan, tmp_path: Path) -> None:
    put(town, ("hazard", "HZ", {"community_id": "C1", "stage": "before", "description": "空鼓", "state": "open"}))  # fmt: skip
    path = paper(town, tmp_path / "w.docx", "weekly", until="2024-10-10")
    tables = docx.Document(str(path)).tables
    progress = [[cell.text for cell in row.cells] for row in tables[0].rows]
    late = [[cell.text for cell in row.cells] for row in tables[2].rows]
    open_ = [[cell.text for cell in row.cells] for row in tables[3].rows]

    # C1 is in its works, C2 has no phase on record; both lie in T1.
    assert progress[-1] == ["合计", "2", "1", "0", "0", "1", "0", "0"]
    assert late[1][:4] == ["朝阳小区", "全面改造", "2024-09-30", "10"]
    assert open_[1][1] == "1"


def test_the_same_return_comes_as_page_and_workbook_without_anything_that_runs(
    town: OpenPlan, tmp_path: Path
) -> None:
    change(town, "community", "C1", name="=cmd|'/c calc'!A1<script>")
    page = paper(town, tmp_path / "w.html", "weekly", until="2024-10-10", format="html")
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    book = openpyxl.load_workbook(
        paper(town, tmp_path / "w.xlsx", "weekly", until="2024-10-10", format="xlsx")
    )
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    with pytest.raises(UsageError):
        paper(town, tmp_path / "w.pdf", "weekly", format="pdf")
    with pytest.raises(UsageError):
        paper(town, tmp_path / "w.docx", "weekly", until="soon")


def test_a_notice_tells_works_money_and_where_to_object(town: OpenPlan, tmp_path: Path) -> None:
    path = paper(town, tmp_path / "n.docx", "notice", community="C1")
    made = docx.Document(io.BytesIO(path.read_bytes()))
    text = "\n".join(paragraph.text for paragraph in made.paragraphs)

    # I1: 10 × 100.05 + 50 + 25 yuan; I5 is rejected and not told.
    assert len(made.tables[0].rows) == 2
    assert re.search(r"投资 0\.11 万元", text)
    assert "意见" in text
    with pytest.raises(UsageError):
        paper(town, tmp_path / "n.docx", "notice")
    with pytest.raises(NotFoundError):
        paper(town, tmp_path / "n.docx", "notice", community="C99")
