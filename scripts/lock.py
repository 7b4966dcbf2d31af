"""Remake the locks and environment.yml after a change of pyproject.toml or package.json.

Run it with the Python of ``.venv``: ``python scripts/lock.py [--upgrade]``. The lock has hashes for
every system and no index or address, so that a mirror serves as well as the original. Its first
section is what the product needs to run, its second what only tests and extras need.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from _setup.browser_files import node_program, write_hashes  # noqa: E402
from _setup.conda import ENVIRONMENT, environment_text  # noqa: E402
from _setup.environment import Environment  # noqa: E402
from _setup.lockfile import RUNTIME_END, Lock  # noqa: E402

HEAD = """\
# One lock for Linux and Windows, Python 3.11 to 3.13; made by scripts/lock.py, not by hand.
"""
RUNTIME = ("--extra", "ogc", "--group", "setup")
EVERYTHING = ("--all-extras", "--all-groups")


def exported(selection: tuple[str, ...]) -> Lock:
    """What uv exports for a choice of extras and groups, without this package itself."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "lock.txt"
        command = [sys.executable, "-m", "uv", "export", "--quiet", "--frozen", "--no-header"]
        command += ["--no-emit-project", "--no-annotate", *selection, "--output-file", str(out)]
        subprocess.run(command, cwd=ROOT, check=True)
        return Lock.parse(out.read_text("utf-8"))


def merged(runtime: Lock, everything: Lock) -> str:
    """Both choices as one file in two sections; the markers are those of the wider choice."""
    keys = {entry.key for entry in runtime.entries}
    first = [entry.text for entry in everything.entries if entry.key in keys]
    second = [entry.text for entry in everything.entries if entry.key not in keys]
    if len(first) != len(runtime.entries):
        raise SystemExit("uv exported a package for the runtime that the whole lock lacks")
    return HEAD + "\n".join(first) + f"\n{RUNTIME_END}\n" + "\n".join(second) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions allowed")
    parser.add_argument(
        "--vendor", action="store_true", help="take over the browser files as npm brings them now"
    )
    options = parser.parse_args()
    upgrade = ["--upgrade"] if options.upgrade else []
    subprocess.run([sys.executable, "-m", "uv", "lock", *upgrade], cwd=ROOT, check=True)
    text = merged(exported(RUNTIME), exported(EVERYTHING))
    (ROOT / "requirements.lock").write_text(text, "utf-8", newline="\n")
    ENVIRONMENT.write_text(environment_text(), "utf-8", newline="\n")
    npm = [
        *node_program("npm", Environment(Path(sys.prefix))),
        "install",
        "--package-lock-only",
        "--ignore-scripts",
    ]
    subprocess.run(npm, cwd=ROOT, check=True)
    if options.vendor:
        subprocess.run([*npm[:-2], "--ignore-scripts"], cwd=ROOT, check=True)
        write_hashes()
    return 0


if __name__ == "__main__":
    sys.exit(main())
