"""The only place that opens files or databases: plans, deliveries, rule tables, jobs."""

from app.store.changes import Change
from app.store.edits import Applied, Edit
from app.store.load import ImportBatch
from app.store.manifest import PlanMeta
from app.store.plan import PlanStore
from app.store.scenarios import Difference, ScenarioChange

__all__ = [
    "Applied",
    "Change",
    "Difference",
    "Edit",
    "ImportBatch",
    "PlanMeta",
    "PlanStore",
    "ScenarioChange",
]
