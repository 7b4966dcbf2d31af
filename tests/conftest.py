"""Fixtures that every test may use: the demonstration plan and real extracts, once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.demo.write import write_facts, write_plan
from scripts.fetch_helsinki import NoExtractError, helsinki_extract
from tests.demo.towns import demo_town

LIECHTENSTEIN = Path("shared", "data", "liechtenstein.osm.pbf")


@pytest.fixture(scope="session")
def demo_small_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demonstration plan with the full programme; a copy for whoever wants to edit."""
    folder = tmp_path_factory.mktemp("demo-small") / "plan"
    town = demo_town(small=True)
    write_plan(town, folder)
    write_facts(town, folder.parent / "planted.csv")
    return folder


@pytest.fixture(scope="session")
def demo_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration plan at true size, as ``scripts/start.py`` builds it; read only."""
    folder = tmp_path_factory.mktemp("demo") / "plan"
    town = demo_town()
    write_plan(town, folder)
    write_facts(town, folder.parent / "planted.csv")
    return folder


@pytest.fixture(scope="session")
def helsinki_pbf() -> Path:
    """A real extract of central Helsinki (© OpenStreetMap contributors, ODbL), brought if needed."""
    try:
        return helsinki_extract()
    except NoExtractError as fault:
        pytest.fail(str(fault), pytrace=False)


@pytest.fixture(scope="session")
def liechtenstein_pbf() -> Path:
    """A whole small country (© OpenStreetMap contributors, ODbL), where the data folder has it."""
    for folder in Path(__file__).resolve().parents:
        if (folder / LIECHTENSTEIN).is_file():
            return folder / LIECHTENSTEIN
    pytest.skip(
        "no ../shared/data/liechtenstein.osm.pbf beside this clone: the country is an extra"
    )
