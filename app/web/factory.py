"""Builds the web application: settings and plans in, a Flask application out."""

from __future__ import annotations

import gzip
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request
from flask.json.provider import DefaultJSONProvider
from flask_wtf.csrf import CSRFProtect

from app.services.plans import Shelf
from app.settings import LOOPBACK_HOSTS, Settings, secret_key
from app.web.errors import register_errors
from app.web.language import register_language
from app.web.opened import accepts_gzip
from app.web.policy import register_policy
from app.web.routes import register_routes

CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "style-src 'self'",
        "worker-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

SQUEEZED_FROM = 1400  # bytes: what one packet holds


class StrictJson(DefaultJSONProvider):
    """JSON as browsers read it: NaN and infinity are our mistake, not a value to send."""

    ensure_ascii = False
    sort_keys = False
    compact = True

    def dumps(self, obj: Any, **options: Any) -> str:
        options.setdefault("separators", (",", ":"))
        return json.dumps(obj, ensure_ascii=False, allow_nan=False, default=_plain, **{
            name: value for name, value in options.items() if name in ("separators", "indent")
        })  # fmt: skip


def _plain(value: object) -> object:
    raise TypeError(f"{type(value).__name__} was not turned into plain JSON by its service")


def create_app(settings: Settings, shelf: Shelf) -> Flask:
    """The application that serves the plans of ``shelf``."""
    app = Flask("app.web", static_folder="static", template_folder="templates")
    app.json = StrictJson(app)
    app.config.update(
        SETTINGS=settings,
        SHELF=shelf,
        SECRET_KEY=secret_key(settings.config_dir),
        MAX_CONTENT_LENGTH=settings.upload_mb * 1_000_000,
        TRUSTED_HOSTS=list(LOOPBACK_HOSTS),
        SESSION_COOKIE_NAME="jiugai",
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_HTTPONLY=True,
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_HEADERS=["X-CSRFToken"],
        SEND_FILE_MAX_AGE_DEFAULT=0,
    )
    CSRFProtect(app)
    register_errors(app)
    register_language(app)
    register_routes(app)
    register_policy(app)
    app.url_value_preprocessor(_find_plan)
    app.after_request(_harden)
    return app


def create_app_from_environment() -> Flask:
    """For ``flask --app app run``: the plans in ``JIUGAI_PLANS``, separated like a PATH."""
    settings = Settings.read(os.environ)
    paths = [Path(part) for part in os.environ.get("JIUGAI_PLANS", "").split(os.pathsep) if part]
    return create_app(settings, Shelf(paths))


def _find_plan(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """``<plan>`` of the address becomes the opened plan of the request."""
    if values and "plan" in values:
        g.plan_id = values.pop("plan")


def _harden(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "private, no-cache")
        response.vary.add("Cookie")
    return _squeeze(response)


def _squeeze(response: Response) -> Response:
    """Answers in JSON travel compressed where that saves a packet or more."""
    small = response.is_streamed or response.calculate_content_length() in (None, 0)
    if small or not response.is_json or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if len(response.data) > SQUEEZED_FROM and accepts_gzip():
        response.data = gzip.compress(response.data, compresslevel=4, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    return response
