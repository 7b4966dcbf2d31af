"""Workbooks for a township to fill in: what is missing, and the survey of communities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.output import Command, common, example, plan_option, print_json
from app.errors import Language

if TYPE_CHECKING:
    from app.services.gaps import GapFile

_PLACE = (
    plan_option,
    click.option(
        "--out", type=click.Path(path_type=Path), required=True, help="输出文件 · The file."
    ),
    click.option("--township", help="只导出一个乡镇（名称或编号）· One township, by name or id."),
    click.option("--programme", help="年度计划编号 · Id of the programme; the latest if left out."),
    click.option(
        "--everywhere", is_flag=True, help="不限年度计划 · Outside the programme as well."
    ),
    common,
)


def _options(command: Command) -> Command:
    for option in reversed(_PLACE):
        command = option(command)
    return command


@click.command(
    name="gaps",
    help="导出缺项填报表：每层一张表，缺的单元格待填，填好后在数据体检页收回。\n\n"
    "A workbook of what is missing, to fill in; it is taken back on the readiness page."
    + example(
        "jiugai export gaps --plan plans/demo --out 缺项.xlsx",
        "jiugai export gaps --plan plans/demo --township 金星镇 --out 金星镇缺项.xlsx",
    ),
)
@_options
def export_gaps(
    plan_path: Path,
    out: Path,
    township: str | None,
    programme: str | None,
    everywhere: bool,
    as_json: bool,
    language: Language,
) -> None:
    from app.services.access import LOCAL_ACTOR
    from app.services.gaps import export_gaps as write_gaps
    from app.services.plans import open_plan

    made = write_gaps(
        open_plan(plan_path),
        out,
        actor=LOCAL_ACTOR,
        township=township,
        programme=programme,
        everywhere=everywhere,
        language=language,
    )
    _say(made, as_json=as_json, language=language)


@click.command(
    name="survey",
    help="导出摸底调查表：每个小区一行，五项必填；填好后在方案主题的“摸底”中收回。\n\n"
    "The survey form: one row a community with the five fields; it is taken back in the programme theme."
    + example(
        "jiugai export survey --plan plans/demo --out 摸底.xlsx",
        "jiugai export survey --plan plans/demo --township 金星镇 --everywhere --out 金星镇摸底.xlsx",
    ),
)
@_options
def export_survey(
    plan_path: Path,
    out: Path,
    township: str | None,
    programme: str | None,
    everywhere: bool,
    as_json: bool,
    language: Language,
) -> None:
    from app.services.access import LOCAL_ACTOR
    from app.services.plans import open_plan
    from app.services.survey import export_survey as write_survey

    made = write_survey(
        open_plan(plan_path),
        out,
        actor=LOCAL_ACTOR,
        township=township,
        programme=programme,
        everywhere=everywhere,
        language=language,
    )
    _say(made, as_json=as_json, language=language)


def _say(made: GapFile, *, as_json: bool, language: Language) -> None:
    if as_json:
        print_json(made.as_json())
        return
    rows = sum(made.rows.values())
    words = (
        f"{rows} 行，{made.cells} 格待填"
        if language == "zh"
        else f"{rows} rows, {made.cells} cells to fill"
    )
    click.echo(f"{made.path}  {words}")
