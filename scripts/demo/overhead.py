"""Wires in the air: cables on poles along the houses of old compounds, still to be buried."""

from __future__ import annotations

from shapely.geometry import LineString, Point

from scripts.demo.pipe_graph import telecom_of
from scripts.demo.town import Slab, Town

FROM_HOUSE_M = 3.2  # on the south side, where no pipe lies


def add_overhead(town: Town) -> None:
    """A telecom line, often with a power line, along every house of the older half."""
    older = sorted(town.programme_parcels, key=lambda p: (p.year_built, p.key))
    for parcel in older[: len(older) // 2]:
        rng = town.random(f"overhead {parcel.key}")
        owner = telecom_of(town, parcel.key)
        for slab in parcel.slabs:
            _string(town, slab, "TX", owner, None, parcel.year_built + rng.randint(4, 14))
            if rng.random() < 0.6:
                _string(town, slab, "DL", "ORG-POWER", 0.4, parcel.year_built)


def _string(
    town: Town, slab: Slab, pipe_class: str, owner: str, voltage_kv: float | None, year: int
) -> None:
    y = round(slab.south - FROM_HOUSE_M + (0.4 if pipe_class == "DL" else 0.0), 3)
    west, east = round(slab.west + 1.0, 3), round(slab.east - 1.0, 3)
    town.add(
        "pipe", town.new_id("AIR-", 3), geometry=LineString([(west, y), (east, y)]), start_node=None,
        end_node=None, pipe_class=pipe_class, subclass="GD" if pipe_class == "DL" else "XX",
        owner_id=owner, status="existing", role="branch", temporary=False, laying="overhead",
        voltage_kv=voltage_kv, cable_count=3, material="VL" if pipe_class == "DL" else "GX",
        quality="exposed_point", year_built=year, has_protection=False,
        dataset_id="DS-DL" if pipe_class == "DL" else "DS-TX",
    )  # fmt: skip
    for x in (west, east):
        town.add(
            "pole", town.new_id("PO", 4), geometry=Point(x, y), voltage_kv=voltage_kv,
            kind="power" if pipe_class == "DL" else "telecom", owner_id=owner, height_m=8.0,
            dataset_id="DS-DL" if pipe_class == "DL" else "DS-TX",
        )  # fmt: skip
