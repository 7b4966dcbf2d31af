"""Pipes that two deliveries draw twice: probably one pipe in the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.analysis.conflicts.facts import PipeFacts
from app.analysis.conflicts.near import NearLines, length_within, places
from app.analysis.conflicts.rows import Rows
from app.analysis.conflicts.verdict import POSSIBLE, VERDICTS

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CHECK, REASON = "duplicate", "duplicate"
# Two deliveries of one pipe differ by their rounding and their control points, not by a trench.
SAME_PLACE_M = 0.15
_SHARE = 0.9


@dataclass(frozen=True)
class Duplicates:
    """Pairs of pipes that are probably one: where, and metres that lie on each other."""

    a: Ints
    b: Ints
    length_m: Floats
    axis_m: Floats
    x: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.a)


def duplicate_pairs(near: NearLines, pipes: PipeFacts) -> Flags:
    """Which near pairs are one pipe of two owners or two datasets.

    Same class, no stated size that differs, and nine tenths of the shorter lie on the longer.
    """
    found = np.zeros(len(near), dtype=bool)
    at = np.flatnonzero((near.b < len(pipes)) & (near.least_axis() <= SAME_PLACE_M))
    a, b = near.a[at], near.b[at]
    same = (pipes.class_code[a] == pipes.class_code[b]) & (pipes.class_code[a] >= 0)
    same &= _differs(pipes.owner_code, a, b) | _differs(pipes.dataset_code, a, b)
    same &= ~(np.abs(pipes.nominal_mm[a] - pipes.nominal_mm[b]) > 0)
    at = at[same]
    found[at] = True
    covered = length_within(near.only(found), np.full(len(at), SAME_PLACE_M))
    shorter = np.minimum(pipes.length_m[near.a[at]], pipes.length_m[near.b[at]])
    found[at] = (covered >= _SHARE * shorter) & (shorter > 0)
    return found


def _differs(values: Ints, a: Ints, b: Ints) -> Flags:
    differs: Flags = (values[a] >= 0) & (values[b] >= 0) & (values[a] != values[b])
    return differs


def duplicates_of(near: NearLines) -> Duplicates:
    """The pairs of ``near`` with their place and the length on which they coincide."""
    length = length_within(near, np.full(len(near), SAME_PLACE_M))
    return Duplicates(near.a, near.b, length, near.least_axis(), *places(near))


def duplicate_rows(found: Duplicates, pipes: PipeFacts) -> Rows:
    """Rows of layer conflict that name both deliveries; no distance is asked of one pipe."""
    n = len(found)
    nothing, blank = np.full(n, np.nan), np.full(n, "", dtype=object)
    return Rows(
        check=np.full(n, CHECK, dtype=object), a=found.a, b=found.b,
        verdict=np.full(n, VERDICTS.index(POSSIBLE), dtype=np.int8),
        reason=np.full(n, REASON, dtype=object), missing=blank, gap_m=np.round(found.axis_m, 4),
        required_m=nothing, deficit_m=nothing, rule_id=blank, other_rule_id=blank,
        other_required_m=nothing, x=np.round(found.x, 3), y=np.round(found.y, 3),
        length_short_m=np.round(found.length_m, 2), surface=blank,
        b_layer=np.full(n, "pipe", dtype=object), b_id=pipes.ids[found.b],
        b_owner_id=pipes.owner[found.b],
    )  # fmt: skip
