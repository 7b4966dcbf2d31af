"""Water on the map: the rain slider, the last run over time, one point's curve."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.web.language import request_language
from app.web.opened import the_plan
from app.web.params import json_body, refused, whole_number
from app.web.policy import current_actor, policy

ROUTES = Blueprint("storm", __name__, url_prefix="/p/<plan>/api/storm")


def _number(name: str) -> float:
    text = request.args.get(name, "")
    try:
        return float(text)
    except ValueError:
        raise refused(name, text, "请用数字", "use a number") from None


@ROUTES.get("")
@policy("read", "plan")
def overview() -> Response:
    """Rain by return period, the colours of depth, and the last run with its notes and times."""
    from app.services.storm import storm_overview

    return jsonify(storm_overview(the_plan(), request_language()))


@ROUTES.get("/pour")
@policy("read", "plan")
def pour() -> Response:
    """``?mm=``: where a rain of so many millimetres stands, as a picture with its balance."""
    from app.services.storm import poured

    return jsonify(poured(the_plan(), _number("mm")))


@ROUTES.get("/frame")
@policy("read", "plan")
def frame() -> Response:
    """``?minute=``: the depth of the last run then, as a picture; without it the greatest depth."""
    from app.services.storm import frame_picture

    return jsonify(frame_picture(the_plan(), whole_number(request.args, "minute", low=0, high=100_000)))  # fmt: skip


@ROUTES.get("/point")
@policy("read", "plan")
def point() -> Response:
    """``?lon=&lat=``: depth over time there in the last run."""
    from app.services.storm import curve_at

    return jsonify(curve_at(the_plan(), _number("lon"), _number("lat")))


@ROUTES.get("/exposure")
@policy("read", "plan")
def exposure() -> Response:
    """Households and things in the zones by community; null where exposure was not run."""
    from app.services.storm import exposure_told

    return jsonify(exposure_told(the_plan(), request_language()))


@ROUTES.get("/ground")
@policy("read", "plan")
def ground() -> Response:
    """What was changed in the terrain: a picture by reason, the reasons with their areas, the report."""
    from app.services.storm_ground import ground_told

    return jsonify(ground_told(the_plan(), request_language()))


# --- measures: before and after ---
@ROUTES.get("/measures")
@policy("read", "plan")
def measures() -> Response:
    """What can be drawn, what is drawn in the scenario, what it changes, and where money misses risk."""
    from app.services.storm_compare import compared, money_and_risk
    from app.services.storm_measures import kinds_told, measures_told

    plan, language = the_plan(), request_language()
    return jsonify({
        "kinds": kinds_told(plan, language), "measures": measures_told(plan, language),
        "compare": compared(plan, language), "money": money_and_risk(plan),
    })  # fmt: skip


@ROUTES.post("/measures")
@policy("edit", "plan")
def add_measure() -> tuple[Response, int]:
    """Body ``{kind, geometry, ...}``: one measure into the scenario; 201 with its id."""
    from app.services.storm_measures import add_measure as add

    return jsonify(add(the_plan(), json_body(request), current_actor())), 201


@ROUTES.post("/both")
@policy("run", "plan")
def both() -> tuple[Response, int]:
    """Body ``{settings}``: queue storm and exposure for the plan and the scenario; 202 with the job."""
    from app.services.job_kinds import job_json
    from app.services.storm_measures import ask_for_both

    settings = json_body(request).get("settings")
    job = ask_for_both(the_plan(), settings if isinstance(settings, dict) else {}, current_actor())
    return jsonify(job_json(job, request_language())), 202


@ROUTES.get("/difference")
@policy("read", "plan")
def difference() -> Response:
    """Depth of the scenario less depth of the plan, as a picture."""
    from app.services.storm_compare import difference_picture

    return jsonify(difference_picture(the_plan()))


@ROUTES.get("/drains")
@policy("read", "pipe")
def drains() -> Response:
    """``?of=drainage|storm``: the last run of the drains alone, or coupled with the surface.

    Its balance, pipes and manholes by verdict, the worst of them.
    """
    from app.services.storm_drains import drains_told

    return jsonify(drains_told(the_plan(), request_language(), _of()))


@ROUTES.get("/drains/profile")
@policy("read", "pipe")
def drain_line() -> Response:
    """``?pipe=&of=``: ground, pipes and highest levels along the water's way through a pipe."""
    from app.services.storm_drains import drain_profile

    return jsonify(drain_profile(the_plan(), request.args.get("pipe", ""), _of()))


@ROUTES.get("/drains/facts")
@policy("read", "pipe")
def drain_facts() -> Response:
    """``?layer=&id=&of=``: the evidence of one row in words."""
    from app.services.storm_drains import drain_facts as facts

    layer, row_id = (request.args.get(name, "") for name in ("layer", "id"))
    return jsonify(facts(the_plan(), _of(), layer, row_id, request_language()))


def _of() -> str:
    return request.args.get("of", "drainage")


# --- wider pipes ---
@ROUTES.get("/upsizing")
@policy("read", "pipe")
def upsizing() -> Response:
    """The last comparison of wider pipes: all together, and each by its rank."""
    from app.services.storm_upsizing import upsizing_told

    return jsonify(upsizing_told(the_plan(), request_language()))


@ROUTES.post("/upsizing")
@policy("edit", "plan")
def upsize() -> tuple[Response, int]:
    """Body ``{pipes, name}``: a new scenario with these pipes wider; 201 with its id."""
    from app.services.storm_upsizing import to_scenario

    body = json_body(request)
    pipes = body.get("pipes")
    chosen = [str(pipe) for pipe in pipes] if isinstance(pipes, list) else []
    made = to_scenario(the_plan(), chosen, str(body.get("name", "")), current_actor())
    return jsonify(made), 201
