"""``jiugai backup``: a checked copy of a plan, taken while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.output import common, example, print_json
from app.errors import Language


@click.command(
    help="备份方案文件夹；使用中也可以，备份通过检查才算数。\n\n"
    "Copy a plan safely while it is in use; the copy counts only after its own check."
    + example("jiugai backup plans/demo --out backups/demo-2024-09-30")
)
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--out", "to", type=click.Path(path_type=Path), required=True, help="新文件夹 · New folder."
)
@common
def backup(plan: Path, to: Path, as_json: bool, language: Language) -> None:
    from app.services.access import LOCAL_ACTOR, require
    from app.services.plans import open_plan

    require(LOCAL_ACTOR, "backup", "plan")
    made = open_plan(plan).store.backup(to)
    size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
    if as_json:
        print_json({"path": str(made), "bytes": size})
    else:
        words = "已备份并检查" if language == "zh" else "copied and checked"
        click.echo(f"{words}: {made} ({size / 1e6:,.1f} MB)")
