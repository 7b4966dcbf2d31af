"""A plan on disk: create, open, read, edit, load, run results, verify, hand over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from app.errors import Finding, PlanError, Text
from app.schema import PLAN_LAYERS, layer_named
from app.schema.actor import Actor
from app.store import (
    changes,
    disk,
    edits,
    gpkg,
    handover,
    hashes,
    imports,
    livefile,
    load,
    manifest,
    migrations,
    rows,
    runs,
    scenarios,
    verify,
)
from app.store.changes import Change
from app.store.edits import Applied, Edit
from app.store.files import PlanFiles
from app.store.keeping import PlanKeeping
from app.store.load import ImportBatch, Progress
from app.store.manifest import PLANNING, Manifest, PlanMeta
from app.store.rows import Box
from app.store.scenarios import Difference, ScenarioChange
from app.store.sqlite import connect_new, quoted


class PlanStore(PlanKeeping):
    """One open plan. Safe to use from several threads; any number of processes may open it."""

    # --- opening ---
    @classmethod
    def create(cls, folder: Path | str, meta: PlanMeta) -> PlanStore:
        """Make an empty plan in a new or empty folder.

        Raises
        ------
        PlanError
            The folder holds something, lies on a network drive, or the plan id is unfit.
        """
        folder = Path(folder)
        manifest.require_plan_id(meta.plan_id)
        if folder.exists() and any(folder.iterdir()):
            raise PlanError(
                Text(f"文件夹 {folder} 不是空的", f"the folder {folder} is not empty"),
                where=str(folder),
                fix=Text("请另选一个文件夹", "choose another folder"),
            )
        folder.mkdir(parents=True, exist_ok=True)
        disk.require_local_disk(folder)
        for name in ("owners", "runs", "files"):
            (folder / name).mkdir(exist_ok=True)
        first = Manifest(meta)
        path = folder / first.files()[PLANNING]
        connection = connect_new(path)
        livefile.create(connection, meta, PLANNING)
        connection.close()
        disk.sync_file(path)
        manifest.write_manifest(folder, first)
        return cls(PlanFiles(folder))

    @classmethod
    def open(cls, path: Path | str) -> PlanStore:
        """Open a plan folder, or an exported one-file plan (read-only).

        Raises
        ------
        NotFoundError
            There is no plan.
        PlanError
            The plan is damaged, of another version or on a network drive.
        InputFileError
            The file is no exported plan.
        """
        folder = Path(path)
        if folder.is_file():
            return cls(handover.open_one_file(folder))
        disk.require_local_disk(folder)
        files = PlanFiles(folder)
        manifest.require_current_version(files.meta, folder)
        files.remove_old_generations()
        verify.rebuild_missing_rtrees(files)
        return cls(files)

    @staticmethod
    def migrate(folder: Path | str, actor: Actor) -> int:
        """Bring a plan of an earlier version to this one; returns the version it had."""
        return migrations.migrate(Path(folder), actor)

    def close(self) -> None:
        """Close all connections; the plan can be opened again."""
        self._files.close()

    def __enter__(self) -> PlanStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def files(self) -> PlanFiles:
        """The files behind the plan; for this package alone."""
        return self._files

    @property
    def folder(self) -> Path:
        return self._files.folder

    @property
    def meta(self) -> PlanMeta:
        return self._files.meta

    def owner_secret(self, owner: str) -> str:
        """A text about a utility owner that no export holds: the name of its file in the folder.

        One-file plans have no such files; theirs is made of what only the plan itself tells.
        """
        held = self._files.manifest().owners.get(owner)
        return held.uuid if held else f"{self.meta.plan_id} {self.meta.created_at} {owner}"

    @property
    def is_read_only(self) -> bool:
        return self._files.read_only

    # --- what is there ---
    def counts(self) -> dict[str, int]:
        """Number of rows of each plan layer and table."""
        found: dict[str, int] = {}
        for layer in PLAN_LAYERS:
            found[layer.name] = 0
            for key in self._files.keys_of(layer):
                with self._files.reader(key) as connection:
                    sql = f"SELECT count(*) FROM {quoted(layer.name)}"
                    found[layer.name] += connection.execute(sql).fetchone()[0]
        return found

    def revision(self, layer: str, scenario: str | None = None) -> int:
        """A number that rises with every change of the layer, or of the scenario's view of it."""
        total = 0
        for key in self._files.keys_of(layer_named(layer)):
            with self._files.reader(key) as connection:
                total += changes.revision(connection, layer)
                if scenario:
                    total += changes.revision(connection, layer, scenario)
        return total

    def content_hash(self, layer: str, scenario: str | None = None) -> str:
        """The same for the same rows, whatever their order, version or time of saving."""
        found = layer_named(layer)
        if found.group == "result" and not self.is_read_only:
            return runs.content_hash(self._files, found, scenario or "")
        return hashes.content_hash(self._files, found, scenario or "")

    # --- reading ---
    def read(
        self,
        layer: str,
        *,
        columns: Sequence[str] | None = None,
        ids: Collection[str] | None = None,
        bbox: Box | None = None,
        where: Mapping[str, Any] | None = None,
        scenario: str | None = None,
    ) -> Any:
        """Rows of a layer: a GeoDataFrame if it has a geometry, else a DataFrame.

        Parameters
        ----------
        columns
            Wanted columns; the id always comes along, the geometry only if ``"geometry"`` is
            among them. All columns if left out.
        ids
            Only these rows.
        bbox
            Only rows whose geometry meets (minx, miny, maxx, maxy) in the plan's CRS.
        where
            Column -> value or list of values; None matches unknown.
        scenario
            Id of an open scenario through which to look at the plan.

        Raises
        ------
        SchemaError
            A layer or column that does not exist; nothing is read.
        NotFoundError
            No such open scenario.
        """
        found = layer_named(layer)
        if found.group == "result":
            return self.read_result(
                layer, scenario, columns=columns, ids=ids, bbox=bbox, where=where
            )
        wanted = rows.query(found, columns, ids, bbox, where)
        if scenario:
            scenarios.require(self._files, scenario)
        raw: list[tuple[Any, ...]] = []
        for key in self._files.keys_of(found):
            with self._files.reader(key) as connection:
                if scenario:
                    raw.extend(scenarios.select(connection, wanted, scenario, self._srs))
                else:
                    raw.extend(rows.select(connection, wanted))
        return rows.frame(raw, wanted, self.meta.crs)

    def row(self, layer: str, row_id: str, scenario: str | None = None) -> dict[str, Any] | None:
        """One row as plain values, ``geometry`` as shapely geometry; None if there is none."""
        found = layer_named(layer)
        if found.group == "result":
            return self.result_row(layer, row_id, scenario)
        if scenario:
            scenarios.require(self._files, scenario)
        return scenarios.shown(self._files, found, row_id, scenario or "")

    @property
    def _srs(self) -> int:
        return gpkg.srs_id(self.meta.crs)

    # --- writing ---
    def apply(
        self,
        wishes: Sequence[Edit],
        actor: Actor,
        note: str = "",
        scenario: str | None = None,
    ) -> list[Applied]:
        """Carry out edits, all or none, in one transaction per file.

        Parameters
        ----------
        wishes
            In order; a later one may build on an earlier one.
        scenario
            Id of an open scenario that takes the changes instead of the plan.

        Raises
        ------
        VersionClashError
            A row is no longer what the editor saw.
        InvalidDataError, SchemaError, NotFoundError
            An edit does not fit the layer; nothing is written.
        """
        if scenario:
            scenarios.require(self._files, scenario)
        return edits.apply(self._files, wishes, actor, note, scenario or "")

    def undo(self, change_ids: Sequence[str], actor: Actor, note: str = "") -> list[Applied]:
        """Take changes back as new changes, last first; undoing an undo is redo.

        Raises
        ------
        VersionClashError
            A row was changed by something else since.
        """
        return edits.undo(self._files, change_ids, actor, note)

    def restore(
        self,
        layer: str,
        row_id: str,
        change_id: str,
        actor: Actor,
        note: str = "",
        scenario: str = "",
    ) -> list[Applied]:
        """Bring a row back to what it was right after a change of its history.

        With ``scenario`` the row comes back there, from a change of the plan or of the scenario,
        and the plan stays as it is. ``<file>#0`` is the row as it came in, before its first change.
        """
        return edits.restore(
            self._files, layer_named(layer), row_id, change_id, actor, note, scenario
        )

    def history(self, layer: str, row_id: str) -> list[Change]:
        """Every recorded change of a row, oldest first."""
        layer_named(layer)
        return edits.history(self._files, "layer = ? AND row_id = ?", (layer, row_id))

    def changes(self, since: str | None = None, *, limit: int | None = None) -> list[Change]:
        """The record of all files, oldest first; ``since``: only after that moment (ISO)."""
        return edits.history(self._files, "at > ?", (since or "",), limit=limit)

    def change_set(self, name: str) -> list[Change]:
        """Every change that was made in one go, oldest first; of any size."""
        return edits.history(self._files, "change_set = ?", (name,))

    # --- scenarios ---
    def through(self, scenario: str) -> PlanStore:
        """The plan as an open scenario shows it: reads and loads go through it.

        Raises
        ------
        NotFoundError
            There is no open scenario of that id.
        """
        from app.store.scenario_load import ScenarioStore

        scenarios.require(self._files, scenario)
        return ScenarioStore(self, scenario)

    def create_scenario(self, name: str, actor: Actor, note: str = "") -> str:
        """Start a named overlay on the plan; returns its id."""
        return scenarios.create(self._files, name, actor, note)

    def scenario_changes(self, scenario: str) -> list[ScenarioChange]:
        """What an overlay changes, row by row."""
        return scenarios.changes(self._files, scenario)

    def compare_scenarios(self, left: str, right: str) -> list[Difference]:
        """Rows that two scenarios show differently; an empty id is the plan itself."""
        return scenarios.compare(self._files, left, right)

    def scenario_clashes(self, scenario: str) -> list[Finding]:
        """Changes of the scenario that no longer fit the plan."""
        return scenarios.clashes(self._files, scenario)

    def merge_scenario(self, scenario: str, actor: Actor, note: str = "") -> list[Applied]:
        """Write a scenario into the plan and close it.

        Raises
        ------
        VersionClashError
            The plan changed under it; nothing is written.
        """
        return scenarios.merge(self._files, scenario, actor, note)

    def drop_scenario(self, scenario: str, actor: Actor, note: str = "") -> None:
        """Close a scenario without merging it."""
        scenarios.drop(self._files, scenario, actor, note)

    def load(
        self,
        frames: Mapping[str, pd.DataFrame],
        *,
        batch: ImportBatch,
        actor: Actor,
        on_progress: Progress | None = None,
    ) -> None:
        """Write whole frames, all or nothing, beside the current files, and switch to the result.

        Readers go on with what they have; other writers wait. Layers without Z lose it here.

        Raises
        ------
        InvalidDataError, SchemaError, CrsError
            The frames do not fit; nothing is written.
        PlanError
            The disk is too full, or somebody else is writing.
        """
        load.load(self._files, frames, batch, actor, on_progress)

    def undo_import(self, batch_id: str, actor: Actor, note: str = "") -> None:
        """Take a whole import back: its rows go, rows that it changed become what they were.

        Raises
        ------
        VersionClashError
            Rows of the import were edited since; ``theirs`` lists them. Nothing is changed.
        NotFoundError, UsageError
            No such import, or undone already.
        """
        imports.undo_import(self._files, batch_id, actor, note)
