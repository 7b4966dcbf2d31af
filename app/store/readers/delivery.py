"""Open a delivered file: looked at here, parsed in a fresh process, handed on in chunks."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from app.errors import Finding, InputFileError, RefusedFileError, Text
from app.store.readers.archive import geodatabase_part
from app.store.readers.chunks import Chunk, read_chunk
from app.store.readers.handover import finding_of
from app.store.readers.marks import refuse_marked_names
from app.store.readers.sniff import Kind, sniff

_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_ASCII_GRID_PARTS = (".asc", ".prj")
_PACKAGE_ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Limits:
    """How much one delivery may cost; the upload door gives smaller ones than the command line."""

    file_bytes: int = 4 * 2**30
    unpacked_bytes: int = 2 * 2**30
    memory_bytes: int = 6 * 2**30
    written_bytes: int = 8 * 2**30
    cpu_seconds: int = 900
    wall_seconds: float = 1200.0
    free_disk_factor: float = 3.0


COMMAND_LINE = Limits()
UPLOAD = Limits(
    file_bytes=100 * 2**20, unpacked_bytes=500 * 2**20, memory_bytes=2**30,
    written_bytes=2**30, cpu_seconds=60, wall_seconds=90.0,
)  # fmt: skip


@dataclass(frozen=True)
class DeliveredLayer:
    """One layer or sheet of a delivery, as its file describes it.

    ``unit_m`` is the length of the file's unit in metres, None where coordinates are those of
    their reference system. The rest is told by the step that joins surveys: the layer of the plan
    it is meant for, why rows have no place, and whether the places are in the plan's own system.
    """

    file: str
    name: str
    columns: tuple[str, ...]
    crs: str | None
    has_geometry: bool
    expected_rows: int | None
    encoding: str
    unit_m: float | None = None
    target: str = ""
    unplaced: Mapping[int, Text] = field(default_factory=dict)
    in_plan_crs: bool = False


Event = DeliveredLayer | Chunk | Finding
WAITED_SECONDS = 1.0


class Delivery:
    """A delivered file while it is read; a context that leaves no temporary file behind.

    Iterate :meth:`events` once: each layer is announced, then come its chunks and remarks.
    """

    def __init__(self, path: Path, kind: Kind, *, name: str, limits: Limits) -> None:
        self.path = path
        self.kind = kind
        self.name = name
        self.size = sum(part.stat().st_size for part in _parts(path, kind))
        self._limits = limits
        self._folder = Path(tempfile.mkdtemp(prefix="jiugai-intake-"))
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Delivery:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the parsing process if it still runs and remove what it wrote."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def parts(self) -> list[Path]:
        """The file as delivered; of a shapefile all files of its name that belong to it."""
        return _parts(self.path, self.kind)

    def events(self, on_wait: Callable[[], None] | None = None) -> Iterator[Event]:
        """Layers, chunks and remarks in the order in which the parser meets them.

        ``on_wait`` is called each second in which the parser says nothing: a large file is read
        whole before its first row comes, and whoever asked may want to give up meanwhile.

        Raises
        ------
        InputFileError
            The file is damaged, or parsing it took more than the limits allow.
        RefusedFileError
            The file may not be read.
        """
        process = self._start()
        timer = threading.Timer(self._limits.wall_seconds, process.kill)
        timer.start()
        try:
            yield from self._heard(process, on_wait)
        finally:
            timer.cancel()
            self.close()

    def _heard(
        self, process: subprocess.Popen[str], on_wait: Callable[[], None] | None
    ) -> Iterator[Event]:
        assert process.stdout is not None
        file = self.name
        for line in _lines(process.stdout, on_wait):
            event = json.loads(line)
            if event["event"] == "layer":
                layer = _layer_of(event)
                file = layer.file
                yield layer
            elif event["event"] == "rows":
                path = self._folder / f"c{int(event['chunk']):06d}.bin"
                chunk = read_chunk(path)
                path.unlink()
                yield chunk
            elif event["event"] == "remark":
                yield finding_of(event, file)
            elif event["event"] == "refused":
                raise _refusal(event)
            else:
                return
        process.wait()
        raise InputFileError(
            Text(
                f"读取 {self.name} 时超出时间或内存限制，或读取程序异常结束",
                f"reading {self.name} went over its limits of time or memory, or the parser died",
            ),
            where=self.name,
            fix=Text("检查文件；过大时拆分后导入", "check the file; split it if it is large"),
        )

    def _start(self) -> subprocess.Popen[str]:
        order = {
            "path": str(self._quarantined()), "kind": self.kind, "file": self.name,
            "name": Path(self.name).stem, "folder": str(self._folder),
            "limits": {
                "memory_bytes": self._limits.memory_bytes,
                "cpu_seconds": self._limits.cpu_seconds,
                "written_bytes": self._limits.written_bytes,
                "unpacked_bytes": self._limits.unpacked_bytes,
            },
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "app.store.readers.worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, encoding="utf-8", env=_environment(self.kind), cwd=self._folder,
        )  # fmt: skip
        self._process = process
        assert process.stdin is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.close()
        return process

    def _quarantined(self) -> Path:
        """The file under a name of ours, beside nothing but its own parts."""
        folder = self._folder
        if self.path.is_dir():
            folder /= "delivered.gdb"
            folder.mkdir()
        if self.kind == "gpkg":  # opened as a database, immutable: no driver, no sibling
            return self.path.resolve()
        for part in _parts(self.path, self.kind):
            own = part.name.lower() if self.path.is_dir() else f"delivered{part.suffix.lower()}"
            target = folder / own
            try:
                os.link(part.resolve(), target)
            except OSError:
                shutil.copyfile(part, target)
        return self._folder / f"delivered{self.path.suffix.lower()}"


def _lines(stream: IO[str], on_wait: Callable[[], None] | None) -> Iterator[str]:
    """The lines of a stream; ``on_wait`` is called each second in which none comes."""
    if on_wait is None:
        yield from stream
        return
    heard: queue.SimpleQueue[str] = queue.SimpleQueue()

    def listen() -> None:
        with contextlib.suppress(ValueError):  # closed by whoever gave up
            for line in stream:
                heard.put(line)
        heard.put("")

    threading.Thread(target=listen, daemon=True).start()
    while True:
        try:
            line = heard.get(timeout=WAITED_SECONDS)
        except queue.Empty:
            on_wait()
            continue
        if not line:
            return
        yield line


def open_delivery(path: Path, *, name: str = "", limits: Limits = COMMAND_LINE) -> Delivery:
    """Look at a delivered file and get ready to read it.

    Parameters
    ----------
    path
        The file on this disk; of a shapefile the ``.shp``.
    name
        The name it was delivered under, if it is kept under another one.

    Raises
    ------
    InputFileError
        The file is missing, empty, too large or not what it says; or the disk is nearly full.
    RefusedFileError
        Its kind is not let in, or its name carries a mark of state secrets.
    """
    shown = name or path.name
    refuse_marked_names([shown], where=shown)
    kind = sniff(path, name=shown)
    size = sum(part.stat().st_size for part in _parts(path, kind))
    if size > limits.file_bytes:
        raise RefusedFileError(
            Text(
                f"{shown} 有 {size / 2**20:.0f} MB，超过 {limits.file_bytes / 2**20:.0f} MB",
                f"{shown} has {size / 2**20:.0f} MB, more than {limits.file_bytes / 2**20:.0f} MB",
            ),
            where=shown,
            fix=Text("拆分，或用命令行导入", "split it, or import it on the command line"),
        )
    require_free_disk(Path(tempfile.gettempdir()), int(size * limits.free_disk_factor))
    return Delivery(path, kind, name=shown, limits=limits)


def require_free_disk(folder: Path, needed_bytes: int) -> None:
    """Refuse to begin what would fill the disk.

    Raises
    ------
    InputFileError
        There is less room than needed.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise InputFileError(
            Text(
                f"磁盘空间不足：需要约 {needed_bytes / 2**20:.0f} MB，剩余 {free / 2**20:.0f} MB",
                f"not enough disk: about {needed_bytes / 2**20:.0f} MB needed, "
                f"{free / 2**20:.0f} MB free",
            ),
            where=str(folder),
            fix=Text("清理磁盘后重试", "free some space and try again"),
        )


def _parts(path: Path, kind: Kind) -> list[Path]:
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.is_file() and geodatabase_part(p.name))
    wanted = {"shapefile": _SHAPEFILE_PARTS, "asc": _ASCII_GRID_PARTS}.get(kind)
    if wanted is None:
        return [path]
    beside = {p.suffix.lower(): p for p in path.parent.glob(f"{_escaped(path.stem)}.*")}
    beside[path.suffix.lower()] = path
    return [beside[suffix] for suffix in wanted if suffix in beside]


def _escaped(stem: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in stem)


@cache
def _skipped_drivers(kind: Kind) -> str:
    """All drivers of this GDAL but the allowed ones: an allow-list, so a new driver stays out."""
    import pyogrio

    from app.store.readers.filegdb import GEODATABASE_DRIVERS
    from app.store.readers.vector import ALLOWED_DRIVERS

    allowed = GEODATABASE_DRIVERS if kind == "gdb" else ALLOWED_DRIVERS
    return ",".join(sorted(set(pyogrio.list_drivers()) - allowed))


def _environment(kind: Kind) -> dict[str, str]:
    """Nothing of ours: no proxy, no credentials, no settings of GDAL but these."""
    kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH", "LANG")
    environment = {key: os.environ[key] for key in kept if key in os.environ}
    return environment | {
        "PYTHONPATH": str(_PACKAGE_ROOT),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GDAL_SKIP": _skipped_drivers(kind)
        if kind in ("shapefile", "geojson", "zip", "gdb")
        else "",
        "GDAL_HTTP_TIMEOUT": "1",
        "GDAL_HTTP_CONNECTTIMEOUT": "1",
        "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
        "GDAL_PAM_ENABLED": "NO",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
        "CPL_VSIL_CURL_USE_HEAD": "NO",
        "OGR_GEOJSON_MAX_OBJ_SIZE": "10",
        "SHAPE_RESTORE_SHX": "YES",
        "PROJ_NETWORK": "OFF",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _layer_of(event: dict[str, Any]) -> DeliveredLayer:
    rows = event["expected_rows"]
    return DeliveredLayer(
        file=str(event["file"]),
        name=str(event["name"]),
        columns=tuple(map(str, event["columns"])),
        crs=None if event["crs"] is None else str(event["crs"]),
        has_geometry=bool(event["has_geometry"]),
        expected_rows=None if rows is None else int(rows),
        encoding=str(event["encoding"]),
        unit_m=None if event["unit_m"] is None else float(event["unit_m"]),
    )


def _refusal(event: dict[str, Any]) -> InputFileError:
    kind = RefusedFileError if event["kind"] == "refused_file" else InputFileError
    return kind(
        Text(*map(str, event["message"])),
        where=str(event["where"]),
        fix=Text(*map(str, event["fix"])),
    )
