"""Rain on the drains: subcatchments from the ground and its cover, for runs of the drains alone."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.sewers.model import Model, section
from app.geo.basins import Basins
from app.rules.storm import SurfaceTable

Floats = npt.NDArray[np.float64]
_LEAST_SLOPE = 0.0005  # a twentieth of a percent: flatter than a street can be laid


def subcatchments(
    basins: Basins, soil: npt.NDArray[np.uint8], catch: npt.NDArray[np.float32],
    surfaces: SurfaceTable, cell_m: float,
) -> pd.DataFrame:  # fmt: skip
    """One row for each outlet that takes water: its area by kind of ground and how that runs off.

    Roof water that is led to a cell counts as roof. Columns: outlet, area_m2, impervious_share,
    width_m, slope, n_impervious, n_pervious, held_impervious_mm, held_pervious_mm, f0, fc, k.
    """
    taken = basins.outlet > 0
    outlet = basins.outlet[taken].astype(np.int64)
    many = int(outlet.max(initial=0)) + 1
    area = cell_m * cell_m
    covers = list(surfaces)
    roof = next((n for n, row in enumerate(covers) if row.cover == "roof"), 0)
    parts = np.zeros((many, len(covers)))
    np.add.at(parts, (outlet, soil[taken].astype(np.int64)), area)
    np.add.at(parts[:, roof], outlet, np.clip(catch[taken] - 1.0, 0.0, None) * area)
    way, drop = (np.bincount(outlet, values[taken], many) for values in (basins.way_m, basins.drop_m))  # fmt: skip
    cells = np.bincount(outlet, minlength=many)
    sealed = np.array([row.f0_mm_h == 0 for row in covers])
    rows = []
    for number in np.flatnonzero(parts.sum(axis=1)).tolist():
        own = parts[number]
        mean_way = max(float(way[number] / cells[number]), cell_m)
        rows.append({
            "outlet": number, "area_m2": float(own.sum()),
            "impervious_share": float(own[sealed].sum() / own.sum()),
            # The mean way over a rectangle that drains to its end is half its length.
            "width_m": float(own.sum() / (2.0 * mean_way)),
            "slope": max(float(drop[number] / max(way[number], 1e-9)), _LEAST_SLOPE),
            **_mean(covers, own, sealed),
        })  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = [
    "outlet", "area_m2", "impervious_share", "width_m", "slope", "n_impervious", "n_pervious",
    "held_impervious_mm", "held_pervious_mm", "f0", "fc", "k",
]  # fmt: skip


def _mean(covers: Sequence[object], own: Floats, sealed: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Means by area of the sealed and of the other ground; the usual figures where there is none."""

    def mean(name: str, which: npt.NDArray[np.bool_]) -> float:
        values = np.array([getattr(row, name) for row in covers])[which]
        weights = own[which] if own[which].sum() > 0 else np.ones(int(which.sum()))
        return float(np.average(values, weights=weights))

    return {
        "n_impervious": mean("manning_n", sealed), "n_pervious": mean("manning_n", ~sealed),
        "held_impervious_mm": mean("storage_mm", sealed),
        "held_pervious_mm": mean("storage_mm", ~sealed),
        "f0": mean("f0_mm_h", ~sealed), "fc": mean("fc_mm_h", ~sealed), "k": mean("k_per_h", ~sealed),
    }  # fmt: skip


def _rows_of(areas: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in areas.to_dict("records")]


def rain_sections(
    model: Model, areas: pd.DataFrame, outlets: Sequence[str], minutes: Floats, fallen_mm: Floats
) -> list[str]:
    """The sections that rain a storm on subcatchments; ``outlets`` are pipe_node_id by number - 1."""
    names = model.nodes.set_index("pipe_node_id")["name"]
    rows: list[tuple[str, str, Any]] = [
        (f"S{row['outlet']}", str(names[outlets[row["outlet"] - 1]]), SimpleNamespace(**row))
        for row in _rows_of(areas)
    ]
    step = float(minutes[1] - minutes[0])
    rates = np.diff(fallen_mm) * 60.0 / step
    hours = [f"{int(m) // 60}:{int(m) % 60:02d}:{round(m % 1 * 60):02d}" for m in minutes]
    return [
        section("RAINGAGES", [f"RAIN INTENSITY {hours[1]} 1.0 TIMESERIES STORM"]),
        section("TIMESERIES", [
            *(f"STORM {hour} {rate:.5f}" for hour, rate in zip(hours[:-1], rates, strict=True)),
            f"STORM {hours[-1]} 0",
        ]),
        section("SUBCATCHMENTS", [
            f"{name} RAIN {outlet} {row.area_m2 / 1e4:.6f} {100 * row.impervious_share:.3f} "
            f"{row.width_m:.3f} {100 * row.slope:.4f} 0"
            for name, outlet, row in rows
        ]),
        section("SUBAREAS", [
            f"{name} {row.n_impervious:.4f} {row.n_pervious:.4f} {row.held_impervious_mm:.3f} "
            f"{row.held_pervious_mm:.3f} 0 OUTLET"
            for name, _, row in rows
        ]),
        section("INFILTRATION", [f"{name} {row.f0:.3f} {row.fc:.3f} {row.k:.3f} 7 0" for name, _, row in rows]),
    ]  # fmt: skip
