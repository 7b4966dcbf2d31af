"""Checks on ourselves: layers, documents and dependencies say the same as the code."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from app.services.access import LOCAL_ACTOR

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
# Joined here, so that this file does not name what it looks for.
REGISTRY_HOSTS = [
    r"pypi\.",
    "org",
    r"registry\.npm",
    "js",
    r"deb\.",
    "debian",
    r"pythonhosted\.",
    "org",
]
MACHINE_PATHS = ["/wo", "rk/", "/op", "t/jv", "/ro", "ot/"]
BROWSER_LIBRARIES = re.compile(
    r"(leaflet|geoman|tabulator|uplot|minisearch|axe)[^/]*\.(min\.)?(m?js|css)$|(^|/)node_modules/",
    re.IGNORECASE,
)
OUR_MODULES = re.compile(r"^app/web/static/(js|css)/|^tests/js/")


def pairs(parts: list[str]) -> list[str]:
    return [a + b for a, b in zip(parts[::2], parts[1::2], strict=True)]


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [name for name in listed.stdout.decode("utf-8").split("\0") if name]


def texts() -> Iterator[tuple[str, str]]:
    for name in tracked():
        path = ROOT / name
        if path.is_file():
            try:
                yield name, path.read_text("utf-8")
            except UnicodeDecodeError:
                continue


def python_files(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def requirements() -> set[str]:
    lists = [PROJECT["project"]["dependencies"]]
    lists += PROJECT["project"]["optional-dependencies"].values()
    lists += PROJECT["dependency-groups"].values()
    return {re.split(r"[><=~! ]", one)[0] for some in lists for one in some}


def test_the_page_knows_the_actor_of_local_mode_by_the_name_that_is_written() -> None:
    script = (ROOT / "app/web/static/js/i18n.js").read_text("utf-8")
    assert f"LOCAL_USER = '{LOCAL_ACTOR.name}'" in script
    mark = LOCAL_ACTOR.stamp.removeprefix(LOCAL_ACTOR.name)
    assert f"UNCHECKED = '{mark}'" in script


def test_imports_go_only_down():
    checked = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_file_of_the_package_is_in_the_package():
    """A folder without ``__init__.py`` escapes the import contracts."""
    folders = {path.parent for path in (ROOT / "app").rglob("*.py")}
    assert [f for f in folders if not (f / "__init__.py").is_file()] == []


def test_no_file_names_a_package_registry():
    hosts = re.compile("|".join(pairs(REGISTRY_HOSTS)))
    assert [name for name, text in texts() if hosts.search(text)] == []


def test_no_file_carries_a_path_of_the_computer_it_was_written_on():
    paths = re.compile("|".join(pairs(MACHINE_PATHS)))
    assert [name for name, text in texts() if paths.search(text)] == []


def test_third_party_browser_code_is_never_committed():
    foreign = [n for n in tracked() if BROWSER_LIBRARIES.search(n) and not OUR_MODULES.match(n)]
    assert foreign == []


def test_every_dependency_has_its_reason_in_the_readme():
    table = README.split("## What it is built on")[1].split("\n\nIn the browser")[0]
    rows = re.findall(r"^\| (?P<names>[^|]+) \| (?P<why>[^|]+) \|$", table, re.MULTILINE)[1:]
    named = [name.strip() for names, why in rows if why.strip() for name in names.split(",")]
    listed = [name for name in named if not name.startswith("-")]
    assert sorted(listed) == sorted(requirements())


def test_every_package_that_the_product_imports_is_declared():
    declared = {canonicalize_name(Requirement(one).name) for one in requirements()}
    homes = packages_distributions()
    missing = set()
    for name, tree in python_files("app"):
        for module in imported(tree):
            if module in sys.stdlib_module_names or module == "app":
                continue
            # What is not installed here has the name of its package.
            owners = {canonicalize_name(owner) for owner in homes.get(module, [module])}
            if not owners & declared:
                missing.add(f"{name}: {module}")
    assert missing == set()


def imported(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(str(node.module).split(".")[0])
    return found


def test_every_setting_is_documented():
    words = {word for name, text in texts() if name.startswith(("app/", "scripts/"))
             for word in re.findall(r"\bJIUGAI_[A-Z_]+\b", text)}  # fmt: skip
    told = README + (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert [word for word in sorted(words) if f"`{word}`" not in told] == []


def test_every_module_opens_with_one_sentence():
    assert [n for n, tree in python_files("app", "scripts") if not ast.get_docstring(tree)] == []


def test_every_link_between_the_documents_leads_somewhere():
    broken = []
    for document in [*DOCUMENTS, ROOT / "README.zh-CN.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text("utf-8")):
            if "://" not in target and not (document.parent / target).exists():
                broken.append(f"{document.name}: {target}")
    assert broken == []


def test_nothing_is_switched_off_or_left_to_be_done():
    words = re.compile(
        r"\b(TO" r"DO|FIX" r"ME)\b|raise NotImpl" r"ementedError|mark\.(sk" r"ip|xf" r"ail)\b"
    )
    places = ("app/", "scripts/", "tests/")
    assert [n for n, text in texts() if n.startswith(places) and words.search(text)] == []
