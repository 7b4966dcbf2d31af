"""A made-up pipe network under the real streets of a plan, to try the clearance run on real shapes.

``python scripts/generate_pipes.py PLAN --out pipes.gpkg``: in every street that cars use, as many
utilities as fit between the houses, in the order of GB 50289-2016 4.1.3 across the street (power and
telecom north or east, the others south or west, gravity towards the middle) and of 4.1.12 in depth,
joined at the junctions, each with its owner. Surveyed unevenly: some depths and qualities are unknown.
A few are planned and lie where there is no room. Nothing of it lies in the ground: the pipe ids begin
with GENERATED and the file says so in each row's road name. Same plan and seed, same file.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.ops

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from app.store import PlanStore  # noqa: E402

LEAST_M = 12.0
LABEL = "生成管线，非真实 generated, not real"
PLANNED_SHARE, PLANNED_ASIDE_M = 0.01, 0.55
UNKNOWN_DEPTH_SHARE = 0.03
WANDER_M, DEPTH_WANDER_M = 0.05, 0.03
# Before a junction a pipe leaves its line to meet the others of its kind, squarely enough to cross.
TURN_M, LONGEST_TURN_SHARE = 9.0, 0.35
SURVEYED = (("hidden_point", 0.55), ("exposed_point", 0.3), ("opened", 0.05), ("records_only", 0.03), (None, 0.07))  # fmt: skip


@dataclass(frozen=True)
class Utility:
    """Where one kind runs: metres from the middle (positive north or east) and depth of its crown.

    ``room_m``: clear way on either side of the middle that a street needs to have it.
    """

    code: str
    pipe_class: str
    subclass: str
    owner: str
    aside_m: float
    crown_m: float
    outside_mm: float
    nominal_mm: int
    laying: str
    room_m: float
    pressure_mpa: float = np.nan
    voltage_kv: float = np.nan


UTILITIES = (
    Utility("DL", "DL", "GD", "生成供电公司", 3.5, 1.37, 200, 200, "duct", 6.0, voltage_kv=10.0),
    Utility("TX", "TX", "DX", "生成电信公司", 2.2, 0.97, 110, 110, "duct", 6.0),
    Utility("JS", "JS", "JP", "生成供水公司", -6.2, 2.55, 222, 200, "direct", 4.5),
    Utility("RQ", "RQ", "TR", "生成燃气公司", -5.2, 1.78, 160, 160, "direct", 8.0, pressure_mpa=0.2),
    Utility("RL", "RL", "RS", "生成供热公司", -3.7, 2.12, 250, 150, "direct", 8.0, pressure_mpa=1.0),
    Utility("WS", "PS", "WS", "生成排水公司", -1.6, 4.15, 480, 400, "direct", 3.0),
    Utility("YS", "PS", "YS", "生成排水公司", 0.3, 3.25, 600, 500, "direct", 6.0),
)  # fmt: skip


@dataclass(frozen=True)
class Streets:
    """Middle lines between junctions, with the junction at either end and the room beside."""

    lines: np.ndarray
    ends: np.ndarray
    room_m: np.ndarray


def streets_of(ways: gpd.GeoSeries, houses: np.ndarray) -> Streets:
    """The street lines cut at their junctions and merged between them, long enough to dig in."""
    noded = shapely.line_merge(shapely.union_all(ways.to_numpy(), grid_size=0.01))
    lines = shapely.get_parts(noded)
    lines = lines[(shapely.length(lines) >= LEAST_M) & ~shapely.is_closed(lines)]
    lines = np.array([_north_or_east(line) for line in lines], dtype=object)
    places = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, at)) for at in (0, -1)])  # fmt: skip
    number = np.unique(np.round(places, 2), axis=0, return_inverse=True)[1].reshape(2, -1).T
    room = np.full(len(lines), np.inf)
    if len(houses):
        room = shapely.distance(lines, houses[shapely.STRtree(houses).nearest(lines)])
    return Streets(lines, number, room)


def _north_or_east(line: shapely.LineString) -> shapely.LineString:
    """Drawn so that its left is the side of power and telecom: north, or east of steep streets."""
    (x0, y0), (x1, y1) = line.coords[0][:2], line.coords[-1][:2]
    dx, dy = x1 - x0, y1 - y0
    forward = dx > 0 if abs(dx) >= abs(dy) else dy < 0
    return line if forward else line.reverse()


def network(streets: Streets, crs: object, seed: int) -> gpd.GeoDataFrame:
    """The pipes of all utilities, those of one utility joined at the junctions."""
    rng = np.random.default_rng(seed)
    parts = [_utility(utility, streets, crs, rng) for utility in UTILITIES]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=crs)


def _utility(
    utility: Utility, streets: Streets, crs: object, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    fits = np.flatnonzero(streets.room_m >= utility.room_m)
    aside = np.full(len(fits), utility.aside_m) + rng.normal(0, WANDER_M, len(fits)).clip(-0.1, 0.1)
    planned = rng.random(len(fits)) < PLANNED_SHARE
    aside[planned] += PLANNED_ASIDE_M
    shapes = [shapely.offset_curve(streets.lines[k], by) for k, by in zip(fits, aside, strict=True)]
    # A bend tighter than the offset leaves nothing, or several parts: no pipe is laid so.
    whole = [shape.geom_type == "LineString" and shape.length > 3.0 for shape in shapes]
    kept = np.flatnonzero(whole)
    ends = streets.ends[fits[kept]]
    lines = _joined([_short_of_junctions(shapes[k]) for k in kept], ends)
    return _rows(utility, lines, ends, planned[kept], crs, rng)


def _short_of_junctions(line: shapely.LineString) -> shapely.LineString:
    """The line without its turns; its ends are added again where they meet the others."""
    turn = min(TURN_M, LONGEST_TURN_SHARE * line.length)
    return shapely.ops.substring(line, turn, line.length - turn)


def _joined(shapes: list[shapely.LineString], ends: np.ndarray) -> list[shapely.LineString]:
    """Every line drawn on to the point where the lines of its junction meet best.

    Best is the least sum of squares of the distances to all of them, held near their ends.
    """
    sums: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for shape, pair in zip(shapes, ends, strict=True):
        at = shapely.get_coordinates(shape)
        for node, end, inner in ((pair[0], at[0], at[1]), (pair[1], at[-1], at[-2])):
            along = (end - inner) / np.hypot(*(end - inner))
            across = np.array([-along[1], along[0]])
            held = np.outer(across, across) + 0.02 * np.eye(2)
            matrix, right = sums.get(int(node), (np.zeros((2, 2)), np.zeros(2)))
            sums[int(node)] = (matrix + held, right + held @ end)
    meets = {node: np.round(np.linalg.solve(*both), 3) for node, both in sums.items()}
    drawn = []
    for shape, pair in zip(shapes, ends, strict=True):
        at = [meets[int(pair[0])], *shapely.get_coordinates(shape), meets[int(pair[1])]]
        drawn.append(shapely.LineString(at))
    return drawn


def _rows(
    utility: Utility, lines: list[shapely.LineString], ends: np.ndarray, planned: np.ndarray,
    crs: object, rng: np.random.Generator,
) -> gpd.GeoDataFrame:  # fmt: skip
    n = len(lines)
    start, end = (utility.crown_m + rng.normal(0, DEPTH_WANDER_M, n).clip(-0.06, 0.06) for _ in range(2))  # fmt: skip
    start[(rng.random(n) < UNKNOWN_DEPTH_SHARE) & ~planned] = np.nan
    names, shares = zip(*SURVEYED, strict=True)
    quality = np.array(names, dtype=object)[rng.choice(len(names), n, p=shares)]
    columns = {
        "pipe_id": [f"GENERATED-{utility.code}-{k:06d}" for k in range(n)],
        "pipe_class": utility.pipe_class, "subclass": utility.subclass, "owner_id": utility.owner,
        "start_node": [f"{utility.code}{node:06d}" for node in ends[:, 0]],
        "end_node": [f"{utility.code}{node:06d}" for node in ends[:, 1]],
        "status": np.where(planned, "planned", "existing"), "laying": utility.laying,
        "depth_ref": "crown", "start_depth_m": np.round(start, 2), "end_depth_m": np.round(end, 2),
        "quality": np.where(planned, "design", quality),
        "outside_mm": float(utility.outside_mm), "nominal_mm": utility.nominal_mm,
        "pressure_mpa": utility.pressure_mpa, "voltage_kv": utility.voltage_kv, "road_name": LABEL,
    }  # fmt: skip
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(lines, crs=crs), crs=crs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=4544)
    asked = parser.parse_args()
    with PlanStore.open(asked.plan) as store:
        ways, houses = store.read("walkway"), store.read("building")
    middle = ways.loc[ways["kind"] == "shared"].geometry.force_2d()
    streets = streets_of(middle, houses.geometry.to_numpy())
    pipes = network(streets, ways.crs, asked.seed)
    pipes.to_file(asked.out, layer="pipe", driver="GPKG")
    points = int(shapely.get_num_coordinates(pipes.geometry.to_numpy()).sum())
    print(
        f"{len(pipes)} generated pipes, {points - len(pipes)} pieces, {pipes.length.sum():.0f} m: {asked.out}"
    )


if __name__ == "__main__":
    main()
