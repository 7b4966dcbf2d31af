"""The plan as a whole: what it is, what it amounts to, what can be found in it."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from flask import Blueprint, current_app, jsonify, request
from werkzeug.wrappers import Response

from app.web.language import request_language
from app.web.opened import revisioned, the_plan
from app.web.params import several, whole_number
from app.web.policy import current_actor, policy

if TYPE_CHECKING:
    from app.analysis.totals import Selection

ROUTES = Blueprint("plan", __name__, url_prefix="/p/<plan>/api")


@ROUTES.get("/meta")
@policy("read", "plan")
def meta() -> Response:
    """Labels, domains, styles, counts and revisions of the layers; see ``services.meta``."""
    from app.services.meta import meta as describe
    from app.services.rule_overrides import told
    from app.services.rules import service_kinds

    standards = current_app.config["SETTINGS"].standards
    answer = describe(the_plan(), current_actor(), language=request_language())
    answer["service_kinds"] = service_kinds(standards)
    answer["adjusted"] = told(the_plan(), standards, request_language())
    return jsonify(answer)


@ROUTES.get("/summary")
@policy("read", "plan")
def summary() -> Response:
    """Live totals; filters are comma separated, ``unknown`` is a value; see ``services.summary``.

    ``programme, township, category, stage, owner_kind, source, year_from, year_to`` and
    ``unknown_year=0`` to leave out buildings of unknown year when years are given.
    """
    from app.services.summary import INPUT_LAYERS
    from app.services.summary import summary as live

    plan, language = the_plan(), request_language()
    selection = selection_of_request()
    return revisioned(
        plan,
        (*INPUT_LAYERS, "analysis_run", "reply", "rule_override", "organisation"),
        lambda: jsonify(
            live(
                plan,
                programme=request.args.get("programme"),
                selection=selection,
                language=language,
            )
        ),
        also=f"{language} {datetime.date.today()}",
    )


def selection_of_request() -> Selection:
    """The filters in the address."""
    from app.analysis.totals import Selection

    arguments = request.args
    return Selection(
        townships=several(arguments, "township"),
        categories=several(arguments, "category"),
        stages=several(arguments, "stage"),
        owner_kinds=several(arguments, "owner_kind"),
        sources=several(arguments, "source"),
        year_from=whole_number(arguments, "year_from", low=1000, high=9999),
        year_to=whole_number(arguments, "year_to", low=1000, high=9999),
        with_unknown_year=arguments.get("unknown_year", "1") != "0",
    )


@ROUTES.get("/search")
@policy("read", "plan")
def search() -> Response:
    """``?q=&limit=``: Chinese, pinyin, initials or code; see ``services.search``."""
    from app.services.search import search as find

    limit = whole_number(request.args, "limit", low=1, high=100, default=20) or 20
    found = find(the_plan(), request.args.get("q", ""), limit=limit)
    return jsonify(found)


@ROUTES.get("/rules")
@policy("read", "rules")
def rules() -> Response:
    """Every rule of every table with clause, edition, confidence, source and overrides."""
    from app.services.rules import rules as listed

    settings = current_app.config["SETTINGS"]
    return jsonify(listed(the_plan(), settings.standards, language=request_language()))


@ROUTES.get("/info")
@policy("read", "plan")
def info() -> Response:
    """The object of ``jiugai info --json``."""
    from app.services.info import info as describe

    settings = current_app.config["SETTINGS"]
    return jsonify(describe(the_plan(), standards=settings.standards, language=request_language()))
