"""The plan of the request, and answers that are sent again only when their rows changed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from flask import Response, current_app, g, make_response, request

from app import __version__
from app.services.plans import OpenPlan, Shelf
from app.web.policy import current_actor


def the_plan() -> OpenPlan:
    """The plan named in the address, as who asks may see it, through the scenario of ``?scenario=``.

    Raises
    ------
    NotFoundError
        This server offers no such plan, or the plan has no such open scenario.
    """
    shelf: Shelf = current_app.config["SHELF"]
    plan = shelf.get(g.plan_id).seen_by(current_actor())
    return plan.through(request.args.get("scenario", ""))


def revisioned(
    plan: OpenPlan, layers: Sequence[str], make: Callable[[], Response], *, also: str = ""
) -> Response:
    """The answer of ``make``, or 304 when the browser holds it for these revisions.

    ``also`` names what else the answer depends on: language, actor.
    """
    basis = "|".join(
        (
            __version__,
            plan.store.meta.plan_id,
            plan.revision_of(layers),
            request.full_path,
            also,
            current_actor().role,
        )
    )
    tag = hashlib.sha256(basis.encode()).hexdigest()[:24]
    known = request.if_none_match.contains_weak(tag)
    response = make_response("", 304) if known else make()
    response.set_etag(tag, weak=True)
    return response


def accepts_gzip() -> bool:
    return request.accept_encodings.quality("gzip") > 0
