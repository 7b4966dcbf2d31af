"""What the page of runs and ``jiugai run`` list: each analysis, its state and its parameters."""

from __future__ import annotations

from app.analysis import analysis_named
from app.errors import Language
from app.schema.analysis import ParamField, param_fields
from app.services.plans import OpenPlan
from app.services.staleness import ResultState, result_states


def analyses_json(plan: OpenPlan, language: Language) -> list[dict[str, object]]:
    """Every analysis with its state on the plan or the scenario, and its run form."""
    states = result_states(plan.store, scenario=plan.scenario)
    return [_analysis(state, language) for state in states]


def _analysis(state: ResultState, language: Language) -> dict[str, object]:
    analysis = analysis_named(state.analysis)
    return {
        **state.as_json(language),
        "reasons": [reason.in_language(language) for reason in state.reasons],
        "summary": analysis.summary.in_language(language),
        "inputs_needed": [layer.name for layer in analysis.inputs],
        "outputs": [layer.name for layer in analysis.outputs],
        "parameter_fields": [_field(item, language) for item in param_fields(analysis.params)],
    }


def _field(item: ParamField, language: Language) -> dict[str, object]:
    return {
        "name": item.name,
        "label": item.label.in_language(language),
        "kind": item.kind.__name__,
        "default": item.default,
        "unit": item.unit,
        "minimum": item.minimum,
        "maximum": item.maximum,
        "choices": [
            {"code": code, "label": label.in_language(language)}
            for code, label in item.choices.items()
        ],
        "help": item.help.in_language(language),
    }
