"""Pipes under the map: long profiles, cross-sections, and the check of a drafted alignment."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.web.opened import the_plan
from app.web.params import json_body, refused
from app.web.policy import policy

ROUTES = Blueprint("pipes", __name__, url_prefix="/p/<plan>/api")


@ROUTES.get("/profile")
@policy("read", "pipe")
def profile() -> Response:
    """``?pipe=``: ground, axis and every crossing pipe along it; see ``services.profiles``."""
    from app.services.profiles import pipe_profile

    return jsonify(pipe_profile(the_plan(), request.args.get("pipe", "")))


@ROUTES.get("/section")
@policy("read", "pipe")
def section() -> Response:
    """``?line=lon,lat;lon,lat``: every pipe the line cuts; one point cuts across the nearest."""
    from app.services.profiles import section as cut

    return jsonify(cut(the_plan(), _points(request.args.get("line", ""))))


@ROUTES.post("/live-check")
@policy("read", "pipe")
def live_check() -> Response:
    """Body ``{geometry, attributes, replaces, settings}``: the draft's conflicts; nothing is kept."""
    from app.services.live_check import live_check as check

    return jsonify(check(the_plan(), json_body(request)))


def _points(text: str) -> list[tuple[float, float]]:
    try:
        points = [tuple(float(part) for part in pair.split(",")) for pair in text.split(";")]
        found = [(lon, lat) for lon, lat in points]
    except ValueError:
        found = []
    if not 1 <= len(found) <= 50 or not all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in found):
        raise refused("line", text[:80], "格式：经度,纬度;经度,纬度", "lon,lat;lon,lat in degrees")
    return found
