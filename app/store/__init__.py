"""The only place that opens files or databases: plans, deliveries, rule tables, jobs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.store.changes import Change
    from app.store.edits import BEFORE_ALL, Applied, Edit
    from app.store.load import ImportBatch
    from app.store.manifest import PlanMeta
    from app.store.plan import PlanStore
    from app.store.runs import RunRecord
    from app.store.scenarios import Difference, ScenarioChange

__all__ = [
    "BEFORE_ALL",
    "Applied",
    "Change",
    "Difference",
    "Edit",
    "ImportBatch",
    "PlanMeta",
    "PlanStore",
    "RunRecord",
    "ScenarioChange",
]

_HOMES = {
    "Applied": "app.store.edits",
    "Change": "app.store.changes",
    "Difference": "app.store.scenarios",
    "Edit": "app.store.edits",
    "BEFORE_ALL": "app.store.edits",
    "ImportBatch": "app.store.load",
    "PlanMeta": "app.store.manifest",
    "PlanStore": "app.store.plan",
    "RunRecord": "app.store.runs",
    "ScenarioChange": "app.store.scenarios",
}


def __getattr__(name: str) -> Any:
    """Loaded when first asked for: the parsing process of a delivery needs no pandas."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
