"""Kept rows of a layer brought up to date after an edit, and which of its columns that touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ColumnRevisions:
    """Since which revision of its layer each column has stood, as far as edits here tell.

    Holds for the layer at ``revision`` only. A column that no edit touched stands since ``first``.
    """

    revision: int
    first: int
    since: Mapping[str, int]

    def of(self, column: str) -> int:
        return self.since.get(column, self.first)


def after(
    known: ColumnRevisions | None, before: int, revision: int, columns: Sequence[str]
) -> ColumnRevisions:
    """What is known once an edit took the layer from ``before`` to ``revision`` in these columns."""
    touched = dict.fromkeys(columns, revision)
    if known is None or known.revision != before:
        return ColumnRevisions(revision, before, touched)
    return ColumnRevisions(revision, known.first, {**known.since, **touched})


def with_rows(
    frame: pd.DataFrame, rows: pd.DataFrame, ids: Sequence[str], places: pd.Index[str]
) -> tuple[pd.DataFrame, tuple[str, ...] | None]:
    """The frame with the rows of ``ids`` as they are now, and the columns that this changed.

    ``rows`` holds those of them that still exist, ``places`` the ids of the frame in its order. None
    in place of the columns: rows came or went.
    """
    import pandas as pd

    id_column = places.name
    was = places.get_indexer(pd.Index(ids))
    now = pd.Index(rows[id_column]).get_indexer(pd.Index(ids))
    stays = (was >= 0) & (now >= 0)
    made, columns = _overwritten(frame, rows.iloc[now[stays]], was[stays])
    gone, new = was[(was >= 0) & (now < 0)], rows.iloc[now[(was < 0) & (now >= 0)]]
    if not len(gone) and not len(new):
        return made, columns
    if len(gone):
        made = made.drop(index=made.index[gone])
    if len(new):
        made = pd.concat([made, new[list(made.columns)]])
    return made.reset_index(drop=True), None


def _overwritten(
    frame: pd.DataFrame, rows: pd.DataFrame, at: NDArray[np.intp]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """These rows in place of those at ``at``; only columns that differ are copied."""
    before, made, columns = frame.iloc[at], frame.copy(deep=False), []
    for name in frame.columns:
        new = rows[name].array
        if not before[name].array.equals(new):
            cells = frame[name].array.copy()
            cells[at] = new
            made[name] = cells
            columns.append(str(name))
    return made, tuple(columns)
