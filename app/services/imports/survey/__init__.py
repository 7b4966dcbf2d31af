"""Survey deliveries made layers: CJJ 61 point and line tables joined, drawings sorted by class."""

from app.services.imports.survey.stage import sorted_out

__all__ = ["sorted_out"]
