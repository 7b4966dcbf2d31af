"""Changing rows: forms, edits, checks while typing, history, undo, redo, restore."""

from __future__ import annotations

from typing import Any, Literal

from flask import Blueprint, Response, jsonify, request

from app.errors import Text, UsageError
from app.services.access import require
from app.web.language import request_language
from app.web.opened import the_plan
from app.web.params import json_body
from app.web.policy import current_actor, policy

ROUTES = Blueprint("editing", __name__, url_prefix="/p/<plan>/api")


@ROUTES.get("/form/<layer>")
@policy("read", "{layer}")
def form(layer: str) -> Response:
    """The fields of a layer: label, kind, unit, bounds, options; see ``services.editing``."""
    from app.services.editing import form as fields

    return jsonify(fields(layer, request_language()))


@ROUTES.post("/edit")
@policy("edit", "plan")
def edit() -> Response:
    """Body ``{edits: [{layer, action, id, values, geometry, version}], note}``; all or none.

    The answer lists what became of each; 412 carries both versions of a row that changed.
    ``?scenario=`` puts the changes into a scenario.
    """
    from app.services import editing

    body = json_body(request)
    wishes = body.get("edits")
    if not isinstance(wishes, list) or not all(isinstance(wish, dict) for wish in wishes):
        raise UsageError(
            Text("edits 应为列表", "edits is a list of edits"),
            where="edits",
            fix=Text("请刷新页面", "reload the page"),
        )
    actor = current_actor()
    for wish in wishes:
        require(actor, "edit", str(wish.get("layer", "")))
    applied = editing.edit(the_plan(), wishes, actor, note=str(body.get("note") or ""))
    return _applied(applied)


@ROUTES.post("/check-row")
@policy("edit", "plan")
def check_row() -> Response:
    """What would be wrong with one row if it were saved like this; nothing is written."""
    from app.services import editing

    language = request_language()
    findings = editing.check(the_plan(), json_body(request))
    return jsonify({"findings": [finding.as_json(language) for finding in findings]})


@ROUTES.post("/points")
@policy("read", "plan")
def points() -> Response:
    """Body ``{points: [[x, y], ...], to: "plan" | "degrees"}``; see ``services.coordinates``."""
    from app.services.coordinates import turned

    body = json_body(request)
    asked = body.get("points")
    to: Literal["plan", "degrees"] = "plan" if body.get("to") == "plan" else "degrees"
    found = turned(the_plan(), asked if isinstance(asked, list) else [], to)
    return jsonify({"points": found, "crs": the_plan().store.meta.crs})


@ROUTES.get("/history/<layer>/<row_id>")
@policy("read", "{layer}")
def history(layer: str, row_id: str) -> Response:
    """Every change of a row, newest first."""
    from app.services import editing

    return jsonify({"changes": editing.history(the_plan(), layer, row_id, request_language())})


@ROUTES.post("/restore")
@policy("edit", "plan")
def restore() -> Response:
    """Body ``{layer, id, change_id}``: the row becomes what it was right after that change."""
    from app.services import editing

    body = json_body(request)
    layer, row_id = str(body.get("layer", "")), str(body.get("id", ""))
    actor = current_actor()
    require(actor, "edit", layer)
    change_id = str(body.get("change_id", ""))
    return _applied(editing.restore(the_plan(), layer, row_id, change_id, actor))


@ROUTES.get("/undo")
@policy("read", "plan")
def undo_state() -> Response:
    """How many change sets this actor can take back and bring again."""
    from app.services import editing

    stack = editing.undo_stack(the_plan(), current_actor())
    return jsonify({"undo": len(stack.undo), "redo": len(stack.redo)})


@ROUTES.post("/undo")
@policy("edit", "plan")
def undo() -> Response:
    """Body ``{way: "undo" | "redo"}``: the actor's last change set, across saves.

    Or ``{change_ids: [...]}``: just these changes; undoing an undo is redo.
    """
    from app.services import editing
    from app.services.changes import as_json
    from app.services.changes import undo as undo_changes

    plan, actor, body = the_plan(), current_actor(), json_body(request)
    ids = body.get("change_ids")
    if isinstance(ids, list) and ids:
        return jsonify(as_json(undo_changes(plan, [str(one) for one in ids], actor)))
    way = body.get("way", "undo")
    stack = editing.undo_stack(plan, actor)
    sets = stack.redo if way == "redo" else stack.undo
    if not sets:
        raise UsageError(
            Text("没有可撤销或重做的修改", "there is nothing to take back or bring again"),
            where=str(way),
            fix=Text("先做一处修改", "change something first"),
        )
    return _applied(editing.take_back(plan, sets[-1], actor))


def _applied(applied: Any) -> Response:
    return jsonify(
        {
            "applied": [
                {
                    "layer": item.layer,
                    "id": item.row_id,
                    "action": item.action,
                    "version": item.version,
                    "revision": item.revision,
                    "change_id": item.change_id,
                }
                for item in applied
            ],
            "change_set": applied[0].change_set if applied else "",
        }
    )
