"""The drains of a plan as an input file of EPA SWMM, or a model that came in, with its changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.analysis import analysis_named
from app.analysis.sewers.build import built, options
from app.analysis.sewers.inp import read_inp
from app.analysis.sewers.inp_rows import with_plan
from app.analysis.sewers.model import model_text
from app.errors import NotFoundError, Text
from app.report.plain import is_missing
from app.schema.analysis import parse_params
from app.services import access
from app.services.exports import Exported, ExportRequest, whole_file
from app.services.imports.original import kept_delivery
from app.services.plans import OpenPlan
from app.services.stamps import highest_secrecy
from app.store.readers.swmm import inp_text, is_inp

_LAYERS = ("pipe", "pipe_node")
_DRY_HOURS = 3.0


def export_inp(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    """One model: of all storm and combined sewers in use, or of one dataset as it came in.

    The first holds the rain and the subcatchments of the last run of ``drainage`` where the plan
    has a terrain, so that the engine's own program gives the same; the second is the delivered
    file with what the plan changed since.

    Raises
    ------
    NotAllowedError
        The actor may not export pipes.
    NotFoundError
        The dataset is no model.
    AnalysisError
        No sewer can be routed.
    """
    for layer in _LAYERS:
        access.require(request.actor, "export", layer)
    dataset = request.options.get("dataset", "")
    text, rows = _of_dataset(plan, dataset, request) if dataset else _of_plan(plan)
    with whole_file(to) as file:
        file.write(text.encode("utf-8"))
    return Exported(to, highest_secrecy(plan, _LAYERS), rows)


def _of_plan(plan: OpenPlan) -> tuple[str, dict[str, int]]:
    from app.analysis.drainage.run import asked_storm, rained_model
    from app.analysis.sewers.build import heights
    from app.services.runs import gather, rule_book

    pipes, nodes = plan.frame("pipe"), plan.frame("pipe_node")
    if not len(plan.frame("terrain")):
        terms: Any = rule_book(plan.store).table("storm_terms")
        model = built(pipes, nodes, terms, fills=True, height_at=None)
        text = model_text(model, options(terms, _DRY_HOURS))
    else:
        analysis = analysis_named("drainage")
        last = plan.store.current_run("drainage", plan.scenario)
        params = parse_params(analysis.params, last.parameters if last else {})
        inputs = gather(plan.store, analysis, scenario=plan.scenario)
        height_at = heights(inputs.rasters["terrain"])
        model = built(pipes, nodes, inputs.rules["storm_terms"], fills=params.fill == "stated", height_at=height_at)  # fmt: skip
        text = rained_model(inputs, params, model, asked_storm(inputs, params))[0]
    return text, {"pipe": len(model.conduits), "pipe_node": len(model.nodes)}


def _of_dataset(plan: OpenPlan, dataset: str, request: ExportRequest) -> tuple[str, dict[str, int]]:
    delivered = kept_delivery(plan, dataset, request.actor)
    if not is_inp(delivered.name):
        raise NotFoundError(
            Text(f"数据集 {dataset} 不是 SWMM 模型", f"dataset {dataset} is no model of SWMM"),
            where=dataset[:64],
            fix=Text("去掉 --dataset 导出全部雨水管网", "leave --dataset out to export all drains"),
        )
    file = read_inp(inp_text(delivered.path, delivered.name), delivered.name)
    held = {layer: _rows(plan, layer, dataset) for layer in _LAYERS}
    text = with_plan(file, held["pipe"], held["pipe_node"]).text()
    return text, {layer: len(rows) for layer, rows in held.items()}


def _rows(plan: OpenPlan, layer: str, dataset: str) -> dict[str, dict[str, Any]]:
    frame = plan.frame(layer)
    own = frame[frame["dataset_id"] == dataset].drop(columns="geometry")
    return {
        str(row[f"{layer}_id"]): {
            str(name): None if is_missing(value) else value for name, value in row.items()
        }
        for row in own.to_dict("records")
    }
