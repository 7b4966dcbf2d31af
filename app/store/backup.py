"""Backups of a whole plan folder, each file a consistent copy, checked before it counts."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from contextlib import ExitStack
from pathlib import Path

from app.errors import PlanError, Text
from app.store import disk, verify
from app.store.files import PlanFiles
from app.store.manifest import PLAN_JSON, write_manifest
from app.store.sqlite import quoted

SYSTEM_DB = "system.db"


def backup(files: PlanFiles, to: Path) -> Path:
    """Copy the plan while it is in use; see :meth:`app.store.plan.PlanStore.backup`."""
    if to.exists():
        raise PlanError(
            Text(f"{to} 已存在", f"{to} exists already"),
            where=str(to),
            fix=Text("请另选一个位置", "choose another place"),
        )
    to.parent.mkdir(parents=True, exist_ok=True)
    disk.require_room(to.parent, _size(files.folder))
    part = to.with_name(f".{to.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        _copy(files, part)
        _require_sound(part)
        os.replace(part, to)
        disk.sync_folder(to.parent)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return to


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _copy(files: PlanFiles, part: Path) -> None:
    (part / "owners").mkdir(parents=True)
    manifest = files.manifest()
    with ExitStack() as stack:
        # All are opened before the first is copied: an open generation is not cleaned away.
        sources = {key: stack.enter_context(files.reader(key)) for key in manifest.files()}
        if files.manifest() != manifest:
            raise PlanError(
                Text("备份时有导入完成", "an import ended while the backup began"),
                where=str(files.folder),
                fix=Text("请重试", "try again"),
            )
        for key, name in manifest.files().items():
            copy_database(sources[key], part / name)
    if (files.folder / SYSTEM_DB).is_file():
        with contextlib.closing(sqlite3.connect(files.folder / SYSTEM_DB)) as system:
            copy_database(system, part / SYSTEM_DB)
    for name in ("runs", "files"):
        if (files.folder / name).is_dir():
            shutil.copytree(
                files.folder / name, part / name, ignore=shutil.ignore_patterns(".*.part")
            )
    write_manifest(part, manifest)


def copy_database(source: sqlite3.Connection, path: Path) -> None:
    """A consistent copy of a database that may be in use."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as target:
        source.backup(target)
        _require_same_counts(source, target, path)
    disk.sync_file(path)


def _require_same_counts(
    source: sqlite3.Connection, target: sqlite3.Connection, path: Path
) -> None:
    """The copy has at least the record of changes that it was made from, and is sound."""
    [(state,), *_] = target.execute("PRAGMA integrity_check").fetchall()
    has_record = target.execute("SELECT 1 FROM sqlite_master WHERE name = 'change'").fetchone()
    if has_record:
        sql = f"SELECT count(*) FROM {quoted('change')}"
        (copied,), (there,) = target.execute(sql).fetchone(), source.execute(sql).fetchone()
        state = "ok" if state == "ok" and copied <= there else f"{copied} > {there}"
    if state != "ok":
        raise PlanError(
            Text(
                f"备份文件 {path.name} 校验失败", f"the copy {path.name} failed its check: {state}"
            ),
            where=str(path),
            fix=Text("请检查磁盘后重试", "check the disk and try again"),
        )


def _require_sound(folder: Path) -> None:
    copy = PlanFiles(folder)
    try:
        damaged = ("file_unreadable", "file_damaged", "chain_broken")
        faults = [fault for fault in verify.verify(copy) if fault.code in damaged]
    finally:
        copy.close()
    if faults or not (folder / PLAN_JSON).is_file():
        raise PlanError(
            Text("备份校验失败", "the backup failed its check"),
            where="; ".join(fault.file for fault in faults),
            fix=Text("请运行 jiugai check 检查原方案", "run jiugai check on the plan"),
        )
