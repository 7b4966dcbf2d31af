"""Pure functions from layers and rules to results; each analysis declares itself.

To add one, write its module with its ``ANALYSIS`` and its name here; faces list the declarations.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from app.errors import NotFoundError, Text
from app.schema.analysis import Analysis

MODULES = (
    "eligibility",
    "conflicts",
    "corridors",
    "reach",
    "gates",
    "siting",
    "isochrones",
    "scope",
    "consent",
    "checks",
    "best_set",
    "storm",
    "exposure",
    "drains",
    "drainage",
    "upsizing",
    "totals",
)


@cache
def analysis_named(name: str) -> Analysis:
    """The declaration of an analysis. Its module is read now, so that a help page stays quick.

    Raises
    ------
    NotFoundError
        There is no analysis of that name.
    """
    if name not in MODULES:
        raise NotFoundError(
            Text(f"没有名为 {name} 的分析", f"there is no analysis named {name}"),
            where=name,
            fix=Text("可用分析：" + "、".join(MODULES), "use one of: " + ", ".join(MODULES)),
        )
    found: Analysis = import_module(f"{__name__}.{name}").ANALYSIS
    return found


def analyses() -> dict[str, Analysis]:
    """Every declaration by name, in the order of the list."""
    return {name: analysis_named(name) for name in MODULES}
