"""One delivered layer on its way into the plan: columns mapped, cells read, shapes settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from app.errors import Finding
from app.geo.crs import Bounds
from app.geo.repair import Repaired
from app.rules.intake import SynonymTable, bare_header
from app.schema import Column, Layer, layer_named
from app.schema.validate import validate_layer
from app.services.imports import shapes as places
from app.services.imports.join import Delivered, join_rows
from app.services.imports.mapping import (
    FIRST,
    Mapped,
    map_columns,
    remembered_key,
    target_layer,
)
from app.services.imports.preview import look_at
from app.services.imports.references import NewOrganisations, resolve
from app.services.imports.report import Faults, ImportOptions, LayerReport
from app.services.imports.sizes import pipe_sizes
from app.services.imports.telling import CELL_FAULTS, Telling
from app.services.imports.values import convert
from app.store import PlanStore
from app.store.readers.chunks import Chunk
from app.store.readers.delivery import DeliveredLayer

_KINDS_SEEN = 4000
_DEEPEST_PLAUSIBLE_MEDIAN_M = 15.0
_BOTH_ENDS = {"埋深": None, "管顶埋深": "crown", "管底埋深": "invert", "depth": None}


@dataclass
class Context:
    """What all layers of one delivery share."""

    store: PlanStore
    options: ImportOptions
    synonyms: SynonymTable
    words: Mapping[str, Mapping[str, str]]
    remembered: Mapping[str, Mapping[str, str]]
    area: Bounds | None
    sha256: str
    organisations: NewOrganisations
    layer: Layer | None


@dataclass
class Outcome:
    """The rows that a delivered layer brings, ready for the store; None where there are none."""

    layer: Layer | None
    frame: pd.DataFrame | None
    updates_only: bool = False


@dataclass
class LayerIntake:
    """Takes the chunks of one delivered layer and gives the frame that the plan can keep."""

    context: Context
    delivered: DeliveredLayer
    report: LayerReport = field(init=False)
    faults: Faults = field(init=False)

    def __post_init__(self) -> None:
        self.report = LayerReport(self.delivered.name, "", encoding=self.delivered.encoding)
        self.faults = Faults(self.delivered.file, self.delivered.name, self.report)
        self._layer: Layer | None = None
        self._mapped = Mapped((), ())
        self._telling = Telling(self.delivered, self.faults, self._mapped)
        self._place: places.Place | None = None
        self._joins = False
        self._frames: list[pd.DataFrame] = []
        self._raw: list[pd.DataFrame] = []
        self._shapes: list[NDArray[np.object_]] = []
        self._numbers: list[NDArray[np.int64]] = []
        self._touched: list[NDArray[np.bool_]] = []

    def add(self, chunk: Chunk) -> None:
        """Some rows more.

        Raises
        ------
        UsageError, CrsError
            The layer or the reference system cannot be told.
        """
        self.report.read += len(chunk.numbers)
        read = None if chunk.wkb is None else places.read_shapes(chunk.wkb)
        if self._layer is None:
            self._decide(chunk, read)
        layer = self._layer
        assert layer is not None
        if read is None and not self._joins:
            read = self._table_shapes(chunk)
        touched = np.zeros(len(chunk.numbers), bool)
        if layer.is_spatial and read is not None and not self._joins:
            self._add_shapes(chunk, read, layer, touched)
        self._frames.append(self._converted(chunk, layer, touched))
        self._numbers.append(chunk.numbers)
        self._touched.append(touched)

    def finish(self) -> Outcome:
        """All rows together: ids, references and values checked, the rest turned away."""
        layer = self._layer
        if layer is None:
            self._telling.empty_layer()
            return Outcome(None, None)
        frame = pd.concat(self._frames, ignore_index=True) if self._frames else pd.DataFrame()
        self._frames.clear()
        numbers = np.concatenate(self._numbers)
        touched = np.concatenate(self._touched)
        self._suspect_units(layer, frame)
        raw_keys = pd.concat(self._raw, ignore_index=True) if self._raw else pd.DataFrame()
        if not self._joins:
            resolve(self.context.store, layer, frame, numbers, self.faults,
                    self.context.organisations, self._mapped)  # fmt: skip
        keep = self._blank_faulty_cells(layer, frame, numbers, touched)
        if self._joins:
            self.report.repaired = int(touched.sum())
            updates = join_rows(
                self.context.store, layer, Delivered(frame, numbers.tolist()), raw_keys,
                self._mapped, self.report, self.faults,
            )  # fmt: skip
            look_at(self.report, self.context.store, layer, updates, None)
            return Outcome(layer, updates if len(updates) else None, updates_only=True)
        return self._appended(layer, frame, numbers, touched, keep)

    # --- deciding ---
    def _decide(self, chunk: Chunk, read: Repaired | None) -> None:
        context, delivered = self.context, self.delivered
        headers = delivered.columns
        kinds = set() if read is None else _kinds(read.shapes)
        where = f"{delivered.file}:{delivered.name}"
        said = layer_named(delivered.target) if delivered.target else context.layer
        layer = said or target_layer(
            delivered.name, headers, context.synonyms, geometry_types=kinds,
            tabular=read is None, where=where,
        )  # fmt: skip
        self._layer = layer
        self._mapped = map_columns(
            layer, headers, context.synonyms, chosen=context.options.columns,
            remembered=context.remembered.get(f"{layer.name}|{remembered_key(headers)}", {}),
            tabular=read is None,
        )  # fmt: skip
        self._telling.mapped = self._mapped
        self.report.layer = layer.name
        self.report.mapping, self.report.ignored = self._mapped.uses, self._mapped.ignored
        if read is None and layer.is_spatial:
            has_place = self._mapped.coordinates is not None and "Point" in layer.geometry
            self._joins = not (has_place or self._mapped.wkt or layer.optional_geometry)
            read = None if self._joins else self._table_shapes(chunk)
        if layer.is_spatial and read is not None and not self._joins:
            self._place = places.place_of(
                read.shapes, delivered, context.options, context.area,
                plan_crs=context.store.meta.crs, where=where,
            )  # fmt: skip
            self._place, evidence = places.shifted(
                self._place, read.shapes, layer, context.options, context.store
            )
            self.report.shift = self._place.shift
            self._telling.shift(self._place.shift, evidence)
            guess = self._place.guess
            self.report.crs, self.report.swapped = self._place.source, guess.swapped
            self.report.crs_certainty, self.report.crs_reason = guess.certainty, guess.reason
            if self._place.unit_denied:
                self._telling.unit_denied(delivered.unit_m or 1.0)
            if guess.candidates:
                self._telling.crs_candidates(guess.crs or "", guess.candidates)

    def _table_shapes(self, chunk: Chunk) -> Repaired | None:
        if self._mapped.coordinates is not None:
            first, second = (_as_floats(chunk.columns[h]) for h in self._mapped.coordinates)
            if self.context.options.grid and bare_header(self._mapped.coordinates[0]) in FIRST:
                first, second = second, first  # X of a local grid is north, no figure could tell
            return places.points_of(first, second)
        if self._mapped.wkt is not None:
            return places.shapes_from_wkt(chunk.columns[self._mapped.wkt].tolist())
        return None

    def _add_shapes(
        self, chunk: Chunk, read: Repaired, layer: Layer, touched: NDArray[np.bool_]
    ) -> None:
        assert self._place is not None
        settled = places.settle(read, self._place, layer, target=self.context.store.meta.crs)
        places.tell_faults(
            settled.faults, chunk.numbers, self.faults, optional=layer.optional_geometry,
            unplaced=self.delivered.unplaced,
        )  # fmt: skip
        touched[[fault.position for fault in settled.faults if fault.kept]] = True
        self._shapes.append(settled.shapes)

    # --- cells ---
    def _converted(self, chunk: Chunk, layer: Layer, touched: NDArray[np.bool_]) -> pd.DataFrame:
        values: dict[str, Any] = {}
        for use in self._mapped.uses:
            raw, column = chunk.columns[use.header], layer.column(use.column)
            if layer.name == "pipe" and column.name == "nominal_mm" and raw.dtype.kind not in "iuf":
                faulty = self._sizes(raw, use.unit, values)
            elif column.references:
                values[column.name], faulty = convert(raw, _as_text(column)).values, None
            else:
                found = convert(
                    raw, column, unit=use.unit, words=self.context.words.get(column.name)
                )
                values[column.name], faulty = found.values, found.faulty
            if faulty is not None and faulty.any():
                touched |= faulty
                self._telling.not_understood(column, raw, faulty, chunk.numbers)
        if self._joins:
            self._raw.append(
                pd.DataFrame({u.column: chunk.columns[u.header] for u in self._mapped.uses})
            )
        frame = pd.DataFrame(values, index=pd.RangeIndex(len(chunk.numbers)))
        return self._depths(layer, frame)

    def _sizes(self, raw: NDArray[Any], unit: str, values: dict[str, Any]) -> NDArray[np.bool_]:
        sizes = pipe_sizes(raw, unit=unit)
        nominal = np.round(sizes.nominal_mm)
        values["nominal_mm"] = pd.arrays.IntegerArray(
            np.nan_to_num(nominal).astype(np.int64), np.isnan(nominal)
        )
        more = {"outside_mm": sizes.outside_mm, "width_mm": sizes.width_mm,
                "height_mm": sizes.height_mm}  # fmt: skip
        for name, figures in more.items():
            if self._mapped.header_of(name) is None:
                values[name] = figures
        if self._mapped.header_of("size_basis") is None:
            told = np.full(len(raw), None, object)
            told[~np.isnan(sizes.outside_mm)] = "catalogue"
            values["size_basis"] = pd.array(told, dtype="str")
        return sizes.faulty

    def _depths(self, layer: Layer, frame: pd.DataFrame) -> pd.DataFrame:
        """A single 埋深 is the depth at both ends; 管顶埋深 says what it is measured to."""
        if layer.name != "pipe" or "start_depth_m" not in frame:
            return frame
        bare = bare_header(self._mapped.header_of("start_depth_m") or "").split("(")[0]
        if bare not in _BOTH_ENDS:
            return frame
        if "end_depth_m" not in frame:
            frame["end_depth_m"] = frame["start_depth_m"]
        if _BOTH_ENDS[bare] and "depth_ref" not in frame:
            frame["depth_ref"] = pd.array([_BOTH_ENDS[bare]] * len(frame), dtype="str")
        return frame

    def _suspect_units(self, layer: Layer, frame: pd.DataFrame) -> None:
        """Depths of eighty without a unit are centimetres; taken as metres they would be fatal."""
        for name in ("start_depth_m", "end_depth_m"):
            if layer.name != "pipe" or name not in frame or not frame[name].notna().any():
                continue
            median = float(frame[name].median())
            if median > _DEEPEST_PLAUSIBLE_MEDIAN_M:
                frame[name] = np.nan
                if self._mapped.header_of(name) is not None:
                    self._telling.suspect_unit(name, median)

    def _blank_faulty_cells(
        self,
        layer: Layer,
        frame: pd.DataFrame,
        numbers: NDArray[np.int64],
        touched: NDArray[np.bool_],
    ) -> NDArray[np.bool_]:
        """Cells that break the schema become unknown; rows that lack what they need are out."""
        keep = np.ones(len(numbers), bool)
        checked = frame.drop(columns=layer.id_column, errors="ignore")
        missing: set[str] = set()
        for finding in validate_layer(layer, checked):
            if self._joins and finding.code not in CELL_FAULTS:
                continue
            if finding.column == layer.id_column or finding.code == "missing_geometry":
                continue
            if finding.code == "missing_column":
                missing.add(finding.column)
                continue
            positions = _positions(finding)
            if finding.code in CELL_FAULTS:
                touched[positions] = True
                frame.loc[positions, finding.column] = None
            elif finding.severity == "error":
                keep[positions] = False
            self._telling.schema_fault(finding, numbers[positions])
        for name in sorted(missing):
            keep[:] = False
            self.report.reasons["missing_column"] = len(numbers)
            self._telling.missing_column(layer.column(name))
        return keep

    # --- putting together ---
    def _appended(
        self,
        layer: Layer,
        frame: pd.DataFrame,
        numbers: NDArray[np.int64],
        touched: NDArray[np.bool_],
        keep: NDArray[np.bool_],
    ) -> Outcome:
        shapes = np.concatenate(self._shapes) if self._shapes else None
        self._shapes.clear()
        if shapes is not None and not layer.optional_geometry:
            keep &= ~shapely.is_missing(shapes)
        keep &= self._identified(layer, frame, numbers)
        self.report.kept += int(keep.sum())
        self.report.rejected += int((~keep).sum())
        self.report.repaired += int((touched & keep).sum())
        if not keep.all():
            frame = frame[keep].reset_index(drop=True)
            shapes = None if shapes is None else shapes[keep]
        if not len(frame):
            return Outcome(layer, None)
        if shapes is not None:
            frame = gpd.GeoDataFrame(frame, geometry=shapes, crs=self.context.store.meta.crs)
        look_at(self.report, self.context.store, layer, frame, shapes)
        return Outcome(layer, frame)

    def _identified(
        self, layer: Layer, frame: pd.DataFrame, numbers: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Every kept row has an id of its own; rows of a file without ids are numbered."""
        if layer.id_column not in frame.columns:
            stem = f"{layer.name}-{self.context.sha256[:8]}-"
            prefix = f"{stem}{self.delivered.name}-" if self.delivered.name != layer.name else stem
            frame.insert(0, layer.id_column, [f"{prefix}{number}" for number in numbers.tolist()])
        ids = frame[layer.id_column]
        absent = ids.isna().to_numpy()
        repeated = ids.duplicated(keep="first").to_numpy() & ~absent
        held = np.zeros(len(ids), bool)
        if self.context.store.counts()[layer.name]:
            known = self.context.store.read(layer.name, columns=[layer.id_column])
            held = ids.isin(known[layer.id_column]).to_numpy(copy=True)
            if self.context.options.update:
                self.report.updated += int((held & ~repeated).sum())
                held[:] = False
        self._telling.ids(layer, ids, numbers, absent=absent, repeated=repeated, held=held)
        return ~(absent | repeated | held)


def _kinds(shapes: NDArray[np.object_]) -> set[str]:
    known = shapes[:_KINDS_SEEN]
    return {shape.geom_type for shape in known if shape is not None and not shape.is_empty} - {
        "GeometryCollection"
    }


def _as_floats(raw: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(pd.to_numeric(pd.Series(raw), errors="coerce"), float)


def _as_text(column: Column) -> Column:
    return Column(column.name, "text", column.label)


def _positions(finding: Finding) -> NDArray[np.int64]:
    """Row positions of a finding about rows without ids: ``#1`` is the first."""
    rows = [finding.row] if finding.row else finding.details.get("rows", ())
    assert isinstance(rows, list | tuple)
    return np.array([int(str(row)[1:]) - 1 for row in rows], np.int64)
