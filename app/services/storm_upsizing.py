"""Wider pipes on the map: the last comparison, and a scenario that holds the chosen ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from app.errors import Language, Text, UsageError
from app.report.plain import is_missing
from app.schema import Actor, layer_named
from app.services import scenario_views
from app.services.plans import OpenPlan
from app.services.staleness import result_states
from app.services.storm_measures import add_measure

_TOLD = (
    "rank", "verdict", "from_mm", "to_mm", "length_m", "cost_fen", "limited_min", "came_up_before_m3",
    "came_up_after_m3", "pressed_before", "pressed_after", "zone_before_m2", "zone_after_m2",
    "homes_before", "homes_after", "clause",
)  # fmt: skip


def upsizing_told(plan: OpenPlan, language: Language) -> dict[str, Any]:
    """The last comparison: all pipes together, and each by its rank with its line in degrees."""
    record = plan.store.current_run("upsizing", plan.scenario)
    if record is None:
        return {"run": None, "together": None, "rows": []}
    state = next(s for s in result_states(plan.store, scenario=plan.scenario) if s.analysis == "upsizing")  # fmt: skip
    frame = plan.frame("pipe_upsizing").sort_values("rank")
    rows = _rows(plan, frame, language)
    return {
        "run": {
            "finished_at": record.finished_at, "state": state.state, "parameters": record.parameters,
            "notes": [note["zh" if language == "zh" else "en"] for note in record.notes],
        },
        "together": next((row for row in rows if row["rank"] == 0), None),
        "rows": [row for row in rows if row["rank"] != 0],
    }  # fmt: skip


def _rows(plan: OpenPlan, frame: Any, language: Language) -> list[dict[str, Any]]:
    verdicts = layer_named("pipe_upsizing").column("verdict").domain
    assert verdicts is not None
    flat = shapely.force_2d(frame["geometry"].to_numpy(object))
    shapes = gpd.GeoSeries(flat, crs=plan.store.meta.crs).to_crs("EPSG:4326").to_numpy()
    return [
        {
            "id": None if is_missing(row["target_id"]) else row["target_id"],
            "verdict_label": verdicts.label_of(str(row["verdict"]), language),
            "reason": row["reason_en" if language == "en" else "reason"],
            "points": np.round(shapely.get_coordinates(shape), 7).tolist(),
            **{name: _plain(row[name]) for name in _TOLD},
        }
        for row, shape in zip(frame.to_dict("records"), shapes, strict=True)
    ]  # fmt: skip


def _plain(value: Any) -> Any:
    if is_missing(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def to_scenario(plan: OpenPlan, pipes: Sequence[str], name: str, actor: Actor) -> dict[str, Any]:
    """A new scenario with these pipes in the sizes proposed, each a measure with its cost.

    Raises
    ------
    UsageError
        A pipe that the last comparison does not propose, or a name that is taken.
    """
    frame = plan.frame("pipe_upsizing")
    sizes = frame.dropna(subset=["target_id", "to_mm"]).set_index("target_id")["to_mm"].to_dict()
    unknown = [pipe for pipe in pipes if pipe not in sizes]
    if unknown or not pipes:
        raise UsageError(
            Text("没有选中可扩径的管段", "no pipe that can be made wider is chosen"),
            where=", ".join(unknown)[:64] or "pipes",
            fix=Text("先运行“管网扩径比选”，再勾选管段", "compare wider pipes first and tick some of them"),
        )  # fmt: skip
    scenario = scenario_views.start(plan, name, "", actor)
    inside = plan.through(scenario)
    for pipe in dict.fromkeys(pipes):
        wish = {"kind": "bigger_pipe", "pipe": pipe, "nominal_mm": float(sizes[pipe]), "name": pipe}
        add_measure(inside, wish, actor)
    return {"id": scenario, "measures": len(set(pipes))}
