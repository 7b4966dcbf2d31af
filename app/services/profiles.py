"""Long profiles along pipes and cross-sections along lines drawn on the map."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.errors import NotFoundError, Text, UsageError
from app.report.plain import number, text
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from shapely import Geometry

    from app.analysis.conflicts.ground import Ground
    from app.analysis.conflicts.profiles import Profile

WGS84 = "EPSG:4326"
# Long enough for a wide street, short enough to read to scale.
LONGEST_SECTION_M = 500.0
HALF_SECTION_M = 20.0


def pipe_profile(plan: OpenPlan, pipe_id: str) -> dict[str, object]:
    """The long profile along a pipe as plain JSON; unknown heights are null.

    Raises
    ------
    NotFoundError
        No such pipe, or one that is not in the ground.
    """
    from app.analysis.conflicts.facts import takes_part
    from app.analysis.conflicts.params import ConflictParams
    from app.analysis.conflicts.profiles import long_profile
    from app.services.runs import rule_book

    pipes = plan.frame("pipe")
    own = pipes[pipes["pipe_id"] == pipe_id]
    if not len(own) or not takes_part(own).all():
        raise NotFoundError(
            Text(f"地下没有管段 {pipe_id}", f"there is no pipe {pipe_id} in the ground"),
            where=f"pipe/{pipe_id}",
            fix=Text("架空、废弃、已拆除的管线没有纵断面", "overhead, abandoned and removed pipes have no profile"),
        )  # fmt: skip
    line = own.geometry.iloc[0]
    profile = long_profile(
        pipe_id, _met_by(pipes, line), plan.frame("dataset"), _ground(plan),
        rule_book(plan.store).clearance, ConflictParams(), _in_community(plan, line),
        plan.frame("pipe_node"),
    )  # fmt: skip
    own_row = own.iloc[0]
    sizes = [number(own_row[name]) for name in ("height_mm", "outside_mm", "nominal_mm")]
    high_mm = next((size for size in sizes if size is not None), None)
    drawn = {
        "pipe_class": text(own_row["pipe_class"]),
        "high_m": None if high_mm is None else high_mm / 1000,
    }
    return {"pipe_id": pipe_id, "own": drawn, **_as_json(plan, profile, line)}


def section(plan: OpenPlan, lonlat: list[tuple[float, float]]) -> dict[str, object]:
    """The cross-section along a line in degrees; of one point, across the nearest pipe.

    Raises
    ------
    UsageError
        A line without length, or longer than can be shown to scale.
    """
    return section_along(plan, _cutting_line(plan.frame("pipe"), lonlat))


def section_along(plan: OpenPlan, line: Any) -> dict[str, object]:
    """The cross-section along a line in the plan's own coordinates."""
    from app.analysis.conflicts.params import ConflictParams
    from app.analysis.conflicts.profiles import cross_section
    from app.services.runs import rule_book

    pipes = plan.frame("pipe")
    profile = cross_section(
        line, _met_by(pipes, line), plan.frame("dataset"), _ground(plan),
        rule_book(plan.store).clearance, ConflictParams(), _in_community(plan, line),
        plan.frame("pipe_node"),
    )  # fmt: skip
    return _as_json(plan, profile, line)


def _cutting_line(pipes: GeoDataFrame, lonlat: list[tuple[float, float]]) -> Any:
    import geopandas
    import shapely

    points = geopandas.GeoSeries(shapely.points(lonlat), crs=WGS84).to_crs(pipes.crs)
    if len(points) == 1:
        return _across(pipes, points.iloc[0])
    line = shapely.LineString(points.tolist())
    if not 0 < line.length <= LONGEST_SECTION_M:
        raise UsageError(
            Text(f"断面线长 {line.length:.0f} m", f"the section is {line.length:.0f} m long"),
            where="line",
            fix=Text(f"请画 {LONGEST_SECTION_M:.0f} m 以内的线", f"draw at most {LONGEST_SECTION_M:.0f} m"),
        )  # fmt: skip
    return line


def _across(pipes: GeoDataFrame, point: Any) -> Any:
    """A line through the point square to the nearest pipe; west to east where there is none."""
    import numpy as np
    import shapely

    direction = np.array([0.0, 1.0])
    if len(pipes):
        [nearest] = pipes.sindex.nearest(point, return_all=False)[1]
        line = shapely.force_2d(pipes.geometry.iloc[int(nearest)])
        way = shapely.line_locate_point(line, point)
        ends = [shapely.line_interpolate_point(line, max(way + d, 0.0)) for d in (-0.5, 0.5)]
        step = np.array([ends[1].x - ends[0].x, ends[1].y - ends[0].y])
        length = float(np.hypot(*step))
        direction = step / length if length else direction
    right = np.array([direction[1], -direction[0]]) * HALF_SECTION_M
    here = np.array([point.x, point.y])
    return shapely.LineString(sorted([(here - right).tolist(), (here + right).tolist()]))


def _met_by(pipes: GeoDataFrame, line: Geometry) -> GeoDataFrame:
    return pipes.iloc[sorted(pipes.sindex.query(line, predicate="intersects").tolist())]


def _ground(plan: OpenPlan) -> Ground:
    """The plan's ground, kept until its terrain or nodes change."""

    def make() -> Ground:
        from app.analysis.conflicts.ground import ground_of
        from app.store.rasters import read_raster

        rows = plan.frame("terrain")
        rows = rows[rows["kind"] == "dtm"] if "dtm" in set(rows["kind"]) else rows
        raster = None
        if len(rows):
            newest = rows.sort_values(["updated_at", "terrain_id"])["file_sha256"].iloc[-1]
            raster = read_raster(plan.store.file_path(str(newest)))
        return ground_of(raster, plan.frame("pipe_node"))

    return plan.kept("ground", ("terrain", "pipe_node"), make)


def _in_community(plan: OpenPlan, line: Any) -> bool:
    communities = plan.frame("community")
    middle = line.interpolate(0.5, normalized=True)
    return len(communities.sindex.query(middle, predicate="intersects")) > 0


def _as_json(plan: OpenPlan, profile: Profile, line: Any) -> dict[str, object]:
    import geopandas
    import shapely

    drawn = geopandas.GeoSeries([shapely.force_2d(line)], crs=plan.store.meta.crs).to_crs(WGS84)
    places = geopandas.GeoSeries(
        [shapely.Point(cut.x, cut.y) for cut in profile.cuts], crs=plan.store.meta.crs
    ).to_crs(WGS84)
    cuts = [
        {**_plain(asdict(cut)), "lon": round(place.x, 8), "lat": round(place.y, 8)}
        for cut, place in zip(profile.cuts, places, strict=True)
    ]
    return {
        "length_m": round(profile.length_m, 3),
        "ground_source": _ground(plan).source,
        "height_datum": plan.store.meta.height_datum,
        "line": [[round(x, 8), round(y, 8)] for x, y in drawn.iloc[0].coords],
        "ground": [[_number(value) for value in pair] for pair in profile.ground],
        "axis": [[_number(value) for value in at] for at in profile.axis],
        "cuts": cuts,
        "neighbours": [_plain(asdict(pair)) for pair in profile.neighbours],
    }


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _number(value) if isinstance(value, float) else value for name, value in row.items()
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 3)
