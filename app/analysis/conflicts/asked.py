"""What the tables ask of pairs: street and courtyard standard side by side, one of them binding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from app.analysis.conflicts.verdict import Asked, stricter
from app.rules.clearance import (
    COMMUNITY,
    NATIONAL,
    HorizontalTable,
    PairFacts,
    Required,
    VerticalTable,
)

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

_CONDITION_FIELD = {
    "nominal_mm": "nominal_mm",
    "voltage_kv": "voltage_kv",
    "electrified": "electrified",
    "": "",
}


def horizontal_asked(
    table: HorizontalTable, kinds_a: Texts, kinds_b: Texts, kind_missing: Texts,
    facts: PairFacts, inside: Flags, binding: str,
) -> Asked:  # fmt: skip
    """The binding clear distance in plan of each pair; ``inside``: both lie in a community."""
    streets, courtyards = (
        _horizontal(
            table, table.required(kinds_a, kinds_b, standard=name, facts=facts), kind_missing
        )
        for name in (NATIONAL, COMMUNITY)
    )
    return stricter(streets, courtyards, inside, binding)


def _horizontal(table: HorizontalTable, found: Required, kind_missing: Texts) -> Asked:
    ids = np.array([*(row.rule_id for row in table.rows), ""], dtype=object)
    condition = np.array([_CONDITION_FIELD[name] for name in found.missing], dtype=object)
    n = len(found.rule)
    return Asked(
        low_m=found.min_m,
        high_m=found.max_m,
        rule_id=ids[found.rule],
        other_rule_id=np.full(n, "", dtype=object),
        other_m=np.full(n, np.nan),
        missing=np.where(kind_missing != "", kind_missing, condition).astype(object),
        none=found.none,
    )


def vertical_asked(
    table: VerticalTable, kinds_a: Texts, kinds_b: Texts, kind_missing: Texts,
    inside: Flags, binding: str,
) -> Asked:  # fmt: skip
    """The binding clear distance in height of each crossing pair."""
    ids = np.array([*(row.rule_id for row in table.rows), ""], dtype=object)
    n = len(kinds_a)
    both = []
    for name in (NATIONAL, COMMUNITY):
        metres, _, rule = table.required(kinds_a, kinds_b, standard=name)
        both.append(
            Asked(metres, metres, ids[rule], np.full(n, "", dtype=object), np.full(n, np.nan),
                  kind_missing, np.zeros(n, dtype=bool))
        )  # fmt: skip
    return stricter(both[0], both[1], inside, binding)


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
