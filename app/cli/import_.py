"""``jiugai import``: a delivered file into the plan, told in full before and after; or taken back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.output import common, example, plan_option, print_json
from app.errors import Language, Text, UsageError

if TYPE_CHECKING:
    from app.services.imports import ImportOptions
    from app.services.imports.run import Progress


@click.command(
    name="import",
    help="导入交付文件：GeoPackage、Shapefile（可压缩，UTF-8 或 GBK）、GeoJSON、KML、CSV、XLSX、DXF、\n"
    "Access（.mdb）、FileGDB（.gdb 文件夹或其 .zip）。DWG 请另存为 DXF。\n"
    "CJJ 61 管点表与管线表（同一工作簿或同一压缩包）按点号连成管线，X 为北坐标。\n"
    "地形：GeoTIFF、.asc、.xyz，或用 --layer 地形 导入等高线与高程点；任何坐标系，自动转到方案坐标系。\n"
    "没有坐标的摸底表按编号或“小区名称+楼号”匹配更新。先用 --dry-run 查看结果。\n\n"
    "Bring a delivered file into the plan. Terrain comes as GeoTIFF, .asc or .xyz, or as contours and "
    "spot heights with --layer terrain, in any reference system. Tables without coordinates update the rows that their "
    "ids, or community and building number, name. Point and line tables of a CJJ 61 survey (one "
    "workbook or one zip) are joined by their point numbers. Look first with --dry-run."
    + example(
        "jiugai import 楼栋.gpkg --plan plans/demo --dry-run",
        "jiugai import 管线.zip --plan plans/demo --layer 管线 --crs EPSG:4523 --deliverer 供水公司",
        "jiugai import 摸底表.xlsx --plan plans/demo --layer 楼栋 --map 总户数=households",
        "jiugai import 普查.zip --plan plans/demo --grid-pairs 控制点.csv --height-datum 1985",
        "jiugai import 排水模型.inp --plan plans/demo --crs EPSG:4544",
        "jiugai import ningxia.osm.pbf --plan plans/demo --layer 步行网,服务设施 --dry-run",
        "jiugai import 地形.tif --plan plans/demo --height-datum 1985",
        "jiugai import --undo 1f0c… --plan plans/demo",
    ),
)
@click.argument("file", type=click.Path(path_type=Path), required=False)
@plan_option
@click.option(
    "--layer",
    help="目标图层，OSM 可用逗号给出几个 · Layer of the plan; several, with commas, from OSM.",
)
@click.option("--crs", help="坐标系，例如 EPSG:4544 · Reference system of the file.")
@click.option("--datum", type=click.Choice(["auto", "wgs84", "gcj02", "bd09"]), default="auto",
              help="经纬度是否经网络地图偏移；auto 与方案对照 · Shift of web maps; auto asks the plan.")  # fmt: skip
@click.option("--grid", default="", metavar="DX,DY,ANGLE,SCALE",
              help="城市独立坐标系到 --crs（缺省为方案坐标系）的四参数，x 向北、y 向东 · "
              "Four parameters of a city's own grid, x north and y east.")  # fmt: skip
@click.option("--grid-pairs", type=click.Path(path_type=Path),
              help="控制点对表（CSV/XLSX：点号,x,y,X,Y），拟合四参数并列出残差 · "
              "Table of control points in both systems: fits the parameters, shows residuals.")  # fmt: skip
@click.option("--class", "classes", multiple=True, metavar="LAYER=CLASS",
              help="图纸图层对应的管线类别，可重复；类别留空则不读 · "
              "Class of a layer of a drawing; empty leaves it out.")  # fmt: skip
@click.option("--map", "mapped", multiple=True, metavar="HEADER=COLUMN[:UNIT]",
              help="字段对应，可重复，会被记住 · Use of a column; remembered.")  # fmt: skip
@click.option("--update", is_flag=True,
              help="编号已存在的行更新而不拒绝 · Change rows whose ids the plan has.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="只检查不写入 · Tell everything, write nothing.")
@click.option("--undo", metavar="BATCH", help="撤销一次导入 · Take a whole import back.")
@click.option("--deliverer", default="", help="提供单位 · Who delivered it.")
@click.option("--as-of", help="数据日期 YYYY-MM-DD · Date of the data.")
@click.option("--accuracy", default="", help="精度说明 · How exact the data are.")
@click.option("--height-datum", default="unknown", help="高程基准 · Height datum, such as 1985.")
@click.option("--height-unit", type=click.Choice(["auto", "m", "ft"]), default="auto",
              help="地形高程的单位 · Unit of the heights of terrain.")  # fmt: skip
@click.option("--secrecy", type=click.Choice(["public", "internal", "sensitive"]),
              default="internal", help="密级 · Secrecy.")  # fmt: skip
@common
def command(
    file: Path | None,
    plan_path: Path,
    dry_run: bool,
    undo: str | None,
    grid_pairs: Path | None,
    as_json: bool,
    language: Language,
    **said: Any,
) -> None:
    if grid_pairs is not None:
        said["grid"] = _fitted_grid(
            grid_pairs, said["grid"], language, quiet=as_json and bool(file)
        )
        if file is None and undo is None:
            return
    if (file is None) == (undo is None):
        raise UsageError(
            Text("给出文件，或用 --undo 给出批次", "give a file, or a batch with --undo"),
            where="FILE",
            fix=Text("例如 jiugai import 楼栋.gpkg --plan PLAN", "see jiugai import --help"),
        )
    from app.services.access import LOCAL_ACTOR
    from app.services.imports import import_file, undo_import
    from app.services.plans import open_plan

    store = open_plan(plan_path).store
    if undo is not None:
        undo_import(store, undo, LOCAL_ACTOR)
        if as_json:
            print_json({"undone": undo})
        else:
            click.echo(f"已撤销 {undo}" if language == "zh" else f"undone: {undo}")
        return
    assert file is not None
    with _bar(language, quiet=as_json) as progress:
        report = import_file(
            file, store, LOCAL_ACTOR, _options(**said), dry_run=dry_run, on_progress=progress
        )
    if as_json:
        print_json(report.as_json(language))
    else:
        from app.cli.import_words import show

        show(report, language)
    if not report.total("kept"):
        click.get_current_context().exit(1)


def _fitted_grid(path: Path, given: str, language: Language, *, quiet: bool) -> str:
    """The four parameters of a table of control points, shown with their residuals."""
    from app.services.imports.control_points import fitted_file

    if given:
        raise UsageError(
            Text("--grid 与 --grid-pairs 只能给一个", "give either --grid or --grid-pairs"),
            where="--grid",
            fix=Text("去掉其中一个", "leave one out"),
        )
    found = fitted_file(path)
    if quiet:  # the parameters are in the dataset row that the import writes
        return found.text
    told = found.as_json(language)
    zh = language == "zh"
    click.echo(("四参数 " if zh else "four parameters ") + f'--grid "{found.text}"')
    if told["sigma_m"] is not None:
        click.echo(("单位权中误差 " if zh else "standard deviation ") + f"{told['sigma_m']:.4f} m")
    for point in told["points"]:
        mark = "  ✗" if point["outlier"] else ""
        click.echo(
            f"  {point['name']}  vX {point['north_m']:+.4f}  vY {point['east_m']:+.4f}"
            f"  {point['off_m']:.4f} m{mark}"
        )
    for finding in told["findings"]:
        click.echo(f"· {finding['message']}\n    → {finding['fix']}")
    return found.text


def _options(
    *,
    layer: str | None,
    crs: str | None,
    datum: Any,
    grid: str,
    classes: Sequence[str],
    mapped: Sequence[str],
    update: bool,
    deliverer: str,
    as_of: str | None,
    accuracy: str,
    height_datum: str,
    height_unit: Any,
    secrecy: Any,
) -> ImportOptions:
    from app.services.imports import ImportOptions

    column_fix = Text("写成 源字段=字段 或 源字段=字段:单位", "write HEADER=COLUMN[:UNIT]")
    class_fix = Text("写成 图层=类别，例如 GAS=RQ", "write LAYER=CLASS, such as GAS=RQ")
    return ImportOptions(
        layer=layer,
        crs=crs,
        datum=datum,
        grid=grid,
        classes=_pairs("--class", classes, class_fix),
        columns=_pairs("--map", mapped, column_fix),
        update=update,
        deliverer=deliverer,
        as_of=_date(as_of),
        accuracy=accuracy,
        height_datum=height_datum,
        height_unit=height_unit,
        secrecy=secrecy,
    )


def _pairs(option: str, said: Sequence[str], fix: Text) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in said:
        left, equals, right = pair.partition("=")
        if not equals or not left:
            raise UsageError(
                Text(f"{option} {pair} 写法不对", f"{option} {pair} is ill-formed"),
                where=option,
                fix=fix,
            )
        found[left] = right
    return found


def _date(text: str | None) -> str | None:
    import datetime as dt

    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UsageError(
            Text(f"日期 {text} 不对", f"{text} is no date"),
            where="--as-of",
            fix=Text("写成 2024-04-01", "write 2024-04-01"),
        ) from error


class _Bar:
    """A bar for reading and one for saving, drawn on the error stream."""

    def __init__(self, language: Language) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._words = {"read": "读取", "save": "写入"} if language == "zh" else {}
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Progress:
        self._bar.start()
        return self._step

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _step(self, stage: str, done: int, total: int | None) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bar.add_task(self._words.get(stage, stage), total=total)
        self._bar.update(self._tasks[stage], completed=done, total=total)


def _bar(language: Language, *, quiet: bool) -> AbstractContextManager[Progress | None]:
    return nullcontext() if quiet else _Bar(language)
