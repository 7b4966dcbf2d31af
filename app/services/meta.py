"""What a face must know of a plan before it draws anything: labels, domains, counts, extent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.errors import Language
from app.report.plain import text, whole
from app.schema import DOMAINS, LAYERS, Actor, Domain, Layer
from app.schema.styles import STYLE_TEXT
from app.services import access
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

# The extent of a plan is that of the first of these with rows: where people live, not their region.
EXTENT_LAYERS = ("building", "community", "township")
WGS84 = "EPSG:4326"


def meta(plan: OpenPlan, actor: Actor, *, language: Language) -> dict[str, object]:
    """The answer of ``/p/<plan>/api/meta``."""
    counts = plan.counts()
    shown = [layer for layer in LAYERS.values() if access.can(actor, "read", layer.name)]
    return {
        "plan": plan_facts(plan),
        "lang": language,
        "layers": [_layer(plan, layer, counts.get(layer.name, 0)) for layer in shown],
        "domains": {name: _domain(item) for name, item in DOMAINS.items()},
        "styles": json.loads(STYLE_TEXT),
        "programmes": programmes(plan),
        "categories": _domain(DOMAINS["category"])["codes"],
        "stages": _domain(DOMAINS["stage"])["codes"],
        "townships": _townships(plan),
        "actor": actor_facts(actor),
    }


def plan_facts(plan: OpenPlan) -> dict[str, object]:
    """Identity, reference systems and extent (w, s, e, n in degrees; null for an empty plan)."""
    known = plan.store.meta
    return {
        "id": known.plan_id,
        "title": known.title,
        "title_en": known.title_en,
        "crs": known.crs,
        "height_datum": known.height_datum,
        "is_demo": known.is_demo,
        "attribution": _attribution(plan),
        "schema": known.schema_version,
        "bounds": plan.kept("bounds", EXTENT_LAYERS, lambda: _bounds(plan)),
    }


def _attribution(plan: OpenPlan) -> str:
    """What the plan and its real datasets ask to be named, each once."""
    rows = plan.frame("dataset")
    real = rows[~rows["is_demo"].fillna(False).astype(bool)]
    said = dict.fromkeys([plan.store.meta.attribution, *real["attribution"].dropna()])
    texts = [one for one in said if one]
    return "; ".join(t for t in texts if not any(t != other and t in other for other in texts))


def actor_facts(actor: Actor) -> dict[str, object]:
    """Who acts; ``authenticated`` is false in local mode and the page says 未认证."""
    return {
        "name": actor.name,
        "organisation": actor.organisation,
        "role": actor.role,
        "authenticated": actor.authenticated,
    }


def programmes(plan: OpenPlan) -> list[dict[str, object]]:
    """The programmes, latest year first."""
    rows = plan.frame("programme").sort_values("year", ascending=False, na_position="last")
    return [
        {"id": row["programme_id"], "year": whole(row["year"]), "name": text(row["name"])}
        for row in rows.to_dict("records")
    ]


def _bounds(plan: OpenPlan) -> list[float] | None:
    for layer in EXTENT_LAYERS:
        rows: GeoDataFrame = plan.frame(layer)
        if len(rows) and rows.geometry.notna().any():
            return degrees(rows)
    return None


def degrees(rows: GeoDataFrame) -> list[float] | None:
    """The extent of rows as w, s, e, n in degrees; None where nothing has a place."""
    from shapely import box

    west, south, east, north = rows.total_bounds
    if not west <= east:
        return None
    import geopandas

    corners = geopandas.GeoSeries([box(west, south, east, north).segmentize(1000)], crs=rows.crs)
    return [round(float(value), 6) for value in corners.to_crs(WGS84).total_bounds]


def _townships(plan: OpenPlan) -> list[dict[str, object]]:
    rows = plan.frame("township")
    boxes = rows.geometry.to_crs(WGS84).bounds if len(rows) else rows.geometry.bounds
    return [
        {
            "id": row["township_id"],
            "code": text(row["code"]),
            "name": text(row["name"]),
            "name_en": text(row["name_en"]),
            "bounds": [round(float(value), 6) for value in box] if box[0] == box[0] else None,
        }
        for row, box in zip(
            rows.drop(columns="geometry").to_dict("records"), boxes.to_numpy(), strict=True
        )
    ]


def _layer(plan: OpenPlan, layer: Layer, rows: int) -> dict[str, object]:
    return {
        "name": layer.name,
        "label": both(layer),
        "group": layer.group,
        "geometry": list(layer.geometry),
        "protected": layer.protected,
        "rows": rows,
        "revision": plan.store.revision(layer.name),
        "columns": [
            {
                "name": column.name,
                "label": both(column),
                "kind": column.kind,
                "unit": column.unit,
                "domain": column.domain.name if column.domain else None,
                "required": column.required,
                "references": column.references or None,
            }
            for column in layer.columns
        ],
    }


def both(item: object) -> dict[str, str]:
    """The label of a layer, column, domain or code in both languages."""
    label = item.label  # type: ignore[attr-defined]
    return {"zh": label.zh, "en": label.en}


def _domain(domain: Domain) -> dict[str, object]:
    return {
        "label": both(domain),
        "codes": [{"code": code.code, "label": both(code)} for code in domain.codes],
    }
