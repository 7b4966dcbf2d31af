"""Wider pipes run again, one by one and together, and what each changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from app.analysis.drainage.params import DrainageParams
from app.analysis.drainage.run import find_drainage
from app.analysis.exposure.find import find_exposure
from app.analysis.sewers.build import heights
from app.analysis.sewers.network import drain_network, stood_in
from app.analysis.storm.params import COUPLED, StormParams
from app.analysis.storm.run import ground_of, storm_over
from app.analysis.upsizing.params import ALONE, UpsizingParams
from app.analysis.upsizing.propose import Proposal, proposals
from app.errors import Text
from app.rules.storm import StormTermTable
from app.schema import layer_named
from app.schema.analysis import Inputs, NoParams, Outcome, Progress

Runner = Callable[[Inputs, Progress], Outcome]
_PRESSED = ("surcharged", "flooded")


@dataclass(frozen=True)
class Found:
    """What one run found: manholes under pressure, what came up, and who stands in the water."""

    loads: pd.DataFrame
    came_up_m3: float
    pressed: int
    zone_m2: float | None = None
    homes: int | None = None


def compare_sizes(inputs: Inputs, params: UpsizingParams, progress: Progress) -> Outcome:
    """Layer ``pipe_upsizing``: the worst drains with the size proposed and what it changes.

    The row of rank 0 has all of them together; the others are ranked by households out of risk,
    then by what comes up no more, then by manholes no longer under pressure.
    """
    terms: StormTermTable = inputs.rules["storm_terms"]
    run = _runner(inputs, params)
    before = _found(run(inputs, _part(progress, 0, 2 + params.worst, "现状", "as it is")), params, inputs)  # fmt: skip
    network = stood_in(
        drain_network(inputs.frames["pipe"], inputs.frames["pipe_node"]),
        roughness_n=terms.term("drain_roughness_n"), least_length_m=terms.term("drain_least_length_m"),
        height_at=heights(inputs.rasters["terrain"]),
    )  # fmt: skip
    wishes = proposals(
        before.loads, network, inputs.rules["drain_sizes"], many=params.worst, size=params.size,
        cover_m=terms.term("drain_least_cover_m"),
    )  # fmt: skip
    able = [one for one in wishes if one.to is not None]
    steps = 2 + len(able) * params.singly
    rows = [_row(one, before, None, "no_room") for one in wishes if one.to is None]
    together = None
    if able:
        part = _part(progress, 1, steps, "全部扩径", "all of them wider")
        together = _found(run(_widened(inputs, able), part), params, inputs)
    for at, one in enumerate(able):
        if not params.singly:
            rows.append(_row(one, before, None, "not_run"))
            continue
        part = _part(progress, 2 + at, steps, f"扩径 {one.pipe_id}", f"{one.pipe_id} wider")
        after = _found(run(_widened(inputs, [one]), part), params, inputs)
        rows.append(_row(one, before, after, _verdict(before, after, terms)))
    frame = _framed(_ranked(rows), _whole(able, before, together, terms), inputs.frames["pipe"])
    return Outcome({"pipe_upsizing": frame}, _counts(frame, able, before, together), notes=_notes(params, wishes))  # fmt: skip


# --- one run -------------------------------------------------------------------------------------------
def _runner(inputs: Inputs, params: UpsizingParams) -> Runner:
    """Runs the drains alone, or storm and drains over one ground."""
    rain: dict[str, Any] = {
        name: getattr(params, name)
        for name in ("return_period_a", "duration_min", "formula", "rain_mm", "cell_m", "after_min")
    }
    if params.water == ALONE:
        alone = DrainageParams(**rain)
        return lambda now, progress: find_drainage(now, alone, progress)
    storm = StormParams(mode="record", drains=COUPLED, scheme=params.scheme, **rain)
    ground = ground_of(inputs, storm)
    return lambda now, progress: storm_over(now, storm, ground, progress)


def _found(outcome: Outcome, params: UpsizingParams, inputs: Inputs) -> Found:
    loads = outcome.layers["drain_load" if params.water == ALONE else "storm_drain"]
    nodes = loads[loads["target_layer"] == "pipe_node"]
    came_up = float(pd.to_numeric(nodes["flood_m3"]).sum())
    pressed = int(nodes["verdict"].isin(_PRESSED).sum())
    if params.water == ALONE:
        return Found(loads, came_up, pressed)
    zones = outcome.layers["storm_zone"]
    wet = replace(
        inputs, frames={**inputs.frames, "storm_zone": zones},
        rasters={**inputs.rasters, "storm_depth": outcome.rasters["storm_depth"]},
    )  # fmt: skip
    exposed = find_exposure(wet, NoParams(), lambda share, doing: None)
    area = float(pd.to_numeric(zones["area_m2"]).sum())
    return Found(loads, came_up, pressed, area, exposed.counts["households"])


def _widened(inputs: Inputs, wider: Sequence[Proposal]) -> Inputs:
    """The same plan with other sizes of these pipes; their inverts stay."""
    sizes = {one.pipe_id: one.to.nominal_mm for one in wider if one.to is not None}
    pipes = inputs.frames["pipe"].copy()
    own = pipes["pipe_id"].isin(sizes)
    pipes["nominal_mm"] = pipes["nominal_mm"].astype(float)
    pipes.loc[own, "nominal_mm"] = pipes.loc[own, "pipe_id"].map(sizes).astype(float)
    return replace(inputs, frames={**inputs.frames, "pipe": pipes})


def _part(progress: Progress, at: int, steps: int, zh: str, en: str) -> Progress:
    def told(share: float, doing: Text) -> None:
        progress((at + share) / steps, Text(f"{zh}：{doing.zh}", f"{en}: {doing.en}"))

    return told


# --- rows ----------------------------------------------------------------------------------------------
def _verdict(before: Found, after: Found, terms: StormTermTable) -> str:
    """Helps where someone is out of risk, notably less comes up, or a manhole is out of pressure."""
    change = terms.term("drain_change_m3")
    gains = (
        (before.homes or 0) - (after.homes or 0), (before.came_up_m3 - after.came_up_m3) / change,
        before.pressed - after.pressed,
    )  # fmt: skip
    first = next((gain for gain in gains if abs(gain) >= 1), 0.0)
    return "helps" if first > 0 else "worse" if first < 0 else "no_change"


def _sides(before: Found, after: Found | None) -> dict[str, Any]:
    then = after or Found(before.loads, float("nan"), 0)
    return {
        "came_up_before_m3": round(before.came_up_m3, 1), "pressed_before": before.pressed,
        "zone_before_m2": before.zone_m2, "homes_before": before.homes,
        "came_up_after_m3": None if after is None else round(then.came_up_m3, 1),
        "pressed_after": None if after is None else then.pressed,
        "zone_after_m2": then.zone_m2, "homes_after": then.homes,
    }  # fmt: skip


def _row(one: Proposal, before: Found, after: Found | None, verdict: str) -> dict[str, Any]:
    return {
        "target_id": one.pipe_id, "verdict": verdict, "from_mm": one.from_mm,
        "to_mm": None if one.to is None else float(one.to.nominal_mm),
        "length_m": round(one.length_m, 1), "cost_fen": one.cost_fen,
        "limited_min": one.limited_min, "flow_max_m3_per_s": one.flow_m3_s,
        "capacity_m3_per_s": one.able_m3_s, "reason": one.why.zh, "reason_en": one.why.en,
        "clause": one.clause, "evidence": one.evidence, **_sides(before, after),
    }  # fmt: skip


def _whole(
    able: Sequence[Proposal], before: Found, after: Found | None, terms: StormTermTable
) -> list[dict[str, Any]]:
    """All of them together; nothing where there is none."""
    if after is None:
        return []
    names = "、".join(one.pipe_id for one in able)
    return [{
        "rank": 0, "target_id": None, "verdict": _verdict(before, after, terms),
        "length_m": round(sum(one.length_m for one in able), 1),
        "cost_fen": sum(one.cost_fen or 0 for one in able),
        "reason": f"{len(able)} 段全部扩径：{names}", "reason_en": f"{len(able)} pipes wider together: {names}",
        "clause": "; ".join(dict.fromkeys(one.to.standard for one in able if one.to)),
        "evidence": [{"layer": "pipe", "id": one.pipe_id, "column": "nominal_mm", "value": one.from_mm} for one in able],
        **_sides(before, after),
    }]  # fmt: skip


def _ranked(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def worth(row: Mapping[str, Any]) -> tuple[Any, ...]:
        gains = [
            (row[f"{name}_after{unit}"] if row[f"{name}_after{unit}"] is not None else row[f"{name}_before{unit}"] or 0)
            - (row[f"{name}_before{unit}"] or 0)
            for name, unit in (("homes", ""), ("came_up", "_m3"), ("pressed", ""))
        ]  # fmt: skip
        return (row["verdict"] == "no_room", *gains, -row["limited_min"], row["target_id"])

    ordered = sorted(rows, key=worth)
    return [{**row, "rank": number} for number, row in enumerate(ordered, start=1)]


def _framed(
    rows: list[dict[str, Any]], whole: list[dict[str, Any]], pipes: pd.DataFrame
) -> gpd.GeoDataFrame:
    lines = pipes.drop_duplicates("pipe_id").set_index("pipe_id")["geometry"]
    told = [
        {
            **row,
            "pipe_upsizing_id": f"PU-{row['rank']:03d}",
            "geometry": lines.get(row["target_id"]),
        }
        for row in (*whole, *rows)
    ]
    columns = [*layer_named("pipe_upsizing").column_names, "geometry"]
    crs = pipes.crs if isinstance(pipes, gpd.GeoDataFrame) else None
    return gpd.GeoDataFrame(told, columns=columns, geometry="geometry", crs=crs)


def _counts(
    frame: gpd.GeoDataFrame, able: Sequence[Proposal], before: Found, after: Found | None
) -> dict[str, int]:
    counts = {
        "proposed": len(able), "helps": int((frame.loc[frame["rank"] > 0, "verdict"] == "helps").sum()),
        "cost_yuan": round(sum(one.cost_fen or 0 for one in able) / 100),
    }  # fmt: skip
    for side, found in (("before", before), ("after", after)):
        if found is None:
            continue
        counts |= {f"came_up_{side}_m3": round(found.came_up_m3), f"pressed_{side}": found.pressed}
        if found.homes is not None:
            counts[f"households_{side}"] = found.homes
    return counts


def _notes(params: UpsizingParams, wishes: Sequence[Proposal]) -> tuple[Text, ...]:
    rooms = sum(one.to is None for one in wishes)
    notes = [Text(
        f"最不利 {len(wishes)} 段（按过流不足历时），重现期 {params.return_period_a:g} 年；扩径时管底不变，造价为工作值",
        f"the {len(wishes)} drains that hold water back longest, return period {params.return_period_a:g} a; inverts stay, costs are working figures",
    )]  # fmt: skip
    if rooms:
        notes.append(Text(f"{rooms} 段覆土不足，未参与重算", f"{rooms} drains have no room under the ground and were not run"))  # fmt: skip
    return tuple(notes)
