"""Shapes to cells and cells to shapes, on north-up grids with square cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely.geometry
from rasterio import Affine
from rasterio import features as burning
from shapely.geometry.base import BaseGeometry

Bytes = npt.NDArray[np.uint8]
Ints32 = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Frame:
    """Where a grid lies: its north-west corner, its cell size and its shape."""

    west: float
    north: float
    cell_m: float
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows, self.columns

    @property
    def transform(self) -> Affine:
        return Affine(self.cell_m, 0.0, self.west, 0.0, -self.cell_m, self.north)

    @property
    def area_m2(self) -> float:
        return self.cell_m * self.cell_m

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        south = self.north - self.rows * self.cell_m
        return self.west, south, self.west + self.columns * self.cell_m, self.north

    def cell_of(self, x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Flat index of the cell that holds each point; -1 outside."""
        c = np.floor((np.asarray(x, dtype=float) - self.west) / self.cell_m).astype(np.int64)
        r = np.floor((self.north - np.asarray(y, dtype=float)) / self.cell_m).astype(np.int64)
        inside = (c >= 0) & (c < self.columns) & (r >= 0) & (r < self.rows)
        return np.where(inside, r * self.columns + c, -1)


def burn(frame: Frame, shapes: Iterable[BaseGeometry], values: Sequence[int], *, touched: bool = False) -> Ints32:  # fmt: skip
    """The value of the last shape whose inside holds the centre of each cell; 0 where none does.

    ``touched``: every cell that the shape touches, for lines.
    """
    pairs = [
        (shape, int(value))
        for shape, value in zip(shapes, values, strict=True)
        if shape is not None and not shape.is_empty
    ]
    if not pairs:
        return np.zeros(frame.shape, dtype=np.int32)
    burnt: Ints32 = burning.rasterize(
        pairs, out_shape=frame.shape, transform=frame.transform, fill=0, dtype="int32",
        all_touched=touched,
    )  # fmt: skip
    return burnt


def outlines(frame: Frame, classes: Bytes) -> list[tuple[int, BaseGeometry]]:
    """(class, polygon) of every connected part of each class above 0; parts share only edges."""
    found = burning.shapes(classes, mask=classes > 0, connectivity=4, transform=frame.transform)
    return [(int(value), shapely.geometry.shape(shape)) for shape, value in found]


def coarser(values: npt.NDArray[np.float32], times: int) -> npt.NDArray[np.float32]:
    """Means of blocks of cells; NaN where no cell of the block has a value."""
    rows, columns = (-(-n // times) * times for n in values.shape)
    padded = np.full((rows, columns), np.nan, dtype=np.float64)
    padded[: values.shape[0], : values.shape[1]] = values
    split = padded.reshape(rows // times, times, columns // times, times).swapaxes(1, 2)
    blocks = split.reshape(rows // times, columns // times, times * times)
    known = (~np.isnan(blocks)).sum(axis=2)
    total = np.nansum(blocks, axis=2)
    means = np.divide(total, known, out=np.full(known.shape, np.nan), where=known > 0)
    single: npt.NDArray[np.float32] = means.astype(np.float32)
    return single
