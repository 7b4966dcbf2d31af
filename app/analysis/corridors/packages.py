"""Planned digs that lie side by side within days of each other, as packages that open once."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.corridors.digs import Digs, planned_digs
from app.analysis.corridors.params import CorridorParams
from app.errors import Text
from app.geo.beside import Stretch, beside, drawn, metres, united, without
from app.geo.crs import require_metric
from app.geo.segments import explode, near_pairs
from app.rules.conflicts import DigSavingTable
from app.schema import layer_named
from app.schema.analysis import Inputs, Outcome, Progress, no_progress

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

OPPORTUNITY, CONFLICT = "opportunity", "conflict"
# Where two digs run, on the lines of the first: by number of line.
Shared = dict[tuple[int, int], dict[int, list[Stretch]]]


@dataclass(frozen=True)
class Joins:
    """Pairs of digs that may be one, the stretches they share, and whether their days overlap."""

    shared: Shared
    overlap: dict[tuple[int, int], bool]


def find_corridors(
    inputs: Inputs, params: CorridorParams, progress: Progress = no_progress
) -> Outcome:
    """Dig-once packages of everybody's planned digs.

    Parameters
    ----------
    inputs
        Layers of the declaration, plan CRS in metres; rule table ``dig_saving``.
    params
        Distance and days where an organisation states none, and what is side by side.

    Returns
    -------
    Layer ``corridor``: one row a package, its id made of its members' ids, so that a rerun keeps
    it. ``shared_m`` is trench that serves two digs or more, ``saved_m`` what is not dug again.
    Packages in which the periods of two parties overlap are ``conflict``, others ``opportunity``.

    Raises
    ------
    CrsError
        A layer does not measure in metres.
    """
    frames, saving = inputs.frames, inputs.rules["dig_saving"]
    for name in ("work", "pipe", "community_item"):
        require_metric(frames[name], name)
    progress(0.1, Text("汇总计划开挖", "gathering the planned digs"))
    digs, left_out = planned_digs(frames, saving, params)
    progress(0.4, Text("查找并行开挖", "finding digs side by side"))
    joins = joined_pairs(digs, params)
    packages = _grouped(digs, joins)
    rows = [_row(members, digs, joins, saving) for members in packages]
    layer = _layer(rows, frames["work"].crs)
    kinds = Counter(layer["kind"].tolist())
    counts = {
        "digs": len(digs),
        OPPORTUNITY: kinds.get(OPPORTUNITY, 0),
        CONFLICT: kinds.get(CONFLICT, 0),
        "without_place": left_out["without_place"],
        "without_period": left_out["without_period"],
        "ends_before_start": left_out["ends_before_start"],
    }
    return Outcome({"corridor": layer}, counts)


def joined_pairs(digs: Digs, params: CorridorParams) -> Joins:
    """Pairs near enough, soon enough after one another, and side by side for long enough."""
    stretches = _side_by_side(digs, params)
    joins = Joins({}, {})
    for a, b in sorted({(min(pair), max(pair)) for pair in stretches}):
        both = stretches.get((a, b), {}), stretches.get((b, a), {})
        side = [sum(metres(parts) for parts in one.values()) for one in both]
        if not min(side) >= params.least_shared_m - 1e-9 or not _soon(digs, a, b):
            continue
        overlap = _days_between(digs, a, b) == 0
        if overlap and _one_project(digs, a, b):
            continue
        joins.shared[a, b], joins.shared[b, a] = both
        # One party that opens twice at one time needs no agreement with anybody.
        joins.overlap[a, b] = overlap and not (digs.owner[a] == digs.owner[b] != "")
    return joins


def _side_by_side(digs: Digs, params: CorridorParams) -> Shared:
    """For each ordered pair of digs the stretches of the first that run beside the second."""
    segments = explode(digs.lines)
    reaches, group = np.unique(digs.reach_m, return_inverse=True)
    dig = digs.dig[segments.line]
    limit = np.minimum(reaches[:, None], reaches[None, :])
    found = near_pairs(segments, group[dig].astype(np.int64), np.zeros(len(segments)), limit)
    cosine = float(np.cos(np.radians(params.largest_angle_deg)))
    raw: dict[tuple[int, int], dict[int, list[Stretch]]] = defaultdict(lambda: defaultdict(list))
    for first, second in ((found.first, found.second), (found.second, found.first)):
        far = np.minimum(digs.reach_m[dig[first]], digs.reach_m[dig[second]])
        begin, end = beside(segments, first, second, far, cosine)
        for k in np.flatnonzero((end > begin) & (dig[first] != dig[second])):
            pair = int(dig[first[k]]), int(dig[second[k]])
            raw[pair][int(segments.line[first[k]])].append((float(begin[k]), float(end[k])))
    return {
        pair: {line: united(parts) for line, parts in by_line.items()}
        for pair, by_line in raw.items()
    }


def _days_between(digs: Digs, a: int, b: int) -> int:
    """Days from the end of the one to the start of the other; 0 where they share a day."""
    gap = max(digs.first_day[b] - digs.last_day[a], digs.first_day[a] - digs.last_day[b])
    return max(int(gap), 0)


def _soon(digs: Digs, a: int, b: int) -> bool:
    return _days_between(digs, a, b) <= min(int(digs.days[a]), int(digs.days[b]))


def _one_project(digs: Digs, a: int, b: int) -> bool:
    """Two digs of one party at one time for one thing are parts of a project, not two."""
    same = digs.owner[a] == digs.owner[b] != ""
    return bool(same and (digs.what[a] == digs.what[b] or "" in (digs.what[a], digs.what[b])))


def _grouped(digs: Digs, joins: Joins) -> list[list[int]]:
    """Digs that hang together by pairs and of which every two are soon enough after one another.

    Pairs nearest in time join first, of equals those first by key: a dig that fits two groups that
    do not fit each other goes with the one nearer in time. Two or more each, by first member.
    """
    group = {i: [i] for i in range(len(digs))}
    pairs = {(min(pair), max(pair)) for pair in joins.shared}
    nearest_first = sorted(
        pairs, key=lambda pair: (_days_between(digs, *pair), *(digs.key[i] for i in pair))
    )
    for a, b in nearest_first:
        one, other = group[a], group[b]
        if one is other or not all(_soon(digs, i, j) for i in one for j in other):
            continue
        one += other
        for i in other:
            group[i] = one
    found = {id(members): sorted(members) for members in group.values() if len(members) > 1}
    return sorted(found.values())


def _row(members: list[int], digs: Digs, joins: Joins, saving: DigSavingTable) -> dict[str, object]:
    length = {i: float(shapely.length(digs.lines[digs.dig == i]).sum()) for i in members}
    order = _opening_order(members, digs, joins)
    opened, joined = _trench(order, joins)
    width = dict(zip(members, saving.repaved_width_m(digs.width_m[members]), strict=True))
    saved_m = sum(joined[i] for i in order)
    shared = [part for i in order for line, parts in opened[i].items()
              for part in drawn(digs.lines[line], parts)]  # fmt: skip
    opened_m = float(shapely.length(shared).sum())
    # Each metre of shared trench saves at least one; more is a dig beside parts of itself.
    shared_m = min(opened_m, saved_m)
    added = saving.term("added_width")
    once = sum(width[i] * sum(map(metres, opened[i].values())) for i in order)
    once *= shared_m / opened_m
    saved_m2 = sum(max(width[i] - added, 0.0) * joined[i] for i in order)
    openings = sum(joined[i] > 0 for i in order)
    keys = sorted(digs.key[i] for i in members)
    overlaps = sorted(
        [digs.key[a], digs.key[b]]
        for (a, b), overlap in joins.overlap.items()
        if overlap and a in length and b in length
    )
    days = digs.first_day[members].min(), digs.last_day[members].max()
    return {
        "corridor_id": "CR-" + hashlib.sha256("\n".join(keys).encode()).hexdigest()[:12],
        "name": digs.name[order[0]],
        "member_ids": keys,
        "organisation_ids": sorted({digs.owner[i] for i in members} - {""}),
        "kind": CONFLICT if overlaps else OPPORTUNITY,
        "shared_m": round(shared_m, 2),
        "saved_m": round(saved_m, 2),
        "repaving_m2": round(once + added * saved_m, 2),
        "saved_repaving_m2": round(saved_m2, 2),
        "saved_fen": saving.saved_fen(saved_m, saved_m2, openings),
        "lead_id": _lead(members, length, digs),
        "starts_on": str(np.datetime64(int(days[0]), "D")),
        "ends_on": str(np.datetime64(int(days[1]), "D")),
        "overlaps": overlaps,
        "rule_id": saving.rows[0].rule_id,
        "geometry": shapely.multilinestrings(shared),
    }


def _opening_order(members: list[int], digs: Digs, joins: Joins) -> list[int]:
    """Who shares most opens first; next is always who shares most with those already there.

    So a run that others lie on both sides of is the trench, and each metre is saved once.
    """
    beside = {
        (i, j): sum(map(metres, joins.shared.get((i, j), {}).values()))
        for i in members
        for j in members
    }

    def most(left: list[int], among: list[int]) -> int:
        return min(left, key=lambda i: (-round(sum(beside[i, j] for j in among), 3), digs.key[i]))

    order = [most(members, members)]
    while len(order) < len(members):
        order.append(most([i for i in members if i not in order], order))
    return order


def _trench(
    order: list[int], joins: Joins
) -> tuple[dict[int, dict[int, list[Stretch]]], dict[int, float]]:
    """For each dig the stretches where it opens for later ones, and the metres where it joins."""
    place = {i: k for k, i in enumerate(order)}
    opened: dict[int, dict[int, list[Stretch]]] = {}
    joined: dict[int, float] = {}
    for i in order:
        before: dict[int, list[Stretch]] = defaultdict(list)
        after: dict[int, list[Stretch]] = defaultdict(list)
        for j in order:
            into = before if place[j] < place[i] else after
            for line, parts in joins.shared.get((i, j), {}).items():
                into[line] += parts
        taken = {line: united(parts) for line, parts in before.items()}
        opened[i] = {
            line: without(united(parts), taken.get(line, [])) for line, parts in after.items()
        }
        joined[i] = sum(map(metres, taken.values()))
    return opened, joined


def _lead(members: list[int], length: dict[int, float], digs: Digs) -> str:
    """Who opens most metres of the package; of equals who starts first."""
    dug: dict[str, float] = defaultdict(float)
    first: dict[str, int] = {}
    for i in members:
        owner = digs.owner[i]
        if owner:
            dug[owner] += length[i]
            first[owner] = min(first.get(owner, int(digs.first_day[i])), int(digs.first_day[i]))
    return min(dug, key=lambda o: (-round(dug[o], 3), first[o], o)) if dug else ""


def _layer(rows: list[dict[str, object]], crs: object) -> pd.DataFrame:
    columns = [*layer_named("corridor").column_names]
    rows = sorted(rows, key=lambda row: str(row["corridor_id"]))
    frame = pd.DataFrame({name: [row[name] for row in rows] for name in columns})
    shapes = [row["geometry"] for row in rows]
    layer: pd.DataFrame = gpd.GeoDataFrame(frame, geometry=shapes, crs=crs)
    return layer
