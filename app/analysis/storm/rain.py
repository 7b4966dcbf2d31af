"""Rain over time: the Chicago storm of an intensity formula, or a hyetograph of the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.errors import Text, UsageError
from app.rules.storm import RainRow

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Storm:
    """Depth that has fallen by each time; linear between the times and constant after the last."""

    minutes: Floats
    fallen_mm: Floats
    return_period_a: float | None = None
    note: Text | None = None

    @property
    def depth_mm(self) -> float:
        return float(self.fallen_mm[-1])

    @property
    def duration_min(self) -> float:
        return float(self.minutes[-1])

    def fallen_m(self, seconds: float) -> float:
        """Metres of rain since the beginning."""
        return float(np.interp(seconds / 60.0, self.minutes, self.fallen_mm)) / 1000.0


def chicago(
    formula: RainRow, return_period_a: float, duration_min: float, peak_ratio: float,
    *, step_min: float = 1.0,
) -> Storm:  # fmt: skip
    """The Chicago storm (Keifer and Chu 1957): every span about the peak holds the formula's depth.

    The depth of each step is integrated, never sampled: with b = 0 the peak is unbounded.

    Raises
    ------
    UsageError
        The formula has no figures, or the storm has no length.
    """
    if not formula.has_formula:
        raise UsageError(
            Text(f"“{formula.place}”没有可用的暴雨公式", f"{formula.place} has no usable formula"),
            where=formula.rule_id,
            fix=Text("选择有参数的公式，或给出雨量过程", "choose one with figures, or give a hyetograph"),
        )  # fmt: skip
    steps = max(round(duration_min / step_min), 1)
    minutes = np.linspace(0.0, duration_min, steps + 1)
    peak = peak_ratio * duration_min
    whole = _depth_mm(formula, return_period_a, np.array([duration_min]))[0]
    before = np.clip(peak - minutes, 0.0, None) / max(peak_ratio, 1e-9)
    after = np.clip(minutes - peak, 0.0, None) / max(1.0 - peak_ratio, 1e-9)
    fallen = np.where(
        minutes <= peak,
        peak_ratio * (whole - _depth_mm(formula, return_period_a, before)),
        peak_ratio * whole + (1.0 - peak_ratio) * _depth_mm(formula, return_period_a, after),
    )
    return Storm(minutes, fallen, return_period_a, out_of_range(formula, return_period_a))


def _depth_mm(formula: RainRow, return_period_a: float, minutes: Floats) -> Floats:
    """Depth by the formula; 0 at time 0, where the intensity may be unbounded."""
    depth = np.zeros(minutes.shape)
    some = minutes > 0
    depth[some] = formula.depth_mm(return_period_a, minutes[some])
    return depth


def out_of_range(formula: RainRow, return_period_a: float) -> Text | None:
    """超出公式适用范围, where the return period lies outside of the formula's range."""
    if formula.covers(return_period_a):
        return None
    low, high = formula.p_min_a or 0, formula.p_max_a or float("inf")
    return Text(
        f"重现期 {return_period_a:g} 年超出公式适用范围（{low:g}–{high:g} 年），雨量仅供参考",
        f"a return period of {return_period_a:g} years is outside the formula's range "
        f"({low:g} to {high:g} years): take its rain as a guess",
    )


def steady(depth_mm: float, duration_min: float) -> Storm:
    """The same intensity all the time."""
    return Storm(np.array([0.0, duration_min]), np.array([0.0, depth_mm]))


def hyetograph(depths_mm: Sequence[float], step_min: float) -> Storm:
    """Rain as given, one depth for each step.

    Raises
    ------
    UsageError
        No step, or a depth below zero.
    """
    if not len(depths_mm) or min(depths_mm) < 0 or not np.isfinite(depths_mm).all():
        raise UsageError(
            Text("雨量过程为空或含负值", "the hyetograph is empty or has depths below zero"),
            where="hyetograph",
            fix=Text(
                "按时段给出雨量（毫米），用逗号分隔", "give depths in mm by step, with commas"
            ),
        )
    fallen = np.concatenate([[0.0], np.cumsum(np.asarray(depths_mm, dtype=float))])
    minutes: Floats = np.arange(len(fallen), dtype=np.float64) * step_min
    return Storm(minutes, fallen)


def read_hyetograph(text: str, step_min: float) -> Storm:
    """A hyetograph from text such as ``1, 2.5, 8, 3``.

    Raises
    ------
    UsageError
        Not numbers, or below zero.
    """
    try:
        depths = [float(part) for part in text.replace("，", ",").replace(";", ",").split(",")]
    except ValueError:
        depths = []
    return hyetograph(depths, step_min)
