"""The set-up that stands between a fresh clone and the map: Python, mirrors, lock, browser, port."""

from __future__ import annotations

import ast
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from _setup import chromium, fit_python, starting
from _setup.chromium import find_chromium
from _setup.console import ROOT, SetupError
from _setup.environment import Environment
from _setup.lockfile import RUNTIME_END, Lock
from _setup.mirrors import network_environment, pip_settings

OLD_SYNTAX = ("scripts/start.py", "scripts/test.py", "scripts/_setup/fit_python.py")
STANDARD = set(sys.stdlib_module_names) | {"_setup"}


@pytest.mark.parametrize("name", OLD_SYNTAX)
def test_an_old_python_can_read_the_file_that_tells_it_to_step_aside(name: str):
    tree = ast.parse((ROOT / name).read_text("utf-8"), feature_version=(3, 7))
    young = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.AsyncFunctionDef)
    assert [node for node in ast.walk(tree) if isinstance(node, young)] == []


def test_the_set_up_uses_the_standard_library_alone():
    foreign = set()
    for path in [
        ROOT / "scripts/start.py",
        ROOT / "scripts/test.py",
        *ROOT.glob("scripts/_setup/*.py"),
    ]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                foreign |= {alias.name.split(".")[0] for alias in node.names} - STANDARD
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                foreign |= {str(node.module).split(".")[0]} - STANDARD
    assert foreign == set()


@pytest.mark.parametrize(
    ("python", "fit"),
    [
        (("cpython", 3, 11, 64), True),
        (("cpython", 3, 13, 64), True),
        (("cpython", 3, 14, 64), False),
        (("cpython", 3, 10, 64), False),
        (("cpython", 3, 12, 32), False),
        (("pypy", 3, 11, 64), False),
    ],
)
def test_a_python_is_fit_when_every_wheel_exists_for_it(python, fit: bool):
    assert fit_python.is_fit(*python) is fit


def test_a_program_that_only_pretends_to_be_python_is_passed_over(tmp_path: Path):
    assert fit_python.answers_as_fit([sys.executable])
    assert not fit_python.answers_as_fit([str(tmp_path / "python.exe")])
    assert not fit_python.answers_as_fit([sys.executable, "-c", "print('Microsoft Store')"])


def test_a_mirror_in_pips_configuration_reaches_uv():
    listing = (
        "global.index-url='https://old.example/simple'\n"
        ":env:.index-url='https://mirror.example/simple'\n"
        "install.trusted-host='mirror.example'\n"
        "global.find-links='/a /b'\n"
    )
    env = network_environment(pip_settings(listing), {})
    assert env["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert env["UV_INSECURE_HOST"] == "mirror.example"
    assert env["UV_FIND_LINKS"] == "/a,/b"


def test_a_proxy_in_pips_configuration_reaches_npm_too_unless_one_is_set():
    settings = {"proxy": "http://proxy.example:3128", "cert": "/office.pem"}
    env = network_environment(settings, {"https_proxy": "http://mine.example:1"})
    assert env["HTTP_PROXY"] == "http://proxy.example:3128"
    assert env["NODE_EXTRA_CA_CERTS"] == "/office.pem"
    assert "HTTPS_PROXY" not in env


def test_what_a_person_set_for_uv_wins_over_pips_configuration():
    settings = {"index-url": "https://mirror.example/simple"}
    env = network_environment(settings, {"UV_DEFAULT_INDEX": "https://mine.example/simple"})
    assert env["UV_DEFAULT_INDEX"] == "https://mine.example/simple"


LOCK = f"""\
# head
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:aa
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:bb
wincolor==1.0 ; sys_platform == 'win32' \\
    --hash=sha256:cc
{RUNTIME_END}
pytest==9.2.0 \\
    --hash=sha256:dd
"""


def test_the_runtime_part_of_the_lock_ends_before_the_tests_packages():
    lock = Lock.parse(LOCK)
    assert "pytest" not in lock.runtime()
    assert "pytest==9.2.0" in lock.everything()
    assert lock.only("numpy").count("--hash=") == 2


def test_a_bundle_for_windows_made_on_linux_holds_what_only_windows_needs():
    lock = Lock.parse(LOCK)
    assert "wincolor==1.0 \\\n" in lock.runtime_for("win32")
    assert "wincolor" not in lock.runtime_for("linux")


def test_a_port_in_use_is_reported_and_not_taken():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert not starting.port_is_free(port)
        with pytest.raises(SetupError, match="in use"):
            starting.free_port(port)


def test_the_browser_named_by_the_variable_wins(tmp_path: Path):
    mine = tmp_path / "browser.exe"
    mine.touch()
    assert find_chromium({"JIUGAI_CHROMIUM": str(mine), "PATH": ""}) == mine


def test_a_named_browser_that_is_not_there_is_an_error_not_a_search(tmp_path: Path):
    with pytest.raises(SetupError, match="JIUGAI_CHROMIUM"):
        find_chromium({"JIUGAI_CHROMIUM": str(tmp_path / "gone"), "PATH": os.environ["PATH"]})


def test_edge_in_program_files_is_found_as_on_every_windows(tmp_path: Path):
    edge = tmp_path / "Microsoft" / "Edge" / "Application" / "msedge.exe"
    edge.parent.mkdir(parents=True)
    edge.touch()
    found = list(chromium.candidates({"ProgramFiles(x86)": str(tmp_path), "PATH": ""}))
    assert edge in found


def test_without_any_browser_the_message_holds_one_command_that_installs_it():
    nowhere = {"PATH": "", "PLAYWRIGHT_BROWSERS_PATH": os.devnull}
    with pytest.raises(SetupError) as failure:
        find_chromium(nowhere)
    assert chromium.INSTALL[sys.platform] in str(failure.value)


def test_an_environment_whose_python_was_removed_is_made_anew(tmp_path: Path):
    assert not Environment(tmp_path).works()
    assert Environment(Path(sys.prefix)).works()


def test_start_names_its_options_with_an_example_of_each():
    helped = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "start.py"), "--help"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=True,
    )
    assert all(word in helped.stdout for word in ("--plan", "--port", "--bundle", "--from"))
