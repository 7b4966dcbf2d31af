"""Pipes under the map: conflicts, profiles, sections, and the check of a drafted alignment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, jsonify, request

from app.web.language import request_language
from app.web.opened import the_plan
from app.web.params import json_body, refused, several, whole_number
from app.web.policy import current_actor, policy

if TYPE_CHECKING:
    from app.services.pipe_conflicts import ConflictFilter

ROUTES = Blueprint("pipes", __name__, url_prefix="/p/<plan>/api")


@ROUTES.get("/profile")
@policy("read", "pipe")
def profile() -> Response:
    """``?pipe=``: ground, axis and every crossing pipe along it; see ``services.profiles``."""
    from app.services.profiles import pipe_profile

    return jsonify(pipe_profile(the_plan(), request.args.get("pipe", "")))


@ROUTES.get("/section")
@policy("read", "pipe")
def section() -> Response:
    """``?line=lon,lat;lon,lat``: every pipe the line cuts; one point cuts across the nearest."""
    from app.services.profiles import section as cut

    return jsonify(cut(the_plan(), _points(request.args.get("line", ""))))


@ROUTES.post("/live-check")
@policy("read", "pipe")
def live_check() -> Response:
    """Body ``{geometry, attributes, replaces, settings}``: the draft's conflicts; nothing is kept."""
    from app.services.live_check import live_check as check

    return jsonify(check(the_plan(), json_body(request)))


@ROUTES.post("/design-help")
@policy("read", "pipe")
def design_help() -> Response:
    """Body of the live check, and ``limits``: the cheapest way that clears all rules, as a draft."""
    from app.services.design_help import design_help as help_with

    return jsonify(help_with(the_plan(), json_body(request)))


@ROUTES.get("/conflicts")
@policy("read", "conflict")
def conflicts() -> Response:
    """The list of conflicts: ``?verdict=&check=&severity=&owner=&pipe_class=&township=&community=&pipe=``.

    Comma separated; see ``services.pipe_conflicts``.
    """
    from app.services.pipe_conflicts import conflict_list

    plan, language, actor = the_plan(), request_language(), current_actor()
    return jsonify(conflict_list(plan, conflict_filter(), actor, language=language))


def conflict_filter() -> ConflictFilter:
    """The filter that the address asks for."""
    from app.services.pipe_conflicts import ConflictFilter

    names = ConflictFilter.__dataclass_fields__
    return ConflictFilter.of({name: several(request.args, name, most=500) for name in names})


@ROUTES.get("/conflict-strip")
@policy("read", "conflict")
def strip() -> Response:
    """``?township=&community=``: counts by verdict and class; see ``services.conflict_strip``."""
    from app.services.conflict_strip import conflict_strip

    township, community = (request.args.get(name, "") for name in ("township", "community"))
    return jsonify(
        conflict_strip(
            the_plan(), township=township, community=community, language=request_language()
        )
    )


@ROUTES.get("/conflict/<conflict_id>")
@policy("read", "conflict")
def conflict(conflict_id: str) -> Response:
    """One conflict: sides, rule, who yields, answers, section; see ``services.conflict_detail``."""
    from app.services.conflict_detail import conflict_detail

    standards = current_app.config["SETTINGS"].standards
    return jsonify(
        conflict_detail(
            the_plan(), conflict_id, standards, current_actor(), language=request_language()
        )
    )


@ROUTES.post("/conflict/<conflict_id>/reply")
@policy("edit", "conflict")
def reply(conflict_id: str) -> Response:
    """Body ``{organisation_id, answer, note}``: one side's answer; undone like any edit."""
    from app.services.changes import as_json
    from app.services.replies import answer

    body = json_body(request)
    side = str(body.get("organisation_id") or "")
    return jsonify(as_json(answer(the_plan(), conflict_id, side, body, current_actor())))


@ROUTES.get("/conflict-stamp")
@policy("read", "conflict")
def conflict_stamp() -> Response:
    """What a report of conflicts carries: ``{title, secrecy, lines}``."""
    from app.services.stamps import stamp

    stamped = stamp(the_plan(), ["pipe"], current_actor())
    title = {"zh": stamped.title.zh, "en": stamped.title.en}
    lines = stamped.lines(request_language())
    return jsonify({"title": title, "secrecy": stamped.secrecy, "lines": lines})


@ROUTES.get("/conflict-report")
@policy("read", "conflict")
def report() -> Response:
    """Filters of ``conflicts`` and ``most``: rows for paper; see ``services.conflict_report``.

    One owner makes it that party's paper, in which others have references and no ids.
    """
    from app.services.conflict_report import report_list

    most = whole_number(request.args, "most", low=1, high=500, default=30) or 30
    told = report_list(
        the_plan(), conflict_filter(), current_actor(), most=most, language=request_language()
    )
    return jsonify(told)


@ROUTES.get("/conflict-report/items")
@policy("read", "conflict")
def report_items() -> Response:
    """Filters of ``conflicts``, ``first`` and ``most`` (at most 20): rows with rule and section."""
    from app.services.conflict_report import report_items as items

    first = whole_number(request.args, "first", low=0, high=10_000, default=0) or 0
    most = whole_number(request.args, "most", low=1, high=20, default=5) or 5
    told = items(
        the_plan(), conflict_filter(), current_app.config["SETTINGS"].standards, current_actor(),
        first=first, most=most, language=request_language(),
    )  # fmt: skip
    return jsonify(told)


@ROUTES.get("/conflict-report/profile")
@policy("read", "conflict")
def report_profile() -> Response:
    """``?pipe=&owner=``: the long profile of an own pipe, others by reference."""
    from app.services.conflict_report import report_profile as profile_of

    pipe, owner = request.args.get("pipe", ""), request.args.get("owner", "")
    return jsonify(profile_of(the_plan(), pipe, owner, current_actor()))


@ROUTES.get("/dig-packages")
@policy("read", "corridor")
def dig_packages() -> Response:
    """Planned digs that can be one: figures, parties, lines; see ``services.dig_packages``."""
    from app.services.dig_packages import dig_list

    return jsonify(dig_list(the_plan(), language=request_language()))


@ROUTES.get("/trial-pits")
@policy("read", "trial_pit")
def trial_pits() -> Response:
    """``?owner=``: places to dig and look, who settles most verdicts first."""
    from app.services.dig_packages import pit_list

    owner = request.args.get("owner", "")
    return jsonify(pit_list(the_plan(), owner, language=request_language()))


@ROUTES.post("/alignment")
@policy("edit", "pipe")
def alignment() -> Response:
    """Form field ``file``: the lines of the file in degrees, to be tried; nothing is kept."""
    from app.services.alignment import alignment as lines_of

    file = request.files.get("file")
    if file is None:
        raise refused("file", "", "请选择文件", "choose a file")
    return jsonify(lines_of(the_plan(), file.stream, file.filename or "file"))


@ROUTES.get("/pipe-codes")
@policy("read", "pipe")
def codes() -> Response:
    """Subclasses of pipes: ``{codes: [{class, code, label}]}``."""
    from app.services.alignment import pipe_codes

    return jsonify({"codes": pipe_codes(request_language())})


def _points(text: str) -> list[tuple[float, float]]:
    try:
        points = [tuple(float(part) for part in pair.split(",")) for pair in text.split(";")]
        found = [(lon, lat) for lon, lat in points]
    except ValueError:
        found = []
    if not 1 <= len(found) <= 50 or not all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in found):
        raise refused("line", text[:80], "格式：经度,纬度;经度,纬度", "lon,lat;lon,lat in degrees")
    return found
