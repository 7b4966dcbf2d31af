"""Run an analysis on a plan: gather its inputs, record what they were, keep the result."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

import app
from app.analysis import MODULES, analysis_named
from app.engine.process import Measured, peak_memory_mb, run_in_process
from app.engine.swmm import SwmmEngine
from app.errors import AnalysisError, Text
from app.rules import RuleBook
from app.rules.row import Override
from app.schema import Actor, Layer, layer_named
from app.schema.analysis import Analysis, Inputs, Progress, Raster, no_progress, parse_params
from app.services.recompute import changed_rows, update
from app.store import PlanStore, RunRecord
from app.store.cells import now_text
from app.store.rasters import read_raster
from app.store.rule_files import load_all_rules

# Code whose change may change a result: a stored result of other code is 待复核.
_RESULT_CODE = ("geo", "rules", "schema", "analysis/nearby")
# What some analyses stand on beside that.
_STANDS_ON = {
    "drains": ("analysis/sewers",),
    "drainage": ("analysis/sewers", "analysis/storm", "engine"),
    "storm": ("analysis/sewers", "engine"),
    "upsizing": (
        "analysis/sewers",
        "analysis/storm",
        "analysis/drainage",
        "analysis/exposure",
        "engine",
    ),
}
_ENGINES = {"swmm": SwmmEngine}


@dataclass(frozen=True)
class RunAnswer:
    """The record of a result and whether it was found rather than computed."""

    record: RunRecord
    was_stored: bool


def run_analysis(
    plan: PlanStore,
    name: str,
    settings: Mapping[str, object],
    actor: Actor,
    *,
    scenario: str = "",
    progress: Progress = no_progress,
) -> RunAnswer:
    """Run an analysis on the plan, or on a scenario of it, and make its result current.

    The same inputs, parameters, rules and code return the stored result.

    Raises
    ------
    NotFoundError
        No analysis of that name.
    UsageError
        Settings that the analysis does not take.
    AnalysisError
        The plan lacks what the analysis cannot do without, or the result may not be published.
    """
    analysis = analysis_named(name)
    params = parse_params(analysis.params, settings)
    started_at = now_text()
    question = ask(plan, analysis, params, scenario=scenario)
    stored = _stored(plan, analysis, question.input_hash, scenario)
    if stored is not None:
        shown = stored if stored.is_current else plan.make_current(stored.run_id, actor)
        return RunAnswer(shown, was_stored=True)
    measured = _computed(plan, analysis, params, question, scenario, progress)
    progress(0.95, Text("保存结果", "saving the result"))
    record = RunRecord(
        analysis=analysis.name,
        scenario=scenario,
        parameters=dataclasses.asdict(params),
        inputs=question.inputs,
        rules=question.rules,
        counts=dict(measured.outcome.counts),
        code_version=question.code_version,
        input_hash=question.input_hash,
        started_at=started_at,
        seconds=round(measured.seconds, 3),
        peak_mb=round(measured.peak_mb, 1),
        notes=[{"zh": note.zh, "en": note.en} for note in measured.outcome.notes],
    )
    open_frames, protected = _by_secrecy(analysis, measured.outcome.layers)
    rasters = measured.outcome.rasters
    plan.save_run(record, open_frames, protected, rasters, actor=actor)
    kept = plan.current_run(analysis.name, scenario)
    return RunAnswer(kept or record, was_stored=False)


def _computed(
    plan: PlanStore, analysis: Analysis, params: Any, question: Question, scenario: str,
    progress: Progress,
) -> Measured:  # fmt: skip
    """The outcome, by bringing the shown result up to date where that is possible."""
    shown = plan.current_run(analysis.name, scenario)
    if shown is not None and _differs_in_inputs_alone(shown, params, question):
        changed = changed_rows(plan, analysis, shown, question.inputs)
        if changed:
            rules = rule_book(plan).supply(analysis.rules)
            began = time.perf_counter()
            outcome = update(plan, analysis, params, shown, changed, rules, progress)
            if outcome is not None:
                return Measured(outcome, time.perf_counter() - began, peak_memory_mb())
    progress(0.0, Text("读取图层", "reading the layers"))
    inputs = gather(plan, analysis, scenario=scenario)
    return run_in_process(analysis, inputs, params, progress)


def _differs_in_inputs_alone(shown: RunRecord, params: Any, question: Question) -> bool:
    return bool(shown.started_at) and (
        shown.parameters == dataclasses.asdict(params)
        and shown.rules == question.rules
        and shown.code_version == question.code_version
    )


# --- what a result depends on ------------------------------------------------------------------------
@dataclass(frozen=True)
class Question:
    """Everything that decides a result, with one hash over it."""

    inputs: dict[str, dict[str, Any]]
    rules: dict[str, str]
    code_version: str
    input_hash: str


def ask(plan: PlanStore, analysis: Analysis, params: Any, *, scenario: str = "") -> Question:
    """The inputs, rules and code as they are now, for these parameters."""
    inputs = {
        layer.name: {
            "revision": plan.revision(layer.name, scenario or None),
            "content_hash": plan.content_hash(layer.name, scenario or None),
        }
        for layer in _all_inputs(analysis)
    }
    rules = {
        name: f"{'; '.join(table.editions)} #{table.fingerprint}"
        for name, table in rule_book(plan).supply(analysis.rules).items()
    }
    code = code_version(analysis.name)
    decisive = {
        "analysis": analysis.name,
        "inputs": {name: held["content_hash"] for name, held in inputs.items()},
        "parameters": dataclasses.asdict(params),
        "rules": rules,
        "code": code,
    }
    text = json.dumps(decisive, sort_keys=True, ensure_ascii=False, default=str)
    return Question(inputs, rules, code, hashlib.sha256(text.encode()).hexdigest())


def _all_inputs(analysis: Analysis) -> tuple[Layer, ...]:
    """Declared inputs, wanted or optional, and ``terrain`` where a raster of it is read."""
    terrain = (layer_named("terrain"),) if "terrain" in analysis.rasters else ()
    extra = (*analysis.optional, *terrain)
    return (*analysis.inputs, *(layer for layer in extra if layer not in analysis.inputs))


def gather(plan: PlanStore, analysis: Analysis, *, scenario: str = "") -> Inputs:
    """The frames, rules and rasters that an analysis declares.

    Raises
    ------
    AnalysisError
        Another analysis has to run first, or a raster is not registered.
    """
    frames = {}
    for layer in analysis.inputs:
        if layer.group == "result":
            frames[layer.name] = _result_frame(plan, layer, scenario)
        else:
            frames[layer.name] = plan.read(layer.name, scenario=scenario or None)
    for layer in analysis.optional:
        if _was_run(plan, layer):
            frames[layer.name] = plan.read_result(layer.name, scenario or None)
    rules = rule_book(plan).supply(analysis.rules)
    rasters = {name: _raster(plan, name, scenario) for name in analysis.rasters}
    return Inputs(frames, rules, rasters, {name: _ENGINES[name]() for name in analysis.engines})


def _result_frame(plan: PlanStore, layer: Layer, scenario: str) -> pd.DataFrame:
    if not _was_run(plan, layer):
        raise AnalysisError(
            Text(f"还没有“{layer.label.zh}”结果", f"there is no result {layer.name} yet"),
            where=layer.name,
            fix=Text("请先运行给出该结果的分析", "run the analysis that gives it first"),
        )
    frame: pd.DataFrame = plan.read_result(layer.name, scenario or None)
    return frame


def _was_run(plan: PlanStore, layer: Layer) -> bool:
    return any(layer.name in run.layers for run in plan.runs() if run.is_current)


def _raster(plan: PlanStore, name: str, scenario: str) -> Raster:
    """A raster that another analysis gave, of its current run, or one that the plan registers."""
    for other in MODULES:
        if name not in analysis_named(other).raster_outputs:
            continue
        record = plan.current_run(other, scenario) or plan.current_run(other)
        if record is not None and name in record.rasters:
            return plan.read_raster(record.run_id, name)
    return _registered_raster(plan, name)


def _registered_raster(plan: PlanStore, kind: str) -> Raster:
    """The newest raster that the plan registers: of any kind for ``terrain``, else of this kind."""
    where = None if kind == "terrain" else {"kind": kind}
    rows = plan.read("terrain", where=where).sort_values(["updated_at", "terrain_id"])
    if not len(rows):
        raise AnalysisError(
            Text(f"计划没有登记栅格 {kind}", f"the plan registers no raster {kind}"),
            where="terrain",
            fix=Text("请先导入地形", "import a terrain first"),
        )
    return read_raster(plan.file_path(str(rows["file_sha256"].iloc[-1])))


def rule_book(plan: PlanStore) -> RuleBook:
    """The shipped rules with the plan's own figures in place of theirs."""
    return load_all_rules(overrides=overrides(plan))


def overrides(plan: PlanStore) -> list[Override]:
    """The figures that the plan changed, with reason, author and date."""
    rows = plan.read("rule_override")
    return [
        Override(
            table=row.table, rule_id=row.rule_id, column=row.column, value=row.value,
            reason=row.reason, author=str(row.updated_by or ""), date=str(row.updated_at or "")[:10],
        )
        for row in rows.itertuples()
    ]  # fmt: skip


@lru_cache(maxsize=64)
def code_version(analysis: str) -> str:
    """The release and a fingerprint of the modules that compute the results of an analysis.

    Its own modules and what all analyses stand on; another analysis may change freely.
    """
    root = Path(app.__file__).parent
    own = root / "analysis" / analysis
    sources = [own.with_suffix(".py")] if own.with_suffix(".py").exists() else [own]
    digest = hashlib.sha256()
    beside = (*_RESULT_CODE, *_STANDS_ON.get(analysis, ()))
    for source in (*sources, *(root / package for package in beside)):
        for path in [source] if source.is_file() else sorted(source.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return f"{app.__version__}+{digest.hexdigest()[:12]}"


# --- keeping ---------------------------------------------------------------------------------------------
def _stored(
    plan: PlanStore, analysis: Analysis, input_hash: str, scenario: str
) -> RunRecord | None:
    """The newest run of the same question."""
    for record in reversed(plan.runs()):
        same = (record.analysis, record.scenario, record.input_hash)
        if same == (analysis.name, scenario, input_hash):
            return record
    return None


def _by_secrecy(
    analysis: Analysis, layers: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """(open, protected) frames: of a protected layer the open file holds only where and how grave.

    Ids and geometry of another owner's pipe would tell where it lies.
    """
    protected = {layer.name for layer in analysis.outputs if layer.protected}
    open_frames = {
        layer.name: _public_form(layer, layers[layer.name])
        if layer.name in protected
        else layers[layer.name]
        for layer in analysis.outputs
        if layer.name in layers
    }
    return open_frames, {name: layers[name] for name in layers if name in protected}


_PUBLIC_REFERENCES = ("community", "township")


def _public_form(layer: Layer, frame: pd.DataFrame) -> pd.DataFrame:
    kept = [
        column.name
        for column in layer.columns
        if column.domain is not None or column.references in _PUBLIC_REFERENCES
    ]
    public = frame[[name for name in kept if name in frame.columns]].copy()
    numbers = [f"{layer.name}-{number:06d}" for number in range(1, len(frame) + 1)]
    public.insert(0, layer.id_column, numbers)
    if not layer.is_spatial:
        return public
    crs = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
    none = np.full(len(public), None, dtype=object)
    drawn: pd.DataFrame = gpd.GeoDataFrame(public, geometry=none, crs=crs)
    return drawn
