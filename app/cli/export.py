"""``jiugai export KIND``: files that leave the plan."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.output import common, example, plan_option, print_json
from app.errors import Language


@click.group(help="导出文件。\n\nFiles that leave the plan." + example("jiugai export map --plan plans/demo --out 范围图.html"))  # fmt: skip
def export() -> None:
    """The group itself does nothing."""


@export.command(
    name="map",
    help="导出单文件离线地图：一个 HTML，无需网络，可打印。\n\n"
    "One HTML file with the scope on a map; opens with no network and prints."
    + example(
        "jiugai export map --plan plans/demo --out 范围图.html",
        "jiugai export map --plan plans/demo --township 金星镇 --out 金星镇.html",
    ),
)
@plan_option
@click.option("--out", type=click.Path(path_type=Path), required=True, help="输出文件 · The file.")
@click.option("--township", help="只导出一个乡镇（名称或编号）· One township, by name or id.")
@click.option("--programme", help="年度计划编号 · Id of the programme; the latest if left out.")
@common
def export_map(
    plan_path: Path,
    out: Path,
    township: str | None,
    programme: str | None,
    as_json: bool,
    language: Language,
) -> None:
    from app.services.access import LOCAL_ACTOR
    from app.services.plans import open_plan
    from app.services.single_file_map import export_map as write_map

    made = write_map(
        open_plan(plan_path),
        out,
        actor=LOCAL_ACTOR,
        township=township,
        programme=programme,
        language=language,
    )
    if as_json:
        print_json(made.as_json())
        return
    size = f"{made.size_bytes / 1e6:,.1f} MB"
    words = f"{made.communities} 个小区" if language == "zh" else f"{made.communities} communities"
    click.echo(f"{out}  {size}  {words}  [{' | '.join(made.stamps)}]")
