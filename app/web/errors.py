"""From a failure to an HTTP answer: one table, and the same four keys for every failure."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, make_response, request
from werkzeug.exceptions import HTTPException

from app import errors as e
from app.errors import JiugaiError, Text
from app.web.language import request_language

LOG = logging.getLogger("jiugai.web")

STATUS: dict[type[JiugaiError], int] = {
    e.JiugaiError: 500,
    e.UsageError: 400,
    e.SchemaError: 400,
    e.CrsError: 422,
    e.InputFileError: 422,
    e.RefusedFileError: 422,
    e.InvalidDataError: 422,
    e.NotFoundError: 404,
    e.NotAllowedError: 403,
    e.VersionClashError: 412,
    e.PlanError: 503,
    e.RuleTableError: 500,
    e.AnalysisError: 422,
    e.CancelledError: 409,
}

_HTTP_WORDS = {
    400: Text("请求有误", "the request is wrong"),
    404: Text("没有这个页面", "there is no such page"),
    405: Text("此地址不接受这种请求", "this address does not take that kind of request"),
    413: Text("请求内容过大", "the request is too large"),
}
_SMALLER = Text("请拆分文件，或用命令行 jiugai import 导入", "split the file, or use jiugai import")
_RELOAD = Text("请刷新页面后重试", "reload the page and try again")


def status_of(error: JiugaiError) -> int:
    """The status of the error's class; every class has its own line in the table."""
    return STATUS[type(error)]


def register_errors(app: Flask) -> None:
    """Answer each kind of failure; a failure of the program is logged whole and told in short."""
    app.register_error_handler(JiugaiError, _explained)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _explained(error: JiugaiError) -> Response:
    language = request_language()
    body: dict[str, object] = {**error.as_json(language)}
    if isinstance(error, e.VersionClashError):
        body |= {"mine": _told(error.mine), "theirs": _told(error.theirs)}
    if isinstance(error, e.InvalidDataError):
        body["findings"] = [finding.as_json(language) for finding in error.findings]
    return _answer(body, status_of(error))


def _told(row: dict[str, object] | None) -> dict[str, object] | None:
    """A version of a row as JSON: dates as text, shapes as GeoJSON."""
    if row is None:
        return None
    from app.report.plain import document, is_missing, moment

    told: dict[str, object] = {}
    for name, value in row.items():
        if is_missing(value):
            told[name] = None
        elif hasattr(value, "__geo_interface__"):
            told[name] = value.__geo_interface__
        elif hasattr(value, "isoformat"):
            told[name] = moment(value)
        else:
            told[name] = document(value) if isinstance(value, list | dict) else value
    return told


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    language = request_language()
    words = _HTTP_WORDS.get(status, Text(f"请求被拒绝（{status}）", f"refused ({status})"))
    code = "csrf" if type(error).__name__ == "CSRFError" else f"http_{status}"
    return _answer(
        {
            "code": code,
            "message": words.in_language(language),
            "where": request.path,
            "fix": (_SMALLER if status == 413 else _RELOAD).in_language(language),
        },
        status,
    )


def _unexpected(error: Exception) -> Response:
    LOG.error("failure while answering %s %s", request.method, request.path, exc_info=error)
    language = request_language()
    return _answer(
        {
            "code": "internal",
            "message": Text(
                "程序出错，数据未改动", "the program failed; no data changed"
            ).in_language(language),
            "where": request.path,
            "fix": Text(
                "请把时间和操作告诉维护人员，日志中有详情",
                "tell the maintainer when and what you did; the log has the details",
            ).in_language(language),
        },
        500,
    )


def _answer(body: dict[str, object], status: int) -> Response:
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
