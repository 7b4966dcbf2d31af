"""``jiugai init``: a new plan, empty or out of an OpenStreetMap extract."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.output import common, example, print_json
from app.errors import Language, Text, UsageError


@click.command(
    help="新建方案。--from-osm 由 OpenStreetMap 提取文件生成，只收录真实数据，缺失的记为未知。\n\n"
    "Make a new plan. --from-osm takes an OpenStreetMap extract: real data only, the rest unknown."
    + example(
        "jiugai init plans/helsinki --from-osm Helsinki.osm.pbf",
        "jiugai init plans/wuzhong --from-osm wuzhong.osm.pbf --townships 乡镇.geojson",
        "jiugai init plans/mine --crs EPSG:4544 --title 利通区2025年方案",
    )
)
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--from-osm", "extract", type=click.Path(path_type=Path),
              help="OSM 提取文件 · An .osm.pbf file.")  # fmt: skip
@click.option("--townships", type=click.Path(path_type=Path),
              help="乡镇面文件，含 name 字段 · Polygons of the townships, with a column name.")  # fmt: skip
@click.option(
    "--crs", help="空方案的坐标系 · Reference system of an empty plan, such as EPSG:4544."
)
@click.option("--title", help="方案名称 · Title of the plan.")
@common
def init(
    plan: Path,
    extract: Path | None,
    townships: Path | None,
    crs: str | None,
    title: str | None,
    as_json: bool,
    language: Language,
) -> None:
    if extract is None:
        _empty(plan, crs, title, townships, as_json=as_json, language=language)
        return
    if crs is not None:
        raise UsageError(
            Text("--crs 不能与 --from-osm 同用", "--crs does not go with --from-osm"),
            where="--crs",
            fix=Text(
                "坐标系由所在地确定，去掉 --crs", "the place decides the system: leave it out"
            ),
        )
    from rich.console import Console

    from app.services.access import LOCAL_ACTOR
    from app.services.from_osm import init_from_osm

    with Console(stderr=True).status("…") as status:
        made = init_from_osm(
            plan,
            extract,
            actor=LOCAL_ACTOR,
            townships_file=townships,
            title=title,
            on_progress=lambda what, done: status.update(
                f"{what.in_language(language)} {done:,}" if done else what.in_language(language)
            ),
        )
    if as_json:
        print_json(made.as_json(language))
        return
    click.echo(f"{made.folder}  {made.crs}  {made.attribution}")
    for layer, rows in made.counts.items():
        click.echo(f"  {layer:<20}{rows:>10,}")
    for finding in made.findings:
        click.echo(f"· {finding.message.in_language(language)}")
    click.echo(f"jiugai serve {made.folder}")


def _empty(
    plan: Path,
    crs: str | None,
    title: str | None,
    townships: Path | None,
    *,
    as_json: bool,
    language: Language,
) -> None:
    if townships is not None:
        raise UsageError(
            Text("--townships 只与 --from-osm 同用", "--townships goes with --from-osm only"),
            where="--townships",
            fix=Text("用 jiugai import 导入乡镇", "bring townships with jiugai import"),
        )
    if crs is None:
        raise UsageError(
            Text("新建空方案要说明坐标系", "an empty plan needs its reference system"),
            where="--crs",
            fix=Text(
                "例如 --crs EPSG:4544，或用 --from-osm", "give --crs EPSG:4544, or --from-osm"
            ),
        )
    from app.services.new_plan import new_plan

    meta = new_plan(plan, crs=crs, title=title)
    if as_json:
        print_json({"plan": meta.plan_id, "crs": meta.crs, "layers": {}, "findings": []})
    else:
        click.echo(f"{plan}  {meta.crs}" + ("  空方案" if language == "zh" else "  empty plan"))
