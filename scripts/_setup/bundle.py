"""A folder with all wheels and browser files, for offices whose computers have no network."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from . import browser_files, environment
from .console import ROOT, SetupError, run, say
from .lockfile import Lock

# Folder and marker of a system -> the tags of the wheels that it can install.
SYSTEMS = {
    "win32": ("win_amd64",),
    "linux": tuple(
        f"manylinux{tag}_x86_64"
        for tag in ("_2_28", "_2_27", "_2_24", "_2_17", "2014", "_2_12", "2010", "_2_5", "1")
    ),
}


def wheels_for_this(bundle: Path) -> Path:
    """Where the bundle keeps the wheels for this system and this Python."""
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    folder = (bundle / sys.platform / python).resolve()
    if not folder.is_dir():
        there = sorted(p.relative_to(bundle).as_posix() for p in bundle.glob("*/3.*"))
        raise SetupError(f"{bundle} has no wheels for {sys.platform} {python}; it has: {there}")
    return folder


def make(bundle: Path) -> int:
    """Fill the folder: wheels for Windows and Linux with this Python's version, browser files."""
    made = environment.Environment(ROOT / ".venv")
    environment.make(made)
    environment.install(made, "runtime")
    browser_files.bring(made)
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    wanted = made.folder / "bundle.txt"
    lock = Lock.read(environment.LOCK)
    for system, platforms in SYSTEMS.items():
        say(f"wheels for {system} {python}")
        wanted.write_text(lock.runtime_for(system) + lock.only("uv"), "utf-8")
        target = bundle / system / python
        target.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [made.python, "-m", "pip", "download", *environment.PIP_QUIET,
                   *environment.WHEELS, "--no-deps",
                   "--python-version", python, "--dest", target, "--requirement", wanted]  # fmt: skip
        for platform in platforms:
            command += ["--platform", platform]
        run(command)
    shutil.copytree(browser_files.VENDOR, bundle / "vendor", dirs_exist_ok=True)
    say(f"{bundle} 可离线安装 · start there with: python scripts/start.py --from {bundle}")
    return 0
