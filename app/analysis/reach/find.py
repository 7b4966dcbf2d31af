"""Every door against every kind of facility that residents are judged by, and who lacks what."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from geopandas.array import GeometryArray

from app.analysis.nearby.faults import Fault, faults_of
from app.analysis.nearby.gaps import LEVELS, Placed, gap_rows, of_level
from app.analysis.nearby.indicators import indicators_of
from app.analysis.nearby.judge import VERDICTS, Kind, count_within
from app.analysis.nearby.params import ReachParams
from app.analysis.nearby.standing import THREADS, Standing, standing_of
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
    layer = rows_of(standing, inputs.frames["building"].crs)
    faults = faults_of(standing, inputs.frames)
    layers = {
        "reach": layer,
        "reach_gap": gaps_of(standing),
        "community_indicator": indicators_of(standing, inputs),
    }
    counts = _counts(standing, faults)
    return Outcome(layers, counts, notes=tuple(fault.note for fault in faults))


def rows_of(standing: Standing, crs: object) -> gpd.GeoDataFrame:
    """One row a door and kind, the doors of a kind together, at their doors.

    A building without doors stands at a point inside of it. There may be millions of rows: each
    column is made whole, those of doors and of kinds from the few texts that they repeat.
    """
    starts, kinds = standing.starts, standing.kinds
    n, rows = len(starts), [kind.asked.row for kind in kinds]
    door, rule = np.tile(np.arange(n), len(kinds)), np.repeat(np.arange(len(kinds)), n)
    who = np.where(starts.door == "", starts.building, starts.door)
    walks = [walked(standing, kind) for kind in kinds]
    with ThreadPoolExecutor(max_workers=min(os.cpu_count() or 1, THREADS)) as pool:
        within = list(pool.map(
            lambda kind: count_within(kind, starts, standing.services, standing.walk), kinds
        ))  # fmt: skip
    limits = [kind.asked.limit_m for kind in kinds]
    households = _numbers(starts.households)
    table = {
        "reach_id": _whole([row.rule_id + "-" + who for row in rows], object),
        "building_id": _texts(starts.building).take(door),
        "unit_door_id": _texts(_or_none(starts.door)).take(door),
        "community_id": _texts(_or_none(starts.community)).take(door),
        "kind": _texts([row.code for row in rows]).take(rule),
        "profile": _texts([standing.params.profile]).take(np.zeros(len(door), np.int64)),
        "nearest_id": _whole([nearest_ids(standing, kind) for kind in kinds], object),
        "walk_m": np.round(_whole([metres for metres, _ in walks]), 3),
        "straight_m": np.round(_whole([kind.straight_m for kind in kinds]), 3),
        "minutes": np.round(_whole([minutes for _, minutes in walks]), 3),
        "within": _numbers(_whole(within)),
        "limit_m": np.repeat([np.nan if m is None else m for m in limits], n),
        "measure": _texts([row.measure for row in rows]).take(rule),
        "verdict": _texts(VERDICTS.tolist()).take(
            _whole([judged.verdict for judged in standing.judged], np.int64)
        ),
        "missing": _whole([_or_none(judged.missing) for judged in standing.judged], object),
        "rule_id": _texts([row.rule_id for row in rows]).take(rule),
        "clause": _texts([kind.asked.clause for kind in kinds]).take(rule),
        "households": households.take(door),
    }
    points: Shapes = np.asarray(shapely.points(starts.places.xy), dtype=object)
    frame = pd.DataFrame({name: _as_is(table[name]) for name in REACH.column_names}, copy=False)
    geometry = GeometryArray(np.tile(points, len(kinds)), crs=crs)
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=crs, copy=False)


def _whole(parts: list[Any], dtype: Any = np.float64) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *parts]).astype(dtype, copy=False)


def _texts(texts: Any) -> Any:
    """Texts in the way of pandas, repeated without being looked through again."""
    column = pd.Series(texts)
    return column.to_numpy(object) if column.dtype == object else column.array


def _numbers(values: npt.NDArray[np.float64]) -> Any:
    """Whole numbers, unknown where they are NaN."""
    unknown = np.isnan(values)
    whole = np.where(unknown, 0.0, values).astype(np.int64)
    return pd.arrays.IntegerArray(whole, unknown)


def _as_is(column: Any) -> Any:
    """A column that is neither copied nor looked through for its kind."""
    return pd.Series(column, dtype=column.dtype, copy=False)


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


def gaps_of(standing: Standing) -> pd.DataFrame:
    """Households within, beyond and unknown by community and township."""
    homes, by_row = standing.homes, standing.verdict
    places = [Placed.by(layer, ids) for layer, ids in standing.places.items()]
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


def _counts(standing: Standing, faults: tuple[Fault, ...]) -> dict[str, int]:
    found = np.zeros(len(VERDICTS), dtype=np.int64)
    for judged in standing.judged:
        found += np.bincount(judged.verdict, minlength=len(VERDICTS))
    of = dict(zip(VERDICTS.tolist(), found.tolist(), strict=True))
    counts = {name: of[name] for name in ("within", "beyond", "unknown")}
    counts["doors_off_the_network"] = 0 if standing.walk is None else len(standing.walk.places.off)
    if standing.town is not None:
        counts["wall_cuts_without_gate"] = len(standing.town.graph.report.cuts_without_gate)
        counts["pieces_of_network"] = standing.town.graph.report.pieces
    told = {"doors_off", "walls_without_gate", "pieces"}
    return counts | {fault.code: fault.count for fault in faults if fault.code not in told}
