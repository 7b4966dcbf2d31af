"""Frames while a town is dragged: the page itself beside L.geoJSON on the same buildings.

``python scripts/bench/map_frames.py [--quick] [--json]``: one JSON object a line. ``ours_s`` and
``peer_s`` are the 95th percentile of the time between two frames of the page; frames per second,
stalls, first tiles and the heap of the page stand beside it. The heap of the tile worker, which
holds the arrays, is told apart.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import geopandas as gpd  # noqa: E402
import numpy as np  # noqa: E402
import shapely  # noqa: E402
from _setup.chromium import find_chromium  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from app.schema import Actor  # noqa: E402
from app.store import ImportBatch, PlanMeta, PlanStore  # noqa: E402

CRS = "EPSG:4544"
CORNER = (600_000.0, 4_200_000.0)
TOWN_M = 10_000.0
ZOOMS = (14, 16, 17)
RUNS = 3
LONGEST_START_S = 60.0
DRAG_S, QUICK_DRAG_S = 4.0, 1.5
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update")  # fmt: skip
VENDOR = ROOT / "app/web/static/vendor"

PEER_PAGE = """<!doctype html><meta charset="utf-8"><title>peer</title>
<link rel="stylesheet" href="/static/vendor/leaflet.css">
<style>html,body,#map{height:100%;margin:0}</style><div id="map"></div>
<script src="/static/vendor/leaflet.js"></script><script>
const map = L.map('map', {preferCanvas: true}).setView([LAT, LON], ZOOM)
fetch('/peer.json').then((r) => r.json()).then((data) => {
  const layer = L.geoJSON(data, {style: {color: '#c8c2b5', weight: 0.6, fillColor: '#e4e0d8', fillOpacity: 1}}).addTo(map)
  globalThis.peerCount = layer.getLayers().length
  requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.peerReady = performance.now() }))
})
</script>"""

RECORD = """() => {
  globalThis.frames = []
  let last = performance.now()
  const tick = (now) => { globalThis.frames.push(now - last); last = now; globalThis.ticking = requestAnimationFrame(tick) }
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(tick) })
}"""
# The page paints anew 30 ms after a layer arrived: tiles of before then show no building yet.
FIRST_TILES = """() => {
  const [loaded] = performance.getEntriesByName('building-loaded')
  const painted = performance.getEntriesByName('tiles-painted')
  return loaded && painted.find((mark) => mark.startTime > loaded.startTime + 30)?.startTime
}"""


@dataclass(frozen=True)
class Drag:
    """What one drag of one page showed."""

    fps: float
    p50_ms: float
    p95_ms: float
    max_ms: float
    ready_ms: float
    heap_mb: float
    features: int


def town(count: int) -> gpd.GeoDataFrame:
    """L-shaped buildings of six corners on a jittered grid over a town of ten kilometres."""
    random = np.random.default_rng(640302)
    side = int(np.ceil(np.sqrt(count)))
    step = TOWN_M / side
    rows, columns = np.divmod(np.arange(count), side)
    x = CORNER[0] + columns * step + random.uniform(0, step * 0.2, count)
    y = CORNER[1] + rows * step + random.uniform(0, step * 0.2, count)
    w, d = random.uniform(0.4, 0.7, count) * step, random.uniform(0.3, 0.6, count) * step
    corners = [(0, 0), (1, 0), (1, 0.5), (0.5, 0.5), (0.5, 1), (0, 1)]
    rings = np.stack([np.stack([x + u * w, y + v * d], axis=1) for u, v in corners], axis=1)
    ids = [f"B{i:06d}" for i in range(count)]
    return gpd.GeoDataFrame({"building_id": ids}, geometry=shapely.polygons(rings), crs=CRS)


@contextmanager
def served(buildings: gpd.GeoDataFrame) -> Iterator[str]:
    """The address of a server with a plan of these buildings, warm, in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="jiugai-bench-") as folder:
        path = Path(folder) / "plan"
        meta = PlanMeta(
            plan_id="bench", title="十万栋楼", title_en="A hundred thousand buildings", crs=CRS,
            height_datum="unknown", is_demo=True, attribution="bench", created_at="2024-01-01T00:00:00Z",
        )  # fmt: skip
        with PlanStore.create(path, meta) as plan:
            batch = ImportBatch(batch_id="bench", file_name="map_frames.py", note="")
            plan.load({"building": buildings}, batch=batch, actor=Actor("bench", "", "admin"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = subprocess.Popen(
            [sys.executable, "-m", "app", "serve", str(path), "--port", str(port)], cwd=ROOT,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{address}/p/bench/api/pack/building")
            yield address
        finally:
            server.terminate()
            server.wait()


def wait_for(url: str) -> None:
    """Until the server has answered once."""
    began = time.monotonic()
    while True:
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                answer.read()
            return
        except OSError:
            if time.monotonic() - began > LONGEST_START_S:
                raise
            time.sleep(0.05)


def dragged(page: Page, seconds: float) -> list[float]:
    """Frame times in milliseconds while the map is dragged to and fro."""
    page.evaluate(RECORD)
    started, turn = time.monotonic(), 0
    page.mouse.move(640, 400)
    while time.monotonic() - started < seconds:
        page.mouse.down()
        sign = 1 if turn % 2 == 0 else -1
        for step in range(1, 31):
            page.mouse.move(640 + sign * step * 12, 400 + sign * step * 5)
            page.wait_for_timeout(8)
        page.mouse.up()
        page.mouse.move(640, 400)
        turn += 1
    times: list[float] = page.evaluate("() => { cancelAnimationFrame(ticking); return frames }")
    return times


def measured(page: Page, ready_ms: float, features: int) -> Drag:
    times = dragged(page, QUICK_DRAG_S if features < 50_000 else DRAG_S)
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    return Drag(
        fps=1000 * len(times) / sum(times),
        p50_ms=float(np.percentile(times, 50)),
        p95_ms=float(np.percentile(times, 95)),
        max_ms=max(times),
        ready_ms=ready_ms,
        heap_mb=metrics["JSHeapUsedSize"] / 1e6,
        features=features,
    )


def ours(browser: Browser, address: str, place: tuple[float, float], zoom: int) -> Drag:
    """The page as people open it, both panels folded so that the maps are of one size."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(
        f"{address}/p/bench/?z={zoom}&lat={place[1]}&lon={place[0]}&folded=left,right&lang=zh"
    )
    page.wait_for_function(FIRST_TILES, timeout=60_000, polling=20)
    ready: float = page.evaluate(FIRST_TILES)
    features: int = page.evaluate("() => performance.getEntriesByName('building-loaded')[0].detail")
    result = measured(page, ready, features)
    page.close()
    return result


def peer(browser: Browser, address: str, place: tuple[float, float], zoom: int, data: str) -> Drag:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    html = PEER_PAGE.replace("LAT", str(place[1])).replace("LON", str(place[0]))
    html = html.replace("ZOOM", str(zoom))
    page.route("**/peer", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.route(
        "**/peer.json", lambda route: route.fulfill(body=data, content_type="application/json")
    )
    page.goto(f"{address}/peer")
    page.wait_for_function("() => globalThis.peerReady", timeout=120_000, polling=50)
    result = measured(
        page, page.evaluate("() => peerReady"), page.evaluate("() => globalThis.peerCount")
    )
    page.close()
    return result


def median(runs: list[Drag]) -> Drag:
    values = [asdict(run) for run in runs]
    return Drag(**{key: statistics.median(one[key] for one in values) for key in values[0]})


def leaflet_version() -> str:
    head = (VENDOR / "leaflet.js").read_text("utf-8")[:400]
    found = re.search(r"Leaflet (\d[\w.+-]*)", head)
    return found[1] if found else "unknown"


def line(zoom: int, count: int, mine: Drag, other: Drag) -> dict[str, Any]:
    told = {
        "work": f"drag a town at z{zoom}",
        "n": count,
        "peer": "leaflet L.geoJSON on canvas",
        "peer_version": leaflet_version(),
        "ours_s": round(mine.p95_ms / 1000, 4),
        "peer_s": round(other.p95_ms / 1000, 4),
        "ratio": round(other.p95_ms / mine.p95_ms, 2),
        "ours_mb": round(mine.heap_mb, 1),
        "peer_mb": round(other.heap_mb, 1),
        "equal": mine.features == other.features == count,
    }
    for name, one in (("ours", mine), ("peer", other)):
        for key in ("fps", "p50_ms", "max_ms", "ready_ms"):
            told[f"{name}_{key}"] = round(getattr(one, key), 1)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 buildings, one zoom")
    parser.add_argument("--json", action="store_true", help="what is written is JSON lines anyway")
    options = parser.parse_args()
    count, zooms = (10_000, (16,)) if options.quick else (100_000, ZOOMS)

    buildings = town(count)
    degrees = buildings[["geometry"]].to_crs("EPSG:4326")
    data = degrees.to_json()
    west, south, east, north = degrees.total_bounds
    place = (round((west + east) / 2, 5), round((south + north) / 2, 5))
    with served(buildings) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        ours(browser, address, place, zooms[0])
        for zoom in zooms:
            runs = [
                (ours(browser, address, place, zoom), peer(browser, address, place, zoom, data))
                for _ in range(RUNS)
            ]
            mine, other = (median(list(side)) for side in zip(*runs, strict=True))
            print(json.dumps(line(zoom, count, mine, other), ensure_ascii=False), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
