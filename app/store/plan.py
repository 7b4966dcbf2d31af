"""A plan on disk: create, open, read, edit, load, run results, verify, hand over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from app.errors import PlanError, Text
from app.schema import LAYERS, layer_named
from app.schema.actor import Actor
from app.schema.model import Layer
from app.store import changes, disk, livefile, load, manifest, rows
from app.store.files import PlanFiles
from app.store.load import ImportBatch, Progress
from app.store.manifest import PLANNING, Manifest, PlanMeta
from app.store.rows import Box
from app.store.sqlite import connect_new, quoted


class PlanStore:
    """One open plan. Safe to use from several threads; any number of processes may open it."""

    def __init__(self, files: PlanFiles) -> None:
        self._files = files

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
        """Open a plan folder.

        Raises
        ------
        NotFoundError
            There is no plan.
        PlanError
            The plan is damaged, newer than this program or on a network drive.
        """
        folder = Path(path)
        disk.require_local_disk(folder)
        files = PlanFiles(folder)
        files.remove_old_generations()
        return cls(files)

    def close(self) -> None:
        """Close all connections; the plan can be opened again."""
        self._files.close()

    def __enter__(self) -> PlanStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        return self._files.folder

    @property
    def meta(self) -> PlanMeta:
        return self._files.meta

    @property
    def is_read_only(self) -> bool:
        return self._files.read_only

    # --- what is there ---
    def counts(self) -> dict[str, int]:
        """Number of rows of each plan layer and table."""
        found: dict[str, int] = {}
        for layer in LAYERS.values():
            if layer.group == "result":
                continue
            found[layer.name] = 0
            for key in self._files.keys_of(layer):
                with self._files.reader(key) as connection:
                    sql = f"SELECT count(*) FROM {quoted(layer.name)}"
                    found[layer.name] += connection.execute(sql).fetchone()[0]
        return found

    def revision(self, layer: str) -> int:
        """A number that rises with every change of the layer."""
        total = 0
        for key in self._files.keys_of(layer_named(layer)):
            with self._files.reader(key) as connection:
                total += changes.revision(connection, layer)
        return total

    # --- reading ---
    def read(
        self,
        layer: str,
        *,
        columns: Sequence[str] | None = None,
        ids: Collection[str] | None = None,
        bbox: Box | None = None,
        where: Mapping[str, Any] | None = None,
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

        Raises
        ------
        SchemaError
            A layer or column that does not exist; nothing is read.
        """
        found = layer_named(layer)
        wanted = rows.query(found, columns, ids, bbox, where)
        raw: list[tuple[Any, ...]] = []
        for key in self._files.keys_of(found):
            with self._files.reader(key) as connection:
                raw.extend(rows.select(connection, wanted))
        return rows.frame(raw, wanted, self.meta.crs)

    def row(self, layer: str, row_id: str) -> dict[str, Any] | None:
        """One row as plain values, ``geometry`` as shapely geometry; None if there is none."""
        found = layer_named(layer)
        for key in self._files.keys_of(found):
            with self._files.reader(key) as connection:
                cells = rows.fetch(connection, found, row_id)
            if cells is not None:
                return rows.as_values(found, cells)
        return None

    # --- writing ---
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

    def _layer(self, name: str) -> Layer:
        return layer_named(name)
