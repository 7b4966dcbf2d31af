"""What a person and a tool get from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

from app import errors
from app.cli.group import EXIT_CODES, VERBS, jiugai, run
from tests.town import COST_FEN, build_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with build_town(tmp_path_factory.mktemp("cli") / "plan") as store:
        return store.folder


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and error output of one command."""
    with pytest.raises(SystemExit) as left:
        run(arguments)
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


def all_kinds(kind: type[errors.JiugaiError]) -> set[type[errors.JiugaiError]]:
    return {kind}.union(*(all_kinds(below) for below in kind.__subclasses__()))


def test_every_kind_of_failure_has_an_exit_code() -> None:
    ours = {k for k in all_kinds(errors.JiugaiError) if k.__module__.startswith("app.")}
    assert ours == set(EXIT_CODES)


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = called(capsys, "--help")
    assert code == 0
    assert all(f"  {verb} " in out for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_shows_an_example_in_its_help(
    capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    code, out, _ = called(capsys, verb, "--help")
    assert code == 0
    assert "示例 · Example:" in out
    assert f"jiugai {verb}" in out
    assert isinstance(jiugai.get_command(click.Context(jiugai), verb), click.Command)


def test_no_help_waits_for_a_heavy_library() -> None:
    asked = """
import sys
from app.cli.group import VERBS, run
for words in ([], *([verb] for verb in VERBS)):
    try:
        run([*words, "--help"])
    except SystemExit:
        pass
heavy = {"numpy", "pandas", "shapely", "geopandas", "pyproj", "flask", "rich.console"}
sys.exit(", ".join(sorted(heavy & set(sys.modules))) or 0)
"""
    answer = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (answer.returncode, answer.stderr) == (0, "")


def test_the_server_listens_before_any_heavy_library_is_loaded() -> None:
    asked = """
import sys
import app.web.factory
heavy = {"numpy", "pandas", "shapely", "geopandas", "pyproj"}
sys.exit(", ".join(sorted(heavy & set(sys.modules))) or 0)
"""
    answer = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (answer.returncode, answer.stderr) == (0, "")


def test_info_gives_tools_what_the_contract_says(
    capsys: pytest.CaptureFixture[str], town: Path
) -> None:
    code, out, _ = called(capsys, "info", str(town), "--json")
    info: dict[str, Any] = json.loads(out)
    [programme] = info["programmes"]
    assert code == 0
    assert info["layers"]["building"] == {"rows": 6}
    assert programme["year"] == 2024
    assert programme["communities"] == 2
    assert programme["buildings"] == 3
    assert programme["floor_area_m2"] == 4500.5
    assert programme["households"] == 60
    assert programme["budget_fen"] == sum(COST_FEN.values())
    assert [t["name"] for t in programme["townships"]] == ["金星镇", "胜利镇"]
    assert {c["category"]: c["budget_fen"] for c in programme["categories"]} == COST_FEN
    assert {"schema", "rules", "results"} <= set(info)
    assert {r["state"] for r in info["results"]} <= {"current", "stale", "never_run"}


def test_info_tells_people_the_totals_of_each_township(
    capsys: pytest.CaptureFixture[str], town: Path
) -> None:
    code, out, _ = called(capsys, "info", str(town))
    assert code == 0
    assert "金星镇 2 小区 3 楼栋 4,500.50 m² 60 户 2.11 万元" in out


def test_a_plan_that_is_not_there_is_said_so_without_a_traceback(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = called(capsys, "info", str(tmp_path / "none"))
    assert (code, out) == (3, "")
    assert "不是方案文件夹" in err
    assert "Traceback" not in err


def test_a_failure_is_one_json_object_for_tools(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = called(capsys, "info", str(tmp_path / "none"), "--json", "--lang", "en")
    assert code == 3
    assert set(json.loads(out)["error"]) == {"code", "message", "where", "fix"}


@pytest.mark.parametrize("arguments", [["nothing"], ["info"], ["info", "--wrong"], ["serve"]])
def test_wrong_usage_leaves_with_two(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    code, _, err = called(capsys, *arguments)
    assert code == 2
    assert "Traceback" not in err


def test_a_server_for_others_is_refused(capsys: pytest.CaptureFixture[str], town: Path) -> None:
    code, _, err = called(capsys, "serve", str(town), "--host", "0.0.0.0")
    assert code == 2
    assert "只监听本机" in err
