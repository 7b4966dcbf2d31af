"""Files that leave the plan through the browser."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from flask import Blueprint, Response, request, send_file
from werkzeug.wsgi import ClosingIterator

from app.web.language import request_language
from app.web.opened import the_plan
from app.web.policy import current_actor, policy

ROUTES = Blueprint("exports", __name__)


@ROUTES.get("/p/<plan>/export/<kind>")
@policy("export", "plan")
def export(kind: str) -> Response:
    """The file that ``jiugai export KIND`` writes; options as in ``services.exports``."""
    from app.services.exports import ExportRequest, exported_name, write_export

    plan = the_plan()
    asked = ExportRequest(kind, current_actor(), request_language(), request.args.to_dict())
    folder = tempfile.TemporaryDirectory(prefix="jiugai-export-")
    try:
        path = Path(folder.name) / exported_name(plan, asked)
        write_export(plan, asked, path)
        response = send_file(path, as_attachment=True, download_name=path.name, max_age=0)
    except BaseException:
        folder.cleanup()
        raise
    # The file is sent while it is read; its folder goes when the last byte is out. What passes the
    # file on directly never closes the response itself.
    response.response = ClosingIterator(cast("Iterable[bytes]", response.response), folder.cleanup)
    response.headers["Cache-Control"] = "no-store"
    return response
