"""Every door against every kind of facility that is judged by distance, and who lacks what."""

from __future__ import annotations

from collections import Counter

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.reach.gaps import LEVELS, gap_rows, of_homes, of_level
from app.analysis.reach.homes import Homes, Starts, starts_of
from app.analysis.reach.judge import VERDICTS, Judged, Services, judge_kind, services_of
from app.analysis.reach.network import Town, notes_of, town_of
from app.analysis.reach.params import ReachParams
from app.errors import Text
from app.geo.crs import require_metric
from app.rules.services import FacilityRow
from app.schema.analysis import Inputs, Outcome, Progress, no_progress
from app.schema.result_layers import REACH

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]


def judge_reach(inputs: Inputs, params: ReachParams, progress: Progress = no_progress) -> Outcome:
    """Walking and straight distance, number in reach and verdict of every door and kind.

    Parameters
    ----------
    inputs
        Layers of the declaration, plan CRS in metres; tables ``facilities`` and ``life_circle``.
    params
        Who walks. A slower walker is judged by the time that the standard's distance takes.

    Returns
    -------
    Layer ``reach``: one row a door (or building without doors) and kind. ``walk_m`` is the length
    of the way walked, ``straight_m`` the straight line to the nearest facility, which may be
    another one. ``reach_gap``: households by community and township, for each kind and for all
    mandatory kinds of a level at once (kind ``all``).

    Raises
    ------
    CrsError
        A layer does not measure in metres.

    References
    ----------
    GB 50180-2018, Appendices B and C; the clause of each row travels with its results.
    """
    frames, facilities = inputs.frames, inputs.rules["facilities"]
    for name in ("building", "unit_door", "service", "walkway", "wall", "gate"):
        if len(frames[name]):
            require_metric(frames[name], name)
    rows = facilities.judged_by("walk", "straight")
    starts, homes = starts_of(frames["building"], frames["stair_unit"], frames["unit_door"])
    services = services_of(frames["service"])
    progress(0.05, Text("建立步行网络", "building the walking network"))
    town = town_of(
        frames["walkway"], frames["wall"], frames["gate"], frames["community"],
        inputs.rules["life_circle"], params,
    )  # fmt: skip
    shapes = np.asarray(shapely.force_2d(starts.shape), dtype=object)
    places = town.graph.snap(shapes, limit_m=params.snap_limit_m) if town else None
    joined = town.graph.snap(services.shape, limit_m=params.snap_limit_m) if town else None
    reach, by_row = [], {}
    for k, row in enumerate(rows):
        progress(
            0.2 + 0.6 * k / len(rows), Text(f"计算：{row.name_zh}", f"walking to: {row.name_en}")
        )
        judged = judge_kind(row, town, shapes, places, services, joined)
        reach.append(_reach_rows(row, judged, starts, services, params))
        by_row[row.rule_id] = of_homes(judged.verdict, starts, homes)
    progress(0.85, Text("汇总户数", "summing households"))
    gaps = _gaps(rows, by_row, homes, frames["community"])
    layer = _layer(reach, shapes, len(rows), frames["building"].crs)
    off = 0 if places is None else len(places.off)
    notes = _off_notes(off, 0 if joined is None else len(joined.off), params)
    if town is not None:
        notes += notes_of(town, frames["gate"])
    return Outcome({"reach": layer, "reach_gap": gaps}, _counts(layer, town, off), notes=notes)


def _reach_rows(
    row: FacilityRow, judged: Judged, starts: Starts, services: Services, params: ReachParams
) -> pd.DataFrame:
    n = len(starts)
    nearest = np.full(n, None, dtype=object)
    known = judged.nearest >= 0
    nearest[known] = services.ids[judged.nearest[known]]
    who = np.where(starts.door == "", starts.building, starts.door)
    return pd.DataFrame(
        {
            "reach_id": row.rule_id + "-" + pd.Series(who, dtype=object),
            "building_id": starts.building,
            "unit_door_id": _or_none(starts.door),
            "community_id": _or_none(starts.community),
            "kind": row.code,
            "profile": params.profile,
            "nearest_id": nearest,
            "walk_m": np.round(judged.walk_m, 3),
            "straight_m": np.round(judged.straight_m, 3),
            "minutes": np.round(judged.minutes, 3),
            "within": pd.Series(judged.within).astype("Int64"),
            "limit_m": row.service_radius_m,
            "measure": row.measure,
            "verdict": VERDICTS[judged.verdict],
            "missing": _or_none(judged.missing),
            "rule_id": row.rule_id,
            "clause": row.clause,
            "households": pd.Series(starts.households).astype("Int64"),
        }
    )


def _or_none(texts: Shapes) -> Shapes:
    found = texts.copy()
    found[texts == ""] = None
    return found


def _layer(parts: list[pd.DataFrame], shapes: Shapes, kinds: int, crs: object) -> gpd.GeoDataFrame:
    """The rows at their doors; a building without doors stands at a point inside of it."""
    table = pd.concat(parts, ignore_index=True)[list(REACH.column_names)]
    points = shapely.point_on_surface(shapes) if len(shapes) else shapes
    return gpd.GeoDataFrame(table, geometry=np.tile(points, kinds), crs=crs)


def _gaps(
    rows: tuple[FacilityRow, ...], by_row: dict[str, Ints], homes: Homes,
    communities: gpd.GeoDataFrame,
) -> pd.DataFrame:  # fmt: skip
    township = dict(
        zip(communities["community_id"], communities["township_id"].astype(object), strict=True)
    )
    above = [township.get(name) for name in homes.community]
    places = {
        "community": homes.community,
        "township": np.array(["" if pd.isna(name) else name for name in above], dtype=object),
    }
    parts = [
        gap_rows(row.code, by_row[row.rule_id], homes, places, row, ";".join(row.level))
        for row in rows
    ]
    for level in LEVELS:
        verdict = of_level(level, rows, by_row)
        if verdict is not None:
            parts.append(gap_rows("all", verdict, homes, places, None, level))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _counts(layer: pd.DataFrame, town: Town | None, off: int) -> dict[str, int]:
    found = Counter(layer["verdict"].tolist())
    counts = {name: found[name] for name in ("within", "beyond", "unknown")}
    counts["doors_off_the_network"] = off
    if town is not None:
        counts["wall_cuts_without_gate"] = len(town.graph.report.cuts_without_gate)
        counts["pieces_of_network"] = town.graph.report.pieces
    return counts


def _off_notes(doors: int, services: int, params: ReachParams) -> tuple[Text, ...]:
    told = ((doors, "个单元门或楼栋", "doors or buildings"), (services, "处设施", "facilities"))
    return tuple(
        Text(
            f"{n} {zh}在 {params.snap_limit_m:g} m 内接不上步行网",
            f"{n} {en} join no walkway within {params.snap_limit_m:g} m",
        )
        for n, zh, en in told
        if n
    )
