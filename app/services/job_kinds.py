"""What a worker does for each kind of job, and how such a job is asked for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from app.analysis import analysis_named
from app.errors import Language, Text
from app.schema import Actor
from app.schema.analysis import parse_params
from app.services.jobs import Handler, JobContext
from app.services.plans import OpenPlan
from app.services.storm_measures import BOTH, do_both
from app.services.uploads import IMPORT, PREVIEW, do_import, do_preview
from app.store.jobs import Job, JobTable

RUN = "run"
_BOTH_WORDS = Text("措施前后对比计算", "storm before and after the measures")
_FILE_WORDS = {
    PREVIEW: Text("检查上传文件", "look at the upload"),
    IMPORT: Text("导入", "import"),
}


def ask_for_run(plan: OpenPlan, analysis: str, settings: Mapping[str, object], actor: Actor) -> Job:
    """Queue a run; the same question that is waiting or running is not asked twice.

    Raises
    ------
    NotFoundError
        No analysis of that name.
    UsageError
        Settings that it does not take: they are refused now and not in the queue.
    """
    from app.services.runs import ask

    params = parse_params(analysis_named(analysis).params, settings)
    question = ask(plan.store, analysis_named(analysis), params, scenario=plan.scenario)
    payload = {"analysis": analysis, "settings": dict(settings), "scenario": plan.scenario}
    key = hashlib.sha256(f"{question.input_hash} {plan.scenario}".encode()).hexdigest()
    return JobTable(plan.store.folder).enqueue(RUN, payload, key=key, actor=actor)


def _run(context: JobContext) -> Mapping[str, Any]:
    from app.services.runs import run_analysis

    asked = context.job.payload
    answer = run_analysis(
        context.plan,
        str(asked["analysis"]),
        asked["settings"],
        context.job.actor,
        scenario=str(asked.get("scenario") or ""),
        progress=context.progress,
    )
    return {
        "run_id": answer.record.run_id,
        "was_stored": answer.was_stored,
        "counts": answer.record.counts,
        "seconds": answer.record.seconds,
    }


HANDLERS: dict[str, Handler] = {RUN: _run, PREVIEW: do_preview, IMPORT: do_import, BOTH: do_both}


def job_json(job: Job, language: Language) -> dict[str, object]:
    """A job as the page of runs shows it."""
    error = job.error or {}
    told = error.get("en", error) if language == "en" else error
    label = ""
    if job.kind == RUN:
        label = analysis_named(str(job.payload["analysis"])).label.in_language(language)
    elif job.kind == BOTH:
        label = _BOTH_WORDS.in_language(language)
    elif job.kind in _FILE_WORDS:
        label = f"{_FILE_WORDS[job.kind].in_language(language)} {job.payload.get('name', '')}"
    return {
        "job_id": job.job_id,
        "kind": job.kind,
        "label": label,
        "payload": json.loads(json.dumps(job.payload, default=str)),
        "state": job.state,
        "progress": round(job.progress, 3),
        "doing": job.doing.in_language(language),
        "running_s": round(job.running_s, 1),
        "left_s": None if job.left_s is None else round(job.left_s, 1),
        "cancel_asked": job.cancel_asked,
        "attempts": job.attempts,
        "result": job.result,
        "error": {key: told.get(key, "") for key in ("code", "message", "where", "fix")}
        if error
        else None,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "by": job.actor.stamp,
    }
