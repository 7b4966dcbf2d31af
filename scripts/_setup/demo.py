"""The demonstration plan: built once, and again when what it is built from has changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .console import ROOT, SetupError, run, say
from .environment import Environment
from .lockfile import digest

PLAN = ROOT / "geodata" / "demo" / "plan"
OLD = ROOT / "geodata" / "demo" / "plan-old"
BUILDER = ROOT / "scripts" / "build_demo.py"
SOURCES = ("scripts/build_demo.py", "scripts/demo/**/*.py", "app/schema/*", "geodata/standards/*.csv",
           "geodata/plan/*", "geodata/places/*")  # fmt: skip


def source_digest() -> str:
    """One hash over the builder, the schema and the tables that it reads."""
    parts: list[bytes | str] = []
    for pattern in SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                parts += [path.relative_to(ROOT).as_posix(), path.read_bytes()]
    return digest(*parts)


def build(environment: Environment) -> Path:
    """The folder of the plan. One built from older sources is kept beside, for edits made in it."""
    mark = source_digest()
    whole = (PLAN / "plan.json").is_file()
    if whole and environment.stamps().get("demo") == mark:
        return PLAN
    if PLAN.exists():
        say(f"示范方案已过期，旧的保留在 {OLD.name} · the demo plan is rebuilt, the old one kept")
        try:
            shutil.rmtree(OLD, ignore_errors=True)
            PLAN.rename(OLD)
        except OSError as problem:
            raise SetupError(
                f"{PLAN} is in use ({problem}): close the map that is open on it and start again"
            ) from None
    say("生成示范方案 · building the demonstration plan")
    run([environment.python, BUILDER, "--out", PLAN], env={**os.environ, "PYTHONUTF8": "1"})
    environment.put_stamp("demo", mark)
    return PLAN
