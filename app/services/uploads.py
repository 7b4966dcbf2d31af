"""The upload door: a file waits apart, a worker looks at it, a person confirms, one batch comes in."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import IO, Any

from app.errors import Language, Text, UsageError
from app.schema import Actor
from app.services.editing import take_back
from app.services.imports import ImportOptions, ImportReport, import_file, undo_import
from app.services.jobs import JobContext
from app.services.plans import OpenPlan
from app.store.jobs import Job, JobTable
from app.store.quarantine import Quarantine, Upload
from app.store.readers.delivery import UPLOAD

PREVIEW, IMPORT = "import_preview", "import"
_CHOICES = {
    "datum": ("auto", "wgs84", "gcj02", "bd09"),
    "secrecy": ("public", "internal", "sensitive"),
    "height_unit": ("auto", "m", "ft"),
}
_READ_SHARE = 0.7
_STAGES = {
    "read": Text("读取并检查文件", "reading and checking the file"),
    "save": Text("写入方案", "writing into the plan"),
}


def receive(plan: OpenPlan, stream: IO[bytes], name: str, actor: Actor) -> tuple[Upload, Job]:
    """Keep a file apart and ask the worker to look at it."""
    upload = Quarantine(plan.store.folder).receive(stream, name, actor.stamp)
    return upload, look(plan, upload.upload_id, {}, actor)


def look(plan: OpenPlan, upload_id: str, said: Mapping[str, Any], actor: Actor) -> Job:
    """Ask for a look at a waiting file with what a person chose; nothing is written."""
    return _ask(plan, PREVIEW, upload_id, said, actor)


def confirm(plan: OpenPlan, upload_id: str, said: Mapping[str, Any], actor: Actor) -> Job:
    """Ask to import a waiting file as one batch; confirming twice is once."""
    return _ask(plan, IMPORT, upload_id, said, actor)


def drop(plan: OpenPlan, upload_id: str) -> None:
    """Throw a waiting file away."""
    Quarantine(plan.store.folder).drop(upload_id)


def shown(plan: OpenPlan, upload_id: str, language: Language) -> dict[str, object]:
    """``{upload, preview}``: the file and what the last look at it found, if there was one."""
    door = Quarantine(plan.store.folder)
    found = door.preview(upload_id)
    return {
        "upload": dataclasses.asdict(door.get(upload_id)),
        "preview": found[language] if found else None,
    }


def waiting(plan: OpenPlan) -> list[dict[str, object]]:
    """Every file that waits, newest first."""
    return [dataclasses.asdict(upload) for upload in Quarantine(plan.store.folder).waiting()]


def options_of(said: Mapping[str, Any]) -> ImportOptions:
    """What a person chose, checked.

    Raises
    ------
    UsageError
        A name or value that an import does not take.
    """
    known = {item.name: item for item in dataclasses.fields(ImportOptions)}
    for name, value in said.items():
        if name not in known or not _fits(name, value):
            raise UsageError(
                Text(f"导入设置 {name} 不能是这个值", f"the setting {name} does not take this value"),
                where=name[:40],
                fix=Text("请在页面上重新选择", "choose again on the page"),
            )  # fmt: skip
    chosen: dict[str, Any] = dict(said)
    for name in ("layer", "crs", "as_of"):
        chosen[name] = chosen.get(name) or None
    return ImportOptions(**chosen)


def _fits(name: str, value: object) -> bool:
    if name in ("columns", "classes"):
        return isinstance(value, dict) and all(
            isinstance(one, str) for pair in value.items() for one in pair
        )
    if name == "update":
        return isinstance(value, bool)
    if name in _CHOICES:
        return value in _CHOICES[name]
    return isinstance(value, str) and len(value) <= 200


def _ask(plan: OpenPlan, kind: str, upload_id: str, said: Mapping[str, Any], actor: Actor) -> Job:
    options_of(said)
    upload = Quarantine(plan.store.folder).get(upload_id)
    payload = {
        "upload_id": upload_id, "name": upload.name, "options": dict(said), "scenario": plan.scenario
    }  # fmt: skip
    basis = upload_id if kind == IMPORT else json.dumps(payload, sort_keys=True)
    key = hashlib.sha256(basis.encode()).hexdigest()
    return JobTable(plan.store.folder).enqueue(kind, payload, key=key, actor=actor)


# --- in the worker ---
def do_preview(context: JobContext) -> Mapping[str, Any]:
    """The dry run of an import, kept beside the file."""
    report = _import(context, dry_run=True)
    preview = {
        language: {**report.as_json(language), "shapes": [layer.sample for layer in report.layers]}
        for language in ("zh", "en")
    }
    Quarantine(context.plan.folder).keep_preview(context.job.payload["upload_id"], preview)
    return {"upload_id": context.job.payload["upload_id"], "counts": report.counts}


def undo(plan: OpenPlan, batch_id: str, actor: Actor) -> None:
    """Take a delivery back whole, out of the plan or out of the scenario that it went into."""
    if plan.scenario:
        take_back(plan, batch_id, actor)
    else:
        undo_import(plan.store, batch_id, actor)


def do_import(context: JobContext) -> Mapping[str, Any]:
    """The import itself; a job that broke off after its batch was saved does not save it twice."""
    upload_id = str(context.job.payload["upload_id"])
    batch_id = context.job.job_id
    counts = _saved_before(context, batch_id)
    if counts is None:
        report = _import(context, dry_run=False, batch_id=batch_id)
        counts, batch_id = report.counts, report.batch_id
    door = Quarantine(context.plan.folder)
    if batch_id and any(upload.upload_id == upload_id for upload in door.waiting()):
        door.drop(upload_id)
    scenario = str(context.job.payload.get("scenario") or "")
    return {"upload_id": upload_id, "batch_id": batch_id, "counts": counts, "scenario": scenario}


def _saved_before(context: JobContext, batch_id: str) -> dict[str, Any] | None:
    """The counts of a batch that is in already; a scenario keeps no such row, only the changes."""
    if (saved := context.plan.row("import_batch", batch_id)) is not None:
        counts = saved.get("counts")
        return counts if isinstance(counts, dict) else {}
    made = context.plan.change_set(batch_id)
    rows = [change for change in made if change.layer != "dataset"]
    return {"read": len(rows), "kept": len(rows)} if made else None


def _import(context: JobContext, *, dry_run: bool, batch_id: str = "") -> ImportReport:
    asked, door = context.job.payload, Quarantine(context.plan.folder)
    upload = door.get(str(asked["upload_id"]))
    scenario = str(asked.get("scenario") or "")
    return import_file(
        door.path(upload), context.plan.through(scenario) if scenario else context.plan, context.job.actor, options_of(asked["options"]),
        name=upload.name, dry_run=dry_run, limits=UPLOAD, batch_id=batch_id,
        on_progress=_steps(context, reading=1.0 if dry_run else _READ_SHARE),
    )  # fmt: skip


def _steps(context: JobContext, *, reading: float) -> Callable[[str, int, int | None], None]:
    def step(stage: str, done: int, total: int | None) -> None:
        part = min(1.0, done / total) if total else 0.0  # not known: no time left is told
        share = reading * part if stage == "read" else reading + (1 - reading) * part
        context.progress(share, _STAGES[stage])

    return step
