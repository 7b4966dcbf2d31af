"""What the load of a drain is held against: clauses of the design standard, and the facts behind a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from app.rules.storm import StormDesignRow
from app.rules.table import RuleTable

FULLNESS, METAL, NONMETAL, LEAST, PERIOD = (
    "storm_sewer_fullness", "max_velocity_metal", "max_velocity_nonmetal", "min_velocity_storm_full",
    "storm_sewer_return_small_medium_noncentre",
)  # fmt: skip
_METALS = ("ZT", "G", "QM", "TZ")
_ASKED = {
    "pipe": ("nominal_mm", "width_mm", "height_mm", "start_invert_m", "end_invert_m"),
    "pipe_node": ("invert_m", "ground_m", "kind"),
}


@dataclass(frozen=True)
class Clauses:
    """The design rules, and the rows of pipes and nodes that a load rests on, by id."""

    design: RuleTable[StormDesignRow]
    pipes: Mapping[str, Mapping[str, Any]]
    nodes: Mapping[str, Mapping[str, Any]]

    def of_pipe(self, pipe: str, fastest_m_s: float, full_m_s: float) -> dict[str, Any]:
        """Clause and evidence of a pipe: running full, and the speeds that it should keep within."""
        row = self.pipes.get(pipe, {})
        rules = [FULLNESS]
        fastest = METAL if row.get("material") in _METALS else NONMETAL
        facts = _facts("pipe", pipe, row)
        if fastest_m_s > float(self.design[fastest].value):
            rules.append(fastest)
            facts.append(self._broken(fastest, fastest_m_s))
        if 0 < full_m_s < float(self.design[LEAST].value):
            rules.append(LEAST)
            facts.append(self._broken(LEAST, full_m_s))
        return {"clause": self._said(rules), "evidence": facts}

    def of_node(self, node: str) -> dict[str, Any]:
        """Clause and evidence of a manhole: no water comes up in the design storm."""
        return {
            "clause": self._said([PERIOD]),
            "evidence": _facts("pipe_node", node, self.nodes.get(node, {})),
        }

    def _said(self, rules: list[str]) -> str:
        return "; ".join(dict.fromkeys(self.design[rule].standard for rule in rules))

    def _broken(self, rule: str, value: float) -> dict[str, Any]:
        row = self.design[rule]
        return {"rule": rule, "value": round(value, 3), "required": float(row.value), "unit": row.unit, "confidence": row.confidence}  # fmt: skip


def clauses_of(
    design: RuleTable[StormDesignRow], pipes: pd.DataFrame, nodes: pd.DataFrame
) -> Clauses:
    """The design rules beside the rows that they are asked of."""
    return Clauses(design, _by_id(pipes, "pipe", "material"), _by_id(nodes, "pipe_node"))


def _by_id(frame: pd.DataFrame, layer: str, *more: str) -> dict[str, dict[str, Any]]:
    key = f"{layer}_id"
    kept = frame.drop_duplicates(key)[[key, *_ASKED[layer], *more]]
    return {
        str(row[key]): {str(name): value for name, value in row.items()}
        for row in kept.to_dict("records")
    }


def _facts(layer: str, row_id: str, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"layer": layer, "id": row_id, "column": name, "value": _plain(row[name])}
        for name in _ASKED[layer]
        if name in row and not pd.isna(row[name])
    ]


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
