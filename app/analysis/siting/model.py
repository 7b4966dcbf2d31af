"""A mixed-integer model, and HiGHS asked for its best answer with its bound."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from highspy._core import _Highs
from scipy.sparse import coo_array, csc_array

from app.analysis.siting.problem import Flags, Floats, Ints, Problem

Part = tuple[Ints, Ints, Floats]


@dataclass(frozen=True)
class Model:
    """Minimise ``cost`` over rows ``low <= matrix x <= high``; ``whole`` columns are 0 or 1."""

    cost: Floats
    upper: Floats
    whole: Flags
    matrix: csc_array
    low: Floats
    high: Floats


def solve(model: Model, start: Floats | None, *, seconds: float) -> tuple[Floats, float, str]:
    """(columns, bound, status); the start is kept where nothing better is found in time."""
    n, rows = len(model.cost), len(model.low)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = n, rows
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, np.zeros(n), model.upper
    lp.row_lower_, lp.row_upper_ = model.low, model.high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = model.matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = model.matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = model.matrix.data.astype(float)
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(flag)] for flag in model.whole]
    # The wrapper's own constructor prints a banner, which would stand before our JSON.
    highs = _Highs()
    highs.setOptionValue("output_flag", False)
    for option, value in (("log_to_console", False), ("time_limit", seconds), ("threads", 1), ("random_seed", 0),
                          ("mip_rel_gap", 0.0), ("mip_abs_gap", 1e-7)):  # fmt: skip
        highs.setOptionValue(option, value)
    highs.passModel(lp)
    if start is not None:
        solution = highspy.HighsSolution()
        solution.col_value = start.tolist()
        highs.setSolution(solution)
    highs.run()
    status = highs.getModelStatus()
    info = highs.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return np.zeros(0), np.inf, "infeasible"
    found = np.array(highs.getSolution().col_value)
    is_best = status == highspy.HighsModelStatus.kOptimal
    return found, float(info.mip_dual_bound), "optimal" if is_best else "time_limit"


def rows_of(parts: list[Part], rows: int, columns: int) -> csc_array:
    row = np.concatenate([part[0] for part in parts])
    column = np.concatenate([part[1] for part in parts])
    value = np.concatenate([part[2] for part in parts])
    return csc_array(coo_array((value, (row, column)), shape=(rows, columns)))


def with_budget(
    problem: Problem, parts: list[Part], low: Floats, high: Floats, row: int
) -> tuple[Floats, Floats]:
    if not np.isfinite(problem.budget):
        return low, high
    c = len(problem.cost)
    parts.append((np.full(c, row), np.arange(c), problem.cost))
    return np.append(low, -np.inf), np.append(high, problem.budget)
