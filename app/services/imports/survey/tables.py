"""Delivered tables that are points or lines of a pipe survey, held whole until they are joined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from app.rules.intake import SynonymTable, bare_header
from app.schema import layer_named
from app.services.imports.mapping import (
    EAST,
    FIRST,
    LAT,
    LON,
    NORTH,
    SECOND,
    ColumnUse,
    map_columns,
    remembered_key,
)
from app.services.imports.values import plain, quantity, unit_of
from app.store.readers.chunks import Chunk
from app.store.readers.delivery import DeliveredLayer

Role = Literal["pipe_node", "pipe"]
Floats = NDArray[np.float64]
Texts = list[str]

_UNIT_AT_END = re.compile(r"[(\[]m[)\]]$")


@dataclass(frozen=True)
class Told:
    """What the headers of a table tell: points or lines, the use of each, where the places are."""

    role: Role
    uses: Mapping[str, ColumnUse]
    place: tuple[str, str] | None


@dataclass
class SurveyTable:
    """One table with what its headers mean; cells stay as delivered."""

    delivered: DeliveredLayer
    role: Role
    uses: Mapping[str, ColumnUse]
    place: tuple[str, str] | None
    numbers: NDArray[np.int64]
    columns: dict[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.numbers)

    def has(self, column: str) -> bool:
        return column in self.uses

    def header(self, column: str) -> str:
        return self.uses[column].header if column in self.uses else ""

    def texts(self, column: str) -> Texts:
        """The cells of a plan column as text, '' where empty."""
        if column not in self.uses:
            return [""] * len(self)
        return [as_text(cell) for cell in self.columns[self.uses[column].header].tolist()]

    def figures(self, column: str, wanted: str = "m") -> Floats:
        """The cells of a plan column in metres or millimetres, the unit of the header applied."""
        if column not in self.uses:
            return np.full(len(self), np.nan)
        use = self.uses[column]
        return floats(self.columns[use.header].tolist(), use.unit, wanted)

    def east_north(self) -> tuple[Floats, Floats]:
        """The places; tables of coordinates called X and Y have X to the north."""
        assert self.place is not None
        east, north = (floats(self.columns[header].tolist(), "") for header in self.place)
        return east, north

    def set(self, column: str, values: Sequence[object]) -> None:
        """Write a plan column: under its delivered header if it has one."""
        cells = np.empty(len(self), object)
        cells[:] = list(values)
        self.columns[self.header(column) or column] = cells


def role_of(
    delivered: DeliveredLayer,
    synonyms: SynonymTable,
    *,
    chosen: Mapping[str, str],
    remembered: Mapping[str, Mapping[str, str]],
) -> Told | None:
    """Whether a table is the points or the lines of a survey; None if it is neither."""
    if delivered.has_geometry:
        return None
    place = places_of(delivered.columns)
    lines = _uses("pipe", delivered, synonyms, chosen, remembered)
    if {"start_node", "end_node"} <= set(lines) and place is None:
        return Told("pipe", lines, None)
    points = _uses("pipe_node", delivered, synonyms, chosen, remembered)
    told = {"pipe_class", "ground_m", "kind", "invert_m", "depth_m"} & set(points)
    if place is not None and "number" in points and told:
        return Told("pipe_node", points, place)
    return None


def places_of(headers: Iterable[str]) -> tuple[str, str] | None:
    """The headers of east and north; of X and Y, X is the north one."""
    bare = {_UNIT_AT_END.sub("", bare_header(header)): header for header in headers}

    def one(words: frozenset[str]) -> str | None:
        return next((bare[word] for word in bare if word in words), None)

    for east, north in ((EAST, NORTH), (SECOND, FIRST), (LON, LAT)):
        left, right = one(east), one(north)
        if left is not None and right is not None:
            return left, right
    return None


def whole(
    delivered: DeliveredLayer,
    told: Told,
    chunks: Sequence[Chunk],
) -> SurveyTable:
    """The table of all chunks."""
    numbers = (
        np.concatenate([chunk.numbers for chunk in chunks]) if chunks else np.empty(0, np.int64)
    )
    columns = {
        header: np.concatenate([chunk.columns[header].astype(object) for chunk in chunks])
        if chunks
        else np.empty(0, object)
        for header in delivered.columns
    }
    return SurveyTable(delivered, told.role, told.uses, told.place, numbers, columns)


def as_text(cell: object) -> str:
    """A point number or word as people write it: 12.0 is 12, blanks are gone."""
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return plain(str(cell))


def floats(cells: Sequence[object], unit: str, wanted: str = "m") -> Floats:
    """Lengths; NaN where a cell is empty or not understood."""
    said = unit_of(unit) if unit else ""
    read = [
        None if cell is None or cell != cell else quantity(cell, said, wanted) for cell in cells
    ]
    return np.array([np.nan if value is None else value for value in read], float)


def _uses(
    name: Role,
    delivered: DeliveredLayer,
    synonyms: SynonymTable,
    chosen: Mapping[str, str],
    remembered: Mapping[str, Mapping[str, str]],
) -> dict[str, ColumnUse]:
    layer = layer_named(name)
    headers = delivered.columns
    fit = {h: c for h, c in chosen.items() if not c or layer.has_column(c.partition(":")[0])}
    known = remembered.get(f"{name}|{remembered_key(headers)}", {})
    mapped = map_columns(layer, headers, synonyms, chosen=fit, remembered=known, tabular=True)
    return {use.column: use for use in mapped.uses}
