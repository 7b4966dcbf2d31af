"""Pipes that run closer together than the clearance rules allow, in plan, in height, in cover."""

from app.analysis.conflicts.find import ANALYSIS, find_conflicts
from app.analysis.conflicts.params import ConflictParams

__all__ = ["ANALYSIS", "ConflictParams", "find_conflicts"]
