"""environment.yml for those who live in conda: the same list as pyproject.toml, by conda's names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable

from .console import ROOT

ENVIRONMENT = ROOT / "environment.yml"
REQUIREMENT = re.compile(r"^(?P<name>[a-z0-9._-]+(?:\[[a-z,]+\])?)(?P<versions>.*)$")
HEAD = """\
# The same dependencies for conda, mamba or pixi; made by scripts/lock.py from pyproject.toml and
# scripts/conda-names.toml. Not pinned and not solved in our tests: the tested way is scripts/start.py.
name: jiugai
channels:
  - conda-forge
dependencies:
"""


def requirements() -> list[str]:
    """Every requirement of the project: runtime, extras, groups."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lists: list[Iterable[str]] = [project["project"]["dependencies"]]
    lists += project["project"]["optional-dependencies"].values()
    lists += project["dependency-groups"].values()
    return sorted({requirement for one in lists for requirement in one})


def environment_text() -> str:
    """The file as it must be."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = tomllib.loads((ROOT / "scripts" / "conda-names.toml").read_text("utf-8"))["names"]
    conda, pip = [f"python{project['requires-python'].replace(' ', '')}"], []
    for requirement in requirements():
        match = REQUIREMENT.match(requirement)
        if match is None:
            raise ValueError(f"{requirement!r} is not of the form name>=version")
        name = str(names.get(match["name"], match["name"]))
        if name == "pip":
            pip.append(requirement)
        else:
            conda.append(name + match["versions"])
    lines = [f"  - {one}\n" for one in [conda[0], *sorted(conda[1:]), "pip"]]
    lines += ["  - pip:\n", *[f"      - {one}\n" for one in sorted(pip)]]
    return HEAD + "".join(lines)
