"""Why this number, and what the rules say of one place."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, request

from app.errors import Text, UsageError
from app.services.access import require
from app.web.language import request_language
from app.web.opened import the_plan
from app.web.params import json_object
from app.web.policy import current_actor, policy

ROUTES = Blueprint("why", __name__, url_prefix="/p/<plan>/api")


@ROUTES.get("/why")
@policy("read", "plan")
def why() -> Response:
    """What stands behind a figure; see ``services.why``.

    ``?figure=&programme=&at_township=&at_community=`` and the filters of the summary: a total.
    ``?layer=&id=&rule=``: a verdict. ``?analysis=&count=``: a count of a run.
    ``?layer=&sum=&filter=``: a sum under a table. ``?package=&of=``: a figure of a dig-once package.
    """
    from app.services import dig_packages as digs
    from app.services import why as behind
    from app.services import why_results as found

    plan, asked, language = the_plan(), request.args, request_language()
    if figure := asked.get("figure"):
        from app.web.routes.plan import selection_of_request

        scope = behind.Scope(
            asked.get("programme") or None,
            asked.get("at_township") or None,
            asked.get("at_community") or None,
            selection_of_request(),
        )
        return jsonify(behind.why_total(plan, figure, scope, language=language))
    standards = current_app.config["SETTINGS"].standards
    if package := asked.get("package"):
        figure = asked.get("of", "")
        return jsonify(digs.why_package(plan, package, figure, standards, language=language))
    if analysis := asked.get("analysis"):
        return jsonify(found.why_count(plan, analysis, asked.get("count", ""), language=language))
    layer = _layer(asked.get("layer", ""))
    if column := asked.get("sum"):
        filters = json_object(asked, "filter")
        return jsonify(found.why_sum(plan, layer, column, filters, language=language))
    return jsonify(
        found.why_verdict(
            plan,
            layer,
            asked.get("id", ""),
            asked.get("rule", ""),
            standards,
            language=language,
        )
    )


def _layer(name: str) -> str:
    """A layer that the actor may read.

    Raises
    ------
    UsageError
        The address asks for nothing that can be explained.
    """
    from app.services.plans import known_layer

    if not name:
        raise UsageError(
            Text("没有说明要解释哪个数", "no figure is named"),
            where="figure",
            fix=Text("从页面上的“依据”打开", "open it from the page"),
        )
    require(current_actor(), "read", known_layer(name))
    return name


@ROUTES.get("/verdicts/<layer>/<row_id>")
@policy("read", "{layer}")
def verdicts(layer: str, row_id: str) -> Response:
    """The verdict lines of a community or building with state and evidence."""
    from app.services.plans import known_layer
    from app.services.verdicts import verdicts as told

    standards = current_app.config["SETTINGS"].standards
    return jsonify(
        told(the_plan(), known_layer(layer), row_id, standards, language=request_language())
    )
