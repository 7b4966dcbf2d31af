"""A file that leaves the house is read once more by another library before it is given out.

The plan's files are written by our own SQL. Whoever receives one opens it with GDAL, so fiona
(GDAL's reader with layer schemas) counts its layers, rows and columns and reads every geometry
first; a file that it sees otherwise is not handed over. It looks from a process of its own: two
SQLite libraries in one process do not see each other's locks.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.errors import PlanError, Text

_SECONDS = 600
_READER = Path(__file__).resolve().with_name("second_reader.py")


@dataclass(frozen=True)
class Seen:
    """One layer as the second reader sees it."""

    rows: int
    columns: frozenset[str]
    epsg: int | None


def look(path: Path) -> dict[str, Seen]:
    """Every spatial layer of a GeoPackage as fiona reads it, geometries included.

    Raises
    ------
    PlanError
        The second reader cannot read the file.
    """
    answer = subprocess.run(
        [sys.executable, "-I", str(_READER), str(path.resolve())],
        capture_output=True, text=True, encoding="utf-8", timeout=_SECONDS, check=False,
    )  # fmt: skip
    if answer.returncode != 0:
        raise _unlike(path, answer.stderr.strip().splitlines()[-1:] or ["?"])
    return {
        name: Seen(held["rows"], frozenset(held["columns"]), held["epsg"])
        for name, held in json.loads(answer.stdout).items()
    }


def require_same(path: Path, expected: Mapping[str, Seen]) -> None:
    """Refuse a file that the second reader sees otherwise.

    Raises
    ------
    PlanError
        Layers, rows, columns or the reference system differ; all differences are named.
    """
    found = look(path)
    faults = [
        f"{name}: {found.get(name)} != {wanted}"
        for name, wanted in expected.items()
        if found.get(name) != wanted
    ]
    faults += [f"{name}: not expected" for name in sorted(set(found) - set(expected))]
    if faults:
        raise _unlike(path, faults)


def _unlike(path: Path, faults: list[str]) -> PlanError:
    listed = "; ".join(faults)
    return PlanError(
        Text(
            f"导出的文件未通过第二种程序的核对：{listed}",
            f"the exported file does not pass the second reader: {listed}",
        ),
        where=str(path),
        fix=Text(
            "未交付任何文件；请运行 jiugai check 检查方案",
            "nothing was handed out; run jiugai check on the plan",
        ),
    )
