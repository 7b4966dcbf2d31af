"""Models of EPA SWMM in and out: the engine gives the same on what we write as on what came."""

import subprocess
import sys
from pathlib import Path

import pyswmm
import pytest

from app.analysis.sewers.inp import read_inp, words_of
from app.errors import CrsError, InputFileError
from app.schema import Actor
from app.services.exports import ExportRequest, write_export
from app.services.imports import ImportOptions, import_file, undo_import
from app.services.plans import open_plan
from app.store import Edit, PlanMeta, PlanStore

ACTOR = Actor("test", role="planner")
SHIPPED = sorted((Path(pyswmm.__file__).parent / "tests" / "data").glob("*.inp"))
NO_PIPES = (
    "model_constantinflow_constanteffluent",
    "model_subcatch_stats",
)  # runoff or treatment only
MODELS = [p for p in SHIPPED if "bad_input" not in p.name and p.stem not in NO_PIPES]
# The engine has globals: it runs in a process of its own, in the folder of its files.
RUN = """
import sys
from swmm.toolkit import solver
for name in sys.argv[1:]:
    solver.swmm_run(name + '.inp', name + '.rpt', name + '.out')
"""


def results(folder, *names):
    subprocess.run([sys.executable, "-c", RUN, *names], cwd=folder, capture_output=True, check=True)
    return [(folder / f"{name}.out").read_bytes() for name in names]


@pytest.fixture
def plan(tmp_path):
    meta = PlanMeta("m", "模型", crs="EPSG:4544")
    with PlanStore.create(tmp_path / "plan", meta) as store:
        yield store


def bring(store, path, **said):
    return import_file(path, store, ACTOR, ImportOptions(crs="EPSG:4544", **said))


def write(store, to, dataset=""):
    request = ExportRequest("inp", ACTOR, "en", {"dataset": dataset} if dataset else {})
    return write_export(open_plan(store.folder), request, to)


def test_twelve_models_or_more_are_held_against_the_engine():
    assert len(MODELS) >= 12


@pytest.mark.parametrize("path", MODELS, ids=[path.stem for path in MODELS])
def test_the_engine_gives_the_same_on_a_model_that_went_through_a_plan(path, plan, tmp_path):
    text = path.read_text(encoding="utf-8")
    (tmp_path / "theirs.inp").write_text(text, encoding="utf-8")
    report = bring(plan, tmp_path / "theirs.inp")
    assert report.total("kept") > 0
    write(plan, tmp_path / "ours.inp", report.batch_id)
    theirs, ours = results(tmp_path, "theirs", "ours")
    assert len(theirs) > 1000
    assert ours == theirs


@pytest.mark.parametrize("name", NO_PIPES)
def test_a_model_without_any_pipe_is_refused_in_words(name, plan):
    [path] = [path for path in SHIPPED if path.stem == name]
    with pytest.raises(InputFileError, match="no model of drains"):
        bring(plan, path)


MODEL = """[TITLE]
A model ;; in litres
[OPTIONS]
FLOW_UNITS LPS
LINK_OFFSETS DEPTH
[JUNCTIONS]
;;Name Elev MaxDepth
"井 1" 10.0 2.0 0 0 0
B 9.8 0
[OUTFALLS]
O 9.0 FREE
[CONDUITS]
P1 "井 1" B 50 0.013 0.1 0 ; the first
P2 B O 60 0.013 0 0
[XSECTIONS]
P1 CIRCULAR 0.4 0 0 0
P2 RECT_CLOSED 0.5 0.8 0 0
[PUMPS]
PU B O * ON
[COORDINATES]
"井 1" 500000 4200000
B 500050 4200000
O 500110 4200000
[VERTICES]
P2 500080 4200010
"""


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.inp"
    path.write_text(MODEL, encoding="utf-8")
    return path


def test_words_in_quotes_are_one_word_and_comments_are_none():
    assert words_of(' "井 1" 10.0 ; deep') == ["井 1", "10.0"]
    assert words_of(";;Name Elev") == []


def test_rows_of_a_model_are_in_metres_with_inverts_above_the_datum(plan, model):
    report = bring(plan, model)
    pipes = plan.read("pipe").set_index("pipe_id")
    nodes = plan.read("pipe_node").set_index("pipe_node_id")
    assert pipes.loc["P1", ["nominal_mm", "start_invert_m", "end_invert_m"]].tolist() == pytest.approx([400, 10.1, 9.8])  # fmt: skip
    assert pipes.loc["P2", ["height_mm", "width_mm"]].tolist() == [500, 800]
    assert len(pipes.geometry["P2"].coords) == 3
    assert nodes.loc["井 1", ["ground_m", "kind"]].tolist() == [12.0, "manhole"]
    # No depth in the file: the ground stays unknown.
    assert nodes.loc[["B", "O"], "ground_m"].isna().all()
    assert nodes.loc["O", "kind"] == "outfall"
    stays = next(one for one in report.findings if one.code == "stays_in_file")
    assert "[PUMPS] 1" in stays.message.en


def test_a_model_that_nobody_changed_comes_out_as_it_came(plan, model, tmp_path):
    batch = bring(plan, model).batch_id
    write(plan, tmp_path / "out.inp", batch)
    assert (tmp_path / "out.inp").read_text(encoding="utf-8") == MODEL


def test_a_change_in_the_plan_changes_its_line_and_no_other(plan, model, tmp_path):
    batch = bring(plan, model).batch_id
    row = plan.row("pipe", "P1")
    plan.apply([Edit("pipe", "update", "P1", {"nominal_mm": 600}, row["version"])], ACTOR)
    write(plan, tmp_path / "out.inp", batch)
    text = (tmp_path / "out.inp").read_text(encoding="utf-8")
    assert text == MODEL.replace("P1 CIRCULAR 0.4 0 0 0\n", "P1 CIRCULAR 0.6 0 0 0\n")


def test_a_pipe_taken_out_of_the_plan_is_taken_out_of_the_model(plan, model, tmp_path):
    batch = bring(plan, model).batch_id
    row = plan.row("pipe", "P2")
    plan.apply([Edit("pipe", "delete", "P2", {}, row["version"])], ACTOR)
    write(plan, tmp_path / "out.inp", batch)
    text = (tmp_path / "out.inp").read_text(encoding="utf-8")
    assert "P2" not in text
    assert 'P1 "井 1" B 50' in text


def test_an_imported_model_is_taken_back_as_a_whole(plan, model):
    undo_import(plan, bring(plan, model).batch_id, ACTOR)
    assert not len(plan.read("pipe"))


def test_ids_that_the_plan_has_are_refused_by_name(plan, model):
    bring(plan, model)
    again = bring(plan, model)
    assert again.total("kept") == 0
    assert any("P1" in one.message.en for one in again.findings if one.code == "id_in_plan")


def test_coordinates_elsewhere_ask_for_their_system(plan, tmp_path):
    path = tmp_path / "far.inp"
    path.write_text(MODEL.replace("42000", "12000"), encoding="utf-8")
    with pytest.raises(CrsError, match="nowhere near"):
        import_file(path, plan, ACTOR, ImportOptions())


def test_a_file_without_conduits_is_no_model(plan, tmp_path):
    path = tmp_path / "x.inp"
    path.write_text("[TITLE]\nhello\n", encoding="utf-8")
    with pytest.raises(InputFileError, match="no \\[CONDUITS\\]"):
        bring(plan, path)


def test_the_drains_of_a_plan_come_out_as_a_model_that_the_engine_runs(plan, model, tmp_path):
    bring(plan, model)
    for node, ground in (("B", 12.0), ("O", 11.0)):
        row = plan.row("pipe_node", node)
        plan.apply([Edit("pipe_node", "update", node, {"ground_m": ground}, row["version"])], ACTOR)
    made = write(plan, tmp_path / "drains.inp")
    assert made.rows == {"pipe": 2, "pipe_node": 3}
    results(tmp_path, "drains")
    assert "ERROR" not in (tmp_path / "drains.rpt").read_text(encoding="utf-8")
    file = read_inp((tmp_path / "drains.inp").read_text(encoding="utf-8"), "drains")
    assert [row[0] for row in file.rows("JUNCTIONS")] == ["B", "井_1"]


def test_lines_that_cannot_be_used_are_named_by_their_number_and_the_others_come_in(plan, tmp_path):
    broken = MODEL.replace(
        "P2 B O 60 0.013 0 0\n",
        "P2 B O sixty 0.013 0 0\nP3 B X 60 0.013 0 0\nP1 B O 9 0.013 0 0\nP4 B\n",
    )
    path = tmp_path / "broken.inp"
    path.write_text(broken, encoding="utf-8")
    report = bring(plan, path)
    assert plan.read("pipe")["pipe_id"].tolist() == ["P1"]
    lines = broken.splitlines()
    told = {
        lines[int(one.row) - 1]: one.message.en
        for one in report.findings
        if one.code == "broken_line"
    }
    assert told == {
        "P2 B O sixty 0.013 0 0": "[CONDUITS] P2: its value 4, sixty, is no figure",
        "P3 B X 60 0.013 0 0": "[CONDUITS] P3: joins nodes that are not there: X",
        "P1 B O 9 0.013 0 0": "[CONDUITS] P1: its id stands there twice",
        "P4 B": "[CONDUITS] P4: lacks its value 4",
    }
    pipes = next(one for one in report.layers if one.layer == "pipe")
    assert (pipes.read, pipes.kept, pipes.rejected) == (5, 1, 4)
    assert {(use.header, use.column, use.how) for use in pipes.mapping} >= {
        ("InOffset", "start_invert_m", "model")
    }
    # What cannot be used stays in the file as it stood.
    write(plan, tmp_path / "out.inp", report.batch_id)
    assert (tmp_path / "out.inp").read_text(encoding="utf-8") == broken


def test_sections_that_the_plan_has_no_size_for_are_named(plan, tmp_path):
    path = tmp_path / "egg.inp"
    path.write_text(MODEL.replace("P1 CIRCULAR 0.4", "P1 EGG 0.4"), encoding="utf-8")
    report = bring(plan, path)
    assert "EGG 1" in next(one.message.en for one in report.findings if one.code == "no_size")
    assert plan.read("pipe").set_index("pipe_id")["nominal_mm"].isna()["P1"]
