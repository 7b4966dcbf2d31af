"""Conflicts that wait for an answer: told by owner, overdue by the days of their severity."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

from app.schema import Actor
from app.services.attention import attention
from app.services.conflict_strip import conflict_strip
from app.services.exports import ExportRequest, write_export
from app.services.pipe_conflicts import ConflictFilter, filtered
from app.services.plans import OpenPlan, open_plan
from app.services.replies import answer
from app.services.runs import run_analysis
from app.services.unanswered import unanswered

PLANNER = Actor("规划员", "", "planner")
TODAY = datetime.date.today()


@pytest.fixture(scope="module")
def plan(demo_small_plan: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenPlan]:
    folder = Path(shutil.copytree(demo_small_plan, tmp_path_factory.mktemp("waiting") / "plan"))
    opened = open_plan(folder)
    run_analysis(opened.store, "conflicts", {}, PLANNER)
    yield opened
    opened.store.close()


def line(plan: OpenPlan, today: datetime.date) -> dict[str, object]:
    rows = pd.DataFrame(
        {f"unknown_{name}": [0] for name in ("year", "floor_area", "households", "cost")}
    )
    told = attention(plan, None, rows, language="zh", today=today)
    return next(one for one in told if one["code"] == "conflicts_unanswered")


def test_every_owner_of_a_conflict_is_waited_for_until_it_answers(plan: OpenPlan) -> None:
    sure = plan.table("conflict").query("verdict == 'conflict'")
    told = line(plan, TODAY)
    named = sure[(sure["a_owner_id"].fillna("") != "") | (sure["b_owner_id"].fillna("") != "")]
    assert told["count"] == len(named)
    gas = sure[(sure["a_owner_id"] == "ORG-GAS") | (sure["b_owner_id"] == "ORG-GAS")]
    counts = {one["code"].rpartition("_")[2]: one["count"] for one in told["parts"]}  # type: ignore[attr-defined]
    assert counts["ORG-GAS"] == len(gas)
    row = gas.iloc[0]
    answer(plan, row["conflict_id"], "ORG-GAS", {"answer": "agree"}, PLANNER)
    counts = {one["code"].rpartition("_")[2]: one["count"] for one in line(plan, TODAY)["parts"]}  # type: ignore[attr-defined]
    assert counts["ORG-GAS"] == len(gas) - 1


def test_a_side_is_overdue_the_day_after_its_severity_allows(plan: OpenPlan) -> None:
    waiting = unanswered(plan)
    days = {"SV13": 30, "SV14": 15, "SV15": 7}
    found = {
        (level, (due - begun).days)
        for level, begun, due in zip(
            waiting["severity"], waiting["found_on"], waiting["due_on"], strict=True
        )
    }
    assert found <= set(days.items())
    grave = waiting[waiting["severity"] == "SV15"]
    due = grave["due_on"].iloc[0]
    assert line(plan, due)["severity"] == "info"
    late = line(plan, due + datetime.timedelta(days=1))
    assert f"逾期 {grave['conflict_id'].nunique():,}" in str(late["message"])
    assert late["severity"] == "warning"


def test_a_rerun_does_not_begin_the_days_again(plan: OpenPlan) -> None:
    before = plan.store.first_told("conflict")
    run_analysis(plan.store, "conflicts", {"crossing_angle_deg": 31.0}, PLANNER)
    after = plan.store.first_told("conflict")
    both = set(plan.table("conflict")["conflict_id"]) & set(before)
    assert both
    assert {name: after[name] for name in both} == {name: before[name] for name in both}


def test_who_may_not_know_the_pipes_is_told_of_no_answers(plan: OpenPlan) -> None:
    rows = pd.DataFrame(
        {f"unknown_{name}": [0] for name in ("year", "floor_area", "households", "cost")}
    )
    told = attention(plan.seen_by(Actor("观众", "", "viewer")), None, rows, language="zh")
    assert not [one for one in told if one["code"].startswith("conflicts")]  # type: ignore[attr-defined]


def test_the_strip_of_a_community_counts_the_rows_of_its_list_by_class(plan: OpenPlan) -> None:
    whole = filtered(plan, ConflictFilter())
    [community] = whole["community_id"][whole["community_id"] != ""].mode().head(1)
    own = whole[whole["community_id"] == community]
    told = conflict_strip(plan, community=community, language="zh", today=TODAY)
    assert told["verdicts"] == {
        v: int((own["verdict"] == v).sum()) for v in ("conflict", "possible", "unverified")
    }
    for one in told["classes"]:  # type: ignore[attr-defined]
        of_class = own[(own["a_class"] == one["code"]) | (own["b_class"] == one["code"])]
        assert sum(one[v] for v in ("conflict", "possible", "unverified")) == len(of_class)
    assert told["waiting"] <= told["verdicts"]["conflict"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "columns"),
    [("owner", ("a_owner_id", "b_owner_id")), ("pipe_class", ("a_class", "b_class")),
     ("severity", ("severity",)), ("township", ("township_id",)), ("community", ("community_id",)),
     ("verdict", ("verdict",)), ("check", ("check",))],
)  # fmt: skip
def test_each_filter_lets_through_exactly_the_rows_that_name_its_value(
    plan: OpenPlan, name: str, columns: tuple[str, ...]
) -> None:
    whole = filtered(plan, ConflictFilter())
    values = [value for value in whole[columns[0]].unique() if value]
    assert values
    for value in values:
        chosen = filtered(plan, ConflictFilter.of({name: [value]}))
        by_hand = [
            row.conflict_id
            for row in whole.itertuples()
            if value in [getattr(row, c) for c in columns]
        ]
        assert chosen["conflict_id"].tolist() == by_hand
        assert len(by_hand) < len(whole) or len(values) == 1


def test_a_place_in_a_street_belongs_to_its_township(plan: OpenPlan) -> None:
    import shapely

    whole = filtered(plan, ConflictFilter())
    townships = plan.frame("township").set_index("township_id").geometry
    street = whole[(whole["community_id"] == "") & (whole["township_id"] != "")]
    assert len(street)
    for row in street.head(50).itertuples():
        assert townships[row.township_id].covers(shapely.Point(row.x, row.y))


def test_unknown_owners_are_found_on_either_side_and_never_for_the_ground(plan: OpenPlan) -> None:
    whole = filtered(plan, ConflictFilter())
    chosen = filtered(plan, ConflictFilter.of({"owner": ["unknown"]}))
    by_hand = whole[
        (whole["a_owner_id"] == "") | ((whole["b_owner_id"] == "") & (whole["b_layer"] == "pipe"))
    ]
    assert chosen["conflict_id"].tolist() == by_hand["conflict_id"].tolist()


@pytest.mark.parametrize("format_", ["xlsx", "gpkg"])
@pytest.mark.parametrize("owner", ["ORG-GAS", "ORG-WATER"])
def test_the_file_of_a_utility_opens_again_in_gdal_with_the_rows_of_its_list(
    plan: OpenPlan, tmp_path: Path, owner: str, format_: str
) -> None:
    to = tmp_path / f"a.{format_}"
    asked = ExportRequest("conflicts", PLANNER, "zh", {"owner": owner, "format": format_, "verdict": "conflict"})  # fmt: skip
    made = write_export(plan, asked, to)
    wanted = filtered(plan, ConflictFilter.of({"owner": [owner], "verdict": ["conflict"]}))
    layers = dict(pyogrio.list_layers(to))
    name = "conflict" if format_ == "gpkg" else "间距冲突"
    assert name in layers
    rows = pyogrio.read_dataframe(to, layer=name)
    if format_ == "gpkg":
        assert rows.crs == plan.store.meta.crs
        assert (rows.geometry.x - wanted["x"].to_numpy()).abs().max() < 0.001
        assert layers["other_pipe"] in ("Polygon", "MultiPolygon", "Unknown")
    assert made.rows["conflict"] == len(wanted)
    written = {str(cell) for cells in rows.drop(columns="geometry", errors="ignore").to_numpy() for cell in cells}  # fmt: skip
    own = wanted.apply(lambda row: row["a_id"] if row["a_owner_id"] == owner else row["b_id"], axis=1)  # fmt: skip
    assert set(own) <= written
