"""旧改一张图 (Jiugai One-Map): plan the renovation of old residential communities on one map."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

__version__ = "0.1.0"


def create_app() -> Flask:
    """The web application of the plans named in ``JIUGAI_PLANS``, for ``flask --app app run``."""
    from app.web.factory import create_app_from_environment

    return create_app_from_environment()
