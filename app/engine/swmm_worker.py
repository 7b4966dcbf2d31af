"""The process in which EPA SWMM runs: its engine has globals, so each model gets a process.

Started by :mod:`app.engine.swmm` in a folder that holds ``model.inp``; reads frames (a length and
bytes) from its standard input and answers each with one. It imports nothing of the package.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import struct
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from swmm.toolkit import shared_enum, solver

_LENGTH = struct.Struct("<I")
_SECONDS_A_DAY = 86400.0
# The engine counts its clock in days; a tenth of a millisecond is below its rounding.
_EARLY_S = 1e-4
# What came up is asked of full nodes each time and of all now and then: volumes add up, so none
# is lost, and asking costs more than a step.
_NEAR_RIM_M, _ALL_EVERY = 0.3, 12
# A head below its rim changes nothing on the surface, so those that are far below are asked for
# now and then: a drain that rises by more than this meanwhile is seen as full some seconds late.
_FAR_BELOW_M, _HEADS_EVERY = 1.0, 6
MODEL, REPORT, RESULTS = "model.inp", "model.rpt", "model.out"


def read_frame(stream: BinaryIO) -> bytes:
    """The next frame; empty at the end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return b""
    return stream.read(_LENGTH.unpack(head)[0])


def write_frame(stream: BinaryIO, content: bytes) -> None:
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


class _NodeStats(ctypes.Structure):
    """The first fields of the toolkit's statistics of a node, and room for what follows."""

    _fields_ = (
        *((name, ctypes.c_double) for name in (
            "avgDepth", "maxDepth", "maxDepthDate", "maxRptDepth", "volFlooded", "timeFlooded",
            "timeSurcharged", "timeCourantCritical", "totLatFlow",
        )),
        ("rest", ctypes.c_double * 32),
    )  # fmt: skip


class _CameUp:
    """Volumes that came up at nodes since the start.

    The toolkit makes an object for each question, twenty times as slow as its library fills one
    structure again and again. That is done where the library is found beside the toolkit, and each
    time held against the toolkit at one node: where they differ, the toolkit alone is asked.
    """

    _CHECKED = ("maxDepth", "volFlooded", "totLatFlow")

    def __init__(self) -> None:
        self._fill = _of_library("swmm_getNodeStats", (ctypes.c_int, ctypes.c_void_p), ctypes.c_int)
        self._held = _NodeStats()

    def of(self, nodes: Sequence[int]) -> np.ndarray:
        if self._fill is not None and nodes and not self._agrees(nodes[0]):
            self._fill = None
        if self._fill is None:
            return np.array([solver.node_get_stats(one).volFlooded for one in nodes], dtype=float)
        volumes, place = np.empty(len(nodes)), ctypes.byref(self._held)
        for at, one in enumerate(nodes):
            self._fill(one, place)
            volumes[at] = self._held.volFlooded
        return volumes

    def _agrees(self, node: int) -> bool:
        assert self._fill is not None
        told = solver.node_get_stats(node)
        failed = self._fill(node, ctypes.byref(self._held))
        return not failed and all(
            getattr(self._held, name) == getattr(told, name) for name in self._CHECKED
        )


class _Heads:
    """Heads at nodes, by the engine's own interface where it says the same as the toolkit."""

    def __init__(self) -> None:
        self._value = _of_library("swmm_getValue", (ctypes.c_int, ctypes.c_int), ctypes.c_double)

    def of(self, nodes: Sequence[int]) -> np.ndarray:
        if self._value is not None and nodes and not self._agrees(nodes[0]):
            self._value = None
        if self._value is None:
            return np.array([solver.node_get_result(one, _HEAD) for one in nodes], dtype=float)
        return np.fromiter(map(self._value, repeat(_NODE_HEAD), nodes), float, len(nodes))

    def _agrees(self, node: int) -> bool:
        assert self._value is not None
        return bool(self._value(_NODE_HEAD, node) == solver.node_get_result(node, _HEAD))


_NODE_HEAD = 304  # swmm_NODE_HEAD of the engine's swmm5.h
_HEAD = shared_enum.NodeResult.HEAD.value


def _of_library(name: str, takes: tuple[Any, ...], gives: Any) -> Callable[..., Any] | None:
    """A function of the very library that the toolkit has loaded; None where it is not found."""
    file = {"win32": "swmm5.dll", "darwin": "libswmm5.dylib"}.get(sys.platform, "libswmm5.so")
    try:
        found = getattr(ctypes.CDLL(str(Path(solver.__file__).with_name(file))), name)
    except (OSError, AttributeError):
        return None
    found.argtypes, found.restype = takes, gives
    asked: Callable[..., Any] = found
    return asked


class _Engine:
    """One model that is open; exchanged nodes are those whose water the caller moves."""

    def __init__(self, asked: dict[str, Any]) -> None:
        solver.swmm_open(MODEL, REPORT, RESULTS)
        node, link = shared_enum.ObjectType.NODE.value, shared_enum.ObjectType.LINK.value
        self.nodes = [solver.project_get_index(node, name) for name in asked["nodes"]]
        self.links = [solver.project_get_index(link, name) for name in asked["links"]]
        self.exchanged = [solver.project_get_index(node, name) for name in asked["exchanged"]]
        solver.swmm_start(1 if asked.get("keep_results") else 0)
        self.now_s = 0.0
        self._flow = np.zeros(len(self.exchanged))
        self._flooded = np.zeros(len(self.exchanged))
        self._rims = np.array([_rim_m(one) for one in self.exchanged])
        self._last = np.full(len(self.exchanged), -np.inf)
        self._reads = 0
        self._came_up, self._heads = _CameUp(), _Heads()
        self._is_over = False

    def advance(self, until_s: float, flow: np.ndarray) -> bytes:
        """Route until a time with these inflows; time, heads and volumes that came up since."""
        self._set(flow)
        while not self._is_over and self.now_s < until_s - _EARLY_S:
            self._step()
        heads, rising = self._read()
        return np.concatenate([[self.now_s], heads, rising]).tobytes()

    def _step(self) -> None:
        days = solver.swmm_step()
        self._is_over = days <= 0.0
        if not self._is_over:
            self.now_s = days * _SECONDS_A_DAY

    def _set(self, flow: np.ndarray) -> None:
        for at in np.flatnonzero(flow != self._flow).tolist():
            solver.node_set_total_inflow(self.exchanged[at], float(flow[at]))
        self._flow = flow.copy()

    def _read(self) -> tuple[np.ndarray, np.ndarray]:
        asked = self._last > self._rims - _FAR_BELOW_M
        if self._reads % _HEADS_EVERY == 0:
            asked[:] = True
        places = np.flatnonzero(asked)
        self._last[places] = self._heads.of([self.exchanged[at] for at in places.tolist()])
        heads = self._last.copy()
        rising = np.zeros(len(heads))
        self._reads += 1
        near = heads > self._rims - _NEAR_RIM_M
        if self._reads % _ALL_EVERY == 0:
            near[:] = True
        places = np.flatnonzero(near)
        volumes = self._came_up.of([self.exchanged[at] for at in places.tolist()])
        rising[places] = volumes - self._flooded[places]
        self._flooded[places] = volumes
        return heads, rising

    def end(self) -> dict[str, Any]:
        """What the run found; the model is closed."""
        nodes = [solver.node_get_stats(one) for one in self.nodes]
        links = [solver.link_get_stats(one) for one in self.links]
        answer: dict[str, Any] = {
            "seconds": self.now_s,
            "nodes": {
                "depth_max_m": [one.maxDepth for one in nodes],
                "flood_m3": [one.volFlooded for one in nodes],
                "flood_h": [one.timeFlooded for one in nodes],
            },
            "links": {
                "flow_max": [one.maxFlow for one in links],
                "depth_max_m": [one.maxDepth for one in links],
                "full_h": [one.timeSurcharged for one in links],
                "velocity_max": [one.maxVeloc for one in links],
                "over_h": [one.timeFullFlow for one in links],
            },
        }
        # The engine tells its totals only while it runs, its continuity only when it has ended.
        routing, runoff = solver.system_get_routing_totals(), solver.system_get_runoff_totals()
        answer["routing"] = _figures(routing, _ROUTING)
        answer["runoff"] = _figures(runoff, _RUNOFF)
        solver.swmm_end()
        answer["continuity"] = [float(value) for value in solver.swmm_get_mass_balance()]
        solver.swmm_report()
        solver.swmm_close()
        return answer


_ROUTING = (
    "dwInflow", "wwInflow", "gwInflow", "iiInflow", "exInflow", "flooding", "outflow", "evapLoss",
    "seepLoss", "initStorage", "finalStorage",
)  # fmt: skip
_RUNOFF = ("rainfall", "evap", "infil", "runoff", "initStorage", "finalStorage")


def _rim_m(node: int) -> float:
    invert, deep = shared_enum.NodeProperty.INVERT_ELEVATION, shared_enum.NodeProperty.FULL_DEPTH
    return float(sum(solver.node_get_parameter(node, one.value) for one in (invert, deep)))


def _figures(totals: Any, names: Sequence[str]) -> dict[str, float]:
    return {name: float(getattr(totals, name)) for name in names}


def _faults() -> list[str]:
    """The lines of the engine's report that name an error; it is written when the model closes."""
    with contextlib.suppress(Exception):
        solver.swmm_close()
    report = Path(REPORT)
    if not report.exists():
        return []
    lines = report.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.strip() for line in lines if "ERROR" in line][:20]


def _guarded(ask: Callable[[], bytes]) -> tuple[bytes, bool]:
    """The answer, or the engine's complaint; whether the engine may be asked again."""
    try:
        return b"." + ask(), True
    except Exception as problem:  # noqa: BLE001 - whatever the engine says goes to the caller
        told = {"error": str(problem), "lines": _faults()}
        return b"!" + json.dumps(told).encode(), False


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer frames until the run is ended: o(pen), a(dvance), e(nd)."""
    engine: _Engine | None = None
    is_sound = True
    while is_sound:
        frame = read_frame(source)
        if not frame:
            return
        kind, content = frame[:1], frame[1:]
        if kind == b"o":
            opened: list[_Engine] = []
            answer, is_sound = _guarded(partial(_opened, content, opened))
            engine = opened[0] if opened else None
        else:
            assert engine is not None
            answer, is_sound = _guarded(_asked(engine, kind, content))
        write_frame(sink, answer)
        if kind == b"e":
            return


def _opened(content: bytes, into: list[_Engine]) -> bytes:
    into.append(_Engine(json.loads(content)))
    return b""


def _asked(engine: _Engine, kind: bytes, content: bytes) -> Callable[[], bytes]:
    def advance() -> bytes:
        values = np.frombuffer(content, dtype=np.float64)
        return engine.advance(float(values[0]), values[1:])

    def end() -> bytes:
        return json.dumps(engine.end()).encode()

    return {b"a": advance, b"e": end}[kind]


def main() -> None:
    # The engine may print; what it prints must not mix with the answers.
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
