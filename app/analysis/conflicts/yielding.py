"""Who gives way in a conflict: the first rule of the ladder that tells the two sides apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from app.analysis.conflicts.facts import GRAVITY_CLASS, PipeFacts
from app.rules.pipes import YieldingTable

Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Cables bend round an obstacle; pipes and trenches do not.
_CABLES = ("DL", "TX")


def who_yields(pipes: PipeFacts, a: Ints, b: Ints, ladder: YieldingTable) -> tuple[Texts, Texts]:
    """(``a``, ``b`` or empty, id of the deciding rule) for pairs of pipes.

    A rule decides where one side has what yields and the other has what it yields to; a side
    whose attribute is unknown is not told apart by it.
    """
    side = np.full(len(a), "", dtype=object)
    rule_id = np.full(len(a), "", dtype=object)
    for rule in ladder.ladder:
        rank = _RANKS.get(rule.yields_or_item)
        if rank is None:
            continue
        yields = rank(pipes)
        ya, yb = yields[a], yields[b]
        open_ = (side == "") & ~np.isnan(ya) & ~np.isnan(yb) & (ya != yb)
        side[open_] = np.where(ya[open_] > yb[open_], "a", "b")
        rule_id[open_] = rule.rule_id
    return side, rule_id


def _pressure(pipes: PipeFacts) -> Floats:
    kind = pipes.pipe_class
    under_pressure = _is_any(kind, ("JS", "RQ", "RL")).astype(float)
    return np.where(under_pressure + (kind == GRAVITY_CLASS) > 0, under_pressure, np.nan)


def _flexible(pipes: PipeFacts) -> Floats:
    cable = _is_any(pipes.pipe_class, _CABLES) & (pipes.laying == "direct")
    return np.where(pipes.pipe_class == "", np.nan, cable.astype(float))


def _branch(pipes: PipeFacts) -> Floats:
    service = _is_any(pipes.role, ("branch", "service"))
    return np.where(service | (pipes.role == "trunk"), service.astype(float), np.nan)


def _is_any(values: Texts, names: tuple[str, ...]) -> Flags:
    found = np.zeros(len(values), dtype=bool)
    for name in names:
        found |= values == name
    return found


def _small(pipes: PipeFacts) -> Floats:
    return np.where(pipes.size_known, -pipes.radius_m, np.nan)


def _temporary(pipes: PipeFacts) -> Floats:
    return pipes.temporary.astype(float)


def _planned(pipes: PipeFacts) -> Floats:
    planned = pipes.status == "planned"
    return np.where(planned | (pipes.status == "existing"), planned.astype(float), np.nan)


_RANKS: Mapping[str, Callable[[PipeFacts], Floats]] = {
    "pressure_pipe": _pressure,
    "flexible_pipe": _flexible,
    "branch": _branch,
    "small_diameter": _small,
    "temporary": _temporary,
    "new_or_planned": _planned,
}
