"""The shipped tables: every row is a rule that says where it comes from."""

import csv
import re
import shutil

import pytest

from app.errors import RuleTableError
from app.rules import CONFIDENCES, SPECS, Override
from app.rules.services import MEASURES
from app.schema import LAYERS
from app.store.rule_files import PLAN_TEXT, STANDARDS, load_all_rules, load_rules

BOOK = load_all_rules()


def records(name):
    with (STANDARDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", SPECS)
def test_every_row_has_an_id_a_basis_a_confidence_and_a_listed_source(name):
    for row in BOOK.table(name):
        assert row.rule_id
        assert row.clause or row.standard, row.rule_id
        assert row.confidence in CONFIDENCES
        assert row.source in BOOK.sources or row.confidence == "not_found", row.rule_id


@pytest.mark.parametrize("name", SPECS)
def test_no_row_of_a_file_is_lost_and_its_figures_are_those_of_the_file(name):
    table, cells = BOOK.table(name), records(name)
    assert len(table) == len(cells)
    for row, cell in zip(table, cells, strict=True):
        for column, text in cell.items():
            value = getattr(row, column, None)
            if isinstance(value, int | float) and not isinstance(value, bool):
                assert value == float(text), (row.rule_id, column)
            elif value is None and column in type(row).__dataclass_fields__:
                assert text == "", (row.rule_id, column)


@pytest.mark.parametrize("name", SPECS)
def test_every_row_says_in_both_languages_what_it_rules(name):
    for line in BOOK.listing([name]):
        assert line.says.zh.strip(), line.rule_id
        assert line.says.en.strip(), line.rule_id
        assert line.source_text or line.confidence == "not_found"


def test_every_csv_of_the_folder_is_a_rule_table_or_the_list_of_sources():
    files = {path.stem for path in STANDARDS.glob("*.csv")}
    assert files == {*SPECS, "sources"}


def test_the_counts_by_confidence_add_up_to_all_rules():
    assert sum(BOOK.counts().values()) == len(BOOK.listing())


def test_a_broken_folder_lists_every_fault_with_file_row_and_column(tmp_path):
    shutil.copytree(STANDARDS, tmp_path / "standards")
    cover = tmp_path / "standards" / "cover_depth.csv"
    lines = cover.read_text(encoding="utf-8").splitlines()
    lines[1] = lines[1].replace("0.6", "0,6m").replace(",recalled,R,", ",guessed,S99,")
    lines[2] = lines[2].replace("C02,", "C03,")
    cover.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "standards" / "phases.csv").unlink()
    with pytest.raises(RuleTableError) as caught:
        load_all_rules(folder=tmp_path / "standards")
    faults = {(f.file, f.row, f.column) for f in caught.value.findings}
    assert ("phases.csv", "", "") in faults
    assert {row for file, row, _ in faults if file == "cover_depth.csv"} == {"2", "4"}


def test_a_column_that_nobody_reads_is_named_and_so_is_a_missing_one(tmp_path):
    shutil.copytree(STANDARDS, tmp_path / "standards")
    path = tmp_path / "standards" / "consent_thresholds.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("comparison", "compares", 1), encoding="utf-8")
    with pytest.raises(RuleTableError) as caught:
        load_all_rules(folder=tmp_path / "standards")
    assert {f.column for f in caught.value.findings} == {"comparison", "compares"}


def test_an_override_changes_the_figure_the_fingerprint_and_the_listing_of_that_plan_only():
    change = Override(
        "cover_depth", "C01", "min_cover_m", "0.8", "local frost", "张工", "2024-05-01"
    )
    mine = load_all_rules(overrides=[change])
    assert mine.table("cover_depth")["C01"].min_cover_m == 0.8
    assert load_rules("cover_depth")["C01"].min_cover_m == 0.6
    assert mine.table("cover_depth").fingerprint != BOOK.table("cover_depth").fingerprint
    assert mine.table("phases").fingerprint == BOOK.table("phases").fingerprint
    assert "local frost" in mine.listing(["cover_depth"])[0].changed


def test_overrides_that_no_table_can_take_are_refused_all_at_once():
    def change(table, rule_id, column, value, reason="because"):
        return Override(table, rule_id, column, value, reason, "张工", "2024-05-01")

    bad = [
        change("cover_depth", "C99", "min_cover_m", "1"),
        change("cover_depth", "C01", "confidence", "seen"),
        change("cover_depth", "C01", "min_cover_m", "one"),
        change("cover_depth", "C02", "min_cover_m", "1", reason=" "),
    ]
    with pytest.raises(RuleTableError) as caught:
        load_all_rules(overrides=bad)
    assert len(caught.value.findings) == 4
    with pytest.raises(RuleTableError):
        load_all_rules(overrides=[change("no_such_table", "X", "y", "1")])


def test_header_synonyms_and_osm_tags_point_at_columns_of_the_schema_and_at_their_codes():
    kinds = {row.code for row in BOOK.table("facilities")}
    for row in BOOK.table("column_synonyms"):
        LAYERS[row.layer].column(row.column)
    for row in BOOK.table("osm_tags"):
        domain = LAYERS[row.layer].column(row.column).domain
        assert row.code in (domain.values if domain else kinds), row.rule_id


def test_codes_of_the_plan_tables_are_those_of_the_schema():
    source = LAYERS["funding"].column("source").domain
    stage = LAYERS["programme_member"].column("stage").domain
    laying = LAYERS["pipe"].column("laying").domain
    assert {row.code for row in BOOK.table("funding_sources")} == set(source.values)
    assert [row.code for row in BOOK.table("phases")] == list(stage.values)
    assert {row.laying for row in BOOK.table("burial_method")} <= {*laying.values, ""}
    assert {row.number for row in BOOK.table("funding_sources")} == set(range(1, 8))


def test_every_item_of_the_catalogue_has_one_lead_one_unit_cost_and_one_matter_of_consent():
    items = {row.code: row.unit for row in BOOK.table("scope_items")}
    matters = BOOK.table("consent_thresholds")
    assert len(items) == 45
    assert [row.item_code for row in BOOK.table("item_lead")] == list(items)
    assert {row.item_code: row.unit for row in BOOK.table("item_unit_cost")} == items
    assert [row.item_code for row in BOOK.table("item_consent")] == list(items)
    assert all(row.matter in matters for row in BOOK.table("item_consent"))
    for row in BOOK.table("funding_sources"):
        assert set(row.item_codes) <= set(items)


def test_what_is_judged_by_a_distance_has_one():
    for row in BOOK.table("facilities"):
        assert row.measure in MEASURES
        assert row.measure not in ("walk", "straight") or row.service_radius_m


def test_the_phases_are_those_of_the_plans_text():
    text = PLAN_TEXT.read_text(encoding="utf-8")
    for row in BOOK.table("phases"):
        assert f"{row.name_zh}阶段（{row.due_date.year}年" in text
    assert [row.due for row in BOOK.table("phases")] == [
        "2023-10-31", "2023-11-30", "2024-03-31", "2024-09-30", "2024-11-30", "2024-12-31",
    ]  # fmt: skip


# These two tables list the very words of deliveries and of OpenStreetMap.
@pytest.mark.parametrize(
    "name", sorted(set(SPECS) - {"column_synonyms", "osm_tags", "survey_words"})
)
def test_a_rule_is_said_wholly_in_the_language_of_the_reader(name):
    for line in BOOK.listing([name]):
        assert re.search("[一-鿿]", line.says.zh), line.rule_id
        assert not re.search("[a-z]+_[a-z]+|[a-z]{6,}", line.says.zh), line.says.zh
        assert not re.search("[一-鿿]", line.says.en), line.says.en


def test_an_analysis_is_supplied_with_tables_whose_fingerprint_tells_a_changed_figure():
    change = Override(
        "clearance_none", "N001", "note", "seen in print", "checked", "张工", "2024-05-01"
    )
    figure = Override("cover_depth", "C01", "min_cover_m", "0.8", "frost", "张工", "2024-05-01")
    before = BOOK.supply(["clearance", "eligibility_rules"])
    after = BOOK.with_overrides([figure, change]).supply(["clearance", "eligibility_rules"])
    assert before["clearance"].fingerprint != after["clearance"].fingerprint
    assert before["eligibility_rules"].fingerprint == after["eligibility_rules"].fingerprint
    assert "GB 50289-2016" in before["clearance"].editions


def test_a_pair_that_a_plan_takes_out_of_no_requirement_changes_the_fingerprint_of_clearance():
    change = Override(
        "clearance_none", "N007", "kind_b", "railway", "审图意见", "张工", "2024-05-01"
    )
    mine = BOOK.with_overrides([change]).clearance
    assert mine.fingerprint != BOOK.clearance.fingerprint
    assert not mine.horizontal.required(["trench"], ["trench"]).none[0]
