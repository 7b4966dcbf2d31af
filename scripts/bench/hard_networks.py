"""The pair search on networks that are hard for a grid, beside shapely's tree.

``python scripts/bench/hard_networks.py [--json]``: pipes beside 500,000 buildings and 200,000
trees, polylines of hundreds of vertices, mains of 5 km beside pieces of 1 m, and knots in which all
segments are within reach of each other. One JSON object a line: seconds and the same pairs of lines
(by checksum) of both, and the memory that ours took over its inputs. Each case has a process of its
own, so that one does not pay for another's peak; knots have no pairs to keep, they are counted as
the search hands them out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import shapely

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts" / "bench")]

from conflicts import LIMIT_M, checksum, town  # noqa: E402

from app.analysis.conflicts.near import near_lines  # noqa: E402
from app.engine.process import peak_memory_mb  # noqa: E402
from app.geo.segments import Segments, explode, near_pair_chunks  # noqa: E402

Network = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
FAR_M = 2.5


def _blocks(rng: np.random.Generator, count: int, side_m: float) -> np.ndarray:
    """Outlines of buildings of 12 by 40 m, anywhere."""
    x, y = rng.uniform(0, side_m, (2, count))
    return np.asarray(shapely.get_exterior_ring(shapely.box(x, y, x + 40, y + 12)))


def _beside(things: np.ndarray, pipes: int) -> Network:
    """Pipes of a town beside things of a group of their own, which never pair with each other."""
    ends, kind, radius = town(pipes)
    lines = shapely.linestrings(ends.reshape(-1, 2, 2))
    limits = np.full((7, 7), -1.0)
    limits[:6, 6] = limits[6, :6] = FAR_M
    group = np.concatenate([kind, np.full(len(things), 6)])
    return (
        np.concatenate([lines, things]), group, np.concatenate([radius, np.zeros(len(things))]),
        limits,
    )  # fmt: skip


def buildings() -> Network:
    rng = np.random.default_rng(5)
    return _beside(_blocks(rng, 500_000, 11_000.0), 1_000_000)


def trees() -> Network:
    rng = np.random.default_rng(6)
    x, y = rng.uniform(0, 11_000.0, (2, 200_000))
    return _beside(np.asarray(shapely.points(x, y)), 1_000_000)


def polylines() -> Network:
    """2,000 lines of 300 pieces of 4 m that wind through one town."""
    rng = np.random.default_rng(7)
    turn = np.cumsum(rng.normal(0, 0.15, (2000, 300)), axis=1) + rng.uniform(0, 6.3, (2000, 1))
    steps = 4.0 * np.stack([np.cos(turn), np.sin(turn)], axis=2)
    points = rng.uniform(0, 3000, (2000, 1, 2)) + np.cumsum(steps, axis=1)
    kind = rng.integers(0, 6, 2000)
    return np.asarray(shapely.linestrings(points)), kind, np.full(2000, 0.2), LIMIT_M


def long_and_short() -> Network:
    """200 straight mains of 5 km over 300,000 pieces of a metre."""
    rng = np.random.default_rng(8)
    x, y = rng.uniform(0, 5000, (2, 300_000))
    way = rng.uniform(0, 6.3, 300_000)
    short = np.column_stack([x, y, x + np.cos(way), y + np.sin(way)])
    at, slope = rng.uniform(0, 5000, 200), rng.uniform(-200, 200, 200)
    long = np.column_stack([np.zeros(200), at, np.full(200, 5000.0), at + slope])
    ends = np.concatenate([long, short])
    kind = rng.integers(0, 6, len(ends))
    lines = np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2)))
    return lines, kind, np.full(len(ends), 0.1), LIMIT_M


def knots() -> Network:
    """3 knots of 8,000 segments in 1 m: nearly 100 million pairs."""
    rng = np.random.default_rng(9)
    begin = rng.uniform(0, 0.5, (24_000, 2)) + 1000.0 * np.repeat(np.arange(3), 8000)[:, None]
    ends = np.column_stack([begin, begin + rng.uniform(-0.3, 0.3, (24_000, 2))])
    lines = np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2)))
    return lines, np.zeros(24_000, dtype=np.int64), np.full(24_000, 0.05), np.array([[2.0]])


CASES: dict[str, Callable[[], Network]] = {
    "1,000,000 pipes, 500,000 buildings": buildings, "1,000,000 pipes, 200,000 trees": trees,
    "2,000 lines of 300 vertices": polylines, "5 km beside 1 m": long_and_short,
}  # fmt: skip
KNOTS = "3 knots of 8,000"


def ours(network: Network) -> np.ndarray:
    found = near_lines(*network)
    return np.column_stack([found.a, found.b])


def by_tree(network: Network) -> np.ndarray:
    """shapely: a tree of padded boxes, then the distance of each pair of boxes that meet.

    Long polylines piece by piece: their boxes all meet.
    """
    lines, group, radius, limits = network
    pieces = explode(lines)
    owner = np.arange(len(lines))
    if len(pieces) > 10 * len(lines):
        owner = pieces.line
        lines, group, radius = _drawn(pieces), group[owner], radius[owner]
    bounds = shapely.bounds(lines)
    pad = (np.maximum(limits.max(axis=1), 0)[group] / 2 + radius)[:, None]
    box = shapely.box(*(bounds + pad * np.array([-1, -1, 1, 1])).T)
    a, b = shapely.STRtree(box).query(box)
    apart = owner[a] < owner[b]
    a, b = a[apart], b[apart]
    limit = limits[group[a], group[b]]
    asked = limit >= 0
    a, b, limit = a[asked], b[asked], limit[asked]
    near = shapely.distance(lines[a], lines[b]) <= limit + radius[a] + radius[b]
    return np.unique(np.column_stack([owner[a[near]], owner[b[near]]]), axis=0)


def _drawn(pieces: Segments) -> np.ndarray:
    return np.asarray(shapely.linestrings(pieces.ends.reshape(-1, 2, 2)))


def timed(work: Callable[[Network], np.ndarray], network: Network) -> tuple[float, np.ndarray]:
    began = time.perf_counter()
    found = work(network)
    return time.perf_counter() - began, found


def warmed() -> None:
    """Compiled code loads once a machine."""
    ends, kind, radius = town(2000)
    ours((np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2))), kind, radius, LIMIT_M))


def measured(name: str) -> dict[str, object]:
    network = CASES[name]()
    warmed()
    before = peak_memory_mb()
    ours_s, pairs = timed(ours, network)
    mb = peak_memory_mb() - before
    peer_s, expected = timed(by_tree, network)
    return {
        "work": name, "n": len(network[0]), "peer": "shapely STRtree + distance",
        "peer_version": shapely.__version__, "ours_s": round(ours_s, 3),
        "peer_s": round(peer_s, 3), "ratio": round(peer_s / ours_s, 1), "pairs": len(pairs),
        "ours_mb": round(mb), "peer_mb": None, "equal": checksum(pairs) == checksum(expected),
    }  # fmt: skip


def knotted() -> dict[str, object]:
    """Every pair of the knots counted in portions; the peer would hold them all at once."""
    lines, group, radius, limits = knots()
    warmed()
    segments = explode(lines)
    before = peak_memory_mb()
    began = time.perf_counter()
    pairs = sum(len(part) for part in near_pair_chunks(segments, group, radius, limits))
    seconds = time.perf_counter() - began
    return {
        "work": KNOTS, "n": len(lines), "peer": "", "peer_version": "",
        "ours_s": round(seconds, 3), "peer_s": None, "ratio": None, "pairs": pairs,
        "ours_mb": round(peak_memory_mb() - before), "peer_mb": None,
        "equal": pairs == 3 * 8000 * 7999 // 2,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=[*CASES, KNOTS])
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if asked.case:
        print(json.dumps(knotted() if asked.case == KNOTS else measured(asked.case)), flush=True)
        return
    for name in [*CASES, KNOTS]:
        subprocess.run([sys.executable, __file__, "--case", name], check=True)


if __name__ == "__main__":
    main()
