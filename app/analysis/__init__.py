"""Pure functions from layers and rules to results; each analysis declares itself.

To add one, write its module with its ``ANALYSIS`` and its name here; faces list the declarations.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from app.schema.analysis import Analysis

MODULES = ("eligibility",)


@cache
def analyses() -> dict[str, Analysis]:
    """Every declaration by name. The modules are read here, so that a help page stays quick."""
    found: list[Analysis] = [import_module(f"{__name__}.{name}").ANALYSIS for name in MODULES]
    return {analysis.name: analysis for analysis in found}
