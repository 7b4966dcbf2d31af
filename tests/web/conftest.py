"""A browser's view of the small town, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.services.plans import Shelf
from app.settings import Settings
from app.web.factory import create_app
from tests.town import build_town


@pytest.fixture(scope="session")
def settled_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a town that no test changes."""
    with build_town(tmp_path_factory.mktemp("settled") / "plan") as store:
        return store.folder


@pytest.fixture
def web(settled_town: Path, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(Settings(config_dir=tmp_path / "config"), Shelf([settled_town]))
    yield app
    app.config["SHELF"].close()


@pytest.fixture
def browser(web: Flask) -> FlaskClient:
    return web.test_client()
