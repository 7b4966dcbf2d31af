"""The faults of a delivered file on its own: a dry run into an empty plan that is thrown away."""

from __future__ import annotations

import tempfile
from pathlib import Path

from app.errors import Finding
from app.schema import Actor
from app.services.imports.report import ImportOptions
from app.services.imports.run import import_file
from app.store import PlanMeta, PlanStore

# The zone of Litong; for another place `jiugai import --dry-run` checks against the plan itself.
_CRS = "EPSG:4544"
# Names of communities and the shift of web maps cannot be told without the plan.
_NEEDS_A_PLAN = {"no_such_reference", "datum_unknown"}


def check_file(path: Path) -> list[Finding]:
    """Every fault of the file that an import would report into whatever plan.

    Raises
    ------
    InputFileError, RefusedFileError
        The file cannot or may not be read.
    UsageError, CrsError, SchemaError
        What has to be said before it can be checked: layer, reference system, column.
    """
    with tempfile.TemporaryDirectory() as folder:
        empty = PlanMeta("check", "检查", _CRS)
        with PlanStore.create(Path(folder) / "plan", empty) as store:
            actor = Actor("check", "", "planner")
            report = import_file(path, store, actor, ImportOptions(), dry_run=True)
    return [finding for finding in report.findings if finding.code not in _NEEDS_A_PLAN]
