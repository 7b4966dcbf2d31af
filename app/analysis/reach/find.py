"""Every door against every kind of facility that residents are judged by, and who lacks what."""

from __future__ import annotations

from collections import Counter

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.nearby.faults import Fault, faults_of
from app.analysis.nearby.gaps import LEVELS, gap_rows, of_level
from app.analysis.nearby.indicators import indicators_of
from app.analysis.nearby.judge import VERDICTS, Judged, Kind, count_within
from app.analysis.nearby.params import ReachParams
from app.analysis.nearby.standing import Standing, standing_of
from app.errors import Text
from app.schema.analysis import Inputs, Outcome, Progress, no_progress
from app.schema.result_layers import REACH

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]


def judge_reach(inputs: Inputs, params: ReachParams, progress: Progress = no_progress) -> Outcome:
    """Walking and straight distance, number in reach and verdict of every door and kind.

    Parameters
    ----------
    inputs
        Layers of the declaration, plan CRS in metres; tables ``facilities``, ``life_circle`` and
        ``complete_community``.
    params
        Who walks. A slower walker is judged by the time that the standard's distance takes.

    Returns
    -------
    Layer ``reach``: one row a door (or building without doors) and kind. ``walk_m`` is the length
    of the way walked, ``straight_m`` the straight line to the nearest facility, which may be
    another one. ``reach_gap``: households by community and township, for each kind and for all
    mandatory kinds of a level at once (kind ``all``). ``community_indicator``: what the standards
    of the complete community and of the size of facilities ask of each community, and what it has.

    Raises
    ------
    CrsError
        A layer does not measure in metres.

    References
    ----------
    GB 50180-2018, Appendices B and C; 建科规〔2020〕7号. The clause of each row travels with its
    results.
    """
    standing = standing_of(inputs, params, progress)
    progress(0.8, Text("汇总户数", "summing households"))
    parts = [
        _reach_rows(standing, kind, judged)
        for kind, judged in zip(standing.kinds, standing.judged, strict=True)
    ]
    layer = _layer(parts, standing, inputs.frames["building"].crs)
    faults = faults_of(standing, inputs.frames)
    layers = {
        "reach": layer,
        "reach_gap": gaps_of(standing),
        "community_indicator": indicators_of(standing, inputs),
    }
    counts = _counts(layer, standing, faults)
    return Outcome(layers, counts, notes=tuple(fault.note for fault in faults))


def _reach_rows(standing: Standing, kind: Kind, judged: Judged) -> pd.DataFrame:
    starts, row = standing.starts, kind.asked.row
    who = np.where(starts.door == "", starts.building, starts.door)
    walk_m, minutes = walked(standing, kind)
    nearest = nearest_ids(standing, kind)
    within = count_within(kind, starts, standing.services, standing.walk)
    return pd.DataFrame(
        {
            "reach_id": row.rule_id + "-" + pd.Series(who, dtype=object),
            "building_id": starts.building,
            "unit_door_id": _or_none(starts.door),
            "community_id": _or_none(starts.community),
            "kind": row.code,
            "profile": standing.params.profile,
            "nearest_id": nearest,
            "walk_m": np.round(walk_m, 3),
            "straight_m": np.round(kind.straight_m, 3),
            "minutes": np.round(minutes, 3),
            "within": pd.Series(within).astype("Int64"),
            "limit_m": np.nan if kind.asked.limit_m is None else kind.asked.limit_m,
            "measure": row.measure,
            "verdict": VERDICTS[judged.verdict],
            "missing": _or_none(judged.missing),
            "rule_id": row.rule_id,
            "clause": kind.asked.clause,
            "households": pd.Series(starts.households).astype("Int64"),
        }
    )


def walked(standing: Standing, kind: Kind) -> tuple[Ints, Ints]:
    """Metres and minutes on foot from every door; NaN where no way is known."""
    ways, town = kind.ways, standing.town
    if ways is None or town is None:
        nothing = np.full(len(standing.starts), np.nan)
        return nothing, nothing
    known = np.isfinite(ways.cost)
    metres = np.where(known, ways.metres, np.nan)
    return metres, np.where(known, ways.cost / town.metres_per_minute, np.nan)


def nearest_ids(standing: Standing, kind: Kind) -> Shapes:
    """The id of the facility that each door was judged by; None where there is none."""
    if kind.asked.by_straight or kind.ways is None:
        found = kind.straight_of
        if not kind.asked.by_straight:
            found = np.full(len(found), -1)
    else:
        found = kind.ways.source
    nearest = np.full(len(standing.starts), None, dtype=object)
    known = found >= 0
    nearest[known] = standing.services.ids[kind.at[found[known]]]
    return nearest


def _or_none(texts: Shapes) -> Shapes:
    found = texts.copy()
    found[texts == ""] = None
    return found


def _layer(parts: list[pd.DataFrame], standing: Standing, crs: object) -> gpd.GeoDataFrame:
    """The rows at their doors; a building without doors stands at a point inside of it."""
    table = pd.concat(parts, ignore_index=True)[list(REACH.column_names)]
    points: Shapes = np.asarray(shapely.points(standing.starts.places.xy), dtype=object)
    return gpd.GeoDataFrame(table, geometry=np.tile(points, len(parts)), crs=crs)


def gaps_of(standing: Standing) -> pd.DataFrame:
    """Households within, beyond and unknown by community and township."""
    homes, places, by_row = standing.homes, standing.places, standing.verdict
    parts = [
        gap_rows(
            item.row.code, by_row[item.row.rule_id], homes, places, item, ";".join(item.row.level)
        )
        for item in standing.asked
    ]
    for level in LEVELS:
        verdict = of_level(level, standing.asked, by_row)
        if verdict is not None:
            parts.append(gap_rows("all", verdict, homes, places, None, level))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _counts(layer: pd.DataFrame, standing: Standing, faults: tuple[Fault, ...]) -> dict[str, int]:
    found = Counter(layer["verdict"].tolist())
    counts = {name: found[name] for name in ("within", "beyond", "unknown")}
    counts["doors_off_the_network"] = 0 if standing.walk is None else len(standing.walk.places.off)
    if standing.town is not None:
        counts["wall_cuts_without_gate"] = len(standing.town.graph.report.cuts_without_gate)
        counts["pieces_of_network"] = standing.town.graph.report.pieces
    told = {"doors_off", "walls_without_gate", "pieces"}
    return counts | {fault.code: fault.count for fault in faults if fault.code not in told}
