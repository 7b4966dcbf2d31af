"""Checks a plan, or a file somebody delivered, and lists every fault at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from app.errors import Finding, InputFileError, Language, Text
from app.schema import LAYERS
from app.services.plans import OpenPlan, open_plan


def is_plan(path: Path) -> bool:
    """Whether the path is a plan folder; a single file is told apart by opening it."""
    return path.is_dir() and (path / "plan.json").exists()


def check_path(path: Path) -> list[Finding]:
    """The findings of a plan folder or of a delivered file.

    Raises
    ------
    InputFileError, PlanError
        Nothing there, or nothing that can be read.
    """
    if not path.exists():
        raise InputFileError(
            Text(f"没有 {path}", f"there is no {path}"),
            where=str(path),
            fix=Text("检查路径", "check the path"),
        )
    if is_plan(path):
        return check_plan(open_plan(path))
    from app.services.imports import check_file

    return check_file(path)


def check_plan(plan: OpenPlan) -> list[Finding]:
    """Faults of the files, of the rows and of what refers to what."""
    from app.schema.validate import validate_frames

    frames = {name: plan.frame(name) for name, rows in plan.store.counts().items() if rows}
    return [*plan.store.verify(), *validate_frames(frames)]


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
