"""The worst drains of a run, and the standard size that each of them should have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from app.analysis.sewers.network import Network
from app.analysis.upsizing.params import NEXT
from app.errors import Text
from app.rules.storm import DrainSizeRow, DrainSizeTable

# Full flow by Manning on the same slope grows with the diameter to this power.
_POWER = 8.0 / 3.0


@dataclass(frozen=True)
class Proposal:
    """A drain with what it bears and the size proposed; ``to`` is None where there is no room."""

    pipe_id: str
    from_mm: float
    to: DrainSizeRow | None
    length_m: float
    limited_min: float
    flow_m3_s: float
    able_m3_s: float
    why: Text
    clause: str
    evidence: list[dict[str, Any]]

    @property
    def cost_fen(self) -> int | None:
        if self.to is None:
            return None
        return round(self.length_m * self.to.unit_cost_yuan_per_m * 100)


def proposals(
    loads: pd.DataFrame, network: Network, sizes: DrainSizeTable, *, many: int, size: str,
    cover_m: float,
) -> list[Proposal]:  # fmt: skip
    """The round drains that hold water back, longest first, each with the size that it should have.

    A drain that does not fall is left out: a wider one would not drain it either.
    """
    worst = loads[
        (loads["target_layer"] == "pipe") & (loads["verdict"] == "bottleneck")
        & (loads["capacity_m3_per_s"].astype(float) > 0)
    ]  # fmt: skip
    pipes = network.conduits.drop_duplicates("pipe_id").set_index("pipe_id")
    round_ones = set(pipes.index[pipes["shape"] == "circular"])
    worst = worst[worst["target_id"].isin(round_ones)]
    order = pd.DataFrame({
        "minutes": -worst["limited_min"].astype(float),
        "over": -worst["flow_max_m3_per_s"].astype(float) / worst["capacity_m3_per_s"].astype(float),
        "id": worst["target_id"],
    }).sort_values(["minutes", "over", "id"])  # fmt: skip
    ground = dict(zip(network.nodes["pipe_node_id"], network.nodes["ground_m"].astype(float), strict=True))  # fmt: skip
    chosen = worst.loc[order.index[:many]].to_dict("records")
    return [_proposed(row, pipes.loc[row["target_id"]], ground, sizes, size, cover_m) for row in chosen]  # fmt: skip


def _proposed(
    load: Mapping[Any, Any], pipe: pd.Series, ground: Mapping[str, float], sizes: DrainSizeTable,
    size: str, cover_m: float,
) -> Proposal:  # fmt: skip
    now_mm = 1000 * float(pipe["height_m"])
    flow, able = float(load["flow_max_m3_per_s"]), float(load["capacity_m3_per_s"])
    larger = sizes.above(now_mm)
    room_m = _room_m(pipe, ground)
    # Heights are told to the millimetre: what fits to the millimetre fits.
    fitting = [row for row in larger if row.nominal_mm < 1000 * (room_m - cover_m) + 0.5]
    enough = [row for row in larger if able * (row.nominal_mm / now_mm) ** _POWER >= flow]
    wish = larger[:1] if size == NEXT or not enough else enough[:1]
    to = next((row for row in reversed(fitting) if not wish or row.nominal_mm <= wish[0].nominal_mm), None)  # fmt: skip
    return Proposal(
        str(load["target_id"]), now_mm, to, float(pipe["length_m"]), float(load["limited_min"]), flow,
        able, _why(to, wish, room_m, cover_m), _clause(load, to), list(load["evidence"]),
    )  # fmt: skip


def _room_m(pipe: pd.Series, ground: Mapping[str, float]) -> float:
    """From the invert up to the ground, at the end where there is less; unbounded where unknown."""
    ends = [
        ground.get(pipe[node], np.nan) - float(pipe[invert])
        for node, invert in (("from_node", "upper_m"), ("to_node", "lower_m"))
    ]
    known = [room for room in ends if np.isfinite(room)]
    return min(known) if known else np.inf


def _why(to: DrainSizeRow | None, wish: Any, room_m: float, cover_m: float) -> Text:
    if to is None:
        return Text(
            f"管底以上仅 {room_m:.2f} m，加大一档后覆土不足 {cover_m:g} m",
            f"only {room_m:.2f} m above the invert: the next size would have less than {cover_m:g} m of cover",
        )  # fmt: skip
    if wish and to.nominal_mm < wish[0].nominal_mm:
        return Text(
            f"通过最大流量需 DN{wish[0].nominal_mm}，受覆土 {cover_m:g} m 限制取 DN{to.nominal_mm}",
            f"DN{wish[0].nominal_mm} would carry the greatest flow; a cover of {cover_m:g} m leaves room for DN{to.nominal_mm}",
        )  # fmt: skip
    return Text(f"管底不变，取 DN{to.nominal_mm}", f"the invert stays, size DN{to.nominal_mm}")


def _clause(load: Mapping[Any, Any], to: DrainSizeRow | None) -> str:
    return "; ".join(filter(None, (str(load["clause"]), to.standard if to else "")))
