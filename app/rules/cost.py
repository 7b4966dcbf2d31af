"""How the cost of a scope item is made up."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd


def item_cost_fen(items: pd.DataFrame) -> pd.Series[float]:
    """Works rounded half up to the fen, plus other fees and contingency; NaN where one is unknown."""
    works = items["quantity"].astype("float64") * items["unit_cost_fen"].astype("float64")
    rounded = pd.Series(np.floor(works + 0.5), index=items.index)
    # A product of floats next to the half is decided on the decimal figures that people wrote.
    for row in np.flatnonzero(np.abs(works - np.floor(works) - 0.5) < 1e-3).tolist():
        exact = Decimal(str(items["quantity"].iloc[row])) * int(items["unit_cost_fen"].iloc[row])
        rounded.iloc[int(row)] = float(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    fees = items["other_fees_fen"].astype("float64") + items["contingency_fen"].astype("float64")
    return rounded + fees
