"""Rows of layer ``finding``: what a check found, with its clause."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.rules.scope import CheckRow
from app.schema.result_layers import FINDING

FAIL, UNKNOWN = "fail", "unknown"
Mask = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]
_NONE = {
    "target_layer": None, "target_id": None, "community_id": None, "verdict": FAIL, "reason": "",
    "reason_en": "", "missing": None, "value": np.nan, "required": np.nan, "unit": None,
    "evidence": None, "geometry": None,
}  # fmt: skip


@dataclass
class Sheet:
    """Findings of one check; what passes is only counted."""

    rule: CheckRow
    parts: list[pd.DataFrame] = field(default_factory=list)
    passed: int = 0

    def add(self, layer: str, rows: pd.DataFrame, **said: Any) -> None:
        """Findings for these rows of a layer; texts may be one or one a row.

        ``rows`` has the layer's id; its community and geometry are taken where it has them.
        """
        if not len(rows):
            return
        n = len(rows)
        held: dict[str, Any] = {
            "target_layer": layer,
            "target_id": rows[f"{layer}_id"].astype(object).to_numpy(),
        }
        for name in ("community_id", "geometry"):
            if name in rows:
                held[name] = rows[name].astype(object).to_numpy()
        cells = {**_NONE, **held, **said}
        if cells["evidence"] is None:
            cells["evidence"] = [
                [{"layer": layer, "id": str(name), "column": f"{layer}_id", "value": str(name)}]
                for name in held["target_id"]
            ]
        self.parts.append(pd.DataFrame(cells, index=range(n)))

    def frame(self) -> pd.DataFrame:
        """Rows of the layer, without geometry's CRS."""
        names = list(FINDING.column_names)
        if not self.parts:
            return pd.DataFrame(columns=[*names, "geometry"])
        rows = pd.concat([part.astype(object) for part in self.parts], ignore_index=True)
        rows["check_id"], rows["rule_id"] = self.rule.check, self.rule.rule_id
        rows["clause"] = f"{self.rule.standard} {self.rule.clause}".strip() or None
        key = rows["target_layer"].astype(str) + "/" + rows["target_id"].astype(str)
        rows["finding_id"] = f"{self.rule.rule_id}/" + key
        again = rows.groupby("finding_id").cumcount()
        rows["finding_id"] = rows["finding_id"].where(
            again == 0, rows["finding_id"] + "/" + again.astype(str)
        )
        chosen: pd.DataFrame = rows[[*names, *([] if "geometry" in names else ["geometry"])]]
        return chosen


@dataclass(frozen=True)
class Records:
    """The frames of a plan with what several checks look up."""

    frames: Mapping[str, pd.DataFrame]
    rules: Mapping[str, Any]
    programme: str
    as_of: pd.Timestamp | None

    def rows(self, layer: str) -> pd.DataFrame:
        return self.frames[layer]

    def has(self, layer: str) -> bool:
        """Whether the analysis that gives this layer was run."""
        return layer in self.frames

    @property
    def items(self) -> pd.DataFrame:
        """Items that are not rejected."""
        rows = self.frames["community_item"]
        kept = rows[rows["decision"].ne("rejected").fillna(True)]
        return kept[kept["programme_id"] == self.programme] if self.programme else kept

    @property
    def members(self) -> pd.DataFrame:
        """Communities of the programme that have not withdrawn."""
        rows = self.frames["programme_member"]
        kept = rows[
            (rows["target_layer"] == "community") & rows["state"].ne("withdrawn").fillna(True)
        ]
        if self.programme:
            kept = kept[kept["programme_id"] == self.programme]
        return kept.assign(community_id=kept["target_id"])


def number(values: pd.Series) -> npt.NDArray[np.float64]:
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def dates(values: pd.Series) -> pd.Series:
    moments: pd.Series = pd.to_datetime(values, errors="coerce")
    return moments


def yuan(fen: npt.NDArray[Any]) -> Words:
    """Amounts in words of 万元."""
    return np.array([f"{value / 1e6:,.2f}" for value in fen], dtype=object)


def said(template: str, *columns: Any) -> Words:
    return np.array([template.format(*cell) for cell in zip(*columns, strict=True)], dtype=object)
