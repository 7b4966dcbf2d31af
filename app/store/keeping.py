"""What a plan keeps beside its rows: runs and results, files, backups, the handed-over file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from app.errors import Finding
from app.schema import layer_named
from app.schema.actor import Actor
from app.schema.analysis import Raster
from app.store import attachments, backup, handover, rasters, rows, rule_files, runs, verify
from app.store.attachments import Arriving
from app.store.files import PlanFiles
from app.store.rows import Box
from app.store.runs import RunRecord


class PlanKeeping:
    """The part of an open plan that is not about editing rows."""

    def __init__(self, files: PlanFiles) -> None:
        self._files = files

    # --- runs ---
    def save_run(
        self,
        record: RunRecord,
        open_frames: Mapping[str, pd.DataFrame],
        protected_frames: Mapping[str, pd.DataFrame],
        grids: Mapping[str, Raster],
        *,
        actor: Actor,
    ) -> str:
        """Write a run's folder whole, make it the current run, and return its id.

        Parameters
        ----------
        open_frames, protected_frames
            Result layers by name; a layer may come in both forms, the open one with less in it.
        grids
            Result rasters by name.

        Raises
        ------
        InvalidDataError, SchemaError, CrsError
            A frame does not fit its layer; nothing is kept.
        """
        return runs.save(self._files, record, open_frames, protected_frames, grids, actor).run_id

    def make_current(self, run_id: str, actor: Actor) -> RunRecord:
        """Show the results of an earlier run again in place of those shown now.

        Raises
        ------
        NotFoundError
            There is no such run.
        """
        record = runs.read_record(self._files, run_id)
        runs.point_to(self._files, record, actor)
        return replace(record, is_current=True)

    def runs(self) -> list[RunRecord]:
        """Every saved run, oldest first."""
        return [] if self._files.read_only else runs.listed(self._files)

    def current_run(self, analysis: str, scenario: str | None = None) -> RunRecord | None:
        """The run whose results are shown for an analysis, if it ever ran."""
        if self._files.read_only:
            return None
        found = runs.current(self._files, scenario or "")
        return next((record for record in found if record.analysis == analysis), None)

    def read_result(
        self,
        layer: str,
        scenario: str | None = None,
        *,
        columns: Sequence[str] | None = None,
        ids: Collection[str] | None = None,
        bbox: Box | None = None,
        where: Mapping[str, Any] | None = None,
        protected: bool = True,
    ) -> Any:
        """Rows of a result layer of the current runs; empty if no run wrote it.

        ``protected=False`` gives the open form of a layer that has two.
        """
        found = layer_named(layer)
        wanted = rows.query(found, columns, ids, bbox, where)
        if self._files.read_only:
            paths = [self._files.folder] if self._files.keys_of(found) else []
        else:
            paths = runs.result_files(self._files, found, scenario or "", protected=protected)
        return rows.frame(runs.select(paths, wanted), wanted, self._files.meta.crs)

    def first_told(self, layer: str, scenario: str | None = None) -> dict[str, str]:
        """When each row of a result layer was found first, by id; empty for a one-file plan."""
        if self._files.read_only:
            return {}
        return runs.first_told(self._files, layer_named(layer), scenario or "")

    def result_row(
        self, layer: str, row_id: str, scenario: str | None = None, *, protected: bool = True
    ) -> dict[str, Any] | None:
        """One row of a result layer as plain values."""
        found = layer_named(layer)
        if self._files.read_only:
            paths = [self._files.folder] if self._files.keys_of(found) else []
        else:
            paths = runs.result_files(self._files, found, scenario or "", protected=protected)
        for path in paths:
            with runs.read_only(path) as connection:
                cells = rows.fetch(connection, found, row_id)
            if cells is not None:
                return rows.as_values(found, cells)
        return None

    def read_raster(self, run_id: str, name: str) -> Raster:
        """A result raster of a run."""
        return rasters.read_raster(self.raster_path(run_id, name))

    def raster_path(self, run_id: str, name: str) -> Path:
        """Where a result raster of a run lies."""
        return runs.folder_of(self._files, run_id) / f"{name}.tif"

    # --- files ---
    def put_file(self, content: Path | bytes) -> str:
        """Keep a photo, document, raster or delivery; returns its sha256."""
        return attachments.put(self._files.folder, content)

    def arriving(self, content: Path, *, keep: bool) -> Arriving:
        """A delivery that is hashed now and, where ``keep``, copied beside to be kept at the end."""
        return Arriving(content, self._files.folder if keep else None)

    def file_path(self, sha256: str) -> Path:
        """Where a kept file lies."""
        return attachments.path_of(self._files.folder, sha256)

    # --- checks and copies ---
    def verify(self) -> list[Finding]:
        """Every fault of the plan on disk: files, record of changes, R-trees, references, runs."""
        return verify.verify(self._files)

    def repair(self) -> list[Finding]:
        """Rebuild R-trees and extents from the rows; returns what is still wrong."""
        verify.repair(self._files)
        return verify.verify(self._files)

    def backup(self, to: Path | str) -> Path:
        """A checked copy of the whole plan folder, taken while it is in use.

        Raises
        ------
        PlanError
            ``to`` exists, the disk is too full, or the copy fails its check; nothing is left.
        """
        return backup.backup(self._files, Path(to))

    def export_gpkg(
        self,
        to: Path | str,
        actor: Actor,
        *,
        protected: bool = False,
        remarks: Mapping[str, str] | None = None,
    ) -> str:
        """Write the plan as one GeoPackage that opens styled in QGIS; returns its secrecy.

        Layers, current results and rule tables; pipes and other protected layers only where
        ``protected`` says that whoever asks may have them. ``remarks`` go into the table of the
        stamp, those called like a layer into its description too.
        """
        tables = rule_files.raw_tables()
        return handover.export_gpkg(
            self._files, Path(to), actor, protected=protected, rule_tables=tables,
            remarks=remarks or {},
        )  # fmt: skip
