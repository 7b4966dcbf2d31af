"""Runs of analyses: write-once folders beside the plan, and which of them is current."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from app.errors import NotFoundError, PlanError, SchemaError, Text
from app.schema import layer_named
from app.schema.actor import Actor
from app.schema.analysis import Raster
from app.schema.model import Layer
from app.store import disk, frames, gpkg, hashes, rasters, rows
from app.store.cells import now_text
from app.store.changes import HASH_MODULUS, Stamp, touch
from app.store.files import PlanFiles
from app.store.load import insert_rows
from app.store.manifest import PLANNING
from app.store.sqlite import connect_new, connect_read_only
from app.store.writer import RowWriter

OPEN, PROTECTED = "open.gpkg", "protected.gpkg"
RUN_JSON = "run.json"


@dataclass(frozen=True)
class RunRecord:
    """The provenance of one run.

    ``inputs`` maps each input layer to ``{"revision": ..., "content_hash": ...}``; ``rules`` each
    rule table to its edition; ``input_hash`` names all of inputs, parameters, rules and code, so
    that the same question finds the stored answer.
    """

    analysis: str
    parameters: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    scenario: str = ""
    code_version: str = ""
    input_hash: str = ""
    started_at: str = ""
    finished_at: str = ""
    seconds: float = 0.0
    peak_mb: float = 0.0
    engine: str = "process"
    run_by: str = ""
    notes: list[dict[str, str]] = field(default_factory=list)
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    layers: dict[str, dict[str, Any]] = field(default_factory=dict)
    rasters: list[str] = field(default_factory=list)
    is_current: bool = False


def save(
    files: PlanFiles,
    record: RunRecord,
    open_frames: Mapping[str, pd.DataFrame],
    protected_frames: Mapping[str, pd.DataFrame],
    grids: Mapping[str, Raster],
    actor: Actor,
) -> RunRecord:
    """Write a run whole and make it current; see :meth:`app.store.plan.PlanStore.save_run`."""
    final = files.folder / "runs" / record.run_id
    if final.exists():
        raise PlanError(
            Text(
                "该运行已保存，运行结果不可改写", "this run is saved already; runs are write-once"
            ),
            where=str(final),
            fix=Text("请重新运行分析", "run the analysis again"),
        )
    part = final.with_name(f".{record.run_id}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        layers = _write_layers(part / OPEN, open_frames, files.meta.crs)
        for name, held in _write_layers(part / PROTECTED, protected_frames, files.meta.crs).items():
            layers[name] = {**layers.get(name, {}), "protected": held["open"]}
        for name, grid in grids.items():
            rasters.write_raster(part / f"{_plain(name)}.tif", grid, files.meta.crs)
        record = replace(
            record,
            layers=layers,
            rasters=sorted(grids),
            finished_at=record.finished_at or now_text(),
            run_by=record.run_by or actor.stamp,
        )
        content = {name: value for name, value in asdict(record).items() if name != "is_current"}
        text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)
        (part / RUN_JSON).write_text(text + "\n", encoding="utf-8")
        for path in part.iterdir():
            disk.sync_file(path)
        os.replace(part, final)
        disk.sync_folder(final.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    point_to(files, record, actor)
    return replace(record, is_current=True)


def _plain(name: str) -> str:
    if not name.replace("_", "").isalnum():
        raise SchemaError(
            Text(f"“{name}”不能作为栅格名", f"{name!r} cannot name a raster"),
            where=name,
            fix=Text("只用字母、数字和下划线", "use letters, digits and underscores"),
        )
    return name


def _write_layers(
    path: Path, frames_by_layer: Mapping[str, pd.DataFrame], crs: str
) -> dict[str, dict[str, Any]]:
    """Write result layers to a new file; returns rows and content hash of each."""
    if not frames_by_layer:
        return {}
    connection = connect_new(path)
    try:
        connection.execute("BEGIN")
        gpkg.create_catalogue(connection, crs)
        found = {}
        for name, frame in frames_by_layer.items():
            layer = layer_named(name)
            checked = frames.checked(frame, layer, crs)
            gpkg.create_layer(connection, layer, crs)
            if len(checked):
                insert_rows(connection, layer, checked, crs, defaults={})
            content = f"{hashes.computed(connection, layer):032x}"
            found[name] = {"open": {"rows": len(checked), "content_hash": content}}
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=DELETE")
    finally:
        connection.close()
    return found


def point_to(files: PlanFiles, record: RunRecord, actor: Actor) -> None:
    """Make the run the current one of its analysis and scenario, in one transaction.

    The first time it enters the run into the plan's list of runs.
    """
    layer = layer_named("analysis_run")
    stamp = Stamp(actor, now_text(), "", str(uuid.uuid4()))
    values = {
        "analysis": record.analysis,
        "scenario_id": record.scenario or None,
        "is_current": True,
        "finished_at": record.finished_at,
        "seconds": record.seconds,
        "inputs": record.inputs,
        "parameters": record.parameters,
        "rules": record.rules,
        "code_version": record.code_version,
        "counts": record.counts,
        "run_by": record.run_by,
    }
    with files.writers({PLANNING}) as held:
        writer = RowWriter(held[PLANNING], PLANNING, files.meta.crs, stamp)
        for run_id in _current_ids(held[PLANNING], record.analysis, record.scenario):
            writer.write(layer, run_id, {"is_current": 0})
        writer.write(layer, record.run_id, rows.to_raw(layer, values, writer.srs))
        for name in record.layers:
            touch(held[PLANNING], name, stamp, steps=1, hash_delta=None, scenario=record.scenario)


def _current_ids(connection: sqlite3.Connection, analysis: str, scenario: str) -> list[str]:
    found = connection.execute(
        "SELECT analysis_run_id FROM analysis_run WHERE is_current = 1 AND analysis = ?"
        " AND coalesce(scenario_id, '') = ? ORDER BY fid",
        (analysis, scenario),
    )
    return [run_id for (run_id,) in found]


# --- finding runs ----------------------------------------------------------------------------------
def listed(files: PlanFiles) -> list[RunRecord]:
    """Every saved run, oldest first."""
    with files.reader(PLANNING) as connection:
        found = connection.execute(
            "SELECT analysis_run_id, is_current FROM analysis_run ORDER BY fid"
        ).fetchall()
    return [replace(read_record(files, run_id), is_current=bool(now)) for run_id, now in found]


def read_record(files: PlanFiles, run_id: str) -> RunRecord:
    """The record of one run.

    Raises
    ------
    NotFoundError
        There is no such run.
    PlanError
        Its record is damaged.
    """
    path = folder_of(files, run_id) / RUN_JSON
    try:
        return RunRecord(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as problem:
        raise NotFoundError(
            Text(f"没有运行 {run_id}", f"there is no run {run_id}"),
            where=str(path),
            fix=Text("请重新运行分析", "run the analysis again"),
        ) from problem
    except (ValueError, TypeError) as problem:
        raise PlanError(
            Text("运行记录已损坏", "the record of a run is damaged"),
            where=str(path),
            fix=Text("请重新运行分析", "run the analysis again"),
        ) from problem


def folder_of(files: PlanFiles, run_id: str) -> Path:
    """The folder of a run, by an id that came from the plan and not from a path."""
    if not run_id or not run_id.replace("-", "").isalnum():
        raise NotFoundError(
            Text(f"没有运行 {run_id}", f"there is no run {run_id}"),
            where="runs",
            fix=Text("请从运行列表中选择", "choose one from the list of runs"),
        )
    return files.folder / "runs" / run_id


def current(files: PlanFiles, scenario: str = "") -> list[RunRecord]:
    """The current run of each analysis, for the plan or one of its scenarios."""
    with files.reader(PLANNING) as connection:
        found = connection.execute(
            "SELECT analysis_run_id FROM analysis_run WHERE is_current = 1"
            " AND coalesce(scenario_id, '') = ? ORDER BY fid",
            (scenario,),
        ).fetchall()
    return [replace(read_record(files, run_id), is_current=True) for (run_id,) in found]


def result_files(files: PlanFiles, layer: Layer, scenario: str, *, protected: bool) -> list[Path]:
    """The file of each current run that holds the layer; the protected form where allowed."""
    found = []
    for record in current(files, scenario):
        held = record.layers.get(layer.name, {})
        folder = folder_of(files, record.run_id)
        if protected and "protected" in held:
            found.append(folder / PROTECTED)
        elif "open" in held:
            found.append(folder / OPEN)
    return found


def first_told(files: PlanFiles, layer: Layer, scenario: str) -> dict[str, str]:
    """When each row of a result layer was found first, by id, through every run that is kept."""
    found: dict[str, str] = {}
    for record in listed(files):
        held = record.layers.get(layer.name)
        if held is None or record.scenario not in ("", scenario):
            continue
        path = folder_of(files, record.run_id) / (PROTECTED if "protected" in held else OPEN)
        with read_only(path) as connection:
            rows_of = connection.execute(f'SELECT "{layer.id_column}" FROM "{layer.name}"')
            for (row_id,) in rows_of:
                found.setdefault(row_id, record.finished_at)
    return found


def select(paths: Sequence[Path], wanted: rows.Query) -> list[tuple[Any, ...]]:
    """Raw rows of a result layer."""
    raw: list[tuple[Any, ...]] = []
    for path in paths:
        with read_only(path) as connection:
            raw.extend(rows.select(connection, wanted))
    return raw


@contextmanager
def read_only(path: Path) -> Iterator[sqlite3.Connection]:
    connection = connect_read_only(path)
    try:
        yield connection
    finally:
        connection.close()


def content_hash(files: PlanFiles, layer: Layer, scenario: str) -> str:
    """The hash of a result layer's current rows, protected ones included."""
    total = 0
    for record in current(files, scenario):
        held = record.layers.get(layer.name, {})
        shown = held.get("protected") or held.get("open") or {"content_hash": "0"}
        total += int(shown["content_hash"], 16)
    return f"{total % HASH_MODULUS:032x}"
