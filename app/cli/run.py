"""``jiugai run``: run an analysis on a plan; the same question returns the stored answer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from app.cli.output import common, example, plan_option, print_json, yuan
from app.errors import Language, Text, UsageError


@click.command(
    help="运行一项分析。不写名称则列出全部分析及其参数与状态。\n\n"
    "Run an analysis. Without a name: every analysis with its parameters and state."
    + example(
        "jiugai run --plan plans/demo",
        "jiugai run conflicts --plan plans/demo --set binding=gb50015 --json",
    )
)
@click.argument("analysis", required=False)
@plan_option
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE",
              help="参数 · A parameter of the analysis.")  # fmt: skip
@click.option("--scenario", default="", help="情景编号 · Id of a scenario.")
@click.option("--engine", type=click.Choice(["process"]), default="process",
              help="在何处运行 · Where it runs.")  # fmt: skip
@common
def run(
    analysis: str | None, plan_path: Path, settings: tuple[str, ...], scenario: str, engine: str,
    as_json: bool, language: Language,
) -> None:  # fmt: skip
    from app.services.plans import open_plan

    plan = open_plan(plan_path)
    if analysis is None:
        _list(plan, as_json=as_json, language=language)
        return
    from app.services.access import LOCAL_ACTOR
    from app.services.runs import run_analysis

    answer = run_analysis(
        plan.store,
        analysis,
        _settings(settings),
        LOCAL_ACTOR,
        scenario=scenario,
        progress=_shown_progress(language, quiet=as_json),
    )
    found = answer_json(answer, engine=engine, language=language)
    if as_json:
        print_json(found)
    else:
        _show(found, language)


def answer_json(answer: Any, *, engine: str, language: Language) -> dict[str, object]:
    """The stable object of DESIGN section 7 for one run."""
    from app.analysis import analysis_named

    record = answer.record
    analysis = analysis_named(record.analysis)
    return {
        "analysis": record.analysis,
        "label": analysis.label.in_language(language),
        "run_id": record.run_id,
        "was_stored": answer.was_stored,
        "scenario": record.scenario,
        "counts": record.counts,
        "inputs": record.inputs,
        "parameters": record.parameters,
        "rules": record.rules,
        "code_version": record.code_version,
        "engine": engine,
        "seconds": record.seconds,
        "peak_mb": record.peak_mb,
        "result_layers": [layer.name for layer in analysis.outputs],
        "notes": [note[language] for note in record.notes],
    }


def _settings(pairs: tuple[str, ...]) -> dict[str, object]:
    settings: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(
                Text(f"--set {pair} 不是“名称=值”", f"--set {pair} is not NAME=VALUE"),
                where="--set",
                fix=Text("写成 --set binding=gb50015", "write it as --set binding=gb50015"),
            )
        settings[name] = value
    return settings


def _shown_progress(language: Language, *, quiet: bool) -> Any:
    from app.schema.analysis import no_progress

    if quiet or not sys.stderr.isatty():
        return no_progress

    def show(share: float, doing: Text) -> None:
        click.echo(f"\r{share:4.0%} {doing.in_language(language):<40}", err=True, nl=share >= 1)

    return show


def _list(plan: Any, *, as_json: bool, language: Language) -> None:
    from app.cli.info import STATE_WORDS
    from app.services.run_forms import analyses_json

    listed = analyses_json(plan, language)
    if as_json:
        print_json({"analyses": listed})
        return
    for item in listed:
        click.echo(
            f"{item['analysis']:<14}{item['label']}  [{STATE_WORDS[str(item['state'])].in_language(language)}] {item['reason']}"
        )
        for field in item["parameter_fields"]:  # type: ignore[attr-defined]
            bounds = " / ".join(one["code"] for one in field["choices"]) or field["unit"]
            click.echo(f"    --set {field['name']}={field['default']}  {field['label']} {bounds}")


_WAN: dict[Language, str] = {"zh": "万元", "en": "×10,000 yuan"}


def _show(found: dict[str, Any], language: Language) -> None:
    from app.services.why_results import count_words

    zh = language == "zh"
    again = ("（已有结果）" if zh else " (stored result)") if found["was_stored"] else ""
    click.echo(f"{found['label']}{again}  {found['seconds']} s")
    for name, count in found["counts"].items():
        words = count_words(found["analysis"], name)[0].in_language(language)
        amount = f"{yuan(count)} {_WAN[language]}" if name.endswith("_fen") else f"{count:,}"
        click.echo(f"  {words}  {amount}")
    for note in found["notes"]:
        click.echo(f"  {note}")
