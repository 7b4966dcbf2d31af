"""The pages that people open: the map and the rules; and whether the server is ready.

Templates: one per page (``shell.html`` is the map), each gets ``plan_id``, ``lang``, ``version`` and
Flask-WTF's ``csrf_token()``. Every non-GET request sends that token as ``X-CSRFToken``.
"""

from __future__ import annotations

from flask import (
    Blueprint,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response

from app import __version__
from app.web.language import request_language
from app.web.opened import the_plan
from app.web.policy import policy

ROUTES = Blueprint("pages", __name__)


@ROUTES.get("/")
@policy("read", "plan")
def first() -> Response:
    """To the map of the first plan, with what the address asked for (language, place, theme)."""
    asked = {**request.args.to_dict(flat=False), "plan": current_app.config["SHELF"].first_id()}
    return redirect(url_for("pages.shell", **asked))


@ROUTES.get("/healthz")
@policy("read", "health")
def health() -> Response:
    """That the server answers, before any plan is opened."""
    return jsonify({"ok": True, "version": __version__})


@ROUTES.get("/p/<plan>/")
@policy("read", "plan")
def shell() -> str:
    """The map."""
    return _page("shell.html")


@ROUTES.get("/p/<plan>/rules")
@policy("read", "rules")
def rules() -> str:
    """Every rule with clause, edition, confidence and source."""
    return _page("rules.html")


@ROUTES.get("/p/<plan>/runs")
@policy("read", "plan")
def runs() -> str:
    """Every analysis with the age of its result, and the jobs."""
    return _page("runs.html")


@ROUTES.get("/p/<plan>/readiness")
@policy("read", "plan")
def readiness() -> str:
    """What each analysis lacks, and the workbook of gaps."""
    return _page("readiness.html")


@ROUTES.get("/p/<plan>/upload")
@policy("import", "plan")
def upload() -> str:
    """A delivered file into the plan: look first, then confirm."""
    return _page("upload.html")


@ROUTES.get("/p/<plan>/conflict-report")
@policy("read", "conflict")
def conflict_report() -> str:
    """Conflicts on paper: the filters of ``api/conflicts`` and ``most``, with sections and profiles."""
    return _page("conflict_report.html")


def _page(template: str) -> str:
    the_plan()
    return render_template(
        template, plan_id=g.plan_id, lang=request_language(), version=__version__
    )
