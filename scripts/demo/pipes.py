"""Rows of the pipes and their nodes, with the gaps that records have in life."""

from __future__ import annotations

import random
from collections import defaultdict

import numpy as np
from shapely.geometry import LineString
from shapely.geometry import Point as PointShape

from scripts.demo import terrain
from scripts.demo.pipe_graph import (
    GRAVITY,
    STREET_TELECOM,
    Point,
    Stretch,
    combined_parcels,
    stretches,
    telecom_of,
)
from scripts.demo.pipe_kinds import KINDS
from scripts.demo.pipe_levels import set_levels
from scripts.demo.town import Town

DATASET = {"JS": "DS-JS", "PS": "DS-PS", "RQ": "DS-RQ", "RL": "DS-RL", "DL": "DS-DL", "TX": "DS-TX"}
# How each owner knows its pipes, by class: (quality, share), and the share without depths.
KNOWLEDGE: dict[str, tuple[tuple[tuple[str, float], ...], float]] = {
    "JS": ((("opened", 0.45), ("hidden_point", 0.35), ("records_with_surface_features", 0.15),
            ("unknown", 0.05)), 0.10),
    "PS": ((("exposed_point", 0.95), ("hidden_point", 0.05)), 0.02),
    "RQ": ((("opened", 0.6), ("hidden_point", 0.35), ("records_only", 0.05)), 0.04),
    "RL": ((("opened", 0.6), ("hidden_point", 0.3), ("records_only", 0.1)), 0.06),
    "DL": ((("opened", 0.4), ("hidden_point", 0.45), ("records_with_surface_features", 0.15)), 0.10),
    "TX": ((("opened", 0.35), ("hidden_point", 0.35), ("records_only", 0.2), ("unknown", 0.1)), 0.16),
}  # fmt: skip
NODE_PREFIX = {"YS": "Y", "WS": "W", "RS": "R", "RR": "H", "SS": "S", "JS": "J", "RQ": "Q", "TX": "X",
               "DL": "D"}  # fmt: skip


def add_pipes(town: Town) -> list[Stretch]:
    """Lay the whole network and write its rows."""
    network = stretches(town)
    set_levels(network, lambda x, y: terrain.ground(town, x, y))
    nodes = _add_nodes(town, network)
    for stretch in network:
        _add_pipe(town, stretch, nodes)
    return network


# --- nodes -----------------------------------------------------------------------------------------
def _add_nodes(town: Town, network: list[Stretch]) -> dict[tuple[str, Point], str]:
    ends: dict[tuple[str, Point], list[Stretch]] = defaultdict(list)
    for stretch in network:
        ends[stretch.kind, stretch.start].append(stretch)
        ends[stretch.kind, stretch.end].append(stretch)
    keys = list(ends)
    heights = terrain.ground(
        town, np.array([k[1][0] for k in keys]), np.array([k[1][1] for k in keys])
    )
    ids: dict[tuple[str, Point], str] = {}
    for (kind, point), ground in zip(keys, heights.tolist(), strict=True):
        touching = ends[kind, point]
        spec = KINDS[kind]
        node_id = town.new_id(NODE_PREFIX[kind])
        invert = None
        if spec.gravity:
            invert = round(min(_invert_at(s, point) for s in touching), 3)
        town.add(
            "pipe_node", node_id, geometry=PointShape(point), number=node_id,
            pipe_class=spec.pipe_class, subclass=_subclass(town, touching[0]),
            owner_id=_owner(town, touching[0]), kind=_node_kind(kind, point, touching, len(ids)),
            ground_m=round(ground, 3), invert_m=invert,
            depth_m=None if invert is None else round(ground - invert, 3), volume_m3=None,
            quality="exposed_point" if spec.gravity else "hidden_point",
            dataset_id=DATASET[spec.pipe_class],
        )  # fmt: skip
        ids[kind, point] = node_id
    return ids


def _invert_at(stretch: Stretch, point: Point) -> float:
    top = stretch.start_top_m if point == stretch.start else stretch.end_top_m
    assert top is not None
    wall = (stretch.size.height_m - stretch.size.inner_m) / 2
    return top - stretch.size.height_m + wall


def _node_kind(kind: str, point: Point, touching: list[Stretch], number: int) -> str:
    downstream = [s for s in touching if s.start == point]
    if kind in GRAVITY:
        if not downstream:
            return "outfall"
        street = touching[0].where != "court"
        return "inlet" if kind == "YS" and street and number % 2 else "manhole"
    if kind in ("TX", "DL"):
        return "manhole"
    if len(touching) == 1:
        return "meter" if kind == "JS" and touching[0].where == "court" else "end"
    if len(touching) > 2:
        return "valve"
    if kind == "JS" and touching[0].where == "street" and number % 2:
        return "hydrant"
    if kind == "RQ" and touching[0].spine != touching[1].spine:
        return "regulator"
    return "junction"


def _owner(town: Town, stretch: Stretch) -> str:
    """The ducts in the streets are one company's; each compound has one of the four."""
    if stretch.kind != "TX":
        return KINDS[stretch.kind].owner_id
    return telecom_of(town, stretch.parcel) if stretch.parcel else STREET_TELECOM


def _subclass(town: Town, stretch: Stretch) -> str:
    if stretch.kind == "WS" and stretch.parcel in combined_parcels(town):
        return "HS"
    if stretch.kind == "TX" and _owner(town, stretch) == "ORG-GD":
        return "DS"
    return KINDS[stretch.kind].subclass


# --- pipes -----------------------------------------------------------------------------------------
def _add_pipe(town: Town, stretch: Stretch, nodes: dict[tuple[str, Point], str]) -> None:
    spec, size = KINDS[stretch.kind], stretch.size
    row_id = town.new_id(f"{stretch.kind}-")
    stretch.pipe_id = row_id
    rng = town.random(f"pipe {stretch.key} {stretch.kind}")
    year = _year(town, stretch, rng)
    known, blind = KNOWLEDGE[spec.pipe_class]
    quality = rng.choices([q for q, _ in known], [w for _, w in known])[0]
    own = town.random(f"pipe {row_id}")
    has_depth = own.random() >= blind
    ends = [nodes[stretch.kind, point] for point in (stretch.start, stretch.end)]
    grounds = [float(str(town.row("pipe_node", node)["ground_m"])) for node in ends]
    tops = (stretch.start_top_m, stretch.end_top_m)
    assert tops[0] is not None
    assert tops[1] is not None
    inverts = tuple(_invert_at(stretch, p) for p in (stretch.start, stretch.end))
    reference = inverts if spec.gravity else tops
    depths = [round(g - level, 3) for g, level in zip(grounds, reference, strict=True)]
    is_cable = spec.pipe_class in ("DL", "TX")
    town.add(
        "pipe", row_id, geometry=_axis(stretch, has_depth),
        start_node=ends[0], end_node=ends[1],
        pipe_class=spec.pipe_class, subclass=_subclass(town, stretch), owner_id=_owner(town, stretch),
        status="existing", role="trunk" if stretch.where != "court" else "branch", temporary=False,
        laying=size.laying, pressure_mpa=size.pressure_mpa if spec.code != "JS" else 0.35,
        voltage_kv=size.voltage_kv, cable_count=own.randint(1, 6) if is_cable else None,
        holes_total=size.holes, holes_used=own.randint(0, size.holes) if size.holes else None,
        material=None if own.random() < 0.04 else _material(stretch, year),
        nominal_mm=size.nominal_mm, outside_mm=size.outside_mm, width_mm=size.width_mm,
        height_mm=size.height_mm, size_basis="catalogue",
        depth_ref="invert" if spec.gravity else "crown",
        start_depth_m=depths[0] if has_depth else None, end_depth_m=depths[1] if has_depth else None,
        start_invert_m=round(inverts[0], 3) if spec.gravity and has_depth else None,
        end_invert_m=round(inverts[1], 3) if spec.gravity and has_depth else None,
        roughness_n=(0.013 if size.material == "T" else 0.010) if spec.gravity else None,
        flow_direction="forward" if spec.gravity else None, has_protection=False, protection=None,
        trench_id=None, quality=quality, year_built=None if own.random() < 0.10 else year,
        defect_grade=_defect(own, year) if spec.gravity and own.random() < 0.5 else None,
        road_name=stretch.name, dataset_id=DATASET[spec.pipe_class],
    )  # fmt: skip


def _axis(stretch: Stretch, has_depth: bool) -> LineString:
    """The axis with elevations, or in plan only where no depth is known."""
    if not has_depth:
        return LineString([stretch.start, stretch.end])
    half = stretch.size.height_m / 2
    ends = ((stretch.start, stretch.start_top_m), (stretch.end, stretch.end_top_m))
    return LineString([(x, y, round(float(top or 0.0) - half, 3)) for (x, y), top in ends])


def _year(town: Town, stretch: Stretch, rng: random.Random) -> int:
    if stretch.parcel:
        built = town.parcel(stretch.parcel).year_built
        return built if rng.random() < 0.75 else rng.randint(built, 2016)
    return rng.choice((rng.randint(1984, 1999), rng.randint(2000, 2012), rng.randint(2010, 2021)))


def _material(stretch: Stretch, year: int) -> str:
    """Old water mains are grey iron, old courtyard sewers clay or concrete."""
    if stretch.kind in ("JS", "SS") and year < 1998:
        return "ZT"
    if stretch.kind in GRAVITY and stretch.where == "court" and year < 1998:
        return "T" if year % 2 else "TC"
    return stretch.size.material


def _defect(rng: random.Random, year: int) -> int:
    return rng.choice((2, 3, 3, 4)) if year < 1995 else rng.choice((0, 0, 1, 1, 2))
