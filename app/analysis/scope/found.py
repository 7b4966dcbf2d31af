"""What a rule found of its targets: verdict, quantity, words, what is missing, evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.errors import Text

Names = npt.NDArray[np.object_]
Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NO, UNKNOWN, YES = 0, 1, 2
VERDICTS = np.array(["no", "unknown", "yes"], dtype=object)
SHOWN_ROWS = 20
"""So many rows stand as evidence; a reason counts all of them."""


@dataclass
class Found:
    """One value a target, filled while a rule is judged. ``evidence`` holds lists of facts."""

    layer: str
    ids: Names
    community_ids: Names
    shapes: Names
    verdict: Codes
    quantity: Floats
    zh: Names
    en: Names
    missing: Names
    evidence: Names

    @classmethod
    def nothing(
        cls, layer: str, ids: Names, community_ids: Names, shapes: Names, says: Text
    ) -> Found:
        """A no for every target, in these words, until something is found."""
        n = len(ids)
        empty = np.empty(n, dtype=object)
        empty.fill(())
        return cls(
            layer, ids, community_ids, shapes, np.full(n, NO, np.int64), np.full(n, np.nan),
            np.full(n, says.zh, dtype=object), np.full(n, says.en, dtype=object),
            np.full(n, "", dtype=object), empty,
        )  # fmt: skip

    def put(self, where: Mask, verdict: int, zh: Any, en: Any, *, missing: str = "") -> None:
        """Replace what is said where the mask holds; texts may be one or one a target."""
        self.verdict[where] = verdict
        self.zh[where] = zh[where] if isinstance(zh, np.ndarray) else zh
        self.en[where] = en[where] if isinstance(en, np.ndarray) else en
        self.missing[where] = missing

    def prove(self, positions: Codes, layer: str, ids: Names, column: str, values: Names) -> None:
        """Add rows of a layer as evidence of the targets at these positions."""
        if not len(positions):
            return
        order = np.lexsort((pd.factorize(ids, sort=True)[0], positions))
        listed: dict[int, list[dict[str, object]]] = {}
        for at, name, value in zip(
            positions[order].tolist(), ids[order], values[order], strict=True
        ):
            facts = listed.setdefault(at, [])
            if len(facts) < SHOWN_ROWS:
                facts.append({"layer": layer, "id": str(name), "column": column, "value": value})
        for at, facts in listed.items():
            self.evidence[at] = [*self.evidence[at], *facts]


def words(template: str, *columns: npt.NDArray[Any]) -> Names:
    """The template filled for each target."""
    if len(columns) == 1:  # few figures stand for many targets: each is written once
        at, values = pd.factorize(columns[0], use_na_sentinel=False)
        told = np.array([template.format(value) for value in values], dtype=object)
        return told[at] if len(told) else told
    cells = zip(*columns, strict=True)
    return np.array([template.format(*cell) for cell in cells], dtype=object)
