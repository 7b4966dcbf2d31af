"""A way out for a planned pipe in conflict: searched, judged by the clearance run, never applied."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from app.errors import Text, UsageError
from app.schema.analysis import parse_params
from app.services.live_check import (
    WGS84,
    Resident,
    check_draft,
    draft_of,
    facts_of,
    reach_of,
    resident_of,
    widest_m,
)
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    import shapely
    from geopandas import GeoDataFrame
    from pandas import DataFrame

    from app.analysis.conflicts.scene import Scene
    from app.analysis.design_help import Answer, Limits, Start, Verdict, Way

GRAVITY = "PS"
_JOINED_M = 0.02
_LEAST_SLOPE = "min_slope_DN300_concrete"
_LEAST_SHORT_M = 1e-6
# How depths and levels change with each metre deeper.
_MOVES = {"start_depth_m": 1, "end_depth_m": 1, "start_invert_m": -1, "end_invert_m": -1}
_BEFORE = ("conflict", "possible", "unverified")


@dataclass(frozen=True)
class Case:
    """One draft with what lies around it, ready to be judged in batches."""

    resident: Resident
    draft: GeoDataFrame
    params: Any
    scene: Scene
    pipes: GeoDataFrame
    buildings: GeoDataFrame

    @property
    def name(self) -> str:
        return str(self.draft["pipe_id"].iloc[0])


def design_help(plan: OpenPlan, body: Mapping[str, Any]) -> dict[str, object]:
    """The cheapest way for a drafted pipe that clears all rules; nothing is stored.

    ``body`` is that of the live check; ``geometry`` may be left out for a pipe of the plan
    (``replaces``). ``limits`` may narrow or widen the search: ``sideways_m``, ``deeper_m``.

    Raises
    ------
    UsageError, InvalidDataError
        As for the live check; or a limit that is out of range.
    """
    from app.analysis import analysis_named

    settings = body.get("settings")
    params = parse_params(
        analysis_named("conflicts").params, settings if isinstance(settings, dict) else {}
    )
    limits = _limits(body.get("limits"))
    resident = resident_of(plan)
    draft = draft_of(plan, resident, body)
    case = case_of(resident, draft, params, limits)
    rows, _ = check_draft(resident, draft, params)
    start, notes = start_of(case)
    answer = searched(case, start, rows, limits)
    if answer.best is None:
        notes += ends_too_near(case, rows)
    return _told(plan, case, start, rows, answer, notes)


def _limits(said: object) -> Limits:
    from app.analysis.design_help import Limits

    given = said if isinstance(said, dict) else {}
    found = {}
    for name, most in (("sideways_m", 20.0), ("deeper_m", 5.0), ("shallower_m", 5.0)):
        value = given.get(name, getattr(Limits, name))
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise UsageError(
                Text(f"搜索范围 {name} 应在 0–{most:g} m", f"{name} is from 0 to {most:g} m"),
                where=f"limits.{name}",
                fix=Text("改小后重试", "choose a smaller one"),
            )
        found[name] = float(value)
    # A wide search goes in wider steps, so that it asks about as many ways.
    step = 0.25 if found["sideways_m"] <= 5 else 0.5
    return Limits(
        sideways_m=found["sideways_m"],
        sideways_step_m=step,
        deeper_m=found["deeper_m"],
        shallower_m=found["shallower_m"],
    )


def case_of(resident: Resident, draft: GeoDataFrame, params: Any, limits: Limits) -> Case:
    """Everything within reach of any way, so that the layers are searched once."""
    corridor = draft.geometry.iloc[0].buffer(limits.sideways_m)
    reach = reach_of(resident, params) + widest_m(draft)
    name = str(draft["pipe_id"].iloc[0])
    pipes = within(resident.frames["pipe"], corridor, reach)
    return Case(
        resident, draft, params, resident.scene.near(corridor, reach, without=name),
        pipes[pipes["pipe_id"] != name], within(resident.frames["building"], corridor, reach),
    )  # fmt: skip


def within(frame: Any, area: Any, reach_m: float) -> Any:
    """The rows within reach of an area."""
    return frame.iloc[np.sort(frame.sindex.query(area, predicate="dwithin", distance=reach_m))]


def start_of(case: Case) -> tuple[Start, list[Text]]:
    """What holds for the depth of the pipe, and what about it could not be checked."""
    import shapely

    from app.analysis.design_help import Start

    row, line = case.draft.iloc[0], case.draft.geometry.iloc[0]
    flat = shapely.force_2d(line)
    if str(row.get("pipe_class") or "") != GRAVITY:
        return Start(flat), []
    own = case.pipes
    own = own[own["pipe_class"] == GRAVITY]
    ends = [shapely.Point(flat.coords[at]) for at in (0, -1)]
    joined = any(shapely.distance(own.geometry.to_numpy(), end).min(initial=np.inf) <= _JOINED_M
                 for end in ends) if len(own) else False  # fmt: skip
    notes = []
    if joined:
        notes.append(
            Text(
                "端点接入重力管网，不改变埋深", "an end joins the gravity network: its levels stay"
            )
        )
    levels = [row.get("start_invert_m"), row.get("end_invert_m")]
    if any(v is None or v != v for v in levels) and line.has_z:
        levels = [line.coords[0][2], line.coords[-1][2]]
    if any(v is None or v != v for v in levels):
        notes.append(
            Text("缺少管底高程，坡度未核查", "no inverts are known: the slope is not checked")
        )
        return Start(flat, may_sink=not joined), notes
    fall = abs(float(levels[0]) - float(levels[1]))
    least = _least_slope()
    if fall / flat.length < least:
        notes.append(Text(f"原坡度 {fall / flat.length:.4f} 已小于最小坡度 {least:g}",
                          f"the slope of {fall / flat.length:.4f} is under the least one, {least:g}, already"))  # fmt: skip
    return Start(flat, may_sink=not joined, fall_m=fall, least_slope=least), notes


def ends_too_near(case: Case, rows: DataFrame) -> list[Text]:
    """Pipes that an end of this one is too near to: only moving the end makes room for certain."""
    import shapely

    line = shapely.force_2d(case.draft.geometry.iloc[0])
    ends = [shapely.Point(line.coords[at]) for at in (0, -1)]
    lines: Any = case.pipes.set_index("pipe_id").geometry
    near = []
    for row in rows[(rows["check"] == "horizontal") & (rows["verdict"] == "conflict")].itertuples():
        other = row.b_id if row.a_id == case.name else row.a_id
        if row.b_layer != "pipe" or other not in lines.index:
            continue
        shape = shapely.force_2d(lines[other])
        walls = line.distance(shape) - row.gap_m
        if min(end.distance(shape) for end in ends) - walls < row.required_m:
            near.append(str(other))
    if not near:
        return []
    names = "、".join(near)
    return [
        Text(f"端点本身距 {names} 过近，先移动端点再试",
             f"an end itself is too near to {names}: move the end and try again")
    ]  # fmt: skip


def _least_slope() -> float:
    """The least slope of a drain, of the table of stormwater design."""
    from app.rules.book import STORM_DESIGN
    from app.store.rule_files import load_rules

    row = next(row for row in load_rules(STORM_DESIGN.name) if row.parameter == _LEAST_SLOPE)
    return float(row.value)


def searched(case: Case, start: Start, rows: DataFrame, limits: Limits) -> Answer:
    import shapely

    from app.analysis.design_help import cheapest

    bad = rows[rows["verdict"].isin(["conflict", "possible"])]
    wrong = bad[bad["check"] != "cover"]
    stations = np.array(
        [start.line.project(point) for point in wrong.geometry.to_numpy()], dtype=float
    )
    ends = shapely.MultiPoint([start.line.coords[0], start.line.coords[-1]])
    buildings = case.buildings.geometry.to_numpy()
    # A pipe may end in the building that it serves.
    others: Any = buildings[shapely.distance(buildings, ends) > _JOINED_M] if len(buildings) else []
    return cheapest(start, lambda some: judged(case, some), others, stations, limits)


def judged(case: Case, some: Sequence[tuple[Way, shapely.LineString]]) -> list[Verdict]:
    """Verdicts of many ways by one run that takes them for alternatives of one another."""
    from app.analysis.conflicts.find import conflicts_in
    from app.analysis.design_help import Verdict

    name = case.name
    names = tuple(f"{name}\x7f{k}" for k in range(len(some)))
    tries = as_rows(case.draft, some)
    tries["pipe_id"] = names
    scene = case.scene.with_pipes(facts_of(case.resident, tries))
    outcome = conflicts_in(scene, case.resident.clearance, case.params, case.draft.crs, about=names)
    layer = outcome.layers["conflict"]
    known = {name: k for k, name in enumerate(names)}
    short, possible = np.zeros(len(names)), np.zeros(len(names), int)
    in_plan, left = np.zeros(len(names), bool), np.zeros(len(names), int)
    columns = (layer[name] for name in ("a_id", "b_id", "check", "verdict", "deficit_m"))
    for a, b, check, verdict, deficit in zip(*columns, strict=True):
        k = known[a] if a in known else known[b]
        if verdict not in ("conflict", "possible"):
            continue
        in_plan[k] |= check == "horizontal"
        left[k] += 1
        if verdict == "possible":
            possible[k] += 1
        else:
            short[k] += max(float(np.nan_to_num(deficit)), _LEAST_SHORT_M)
    told = zip(short.tolist(), possible.tolist(), in_plan.tolist(), left.tolist(), strict=True)
    return [Verdict(*one) for one in told]


def as_rows(draft: GeoDataFrame, some: Sequence[tuple[Way, shapely.LineString]]) -> GeoDataFrame:
    """The draft as it would be on each way: line, depths, levels; heights linear along it."""
    rows = draft.iloc[np.zeros(len(some), int)].reset_index(drop=True)
    rows.geometry = [_with_heights(draft.geometry.iloc[0], way, line) for way, line in some]
    deeper = np.array([way.deeper_m for way, _ in some])
    for name, sign in _MOVES.items():
        value = draft[name].iloc[0]
        if value is not None and value == value:
            rows[name] = np.round(float(value) + sign * deeper, 4)
    return rows


def _with_heights(
    old: shapely.LineString, way: Way, line: shapely.LineString
) -> shapely.LineString:
    import shapely

    if not old.has_z:
        return line
    first, last = old.coords[0][2], old.coords[-1][2]
    places = shapely.get_coordinates(line)
    along = np.append(0.0, np.cumsum(np.hypot(*np.diff(places, axis=0).T)))
    heights = first + (last - first) * along / along[-1] - way.deeper_m
    return shapely.LineString(np.column_stack([places, heights]))


def _told(
    plan: OpenPlan, case: Case, start: Start, rows: DataFrame, answer: Answer, notes: list[Text]
) -> dict[str, object]:
    """The proposal as a draft to look at and to accept, judged once more by the live check."""
    import shapely

    from app.analysis.design_help import Way, bends_of, cost_of, drawn
    from app.services.table import plain_rows

    way = answer.best or answer.nearest
    told: dict[str, object] = {
        "pipe_id": case.name,
        "found": answer.best is not None,
        "tried": answer.tried,
        "complete": answer.complete,
        "notes": [{"zh": note.zh, "en": note.en} for note in notes],
        "before": _counts(rows),
    }
    line = drawn(start, way) if way is not None else None
    if way is None or line is None or (answer.best is None and way == Way()):
        return told
    proposed = as_rows(case.draft, [(way, line)])
    after, _ = check_draft(case.resident, proposed, case.params)
    still: Any = after[after["verdict"].isin(["conflict", "possible"])]
    flat = proposed.to_crs(WGS84).geometry.iloc[0]
    changed = {
        name: float(proposed[name].iloc[0])
        for name in _MOVES
        if way.deeper_m and proposed[name].iloc[0] == proposed[name].iloc[0]
        and proposed[name].iloc[0] is not None
    }  # fmt: skip
    places = still.to_crs(WGS84).geometry
    told |= {
        "geometry": json.loads(shapely.to_geojson(_rounded(flat))),
        "attributes": changed,
        "cost_m": round(cost_of(start, way, line), 3),
        "added_m": round(float(line.length - start.line.length), 3),
        "sideways_m": way.sideways_m,
        "from_m": round(way.from_m, 2),
        "to_m": round(way.to_m, 2),
        "deeper_m": round(way.deeper_m, 3),
        "bends": [round(float(turn), 1) for turn in bends_of(line)],
        "after": _counts(after),
        "still": [
            {**row, "lon": round(place.x, 8), "lat": round(place.y, 8)}
            for row, place in zip(plain_rows(still.drop(columns="geometry"), "conflict"), places, strict=True)
        ],
    }  # fmt: skip
    return told


def _rounded(line: shapely.LineString) -> shapely.LineString:
    import shapely

    rounded: shapely.LineString = shapely.transform(
        line, lambda at: np.round(at, 9), include_z=line.has_z
    )
    return rounded


def _counts(rows: DataFrame) -> dict[str, int]:
    counts = rows["verdict"].value_counts()
    return {name: int(counts.get(name, 0)) for name in _BEFORE}
