"""Checks of a plan on disk: sound files, unbroken record, complete R-trees, references that hold."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from app.errors import Finding, NotFoundError, PlanError, Text
from app.schema import LAYERS, PLAN_LAYERS
from app.schema.model import Layer
from app.store import changes, disk, extent, gpkg, livefile, runs
from app.store.files import PlanFiles
from app.store.manifest import PLANNING
from app.store.sqlite import quoted

FROM_BACKUP = Text("请从备份恢复", "restore the plan from its last backup")
REPAIR = Text("运行 jiugai check --repair 重建", "run jiugai check --repair to rebuild it")
MOST_ROWS = 1000
ROUNDING_M = 1.0  # R-tree sides are single precision: half a metre at a northing of 4 000 km


def verify(files: PlanFiles) -> list[Finding]:
    """Every fault of the plan on disk, none hidden by another."""
    found: list[Finding] = []
    for key in files.keys():  # noqa: SIM118
        try:
            with files.reader(key) as connection:
                found.extend(_file_findings(connection, key, files))
        except (PlanError, sqlite3.DatabaseError) as problem:
            found.append(_unreadable(files, key, problem))
    if not any(finding.code in ("file_unreadable", "file_damaged") for finding in found):
        found.extend(_reference_findings(files))
        found.extend(_stored_file_findings(files))
        found.extend(_run_findings(files))
    return found


def _unreadable(files: PlanFiles, key: str, problem: Exception) -> Finding:
    name = files.manifest().files()[key]
    message = Text(f"文件 {name} 缺失或无法读取", f"{name} is missing or cannot be read: {problem}")
    return Finding("file_unreadable", "error", message, FROM_BACKUP, file=name)


def _file_findings(connection: sqlite3.Connection, key: str, files: PlanFiles) -> Iterator[Finding]:
    name = files.path(key).name
    [(state,), *_] = connection.execute("PRAGMA integrity_check").fetchall()
    if state != "ok":
        message = Text(f"文件 {name} 已损坏：{state}", f"{name} is damaged: {state}")
        yield Finding("file_damaged", "error", message, FROM_BACKUP, file=name)
        return
    if livefile.read_facts(connection).get("plan_id") != files.meta.plan_id:
        message = Text(f"文件 {name} 属于另一个方案", f"{name} belongs to another plan")
        yield Finding("file_of_other_plan", "error", message, FROM_BACKUP, file=name)
    broken = changes.broken_link(connection)
    if broken is not None:
        message = Text(
            f"修改记录在第 {broken} 条断裂：有人改动或删除过记录",
            f"the record of changes breaks at entry {broken}: entries were altered or removed",
        )
        yield Finding("chain_broken", "error", message, FROM_BACKUP, file=name, row=str(broken))
    there = gpkg.tables(connection)
    for layer in livefile.layers_of(key):
        if layer.name not in there:
            message = Text(f"缺少图层 {layer.name}", f"the layer {layer.name} is missing")
            yield Finding("layer_missing", "error", message, FROM_BACKUP, layer.name, file=name)
        elif layer.is_spatial:
            yield from _spatial_findings(connection, layer, name, there)


def _spatial_findings(
    connection: sqlite3.Connection, layer: Layer, name: str, there: set[str]
) -> Iterator[Finding]:
    if gpkg.rtree_name(layer) not in there:
        message = Text("空间索引缺失", "the R-tree is missing")
        yield Finding("rtree_missing", "error", message, REPAIR, layer.name, file=name)
        return
    table, tree, geom = quoted(layer.name), quoted(gpkg.rtree_name(layer)), gpkg.GEOMETRY
    unindexed = connection.execute(
        f"SELECT {quoted(layer.id_column)} FROM {table} t LEFT JOIN {tree} r ON r.id = t.fid"
        f" WHERE ST_MinX({geom}) IS NOT NULL AND (r.id IS NULL OR r.minx > ST_MinX({geom})"
        f" OR r.maxx < ST_MaxX({geom}) OR r.miny > ST_MinY({geom}) OR r.maxy < ST_MaxY({geom}))"
        f" LIMIT {MOST_ROWS}"
    ).fetchall()
    (orphans,) = connection.execute(
        f"SELECT count(*) FROM {tree} WHERE id NOT IN"
        f" (SELECT fid FROM {table} WHERE ST_MinX({geom}) IS NOT NULL)"
    ).fetchone()
    if unindexed or orphans:
        message = Text(
            f"空间索引与数据不一致：{len(unindexed)} 行缺失，{orphans} 项多余",
            f"the R-tree is out of step: {len(unindexed)} rows lack, {orphans} entries too many",
        )
        row = str(unindexed[0][0]) if unindexed else ""
        yield Finding("rtree_out_of_step", "error", message, REPAIR, layer.name, row, file=name)
    listed, actual = extent.stored(connection, layer), extent.from_rtree(connection, layer)
    if not _holds(listed, actual):
        message = Text("图层范围与数据不一致", "the listed extent does not hold the rows")
        yield Finding("extent_out_of_step", "error", message, REPAIR, layer.name, file=name)


def _holds(listed: extent.Extent | None, actual: extent.Extent | None) -> bool:
    if listed is None or actual is None:
        return listed is None and actual is None
    return (
        listed[0] <= actual[0] + ROUNDING_M
        and listed[1] <= actual[1] + ROUNDING_M
        and listed[2] >= actual[2] - ROUNDING_M
        and listed[3] >= actual[3] - ROUNDING_M
    )


# --- references ------------------------------------------------------------------------------------
class _Ids:
    """Ids of a layer over all files, read once."""

    def __init__(self, files: PlanFiles) -> None:
        self._files = files
        self._known: dict[str, set[str]] = {}

    def of(self, name: str) -> set[str]:
        if name not in self._known:
            layer = LAYERS[name]
            found: set[str] = set()
            for key in self._files.keys_of(layer):
                with self._files.reader(key) as connection:
                    sql = f"SELECT {quoted(layer.id_column)} FROM {quoted(name)}"
                    found.update(row_id for (row_id,) in connection.execute(sql))
            self._known[name] = found
        return self._known[name]


def _reference_findings(files: PlanFiles) -> Iterator[Finding]:
    ids = _Ids(files)
    for layer in PLAN_LAYERS:
        for key in files.keys_of(layer):
            with files.reader(key) as connection:
                for column in layer.columns:
                    if column.references in LAYERS and column.references != layer.name:
                        yield from _dangling(connection, layer, column.name, column.references, ids)
                if layer.has_column("target_layer") and layer.has_column("target_id"):
                    yield from _dangling_targets(connection, layer, ids)


def _dangling(
    connection: sqlite3.Connection, layer: Layer, column: str, target: str, ids: _Ids
) -> Iterator[Finding]:
    used = connection.execute(
        f"SELECT DISTINCT {quoted(column)} FROM {quoted(layer.name)} WHERE {quoted(column)} NOTNULL"
    ).fetchall()
    known = ids.of(target) if used else set()
    for value in sorted(value for (value,) in used if value not in known)[:MOST_ROWS]:
        listed = connection.execute(
            f"SELECT {quoted(layer.id_column)} FROM {quoted(layer.name)} WHERE {quoted(column)} = ?"
            f" LIMIT {MOST_ROWS}",
            (value,),
        )
        yield from (_no_target(layer, row_id, column, target, value) for (row_id,) in listed)


def _dangling_targets(connection: sqlite3.Connection, layer: Layer, ids: _Ids) -> Iterator[Finding]:
    for row_id, target, value in connection.execute(
        f"SELECT {quoted(layer.id_column)}, target_layer, target_id FROM {quoted(layer.name)}"
        " WHERE target_layer NOTNULL AND target_id NOTNULL"
    ):
        if target in LAYERS and LAYERS[target].group != "result" and value not in ids.of(target):
            yield _no_target(layer, row_id, "target_id", target, value)


def _no_target(layer: Layer, row_id: str, column: str, target: str, value: object) -> Finding:
    return Finding(
        "dangling_reference",
        "error",
        Text(
            f"指向不存在的“{LAYERS[target].label.zh}” {value}",
            f"points to {target} {value}, which does not exist",
        ),
        Text("请改正编号，或补录被引用的行", "correct the id, or add the row it points to"),
        layer.name,
        row_id,
        column,
    )


# --- files and runs --------------------------------------------------------------------------------
def _stored_file_findings(files: PlanFiles) -> Iterator[Finding]:
    for layer in PLAN_LAYERS:
        if not layer.has_column("file_sha256") or layer.name in ("dataset", "import_batch"):
            continue
        for key in files.keys_of(layer):
            with files.reader(key) as connection:
                sql = (
                    f"SELECT {quoted(layer.id_column)}, file_sha256 FROM {quoted(layer.name)}"
                    " WHERE file_sha256 NOTNULL"
                )
                for row_id, name in connection.execute(sql):
                    path = files.folder / "files" / str(name)
                    if not path.is_file() or disk.sha256_of(path) != name:
                        message = Text("所附文件缺失或被改动", "its file is missing or was altered")
                        yield Finding(
                            "stored_file", "error", message, FROM_BACKUP, layer.name, row_id,
                            "file_sha256", file=f"files/{name}",
                        )  # fmt: skip


def _run_findings(files: PlanFiles) -> Iterator[Finding]:
    with files.reader(PLANNING) as connection:
        listed = connection.execute("SELECT analysis_run_id FROM analysis_run").fetchall()
    for (run_id,) in listed:
        try:
            record = runs.read_record(files, run_id)
        except (NotFoundError, PlanError) as problem:
            yield Finding(
                "run_missing", "error", problem.message, problem.fix, "analysis_run", run_id
            )
            continue
        folder = runs.folder_of(files, run_id)
        for name in _run_files(record):
            if not (folder / name).is_file():
                message = Text(f"运行结果缺少 {name}", f"the run lacks {name}")
                fix = Text("请重新运行分析", "run the analysis again")
                yield Finding(
                    "run_incomplete", "error", message, fix, "analysis_run", run_id, file=name
                )


def _run_files(record: runs.RunRecord) -> Iterable[str]:
    forms = {form for held in record.layers.values() for form in held}
    yield from (f"{form}.gpkg" for form in sorted(forms))
    yield from (f"{name}.tif" for name in record.rasters)


# --- repair ----------------------------------------------------------------------------------------
def rebuild_missing_rtrees(files: PlanFiles) -> None:
    """Give every layer the R-tree that a killed program of another maker left out."""
    for key in files.keys():  # noqa: SIM118
        with files.reader(key) as connection:
            there = gpkg.tables(connection)
        lacking = [
            layer
            for layer in livefile.layers_of(key)
            if layer.is_spatial and layer.name in there and gpkg.rtree_name(layer) not in there
        ]
        if lacking:
            with files.writers({key}) as held:
                for layer in lacking:
                    _rebuild(held[key], layer)


def repair(files: PlanFiles) -> None:
    """Rebuild R-trees and extents of all layers from the rows."""
    keys = set(files.keys())
    with files.writers(keys) as held:
        for key, connection in held.items():
            for layer in livefile.layers_of(key):
                if layer.is_spatial:
                    _rebuild(connection, layer)


def _rebuild(connection: sqlite3.Connection, layer: Layer) -> None:
    tree, geom = quoted(gpkg.rtree_name(layer)), gpkg.GEOMETRY
    gpkg.drop_triggers(connection, layer)
    connection.execute(f"DROP TABLE IF EXISTS {tree}")
    gpkg.create_rtree(connection, layer)
    connection.execute(
        f"INSERT INTO {tree} SELECT fid, ST_MinX({geom}), ST_MaxX({geom}), ST_MinY({geom}),"
        f" ST_MaxY({geom}) FROM {quoted(layer.name)} WHERE ST_MinX({geom}) NOTNULL"
    )
    extent.write(connection, layer, extent.from_rtree(connection, layer))
