"""The routes, one file per kind of question; each declares what right it needs."""

from __future__ import annotations

from flask import Flask

from app.web.routes import (
    editing,
    exports,
    features,
    nearby,
    pages,
    pipes,
    plan,
    programme,
    programme_records,
    readiness,
    rules,
    session,
    storm,
    uploads,
    why,
    work,
)

_MODULES = (
    pages,
    pipes,
    plan,
    features,
    nearby,
    programme,
    programme_records,
    session,
    storm,
    exports,
    readiness,
    editing,
    uploads,
    work,
    rules,
    why,
)


def register_routes(app: Flask) -> None:
    """Mount all routes; the policy check that follows refuses one without a declaration."""
    for module in _MODULES:
        app.register_blueprint(module.ROUTES)
