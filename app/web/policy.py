"""The right that each route asks for, declared beside it and asked in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, request, session

from app.errors import Text, UsageError
from app.schema.actor import ROLES, Actor
from app.services import access

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Policy:
    """What a route does and to what; ``{layer}`` in ``obj`` is the route's own argument."""

    action: access.Action
    obj: str


def policy(action: access.Action, obj: str) -> Callable[[View], View]:
    """Declare what the decorated view needs. It stands directly over the function."""

    def declare(view: View) -> View:
        view.policy = Policy(action, obj)  # type: ignore[attr-defined]
        return view

    return declare


def register_policy(app: Flask) -> None:
    """Ask for the right before any view runs; refuse to start while a route has not declared one."""
    static = app.view_functions.get("static")
    if static is not None:
        app.view_functions["static"] = _static_with_policy(static)
    bare = sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if not hasattr(app.view_functions[rule.endpoint], "policy")
    )
    if bare:
        raise RuntimeError(f"routes without a declared policy: {', '.join(bare)}")

    @app.before_request
    def ask() -> None:
        if request.endpoint is None:
            return  # no route: the answer is 404 whoever asks
        needed: Policy = vars(app.view_functions[request.endpoint])["policy"]
        access.require(
            current_actor(), needed.action, needed.obj.format(**(request.view_args or {}))
        )


def _static_with_policy(view: Callable[..., Any]) -> Callable[..., Any]:
    @policy("read", "static")
    def static(**arguments: Any) -> Any:
        return view(**arguments)

    return static


def current_actor() -> Actor:
    """Who asks. In local mode people say who they are and nobody checks it: 未认证."""
    kept = session.get("actor")
    if not isinstance(kept, dict) or kept.get("role") not in ROLES:
        return access.LOCAL_ACTOR
    return Actor(
        name=str(kept.get("name", "")),
        organisation=str(kept.get("organisation", "")),
        role=kept["role"],
    )


def choose_actor(name: object, organisation: object, role: object) -> Actor:
    """Keep in the signed session who this person says to be.

    Raises
    ------
    UsageError
        No name, a name that is too long, or a role that does not exist or is not for people.
    """
    words = [value.strip() if isinstance(value, str) else "" for value in (name, organisation)]
    choices = [item for item in ROLES if item != "worker"]
    if not words[0] or any(len(word) > 60 for word in words) or role not in choices:
        raise UsageError(
            Text("姓名必填，单位可空，各不超过 60 字，角色须在列表中",
                 "a name is needed, an organisation is not, each within 60 characters; "
                 "the role must be one of the list"),
            where="actor",
            fix=Text("角色：" + "、".join(choices), "roles: " + ", ".join(choices)),
        )  # fmt: skip
    session["actor"] = {"name": words[0], "organisation": words[1], "role": role}
    session.permanent = True
    return current_actor()
