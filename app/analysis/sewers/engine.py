"""What an analysis asks of the engine that moves water through the drains.

The engine itself runs in a process of its own and is handed in with the inputs, so that analyses
open no files and start no processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Advanced:
    """The drains at a time: head of each exchanged node, and what came up since the last time."""

    now_s: float
    heads_m: Floats
    rising_m3: Floats


@dataclass(frozen=True)
class Totals:
    """Where the water of a run of the drains went, as the engine counts it.

    Depths are means over the subcatchments. ``continuity`` is the engine's own error of routing
    and ``runoff_continuity`` that of the subcatchments, as shares.
    """

    inflow_m3: float
    outflow_m3: float
    flooded_m3: float
    stored_m3: float
    continuity: float
    runoff_continuity: float = 0.0
    rain_mm: float = 0.0
    soaked_mm: float = 0.0
    held_mm: float = 0.0


@dataclass(frozen=True)
class Answer:
    """What a run found, in the order of the names that were asked for.

    ``link_full_min``: both ends under pressure; ``link_over_min``: more flow than a full pipe
    carries by its own slope.
    """

    seconds: float
    node_depth_m: Floats
    node_flood_m3: Floats
    node_flood_min: Floats
    link_flow_m3_s: Floats
    link_velocity_m_s: Floats
    link_depth_m: Floats
    link_full_min: Floats
    link_over_min: Floats
    totals: Totals


class Session(Protocol):
    """One model that is open. ``send`` starts a stretch of time, ``receive`` waits for its end."""

    def send(self, until_s: float, inflow_m3_s: Floats) -> None: ...

    def receive(self) -> Advanced: ...

    def end(self) -> Answer: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Engine(Protocol):
    """Opens models."""

    def open(
        self,
        text: str,
        *,
        nodes: Sequence[str],
        links: Sequence[str],
        exchanged: Sequence[str] = (),
    ) -> Session: ...
