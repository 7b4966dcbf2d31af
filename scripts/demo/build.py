"""The whole town in order: each part adds its rows, the planted facts come last."""

from __future__ import annotations

from scripts.demo import (
    buildings,
    courtyards,
    grid,
    overhead,
    parcels,
    pipes,
    planted_drains,
    planted_faults,
    planted_money,
    planted_people,
    planted_pipes,
    programme,
    records,
    services,
    surface,
    terrain,
    walkways,
    works,
)
from scripts.demo.town import Town


def build_town(seed: int, *, small: bool = False) -> Town:
    """A town of about 3,000 buildings, or of about 300 (``small``), with the plan's totals."""
    town = Town(seed, small)
    records.add_records(town)
    grid.lay_streets(town)
    parcels.cut_blocks(town, parcels.add_townships(town))
    buildings.place_programme(town)
    parcels.add_communities(town)
    grid.add_roads(town)
    buildings.add_buildings(town)
    courtyards.add_lanes(town)
    walkways.choose_back_gates(town)
    walkways.add_walkways(town)
    services.add_services(town)
    services.add_plots(town)
    terrain.dig_hollows(town)
    network = pipes.add_pipes(town)
    overhead.add_overhead(town)
    programme.add_programme(town)
    planted_people.plant_people(town)
    planted_money.plant_money(town)
    planted_pipes.plant_conflicts(town, network)
    planted_faults.plant_faults(town, network)
    works.add_works(town)
    surface.add_surface(town, network)
    planted_drains.plant_narrow_drain(town, network)
    return town
