"""A run of the drains alone: subcatchments, the engine, loads of pipes and manholes, balance."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from app.analysis.drainage.params import STATED, DrainageParams
from app.analysis.sewers.build import (
    balance_told,
    built,
    heights,
    options,
    require_continuity,
    told,
    worst_continuity,
)
from app.analysis.sewers.clauses import clauses_of
from app.analysis.sewers.engine import Answer, Engine
from app.analysis.sewers.load import asked_names, drain_loads
from app.analysis.sewers.model import Model, model_text
from app.analysis.sewers.rain import rain_sections, subcatchments
from app.analysis.storm.ground import Ground, make_ground
from app.analysis.storm.params import StormParams
from app.analysis.storm.rain import Storm
from app.analysis.storm.run import design_storm
from app.errors import Text
from app.geo.basins import Basins, find_basins
from app.geo.grids import burn
from app.rules.storm import StormTermTable
from app.schema.analysis import Inputs, Outcome, Progress

_TOLD_EVERY_S = 300.0
STEP_SHARES = (1.0, 0.25)
FINDINGS = ("free", "full", "bottleneck", "surcharged", "flooded", "unknown")


def find_drainage(inputs: Inputs, params: DrainageParams, progress: Progress) -> Outcome:
    """Layer ``drain_load``: what each pipe and manhole bears in the storm."""
    terms: StormTermTable = inputs.rules["storm_terms"]
    pipes, nodes = inputs.frames["pipe"], inputs.frames["pipe_node"]
    storm = asked_storm(inputs, params)
    progress(0.02, Text("建立管网模型", "building the model of the drains"))
    model = built(
        pipes, nodes, terms, fills=params.fill == STATED, height_at=heights(inputs.rasters["terrain"])
    )  # fmt: skip
    notes: list[Text] = []
    for part in STEP_SHARES:
        text, areas, lost = rained_model(inputs, params, model, storm, step_share=part)
        progress(0.3, Text("管网演算", "routing the drains"))
        answer = routed(inputs.engines["swmm"], model, text, progress)
        if worst_continuity(answer.totals) <= terms.term("continuity_limit"):
            break
        notes = [
            Text(
                "连续性误差超限，已缩短步长重算",
                "continuity was too far off: run again with a shorter step",
            )
        ]
    require_continuity(answer.totals, terms)
    clauses = clauses_of(inputs.rules["stormwater_design"], pipes, nodes)
    loads = drain_loads(model, answer, pipes, nodes, clauses, flood_m3=terms.term("drain_flood_m3"))
    area_m2 = float(areas["area_m2"].sum())
    return Outcome(
        {"drain_load": loads}, _counts(loads, answer, area_m2),
        notes=(balance_told(answer.totals, area_m2), *_notes(storm, areas, lost), *told(model), *notes),
    )  # fmt: skip


def asked_storm(inputs: Inputs, params: DrainageParams) -> Storm:
    """The rain that the parameters ask for."""
    rain = StormParams(
        return_period_a=params.return_period_a, duration_min=params.duration_min,
        peak_ratio=params.peak_ratio, formula=params.formula, rain_mm=params.rain_mm,
        hyetograph=params.hyetograph,
    )  # fmt: skip
    return design_storm(rain, inputs.rules["rainstorm"])


def rained_model(
    inputs: Inputs, params: DrainageParams, model: Model, storm: Storm, *, step_share: float = 1.0
) -> tuple[str, pd.DataFrame, float]:
    """The model's text with its subcatchments and storm, these, and the area (m²) without a drain."""
    terms: StormTermTable = inputs.rules["storm_terms"]
    surfaces = inputs.rules["storm_surfaces"]
    ground = make_ground(
        inputs.rasters["terrain"], inputs.frames["building"], inputs.frames["landcover"], surfaces,
        terms, cell_m=params.cell_m,
    )  # fmt: skip
    entries = model.nodes[model.nodes["kind"] != "outfall"].reset_index(drop=True)
    basins = _basins(inputs.frames["catchment"], ground, entries)
    areas = subcatchments(basins, ground.soil, ground.catch, surfaces, ground.frame.cell_m)
    lost = float(ground.catch[basins.outlet == 0].sum()) * ground.frame.area_m2
    hours = (storm.duration_min + params.after_min) / 60.0
    sections = rain_sections(
        model, areas, list(entries["pipe_node_id"]), storm.minutes, storm.fallen_mm
    )
    return model_text(model, options(terms, hours, step_share), sections), areas, lost


def _basins(catchments: pd.DataFrame, ground: Ground, entries: pd.DataFrame) -> Basins:
    """Areas of the nodes: those that the plan draws, else what the ground leads to each."""
    frame = ground.frame
    cells = frame.cell_of(entries["x"].to_numpy(float), entries["y"].to_numpy(float))
    found = find_basins(ground.z, ground.kind, cells, frame.cell_m)
    place = {node: at + 1 for at, node in enumerate(entries["pipe_node_id"])}
    drawn = catchments[catchments["outlet_node_id"].isin(place)]
    if not len(drawn):
        return found
    numbers = [place[node] for node in drawn["outlet_node_id"]]
    burnt = burn(frame, list(drawn["geometry"]), numbers)
    outlet = np.where(ground.is_open, burnt, -1).astype(np.int32)
    return Basins(outlet, found.way_m, found.drop_m)


def routed(engine: Engine, model: Model, text: str, progress: Progress) -> Answer:
    """The engine's answer, told of on the way so that it can be cancelled."""
    nodes, links = asked_names(model)
    nothing = np.zeros(0)
    seconds = _whole_s(text)
    with engine.open(text, nodes=nodes, links=links) as session:
        until = 0.0
        while until < seconds:
            until = min(until + _TOLD_EVERY_S, seconds)
            session.send(until, nothing)
            session.receive()
            share = until / seconds
            progress(0.3 + 0.6 * share, Text(f"管网演算到第 {until / 60:.0f} 分钟", f"drains at minute {until / 60:.0f}"))  # fmt: skip
        return session.end()


def _whole_s(text: str) -> float:
    """Length of the run by its own options."""
    words = dict(line.split(maxsplit=1) for line in text.splitlines() if line.startswith("END_"))
    h, m, s = (int(part) for part in words["END_TIME"].split(":"))
    days = int(words["END_DATE"].split("/")[1]) - 1
    return float(((days * 24 + h) * 60 + m) * 60 + s)


def _counts(loads: gpd.GeoDataFrame, answer: Answer, area_m2: float) -> dict[str, int]:
    counts = {name: int((loads["verdict"] == name).sum()) for name in FINDINGS}
    totals = answer.totals
    return counts | {
        "rain_m3": round(totals.rain_mm / 1000 * area_m2), "outflow_m3": round(totals.outflow_m3),
        "flood_m3": round(totals.flooded_m3),
        "continuity_ppm": round(1e6 * worst_continuity(totals)),
    }  # fmt: skip


def _notes(storm: Storm, areas: pd.DataFrame, lost_m2: float) -> list[Text]:
    area = float(areas["area_m2"].sum())
    notes = [Text(
        f"降雨 {storm.depth_mm:.1f} mm / {storm.duration_min:.0f} 分钟，{len(areas)} 个汇水区共 {area / 1e4:.1f} ha；{lost_m2 / 1e4:.1f} ha 不汇入管网",
        f"rain of {storm.depth_mm:.1f} mm in {storm.duration_min:.0f} minutes on {len(areas)} subcatchments of {area / 1e4:.1f} ha; {lost_m2 / 1e4:.1f} ha drain elsewhere",
    )]  # fmt: skip
    return notes if storm.note is None else [*notes, storm.note]
