"""The only place that opens files or databases: plans, deliveries, rule tables, jobs."""

from app.store.load import ImportBatch
from app.store.manifest import PlanMeta
from app.store.plan import PlanStore

__all__ = ["ImportBatch", "PlanMeta", "PlanStore"]
