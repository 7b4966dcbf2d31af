"""Who acts in this browser: chosen in local mode, checked by nobody, marked 未认证."""

from __future__ import annotations

from flask import Blueprint, jsonify, request
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from app.schema.actor import ROLES
from app.services.meta import actor_facts
from app.web.params import json_body
from app.web.policy import choose_actor, current_actor, policy

ROUTES = Blueprint("session", __name__)


@ROUTES.get("/api/actor")
@policy("read", "actor")
def actor() -> Response:
    """``{name, organisation, role, authenticated, roles, csrf}``."""
    return jsonify(
        {
            **actor_facts(current_actor()),
            "roles": [role for role in ROLES if role != "worker"],
            "csrf": generate_csrf(),
        }
    )


@ROUTES.post("/api/actor")
@policy("read", "actor")
def choose() -> Response:
    """Body ``{name, organisation, role}``; the answer is the actor from now on."""
    body = json_body(request)
    chosen = choose_actor(body.get("name"), body.get("organisation"), body.get("role"))
    return jsonify(actor_facts(chosen))
