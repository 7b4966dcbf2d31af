"""``jiugai check``: every fault of a plan or of a delivered file, at once."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from app.cli.output import common, example, print_json
from app.errors import Language

SHOWN = 200


@click.command(
    help="列出方案或文件的全部问题；无问题返回 0，有问题 1，无法读取 3。\n\n"
    "Every fault of a plan or a file; exits 0 when clean, 1 with findings, 3 when unreadable."
    + example(
        "jiugai check plans/demo",
        "jiugai check 管线.gpkg --json",
        "jiugai check plans/demo --repair",
        "jiugai check plans/old --migrate",
    )
)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--repair", is_flag=True,
              help="先重建空间索引和图层范围 · Rebuild spatial indexes and extents first.")  # fmt: skip
@click.option("--migrate", is_flag=True,
              help="先把旧版本的方案升级到本版本 · Bring a plan of an earlier version to this one first.")  # fmt: skip
@common
def check(path: Path, repair: bool, migrate: bool, as_json: bool, language: Language) -> None:
    from app.services.check import check_path, layer_label, migrate_plan, repair_plan, report

    if migrate:
        was, now = migrate_plan(path)
        click.echo(f"数据结构版本 {was} → {now} · schema version {was} → {now}", err=True)
    if repair:
        repair_plan(path)
    findings = check_path(path)
    found = report(findings, language)
    if as_json:
        print_json(found)
    else:
        for item in findings[:SHOWN]:
            told = item.as_json(language)
            place = " ".join(
                part
                for part in (layer_label(told["layer"], language), told["row"], told["column"])
                if part
            )
            click.echo(f"{told['severity']:<8}{place}  {told['message']}  → {told['fix']}")
        if len(findings) > SHOWN:
            click.echo(f"… {len(findings) - SHOWN} 条未列出，用 --json 查看全部 · more with --json")
        words = f"{len(findings)} 条发现" if language == "zh" else f"{len(findings)} findings"
        click.echo(words)
    sys.exit(1 if findings else 0)
