"""Whether each facility is as large as the standard asks: floor area and land, by its own row."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from app.rules.services import FacilityRow, FacilityTable

SIZES = (("floor_area_m2", "floor_area_min_m2"), ("land_area_m2", "land_area_min_m2"))


@dataclass(frozen=True)
class Size:
    """One size of one facility; ``value`` None where nobody measured it, which is no pass."""

    service_id: str
    column: str
    value: float | None
    required: float
    row: FacilityRow

    @property
    def verdict(self) -> str:
        if self.value is None:
            return "unknown"
        return "pass" if self.value >= self.required else "fail"


def sizes_of(services: pd.DataFrame, facilities: FacilityTable) -> list[Size]:
    """Every size that the standard prints a least figure for, of facilities that are there."""
    state = services["state"]
    there = services[state.isna() | state.eq("existing")].sort_values("service_id")
    found = []
    for facility in there.to_dict("records"):
        row = facilities.by_code.get(str(facility["kind"]))
        for column, least in SIZES:
            required = None if row is None else getattr(row, least)
            if row is None or required is None:
                continue
            value = pd.to_numeric(facility[column], errors="coerce")
            known = None if pd.isna(value) else float(value)
            found.append(Size(str(facility["service_id"]), column, known, float(required), row))
    return found
