"""Which facilities serve the homes of each community: those that they walk to, and its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.nearby.judge import BEYOND, UNKNOWN, WITHIN, Kind
from app.analysis.nearby.standing import Standing

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Places:
    """The communities that homes belong to, and the households of each.

    ``of`` is the index of each home's community; homes of none are not among ``homes``.
    """

    ids: Shapes
    township: Shapes
    homes: Ints
    of: Ints
    households: Floats
    uncounted: Ints

    def __len__(self) -> int:
        return len(self.ids)

    def sums(self, weights: Floats) -> Floats:
        """A figure of every home, added up by community."""
        sums = np.bincount(self.of, weights=weights[self.homes], minlength=len(self))
        return np.asarray(sums, dtype=np.float64)


def places_of(standing: Standing) -> Places:
    """Communities in the order of their ids."""
    names = standing.homes.community.astype(str)
    homes = np.flatnonzero(names != "")
    ids, first, of = np.unique(names[homes], return_index=True, return_inverse=True)
    counted = standing.homes.households[homes]
    sums = np.bincount(of, weights=np.nan_to_num(counted), minlength=len(ids)).astype(np.float64)
    unknown = np.bincount(of, weights=np.isnan(counted), minlength=len(ids)).astype(np.int64)
    above = standing.township[homes[first]]
    return Places(ids.astype(object), above, homes, of.astype(np.int64), sums, unknown)


@dataclass(frozen=True)
class Serving:
    """Facilities of some kinds by community: pairs of community and facility, each once.

    ``verdict`` is that of each home: whether it reaches any of the kinds. ``goes_to`` is the
    facility that each home walks to, -1 where it reaches none.
    """

    verdict: Ints
    goes_to: Ints
    place: Ints
    facility: Ints


def serving(standing: Standing, places: Places, kinds: tuple[str, ...]) -> Serving:
    """The facilities that homes of each community walk to within the limit, and those inside it."""
    n = len(standing.homes)
    verdict, goes_to = np.full(n, UNKNOWN, np.int64), np.full(n, -1, np.int64)
    asked = [k for k, kind in enumerate(standing.kinds) if kind.asked.row.code in kinds]
    for position, k in enumerate(asked):
        kind = standing.kinds[k]
        own = standing.verdict[kind.asked.row.rule_id]
        # Unknown of one kind leaves open what another one lacks.
        verdict = own.copy() if position == 0 else _either(verdict, own)
        nearest = _nearest(standing, kind)
        goes_to = np.where((goes_to < 0) & (own == WITHIN), nearest, goes_to)
    pairs = [np.column_stack([places.of, goes_to[places.homes]])]
    inside = np.flatnonzero(np.isin(standing.services.kind, kinds))
    at = np.searchsorted(places.ids, standing.services.community[inside])
    at = np.minimum(at, max(len(places) - 1, 0))
    if len(places):
        there = places.ids[at] == standing.services.community[inside]
        pairs.append(np.column_stack([at[there], inside[there]]))
    table = np.unique(np.concatenate(pairs), axis=0)
    table = table[table[:, 1] >= 0]
    return Serving(verdict, goes_to, table[:, 0], table[:, 1])


def _either(one: Ints, other: Ints) -> Ints:
    """Within if either is, beyond only if both are."""
    both = (one == BEYOND) & (other == BEYOND)
    within = (one == WITHIN) | (other == WITHIN)
    return np.where(within, WITHIN, np.where(both, BEYOND, UNKNOWN))


def _nearest(standing: Standing, kind: Kind) -> Ints:
    """The facility that each home was judged by, through the door with the shortest way; -1: none."""
    starts, n = standing.starts, len(standing.homes)
    found = np.full(n, -1, dtype=np.int64)
    if kind.asked.limit_m is None or not kind.is_known:
        return found
    if kind.asked.by_straight or kind.ways is None:
        cost, source = kind.straight_m, kind.straight_of
    else:
        cost, source = kind.ways.cost, kind.ways.source
    order = np.lexsort((cost, starts.home))
    home, first = np.unique(starts.home[order], return_index=True)
    best = source[order][first]
    found[home] = np.where(best >= 0, kind.at[np.maximum(best, 0)], -1)
    return found


def figures(standing: Standing, services: pd.DataFrame, column: str) -> Floats:
    """One column of the facilities in the order of the standing; NaN where nobody measured it."""
    table = services.drop_duplicates("service_id").set_index("service_id")[column]
    values = pd.to_numeric(table, errors="coerce").reindex(standing.services.ids)
    return values.to_numpy(dtype=float, na_value=np.nan)
