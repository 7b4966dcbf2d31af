"""``jiugai run`` says what it found, with what, and does not compute the same answer twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli.group import run
from tests.town import build_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with build_town(tmp_path_factory.mktemp("cli-run") / "plan") as store:
        return store.folder


def called(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        run(arguments)
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


def answered(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code, out, _ = called(capsys, *arguments, "--json")
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_run_states_counts_inputs_rules_and_cost(
    capsys: pytest.CaptureFixture[str], town: Path
) -> None:
    found = answered(capsys, "run", "eligibility", "--plan", str(town))
    assert found["result_layers"] == ["eligibility"]
    assert sum(found["counts"].values()) > 0
    assert found["inputs"]["building"]["content_hash"]
    assert found["rules"]["eligibility_rules"]
    assert found["seconds"] >= 0
    again = answered(capsys, "run", "eligibility", "--plan", str(town))
    assert (again["was_stored"], again["run_id"]) == (True, found["run_id"])


def test_without_a_name_every_analysis_is_listed_with_its_parameters(
    capsys: pytest.CaptureFixture[str], town: Path
) -> None:
    listed = answered(capsys, "run", "--plan", str(town))["analyses"]
    conflicts = next(item for item in listed if item["analysis"] == "conflicts")
    assert "binding" in [field["name"] for field in conflicts["parameter_fields"]]
    code, out, _ = called(capsys, "run", "--plan", str(town))
    assert code == 0
    assert "--set binding=stricter" in out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("run", "moon"), 3),
        (("run", "eligibility", "--set", "colour=red"), 2),
        (("run", "eligibility", "--set", "colour"), 2),
        (("run", "eligibility", "--scenario", "none"), 3),
    ],
)
def test_a_mistake_is_told_without_a_traceback(
    capsys: pytest.CaptureFixture[str], town: Path, arguments: tuple[str, ...], code: int
) -> None:
    left, _, err = called(capsys, *arguments, "--plan", str(town))
    assert left == code
    assert "Traceback" not in err
    assert "→" in err


def test_a_run_and_the_list_speak_in_the_words_of_the_plan(
    capsys: pytest.CaptureFixture[str], town: Path
) -> None:
    _, told, _ = called(capsys, "run", "totals", "--plan", str(town))
    assert " 万元" in told
    assert "cost_fen" not in told
    _, listed, _ = called(capsys, "run", "--plan", str(town))
    assert "[当前]" in listed
