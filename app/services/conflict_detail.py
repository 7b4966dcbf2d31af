"""One conflict with all that a meeting needs: section to scale, rule, who yields, answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import Language, NotFoundError, Text
from app.report.plain import is_missing, plain, text
from app.schema import LAYERS, Actor
from app.services.detail import name_of, shown
from app.services.meta import both
from app.services.pipe_conflicts import ConflictFilter, filtered, organisation_name, severities
from app.services.plans import OpenPlan
from app.services.profiles import pipe_profile, section_along
from app.services.replies import content_hash, may_answer, replies
from app.services.verdicts import clause, missing_fields, state_of

if TYPE_CHECKING:
    from shapely import LineString, Point

# A probable duplicate has no rule; any table then answers with none.
_TABLES = {
    "horizontal": "clearance_horizontal", "vertical": "clearance_vertical", "cover": "cover_depth",
    "duplicate": "clearance_horizontal",
}  # fmt: skip
_FACTS = ("status", "nominal_mm", "outside_mm", "material", "laying", "pressure_mpa", "voltage_kv",
          "start_depth_m", "end_depth_m", "quality", "road_name")  # fmt: skip
# Rows within this of the place are told as neighbours.
NEAR_M = 15.0
MOST_NEIGHBOURS = 12


def conflict_detail(
    plan: OpenPlan, conflict_id: str, standards: Path, actor: Actor, *, language: Language
) -> dict[str, object]:
    """``{row, sides, rule, other_rule, yields, severity, go_to, drawing, neighbours, state}``.

    Raises
    ------
    NotFoundError
        The current result has no such conflict.
    """
    row = known_conflict(plan, conflict_id)
    return {
        **conflict_facts(plan, row, standards, actor, language=language),
        "drawing": drawing(plan, row),
        "neighbours": _neighbours(plan, row),
        "state": state_of(plan, "conflicts", language),
    }


def known_conflict(plan: OpenPlan, conflict_id: str) -> dict[str, Any]:
    """The row of a conflict.

    Raises
    ------
    NotFoundError
        The current result has no such conflict.
    """
    row = plan.row("conflict", conflict_id)
    if row is None:
        raise NotFoundError(
            Text(f"当前结果中没有冲突 {conflict_id}", f"the result has no conflict {conflict_id}"),
            where=conflict_id,
            fix=Text("它可能已解决；刷新列表", "it may be solved; reload the list"),
        )
    return row


def conflict_facts(
    plan: OpenPlan, row: dict[str, Any], standards: Path, actor: Actor, *, language: Language
) -> dict[str, Any]:
    """``{row, sides, rule, other_rule, yield_rule, severity, missing, go_to}`` of a conflict."""
    listed = {column.name: plain(column, row.get(column.name)) for column in LAYERS["conflict"].columns}  # fmt: skip
    rule_of = {
        name: clause(plan, standards, table, str(listed[column] or ""), language)
        for name, table, column in (
            ("rule", _TABLES[str(row["check"])], "rule_id"),
            ("other_rule", _TABLES[str(row["check"])], "other_rule_id"),
            ("yield_rule", "yielding_rules", "yield_rule_id"),
        )
    }
    return {
        "row": listed,
        "sides": [_side(plan, row, side, actor, language) for side in ("a", "b")],
        **rule_of,
        "severity": next(
            (one for one in severities(plan, language) if one["code"] == row["severity"]), None
        ),
        "missing": missing_fields(_as_columns(str(listed["missing"] or ""))),
        "go_to": _go_to(plan, row),
    }


def _as_columns(names: str) -> str:
    """Fields of a pipe are stated by their bare name."""
    parts = [part.strip() for part in names.split(",") if part.strip()]
    return ",".join(part if "." in part else f"pipe.{part}" for part in parts)


def _side(
    plan: OpenPlan, row: dict[str, Any], side: str, actor: Actor, language: Language
) -> dict[str, object] | None:
    """What one side is, who owns it and what it answered; None for the ground of a cover check."""
    layer_name, row_id = text(row[f"{side}_layer"]), text(row[f"{side}_id"])
    if not layer_name or not row_id:
        return None
    layer, thing = LAYERS[layer_name], plan.row(layer_name, row_id) or {}
    owner_id = text(row[f"{side}_owner_id"]) or None
    owner = plan.row("organisation", owner_id) if owner_id else None
    columns = [layer.column(name) for name in _FACTS if layer.has_column(name)]
    facts = [
        {"label": both(column), "shown": shown(column, thing.get(column.name), language),
         "unit": column.unit, "unknown": is_missing(thing.get(column.name)), "column": column.name}
        for column in columns
    ]  # fmt: skip
    kept = replies(plan).get((str(row["conflict_id"]), owner_id or ""))
    return {
        "side": side,
        "layer": layer_name,
        "layer_label": both(layer),
        "id": row_id,
        "name": row_id if layer_name == "pipe" else name_of(layer, thing, language) if thing else row_id,
        "pipe_class": text(thing.get("pipe_class")) if layer_name == "pipe" else None,
        "status": text(thing.get("status")) if layer_name == "pipe" else None,
        "owner_id": owner_id,
        "owner": organisation_name(owner, language) if owner else None,
        "facts": facts,
        "yields": row["yields"] == side,
        "reply": {**kept, "stale": kept["hash"] != content_hash(row)} if kept else None,
        "may_answer": may_answer(plan, actor, owner_id),
    }  # fmt: skip


def _go_to(plan: OpenPlan, row: dict[str, Any]) -> dict[str, object]:
    import geopandas
    import shapely

    meta = plan.store.meta
    place = geopandas.GeoSeries([shapely.Point(row["x"], row["y"])], crs=meta.crs).to_crs(
        "EPSG:4326"
    )
    return {
        "x": round(float(row["x"]), 3), "y": round(float(row["y"]), 3), "crs": meta.crs,
        "lon": round(float(place.iloc[0].x), 7), "lat": round(float(place.iloc[0].y), 7),
    }  # fmt: skip


def _neighbours(plan: OpenPlan, row: dict[str, Any]) -> list[dict[str, object]]:
    """Other rows near the place or about one of the two pipes, the nearest first."""
    rows = filtered(plan, ConflictFilter())
    rows = rows[rows["conflict_id"] != row["conflict_id"]]
    away = ((rows["x"] - row["x"]) ** 2 + (rows["y"] - row["y"]) ** 2) ** 0.5
    near = rows.assign(away=away)[away <= NEAR_M].sort_values(["away", "conflict_id"])
    return [
        {
            "conflict_id": one["conflict_id"], "verdict": one["verdict"], "check": one["check"],
            "a_class": one["a_class"], "b_class": one["b_class"], "a_id": one["a_id"],
            "b_id": one["b_id"], "away_m": round(float(one["away"]), 1),
            "deficit_m": None if is_missing(one["deficit_m"]) else float(one["deficit_m"]),
        }
        for one in near.head(MOST_NEIGHBOURS).to_dict("records")
    ]  # fmt: skip


# --- the drawing ----------------------------------------------------------------------------------------
def drawing(plan: OpenPlan, row: dict[str, Any]) -> dict[str, object] | None:
    """The cut that shows the conflict best; ``focus_m`` is its place along the cut.

    A crossing is seen along pipe a (its long profile), everything else in a section across it.
    """
    import shapely

    own = plan.row("pipe", str(row["a_id"]))
    if own is None or own.get("geometry") is None:
        return None
    line, place = shapely.force_2d(own["geometry"]), shapely.Point(row["x"], row["y"])
    if row["check"] == "vertical":
        profile = pipe_profile(plan, str(row["a_id"]))
        return {"kind": "profile", "focus_m": round(float(line.project(place)), 3), **profile}
    other = plan.row(str(row["b_layer"]), str(row["b_id"])) if text(row["b_id"]) else None
    shape = other.get("geometry") if other else None
    cut, at, thing = _across(line, place, shape)
    obstacle = None
    if thing is not None and row["b_layer"] != "pipe":
        obstacle = {"layer": row["b_layer"], "at_m": round(thing, 3)}
    return {"kind": "section", "focus_m": round(at, 3), "obstacle": obstacle, **section_along(plan, cut)}  # fmt: skip


def _across(line: LineString, place: Point, other: Any) -> tuple[LineString, float, float | None]:  # fmt: skip
    """A line over both sides where they are nearest to the place; (line, place on it, other on it)."""
    import numpy as np
    import shapely

    start = line.interpolate(line.project(place))
    here = np.array([start.x, start.y])
    there = _nearest(place, other)
    step = (there - here) if there is not None else np.zeros(2)
    apart = float(np.hypot(*step))
    if apart < 0.05:
        way = line.project(start)
        one, two = (line.interpolate(min(max(way + d, 0.0), line.length)) for d in (-0.5, 0.5))
        along = np.array([two.x - one.x, two.y - one.y])
        step, apart = np.array([along[1], -along[0]]), 0.0
    unit = step / np.hypot(*step)
    margin = max(2.0, apart)
    ends = [here - unit * margin, here + unit * (apart + margin)]
    if (ends[0][0], ends[0][1]) > (ends[1][0], ends[1][1]):
        ends, at, thing = ends[::-1], margin + apart, margin
    else:
        at, thing = margin, margin + apart
    return shapely.LineString(ends), at, thing if there is not None else None


def _nearest(place: Point, other: Any) -> Any:
    """The point of the other side's axis or edge that is nearest to the place."""
    import numpy as np
    import shapely
    from shapely.ops import nearest_points

    if other is None or other.is_empty:
        return None
    flat = shapely.force_2d(other)
    edge = flat.boundary if flat.geom_type.endswith("Polygon") else flat
    point = nearest_points(edge, place)[0]
    return np.array([point.x, point.y])
