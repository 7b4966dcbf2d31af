"""``jiugai design``: a way out for a planned pipe in conflict, as a draft that a person may take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from app.cli.output import common, example, plan_option, print_json
from app.errors import Language, NotFoundError, Text


@click.command(
    help="为有冲突的规划管线找一条满足全部净距要求的走向或埋深。只给出草案，不修改方案。\n\n"
    "Find the cheapest line or depth at which a planned pipe clears all rules. The answer is a "
    "draft: the plan is not changed."
    + example(
        "jiugai design JS-00031 --plan plans/demo",
        "jiugai design JS-00031 --plan plans/demo --sideways 8 --out 草案.geojson",
    )
)
@click.argument("pipe")
@plan_option
@click.option("--sideways", type=float, default=5.0, help="最大侧移 m · Farthest shift sideways.")
@click.option("--deeper", type=float, default=2.0, help="最大加深 m · How much deeper at most.")
@click.option("--out", type=click.Path(path_type=Path),
              help="草案另存为 GeoJSON · Write the draft as GeoJSON.")  # fmt: skip
@common
def design(
    pipe: str, plan_path: Path, sideways: float, deeper: float, out: Path | None,
    as_json: bool, language: Language,
) -> None:  # fmt: skip
    from app.services.design_help import design_help
    from app.services.plans import open_plan

    plan = open_plan(plan_path)
    if plan.store.row("pipe", pipe) is None:
        raise NotFoundError(
            Text(f"方案中没有管线 {pipe}", f"the plan has no pipe {pipe}"),
            where=pipe,
            fix=Text("核对编号", "check the id"),
        )
    limits = {"sideways_m": sideways, "deeper_m": deeper}
    told: dict[str, Any] = design_help(plan, {"replaces": pipe, "limits": limits})
    if out is not None and "geometry" in told:
        draft = {"pipe_id": pipe, **told["attributes"]}
        feature = {"type": "Feature", "geometry": told["geometry"], "properties": draft}
        content = {"type": "FeatureCollection", "features": [feature]}
        out.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    if as_json:
        print_json(told)
    else:
        _show(told, language)
    if not told["found"]:
        click.get_current_context().exit(1)


def _show(told: dict[str, Any], language: Language) -> None:
    zh = language == "zh"
    for note in told["notes"]:
        click.echo(f"· {note[language]}")
    if not told["found"]:
        whole = told["complete"]
        click.echo(
            ("在搜索范围内不存在满足全部要求的方案" if whole else "试过的方案都不满足，搜索未完")
            if zh
            else ("no way within the limits clears all rules" if whole else "none found, search ended early")
        )  # fmt: skip
    if "geometry" not in told:
        return
    side = told["sideways_m"]
    left = ("左" if side > 0 else "右") if zh else ("left" if side > 0 else "right")
    if side:
        click.echo(
            f"{told['from_m']:g}–{told['to_m']:g} m {'向' if zh else 'to the '}{left} {abs(side):.2f} m"
        )
    if told["deeper_m"]:
        click.echo(f"{'埋深' if zh else 'depth'} {told['deeper_m']:+.2f} m")
    click.echo(
        f"{'代价' if zh else 'cost'} {told['cost_m']:.2f} m"
        f"（{'增长' if zh else 'longer by'} {told['added_m']:.2f} m）"
    )
    for row in told["still"]:
        click.echo(f"✗ {row['check']} {row['b_id'] or row['surface']}  {row['gap_m']} < {row['required_m']} m  {row['clause']}")  # fmt: skip
