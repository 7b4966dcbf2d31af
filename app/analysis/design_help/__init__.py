"""Where a planned pipe in conflict could go instead: the cheapest way that the judge lets pass."""

from app.analysis.design_help.search import Answer, Judge, Verdict, cheapest
from app.analysis.design_help.ways import Limits, Start, Way, bends_of, cost_of, drawn, ways

__all__ = [
    "Answer",
    "Judge",
    "Limits",
    "Start",
    "Verdict",
    "Way",
    "bends_of",
    "cheapest",
    "cost_of",
    "drawn",
    "ways",
]
