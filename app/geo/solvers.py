"""The two ways to move water over a grid, behind one face: ``step`` and what they hold."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.geo import inertial, shallow
from app.geo.depressions import CLOSED, OPEN, OUTSIDE

Floats32 = npt.NDArray[np.float32]
Ints64 = npt.NDArray[np.int64]
_WORTH_THREADS = 150_000  # cells from which a second thread pays for the hand-over
_LEAST_ROWS = 8  # of a part: a sweep leaves the rows at its ends to be joined


@dataclass(frozen=True)
class Limits:
    """How far a step may go, and what the local-inertial equations are held to."""

    courant: float
    longest_s: float
    theta: float
    froude_cap: float


class Solver(Protocol):
    """Water on a grid. ``h`` is its depth; ``qx`` and ``qy`` the discharge through faces in m²/s."""

    h: Floats32
    qx: Floats32
    qy: Floats32
    drains: Ints64
    rows: Rows

    def stable_s(self) -> float: ...

    def step(self, seconds: float) -> None: ...

    def leave(self) -> float: ...

    def close(self) -> None: ...


class Rows:
    """Runs a row kernel over all rows, on one thread or two or more with the same bits."""

    def __init__(self, rows: int, cells: int, workers: int) -> None:
        count = abs(workers) if cells >= _WORTH_THREADS or workers < 0 else 1
        count = max(min(count, rows // _LEAST_ROWS), 1)
        edges = np.linspace(0, rows, count + 1).astype(int)
        self._parts = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
        self._pool = ThreadPoolExecutor(len(self._parts) - 1) if len(self._parts) > 1 else None

    def run(self, kernel: Callable[..., None], *arguments: object) -> None:
        """Each part of the rows on its own thread; the first one here."""
        if self._pool is None:
            return kernel(*self._parts[0], *arguments)
        waiting = [self._pool.submit(kernel, *part, *arguments) for part in self._parts[1:]]
        kernel(*self._parts[0], *arguments)
        for one in waiting:
            one.result()
        return None

    @property
    def starts(self) -> Ints64:
        """Where each part begins."""
        return np.array([first for first, _ in self._parts], dtype=np.int64)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()


def bed(z: Floats32, kind: npt.NDArray[np.uint8]) -> tuple[Floats32, Ints64]:
    """The bed of a run, and the cells outside through which water leaves.

    A closed cell is a wall. A cell outside that touches an open one takes the height of the lowest
    of them, so that water runs off freely; the others are walls, which nothing reaches.
    """
    heights = np.where(kind == OPEN, z, inertial.WALL_M).astype(np.float32)
    around = np.full(z.shape, inertial.WALL_M, dtype=np.float32)
    np.minimum(around[1:], heights[:-1], out=around[1:])
    np.minimum(around[:-1], heights[1:], out=around[:-1])
    np.minimum(around[:, 1:], heights[:, :-1], out=around[:, 1:])
    np.minimum(around[:, :-1], heights[:, 1:], out=around[:, :-1])
    sink = (kind == OUTSIDE) & (around < inertial.WALL_M)
    floor = np.where(sink, around, heights).astype(np.float32)
    floor[kind == CLOSED] = inertial.WALL_M
    return np.ascontiguousarray(floor), np.flatnonzero(sink.ravel())


def _by_row(faces: Ints64, rows: int, columns: int) -> tuple[Ints64, Ints64]:
    """Flat indices of faces as columns row by row, and where each row begins."""
    faces = np.sort(np.asarray(faces, dtype=np.int64))
    starts = np.searchsorted(faces, np.arange(rows + 1) * columns)
    return faces % columns, np.asarray(starts, dtype=np.int64)


class LocalInertial:
    """Depths and discharges moved by :mod:`app.geo.inertial`.

    ``barred`` are flat indices of faces in ``qx`` and in ``qy`` that a wall stands on.
    """

    def __init__(
        self, z: Floats32, kind: npt.NDArray[np.uint8], rough: Floats32, cell_m: float,
        limits: Limits, *, workers: int = 2, barred: tuple[Ints64, Ints64] | None = None,
    ) -> None:  # fmt: skip
        rows, columns = z.shape
        self.z, self.drains = bed(z, kind)
        self._rough = np.ascontiguousarray(rough, dtype=np.float32)
        self.h = np.zeros((rows, columns), dtype=np.float32)
        self.qx = np.zeros((rows, columns + 1), dtype=np.float32)
        self.qy = np.zeros((rows + 1, columns), dtype=np.float32)
        self._deepest = np.zeros(rows, dtype=np.float32)
        self._cell, self._limits = np.float32(cell_m), limits
        self._theta = np.float32(limits.theta)
        self._froude2 = np.float32(limits.froude_cap**2)
        self.rows = Rows(rows, rows * columns, workers)
        self._starts = self.rows.starts
        self._kept = np.zeros((len(self._starts) + 1, 2, columns), dtype=np.float32)
        self._kept_x = np.zeros((len(self._starts) + 1, columns + 1), dtype=np.float32)
        self._edge = np.zeros_like(self._kept)
        none = np.zeros(0, dtype=np.int64)
        x, y = barred if barred is not None else (none, none)
        self._barred = (*_by_row(x, rows, columns + 1), *_by_row(y, rows, columns))

    def stable_s(self) -> float:
        """The longest step that the deepest water allows."""
        deepest = max(float(self.h.max()) if not self._deepest.any() else float(self._deepest.max()), 1e-4)  # fmt: skip
        wave = self._limits.courant * float(self._cell) / np.sqrt(inertial.GRAVITY * deepest)
        return float(min(wave, self._limits.longest_s))

    def step(self, seconds: float) -> None:
        """Move the water on."""
        dt, dx, run = np.float32(seconds), self._cell, self.rows.run
        inside = self._starts[1:]
        self._kept[1:-1, 0], self._kept[1:-1, 1] = self.qy[inside - 1], self.qy[inside]
        self._kept_x[1:-1] = self.qx[inside - 1]
        run(
            inertial.sweep, self._starts, self.h, self.z, self._rough, self.qx, self.qy,
            self._kept, self._kept_x, self._edge, self._barred, dt, dx, self._theta, self._froude2,
            self._deepest,
        )  # fmt: skip
        for part, row in enumerate(inside.tolist(), 1):
            inertial.join(row, self.h, self.qx, self.qy, self._edge[part], dt, dx, self._deepest)

    def leave(self) -> float:
        """Empty the cells outside; the sum of their depths in metres."""
        return float(inertial.drain(self.h, self.drains))

    def close(self) -> None:
        """Let the threads go."""
        self.rows.close()


class ShallowWater:
    """Depths and momentum moved by :mod:`app.geo.shallow`, second order in space and time."""

    def __init__(
        self, z: Floats32, kind: npt.NDArray[np.uint8], rough: Floats32, cell_m: float,
        limits: Limits, *, workers: int = 2,
    ) -> None:  # fmt: skip
        rows, columns = z.shape
        self.z, self.drains = bed(z, kind)
        self._wall = self.z >= inertial.WALL_M
        self._bed = np.where(self._wall, 0.0, self.z).astype(np.float32)
        self._rough = np.ascontiguousarray(rough, dtype=np.float32)
        shape = (rows, columns)
        self.h, self.hu, self.hv = (np.zeros(shape, dtype=np.float32) for _ in range(3))
        self._h1, self._hu1, self._hv1 = (np.zeros(shape, dtype=np.float32) for _ in range(3))
        self._dh, self._du, self._dv = (np.zeros(shape, dtype=np.float32) for _ in range(3))
        self.qx = np.zeros((rows, columns + 1), dtype=np.float32)
        self.qy = np.zeros((rows + 1, columns), dtype=np.float32)
        self._fastest = np.zeros(rows, dtype=np.float32)
        self._cell, self._limits = np.float32(cell_m), limits
        self.rows = Rows(rows, rows * columns, workers)

    def stable_s(self) -> float:
        """The longest step that keeps every depth positive."""
        self.rows.run(shallow.speeds, self.h, self.hu, self.hv, self._fastest)
        fastest = max(float(self._fastest.max()), 1e-3)
        return float(min(self._limits.courant * float(self._cell) / fastest, self._limits.longest_s))  # fmt: skip

    def step(self, seconds: float) -> None:
        """Move the water on: two stages of Heun's method, friction after each."""
        dt, run = np.float32(seconds), self.rows.run
        one, half = np.float32(1.0), np.float32(0.5)
        self._rates(self.h, self.hu, self.hv)
        run(
            shallow.advance, self.h, self.hu, self.hv, self.h, self.hu, self.hv, self._dh, self._du,
            self._dv, self._rough, self._h1, self._hu1, self._hv1, dt, one,
        )  # fmt: skip
        self._rates(self._h1, self._hu1, self._hv1)
        run(
            shallow.advance, self.h, self.hu, self.hv, self._h1, self._hu1, self._hv1, self._dh,
            self._du, self._dv, self._rough, self.h, self.hu, self.hv, dt, half,
        )  # fmt: skip
        run(shallow.faces, self.hu, self.hv, self.qx, self.qy)

    def leave(self) -> float:
        """Empty the cells outside; the sum of their depths in metres."""
        self.hu.ravel()[self.drains] = 0.0
        self.hv.ravel()[self.drains] = 0.0
        return float(inertial.drain(self.h, self.drains))

    def _rates(self, h: Floats32, hu: Floats32, hv: Floats32) -> None:
        self.rows.run(
            shallow.rates, h, hu, hv, self._bed, self._wall, self._cell, self._dh, self._du,
            self._dv,
        )  # fmt: skip

    def close(self) -> None:
        """Let the threads go."""
        self.rows.close()
