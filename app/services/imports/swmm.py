"""A model of EPA SWMM into the plan: its conduits, nodes and outlined subcatchments."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from app.analysis.sewers.inp import InpFile, first_line, read_inp
from app.analysis.sewers.inp_checks import ROWS, Fault, sound_part
from app.analysis.sewers.inp_rows import Row, catchments_of, kept_counts, nodes_of, pipes_of
from app.errors import CrsError, Finding, Text
from app.geo.crs import project_points
from app.schema import LAYERS, Actor
from app.services.imports.dataset import dataset_row
from app.services.imports.mapping import ColumnUse
from app.services.imports.original import attachment, original
from app.services.imports.preview import look_at
from app.services.imports.report import Faults, ImportOptions, ImportReport, LayerReport
from app.services.imports.shapes import plan_area
from app.services.osm_rows import frame_of
from app.store import ImportBatch, PlanStore
from app.store.readers.swmm import inp_text

Progress = Callable[[str, int, int | None], None]
_NEAR_DEG = 0.5  # about 50 km, as for other deliveries


def import_inp(
    path: Path, store: PlanStore, actor: Actor, options: ImportOptions, *, name: str, dry_run: bool,
    batch_id: str, say: Progress,
) -> ImportReport:  # fmt: skip
    """Bring a model into the plan, as one batch that can be undone as a whole.

    Conduits become pipes, nodes pipe nodes, outlined subcatchments catchments, in metres. What no
    layer holds (pumps, weirs, controls, rain) stays in the file, which the plan keeps; the export
    of this dataset writes it again with what was changed since.

    Raises
    ------
    InputFileError
        It is no model.
    CrsError
        Its coordinates lie elsewhere than the plan, and no system is said.
    """
    began = time.monotonic()
    say("read", 0, None)
    text = inp_text(path, name)
    whole = read_inp(text, name)
    file, broken = sound_part(whole, first_line=first_line(text))
    crs = options.crs or store.meta.crs
    taken = [
        _taken(store, layer, rows, [one for one in broken if one.layer == layer], crs, file, name, said=bool(options.crs))
        for layer, rows in (
            ("pipe_node", nodes_of(file)), ("pipe", pipes_of(file)), ("catchment", catchments_of(file))
        )
        if rows or any(one.layer == layer for one in broken)
    ]  # fmt: skip
    if not options.crs:
        _require_near(store, taken, name)
    with original(store, [path], keep=not dry_run) as kept:
        report = ImportReport(
            name, kept.sha256, dry_run, tuple(one.report for one in taken),
            (*_stays(whole, name), *_sizeless(file, name), *(finding for one in taken for finding in one.findings)),
        )  # fmt: skip
        saved = ""
        if not dry_run and report.total("kept"):
            saved = batch_id or str(uuid.uuid4())
            kept.keep()
            _save(store, actor, options, report, taken, saved, say)
    return dataclasses.replace(report, batch_id=saved, seconds=time.monotonic() - began)


@dataclasses.dataclass(frozen=True)
class _Taken:
    layer: str
    frame: gpd.GeoDataFrame
    report: LayerReport
    findings: list[Finding]


def _taken(
    store: PlanStore, name: str, rows: list[Row], broken: list[Fault], crs: str, model: InpFile,
    file: str, *, said: bool,
) -> _Taken:  # fmt: skip
    layer = LAYERS[name]
    lost = sum(one.section in ROWS for one in broken)
    report = LayerReport(
        file, name, read=len(rows) + lost, mapping=_mapping(name, model), crs=crs, crs_certainty="sure" if said else "likely",
        crs_reason=Text("人工指定", "said by a person") if said else Text("模型文件不写坐标系，按方案坐标系", "a model does not say its reference system: that of the plan is taken"),
    )  # fmt: skip
    faults = Faults(file, name, report)
    _tell_broken(faults, broken, report)
    held = set(store.read(name, columns=[layer.id_column])[layer.id_column])
    placed = [row for row in rows if row["geometry"] is not None]
    kept = [row for row in placed if row[layer.id_column] not in held]
    known = [row[layer.id_column] for row in placed if row[layer.id_column] in held]
    if len(placed) < len(rows):
        many = len(rows) - len(placed)
        report.reasons["no_place"] += many
        faults.add(_told(name, file, "no_place", many, Text("没有坐标，只留在原文件中", "have no coordinates and stay in the file only")))  # fmt: skip
    if known:
        report.reasons["id_in_plan"] += len(known)
        faults.add(_told(name, file, "id_in_plan", len(known), Text(f"编号方案中已有（{'、'.join(known[:5])}）", f"have ids that the plan has ({', '.join(known[:5])})")))  # fmt: skip
    frame = frame_of(name, kept, crs)
    if crs != store.meta.crs:
        frame = gpd.GeoDataFrame(frame.to_crs(store.meta.crs))
    report.kept, report.rejected = len(kept), len(rows) + lost - len(kept)
    if kept:
        look_at(report, store, layer, frame, np.asarray(frame.geometry.to_numpy(), object))
    return _Taken(name, frame, report, faults.closed())


def _told(layer: str, file: str, code: str, many: int, why: Text) -> Finding:
    return Finding(
        code, "warning", Text(f"{many} 行{why.zh}", f"{many} rows {why.en}"),
        Text("需要时在模型中改编号、补坐标后重新导入", "rename or place them in the model and import it again"),
        layer=layer, file=file,
    )  # fmt: skip


def _tell_broken(faults: Faults, broken: list[Fault], report: LayerReport) -> None:
    """Each line that cannot be used, by its number in the file."""
    report.reasons["broken_line"] += sum(one.section in ROWS for one in broken)
    faults.rows(
        "broken_line", "error", [one.line for one in broken],
        [Text(f"[{one.section}] {one.name}：{one.why.zh}", f"[{one.section}] {one.name}: {one.why.en}") for one in broken],
        Text("在模型中改正该行后重新上传；其余行照常导入", "put the line right in the model and send it again; the others come in"),
        rejected=False,
    )  # fmt: skip


_USES = {
    "pipe_node": (("Name", "pipe_node_id", ""), ("Elevation", "invert_m", "m"), ("MaxDepth", "depth_m", "m"), ("Elevation + MaxDepth", "ground_m", "m")),
    "pipe": (
        ("Name", "pipe_id", ""), ("From Node", "start_node", ""), ("To Node", "end_node", ""),
        ("Roughness", "roughness_n", ""), ("InOffset", "start_invert_m", "m"), ("OutOffset", "end_invert_m", "m"),
        ("CIRCULAR Geom1", "nominal_mm", "m"), ("RECT_CLOSED Geom1", "height_mm", "m"), ("RECT_CLOSED Geom2", "width_mm", "m"),
    ),
    "catchment": (("Name", "name", ""), ("Outlet", "outlet_node_id", ""), ("%Imperv", "impervious_share", "%")),
}  # fmt: skip


def _mapping(layer: str, file: InpFile) -> tuple[ColumnUse, ...]:
    """Which value of the model becomes which column; the format fixes it."""
    length = "m" if file.unit_m == 1.0 else "ft"
    return tuple(
        ColumnUse(header, column, length if unit == "m" else unit, "model")
        for header, column, unit in _USES[layer]
    )


def _sizeless(file: InpFile, name: str) -> list[Finding]:
    """Sections that are neither circular nor a box: the plan has no column for their size."""
    shapes = Counter(
        words[1].upper()
        for words in file.rows("XSECTIONS")
        if words[1].upper() not in ("CIRCULAR", "RECT_CLOSED")
    )
    if not shapes:
        return []
    listed = ", ".join(f"{shape} {many}" for shape, many in sorted(shapes.items()))
    return [Finding(
        "no_size", "warning",
        Text(f"断面既非圆形也非矩形，管径为未知：{listed}", f"sections neither circular nor rectangular, whose size stays unknown: {listed}"),
        Text("需要计算的管段请在方案中补管径", "give these pipes a size in the plan where they are to be computed"), layer="pipe", file=name,
    )]  # fmt: skip


def _stays(file: InpFile, name: str) -> list[Finding]:
    """What no layer holds, by section."""
    kept = kept_counts(file)
    if not kept:
        return []
    listed = ", ".join(f"[{section}] {many}" for section, many in sorted(kept.items()))
    return [Finding(
        "stays_in_file", "info",
        Text(f"图层不含的内容保留在原文件中：{listed}", f"what no layer holds stays in the file: {listed}"),
        Text("jiugai export inp --dataset 可原样带出", "jiugai export inp --dataset writes it again"), file=name,
    )]  # fmt: skip


def _require_near(store: PlanStore, taken: list[_Taken], name: str) -> None:
    area = plan_area(store)
    bounds = next((one.frame.total_bounds for one in taken if len(one.frame)), None)
    if area is None or bounds is None:
        return
    lon, lat = project_points(bounds[[0, 2]], bounds[[1, 3]], store.meta.crs, "EPSG:4326")
    near = (
        np.isfinite([*lon, *lat]).all()
        and lon[0] < area[2] + _NEAR_DEG and lon[1] > area[0] - _NEAR_DEG
        and lat[0] < area[3] + _NEAR_DEG and lat[1] > area[1] - _NEAR_DEG
    )  # fmt: skip
    if not near:
        raise CrsError(
            Text(f"{name} 的坐标不在本方案附近，而模型文件不写坐标系", f"the coordinates of {name} lie nowhere near the plan, and a model does not say its system"),
            where=name,
            fix=Text("用 --crs 给出模型的坐标系", "say the model's reference system with --crs"),
        )  # fmt: skip


def _save(
    store: PlanStore, actor: Actor, options: ImportOptions, report: ImportReport,
    taken: list[_Taken], batch_id: str, say: Progress,
) -> None:  # fmt: skip
    frames: dict[str, pd.DataFrame] = {
        one.layer: one.frame.assign(dataset_id=batch_id) for one in taken if len(one.frame)
    }
    frames["attachment"] = attachment(batch_id, report.file, report.sha256, several=False)
    frames["dataset"] = dataset_row(batch_id, store, options, report)
    batch = ImportBatch(
        batch_id=batch_id, file_name=report.file, file_sha256=report.sha256, dataset_id=batch_id,
        counts=report.counts, note=options.note,
    )  # fmt: skip
    store.load(frames, batch=batch, actor=actor, on_progress=lambda done, total: say("save", done, total))  # fmt: skip
