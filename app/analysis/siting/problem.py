"""A location problem as numbers, and its answer with how far from the best it may be."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Problem:
    """Demand, candidates and the distances between them; infinite where no way leads.

    ``served`` is demand that existing facilities serve already; ``existing_m`` how far the nearest
    of them is. ``capacity`` infinite: not limited. ``cost`` and ``budget`` in one unit.
    """

    weight: Floats
    distance: Floats
    limit: float
    sites: int
    served: Flags
    existing_m: Floats
    capacity: Floats
    cost: Floats
    budget: float = np.inf

    @property
    def covers(self) -> Flags:
        """Which candidate would serve which demand that is not served yet."""
        near = self.distance <= self.limit
        near[self.served] = False
        return near


@dataclass(frozen=True)
class Plan:
    """Chosen candidates. ``bound`` is what no plan can beat; ``gap`` how far off this one may be.

    ``assigned`` is the share of each demand that is served, ``loads`` the weight that each chosen
    candidate serves, where that was decided.
    """

    chosen: Ints
    value: float
    bound: float
    status: str
    assigned: Floats = field(default_factory=lambda: np.zeros(0))
    loads: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def gap(self) -> float:
        if self.value == self.bound:
            return 0.0
        return abs(self.bound - self.value) / max(abs(self.value), 1e-9)
