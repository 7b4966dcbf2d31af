"""Run an analysis in this process and measure what it took."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any

from app.schema.analysis import Analysis, Inputs, Outcome, Progress


@dataclass(frozen=True)
class Measured:
    """An outcome with the seconds and the highest memory of the process while it ran."""

    outcome: Outcome
    seconds: float
    peak_mb: float


def run_in_process(analysis: Analysis, inputs: Inputs, params: Any, progress: Progress) -> Measured:
    """The outcome of the analysis; errors pass through."""
    began = time.perf_counter()
    outcome = analysis.run(inputs, params, progress)
    return Measured(outcome, time.perf_counter() - began, peak_memory_mb())


def peak_memory_mb() -> float:
    """The highest resident memory of this process so far; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0.0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in kB, macOS in bytes.
    return peak / 1024 if sys.platform != "darwin" else peak / 1024**2
