"""``jiugai export conflicts``, ``pits`` and ``pipes``: what a utility takes home."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.output import common, example, plan_option, print_json
from app.errors import Language

_out = click.option(
    "--out", type=click.Path(path_type=Path), required=True,
    help="输出文件，.xlsx 或 .gpkg · The file, .xlsx or .gpkg.",
)  # fmt: skip
_pipes_out = click.option(
    "--out", type=click.Path(path_type=Path), required=True,
    help="输出文件，.xlsx 或 .dxf · The file, .xlsx or .dxf.",
)  # fmt: skip
_owner = click.option(
    "--owner", default="",
    help="权属单位名称或编号；不填为全部 · Name or id of the utility; all if left out.",
)  # fmt: skip


@click.command(
    name="conflicts",
    help="导出一个权属单位的管线冲突、本单位管线与探坑；他方管线只给类别与走廊。\n\n"
    "Conflicts of a utility with its own pipes and trial pits; of others only class and corridor."
    + example(
        "jiugai export conflicts --plan plans/demo --owner 供气公司 --out 供气.xlsx",
        "jiugai export conflicts --plan plans/demo --owner ORG-GAS --verdict conflict --out 供气.gpkg",
    ),
)
@plan_option
@_owner
@click.option(
    "--verdict", default="",
    help="结论，逗号分隔：conflict,possible,unverified · Verdicts, comma separated.",
)  # fmt: skip
@_out
@common
def export_conflicts(
    plan_path: Path, owner: str, verdict: str, out: Path, as_json: bool, language: Language
) -> None:
    options = {"owner": owner, "verdict": verdict}
    _write("conflicts", plan_path, out, options, as_json=as_json, language=language)


@click.command(
    name="pits",
    help="导出探坑清单：每处可核实多少条结论。\n\nTrial pits, with how many verdicts each would settle."
    + example("jiugai export pits --plan plans/demo --owner 供水公司 --out 探坑.xlsx"),
)
@plan_option
@_owner
@_out
@common
def export_pits(plan_path: Path, owner: str, out: Path, as_json: bool, language: Language) -> None:
    _write("pits", plan_path, out, {"owner": owner}, as_json=as_json, language=language)


@click.command(
    name="pipes",
    help="按 CJJ 61 的管点表和管线表（.xlsx）或分类图层的图纸（.dxf）导出管线，可再导入。\n\n"
    "Pipes as point and line table (.xlsx) or as a drawing in classes (.dxf), to be imported again."
    + example(
        "jiugai export pipes --plan plans/demo --out 管线成果.xlsx",
        "jiugai export pipes --plan plans/demo --owner 供水公司 --out 给水.dxf",
    ),
)
@plan_option
@_owner
@_pipes_out
@common
def export_pipes(plan_path: Path, owner: str, out: Path, as_json: bool, language: Language) -> None:
    _write("pipes", plan_path, out, {"owner": owner}, as_json=as_json, language=language)


def _write(
    kind: str, plan_path: Path, out: Path, options: dict[str, str], *, as_json: bool,
    language: Language,
) -> None:  # fmt: skip
    from app.schema import DOMAINS
    from app.services.access import LOCAL_ACTOR
    from app.services.exports import ExportRequest, write_export
    from app.services.plans import open_plan

    given = {name: value for name, value in options.items() if value}
    asked = ExportRequest(
        kind, LOCAL_ACTOR, language, given | {"format": out.suffix.lstrip(".").lower()}
    )
    made = write_export(open_plan(plan_path), asked, out)
    if as_json:
        print_json(made.as_json())
        return
    secrecy = DOMAINS["secrecy"].label_of(made.secrecy, language)
    told = "  ".join(f"{name} {rows:,}" for name, rows in made.rows.items())
    words = f"密级 {secrecy}" if language == "zh" else secrecy
    click.echo(f"{out}  {told}  {words}")
