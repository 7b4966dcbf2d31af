"""How long people wait at the start: ``jiugai --help``, the server, the first view of the map.

Peers of the same kind in the same run: the help of Flask's own command, a one-page Flask server,
and the layers of the first view read from the plan's GeoPackage and written as GeoJSON, as a map
without a tile worker would send them. Memory is the largest of each process (not on Windows).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNS, QUICK_RUNS = 5, 3
FIRST_VIEW = ("township", "community", "building", "road", "landcover")
PEER_APP = "import flask\napp = flask.Flask(__name__)\napp.get('/')(lambda: 'map')\n"
LONGEST_WAIT_S = 60.0


@dataclass(frozen=True)
class Run:
    """One run: seconds, the process's memory where the system tells it, and what it answered."""

    seconds: float
    mb: float | None
    answer: object


def ended(process: subprocess.Popen[bytes]) -> float | None:
    """Wait for the end of a process; its largest memory in MB where the system tells it."""
    if sys.platform == "win32":
        process.wait()
        return None
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def help_of(*command: str) -> Run:
    """The help of a command from a cold process; the answer is whether it left well."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command, "--help"], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    mb = ended(process)
    return Run(time.perf_counter() - began, mb, process.returncode)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Server:
    """A server in a process of its own; a context that waits for its first answer and ends it."""

    def __init__(self, command: list[str], port: int, page: str, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._page = page
        self._began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, *command], cwd=folder, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        self.mb: float | None = None
        self.seconds = 0.0
        self.status = 0

    def __enter__(self) -> Server:
        while time.perf_counter() - self._began < LONGEST_WAIT_S:
            try:
                with urllib.request.urlopen(self.url + self._page, timeout=30) as answer:
                    answer.read()
                    self.status = answer.status
                break
            except urllib.error.HTTPError as refused:
                self.status = refused.code
                break
            except OSError:
                time.sleep(0.01)
        self.seconds = time.perf_counter() - self._began
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self.mb = ended(self._process)


def our_server(plan: Path) -> Server:
    port = free_port()
    command = ["-m", "app", "serve", str(plan.resolve()), "--port", str(port)]
    return Server(command, port, f"/p/{plan_id(plan)}/", ROOT)


def plan_id(plan: Path) -> str:
    manifest = json.loads((plan / "plan.json").read_text("utf-8"))
    return str(manifest["plan"]["plan_id"])


def start_of(server: Callable[[], Server]) -> Run:
    with server() as running:
        pass
    return Run(running.seconds, running.mb, running.status)


def peer_server(folder: Path) -> Server:
    (folder / "peer_app.py").write_text(PEER_APP, "utf-8")
    port = free_port()
    return Server(
        ["-m", "flask", "--app", "peer_app", "run", "--port", str(port)], port, "/", folder
    )


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        content: bytes = answer.read()
        return (
            gzip.decompress(content)
            if answer.headers.get("Content-Encoding") == "gzip"
            else content
        )


def first_view(url: str, plan: Path) -> Run:
    """All that the first view asks a warm server for; the answer is features by layer."""
    base = f"{url}/p/{plan_id(plan)}"
    began = time.perf_counter()
    for path in ("/", "/api/meta", "/api/summary"):
        fetched(base + path)
    packs = {layer: fetched(f"{base}/api/pack/{layer}") for layer in FIRST_VIEW}
    seconds = time.perf_counter() - began
    return Run(seconds, None, {layer: packed_count(pack) for layer, pack in packs.items()})


def packed_count(pack: bytes) -> int:
    [length] = struct.unpack_from("<I", pack)
    return int(json.loads(pack[4 : 4 + length])["n"])


def peer_view(plan: Path) -> Run:
    """The same layers read with GeoPandas and turned into GeoJSON in longitude and latitude."""
    import geopandas as gpd

    [planning] = sorted(plan.glob("planning-*.gpkg"))[-1:]
    began = time.perf_counter()
    counts = {}
    for layer in FIRST_VIEW:
        frame = gpd.read_file(planning, layer=layer)
        counts[layer] = len(json.loads(frame.to_crs("EPSG:4326").to_json(default=str))["features"])
    return Run(time.perf_counter() - began, None, counts)


def told(work: str, n: int, peer: str, ours: list[Run], peers: list[Run], *, as_json: bool) -> None:
    """One line: medians, their ratio, and whether both gave the same answer."""

    def memory(runs: list[Run]) -> float | None:
        known = [run.mb for run in runs if run.mb is not None]
        return round(statistics.median(known), 1) if known else None

    ours_s = statistics.median(run.seconds for run in ours)
    peer_s = statistics.median(run.seconds for run in peers)
    line = {
        "work": work, "n": n, "peer": peer, "peer_version": version(peer),
        "ours_s": round(ours_s, 3), "peer_s": round(peer_s, 3), "ratio": round(peer_s / ours_s, 3),
        "ours_mb": memory(ours), "peer_mb": memory(peers),
        "equal": all(run.answer == peers[0].answer for run in (*ours, *peers)),
    }  # fmt: skip
    if as_json:
        print(json.dumps(line, ensure_ascii=False), flush=True)
    else:
        print(
            f"{work}: {ours_s:.2f} s, {peer} {peer_s:.2f} s, same answer: {line['equal']}",
            flush=True,
        )


def alternating(
    runs: int, ours: Callable[[], Run], peer: Callable[[], Run]
) -> tuple[list[Run], list[Run]]:
    """Both in turn, after one run of each that is not counted."""
    pairs = [(ours(), peer()) for _ in range(runs + 1)][1:]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def built_plan(folder: Path, *, small: bool) -> Path:
    """The demonstration plan, built by its own script."""
    command = [sys.executable, str(ROOT / "scripts" / "build_demo.py"), "--out", str(folder)]
    subprocess.run([*command, *(["--small"] if small else [])], check=True, cwd=ROOT,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    return next(path.parent for path in folder.rglob("plan.json"))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="the small town, three runs")
    arguments.add_argument("--plan", type=Path, help="a plan of your own instead")
    arguments.add_argument("--json", action="store_true", help="one JSON object a line")
    given = arguments.parse_args()
    runs = QUICK_RUNS if given.quick else RUNS
    with tempfile.TemporaryDirectory(prefix="bench-start-") as name:
        folder = Path(name)
        plan = given.plan or built_plan(folder / "plan", small=given.quick)
        ours, peers = alternating(
            runs, lambda: help_of("-m", "app"), lambda: help_of("-m", "flask")
        )
        told("help", 1, "flask", ours, peers, as_json=given.json)
        ours, peers = alternating(
            runs,
            lambda: start_of(lambda: our_server(plan)),
            lambda: start_of(lambda: peer_server(folder)),
        )
        told("server_start", 1, "flask", ours, peers, as_json=given.json)
        with our_server(plan) as server:
            ours, peers = alternating(
                runs, lambda: first_view(server.url, plan), lambda: peer_view(plan)
            )
        features = ours[0].answer
        assert isinstance(features, dict)
        told("first_view", sum(features.values()), "geopandas", ours, peers, as_json=given.json)


if __name__ == "__main__":
    main()
