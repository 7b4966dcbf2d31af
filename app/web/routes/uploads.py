"""The upload door: files to look at and confirm, photos of rows, and imports to take back."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response, request, send_file
from werkzeug.datastructures import FileStorage

from app.errors import Text, UsageError
from app.services.access import require
from app.web.language import request_language
from app.web.opened import the_plan
from app.web.params import json_body, refused
from app.web.policy import current_actor, policy

ROUTES = Blueprint("uploads", __name__, url_prefix="/p/<plan>/api")


@ROUTES.post("/uploads")
@policy("import", "plan")
def receive() -> tuple[Response, int]:
    """Form field ``file``; 202 with ``{upload_id, job}``: the worker is asked to look at it."""
    from app.services.job_kinds import job_json
    from app.services.uploads import receive as keep

    file = _file()
    upload, job = keep(the_plan(), file.stream, file.filename or "", current_actor())
    body = {"upload_id": upload.upload_id, "job": job_json(job, request_language())}
    return jsonify(body), 202


@ROUTES.get("/uploads")
@policy("import", "plan")
def waiting() -> Response:
    """Every file that waits to be confirmed."""
    from app.services.uploads import waiting as listed

    return jsonify({"uploads": listed(the_plan())})


@ROUTES.get("/uploads/<upload_id>")
@policy("import", "plan")
def preview(upload_id: str) -> Response:
    """``{upload, preview}``; the preview is the report of a dry run with shapes in degrees."""
    from app.services.uploads import shown

    return jsonify(shown(the_plan(), upload_id, request_language()))


@ROUTES.post("/uploads/<upload_id>/preview")
@policy("import", "plan")
def look(upload_id: str) -> tuple[Response, int]:
    """Body: the chosen layer, CRS, mapping; 202 with the job that looks again."""
    from app.services.job_kinds import job_json
    from app.services.uploads import look as again

    job = again(the_plan(), upload_id, json_body(request), current_actor())
    return jsonify(job_json(job, request_language())), 202


@ROUTES.post("/uploads/<upload_id>/confirm")
@policy("import", "plan")
def confirm(upload_id: str) -> tuple[Response, int]:
    """Body as for the preview; 202 with the job that imports one batch."""
    from app.services.job_kinds import job_json
    from app.services.uploads import confirm as bring_in

    job = bring_in(the_plan(), upload_id, json_body(request), current_actor())
    return jsonify(job_json(job, request_language())), 202


@ROUTES.post("/uploads/<upload_id>/drop")
@policy("import", "plan")
def drop(upload_id: str) -> Response:
    """Throw a waiting file away."""
    from app.services.uploads import drop as throw

    throw(the_plan(), upload_id)
    return jsonify({"dropped": upload_id})


@ROUTES.post("/grid-fit")
@policy("import", "plan")
def grid_fit() -> Response:
    """Body ``{pairs: [[x, y, X, Y]], names}``: four parameters with residuals; nothing is kept.

    x and y are north and east in a city's grid, X and Y in the plan's system.
    """
    from app.services.imports.control_points import fitted

    body = json_body(request)
    pairs, names = body.get("pairs"), body.get("names") or []
    if not isinstance(pairs, list) or not isinstance(names, list):
        raise refused("pairs", "", "每行 4 个数：x, y, X, Y", "four figures a row: x, y, X, Y")
    return jsonify(fitted(pairs, names).as_json(request_language()))


@ROUTES.post("/imports/<batch_id>/undo")
@policy("import", "plan")
def undo(batch_id: str) -> Response:
    """Take a whole import back; 412 lists the rows that were edited since.

    ``?scenario=`` where it went into that scenario.
    """
    from app.services.uploads import undo as take_back

    take_back(the_plan(), batch_id, current_actor())
    return jsonify({"undone": batch_id})


@ROUTES.get("/datasets/<dataset_id>/original")
@policy("import", "plan")
def original(dataset_id: str) -> Response:
    """The file of a dataset as it was delivered, to whoever may see all that it brought."""
    from app.services.imports.original import kept_delivery

    kept = kept_delivery(the_plan(), dataset_id, current_actor())
    response = send_file(
        kept.path, mimetype="application/octet-stream", as_attachment=True,
        download_name=kept.name, max_age=0,
    )  # fmt: skip
    response.headers["Cache-Control"] = "no-store"
    return response


# --- photos ---
@ROUTES.post("/photo")
@policy("edit", "plan")
def add_photo() -> tuple[Response, int]:
    """Form fields ``file``, ``layer``, ``id``, ``caption``; 201 with ``{id, sha256}``."""
    from app.services import photos

    file, form = _file(), request.form
    layer = form.get("layer", "")
    require(current_actor(), "edit", layer)
    found = photos.add(
        the_plan(), file.stream, layer=layer, row_id=form.get("id", ""),
        name=file.filename or "photo", caption=form.get("caption", ""), actor=current_actor(),
    )  # fmt: skip
    return jsonify(found), 201


@ROUTES.get("/photos/<layer>/<row_id>")
@policy("read", "{layer}")
def photos_of(layer: str, row_id: str) -> Response:
    """The photos of a row."""
    from app.services import photos

    return jsonify({"photos": photos.listed(the_plan(), layer, row_id)})


@ROUTES.get("/photo/<sha256>")
@policy("read", "plan")
def photo(sha256: str) -> Response:
    """The picture itself."""
    from app.services import photos

    response = make_response(photos.content(the_plan(), sha256))
    response.headers["Content-Type"] = photos.JPEG
    response.headers["Content-Disposition"] = "inline; filename=photo.jpg"
    return response


def _file() -> FileStorage:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise UsageError(
            Text("没有收到文件", "no file arrived"),
            where="file",
            fix=Text("请选择一个文件", "choose a file"),
        )
    return file
