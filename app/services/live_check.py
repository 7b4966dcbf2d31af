"""What a drafted alignment would be short of, asked while it is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.errors import InvalidDataError, Text, UsageError
from app.schema import layer_named
from app.schema.analysis import Halo, parse_params
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame, Index

    from app.analysis.conflicts.facts import PipeFacts
    from app.analysis.conflicts.scene import Scene
    from app.rules.book import Clearance

WGS84 = "EPSG:4326"
DRAFT = "DRAFT"
_PIPES = ("pipe", "pipe_node", "dataset", "community")
_SURROUNDINGS = ("building", "tree", "pole", "road", "work")
LAYERS_READ = (*_PIPES, *_SURROUNDINGS, "rule_override")
_MOST_POINTS = 2000


@dataclass(frozen=True)
class Resident:
    """A plan's layers, and what the checks need to know of them, ready until one changes."""

    frames: Mapping[str, DataFrame]
    clearance: Clearance
    widest_m: float
    kept: Scene | None = None
    kept_ids: Mapping[str, Index[Any]] | None = None

    @cached_property
    def ids(self) -> Mapping[str, Index[Any]]:
        """The ids of pipes and of their nodes, to find one row among a million at once."""
        return self.kept_ids or ids_of(self.frames)

    def rows(self, name: str, ids: Sequence[str]) -> DataFrame:
        """The rows of layer pipe or pipe_node with these ids."""
        from pandas import Index

        at = self.ids[name].get_indexer_for(Index(ids, dtype=object))
        return self.frames[name].iloc[at[at >= 0]]

    @cached_property
    def scene(self) -> Scene:
        """The facts of all pipes and obstacles with their indexes."""
        from app.analysis.conflicts.scene import scene_of

        return self.kept or scene_of(self.frames, self.clearance).ready()


def live_check(plan: OpenPlan, body: Mapping[str, Any]) -> dict[str, object]:
    """Conflict rows of one drafted pipe against the plan; nothing is stored.

    ``body``: ``geometry`` (GeoJSON LineString in degrees), ``attributes`` (columns of layer pipe),
    ``replaces`` (id of the pipe that it moves, '' for a new one; its own line where ``geometry`` is
    left out), ``settings`` (those of the
    analysis conflicts). The rows equal those that a full run with the draft in the plan gives.

    Raises
    ------
    UsageError
        No line, or more points than anybody draws.
    InvalidDataError
        Attributes that the schema does not take; all listed.
    """
    import geopandas

    from app.analysis import analysis_named

    analysis = analysis_named("conflicts")
    settings = body.get("settings")
    params = parse_params(analysis.params, settings if isinstance(settings, dict) else {})
    resident = resident_of(plan)
    draft = draft_of(plan, resident, body)
    name = str(draft["pipe_id"].iloc[0])
    rows, around = check_draft(resident, draft, params)
    places = geopandas.GeoSeries(rows.geometry.to_numpy(), crs=plan.store.meta.crs).to_crs(WGS84)
    from app.services.table import plain_rows

    told = [
        {**row, "lon": round(place.x, 8), "lat": round(place.y, 8)}
        for row, place in zip(plain_rows(rows.drop(columns="geometry"), "conflict"), places, strict=True)
    ]  # fmt: skip
    counts = rows["verdict"].value_counts()
    return {
        "pipe_id": name,
        "rows": told,
        "counts": {v: int(counts.get(v, 0)) for v in ("conflict", "possible", "unverified")},
        "pipes_near": around,
    }


def check_draft(resident: Resident, draft: GeoDataFrame, params: Any) -> tuple[DataFrame, int]:
    """Rows of layer conflict about the draft, and how many pipes lie within reach of it."""
    from app.analysis.conflicts.find import conflicts_in

    name = str(draft["pipe_id"].iloc[0])
    reach_m = reach_of(resident, params) + widest_m(draft)
    near = resident.scene.near(draft.geometry.iloc[0], reach_m, without=name)
    scene = near.with_pipes(facts_of(resident, draft))
    outcome = conflicts_in(scene, resident.clearance, params, draft.crs, about=name)
    return outcome.layers["conflict"], len(near.pipes)


def facts_of(resident: Resident, drafts: DataFrame) -> PipeFacts:
    """What the checks need to know of drafted pipes."""
    import pandas as pd

    from app.analysis.conflicts.facts import texts
    from app.analysis.conflicts.scene import pipes_of

    drawn = pd.DataFrame(drafts)
    ends = {*texts(drawn, "start_node"), *texts(drawn, "end_node")} - {""}
    nodes = resident.rows("pipe_node", sorted(ends))
    frames = {**resident.frames, "pipe": drawn, "pipe_node": nodes}
    return pipes_of(frames, resident.scene.communities, resident.clearance)


def reach_of(resident: Resident, params: Any) -> float:
    """How far from a draft without width anything may be that it is short of."""
    from app.analysis import analysis_named

    halo = analysis_named("conflicts").reach
    assert isinstance(halo, Halo)
    assert halo.measure is not None
    return halo.measure({"clearance": resident.clearance}, params) + resident.widest_m


def resident_of(plan: OpenPlan) -> Resident:
    """The plan's layers in memory, each made ready again when it changed."""

    def make() -> Resident:
        from app.services.runs import rule_book

        frames = {name: plan.frame(name) for name in (*_PIPES, *_SURROUNDINGS)}
        clearance = rule_book(plan.store).clearance
        scene = _kept_scene(plan, frames, clearance)
        ids = plan.kept("live ids", ("pipe", "pipe_node"), lambda: ids_of(frames))
        return Resident(frames, clearance, widest_m(frames["pipe"]), scene, ids)

    return plan.kept("live", LAYERS_READ, make)


def ids_of(frames: Mapping[str, DataFrame]) -> Mapping[str, Index[Any]]:
    """The ids of pipes and nodes, in the order of their rows."""
    import pandas as pd

    return {name: pd.Index(frames[name][f"{name}_id"]) for name in ("pipe", "pipe_node")}


def _kept_scene(plan: OpenPlan, frames: Mapping[str, DataFrame], clearance: Clearance) -> Scene:
    """The scene of the plan; a tree that was planted leaves the facts of the pipes as they are."""
    import pandas as pd

    from app.analysis.conflicts.facts import places_of
    from app.analysis.conflicts.scene import assembled, pipes_of, surroundings_of

    plain = {name: pd.DataFrame(frame) for name, frame in frames.items()}
    communities = plan.kept(
        "live communities", ("community",), lambda: places_of(plain["community"])
    )
    pipes = plan.kept(
        "live pipes", (*_PIPES, "rule_override"), lambda: pipes_of(plain, communities, clearance)
    )
    around = plan.kept(
        "live surroundings", (*_SURROUNDINGS, "rule_override"),
        lambda: surroundings_of(plain, clearance),
    )  # fmt: skip
    return assembled(plain["pipe"], pipes, around, communities).ready()


def widest_m(pipes: Any) -> float:
    """The widest outside or bore of any pipe, in metres."""
    import pandas as pd

    sizes = [pd.to_numeric(pipes[c]).max() for c in ("outside_mm", "width_mm", "nominal_mm")]
    return max((float(size) for size in sizes if pd.notna(size)), default=0.0) / 1000


def draft_of(plan: OpenPlan, resident: Resident, body: Mapping[str, Any]) -> GeoDataFrame:
    """The drafted pipe as a row of layer pipe, checked against the schema."""
    import geopandas

    from app.schema.validate import validate_layer

    pipes, layer = resident.frames["pipe"], layer_named("pipe")
    replaced = str(body.get("replaces") or "")
    values: dict[str, Any] = dict.fromkeys(c for c in pipes.columns if c != "geometry")
    old = resident.rows("pipe", [replaced] if replaced else [])
    if len(old):
        values |= {name: old[name].iloc[0] for name in values}
    else:
        values |= {"pipe_id": DRAFT, "status": "planned", "quality": "design", "version": 1}
    attributes = body.get("attributes")
    stated = dict(attributes) if isinstance(attributes, dict) else {}
    unknown = sorted(set(stated) - set(layer.column_names) | (set(stated) & {"pipe_id", "version"}))
    if unknown:
        raise UsageError(
            Text("管线没有这些可填属性：" + "、".join(unknown), "not attributes to state of a pipe: " + ", ".join(unknown)),
            where="attributes",
            fix=Text("见图层说明 pipe", "see the columns of layer pipe"),
        )  # fmt: skip
    crs = plan.store.meta.crs
    if body.get("geometry") is None and len(old):
        row = geopandas.GeoDataFrame([values | stated], geometry=[old.geometry.iloc[0]], crs=crs)
    else:
        row = geopandas.GeoDataFrame(
            [values | stated], geometry=[_line(body.get("geometry"))], crs=WGS84
        ).to_crs(crs)
    faults = [f for f in validate_layer(layer, row) if f.severity == "error"]
    if faults:
        raise InvalidDataError(
            faults[0].message, where=f"attributes.{faults[0].column}", fix=faults[0].fix
        )
    return row


def _line(geometry: object) -> Any:
    import shapely

    line = None
    if isinstance(geometry, dict) and geometry.get("type") == "LineString":
        points = geometry.get("coordinates")
        if isinstance(points, list) and 2 <= len(points) <= _MOST_POINTS:
            try:
                line = shapely.LineString([[float(v) for v in point[:3]] for point in points])
            except (TypeError, ValueError, shapely.errors.ShapelyError):
                line = None
    inside = line is not None and line.bounds[0] >= -180 and line.bounds[2] <= 180
    if line is None or not inside or not line.length > 0 or abs(line.bounds[1]) > 90:
        raise UsageError(
            Text("geometry 不是可用的线", "geometry is not a usable line"),
            where="geometry",
            fix=Text(f"GeoJSON LineString，经纬度，2–{_MOST_POINTS} 点",
                     f"GeoJSON LineString in degrees, 2 to {_MOST_POINTS} points"),
        )  # fmt: skip
    return line
