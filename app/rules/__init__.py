"""Tables of clauses: text in, typed rows and the questions that analyses ask of them out."""

from app.rules.book import SPECS, Clearance, Listing, RuleBook, Source, parse_book
from app.rules.clearance import COMMUNITY, NATIONAL, Kinds, PairFacts, Required
from app.rules.row import CONFIDENCES, Confidence, Override, RuleRow
from app.rules.table import RuleTable, TableSpec

__all__ = [
    "COMMUNITY",
    "CONFIDENCES",
    "NATIONAL",
    "SPECS",
    "Clearance",
    "Confidence",
    "Kinds",
    "Listing",
    "Override",
    "PairFacts",
    "Required",
    "RuleBook",
    "RuleRow",
    "RuleTable",
    "Source",
    "TableSpec",
    "parse_book",
]
