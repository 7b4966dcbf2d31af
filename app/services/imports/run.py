"""Import a delivered file: look, read, map, place, repair, check, tell, and only then save."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from app.errors import Finding, InvalidDataError, Text, UsageError
from app.rules.book import BURIAL, PIPE_DICTIONARIES, SYNONYMS
from app.rules.intake import SynonymTable
from app.rules.pipes import BurialTable
from app.schema import Actor
from app.services.imports.dataset import dataset_row
from app.services.imports.mapping import layer_of
from app.services.imports.original import attachment, original
from app.services.imports.references import NewOrganisations
from app.services.imports.report import DRAWING, ImportOptions, ImportReport, LayerReport
from app.services.imports.rows import Context, LayerIntake, Outcome
from app.services.imports.shapes import plan_area
from app.services.imports.survey import sorted_out
from app.store import ImportBatch, PlanStore
from app.store.readers.chunks import Chunk
from app.store.readers.delivery import (
    COMMAND_LINE,
    DeliveredLayer,
    Delivery,
    Limits,
    open_delivery,
    require_free_disk,
)
from app.store.readers.sniff import is_extract
from app.store.readers.swmm import is_inp
from app.store.rule_files import load_rules

# stage ("read" or "save"), rows done, rows in all if the file says
Progress = Callable[[str, int, int | None], None]
_PLAN_DISK_FACTOR = 4.0  # the next generation of the plan, and the file itself
_WORDS = {
    "use": {"住宅楼": "residential", "居住": "residential", "商住楼": "mixed"},
    "structure": {"框剪": "shear_wall", "剪力墙": "shear_wall", "板式": "prefab"},
    "owner_kind": {"国有企业": "state_enterprise", "国企": "state_enterprise", "私有": "private",
                   "部队": "military"},
    "pipe_class": {
    "雨水": "PS", "污水": "PS", "雨污合流": "PS", "合流": "PS", "中水": "JS", "自来水": "JS",
    "消防": "JS", "天然气": "RQ", "煤气": "RQ", "液化气": "RQ", "供热": "RL", "暖气": "RL",
    "蒸汽": "RL", "供电": "DL", "路灯": "DL", "电信": "TX", "移动": "TX", "联通": "TX",
    "广电": "TX", "有线电视": "TX", "监控": "TX", "通讯": "TX"},
}  # fmt: skip


def import_file(
    path: Path,
    store: PlanStore,
    actor: Actor,
    options: ImportOptions,
    *,
    name: str = "",
    dry_run: bool = False,
    limits: Limits = COMMAND_LINE,
    batch_id: str = "",
    on_progress: Progress | None = None,
) -> ImportReport:
    """Bring one delivered file into the plan, as one batch that can be undone as a whole.

    Parameters
    ----------
    path
        The file on this disk; ``name`` is what it was delivered as, if that differs.
    batch_id
        What the batch will be called; a new id when empty.
    dry_run
        Read and check everything, tell what would happen, write nothing.

    Returns
    -------
    Rows read, kept, repaired and rejected with every reason, for each layer of the file.

    Raises
    ------
    InputFileError, RefusedFileError
        The file cannot or may not be read.
    UsageError, CrsError, SchemaError
        The layer, the reference system or a column has to be said. Nothing is written.
    """
    began = time.monotonic()
    say = on_progress or (lambda stage, done, total: None)
    if is_extract(path) and limits == COMMAND_LINE:
        from app.services.imports.osm import import_extract

        return import_extract(path, store, actor, options, name=name or path.name,
                              dry_run=dry_run, batch_id=batch_id, say=say)  # fmt: skip
    if is_inp(name or path.name):
        from app.services.imports.swmm import import_inp

        return import_inp(path, store, actor, options, name=name or path.name, dry_run=dry_run,
                          batch_id=batch_id, say=say)  # fmt: skip
    from app.services.imports.terrain import import_terrain, is_terrain

    if is_terrain(path, name or path.name, options):
        return import_terrain(path, store, actor, options, name=name or path.name,
                              dry_run=dry_run, limits=limits, batch_id=batch_id, say=say)  # fmt: skip
    if not dry_run:
        require_free_disk(store.folder, int(path.stat().st_size * _PLAN_DISK_FACTOR)
                          if path.is_file() else 0)  # fmt: skip
    with (
        open_delivery(path, name=name, limits=limits) as delivery,
        original(store, delivery.parts, keep=not dry_run) as file,
    ):
        taken = _take(delivery, store, options, lambda: file.sha256, say, dry_run=dry_run)
        report = ImportReport(
            delivery.name, file.sha256, dry_run,
            tuple(intake.report for intake, _ in taken.layers),
            (*taken.remarks, *(f for intake, _ in taken.layers for f in intake.faults.closed())),
        )  # fmt: skip
        saved = ""
        if not dry_run and report.total("kept"):
            saved = batch_id or str(uuid.uuid4())
            file.keep()
            _save(store, actor, options, report, taken, say, saved,
                  several=len(delivery.parts) > 1)  # fmt: skip
    return dataclasses.replace(report, batch_id=saved, seconds=time.monotonic() - began)


def undo_import(store: PlanStore, batch_id: str, actor: Actor) -> None:
    """Take a whole import back: its rows go, changed rows become what they were.

    Raises
    ------
    NotFoundError
        There is no such batch.
    VersionClashError
        Rows of the batch were edited since; they are listed and nothing is undone.
    """
    store.undo_import(batch_id, actor)


@dataclass
class _Taken:
    layers: list[tuple[LayerIntake, Outcome]]
    remarks: list[Finding]
    organisations: NewOrganisations


def _take(
    delivery: Delivery,
    store: PlanStore,
    options: ImportOptions,
    sha256: Callable[[], str],
    say: Progress,
    *,
    dry_run: bool,
) -> _Taken:
    synonyms = load_rules(SYNONYMS.name)
    assert isinstance(synonyms, SynonymTable)
    taken = _Taken([], [], NewOrganisations())
    context = Context(
        store, options, synonyms, _words(), _remembered(store, options.deliverer),
        plan_area(store), "", taken.organisations,
        layer_of(options.layer) if options.layer else None,
    )  # fmt: skip
    intake: LayerIntake | None = None

    def close() -> None:
        if intake is not None:
            context.sha256 = sha256()
            taken.layers.append((intake, intake.finish()))

    events = sorted_out(
        delivery.events(lambda: say("read", 0, None)), store, options, synonyms,
        context.remembered, may_be_empty=dry_run,
    )  # fmt: skip
    unclear: list[tuple[DeliveredLayer, UsageError]] = []
    for event in events:
        if isinstance(event, DeliveredLayer):
            close()
            intake = LayerIntake(context, event)
        elif isinstance(event, Chunk):
            if intake is None:
                continue
            try:
                intake.add(event)
            except UsageError as error:
                if event.wkb is not None or intake.report.layer:
                    raise
                unclear.append((intake.delivered, error))
                intake = None
                continue
            say("read", intake.report.read, intake.delivered.expected_rows)
        else:
            taken.remarks.append(event)
    close()
    if unclear and not any(outcome.layer is not None for _, outcome in taken.layers):
        raise unclear[0][1]
    taken.remarks += [_left_out(delivered, error) for delivered, error in unclear]
    return taken


def _left_out(delivered: DeliveredLayer, error: UsageError) -> Finding:
    """A sheet or table beside those that were understood: a page of remarks, a list of codes."""
    return Finding(
        "table_left_out", "warning",
        Text(f"表 {delivered.name} 未导入：{error.message.zh}", f"table {delivered.name} is left out: {error.message.en}"),
        error.fix, layer=delivered.name, file=delivered.file,
    )  # fmt: skip


def _words() -> Mapping[str, Mapping[str, str]]:
    """Words of the survey standards for the codes of our domains, by column."""
    materials = {
        row.name_zh: row.code
        for row in load_rules(PIPE_DICTIONARIES.name).rows
        if row.dictionary == "material"
    }
    more = {"钢管": "G", "PE管": "PE", "UPVC": "PVC", "PVC-U": "PVC", "HDPE": "PE", "砼": "T",
            "混凝土管": "T", "钢筋混凝土": "T", "球墨": "QM", "铸铁管": "ZT"}  # fmt: skip
    burial = load_rules(BURIAL.name)
    assert isinstance(burial, BurialTable)
    laying = {word: code for word, code in burial.laying.items() if code}
    return {"material": {**materials, **more}, "laying": laying, **_WORDS}


def _remembered(store: PlanStore, deliverer: str) -> dict[str, dict[str, str]]:
    """Mappings of earlier deliveries of the same deliverer, by layer and headers."""
    found: dict[str, dict[str, str]] = {}
    datasets = store.read("dataset", columns=["deliverer", "column_mapping", "updated_at"])
    for row in datasets.sort_values("updated_at").itertuples():
        held = row.column_mapping
        said = row.deliverer if isinstance(row.deliverer, str) else ""
        if isinstance(held, dict) and said == deliverer:
            for key, uses in held.items():
                told = {str(h): str(c) for h, c in dict(uses).items()}
                # Another drawing of the same source has other layers; what was said of them stands.
                found[str(key)] = {**found.get(str(key), {}), **told} if key == DRAWING else told
    return found


def _save(
    store: PlanStore,
    actor: Actor,
    options: ImportOptions,
    report: ImportReport,
    taken: _Taken,
    say: Progress,
    batch_id: str,
    *,
    several: bool,
) -> None:
    frames: dict[str, pd.DataFrame] = {}
    for intake, outcome in taken.layers:
        if outcome.layer is None or outcome.frame is None:
            continue
        if outcome.layer.name in frames:
            frames[outcome.layer.name] = _together(
                frames[outcome.layer.name], outcome, intake.report
            )
        else:
            frames[outcome.layer.name] = outcome.frame
        outcome.frame = None
    organisations = taken.organisations.frame()
    if organisations is not None and "organisation" not in frames:
        frames["organisation"] = organisations
    kept = attachment(batch_id, report.file, report.sha256, several=several)
    brought = frames.get("attachment")
    frames["attachment"] = kept if brought is None else pd.concat([brought, kept])
    dataset = dataset_row(batch_id, store, options, report)
    updates = options.update or any(outcome.updates_only for _, outcome in taken.layers)
    batch = ImportBatch(
        batch_id=batch_id, file_name=report.file, file_sha256=report.sha256, dataset_id=batch_id,
        counts=report.counts, mode="upsert" if updates else "append", note=options.note,
    )  # fmt: skip
    store.load(
        {"dataset": dataset, **frames}, batch=batch, actor=actor,
        on_progress=lambda done, total: say("save", done, total),
    )  # fmt: skip


def _together(first: pd.DataFrame, outcome: Outcome, report: LayerReport) -> pd.DataFrame:
    """Two delivered layers that feed one layer of the plan.

    Raises
    ------
    InvalidDataError
        They share an id.
    """
    assert outcome.layer is not None
    assert outcome.frame is not None
    name = outcome.layer.id_column
    shared = sorted(set(first[name]) & set(outcome.frame[name]))
    if shared:
        raise InvalidDataError(
            Text(f"{report.source} 与前面的图层有相同编号", f"{report.source} repeats ids"),
            where=f"{report.source}: {', '.join(shared[:20])}",
            fix=Text("每行用不同的编号", "give each row an id of its own"),
        )
    return pd.concat([first, outcome.frame], ignore_index=True)
