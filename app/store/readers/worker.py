"""The parsing process: limited before anything is opened, then one file is read and it ends.

Started by :mod:`app.store.readers.delivery` with an environment of its own; it is the only place
where GDAL sees foreign bytes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from app.errors import InputFileError, JiugaiError, RefusedFileError, Text
from app.store.readers.handover import Handover


def main() -> int:
    """Read the order from standard input, hand the file over, and return an exit code."""
    order = json.loads(sys.stdin.readline())
    _limit(order["limits"])
    out = Handover(Path(order["folder"]), str(order["file"]))
    try:
        _read(order, out)
        out.done()
    except JiugaiError as error:
        out.refused(error)
    except (MemoryError, RecursionError) as error:
        out.refused(_too_large(out.file, type(error).__name__))
    return 0


def _read(order: dict[str, Any], out: Handover) -> None:
    path, kind, name = Path(order["path"]), str(order["kind"]), str(order["name"])
    max_bytes = int(order["limits"]["unpacked_bytes"])
    if kind == "zip":
        _read_archive(path, out, max_bytes=max_bytes)
    else:
        _read_one(path, kind, out, name=name, max_bytes=max_bytes)


def _read_one(path: Path, kind: str, out: Handover, *, name: str, max_bytes: int) -> None:
    """Import only what the kind needs: a CSV costs no GDAL."""
    if kind == "gpkg":
        from app.store.readers.geopackage import read_geopackage

        read_geopackage(path, out)
    elif kind in ("shapefile", "geojson"):
        from app.store.readers import vector

        vector.assert_few_drivers()
        read = vector.read_shapefile if kind == "shapefile" else vector.read_geojson
        read(path, out, name=name)
    elif kind == "kml":
        from app.store.readers.kml import read_kml

        read_kml(path, out, name=name)
    elif kind == "dxf":
        from app.store.readers.drawing import read_drawing

        read_drawing(path, out, name=name)
    elif kind == "mdb":
        from app.store.readers.access import read_access

        read_access(path, out)
    elif kind == "gdb":
        from app.store.readers.filegdb import read_geodatabases

        read_geodatabases(path, out, max_bytes=max_bytes)
    elif kind in ("tif", "asc", "xyz"):
        from app.store.readers import grid

        read_grid = {"tif": grid.read_geotiff, "asc": grid.read_ascii_grid, "xyz": grid.read_points}
        read_grid[kind](path, out, name=name)
    elif kind == "csv":
        from app.store.readers.tables import read_csv

        read_csv(path, out, name=name)
    else:
        from app.store.readers.workbook import read_workbook

        read_workbook(path, out, max_bytes=max_bytes)


def _read_archive(path: Path, out: Handover, *, max_bytes: int) -> None:
    from app.store.readers.archive import unpack
    from app.store.readers.marks import refuse_marked_names
    from app.store.readers.sniff import ACCEPTED, sniff

    archive = out.file
    members = unpack(path, out.folder, where=archive, max_bytes=max_bytes)
    refuse_marked_names([member.name for member in members], where=archive)
    main_suffixes = (".shp", ".gpkg", ".geojson", ".json", ".kml", ".csv", ".xlsx", ".dxf", ".mdb",
                     ".accdb")  # fmt: skip
    beside = (".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj", ".xml", ".qmd",
              ".txt", ".pdf", ".doc", ".docx", ".jpg", ".jpeg", ".png", ".md", ".lock")  # fmt: skip
    readable = [m for m in members if m.path.suffix in main_suffixes]
    strange = [m for m in members if m.path.suffix not in (*main_suffixes, *beside)]
    if strange:
        raise RefusedFileError(
            Text(
                f"压缩包 {archive} 含有不接收的文件：{strange[0].name}",
                f"archive {archive} holds a file that is not let in: {strange[0].name}",
            ),
            where=archive,
            fix=ACCEPTED,
        )
    if not readable:
        raise InputFileError(
            Text(f"压缩包 {archive} 中没有可读的数据", f"archive {archive} holds no data"),
            where=archive,
            fix=ACCEPTED,
        )
    kinds = [sniff(member.path, name=member.name) for member in readable]
    for member, kind in zip(readable, kinds, strict=True):
        out.file = f"{archive}/{member.name}"
        _read_one(member.path, kind, out, name=Path(member.name).stem, max_bytes=max_bytes)


def _limit(limits: dict[str, Any]) -> None:
    """Memory, time, file size and open files; no network where the system lets us cut it."""
    try:
        import resource
    except ImportError:  # Windows has none of these; the wall clock of the parent holds there
        return
    memory, seconds = int(limits["memory_bytes"]), int(limits["cpu_seconds"])
    written = int(limits["written_bytes"])
    wanted = ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds),
              (resource.RLIMIT_FSIZE, written), (resource.RLIMIT_NOFILE, 128),
              (resource.RLIMIT_CORE, 0))  # fmt: skip
    for kind, value in wanted:
        _, hard = resource.getrlimit(kind)
        top = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (top, top))
    _leave_network()


def _leave_network() -> None:
    """A network of our own with nothing in it: a second wall behind the list of drivers."""
    import ctypes

    new_user, new_network = 0x10000000, 0x40000000
    try:
        unshare = ctypes.CDLL(None, use_errno=True).unshare
    except (OSError, AttributeError):
        return
    if unshare(new_network) != 0:
        unshare(new_user | new_network)


def _too_large(file: str, reason: str) -> InputFileError:
    return InputFileError(
        Text(f"{file} 超出读取所允许的内存或深度", f"{file} needs more memory or depth ({reason})"),
        where=file,
        fix=Text("拆分为较小的文件后导入", "split it into smaller files"),
    )


if __name__ == "__main__":
    sys.exit(main())
