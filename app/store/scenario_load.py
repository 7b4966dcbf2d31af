"""A delivery that goes into a scenario: whole frames as changes of the overlay, the plan untouched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from app.schema.actor import Actor
from app.store import frames, gpkg, scenarios
from app.store.cells import Cell, now_text, to_cells
from app.store.changes import Stamp
from app.store.edits import locate
from app.store.files import PlanFiles
from app.store.load import BOOKKEEPING, ImportBatch, Part, Progress, blobs_of, parts_of, plan_layer
from app.store.manifest import PLANNING
from app.store.plan import PlanStore
from app.store.writer import ScenarioWriter

Row = tuple[str, dict[str, Cell]]  # id, cells of the columns that the delivery brings


class ScenarioStore(PlanStore):
    """A plan as one of its scenarios shows it, for whoever reads and loads without asking which.

    Rows that are loaded become changes of the scenario with the batch's id as their change set;
    there is no batch row, undoing that change set takes the delivery back.
    """

    def __init__(self, plan: PlanStore, scenario: str) -> None:
        super().__init__(plan.files)
        self.scenario = scenario

    def counts(self) -> dict[str, int]:
        counts = super().counts()
        for change in self.scenario_changes(self.scenario):
            counts[change.layer] += {"create": 1, "delete": -1}.get(change.action, 0)
        return counts

    def read(self, layer: str, **asked: Any) -> Any:
        return super().read(layer, **{"scenario": self.scenario, **asked})

    def load(
        self,
        frames: Mapping[str, pd.DataFrame],
        *,
        batch: ImportBatch,
        actor: Actor,
        on_progress: Progress | None = None,
    ) -> None:
        load(self.files, frames, batch, actor, self.scenario, on_progress)


def load(
    files: PlanFiles,
    frames_by_layer: Mapping[str, pd.DataFrame],
    batch: ImportBatch,
    actor: Actor,
    scenario: str,
    on_progress: Progress | None = None,
) -> None:
    """Write all frames into a scenario or nothing.

    Raises
    ------
    NotFoundError
        There is no open scenario of that id.
    InvalidDataError, SchemaError, CrsError
        The frames do not fit; nothing is written.
    """
    scenarios.require(files, scenario)
    parts = [
        part
        for name, frame in frames_by_layer.items()
        for part in parts_of(
            frames.checked(frame, plan_layer(name), files.meta.crs), plan_layer(name)
        )
    ]
    homes = [_homes(files, part, scenario) for part in parts]
    stamp = Stamp(actor, now_text(), batch.note, batch.batch_id)
    total, done = sum(len(part.frame) for part in parts), 0
    with files.writers({PLANNING, *(key for home in homes for key in home)}) as held:
        writers = {
            key: ScenarioWriter(connection, key, files.meta.crs, stamp, scenario)
            for key, connection in held.items()
        }
        for part, home in zip(parts, homes, strict=True):
            for (row_id, cells), key in zip(_rows(part, files.meta.crs), home, strict=True):
                _write(writers[key], part, row_id, cells, batch)
                done += 1
                if on_progress is not None and done % 500 == 0:
                    on_progress(done, total)


def _homes(files: PlanFiles, part: Part, scenario: str) -> list[str]:
    """The file of each row: where it is, else its owner's."""
    if not part.layer.protected:
        return [PLANNING] * len(part.frame)
    owner = part.frame.get("owner_id", pd.Series(None, index=part.frame.index, dtype=object))
    found = []
    for row_id, name in zip(part.frame[part.layer.id_column].astype(str), owner, strict=True):
        at = locate(files, part.layer, row_id, scenario)
        found.append(at or files.add_owner("" if pd.isna(name) else str(name)))
    return found


def _rows(part: Part, crs: str) -> Iterable[Row]:
    layer, frame = part.layer, part.frame
    names = [
        str(name)
        for name in frame.columns
        if name in layer.column_names and name not in (*BOOKKEEPING, layer.id_column)
    ]
    columns: list[list[Any]] = [to_cells(frame[name], layer.column(name), layer) for name in names]
    if "geometry" in frame.columns:
        names.append(gpkg.GEOMETRY)
        columns.append(blobs_of(frame, layer, crs)[0])
    for at, row_id in enumerate(frame[layer.id_column].astype(str)):
        yield row_id, {name: cells[at] for name, cells in zip(names, columns, strict=True)}


def _write(
    writer: ScenarioWriter, part: Part, row_id: str, cells: dict[str, Cell], batch: ImportBatch
) -> None:
    known = writer.fetch(part.layer, row_id)
    if known is not None and batch.mode == "append":
        raise frames.already_there(part.layer, [row_id])
    if known is None and "dataset_id" in part.layer.column_names:
        cells = {**cells, "dataset_id": cells.get("dataset_id") or batch.dataset_id or None}
    writer.write(part.layer, row_id, cells)
