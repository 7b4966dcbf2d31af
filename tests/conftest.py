"""Fixtures that every test may use: the demonstration plan, built once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.demo.build import build_town
from scripts.demo.write import write_facts, write_plan

SEED = 640302


@pytest.fixture(scope="session")
def demo_small_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demonstration plan with the full programme; a copy for whoever wants to edit."""
    folder = tmp_path_factory.mktemp("demo-small") / "plan"
    town = build_town(SEED, small=True)
    write_plan(town, folder)
    write_facts(town, folder.parent / "planted.csv")
    return folder


@pytest.fixture(scope="session")
def demo_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration plan at true size, as ``scripts/start.py`` builds it; read only."""
    folder = tmp_path_factory.mktemp("demo") / "plan"
    town = build_town(SEED)
    write_plan(town, folder)
    write_facts(town, folder.parent / "planted.csv")
    return folder
