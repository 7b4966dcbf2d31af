"""A slow, obvious second clearance check: every two pipes, by shapely, one pair at a time."""

from __future__ import annotations

import itertools

import numpy as np
import shapely

from app.rules.clearance import NATIONAL, PairFacts


def kind_of(row, rules):
    found = rules.kinds.kinds(
        [row["pipe_class"]], [row.get("subclass") or ""], [row["laying"]], materials=[""],
        diameter_mm=[row["nominal_mm"]], pressure_mpa=[row["pressure_mpa"]],
    )  # fmt: skip
    return found.horizontal[0], found.vertical[0]


def horizontal_conflicts(rows, rules):
    """{(a, b): gap} of pipes that never cross and are nearer than the street table asks.

    All rows have a known size and quality ``design``, stand in no community and share no node.
    """
    kinds = {row["pipe_id"]: kind_of(row, rules)[0] for row in rows}
    found = {}
    for a, b in itertools.combinations(sorted(rows, key=lambda row: row["pipe_id"]), 2):
        if a["geometry"].intersects(b["geometry"]):
            continue
        gap = a["geometry"].distance(b["geometry"]) - (a["outside_mm"] + b["outside_mm"]) / 2000
        facts = PairFacts(*(
            np.array([float(row[name])])
            for name in ("nominal_mm", "voltage_kv") for row in (a, b)
        ))  # fmt: skip
        asked = rules.horizontal.required(
            [kinds[a["pipe_id"]]], [kinds[b["pipe_id"]]], standard=NATIONAL, facts=facts
        )
        if max(gap, 0.0) < asked.max_m[0] - 1e-9:
            found[a["pipe_id"], b["pipe_id"]] = max(gap, 0.0)
    return found


def vertical_conflicts(rows, rules):
    """{(a, b): least gap} of pipes that cross with less earth between than asked, by depths."""
    kinds = {row["pipe_id"]: kind_of(row, rules)[1] for row in rows}
    found = {}
    for a, b in itertools.combinations(sorted(rows, key=lambda row: row["pipe_id"]), 2):
        places = shapely.get_parts(a["geometry"].intersection(b["geometry"]))
        gaps = []
        for place in places:
            depths = []
            for row in (a, b):
                share = row["geometry"].project(place) / row["geometry"].length
                crown = row["start_depth_m"] + share * (row["end_depth_m"] - row["start_depth_m"])
                depths.append(crown + row["outside_mm"] / 2000)
            walls = (a["outside_mm"] + b["outside_mm"]) / 2000
            gaps.append(max(abs(depths[0] - depths[1]) - walls, 0.0))
        asked = rules.vertical.required_m([kinds[a["pipe_id"]]], [kinds[b["pipe_id"]]])[0]
        if gaps and min(gaps) < asked - 1e-9:
            found[a["pipe_id"], b["pipe_id"]] = min(gaps)
    return found
