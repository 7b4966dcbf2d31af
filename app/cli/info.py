"""``jiugai info``: what a plan holds and what its programmes amount to, computed now."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from app.cli.output import common, example, print_json, yuan
from app.errors import Language, Text
from app.schema import LAYERS

STATE_WORDS = {
    "current": Text("当前", "current"),
    "stale": Text("待复核", "stale"),
    "never_run": Text("未运行", "never run"),
}


@click.command(
    help="方案的图层、计划汇总与结果状态，均为实时计算。\n\n"
    "Layers, totals of the programmes and state of the results, computed now."
    + example(
        "jiugai info plans/demo", "jiugai info plans/demo --json", "jiugai info plans/demo --rules"
    )
)
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--rules", "with_rules", is_flag=True, help="列出全部规则 · List every rule.")
@common
def info(plan: Path, with_rules: bool, as_json: bool, language: Language) -> None:
    from app.services.info import info as describe
    from app.services.plans import open_plan
    from app.services.rules import rules
    from app.settings import Settings

    settings = Settings.read(os.environ)
    opened = open_plan(plan)
    found = describe(opened, standards=settings.standards, language=language)
    if with_rules:
        listed = rules(opened, settings.standards, language=language)
        found["rules"] = {**_dict(found["rules"]), **listed}
    if as_json:
        print_json(found)
    else:
        _show(found, language)


def _dict(value: object) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value


def _show(found: dict[str, Any], language: Language) -> None:
    zh = language == "zh"
    plan = found["plan"]
    title = plan["title"] if zh else plan["title_en"] or plan["title"]
    mark = "演示数据" if zh else "demonstration data"
    demo = f"（{mark}）" if plan["is_demo"] and mark not in title.lower() else ""
    click.echo(f"{title}{demo}  {plan['crs']}")
    for programme in found["programmes"]:
        _show_programme(programme, zh=zh)
    click.echo("图层" if zh else "Layers")
    for name, layer in found["layers"].items():
        if layer["rows"]:
            label = LAYERS[name].label.in_language(language) if name in LAYERS else ""
            click.echo(f"  {name:<20}{layer['rows']:>10,}  {label}")
    click.echo("分析" if zh else "Analyses")
    for result in found["results"]:
        state = STATE_WORDS[result["state"]].in_language(language)
        click.echo(f"  {result['label']}: {state} {result['reason']}".rstrip())
    _show_rules(found["rules"], zh=zh)


def _show_programme(programme: dict[str, Any], *, zh: bool) -> None:
    head = programme["name"] or programme["year"]
    click.echo(f"{head}")
    for item in (programme, *programme["townships"]):
        name = ("合计" if zh else "total") if item is programme else f"{item['name']}"
        words = (
            "{} {} 小区 {} 楼栋 {:,.2f} m² {:,} 户 {} 万元"
            if zh
            else "{}: {} communities, {} buildings, {:,.2f} m², {:,} households, {} x10,000 yuan"
        )
        click.echo("  " + words.format(
            name, item["communities"], item["buildings"], item["floor_area_m2"],
            item["households"], yuan(item["budget_fen"]),
        ))  # fmt: skip
    unknown = {name: count for name, count in programme["unknown"].items() if count}
    if unknown:
        counted = ("、" if zh else ", ").join(
            f"{_unknown_label(name, zh=zh)} {count:,}" for name, count in unknown.items()
        )
        click.echo(("  未知，未计入：" if zh else "  unknown, not counted: ") + counted)


def _unknown_label(name: str, *, zh: bool) -> str:
    """The field that is missing, as the map names it."""
    label = Text("投资", "cost") if name == "cost_fen" else LAYERS["building"].column(name).label
    return label.zh if zh else label.en


def _show_rules(rules: dict[str, Any], *, zh: bool) -> None:
    counted = ", ".join(f"{name} {count}" for name, count in rules["confidence"].items())
    click.echo(f"{'规则' if zh else 'Rules'}: {rules['rows']} ({counted})")
    for rule in rules.get("rules", ()):
        place = " ".join(part for part in (rule["standard"], rule["clause"]) if part)
        click.echo(f"  [{rule['confidence_label']}] {rule['says']}  {place}  {rule['source']}")
