"""The notebooks run from the first cell to the last, on the demonstration and on a real extract."""

from __future__ import annotations

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from app.schema import Actor
from app.services.from_osm import init_from_osm

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
GLANCE = ROOT / "notebooks" / "01_plan_at_a_glance.ipynb"
STORM = ROOT / "notebooks" / "04_stormwater_risk.ipynb"
CONFLICTS = ROOT / "notebooks" / "02_pipeline_conflicts.ipynb"
SERVICES = ROOT / "notebooks" / "03_nearby_services.ipynb"
SCOPE = ROOT / "notebooks" / "05_scope_and_budget.ipynb"
NOT_OURS = (
    # jupyter_client starts its event loop in a way that Python 3.12 and later call old.
    "ignore::DeprecationWarning:jupyter_client",
    "ignore::DeprecationWarning:zmq",
    "ignore:.*event loop:DeprecationWarning",
    "ignore:.*zmq.*:RuntimeWarning",
    "ignore::ResourceWarning",
)


def executed(path: Path, plan: Path, monkeypatch: pytest.MonkeyPatch) -> nbformat.NotebookNode:
    """The notebook after a run; an error in a cell is an error here."""
    monkeypatch.setenv("JIUGAI_PLAN", str(plan))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    return notebook


def shown(notebook: nbformat.NotebookNode) -> str:
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    texts = [out.get("text", "") + out.get("data", {}).get("text/plain", "") for out in outputs]
    return "\n".join(texts)


def pictures(notebook: nbformat.NotebookNode) -> int:
    return sum(
        "image/png" in out.get("data", {})
        for cell in notebook.cells
        for out in cell.get("outputs", ())
    )


@pytest.mark.filterwarnings(*NOT_OURS)
def test_the_demonstration_at_a_glance(
    demo_small_plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = executed(GLANCE, demo_small_plan, monkeypatch)

    assert pictures(notebook) == 2
    for township in ("金星镇", "胜利镇", "古城镇", "上桥镇"):
        assert township in shown(notebook)
    said = " ".join(out.get("text", "") for c in notebook.cells for out in c.get("outputs", ()) if out.get("name") == "stderr")  # fmt: skip
    assert "Warning" not in said


@pytest.mark.filterwarnings(*NOT_OURS)
def test_stormwater_risk_from_the_rain_to_the_households(
    demo_small_plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = executed(STORM, demo_small_plan, monkeypatch)

    assert pictures(notebook) == 3
    assert "water balance: rain" in shown(notebook)
    assert "households" in shown(notebook)


@pytest.mark.filterwarnings(*NOT_OURS)
def test_a_real_extract_at_a_glance(
    helsinki_pbf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = init_from_osm(tmp_path / "helsinki", helsinki_pbf, actor=Actor("张三"))

    notebook = executed(GLANCE, made.folder, monkeypatch)

    assert pictures(notebook) == 2
    assert "Kruununhaka" in shown(notebook)
    assert "© OpenStreetMap contributors" in shown(notebook)


@pytest.mark.filterwarnings(*NOT_OURS)
def test_the_method_of_pipeline_conflicts(
    demo_small_plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(path.name for path in demo_small_plan.rglob("*"))

    notebook = executed(CONFLICTS, demo_small_plan, monkeypatch)

    assert pictures(notebook) == 2
    for word in ("start_depth_m", "accuracy", "opportunity", "V-"):
        assert word in shown(notebook)
    assert sorted(path.name for path in demo_small_plan.rglob("*")) == before


@pytest.mark.filterwarnings(*NOT_OURS)
def test_the_method_of_nearby_services(
    demo_small_plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = executed(SERVICES, demo_small_plan, monkeypatch)

    assert pictures(notebook) == 3
    for word in ("GB 50180-2018", "within the circle", "gained", "optimal gap 0"):
        assert word in shown(notebook)


@pytest.mark.filterwarnings(*NOT_OURS)
def test_the_programme_from_evidence_to_money(
    demo_small_plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = executed(SCOPE, demo_small_plan, monkeypatch)

    assert pictures(notebook) == 2
    for word in ("2004", "不重复补助", "上桥镇"):
        assert word in shown(notebook)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_define_no_function_and_keep_no_output(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            defined = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, (ast.FunctionDef, ast.Lambda, ast.ClassDef, ast.AsyncFunctionDef))]  # fmt: skip
            assert defined == []
            assert cell.outputs == []
            assert cell.execution_count is None
