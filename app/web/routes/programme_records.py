"""What people record of the programme: survey, application, opinions, phases, schemes, papers."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request, send_file

from app.web.language import request_language
from app.web.opened import the_plan
from app.web.params import json_body, refused
from app.web.policy import current_actor, policy

if TYPE_CHECKING:
    import pandas as pd

ROUTES = Blueprint("programme_records", __name__, url_prefix="/p/<plan>/api/programme")


def asked_rows() -> pd.DataFrame:
    """Communities that the address asks about; with ``everywhere=1`` outside the programme too."""
    from app.services.programme_desk import places_of

    args = request.args
    plan = the_plan()
    place = {"township": args.get("township", ""), "community": args.get("community", "")}
    if args.get("everywhere") != "1":
        return places_of(plan, args.get("programme") or None, **place)
    rows = plan.table("community")
    for name, value in place.items():
        rows = rows[rows[f"{name}_id"] == value] if value else rows
    return rows.sort_values("community_id")


@ROUTES.get("/survey")
@policy("read", "plan")
def survey() -> Response:
    """``?programme=&township=&community=&everywhere=1``: the five fields and what they lack."""
    from app.services.survey import survey as told

    return jsonify(told(the_plan(), asked_rows(), request_language()))


@ROUTES.get("/survey.xlsx")
@policy("export", "plan")
def survey_form() -> Response:
    """The workbook of ``jiugai export survey``; it comes back through ``/api/gaps``."""
    from app.services.survey import export_survey

    plan, args = the_plan(), request.args
    with tempfile.TemporaryDirectory(prefix="jiugai-survey-") as folder:
        path = Path(folder) / f"{plan.store.meta.plan_id}-survey.xlsx"
        export_survey(
            plan,
            path,
            actor=current_actor(),
            township=args.get("township") or None,
            programme=args.get("programme") or None,
            everywhere=args.get("everywhere") == "1",
            language=request_language(),
        )
        content = io.BytesIO(path.read_bytes())
    response = send_file(content, as_attachment=True, download_name=path.name, max_age=0)
    response.headers["Cache-Control"] = "no-store"
    return response


# --- application, opinions, criteria -----------------------------------------------------------------------
@ROUTES.get("/selection")
@policy("read", "plan")
def selection() -> Response:
    """Steps, score with its terms and what stands in the way, for each community."""
    from app.services.selection import selection as told

    return jsonify(
        told(the_plan(), request.args.get("programme") or None, asked_rows(), request_language())
    )


@ROUTES.post("/step")
@policy("edit", "programme_member")
def step() -> Response:
    """Body ``{community, step, on, paper, reason, programme}``; 422 lists what stands in the way."""
    from app.services.application import take_step

    body = _texts("community", "step", "on", "paper", "reason", "programme")
    take_step(
        the_plan(), body["community"], body["step"], body["on"], current_actor(),
        programme=body["programme"] or None, paper=body["paper"], reason=body["reason"],
        language=request_language(),
    )  # fmt: skip
    return jsonify({"community": body["community"]})


@ROUTES.post("/opinion")
@policy("edit", "opinion")
def opinion() -> Response:
    """Body ``{community, organisation, opinion, asked_on, answered_on, note, programme}``."""
    from app.services.application import give_opinion

    names = ("opinion", "asked_on", "answered_on", "note")
    body = _texts("community", "organisation", "programme", *names)
    made = give_opinion(
        the_plan(), body["community"], body["organisation"], current_actor(),
        programme=body["programme"] or None, **{name: body[name] for name in names},
    )  # fmt: skip
    return jsonify({"opinion_id": made})


@ROUTES.post("/criteria")
@policy("edit", "programme_member")
def criteria() -> Response:
    """Body ``{community, scores: {code: 0–100 or null}, programme}``."""
    from app.services.application import set_criteria

    body = json_body(request)
    given = body.get("scores")
    if not isinstance(given, dict):
        raise refused("scores", str(given)[:40], "请发送分数", "send the scores by criterion")
    programme = str(body.get("programme") or "") or None
    set_criteria(
        the_plan(), str(body.get("community") or ""), given, current_actor(), programme=programme
    )
    return jsonify({"community": body.get("community")})


def _texts(*names: str) -> dict[str, str]:
    """These fields of the body as texts, empty where they are absent."""
    body = json_body(request)
    return {name: str(body.get(name) or "") for name in names}


# --- phases ------------------------------------------------------------------------------------------------
@ROUTES.get("/schedule")
@policy("read", "plan")
def schedule() -> Response:
    """The six phases of each community with their dates, and the gates between them."""
    from app.services.phases import schedule as told

    return jsonify(
        told(the_plan(), request.args.get("programme") or None, asked_rows(), request_language())
    )


@ROUTES.post("/phase")
@policy("edit", "phase")
def phase() -> Response:
    """Body ``{phase, started_on, done_on, note}``; 422 lists the gates that are not passed."""
    from app.services.phases import record_phase

    body = json_body(request)
    dates = {
        name: str(body[name] or "") if name in body else None for name in ("started_on", "done_on")
    }
    row = str(body.get("phase") or "")
    record_phase(the_plan(), row, current_actor(), note=str(body.get("note") or ""), **dates)
    return jsonify({"phase_id": row})


# --- schemes, comparison, shared trenches --------------------------------------------------------------------
@ROUTES.get("/schemes")
@policy("read", "scheme")
def schemes() -> Response:
    """Of one community its versions and ``?left=&right=`` compared; of several how many they have."""
    from app.services.schemes import overview

    args = request.args
    told = overview(
        the_plan(), args.get("programme") or None, asked_rows(), request_language(),
        alone=bool(args.get("community")), left=args.get("left", ""), right=args.get("right", ""),
    )  # fmt: skip
    return jsonify(told)


@ROUTES.post("/scheme")
@policy("edit", "scheme")
def scheme() -> tuple[Response, int]:
    """Body ``{community, title, programme}``: keeps the items as they are as the next version."""
    from app.services.schemes import fix

    body = _texts("community", "title", "programme")
    made = fix(
        the_plan(), body["community"], current_actor(), title=body["title"],
        programme=body["programme"] or None,
    )  # fmt: skip
    return jsonify({"scheme_id": made}), 201


@ROUTES.post("/adopt")
@policy("edit", "scheme")
def adopt() -> Response:
    """Body ``{scheme, on}``."""
    from app.services.schemes import adopt as adopted

    body = _texts("scheme", "on")
    adopted(the_plan(), body["scheme"], body["on"], current_actor())
    return jsonify({"scheme_id": body["scheme"]})


@ROUTES.get("/compare")
@policy("read", "plan")
def compare() -> Response:
    """Communities on one scale, each measure with its part and whole."""
    from app.services.side_by_side import side_by_side

    told = side_by_side(
        the_plan(), request.args.get("programme") or None, asked_rows(), request_language()
    )
    return jsonify(told)


@ROUTES.get("/trenches")
@policy("read", "corridor")
def trenches() -> Response:
    """Who pays what of each shared trench, by length times depth."""
    import pandas as pd

    from app.services.trench_shares import trench_shares

    ids: pd.Index = pd.Index(asked_rows()["community_id"])
    return jsonify(trench_shares(the_plan(), ids, request_language()))
