"""``scripts/test.py``: from a fresh clone to the verdict of every check and every test."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from . import demo
from .browser_files import node_program
from .chromium import find_chromium
from .console import ROOT, SetupError, say, speak_any_console
from .environment import Environment
from .starting import set_up

JS_TESTS = ROOT / "tests" / "js"


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Set everything up and run every test · 运行全部测试"
    )
    parser.add_argument(
        "pytest", nargs="*", help="words for pytest, after --: a folder, -k NAME ..."
    )
    return parser.parse_args(words)


def steps(made: Environment, pytest_words: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Every check by name, cheap ones first, pytest last so that its verdict closes the output."""
    python = str(made.python)
    found: list[tuple[str, list[str]]] = [
        ("ruff check", [python, "-m", "ruff", "check", "."]),
        ("ruff format", [python, "-m", "ruff", "format", "--check", "."]),
        ("import contracts", [str(made.program("lint-imports")), "--no-cache"]),
        ("mypy", [python, "-m", "mypy"]),
    ]
    scripts = sorted(str(path.relative_to(ROOT)) for path in JS_TESTS.rglob("*.test.js"))
    if scripts:
        found.append(("node --test", [*node_program("node", made), "--test", *scripts]))
    return [*found, ("pytest", [python, "-m", "pytest", *pytest_words])]


def run_step(name: str, command: Sequence[str], env: Mapping[str, str]) -> int:
    print(f"── {name}", flush=True)
    started = time.monotonic()
    code = subprocess.run(
        command, cwd=ROOT, env=dict(env), stdin=subprocess.DEVNULL, check=False
    ).returncode
    if name != "pytest":
        print(f"── {name}: {'ok' if code == 0 else 'FAILED'}, {time.monotonic() - started:.0f} s")
    return code


def run_all(made: Environment, pytest_words: Sequence[str]) -> int:
    """Run every step even when an early one fails; the verdict is the worst of them."""
    env = {**os.environ, "PYTHONUTF8": "1", "JIUGAI_CHROMIUM": str(find_chromium())}
    failed = [name for name, command in steps(made, pytest_words) if run_step(name, command, env)]
    if failed:
        print(f"✗ failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def main(words: Sequence[str] | None = None) -> int:
    speak_any_console()
    options = arguments(words)
    try:
        find_chromium()
        made = set_up("everything")
        demo.build(made)
        say("检查与测试 · checks and tests")
        return run_all(made, options.pytest)
    except SetupError as problem:
        print(f"✗ {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
