"""What the tables ask of pairs: street and courtyard standard side by side, one of them binding."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.conflicts.verdict import Asked, distinct_pairs, stricter
from app.rules.clearance import (
    COMMUNITY,
    NATIONAL,
    HorizontalTable,
    PairFacts,
    Required,
    VerticalTable,
)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Askers:
    """The sides that the tables tell apart: ``which`` is that of each pipe or obstacle.

    ``missing`` names what would tell the kind. ``nominal_mm`` and ``voltage_kv`` are those of one
    of them: on the others no row of the table decides differently.
    """

    which: Ints
    kind: Texts
    missing: Texts
    nominal_mm: Floats
    voltage_kv: Floats

    def __len__(self) -> int:
        return len(self.kind)

    def missing_of(self, a: Ints, b: Ints) -> Texts:
        """The field without which the kind of the first side is not known, else of the second."""
        return np.where(self.missing[a] != "", self.missing[a], self.missing[b]).astype(object)


def askers(
    table: HorizontalTable | VerticalTable, kind: Texts, missing: Texts,
    nominal_mm: Floats, voltage_kv: Floats,
) -> Askers:  # fmt: skip
    """The different sides, by kind and by where their sizes stand among the table's figures."""
    columns = [pd.factorize(kind)[0], pd.factorize(missing)[0]]
    if isinstance(table, HorizontalTable):
        columns += [
            _rank(nominal_mm, table.thresholds("nominal_mm")),
            _rank(voltage_kv, table.thresholds("voltage_kv")),
        ]
    key = np.zeros(len(kind), dtype=np.int64)
    for column in columns:
        key = key * (int(column.max(initial=0)) + 1) + column
    which, found = pd.factorize(key)
    first = np.zeros(len(found), dtype=np.int64)
    first[which[::-1]] = np.arange(len(key))[::-1]
    return Askers(
        which.astype(np.int64), kind[first], missing[first], nominal_mm[first], voltage_kv[first]
    )


def _rank(value: Floats, limits: Floats) -> Ints:
    """Where a value stands among the limits: 0 unknown, odd below or between, even on one."""
    below = np.searchsorted(limits, value, side="left")
    rank = 1 + below + np.searchsorted(limits, value, side="right")
    return np.where(np.isnan(value), 0, rank)


def horizontal_asked(
    table: HorizontalTable, of: Askers, a: Ints, b: Ints, inside: Flags, binding: str
) -> Asked:
    """The binding clear distance in plan of each pair; ``inside``: both lie in a community."""
    which, one, two, courtyard = distinct_pairs(of.which[a], of.which[b], inside, len(of))
    facts = PairFacts(
        of.nominal_mm[one], of.nominal_mm[two], of.voltage_kv[one], of.voltage_kv[two]
    )
    kind_missing = of.missing_of(one, two)
    streets, courtyards = (
        _horizontal(
            table,
            table.required(of.kind[one], of.kind[two], standard=name, facts=facts),
            kind_missing,
        )
        for name in (NATIONAL, COMMUNITY)
    )
    return replace(stricter(streets, courtyards, courtyard, binding), which=which)


def _horizontal(table: HorizontalTable, found: Required, kind_missing: Texts) -> Asked:
    ids = np.array([*(row.rule_id for row in table.rows), ""], dtype=object)
    missing = np.where(kind_missing != "", kind_missing, found.missing).astype(object)
    return Asked.each(found.min_m, found.max_m, ids[found.rule], missing, found.none)


def vertical_asked(
    table: VerticalTable, of: Askers, a: Ints, b: Ints, inside: Flags, binding: str
) -> Asked:
    """The binding clear distance in height of each crossing pair."""
    which, one, two, courtyard = distinct_pairs(of.which[a], of.which[b], inside, len(of))
    ids = np.array([*(row.rule_id for row in table.rows), ""], dtype=object)
    kind_missing = of.missing_of(one, two)
    nothing = np.zeros(len(one), dtype=bool)
    both = []
    for name in (NATIONAL, COMMUNITY):
        metres, _, rule = table.required(of.kind[one], of.kind[two], standard=name)
        both.append(Asked.each(metres, metres, ids[rule], kind_missing, nothing))
    return replace(stricter(both[0], both[1], courtyard, binding), which=which)


def search_limits(table: HorizontalTable, kinds: Texts, obstacles: Texts) -> Floats:
    """The farthest that any standard asks of two kinds, whatever their conditions.

    ``kinds`` are those of pipes ('' for unknown: the largest figure of the table), ``obstacles``
    those of what is not a pipe; two obstacles never pair. Pairs without a requirement get 0, so
    that their crossings are still found.
    """
    names = np.concatenate([kinds, obstacles])
    n = len(names)
    a, b = np.meshgrid(names, names, indexing="ij")
    limit = np.zeros((n, n))
    for standard in (NATIONAL, COMMUNITY):
        asked = table.required(a.ravel().tolist(), b.ravel().tolist(), standard=standard)
        limit = np.fmax(limit, np.nan_to_num(asked.max_m).reshape(n, n))
    unknown = (a == "") | (b == "")
    limit = np.where(unknown, table.reach_m, limit)
    limit[len(kinds) :, len(kinds) :] = -1.0
    return limit
