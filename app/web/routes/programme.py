"""The desk of the programme: proposals and decisions, consent, money, phases, checks, best set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from app.web.language import request_language
from app.web.opened import the_plan
from app.web.params import json_body, refused
from app.web.policy import current_actor, policy

if TYPE_CHECKING:
    import pandas as pd

ROUTES = Blueprint("programme", __name__, url_prefix="/p/<plan>/api/programme")


def _asked() -> tuple[str | None, str, str]:
    """Programme, township and community of the question."""
    args = request.args
    return args.get("programme") or None, args.get("township", ""), args.get("community", "")


def _ids() -> pd.Index:
    import pandas as pd

    from app.services.programme_desk import places_of

    programme, township, community = _asked()
    places = places_of(the_plan(), programme, township=township, community=community)
    ids: pd.Index = pd.Index(places["community_id"])
    return ids


@ROUTES.get("")
@policy("read", "plan")
def overview() -> Response:
    """``?programme=&township=&community=``: scope, consent, money, phases, checks and best set."""
    from app.services.programme_desk import overview as told

    programme, township, community = _asked()
    return jsonify(
        told(the_plan(), programme, request_language(), township=township, community=community)
    )


@ROUTES.get("/proposals")
@policy("read", "plan")
def proposals() -> Response:
    """``?item=``: what the scope rules say of one item, and what was decided."""
    from app.services.proposals import proposals as told

    return jsonify(told(the_plan(), _ids(), request.args.get("item", ""), request_language()))


@ROUTES.post("/decide")
@policy("edit", "community_item")
def decide() -> tuple[Response, int]:
    """Body ``{proposal, decision, quantity, reason, programme}``: makes or changes the scope item."""
    from app.services.proposals import decide as decided

    body = json_body(request)
    quantity = body.get("quantity")
    if quantity is not None and not isinstance(quantity, int | float):
        raise refused("quantity", str(quantity), "请填写数字", "give a number")
    item = decided(
        the_plan(), str(body.get("proposal", "")), str(body.get("decision", "")), current_actor(),
        quantity=None if quantity is None else float(quantity), reason=str(body.get("reason") or ""),
        programme=str(body["programme"]) if body.get("programme") else None,
    )  # fmt: skip
    return jsonify({"community_item_id": item}), 201


@ROUTES.get("/votes")
@policy("read", "plan")
def votes() -> Response:
    """Consent of each item and voting body."""
    from app.services.programme_desk import votes as told

    return jsonify({"rows": told(the_plan(), _ids(), request_language())})


@ROUTES.get("/findings")
@policy("read", "plan")
def findings() -> Response:
    """``?rule=``: the findings of one check."""
    from app.services.programme_desk import findings as told

    _, township, community = _asked()
    rows = told(
        the_plan(), _ids(), request.args.get("rule", ""), request_language(),
        everywhere=not township and not community,
    )  # fmt: skip
    return jsonify({"rows": rows})


@ROUTES.get("/choices")
@policy("read", "plan")
def choices() -> Response:
    """Items of the best set and those left out, each with why."""
    from app.services.programme_desk import choices as told

    return jsonify({"rows": told(the_plan(), _ids(), request_language())})


@ROUTES.get("/reconcile")
@policy("read", "plan")
def reconcile() -> Response:
    """The totals of the document beside those of the layers, and what the text leaves open."""
    from app.services.reconcile import reconcile as told

    programme, _, _ = _asked()
    return jsonify(told(the_plan(), programme, request_language()))
