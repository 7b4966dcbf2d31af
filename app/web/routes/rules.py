"""Figures of rules that a planner changes in the plan's name, and takes back."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request

from app.web.opened import the_plan
from app.web.params import json_body
from app.web.policy import current_actor, policy

ROUTES = Blueprint("rules", __name__, url_prefix="/p/<plan>/api/rules")


@ROUTES.post("/override")
@policy("override", "rules")
def override() -> Response:
    """Body ``{table, rule_id, column, value, reason}``; author and date are the actor's."""
    from app.services.changes import as_json
    from app.services.rule_overrides import override_figure

    body = {name: str(value) for name, value in json_body(request).items()}
    applied = override_figure(
        the_plan(),
        current_app.config["SETTINGS"].standards,
        table=body.get("table", ""),
        rule_id=body.get("rule_id", ""),
        column=body.get("column", ""),
        value=body.get("value", ""),
        reason=body.get("reason", ""),
        actor=current_actor(),
    )
    return jsonify(as_json(applied))


@ROUTES.post("/withdraw")
@policy("override", "rules")
def withdraw() -> Response:
    """Body ``{override_id}``: the figure before the last change holds again."""
    from app.services.changes import as_json
    from app.services.rule_overrides import withdraw as take_back

    name = str(json_body(request).get("override_id") or "")
    return jsonify(as_json(take_back(the_plan(), name, current_actor())))
