"""The routes, one file per kind of question; each declares what right it needs."""

from __future__ import annotations

from flask import Flask

from app.web.routes import exports, features, pages, plan, readiness, session


def register_routes(app: Flask) -> None:
    """Mount all routes; the policy check that follows refuses one without a declaration."""
    for module in (pages, plan, features, session, exports, readiness):
        app.register_blueprint(module.ROUTES)
