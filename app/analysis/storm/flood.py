"""One storm over one ground: rain, infiltration, flow, drains, and where every drop went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.analysis.storm.ground import Ground
from app.analysis.storm.rain import Storm
from app.errors import Text
from app.geo import inertial
from app.geo.solvers import Limits, LocalInertial, Rows, ShallowWater, Solver
from app.rules.storm import StormTermTable, SurfaceTable
from app.schema.analysis import Progress, no_progress

Floats32 = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
RECORD, FULL = "record", "full"
_PORTION_S = 2.0  # rain is added in portions: a step's own would be lost in float32
_WATCH_S = 5.0


class Drains(Protocol):
    """What lies below: takes water at cells and gives some back."""

    cells: npt.NDArray[np.int64]

    def exchange(self, depth_m: Floats, seconds: float) -> Floats:
        """Cubic metres that go down at each cell in this time; negative where they come up."""

    @property
    def stored_m3(self) -> float: ...


@dataclass(frozen=True)
class Balance:
    """Where the rain of a run went, in cubic metres; ``error`` is what is missing."""

    rain_m3: float
    infiltrated_m3: float
    drained_m3: float
    left_m3: float
    stored_m3: float

    @property
    def error_m3(self) -> float:
        return self.rain_m3 - self.infiltrated_m3 - self.drained_m3 - self.left_m3 - self.stored_m3

    @property
    def error_share(self) -> float:
        return abs(self.error_m3) / self.rain_m3 if self.rain_m3 else abs(self.error_m3)

    def told(self) -> Text:
        """The balance in one line."""
        parts = (self.rain_m3, self.infiltrated_m3, self.stored_m3, self.drained_m3, self.left_m3)
        zh = "降雨 {:,.1f} m³ = 下渗与洼蓄 {:,.1f} + 积存 {:,.1f} + 入管网与调蓄池 {:,.1f} + 流出 {:,.1f}"
        en = "rain {:,.1f} m³ = infiltrated {:,.1f} + standing {:,.1f} + into drains and tanks {:,.1f} + left {:,.1f}"
        return Text(
            f"水量平衡：{zh.format(*parts)}，误差 {self.error_share:.1e}",
            f"water balance: {en.format(*parts)}, error {self.error_share:.1e}",
        )


@dataclass(frozen=True)
class Flood:
    """What a run found on each cell, and its water balance.

    ``swift``: faster than ``froude_range`` of a shallow wave when it flowed most.
    """

    depth: Floats32
    speed: Floats32
    strength: Floats32
    wet_s: Floats32
    last: Floats32
    frames: tuple[tuple[float, Floats32], ...]
    balance: Balance
    steps: int
    seconds: float
    swift: npt.NDArray[np.bool_]


@dataclass
class _Account:
    rain: float = 0.0
    soaked: float = 0.0
    drained: float = 0.0
    left: float = 0.0
    steps: int = 0
    frames: list[tuple[float, Floats32]] = field(default_factory=list)


def limits_of(terms: StormTermTable, mode: str) -> Limits:
    """The limits of a mode from the table."""
    courant = terms.term("courant_full" if mode == FULL else "courant")
    return Limits(courant, terms.term("longest_step_s"), terms.term("theta"), terms.term("froude_cap"))  # fmt: skip


def make_solver(ground: Ground, mode: str, limits: Limits, workers: int = 2) -> Solver:
    """The solver of a mode on a ground."""
    if mode == FULL:
        return ShallowWater(ground.z, ground.kind, ground.rough, ground.frame.cell_m, limits, workers=workers)  # fmt: skip
    return LocalInertial(ground.z, ground.kind, ground.rough, ground.frame.cell_m, limits, workers=workers)  # fmt: skip


def soaked_m(surfaces: SurfaceTable, seconds: float, fallen_m: float) -> Floats:
    """What each cover can have taken by a time: its storage first, and Horton's curve."""
    hours = seconds / 3600.0
    rows = list(surfaces)
    f0, fc = np.array([r.f0_mm_h for r in rows]), np.array([r.fc_mm_h for r in rows])
    k = np.array([r.k_per_h for r in rows])
    decay = np.divide(1.0 - np.exp(-k * hours), k, out=np.zeros(len(rows)), where=k > 0)
    storage = np.minimum([r.storage_mm for r in rows], fallen_m * 1000.0)
    return np.asarray((fc * hours + (f0 - fc) * decay + storage) / 1000.0)


def run_storm(
    ground: Ground, storm: Storm, surfaces: SurfaceTable, terms: StormTermTable, *,
    mode: str = RECORD, after_min: float = 0.0, drains: Drains | None = None,
    frames: int = 0, progress: Progress = no_progress, workers: int = 2,
    soaks: Callable[[SurfaceTable, float, float], Floats] = soaked_m,
) -> Flood:  # fmt: skip
    """Rain a storm on the ground and follow the water until ``after_min`` after its end."""
    solver = make_solver(ground, mode, limits_of(terms, mode), workers)
    try:
        return _followed(solver, ground, storm, surfaces, terms, soaks, after_min, drains, frames, progress)  # fmt: skip
    finally:
        solver.close()


def _followed(
    solver: Solver, ground: Ground, storm: Storm, surfaces: SurfaceTable, terms: StormTermTable,
    soaks: Callable[[SurfaceTable, float, float], Floats], after_min: float, drains: Drains | None,
    frames: int, progress: Progress,
) -> Flood:  # fmt: skip
    area = ground.frame.area_m2
    end = (storm.duration_min + after_min) * 60.0
    account, seen = _Account(), _Seen(ground, terms, solver.rows)
    exchange_s = terms.term("exchange_s")
    now = rained = watched = exchanged = 0.0
    every = end / frames if frames else float("inf")
    next_frame = every
    while now < end - 1e-6:
        stop = min(now + solver.stable_s(), end, next_frame)
        if drains is not None:
            stop = min(stop, exchanged + exchange_s)
        solver.step(stop - now)
        now = stop
        account.steps += 1
        account.left += solver.leave() * area
        if now - rained >= _PORTION_S or now >= end - 1e-6:
            _rain(solver.h, ground, storm, surfaces, soaks, rained, now, seen, account)
            rained = now
        if drains is not None and now - exchanged >= exchange_s - 1e-6:
            account.drained += _exchanged(solver.h, drains, now - exchanged, area)
            exchanged = now
        if now - watched >= _WATCH_S or now >= end - 1e-6:
            seen.look(solver, now - watched)
            watched = now
            progress(min(now / end, 1.0), Text(f"计算到第 {now / 60:.0f} 分钟", f"minute {now / 60:.0f} of the storm"))  # fmt: skip
        if now >= next_frame - 1e-6:
            account.frames.append((now / 60.0, solver.h.copy()))
            next_frame += every
    stored = float(inertial.total_depth(solver.h)) * area
    balance = Balance(account.rain, account.soaked, account.drained, account.left, stored)
    return Flood(
        seen.deepest, seen.fastest, seen.strongest, seen.wet_s, solver.h.copy(),
        tuple(account.frames), balance, account.steps, end, seen.swift,
    )  # fmt: skip


class _Seen:
    """Greatest values of each cell so far."""

    def __init__(self, ground: Ground, terms: StormTermTable, rows: Rows) -> None:
        shape = ground.z.shape
        self.deepest, self.fastest, self.strongest, self.wet_s = (
            np.zeros(shape, dtype=np.float32) for _ in range(4)
        )
        self.swift = np.zeros(shape, dtype=np.bool_)
        self.wetted, self.soaked = np.zeros(shape[0]), np.zeros(shape[0])
        self._shown = np.float32(terms.term("shown_m"))
        self._wet = np.float32(terms.term("wet_m"))
        self._froude2 = np.float32(terms.term("froude_range") ** 2)
        self.rows = rows

    def look(self, solver: Solver, seconds: float) -> None:
        self.rows.run(
            inertial.watch, solver.h, solver.qx, solver.qy, self.deepest, self.fastest,
            self.strongest, self.swift, self.wet_s, np.float32(seconds), self._shown, self._wet,
            self._froude2,
        )  # fmt: skip


def _rain(
    h: Floats32, ground: Ground, storm: Storm, surfaces: SurfaceTable,
    soaks: Callable[[SurfaceTable, float, float], Floats], before: float, now: float,
    seen: _Seen, account: _Account,
) -> None:  # fmt: skip
    fallen = storm.fallen_m(now) - storm.fallen_m(before)
    taken = soaks(surfaces, now, storm.fallen_m(now)) - soaks(surfaces, before, storm.fallen_m(before))  # fmt: skip
    seen.rows.run(
        inertial.rain, h, ground.catch, ground.soil, np.float32(fallen),
        taken.astype(np.float32), seen.wetted, seen.soaked,
    )  # fmt: skip
    account.rain += float(seen.wetted.sum()) * ground.frame.area_m2
    account.soaked += float(seen.soaked.sum()) * ground.frame.area_m2


def _exchanged(h: Floats32, drains: Drains, seconds: float, area_m2: float) -> float:
    """Cubic metres taken by the drains, never more than a cell holds."""
    flat = h.ravel()
    before = flat[drains.cells].astype(np.float64)
    wanted = drains.exchange(before, seconds) / area_m2
    flat[drains.cells] = np.maximum(before - wanted, 0.0).astype(np.float32)
    return float((before - flat[drains.cells].astype(np.float64)).sum()) * area_m2
