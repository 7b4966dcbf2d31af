"""``jiugai export original``: a delivery as it was received."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from app.cli.output import common, example, plan_option, print_json
from app.errors import Language


@click.command(
    name="original",
    help="取回某个数据集的原始交付文件，与收到时逐字节相同。\n\n"
    "The file of a dataset as it was delivered, byte by byte."
    + example("jiugai export original --plan plans/demo --dataset 1f0c… --out 管线.zip"),
)
@plan_option
@click.option("--dataset", "dataset_id", required=True, help="数据集编号 · Id of the dataset.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="输出文件 · The file.")
@common
def export_original(
    plan_path: Path, dataset_id: str, out: Path, as_json: bool, language: Language
) -> None:
    from app.services.access import LOCAL_ACTOR
    from app.services.imports.original import kept_delivery
    from app.services.plans import open_plan

    kept = kept_delivery(open_plan(plan_path), dataset_id, LOCAL_ACTOR)
    shutil.copyfile(kept.path, out)
    if as_json:
        print_json({"file": str(out), "name": kept.name, "sha256": kept.path.name})
    else:
        click.echo(f"{out}  {kept.name}")
