"""Dig-once packages the slow way: every pair of digs, step by step along each."""

from __future__ import annotations

import itertools

import numpy as np
import shapely

STEP_M = 0.25


def packages(digs, *, reach_m, days, least_m, angle_deg):
    """Members of each package; ``digs`` are (key, LineString, first day, last day)."""
    pairs = []
    for i, (key, line, first, last) in enumerate(digs):
        for other, beside, start, end in digs[i + 1 :]:
            if max(start - last, first - end, 0) > days:
                continue
            sides = (
                along(line, beside, reach_m, angle_deg),
                along(beside, line, reach_m, angle_deg),
            )
            # Sampling is sure only away from the limit.
            assert abs(min(sides) - least_m) > 3 * STEP_M, "the random case sits on the limit"
            if min(sides) >= least_m:
                pairs.append((max(start - last, first - end, 0), key, other))
    return _united(sorted(pairs), {key: (first, last) for key, _, first, last in digs}, days)


def _united(pairs, period, days):
    """Pairs nearest in time united first, as long as every two of a package fit in time."""
    parts = [{key} for key in period]
    for _, a, b in pairs:
        [one] = [part for part in parts if a in part]
        [other] = [part for part in parts if b in part]
        gaps = [
            max(period[x][0] - period[y][1], period[y][0] - period[x][1])
            for x in one
            for y in other
        ]
        if one is not other and max(gaps) <= days:
            parts.remove(other)
            one |= other
    return sorted(sorted(part) for part in parts if len(part) > 1)


def along(line, other, reach_m, angle_deg):
    """Metres of ``line`` that run beside ``other``."""
    steps = int(line.length / STEP_M)
    total = 0.0
    for k in range(steps):
        at = line.interpolate((k + 0.5) * STEP_M)
        heading = _heading(line, (k + 0.5) * STEP_M)
        total += STEP_M * any(
            _beside(at, heading, piece, reach_m, angle_deg) for piece in _pieces(other)
        )
    return total


def _pieces(line):
    points = shapely.get_coordinates(line)
    return list(itertools.pairwise(points))


def _heading(line, at_m):
    for a, b in _pieces(line):
        length = float(np.hypot(*(b - a)))
        if at_m <= length:
            return (b - a) / length
        at_m -= length
    raise AssertionError("beyond the end")


def _beside(at, heading, piece, reach_m, angle_deg):
    a, b = piece
    along_piece = b - a
    length = float(np.hypot(*along_piece))
    if abs(float(heading @ along_piece)) / length < np.cos(np.radians(angle_deg)):
        return False
    foot = float((np.array([at.x, at.y]) - a) @ along_piece) / length**2
    return 0 <= foot <= 1 and shapely.LineString(piece).distance(at) <= reach_m
