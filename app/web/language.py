"""The language of one request: asked for in the address, remembered in a cookie, else Chinese."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request
from flask_babel import Babel

from app.errors import LANGUAGES, Language

_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}


def request_language() -> Language:
    """``?lang=`` first, then the cookie ``lang`` that the switch sets, then the setting (Chinese).

    What the browser asks for is not heard: many offices run browsers that ask for English.
    """
    if (known := g.get("language")) is not None:
        chosen: Language = known
        return chosen
    g.language = _chosen()
    return _chosen()


def _chosen() -> Language:
    for asked in (request.args.get("lang"), request.cookies.get("lang")):
        if asked in LANGUAGES:
            return "zh" if asked == "zh" else "en"
    first: Language = current_app.config["SETTINGS"].language
    return first


def register_language(app: Flask) -> None:
    """Numbers and dates of templates follow the language of the request."""
    Babel(app, locale_selector=lambda: _LOCALES[request_language()])

    @app.after_request
    def remember(response: Response) -> Response:
        if request.args.get("lang") in LANGUAGES:
            response.set_cookie(
                "lang", request.args["lang"], max_age=31_536_000, samesite="Lax", httponly=False
            )
        response.headers["Content-Language"] = _LOCALES[request_language()].replace("_", "-")
        return response
