"""Terrain into the plan: a grid, a list of points, or contours and spot heights in any system."""

from __future__ import annotations

import dataclasses
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from rasterio import Affine

from app.errors import CrsError, Finding, InvalidDataError, Severity, Text, UsageError
from app.geo.crs import project_points, short_name, unit_of
from app.geo.heights import Bounds, HeightGrid, lattice, part_of, triangled, warped
from app.rules.storm import StormTermTable
from app.schema import Actor, layer_named
from app.schema.analysis import Raster
from app.services.imports.dataset import dataset_row
from app.services.imports.mapping import layer_of
from app.services.imports.original import attachment, original
from app.services.imports.preview import look_at
from app.services.imports.report import ImportOptions, ImportReport, LayerReport
from app.services.imports.shapes import Place, place_of, plan_area
from app.services.imports.terrain_checks import checked_heights
from app.store import ImportBatch, PlanStore
from app.store.rasters import write_raster
from app.store.readers.chunks import Chunk
from app.store.readers.delivery import DeliveredLayer, Delivery, Limits, open_delivery
from app.store.readers.grid import FACTS, HEIGHT, POINTS
from app.store.rule_files import load_rules

Progress = Callable[[str, int, int | None], None]
Floats = npt.NDArray[np.float64]
_GRIDS = (".tif", ".tiff", ".asc", ".xyz")
_HEIGHTS = ("z", "height", "elev", "elevation", "level", "contour", "高程", "标高", "地面高程", "等高线", "高度", "海拔")  # fmt: skip
_EAST = ("x", "east", "easting", "东坐标", "y坐标", "横坐标")
_NORTH = ("y", "north", "northing", "北坐标", "x坐标", "纵坐标")
_AROUND_DEG = 0.015  # about 1.5 km: water comes from around a plan
_MOST_CELLS = 16_000_000


def is_terrain(path: Path, name: str, options: ImportOptions) -> bool:
    """Whether a delivery brings heights: by its kind, or because somebody says so."""
    if Path(name).suffix.lower() in _GRIDS:
        return True
    return bool(options.layer) and "," not in str(options.layer) and _names_terrain(str(options.layer))  # fmt: skip


def _names_terrain(layer: str) -> bool:
    try:
        return layer_of(layer).name == "terrain"
    except UsageError:
        return False


def import_terrain(
    path: Path, store: PlanStore, actor: Actor, options: ImportOptions, *, name: str, dry_run: bool,
    limits: Limits, batch_id: str, say: Progress,
) -> ImportReport:  # fmt: skip
    """Bring heights into the plan as one raster in its system, as a batch that can be undone.

    Raises
    ------
    InputFileError, RefusedFileError
        The file cannot or may not be read.
    CrsError
        Its reference system has to be said.
    InvalidDataError
        It holds no height, or none near the plan.
    """
    began = time.monotonic()
    if options.layer and not _names_terrain(options.layer):
        raise UsageError(
            Text(f"{name} 只能导入到“地形”", f"{name} goes into the layer terrain only"),
            where="--layer", fix=Text("去掉 --layer，或写 --layer 地形", "leave --layer out, or say --layer terrain"),
        )  # fmt: skip
    report = LayerReport(name, "terrain", read=1)
    findings: list[Finding] = []
    with (
        open_delivery(path, name=name, limits=limits) as delivery,
        original(store, delivery.parts, keep=not dry_run) as file,
    ):
        taken = _Heights(store, options, report, findings)
        for event in _events(delivery, say):
            taken.take(event)
        grid = _on_plan(taken.grid(), store, findings, name)
        raster = _checked(grid, store, taken, findings, name)
        frame = _row(raster, store, options, name, batch_id or str(uuid.uuid4()))
        report.kept = 1
        look_at(report, store, layer_named("terrain"), frame, np.asarray(frame.geometry.to_numpy(), object))  # fmt: skip
        answer = ImportReport(name, file.sha256, dry_run, (report,), tuple(findings))
        saved = ""
        if not dry_run:
            saved = str(frame["dataset_id"].iloc[0])
            file.keep()
            _save(store, actor, options, answer, frame, raster, saved, say, several=len(delivery.parts) > 1)  # fmt: skip
    return dataclasses.replace(answer, batch_id=saved, seconds=time.monotonic() - began)


def _events(delivery: Delivery, say: Progress) -> Iterator[DeliveredLayer | Chunk | Finding]:
    say("read", 0, None)
    yield from delivery.events(lambda: say("read", 0, None))


# --- what the file holds ------------------------------------------------------------------------------
@dataclass
class _Heights:
    """Gathers what the reader hands over: one grid, or points of any layers."""

    store: PlanStore
    options: ImportOptions
    report: LayerReport
    findings: list[Finding]
    layer: DeliveredLayer | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    unit: str = ""
    whole: bool = False
    found: HeightGrid | None = None
    points: list[npt.NDArray[np.float64]] = field(default_factory=list)
    flat: int = 0

    def take(self, event: DeliveredLayer | Chunk | Finding) -> None:
        if isinstance(event, DeliveredLayer):
            self.layer, self.facts = event, {}
        elif isinstance(event, Finding):
            self.findings.append(event)
        elif self.layer is not None and set(self.layer.columns) >= {*FACTS, HEIGHT}:
            self._grid_chunk(event)
        elif self.layer is not None and event.wkb is not None:
            self._shapes(event)
        elif self.layer is not None:
            self._table(event)

    def _grid_chunk(self, chunk: Chunk) -> None:
        if HEIGHT not in chunk.columns:
            self.facts = {key: values[0] for key, values in chunk.columns.items()}
            return
        told = self.facts
        a, b, c = float(told["across"]), float(told["turn_x"]), float(told["west"])
        d, e, f = float(told["turn_y"]), float(told["down"]), float(told["north"])
        values = np.array(chunk.columns[HEIGHT], dtype=float).reshape(int(told["rows"]), int(told["columns"]))  # fmt: skip
        self.unit, self.whole = str(told["unit"] or ""), "int" in str(told["kind"])
        grid = HeightGrid(values, Affine(a, b, c, d, e, f), "")
        west, south, east, north = grid.bounds
        place = self._place(np.array([west, east]), np.array([south, north]))
        self.found = dataclasses.replace(grid, crs=place.source)

    def _table(self, chunk: Chunk) -> None:
        names = {str(key).strip().lower(): key for key in chunk.columns}
        x, y, z = (_column(chunk, names, wanted) for wanted in ((*POINTS[:1], *_EAST[1:]), (*POINTS[1:2], *_NORTH[1:]), _HEIGHTS))  # fmt: skip
        if x is None or y is None or z is None:
            raise _no_heights(self.report.source)
        self._add(x, y, z)

    def _shapes(self, chunk: Chunk) -> None:
        """Vertices of every shape with their own height, or the height of a column."""
        assert chunk.wkb is not None
        shapes = shapely.from_wkb(chunk.wkb, on_invalid="ignore")
        xyz, of = shapely.get_coordinates(shapes, include_z=True, return_index=True)
        names = {str(key).strip().lower(): key for key in chunk.columns}
        column = _column(chunk, names, _HEIGHTS)
        z = xyz[:, 2]
        if column is not None:
            z = np.where(np.isnan(column[of]), z, column[of])
        elif np.nanmin(np.abs(z), initial=np.inf) == 0 and not np.nan_to_num(z).any():
            z = np.full(len(z), np.nan)  # a drawing writes 0 where nobody gave a height
        self._add(xyz[:, 0], xyz[:, 1], z)

    def _add(self, x: Floats, y: Floats, z: Floats) -> None:
        known = np.isfinite(x) & np.isfinite(y) & np.isfinite(z)
        self.flat += int((~known).sum())
        if not known.any():
            return
        x, y, z = x[known], y[known], z[known]
        place = self._place(x, y)
        if place.guess.swapped:
            x, y = y, x
        east, north = project_points(x * place.scale, y * place.scale, place.source, self.store.meta.crs)  # fmt: skip
        self.points.append(np.column_stack([east, north, z * place.scale]))

    def _place(self, x: Floats, y: Floats) -> Place:
        assert self.layer is not None
        if self.options.grid:
            raise UsageError(
                Text("地形不能用四参数转换", "terrain cannot be turned by four parameters"),
                where="--grid", fix=Text("先在测绘软件中转换到国家坐标系", "convert it to a national system first"),
            )  # fmt: skip
        shapes = np.asarray(shapely.points(np.column_stack([x, y])), object)
        place = place_of(shapes, self.layer, self.options, plan_area(self.store),
                         plan_crs=self.store.meta.crs, where=self.report.source)  # fmt: skip
        guess = place.guess
        self.report.crs, self.report.crs_certainty, self.report.crs_reason = place.source, guess.certainty, guess.reason  # fmt: skip
        if guess.swapped and self.facts:
            raise CrsError(
                Text("格网的横纵坐标颠倒", "the grid has its coordinates the wrong way round"),
                where=self.report.source, fix=Text("重新导出，先东后北", "export it again, east first"),
            )  # fmt: skip
        return place

    def grid(self) -> HeightGrid:
        """The grid of the delivery, or the surface through its points."""
        if self.found is not None:
            return self.found
        if not self.points:
            raise _no_heights(self.report.source)
        x, y, z = np.concatenate(self.points).T
        crs = self.store.meta.crs
        if (grid := lattice(x, y, z, crs)) is not None:
            return grid
        surface = triangled(x, y, z, crs)
        if surface is None:
            raise _no_heights(self.report.source)
        self.findings += _of_surface(surface.points, surface.spacing_m, surface.level_share, self.flat, self.report.source)  # fmt: skip
        return surface.grid


def _column(chunk: Chunk, names: dict[str, Any], wanted: tuple[str, ...]) -> Floats | None:
    for name in wanted:
        if name in names:
            return np.asarray(pd.to_numeric(pd.Series(chunk.columns[names[name]]), errors="coerce"), dtype=float)  # fmt: skip
    return None


def _no_heights(where: str) -> InvalidDataError:
    return InvalidDataError(
        Text(f"{where} 中没有可用的高程", f"{where} holds no heights that can be used"),
        where=where,
        fix=Text(
            "等高线和高程点要有 Z 坐标，或名为“高程”“elev”“z”的字段",
            "contours and spots need a Z coordinate, or a column named elev, z or 高程",
        ),
    )


def said(code: str, severity: Severity, message: Text, fix: Text, where: str) -> Finding:
    """A finding about the terrain as a whole."""
    return Finding(code, severity, message, fix, layer="terrain", file=where)


def _of_surface(points: int, spacing: float, level: float, lost: int, where: str) -> list[Finding]:
    found = [said(
        "terrain_triangled", "info",
        Text(f"由 {points:,} 个高程点构成三角网，点间距约 {spacing:.1f} m",
             f"a surface of triangles through {points:,} points about {spacing:.1f} m apart"),
        Text("点距之间的起伏看不到", "what lies between the points is not seen"), where,
    )]  # fmt: skip
    if level > 0.1:
        found.append(said(
            "terrain_terraces", "warning",
            Text(f"{level:.0%} 的三角形是水平的（等高线拐弯处）：山头、谷底被削平",
                 f"{level:.0%} of the triangles are level, where contours bend: tops and valleys are cut off"),
            Text("补充高程点、山脊线和谷底线", "add spot heights, ridges and valley lines"), where,
        ))  # fmt: skip
    if lost:
        found.append(said(
            "terrain_no_z", "warning",
            Text(f"{lost:,} 个点没有高程，未使用", f"{lost:,} points without a height are left out"),
            Text("补上高程", "give them heights"), where,
        ))  # fmt: skip
    return found


# --- on the plan ----------------------------------------------------------------------------------------
def _on_plan(grid: HeightGrid, store: PlanStore, findings: list[Finding], where: str) -> HeightGrid:
    """The grid in the plan's system, cut to the plan's surroundings where it is much larger."""
    area = plan_area(store) if any(store.counts()[name] for name in ("township", "community", "building", "road")) else None  # fmt: skip
    if area is not None:
        _require_overlap(grid, area, where)
        if grid.values.size > _MOST_CELLS:
            wide = (area[0] - _AROUND_DEG, area[1] - _AROUND_DEG, area[2] + _AROUND_DEG, area[3] + _AROUND_DEG)  # fmt: skip
            grid = part_of(grid, wide, "EPSG:4326")
            findings.append(said(
                "terrain_cut", "info",
                Text("范围很大，只取方案周边约 1.5 公里", "a large terrain: only the plan's surroundings of 1.5 km are taken"),
                Text("需要更大范围时先合并格网", "make its cells coarser to take more"), where,
            ))  # fmt: skip
    if grid.crs and "foot" in unit_of(grid.crs).lower():
        findings.append(said(
            "terrain_feet_plane", "warning",
            Text("平面坐标以英尺计，已换算；高程单位请核对", "its plane measures in feet and was converted; check the unit of its heights"),
            Text("高程也是英尺时用 --height-unit ft", "if heights are feet too say --height-unit ft"), where,
        ))  # fmt: skip
    placed = warped(grid, store.meta.crs)
    if placed is not grid:
        findings.append(said(
            "terrain_warped", "info",
            Text(f"由 {short_name(grid.crs)} 重采样到 {store.meta.crs}，格网 {placed.affine.a:.2f} m",
                 f"resampled from {short_name(grid.crs)} to {store.meta.crs}, cells of {placed.affine.a:.2f} m"),
            Text("重采样会略微抹平路缘；可直接交付方案坐标系的格网",
                 "resampling softens kerbs a little; a grid in the plan's system avoids it"), where,
        ))  # fmt: skip
    return placed


def _require_overlap(grid: HeightGrid, area: Bounds, where: str) -> None:
    west, south, east, north = grid.bounds
    lon, lat = project_points([west, east, west, east], [south, south, north, north], grid.crs, "EPSG:4326")  # fmt: skip
    if lon.max() < area[0] or lon.min() > area[2] or lat.max() < area[1] or lat.min() > area[3]:
        raise InvalidDataError(
            Text(f"{where} 与方案没有重叠（地形在 {lon.mean():.3f}, {lat.mean():.3f}）",
                 f"{where} does not overlap the plan (it lies at {lon.mean():.3f}, {lat.mean():.3f})"),
            where=where,
            fix=Text("核对坐标系 --crs 和文件", "check the reference system --crs and the file"),
        )  # fmt: skip


def _checked(grid: HeightGrid, store: PlanStore, taken: _Heights, findings: list[Finding], where: str) -> Raster:  # fmt: skip
    terms = load_rules("storm_terms")
    assert isinstance(terms, StormTermTable)
    values, told = checked_heights(
        grid, store, taken.options, terms, where, unit=taken.unit, whole_numbers=taken.whole
    )
    findings += told
    place = grid.affine
    return Raster(values, west=place.c, north=place.f, cell_m=float(place.a))


def _row(raster: Raster, store: PlanStore, options: ImportOptions, name: str, batch_id: str) -> gpd.GeoDataFrame:  # fmt: skip
    rows, columns = raster.values.shape
    east, south = raster.west + columns * raster.cell_m, raster.north - rows * raster.cell_m
    outline = shapely.MultiPolygon([shapely.box(raster.west, south, east, raster.north)])
    row = {
        "terrain_id": f"terrain-{batch_id[:8]}", "dataset_id": batch_id, "name": Path(name).stem[:120],
        "file_sha256": "", "cell_m": round(raster.cell_m, 4), "kind": "elevation",
        "height_datum": None if options.height_datum == "unknown" else options.height_datum,
    }  # fmt: skip
    return gpd.GeoDataFrame([row], geometry=[outline], crs=store.meta.crs)


def _save(
    store: PlanStore, actor: Actor, options: ImportOptions, report: ImportReport,
    frame: gpd.GeoDataFrame, raster: Raster, batch_id: str, say: Progress, *, several: bool,
) -> None:  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="jiugai-terrain-") as folder:
        made = Path(folder) / "terrain.tif"
        write_raster(made, raster, store.meta.crs)
        frame = frame.assign(file_sha256=store.put_file(made))
    frames: dict[str, pd.DataFrame] = {
        "terrain": frame,
        "attachment": attachment(batch_id, report.file, report.sha256, several=several),
        "dataset": dataset_row(batch_id, store, options, report),
    }
    batch = ImportBatch(
        batch_id=batch_id, file_name=report.file, file_sha256=report.sha256, dataset_id=batch_id,
        counts=report.counts, note=options.note,
    )  # fmt: skip
    store.load(frames, batch=batch, actor=actor, on_progress=lambda done, total: say("save", done, total))  # fmt: skip
