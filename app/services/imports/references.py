"""Names where the plan keeps ids: a community, township or owner found by what people call it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.errors import Text
from app.schema import LAYERS, Column, Layer
from app.services.imports.mapping import Mapped
from app.services.imports.names import aliases_of, place_names
from app.services.imports.report import Faults
from app.store import PlanStore

_NAMESPACE = uuid.UUID("5f1d3f0e-6a3c-5d0e-9b43-6f6b0a4f7c11")


@dataclass
class NewOrganisations:
    """Owners that the delivery names and the plan does not know yet."""

    names: dict[str, str] = field(default_factory=dict)

    def id_of(self, name: str) -> str:
        """The same name has the same id in every import."""
        return self.names.setdefault(name, f"org-{uuid.uuid5(_NAMESPACE, name).hex[:12]}")

    def frame(self) -> pd.DataFrame | None:
        if not self.names:
            return None
        return pd.DataFrame(
            {"organisation_id": list(self.names.values()), "name": list(self.names)}, dtype="str"
        )


def resolve(
    store: PlanStore,
    layer: Layer,
    frame: pd.DataFrame,
    numbers: NDArray[np.int64],
    faults: Faults,
    organisations: NewOrganisations,
    mapped: Mapped,
) -> None:
    """Replace names by ids in every column of the frame that refers to a layer, in place."""
    for column in layer.columns:
        if not column.references or column.name not in frame or column.name == "dataset_id":
            continue
        known = _known(store, LAYERS[column.references])
        given = frame[column.name]
        found: dict[str, str | None] = {}
        for text in given.dropna().unique():
            found[text] = _id_of(str(text), known, column, organisations)
        resolved = given.map(found)
        lost = (given.notna() & resolved.isna()).to_numpy()
        frame[column.name] = pd.array(
            resolved.astype(object).where(resolved.notna(), None).to_numpy(), dtype="str"
        )
        _say_lost(column, mapped, given, lost, numbers, faults)


def _id_of(
    text: str, known: dict[str, set[str]], column: Column, organisations: NewOrganisations
) -> str | None:
    for spelled in (text, *place_names(text)):
        ids = known.get(spelled, set())
        if len(ids) == 1:
            return next(iter(ids))
    return organisations.id_of(text) if column.references == "organisation" else None


def _known(store: PlanStore, layer: Layer) -> dict[str, set[str]]:
    """Ids by id, name and alias."""
    extra = [name for name in ("name", "aliases") if layer.has_column(name)]
    rows = store.read(layer.name, columns=extra)
    found: dict[str, set[str]] = defaultdict(set)
    ids: list[Any] = rows[layer.id_column].tolist()
    for row_id in ids:
        found[str(row_id)].add(str(row_id))
    for name in extra:
        for row_id, value in zip(ids, rows[name], strict=True):
            for text in aliases_of(value):
                for spelled in place_names(text):
                    found[spelled].add(str(row_id))
    return found


def _say_lost(
    column: Column,
    mapped: Mapped,
    given: pd.Series[Any],
    lost: NDArray[np.bool_],
    numbers: NDArray[np.int64],
    faults: Faults,
) -> None:
    target = LAYERS[column.references]
    faults.rows(
        "no_such_reference", "warning", numbers[lost].tolist(),
        [Text(f"规划中没有名为“{v}”的{target.label.zh}，该字段按未知处理",
              f"the plan has no {target.name} called “{v}”; taken as unknown")
         for v in given[lost]],
        Text(f"先导入{target.label.zh}，或改正名称", f"import the {target.name} first, or correct it"),
        column=mapped.header_of(column.name) or column.name, rejected=False,
    )  # fmt: skip
