"""``jiugai export KIND``: files that leave the plan."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.gaps import export_gaps, export_survey
from app.cli.original import export_original
from app.cli.output import Command, common, example, plan_option, print_json
from app.cli.pipe_files import export_conflicts, export_pipes, export_pits
from app.errors import Language


@click.group(
    help="导出文件：gpkg（一个文件含全部）、geojson（一个图层）、xlsx（汇总与各表）、map（离线网页）、gaps（缺项填报表）、survey（摸底调查表）、original（原始交付文件）、conflicts（管线冲突）、pits（探坑）、pipes（管线成果）、services（周边服务）、weekly（周报）、notice（公示）。\n\n"
    "Files that leave the plan: all of it in one GeoPackage, one layer, a workbook, one page, what is missing, the survey form, a delivery as received, conflicts, trial pits and pipes of a utility, nearby services, the weekly return, a public notice."
    + example(
        "jiugai export gpkg --plan plans/demo --out 方案.gpkg",
        "jiugai export map --plan plans/demo --out 范围图.html",
    )
)
def export() -> None:
    """The group itself does nothing."""


export.add_command(export_gaps)
export.add_command(export_survey)
export.add_command(export_original)
export.add_command(export_conflicts)
export.add_command(export_pits)
export.add_command(export_pipes)


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


_plan_and_out = (
    plan_option,
    click.option(
        "--out", type=click.Path(path_type=Path), required=True, help="输出文件 · The file."
    ),
    common,
)


def _options(command: Command) -> Command:
    for option in reversed(_plan_and_out):
        command = option(command)
    return command


@export.command(
    help="导出一个 GeoPackage：图层、规则、当前结果与中文样式，QGIS 打开即有样式。\n\n"
    "One GeoPackage with layers, rules, current results and Chinese styles."
    + example("jiugai export gpkg --plan plans/demo --out 方案.gpkg")
)
@_options
def gpkg(plan_path: Path, out: Path, as_json: bool, language: Language) -> None:
    _write("gpkg", plan_path, out, {}, as_json=as_json, language=language)


@export.command(
    help="导出一个图层为 GeoJSON（经纬度），可筛选。\n\nOne layer as GeoJSON in degrees."
    + example(
        "jiugai export geojson --plan plans/demo --layer building --out 楼栋.geojson",
        "jiugai export geojson --plan plans/demo --layer building --filter "
        '\'{"year_built": {"max": 2000}}\' --out 楼栋.geojson',
    )
)
@click.option("--layer", required=True, help="图层名 · Name of the layer, as in jiugai info.")
@click.option(
    "--filter", "filters", default="", help="筛选条件，JSON · Filter of a table, as JSON."
)
@_options
def geojson(
    plan_path: Path, out: Path, layer: str, filters: str, as_json: bool, language: Language
) -> None:
    options = {"layer": layer, "filter": filters}
    _write("geojson", plan_path, out, options, as_json=as_json, language=language)


@export.command(
    help="导出工作簿：各计划汇总与各表；--layer 只导出一张表。\n\n"
    "A workbook: totals of the programmes and the tables; --layer for one table only."
    + example(
        "jiugai export xlsx --plan plans/demo --out 方案.xlsx",
        "jiugai export xlsx --plan plans/demo --layer community --out 小区.xlsx",
    )
)
@click.option("--layer", default="", help="只导出一张表 · One table only.")
@click.option(
    "--filter", "filters", default="", help="筛选条件，JSON · Filter of a table, as JSON."
)
@click.option("--programme", default="", help="年度计划编号 · Id of a programme; all if left out.")
@_options
def xlsx(
    plan_path: Path,
    out: Path,
    layer: str,
    filters: str,
    programme: str,
    as_json: bool,
    language: Language,
) -> None:
    options = {"layer": layer, "filter": filters, "programme": programme}
    _write("xlsx", plan_path, out, options, as_json=as_json, language=language)


def _write(
    kind: str,
    plan_path: Path,
    out: Path,
    options: dict[str, str],
    *,
    as_json: bool,
    language: Language,
) -> None:
    from app.schema import DOMAINS
    from app.services.access import LOCAL_ACTOR
    from app.services.exports import ExportRequest, write_export
    from app.services.plans import open_plan

    given = {name: value for name, value in options.items() if value}
    made = write_export(
        open_plan(plan_path), ExportRequest(kind, LOCAL_ACTOR, language, given), out
    )
    if as_json:
        print_json(made.as_json())
        return
    secrecy = DOMAINS["secrecy"].label_of(made.secrecy, language)
    rows = sum(made.rows.values())
    words = f"{rows:,} 行  密级 {secrecy}" if language == "zh" else f"{rows:,} rows  {secrecy}"
    click.echo(f"{out}  {made.path.stat().st_size / 1e6:,.1f} MB  {words}")


@export.command(
    help="导出周边服务：工作簿（各小区、各类设施、缺口、完整社区指标、规模、开门建议、步行网问题），或 GeoPackage。\n\n"
    "Nearby services as a workbook (communities, kinds, gaps, indicators, sizes, gates, faults) or a GeoPackage."
    + example("jiugai export services --plan plans/demo --profile older --out 服务.xlsx")
)
@click.option(
    "--profile", type=click.Choice(["adult", "older", "child"]), default="adult", show_default=True,
    help="人群 · Who walks.",
)  # fmt: skip
@click.option(
    "--format", "file_format", type=click.Choice(["xlsx", "gpkg"]), default="xlsx", show_default=True,
    help="文件格式 · Kind of file.",
)  # fmt: skip
@_options
def services(
    plan_path: Path, out: Path, profile: str, file_format: str, as_json: bool, language: Language
) -> None:
    options = {"profile": profile, "format": file_format}
    _write("services", plan_path, out, options, as_json=as_json, language=language)


_PAPER_FORMAT = click.option(
    "--format", "form", type=click.Choice(["docx", "xlsx", "html"]), default="docx", show_default=True,
    help="格式 · Kind of file.",
)  # fmt: skip


@export.command(
    help="导出周报：各乡镇进度、本周开始与完成、逾期、未办结事项、资金，由数据生成。\n\n"
    "The weekly return, made from the rows."
    + example("jiugai export weekly --plan plans/demo --until 2024-06-30 --out 周报.docx")
)
@click.option(
    "--until", default="", help="周末日期，空为今天 · Last day of the week; today if left out."
)
@click.option("--township", default="", help="乡镇编号 · Id of a township.")
@_PAPER_FORMAT
@_options
def weekly(
    plan_path: Path, out: Path, until: str, township: str, form: str, as_json: bool, language: Language
) -> None:  # fmt: skip
    options = {"until": until, "township": township, "format": form}
    _write("weekly", plan_path, out, options, as_json=as_json, language=language)


@export.command(
    help="导出一个小区的公示：内容、工期、牵头单位、投资与来源。\n\nThe public notice of one community."
    + example("jiugai export notice --plan plans/demo --community C001 --out 公示.docx")
)
@click.option("--community", required=True, help="小区编号 · Id of the community.")
@_PAPER_FORMAT
@_options
def notice(
    plan_path: Path, out: Path, community: str, form: str, as_json: bool, language: Language
) -> None:
    options = {"community": community, "format": form}
    _write("notice", plan_path, out, options, as_json=as_json, language=language)


@export.command(
    help="导出 EPA SWMM 模型（.inp）：雨水、合流管网及最近一次管网负荷的汇水区与降雨；\n"
    "--dataset 导出曾导入的模型及其后的修改。\n\n"
    "A model of EPA SWMM: storm and combined sewers with the subcatchments and rain of the last run "
    "of drainage; --dataset: a model that was imported, with what was changed since."
    + example(
        "jiugai export inp --plan plans/demo --out 雨水管网.inp",
        "jiugai export inp --plan plans/demo --dataset 1f0c… --out 模型.inp",
    )
)
@click.option(
    "--dataset", default="", help="曾导入模型的数据集编号 · Dataset of an imported model."
)
@_options
def inp(plan_path: Path, out: Path, dataset: str, as_json: bool, language: Language) -> None:
    _write("inp", plan_path, out, {"dataset": dataset}, as_json=as_json, language=language)
