"""Measures against water drawn on the map: rows of a scenario with their cost, and runs of both sides."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from app.analysis.storm.params import COUPLED
from app.errors import Language, NotFoundError, Text, UsageError
from app.schema import Actor, layer_named
from app.schema.analysis import parse_params
from app.schema.domains import STORM_MEASURE_KIND
from app.services.editing import edit
from app.services.jobs import JobContext
from app.services.plans import OpenPlan
from app.services.runs import rule_book, run_analysis
from app.store.jobs import Job, JobTable

BOTH = "storm_both"
ANALYSES = ("storm", "exposure")
_DRAWN = {
    "permeable": "Polygon", "rain_garden": "Polygon", "tank": "Point", "kerb_cut": "LineString",
    "door_sill": "Point", "bigger_pipe": "LineString", "culvert": "LineString", "downpipe": "Point",
}  # fmt: skip
_NUMBERS = {"rain_garden": "depth_m", "tank": "volume_m3", "door_sill": "sill_m"}
_MOST = 200


def kinds_told(plan: OpenPlan, language: Language) -> list[dict[str, Any]]:
    """The measures that can be drawn: how, what to ask for, and what one unit costs."""
    price = {row.kind: row for row in rule_book(plan.store).table("storm_measure_cost")}
    layer = layer_named("storm_measure")
    return [
        {
            "kind": code.code, "label": code.label.in_language(language), "draw": _DRAWN[code.code],
            "ask": _NUMBERS.get(code.code),
            "ask_label": layer.column(_NUMBERS[code.code]).label.in_language(language) if code.code in _NUMBERS else "",
            "unit": price[code.code].unit, "unit_cost_yuan": price[code.code].unit_cost_yuan,
            "confidence": price[code.code].confidence,
        }
        for code in STORM_MEASURE_KIND.codes if code.code in price
    ]  # fmt: skip


def measures_told(plan: OpenPlan, language: Language) -> list[dict[str, Any]]:
    """The measures of the scenario (of the plan without one), with size, cost and place."""
    rows = plan.frame("storm_measure").sort_values("storm_measure_id")
    if not len(rows):
        return []
    kinds = {code.code: code.label for code in STORM_MEASURE_KIND.codes}
    of_plan = set(plan.through("").frame("storm_measure")["storm_measure_id"])
    drawn = gpd.GeoDataFrame(
        rows[["storm_measure_id"]], geometry=rows["geometry"], crs=plan.store.meta.crs
    )
    shapes = json.loads(drawn.to_crs(4326).to_json())["features"]
    told: list[Any] = list(rows.itertuples(index=False))
    return [
        {
            "id": row.storm_measure_id, "kind": row.kind,
            "label": kinds[row.kind].in_language(language), "name": _text(row.name),
            "size": round(_size(str(row.kind), row.geometry, row), 1),
            "cost_fen": None if pd.isna(row.cost_fen) else int(row.cost_fen),
            "cost_basis": _text(row.cost_basis), "version": int(row.version),
            "mine": bool(plan.scenario) and row.storm_measure_id not in of_plan,
            "geometry": shape["geometry"],
        }
        for row, shape in zip(told, shapes, strict=True)
    ]  # fmt: skip


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _size(kind: str, shape: shapely.Geometry, row: Any) -> float:
    """How much of it there is, in the unit that its cost is given for."""
    if kind == "tank":
        volume = row["volume_m3"] if isinstance(row, Mapping) else row.volume_m3
        return 0.0 if volume is None or pd.isna(volume) else float(volume)
    if shapely.get_dimensions(shape) == 2:
        return float(shapely.area(shape))
    return float(shapely.length(shape)) if shapely.get_dimensions(shape) == 1 else 1.0


def add_measure(plan: OpenPlan, wish: Mapping[str, Any], actor: Actor) -> dict[str, object]:
    """One measure into the scenario: ``{kind, geometry, depth_m|volume_m3|sill_m, cost_yuan}``.

    Its cost is that of the rule table unless one is given. A bigger pipe is ``{kind: 'bigger_pipe',
    pipe, nominal_mm}``: the pipe itself changes, the measure carries its line and cost.

    Raises
    ------
    UsageError
        No scenario is open, or the wish is incomplete.
    """
    if not plan.scenario:
        raise UsageError(
            Text("措施要画在情景里", "measures are drawn in a scenario"),
            where="scenario",
            fix=Text("先新建或选择一个情景", "start or choose a scenario first"),
        )
    kind = str(wish.get("kind", ""))
    if kind not in _DRAWN or len(plan.frame("storm_measure")) >= _MOST:
        raise _incomplete("kind")
    more: list[dict[str, Any]] = []
    drawn = wish.get("geometry")
    if kind == "bigger_pipe":
        drawn, more = _widened(plan, wish)
    if not isinstance(drawn, Mapping) or drawn.get("type") != _DRAWN[kind]:
        raise _incomplete("geometry")
    values: dict[str, Any] = {"kind": kind, "state": "planned", "name": str(wish.get("name") or "") or None}  # fmt: skip
    if (asked := _NUMBERS.get(kind)) is not None:
        values[asked] = _number(wish, asked)
    values |= _cost(plan, kind, drawn, values, wish)
    row_id = f"measure-{uuid.uuid4().hex[:12]}"
    create = {"layer": "storm_measure", "action": "create", "id": row_id, "values": values, "geometry": dict(drawn)}  # fmt: skip
    edit(plan, [create, *more], actor, note=kind)
    return {"id": row_id}


def _cost(plan: OpenPlan, kind: str, drawn: Mapping[str, Any], values: Mapping[str, Any], wish: Mapping[str, Any]) -> dict[str, Any]:  # fmt: skip
    if wish.get("cost_yuan") is not None:
        return {"cost_fen": round(_number(wish, "cost_yuan") * 100), "cost_basis": None}
    if kind == "bigger_pipe":
        return _pipe_cost(plan, drawn, _number(wish, "nominal_mm"))
    price = next(
        row for row in rule_book(plan.store).table("storm_measure_cost") if row.kind == kind
    )
    shape = _in_metres(plan, drawn)
    quantity = _size(kind, shape, values)
    return {
        "cost_fen": round(quantity * price.unit_cost_yuan * 100),
        "cost_basis": f"storm_measure_cost {kind}: {price.unit_cost_yuan:g}/{price.unit}",
    }


def _pipe_cost(plan: OpenPlan, drawn: Mapping[str, Any], nominal_mm: float) -> dict[str, Any]:
    """A pipe of another size by the cost of that size."""
    sizes: Any = rule_book(plan.store).table("drain_sizes")
    price = sizes.cost_yuan_per_m(nominal_mm)
    return {
        "cost_fen": round(shapely.length(_in_metres(plan, drawn)) * price * 100),
        "cost_basis": f"drain_sizes DN{nominal_mm:g}: {price:g}/m",
    }


def _in_metres(plan: OpenPlan, drawn: Mapping[str, Any]) -> shapely.Geometry:
    try:
        shape = shapely.from_geojson(json.dumps(drawn))
    except (TypeError, ValueError, shapely.errors.ShapelyError) as fault:
        raise _incomplete("geometry") from fault
    turned: shapely.Geometry = gpd.GeoSeries([shape], crs=4326).to_crs(plan.store.meta.crs).iloc[0]
    return turned


def _widened(plan: OpenPlan, wish: Mapping[str, Any]) -> tuple[Any, list[dict[str, Any]]]:
    """The line of a pipe in degrees, and the edit that gives it another diameter."""
    row = plan.row("pipe", str(wish.get("pipe", "")))
    if row is None or row.get("subclass") not in ("YS", "HS"):
        raise NotFoundError(
            Text("没有选中雨水或合流管", "no storm or combined sewer is chosen"),
            where="pipe",
            fix=Text("在地图上点选一段雨水管", "choose a storm sewer on the map"),
        )
    line = shapely.force_2d(row["geometry"])
    parts = shapely.get_parts(line)
    drawn = gpd.GeoSeries([parts[0]], crs=plan.store.meta.crs).to_crs(4326)
    change = {
        "layer": "pipe", "action": "update", "id": row["pipe_id"], "version": int(row["version"]),
        "values": {"nominal_mm": round(_number(wish, "nominal_mm"))},
    }  # fmt: skip
    return json.loads(shapely.to_geojson(drawn.iloc[0])), [change]


def _number(wish: Mapping[str, Any], name: str) -> float:
    value = wish.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e9:
        raise _incomplete(name)
    return float(value)


def _incomplete(where: str) -> UsageError:
    return UsageError(
        Text("措施不完整", "the measure is incomplete"),
        where=where,
        fix=Text("选择类型，在地图上画出位置，并填写所需数值", "choose a kind, draw its place, fill in its figure"),
    )  # fmt: skip


# --- both sides -----------------------------------------------------------------------------------------
def ask_for_both(plan: OpenPlan, settings: Mapping[str, object], actor: Actor) -> Job:
    """Queue storm and exposure for the plan and for the scenario, with the same settings.

    With a wider pipe among the measures both sides are coupled with the drains.

    Raises
    ------
    UsageError
        No scenario, or settings that a storm does not take.
    """
    from app.analysis import analysis_named

    if not plan.scenario:
        raise UsageError(
            Text("没有情景可以对比", "there is no scenario to compare"),
            where="scenario",
            fix=Text("先新建情景并画上措施", "start a scenario and draw measures first"),
        )
    settings = _with_drains(plan, settings)
    parse_params(analysis_named("storm").params, settings)
    payload = {"settings": settings, "scenario": plan.scenario}
    stamp = f"{payload} {plan.revision_of(('storm_measure', 'landcover', 'pipe', 'terrain'))}"
    key = hashlib.sha256(stamp.encode()).hexdigest()
    return JobTable(plan.store.folder).enqueue(BOTH, payload, key=key, actor=actor)


def _with_drains(plan: OpenPlan, settings: Mapping[str, object]) -> dict[str, object]:
    """A wider pipe does nothing where the drains take no part: then both sides are coupled."""
    asked = dict(settings)
    if (plan.frame("storm_measure")["kind"] == "bigger_pipe").any():
        asked["drains"] = COUPLED
        if asked.get("mode", "record") == "slider":
            asked["mode"] = "record"
    return asked


def do_both(context: JobContext) -> Mapping[str, Any]:
    """Four runs in turn; what was computed before is found and not computed again."""
    asked = context.job.payload
    runs: dict[str, str] = {}
    for number, scenario in enumerate(("", str(asked["scenario"]))):
        for place, name in enumerate(ANALYSES):
            answer = run_analysis(
                context.plan, name, asked["settings"] if name == "storm" else {}, context.job.actor,
                scenario=scenario, progress=_part(context.progress, number, place),
            )  # fmt: skip
            runs[f"{name} {scenario}".strip()] = answer.record.run_id
    return {"runs": runs}


def _part(progress: Callable[[float, Text], None], number: int, place: int) -> Callable[[float, Text], None]:  # fmt: skip
    side = (Text("措施前", "before"), Text("措施后", "after"))[number]
    low, wide = number / 2 + (0.45 if place else 0.0), 0.05 if place else 0.45

    def told(share: float, doing: Text) -> None:
        progress(low + wide * share, Text(f"{side.zh}：{doing.zh}", f"{side.en}: {doing.en}"))

    return told
