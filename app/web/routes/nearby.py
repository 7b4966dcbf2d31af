"""Nearby services: who walks how far to what, and what a change would bring."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.web.language import request_language
from app.web.opened import the_plan
from app.web.params import json_body, refused
from app.web.policy import current_actor, policy

ROUTES = Blueprint("nearby", __name__, url_prefix="/p/<plan>/api/nearby")


def _profile() -> str:
    return request.args.get("profile", "adult")


@ROUTES.get("")
@policy("read", "plan")
def overview() -> Response:
    """``?profile=``: kinds, townships and communities with households within, beyond and unknown."""
    from app.services.nearby import overview as told

    return jsonify(told(the_plan(), _profile(), request_language()))


@ROUTES.get("/homes")
@policy("read", "plan")
def homes() -> Response:
    """``?kind=&profile=&layer=&place=``: every door with verdict, both distances and households."""
    from app.services.nearby_ways import homes as listed

    asked = request.args
    layer = asked.get("layer", "")
    if layer not in ("", "community", "township"):
        raise refused("layer", layer, "小区或乡镇", "community or township")
    return jsonify(
        listed(the_plan(), _profile(), asked.get("kind", ""), request_language(),
               layer=layer, place=asked.get("place", ""))
    )  # fmt: skip


@ROUTES.get("/way")
@policy("read", "plan")
def way() -> Response:
    """``?kind=&building=&door=&profile=``: one door's path, both distances, verdict and clause."""
    from app.services.nearby_ways import way as walked

    asked = request.args
    return jsonify(
        walked(the_plan(), _profile(), asked.get("kind", ""), asked.get("building", ""),
               asked.get("door", ""), request_language())
    )  # fmt: skip


@ROUTES.get("/bands")
@policy("read", "plan")
def bands() -> Response:
    """``?at=lon,lat | service= | community=&minutes=5,10,15&profile=``: nested polygons, households."""
    from app.services.nearby_bands import bands as told

    asked = request.args
    origin: dict[str, object] = {k: asked[k] for k in ("service", "community") if asked.get(k)}
    try:
        if asked.get("at"):
            lon, lat = (float(part) for part in asked["at"].split(","))
            if abs(lon) > 180 or abs(lat) > 90:
                raise ValueError(lon)
            origin["at"] = (lon, lat)
        minutes = [float(part) for part in asked.get("minutes", "5,10,15").split(",")]
    except ValueError:
        raise refused("at", asked.get("at", ""), "格式：经度,纬度", "lon,lat in degrees") from None
    return jsonify(told(the_plan(), _profile(), origin, minutes[:6], request_language()))


@ROUTES.get("/gates")
@policy("read", "plan")
def gates() -> Response:
    """``?profile=``: shut gates, cut ways and stretches of walls by the households that gain."""
    from app.services.nearby_advice import gate_advice

    return jsonify(gate_advice(the_plan(), _profile(), request_language()))


@ROUTES.get("/network")
@policy("read", "plan")
def network() -> Response:
    """``?profile=``: faults of the walking network with their places, and the pieces cut off."""
    from app.services.nearby_network import network as told

    return jsonify(told(the_plan(), _profile(), request_language()))


@ROUTES.get("/indicators")
@policy("read", "plan")
def indicators() -> Response:
    """``?layer=&place=&profile=``: the complete-community indicators of a community or township."""
    from app.services.nearby_indicators import indicators as told

    layer = request.args.get("layer", "community")
    if layer not in ("community", "township"):
        raise refused("layer", layer, "小区或乡镇", "community or township")
    place = request.args.get("place", "")
    return jsonify(told(the_plan(), _profile(), layer, place, request_language()))


@ROUTES.get("/compare")
@policy("read", "plan")
def compare() -> Response:
    """``?left=&right=&profile=``: two scenarios (empty: the plan) by kind, circle, community, door."""
    from app.services.nearby_compare import compare as compared

    left, right = request.args.get("left", ""), request.args.get("right", "")
    return jsonify(compared(the_plan(), _profile(), left, right, request_language()))


@ROUTES.post("/what-if")
@policy("read", "plan")
def what_if() -> Response:
    """Body ``{profile, changes}``: households gained and lost; nothing is kept."""
    from app.services.nearby_whatif import what_if as asked

    body = json_body(request)
    return jsonify(
        asked(the_plan(), str(body.get("profile", "adult")), _changes(body), request_language())
    )


@ROUTES.post("/site")
@policy("read", "plan")
def site() -> Response:
    """Body: settings of the analysis siting; the best sites with households, cost and gap."""
    from app.services.nearby_siting import site as found

    return jsonify(found(the_plan(), json_body(request), request_language()))


@ROUTES.post("/propose")
@policy("edit", "plan")
def propose() -> tuple[Response, int]:
    """Body as of ``site``, and ``programme``: the sites as proposed items with their cost."""
    from app.services.nearby_siting import propose as proposed

    body = json_body(request)
    return jsonify(proposed(the_plan(), body, request_language(), current_actor())), 201


@ROUTES.post("/keep")
@policy("edit", "plan")
def keep() -> tuple[Response, int]:
    """Body ``{name, changes}``: the changes as a scenario; the answer is its id."""
    from app.services.nearby_whatif import keep as kept

    body = json_body(request)
    name = str(body.get("name") or "")
    return jsonify(kept(the_plan(), name, _changes(body), current_actor())), 201


def _changes(body: dict[str, object]) -> list[dict[str, object]]:
    changes = body.get("changes")
    if not isinstance(changes, list):
        raise refused("changes", "", "请给出改动列表", "give a list of changes")
    return changes
