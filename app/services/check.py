"""Checks a plan, or a file somebody delivered, and lists every fault at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from app.errors import CrsError, Finding, InputFileError, Language, SchemaError, Text, UsageError
from app.schema import LAYERS
from app.services.plans import OpenPlan, open_plan


def check_path(path: Path) -> list[Finding]:
    """The findings of a plan, of an exported one-file plan, or of a delivered file.

    Raises
    ------
    InputFileError, RefusedFileError, PlanError
        Nothing there, or nothing that can or may be read.
    """
    if not path.exists():
        raise InputFileError(
            Text(f"没有 {path}", f"there is no {path}"),
            where=str(path),
            fix=Text("检查路径", "check the path"),
        )
    if (plan := _as_plan(path)) is None:
        return check_delivery(path)
    with plan.store:
        return check_plan(plan)


def _as_plan(path: Path) -> OpenPlan | None:
    """The plan that a folder or an exported file holds; None for a delivery."""
    if path.is_dir() and path.suffix.casefold() != ".gdb":
        return open_plan(path)
    if path.suffix.casefold() != ".gpkg":
        return None
    try:
        return open_plan(path)
    except InputFileError:
        return None  # a GeoPackage that somebody delivered


def repair_plan(path: Path) -> None:
    """Rebuild what can be rebuilt from the rows: spatial indexes and extents.

    Raises
    ------
    UsageError
        A file, which is not repaired.
    PlanError
        The plan cannot be opened or written.
    """
    with _folder(path).store as store:
        store.repair()


def migrate_plan(path: Path) -> tuple[int, int]:
    """Bring a plan of an earlier version to this one; returns the version it had and has.

    Raises
    ------
    UsageError
        A file, which is not migrated.
    PlanError
        The plan is of a later version, or the copy did not pass its check; nothing was changed.
    """
    from app.services.access import LOCAL_ACTOR
    from app.store import PlanStore

    _require_folder(path)
    was = PlanStore.migrate(path, LOCAL_ACTOR)
    with PlanStore.open(path) as store:
        return was, store.meta.schema_version


def _folder(path: Path) -> OpenPlan:
    _require_folder(path)
    return open_plan(path)


def _require_folder(path: Path) -> None:
    if not (path / "plan.json").is_file():
        raise UsageError(
            Text(f"{path} 不是方案文件夹", f"{path} is no plan folder"),
            where=str(path),
            fix=Text("--repair 和 --migrate 只用于方案文件夹", "both options take a plan folder"),
        )


def check_delivery(path: Path) -> list[Finding]:
    """The faults of a file on its own; what an import would have to ask is one of them."""
    from app.services.imports import check_file

    try:
        return check_file(path)
    except (UsageError, CrsError, SchemaError) as asked:
        return [Finding(asked.code, "error", asked.message, asked.fix, file=path.name)]


def check_plan(plan: OpenPlan) -> list[Finding]:
    """Faults of the files, of the rows and of what refers to what."""
    from app.schema.validate import validate_frames

    frames = {name: plan.frame(name) for name, rows in plan.counts().items() if rows}
    # A handed-over file has no record of changes and no generations that could be verified.
    of_files = [] if plan.store.is_read_only else plan.store.verify()
    return [*of_files, *validate_frames(frames)]


def report(findings: Sequence[Finding], language: Language) -> dict[str, object]:
    """``{"findings": [...], "counts": {...}}``: counts by severity and by code."""
    severities = Counter(item.severity for item in findings)
    return {
        "findings": [item.as_json(language) for item in findings],
        "counts": {
            **{severity: severities.get(severity, 0) for severity in ("error", "warning", "info")},
            "by_code": dict(sorted(Counter(item.code for item in findings).items())),
        },
    }


def layer_label(name: str, language: Language) -> str:
    """What people call a layer; the name itself for a layer that the schema does not know."""
    return LAYERS[name].label.in_language(language) if name in LAYERS else name
