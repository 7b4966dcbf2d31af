"""Many lines as one array of coordinates: what compiled loops read without asking each line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Polylines:
    """The vertices of line k are ``xy[begin[k] : begin[k + 1]]``."""

    xy: Floats
    begin: Ints

    def __len__(self) -> int:
        return len(self.begin) - 1

    @classmethod
    def of(cls, lines: Shapes) -> Polylines:
        xy, owner = shapely.get_coordinates(lines, return_index=True)
        begin = np.searchsorted(owner, np.arange(len(lines) + 1)).astype(np.int64)
        return cls(np.ascontiguousarray(xy), begin)

    @cached_property
    def shapes(self) -> Shapes:
        """The lines as geometries, made when somebody asks."""
        shapes = np.zeros(len(self), dtype=object)
        if len(self):
            owner = np.repeat(np.arange(len(self)), np.diff(self.begin))
            shapes[:] = shapely.linestrings(self.xy, indices=owner)
        return shapes

    @cached_property
    def chainage(self) -> Floats:
        """Metres from the start of its line to each vertex."""
        found: Floats = _chainage(self.xy, self.begin)
        return found

    @property
    def length(self) -> Floats:
        """Metres of each line."""
        return self.chainage[self.begin[1:] - 1]

    def points(self, line: Ints, at_m: Floats) -> Floats:
        """The place at a distance from the start of each of these lines."""
        found: Floats = _points(self.xy, self.begin, self.chainage, line, at_m)
        return found

    def between(self, line: Ints, from_m: Floats, to_m: Floats) -> Polylines:
        """The parts of lines between two distances from their starts."""
        return Polylines(*_between(self.xy, self.begin, self.chainage, line, from_m, to_m))


@numba.njit(cache=True, nogil=True)
def _chainage(xy, begin):  # type: ignore[no-untyped-def]
    along = np.zeros(len(xy))
    for k in range(len(begin) - 1):
        for i in range(begin[k] + 1, begin[k + 1]):
            dx, dy = xy[i, 0] - xy[i - 1, 0], xy[i, 1] - xy[i - 1, 1]
            along[i] = along[i - 1] + np.sqrt(dx * dx + dy * dy)
    return along


@numba.njit(cache=True, nogil=True)
def _at(xy, along, first, last, metres):  # type: ignore[no-untyped-def]
    """(x, y, the vertex that follows) at a distance along the vertices first to last - 1."""
    i = first + 1
    while i < last - 1 and along[i] < metres:
        i += 1
    step = along[i] - along[i - 1]
    share = 0.0
    if step > 0.0:
        share = min(max((metres - along[i - 1]) / step, 0.0), 1.0)
    x = xy[i - 1, 0] + share * (xy[i, 0] - xy[i - 1, 0])
    y = xy[i - 1, 1] + share * (xy[i, 1] - xy[i - 1, 1])
    return x, y, i


@numba.njit(cache=True, nogil=True)
def _points(xy, begin, along, line, at_m):  # type: ignore[no-untyped-def]
    out = np.empty((len(line), 2))
    for k in range(len(line)):
        x, y, _ = _at(xy, along, begin[line[k]], begin[line[k] + 1], at_m[k])
        out[k, 0], out[k, 1] = x, y
    return out


@numba.njit(cache=True, nogil=True)
def _between(xy, begin, along, line, from_m, to_m):  # type: ignore[no-untyped-def]
    room = 0
    for k in range(len(line)):
        room += begin[line[k] + 1] - begin[line[k]] + 2
    out = np.empty((room, 2))
    start = np.zeros(len(line) + 1, dtype=np.int64)
    n = 0
    for k in range(len(line)):
        first, last = begin[line[k]], begin[line[k] + 1]
        x, y, i = _at(xy, along, first, last, from_m[k])
        out[n, 0], out[n, 1] = x, y
        n += 1
        while i < last and along[i] < to_m[k]:
            if along[i] > from_m[k]:
                out[n, 0], out[n, 1] = xy[i, 0], xy[i, 1]
                n += 1
            i += 1
        x, y, _ = _at(xy, along, first, last, to_m[k])
        out[n, 0], out[n, 1] = x, y
        n += 1
        start[k + 1] = n
    return out[:n].copy(), start
