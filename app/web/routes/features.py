"""Rows of layers: packed for the map, GeoJSON, table pages, one row in full."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, make_response, request

from app.errors import Text, UsageError
from app.web.language import request_language
from app.web.opened import accepts_gzip, revisioned, the_plan
from app.web.params import extent, json_object, several, whole_number
from app.web.policy import policy

ROUTES = Blueprint("features", __name__, url_prefix="/p/<plan>/api")


@ROUTES.get("/pack/<layer>")
@policy("read", "{layer}")
def pack(layer: str) -> Response:
    """The layer as ``app.report.pack`` describes; ETag by revision, gzip where understood."""
    from app.services.packed import pack_inputs, packed
    from app.services.plans import known_layer

    plan = the_plan()

    def body() -> Response:
        data = packed(plan, layer)
        if accepts_gzip():
            response = make_response(data)
            response.headers["Content-Encoding"] = "gzip"
        else:
            import gzip

            response = make_response(gzip.decompress(data))
        response.mimetype = "application/octet-stream"
        response.vary.add("Accept-Encoding")
        return response

    return revisioned(plan, pack_inputs(known_layer(layer)), body)


@ROUTES.get("/features/<layer>")
@policy("read", "{layer}")
def features(layer: str) -> Response:
    """GeoJSON in degrees: ``?bbox=w,s,e,n&ids=a,b&limit=``; ``matched`` tells how many there are."""
    from app.services.features import features as collect
    from app.services.plans import known_layer

    plan, most = the_plan(), current_app.config["SETTINGS"].feature_limit
    bbox, ids = extent(request.args, "bbox"), several(request.args, "ids")
    limit = whole_number(request.args, "limit", low=1, high=most, default=min(5000, most)) or most

    def body() -> Response:
        response = jsonify(collect(plan, layer, bbox=bbox, ids=ids, limit=limit))
        response.mimetype = "application/geo+json"
        return response

    return revisioned(plan, (known_layer(layer),), body)


@ROUTES.get("/row/<layer>/<row_id>")
@policy("read", "{layer}")
def row(layer: str, row_id: str) -> Response:
    """One row with labels, links both ways and its dataset; see ``services.detail``."""
    from app.services.detail import detail

    return jsonify(detail(the_plan(), layer, row_id, language=request_language()))


@ROUTES.get("/table/<layer>")
@policy("read", "{layer}")
def table(layer: str) -> Response:
    """A page of rows: ``?offset&limit&sort&desc&filter(JSON)``; see ``services.table``."""
    from app.services.plans import known_layer
    from app.services.table import table as page

    plan, asked = the_plan(), page_of_request()
    inputs = (known_layer(layer), "programme_member")
    return revisioned(plan, inputs, lambda: jsonify(page(plan, layer, asked)))


def page_of_request() -> Any:
    """The page, order and filters in the address."""
    from app.services.table import PageRequest

    arguments = request.args
    most = current_app.config["SETTINGS"].page_rows
    if arguments.get("desc", "0") not in ("0", "1"):
        raise UsageError(
            Text("参数 desc 只能是 0 或 1", "parameter desc is 0 or 1"),
            where="desc",
            fix=Text("升序 0，降序 1", "0 ascending, 1 descending"),
        )
    return PageRequest(
        offset=whole_number(arguments, "offset", low=0, high=10**9, default=0) or 0,
        limit=whole_number(arguments, "limit", low=1, high=most, default=min(100, most)) or most,
        sort=arguments.get("sort") or None,
        descending=arguments.get("desc") == "1",
        filters=json_object(arguments, "filter"),
    )
