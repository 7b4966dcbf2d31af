"""Runs, jobs and scenarios of a plan."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.web.language import request_language
from app.web.opened import the_plan
from app.web.params import json_body
from app.web.policy import current_actor, policy

ROUTES = Blueprint("work", __name__, url_prefix="/p/<plan>/api")


# --- runs and jobs ---
@ROUTES.get("/runs")
@policy("read", "plan")
def runs() -> Response:
    """Every analysis with state, reason, counts and the fields of its run form."""
    from app.services.run_forms import analyses_json

    return jsonify({"analyses": analyses_json(the_plan(), request_language())})


@ROUTES.post("/runs")
@policy("run", "plan")
def ask_for_run() -> tuple[Response, int]:
    """Body ``{analysis, settings}``: queue a run; 202 with the job. Twice is once."""
    from app.services.job_kinds import ask_for_run as ask
    from app.services.job_kinds import job_json

    body = json_body(request)
    settings = body.get("settings")
    job = ask(
        the_plan(),
        str(body.get("analysis", "")),
        settings if isinstance(settings, dict) else {},
        current_actor(),
    )
    return jsonify(job_json(job, request_language())), 202


@ROUTES.get("/jobs")
@policy("read", "plan")
def jobs() -> Response:
    """The latest jobs, newest first, with progress, what is being done and time left."""
    from app.services.job_kinds import job_json
    from app.store.jobs import JobTable

    language, table = request_language(), JobTable(the_plan().store.folder)
    return jsonify({"jobs": [job_json(job, language) for job in table.jobs()]})


@ROUTES.post("/jobs/<job_id>/cancel")
@policy("run", "plan")
def cancel(job_id: str) -> Response:
    """Cancel a waiting job, or ask a running one to stop at its next step."""
    from app.services.job_kinds import job_json
    from app.store.jobs import JobTable

    job = JobTable(the_plan().store.folder).cancel(job_id)
    return jsonify(job_json(job, request_language()))


# --- scenarios ---
@ROUTES.get("/scenarios")
@policy("read", "plan")
def scenarios() -> Response:
    """Every scenario: name, state, who, when, number of changes."""
    from app.services.scenario_views import listed

    return jsonify({"scenarios": listed(the_plan())})


@ROUTES.post("/scenarios")
@policy("edit", "plan")
def create() -> tuple[Response, int]:
    """Body ``{name, note}``: start an empty scenario; the answer is its id."""
    from app.services.scenario_views import start

    body = json_body(request)
    name, note = str(body.get("name") or ""), str(body.get("note") or "")
    return jsonify({"id": start(the_plan(), name, note, current_actor())}), 201


@ROUTES.get("/scenarios/<scenario_id>/changes")
@policy("read", "plan")
def changes(scenario_id: str) -> Response:
    """What the scenario changes, row by row, with clashes marked."""
    from app.services.scenario_views import changes as listed

    return jsonify({"changes": listed(the_plan(), scenario_id, request_language())})


@ROUTES.post("/scenarios/<scenario_id>/merge")
@policy("edit", "plan")
def merge(scenario_id: str) -> Response:
    """Write the scenario into the plan and close it; 412 where the plan changed under it."""
    from app.services.scenario_views import merge as into_the_plan

    return jsonify({"merged": len(into_the_plan(the_plan(), scenario_id, current_actor()))})


@ROUTES.post("/scenarios/<scenario_id>/drop")
@policy("edit", "plan")
def drop(scenario_id: str) -> Response:
    """Close the scenario without merging it."""
    the_plan().store.drop_scenario(scenario_id, current_actor())
    return jsonify({"dropped": scenario_id})


@ROUTES.post("/scenarios/<scenario_id>/reopen")
@policy("edit", "plan")
def reopen(scenario_id: str) -> Response:
    """Take the merging or dropping of the scenario back; 412 where its rows were edited since."""
    from app.services.scenario_views import reopen as open_again

    return jsonify({"reopened": len(open_again(the_plan(), scenario_id, current_actor()))})


@ROUTES.get("/compare")
@policy("read", "plan")
def compare() -> Response:
    """``?left=&right=&programme=``: totals, results and rows of two scenarios; '' is the plan."""
    from app.services.scenario_views import compared

    left, right = request.args.get("left", ""), request.args.get("right", "")
    programme = request.args.get("programme", "")
    return jsonify(compared(the_plan(), left, right, request_language(), programme=programme))
