"""Deliveries into the plan: a report of everything first, one batch that can be undone after."""

from app.services.imports.check import check_file
from app.services.imports.report import ImportOptions, ImportReport, LayerReport
from app.services.imports.run import import_file, undo_import

__all__ = [
    "ImportOptions",
    "ImportReport",
    "LayerReport",
    "check_file",
    "import_file",
    "undo_import",
]
