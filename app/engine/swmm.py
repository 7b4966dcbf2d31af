"""EPA SWMM in a process of its own: opened with a model, asked step by step, and ended."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from app.analysis.sewers.engine import Advanced, Answer, Totals
from app.engine.swmm_worker import MODEL, read_frame, write_frame
from app.errors import AnalysisError, Text

Floats = npt.NDArray[np.float64]
_WORKER = Path(__file__).with_name("swmm_worker.py")
_SHOWN_FAULTS = 5
# The toolkit tells what pipes hold in cubic feet, whatever the units of the model.
_CUBIC_FOOT_M3 = 0.3048**3


class SwmmEngine:
    """Opens each model in a fresh process and a folder of its own.

    The process works in that folder and names its files without it: the engine cannot open paths
    beyond ASCII on every system.
    """

    def open(
        self,
        text: str,
        *,
        nodes: Sequence[str],
        links: Sequence[str],
        exchanged: Sequence[str] = (),
    ) -> SwmmSession:
        """A session of the model; names are those of its text.

        Raises
        ------
        AnalysisError
            The engine does not take the model; its own words are told.
        """
        folder = Path(tempfile.mkdtemp(prefix="jiugai-swmm-"))
        try:
            (folder / MODEL).write_text(text, encoding="utf-8", newline="\n")
            return SwmmSession(folder, nodes, links, exchanged)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


class SwmmSession:
    """A running engine; a context that ends its process and removes its files."""

    def __init__(
        self, folder: Path, nodes: Sequence[str], links: Sequence[str], exchanged: Sequence[str]
    ) -> None:
        self._folder = folder
        self._many = len(exchanged)
        # -P: the folder of the worker must not stand before the libraries that it imports.
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_WORKER)],
            cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        asked = {"nodes": list(nodes), "links": list(links), "exchanged": list(exchanged)}
        try:
            self._write(b"o" + json.dumps(asked).encode())
            self._read()
        except BaseException:
            self._stop()
            raise

    def send(self, until_s: float, inflow_m3_s: Floats) -> None:
        """Begin a stretch of time; the engine works while the caller does something else."""
        values = np.concatenate([[until_s], inflow_m3_s]).astype(np.float64)
        self._write(b"a" + values.tobytes())

    def receive(self) -> Advanced:
        """Wait for the end of the stretch.

        Raises
        ------
        AnalysisError
            The engine gave up; its own words are told.
        """
        values = np.frombuffer(self._read(), dtype=np.float64)
        return Advanced(float(values[0]), values[1 : 1 + self._many], values[1 + self._many :])

    def end(self) -> Answer:
        """What the whole run found."""
        self._write(b"e")
        return _answer(json.loads(self._read()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, content: bytes) -> None:
        assert self._process.stdin is not None
        try:
            write_frame(self._process.stdin, content)  # type: ignore[arg-type]
        except OSError:
            raise _ended() from None

    def _read(self) -> bytes:
        assert self._process.stdout is not None
        frame = read_frame(self._process.stdout)  # type: ignore[arg-type]
        if not frame:
            raise _ended()
        if frame[:1] == b"!":
            raise _refused(json.loads(frame[1:]))
        return frame[1:]

    def _stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait()


def _answer(told: dict[str, Any]) -> Answer:
    nodes, links = told["nodes"], told["links"]

    def array(values: Sequence[float]) -> Floats:
        return np.asarray(values, dtype=np.float64)

    return Answer(
        seconds=told["seconds"],
        node_depth_m=array(nodes["depth_max_m"]),
        node_flood_m3=array(nodes["flood_m3"]),
        node_flood_min=60.0 * array(nodes["flood_h"]),
        link_flow_m3_s=np.abs(array(links["flow_max"])),
        link_velocity_m_s=array(links["velocity_max"]),
        link_depth_m=array(links["depth_max_m"]),
        link_full_min=60.0 * array(links["full_h"]),
        link_over_min=60.0 * array(links["over_h"]),
        totals=_totals(told),
    )


def _totals(told: dict[str, Any]) -> Totals:
    # Without subcatchments the engine divides by no area.
    runoff = {name: 0.0 if math.isnan(value) else value for name, value in told["runoff"].items()}
    routing = told["routing"]
    inflow = sum(routing[name] for name in ("dwInflow", "wwInflow", "gwInflow", "iiInflow", "exInflow"))  # fmt: skip
    runoff_error, flow_error, _ = told["continuity"]
    return Totals(
        inflow_m3=inflow,
        outflow_m3=routing["outflow"],
        flooded_m3=routing["flooding"],
        stored_m3=(routing["finalStorage"] - routing["initStorage"]) * _CUBIC_FOOT_M3,
        continuity=flow_error / 100.0,
        runoff_continuity=runoff_error / 100.0,
        rain_mm=runoff["rainfall"],
        soaked_mm=runoff["infil"] + runoff["evap"],
        held_mm=runoff["finalStorage"] - runoff["initStorage"],
    )


def _refused(told: dict[str, Any]) -> AnalysisError:
    words = "; ".join(told["lines"][:_SHOWN_FAULTS] or [told["error"]])
    return AnalysisError(
        Text(f"EPA SWMM 不能计算该模型：{words}", f"EPA SWMM cannot run the model: {words}"),
        where="SWMM",
        fix=Text("按所列对象检查管线与管点", "check the pipes and nodes that are named"),
    )


def _ended() -> AnalysisError:
    return AnalysisError(
        Text("EPA SWMM 进程意外结束", "the process of EPA SWMM ended"),
        where="SWMM",
        fix=Text("减小计算步长后重算；仍失败请导出 .inp 检查", "run again with a shorter step; or export the .inp and look at it"),
    )  # fmt: skip
