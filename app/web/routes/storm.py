"""Water on the map: the rain slider, the last run over time, one point's curve."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.web.language import request_language
from app.web.opened import the_plan
from app.web.params import refused, whole_number
from app.web.policy import policy

ROUTES = Blueprint("storm", __name__, url_prefix="/p/<plan>/api/storm")


def _number(name: str) -> float:
    text = request.args.get(name, "")
    try:
        return float(text)
    except ValueError:
        raise refused(name, text, "请用数字", "use a number") from None


@ROUTES.get("")
@policy("read", "plan")
def overview() -> Response:
    """Rain by return period, the colours of depth, and the last run with its notes and times."""
    from app.services.storm import storm_overview

    return jsonify(storm_overview(the_plan(), request_language()))


@ROUTES.get("/pour")
@policy("read", "plan")
def pour() -> Response:
    """``?mm=``: where a rain of so many millimetres stands, as a picture with its balance."""
    from app.services.storm import poured

    return jsonify(poured(the_plan(), _number("mm")))


@ROUTES.get("/frame")
@policy("read", "plan")
def frame() -> Response:
    """``?minute=``: the depth of the last run then, as a picture; without it the greatest depth."""
    from app.services.storm import frame_picture

    return jsonify(frame_picture(the_plan(), whole_number(request.args, "minute", low=0, high=100_000)))  # fmt: skip


@ROUTES.get("/point")
@policy("read", "plan")
def point() -> Response:
    """``?lon=&lat=``: depth over time there in the last run."""
    from app.services.storm import curve_at

    return jsonify(curve_at(the_plan(), _number("lon"), _number("lat")))


@ROUTES.get("/exposure")
@policy("read", "plan")
def exposure() -> Response:
    """Households and things in the zones by community; null where exposure was not run."""
    from app.services.storm import exposure_told

    return jsonify(exposure_told(the_plan(), request_language()))
