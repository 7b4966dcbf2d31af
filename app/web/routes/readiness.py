"""Readiness: what can be answered, and the workbook of gaps out and back in."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from flask import Blueprint, Response, jsonify, request, send_file

from app.errors import Text, UsageError
from app.web.language import request_language
from app.web.opened import revisioned, the_plan
from app.web.params import json_body
from app.web.policy import current_actor, policy

ROUTES = Blueprint("readiness", __name__, url_prefix="/p/<plan>/api")


@ROUTES.get("/readiness")
@policy("read", "plan")
def readiness() -> Response:
    """``?programme=&township=&everywhere=1``; see ``services.readiness_page``."""
    from app.services.readiness import inputs_of
    from app.services.readiness_page import readiness as assess

    plan, actor, language = the_plan(), current_actor(), request_language()
    return revisioned(
        plan,
        inputs_of(actor),
        lambda: jsonify(
            assess(
                plan,
                actor,
                programme=request.args.get("programme"),
                everywhere=request.args.get("everywhere") == "1",
                township=request.args.get("township"),
                language=language,
            )
        ),
        also=f"{language} {actor.role}",
    )


@ROUTES.get("/gaps.xlsx")
@policy("export", "plan")
def gaps() -> Response:
    """The workbook of ``jiugai export gaps``; the same parameters as ``readiness``."""
    from app.services.gaps import export_gaps

    plan = the_plan()
    with tempfile.TemporaryDirectory(prefix="jiugai-gaps-") as folder:
        path = Path(folder) / f"{plan.store.meta.plan_id}-gaps.xlsx"
        export_gaps(
            plan,
            path,
            actor=current_actor(),
            township=request.args.get("township") or None,
            programme=request.args.get("programme") or None,
            everywhere=request.args.get("everywhere") == "1",
            language=request_language(),
        )
        content = io.BytesIO(path.read_bytes())
    response = send_file(content, as_attachment=True, download_name=path.name, max_age=0)
    response.headers["Cache-Control"] = "no-store"
    return response


@ROUTES.post("/gaps")
@policy("import", "plan")
def compare() -> Response:
    """The filled workbook as form field ``file``; the answer is what it would change."""
    from app.services.gap_return import read_gaps

    plan, actor = the_plan(), current_actor()
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise UsageError(
            Text("没有收到文件", "no file arrived"),
            where="file",
            fix=Text("选择填好的 .xlsx", "choose the filled .xlsx"),
        )
    name = Path(upload.filename.replace("\\", "/")).name[-120:]
    with tempfile.TemporaryDirectory(prefix="jiugai-gaps-") as folder:
        path = Path(folder) / "filled.xlsx"
        upload.save(path)
        found = read_gaps(plan, path, actor=actor, name=name)
    return jsonify({"file": name, **found.as_json(plan, request_language())})


@ROUTES.post("/gaps/save")
@policy("edit", "plan")
def save() -> Response:
    """Body ``{file, rows: [{layer, id, version, values}]}``; one change set, all or none."""
    from app.services.changes import as_json
    from app.services.gap_return import save_gaps

    body = json_body(request)
    rows = body.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UsageError(
            Text("rows 应为行的列表", "rows is a list of rows"),
            where="rows",
            fix=Text("原样发送比较结果中的行", "send the rows of the comparison"),
        )
    note = str(body.get("file") or "")[:120]
    return jsonify(as_json(save_gaps(the_plan(), rows, current_actor(), note=note)))
