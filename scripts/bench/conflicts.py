"""Pairs of segments within a distance that depends on both classes, beside every peer.

``python scripts/bench/conflicts.py [--quick] [--json]``: one JSON object a line. All engines start
from data in memory (PostGIS: a table with its index) and must give the same list of pairs, compared
by checksum. Peers beyond shapely are looked for in the Python that BENCH_PEERS_PYTHON names, so
that they are no dependency of the project; a peer that is not there is printed as absent.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shapely

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT)]

from app.engine.process import peak_memory_mb  # noqa: E402
from app.geo.segments import Segments, near_pairs  # noqa: E402

RUNS = 3
PEERS = ("duckdb", "sedonadb", "postgis")
# Wall to wall by classes, metres, as in the clearance tables: symmetric.
LIMIT_M = np.array([
    [0.0, 1.0, 0.5, 1.5, 0.5, 1.0], [1.0, 0.0, 1.2, 1.5, 0.5, 1.0], [0.5, 1.2, 0.0, 1.0, 1.0, 1.0],
    [1.5, 1.5, 1.0, 0.0, 2.0, 1.0], [0.5, 0.5, 1.0, 2.0, 0.0, 0.5], [1.0, 1.0, 1.0, 1.0, 0.5, 0.0],
])  # fmt: skip


def town(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends (n x 4), class and radius of segments: streets of a turned grid and crossing laterals."""
    rng = np.random.default_rng(4544)
    streets = max(int(np.sqrt(n / 80)), 1)
    street, kind = rng.integers(0, streets, n), rng.integers(0, 6, n)
    north = rng.random(n) < 0.5
    begin = rng.integers(0, max(streets * 100 // 25, 1), n) * 25.0
    at = street * 100.0 + kind * 1.5 + rng.uniform(-0.4, 0.4, n)
    lateral = rng.random(n) < 0.1
    length = np.where(lateral, 12.0, rng.uniform(15, 25, n))
    x0, y0 = np.where(north, at, begin), np.where(north, begin, at)
    across = north ^ lateral
    x1, y1 = x0 + np.where(across, 0.0, length), y0 + np.where(across, length, 0.0)
    c, s = np.cos(0.3), np.sin(0.3)
    ends = np.column_stack([c * x0 - s * y0, s * x0 + c * y0, c * x1 - s * y1, s * x1 + c * y1])
    return ends, kind.astype(np.int64), rng.choice([0.05, 0.1, 0.25, 0.5], n)


def ours(ends: np.ndarray, kind: np.ndarray, radius: np.ndarray) -> np.ndarray:
    n = len(ends)
    columns = [np.ascontiguousarray(ends[:, k]) for k in range(4)]
    segments = Segments(*columns, np.arange(n), np.zeros(n))
    found = near_pairs(segments, kind, radius, LIMIT_M)
    return np.column_stack([found.first, found.second])


def boxes_and_distance(ends: np.ndarray, kind: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """shapely: a tree of padded boxes, then the distance of each pair of boxes that meet."""
    lines = shapely.linestrings(ends.reshape(-1, 2, 2))
    pad = LIMIT_M.max(axis=1)[kind] / 2 + radius
    box = shapely.box(
        np.minimum(ends[:, 0], ends[:, 2]) - pad, np.minimum(ends[:, 1], ends[:, 3]) - pad,
        np.maximum(ends[:, 0], ends[:, 2]) + pad, np.maximum(ends[:, 1], ends[:, 3]) + pad,
    )  # fmt: skip
    a, b = shapely.STRtree(box).query(box)
    a, b = a[a < b], b[a < b]
    far = LIMIT_M[kind[a], kind[b]] + radius[a] + radius[b]
    near = shapely.distance(lines[a], lines[b]) <= far
    pairs = np.column_stack([a[near], b[near]])
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def checksum(pairs: np.ndarray) -> str:
    return hashlib.md5(np.ascontiguousarray(pairs, dtype=np.int64).tobytes()).hexdigest()


def timed(work: Callable[..., np.ndarray], data: tuple[np.ndarray, ...]) -> tuple[float, str, int]:
    began = time.perf_counter()
    pairs = work(*data)
    return time.perf_counter() - began, checksum(pairs), len(pairs)


def memory_mb() -> float:
    return peak_memory_mb()


# What a peer's whole process took at its peak; PostGIS works in a server of its own.
PEAK = """
try:
    import resource
    print(json.dumps({'peak_mb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
except ImportError:
    print(json.dumps({'peak_mb': None}))
"""


# --- peers of another Python -------------------------------------------------------------------------
DUCKDB = """
import sys, time, json, hashlib, numpy as np, duckdb
d = np.load(sys.argv[1])
e, k, r, limit = d['ends'], d['kind'], d['radius'], d['limit']
c = duckdb.connect(config={'allow_unsigned_extensions': 'true'})
try:  # the package duckdb-extension-spatial, else one that was installed before
    import duckdb_extension_spatial, glob, os
    [file] = glob.glob(os.path.join(os.path.dirname(duckdb_extension_spatial.__file__),
                                    'extensions', '*', 'spatial.duckdb_extension'))
    c.execute(f"load '{file}'")
except ImportError:
    c.execute('load spatial')
c.execute('create table lim(a bigint, b bigint, d double)')
c.executemany('insert into lim values (?,?,?)',
              [(i, j, float(limit[i, j])) for i in range(6) for j in range(6)])
import pandas as pd
f = pd.DataFrame({'i': np.arange(len(e)), 'k': k, 'r': r,
                  'x0': e[:, 0], 'y0': e[:, 1], 'x1': e[:, 2], 'y1': e[:, 3]})
c.execute('create table s as select i, k, r, '
          'ST_MakeLine(ST_Point(x0, y0), ST_Point(x1, y1)) g from f')
far = float(limit.max() + 2 * r.max())
runs = []
for _ in range(int(sys.argv[2])):
    t = time.perf_counter()
    p = c.execute(f'with n as materialized (select a.i ai, b.i bi, a.k ak, b.k bk, a.r ar, b.r br, '
                  f'a.g ag, b.g bg from s a join s b on ST_DWithin(a.g, b.g, {far})) '
                  'select ai, bi from n join lim on lim.a = ak and lim.b = bk '
                  'where ai < bi and ST_Distance(ag, bg) <= d + ar + br order by ai, bi').fetchnumpy()
    runs.append(time.perf_counter() - t)
    pairs = np.column_stack([p['ai'], p['bi']]).astype(np.int64)
print(json.dumps({'version': duckdb.__version__, 'runs': runs, 'n': len(pairs),
                  'md5': hashlib.md5(np.ascontiguousarray(pairs).tobytes()).hexdigest()}))
"""
SEDONA = """
import sys, time, json, hashlib, numpy as np, pandas as pd, geopandas as gpd, shapely, sedonadb
import geoarrow.pyarrow
d = np.load(sys.argv[1])
e, k, r, limit = d['ends'], d['kind'], d['radius'], d['limit']
c = sedonadb.connect()
f = gpd.GeoDataFrame({'i': np.arange(len(e)), 'k': k, 'r': r, 'pad': limit.max(axis=1)[k] / 2 + r},
                     geometry=shapely.linestrings(e.reshape(-1, 2, 2)), crs='EPSG:4544')
c.create_data_frame(f).to_memtable().to_view('s', overwrite=True)
runs = []
for _ in range(int(sys.argv[2])):
    t = time.perf_counter()
    p = c.sql('select a.i ai, b.i bi from s a join s b '
              f'on ST_DWithin(a.geometry, b.geometry, {float(limit.max() + 2 * r.max())})').to_pandas()
    a, b = p['ai'].to_numpy(), p['bi'].to_numpy()
    a, b = a[a < b], b[a < b]
    if (limit.max(axis=1)[:, None] / 2 + limit.max(axis=1)[None] / 2 > limit).any():
        lines = f.geometry.to_numpy()
        close = shapely.distance(lines[a], lines[b]) <= limit[k[a], k[b]] + r[a] + r[b]
        a, b = a[close], b[close]
    order = np.lexsort((b, a))
    pairs = np.column_stack([a[order], b[order]]).astype(np.int64)
    runs.append(time.perf_counter() - t)
print(json.dumps({'version': sedonadb.__version__, 'runs': runs, 'n': len(pairs),
                  'md5': hashlib.md5(np.ascontiguousarray(pairs).tobytes()).hexdigest()}))
"""
POSTGIS = """
import os, sys, time, json, hashlib, io, numpy as np, psycopg2
d = np.load(sys.argv[1])
e, k, r, limit = d['ends'], d['kind'], d['radius'], d['limit']
c = psycopg2.connect(os.environ['BENCH_POSTGIS_DSN'])
q = c.cursor()
q.execute('create temp table raw(i int, k int, r float8, x0 float8, y0 float8, x1 float8, y1 float8)')
text = io.StringIO()
np.savetxt(text, np.column_stack([np.arange(len(e)), k, r, e]), fmt='%d,%d' + ',%.17g' * 5)
text.seek(0)
q.copy_expert('copy raw from stdin csv', text)
q.execute('drop table if exists bench_s; drop table if exists bench_lim')
q.execute('create unlogged table bench_s as select i, k, r, '
          'ST_MakeLine(ST_MakePoint(x0, y0), ST_MakePoint(x1, y1)) g from raw')
q.execute('create table bench_lim(a int, b int, d float8)')
q.executemany('insert into bench_lim values (%s, %s, %s)',
              [(i, j, float(limit[i, j])) for i in range(6) for j in range(6)])
q.execute('create index on bench_s using gist(g)')
q.execute('analyze bench_s')
c.commit()
far = float(limit.max() + 2 * r.max())
runs = []
for _ in range(int(sys.argv[2])):
    t = time.perf_counter()
    q.execute(f'select a.i, b.i from bench_s a join bench_s b on ST_DWithin(a.g, b.g, {far}) '
              'join bench_lim l on l.a = a.k and l.b = b.k where a.i < b.i '
              'and ST_Distance(a.g, b.g) <= l.d + a.r + b.r')
    pairs = np.array(q.fetchall(), dtype=np.int64)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    runs.append(time.perf_counter() - t)
q.execute('select postgis_lib_version()')
version = q.fetchone()[0]
q.execute('drop table bench_s; drop table bench_lim')
c.commit()
print(json.dumps({'version': version, 'runs': runs, 'n': len(pairs),
                  'md5': hashlib.md5(np.ascontiguousarray(pairs).tobytes()).hexdigest()}))
"""
SCRIPTS = {"duckdb": DUCKDB, "sedonadb": SEDONA, "postgis": POSTGIS}
MODULES = {"duckdb": "duckdb", "sedonadb": "sedonadb", "postgis": "psycopg2"}


def peer_of_another_python(
    name: str, data: tuple[np.ndarray, ...], runs: int
) -> dict[str, Any] | None:
    """Its runs, version and checksum; None where it is absent."""
    python = os.environ.get("BENCH_PEERS_PYTHON", "")
    if not python or (name == "postgis" and "BENCH_POSTGIS_DSN" not in os.environ):
        return None
    there = subprocess.run([python, "-c", f"import {MODULES[name]}"], capture_output=True)
    if there.returncode:
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        np.savez(path, ends=data[0], kind=data[1], radius=data[2], limit=LIMIT_M)
        measured = [python, "-c", SCRIPTS[name] + PEAK, str(path), str(runs)]
        answer = subprocess.run(measured, capture_output=True, text=True)
    if answer.returncode:
        print(answer.stderr[-400:], file=sys.stderr)
        return None
    found: dict[str, Any] = {}
    for told in answer.stdout.strip().splitlines()[-2:]:
        found |= json.loads(told)
    return found


def line(n: int, peer: str, version: str, ours_s: float, peer_s: float | None, mb: float | None,
         equal: bool | None, *, work: str = "near pairs", peer_mb: float | None = None) -> str:  # fmt: skip
    return json.dumps({
        "work": work, "n": n, "peer": peer, "peer_version": version or "absent",
        "ours_s": round(ours_s, 4), "peer_s": None if peer_s is None else round(peer_s, 3),
        "ratio": None if peer_s is None else round(peer_s / ours_s, 1),
        "ours_mb": None if mb is None else round(mb),
        "peer_mb": None if peer_mb is None else round(peer_mb), "equal": equal,
    })  # fmt: skip


def beside_peers(n: int, runs: int) -> float:
    """The search over a town of n segments, turn by turn with shapely, then beside the others."""
    data = town(n)
    before = memory_mb()
    own = [timed(ours, data)]
    mb = memory_mb() - before
    shapely_runs = []
    for _ in range(runs):
        shapely_runs.append(timed(boxes_and_distance, data))
        own.append(timed(ours, data))
    mine = statistics.median(run[0] for run in own)
    peer = statistics.median(run[0] for run in shapely_runs)
    same = len({run[1] for run in own + shapely_runs}) == 1
    print(
        line(n, "shapely STRtree + distance", shapely.__version__, mine, peer, mb, same), flush=True
    )
    for name in PEERS:
        found = peer_of_another_python(name, data, runs)
        again = [timed(ours, data)[0] for _ in range(runs)]
        now = statistics.median(again)
        if found is None:
            print(line(n, name, "", now, None, mb, None))
            continue
        equal = found["md5"] == own[0][1]
        print(line(n, name, found["version"], now, statistics.median(found["runs"]), mb, equal,
                   peer_mb=found["peak_mb"]), flush=True)  # fmt: skip
    return mine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    ours(*town(2000))  # compiled code loads once a machine
    sizes = (100_000,) if asked.quick else (100_000, 1_000_000)
    for n in sizes:
        beside_peers(n, RUNS)
    if not asked.quick:
        one, two = (statistics.median(timed(ours, town(n))[0] for _ in range(RUNS))
                    for n in (1_000_000, 2_000_000))  # fmt: skip
        print(line(2_000_000, "ours at 1,000,000", "", two, one, None, None, work="twice the size"))


if __name__ == "__main__":
    main()
