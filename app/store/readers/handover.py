"""What a parser of one format says while it reads: layers, rows in chunks, remarks."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import Finding, JiugaiError, RefusedFileError, Severity, Text
from app.store.readers.chunks import write_chunk
from app.store.readers.marks import is_level_column, refuse_marked_cells, refuse_marked_names

CHUNK_ROWS = 50_000
MAX_COLUMNS = 500


class Handover:
    """Writes chunks into a folder and one JSON line per event to standard output.

    Every name and every cell of a 密级 column passes here, so marks of state secrets are met
    whatever the format.
    """

    def __init__(self, folder: Path, file: str) -> None:
        self.folder = folder
        self.file = file
        self._layers = 0
        self._chunks = 0
        self._name = ""

    def layer(
        self,
        name: str,
        columns: Sequence[str],
        *,
        crs: str | None = None,
        has_geometry: bool,
        expected_rows: int | None = None,
        encoding: str = "",
        unit_m: float | None = None,
    ) -> None:
        """The next layer; the chunks and remarks that follow are about it."""
        refuse_marked_names([name, *columns], where=self.file)
        if len(columns) > MAX_COLUMNS:
            raise too_many_columns(self.file, name, len(columns))
        self._layers += 1
        self._name = name
        self._say(
            event="layer", file=self.file, name=name, columns=list(columns), crs=crs,
            has_geometry=has_geometry, expected_rows=expected_rows, encoding=encoding,
            unit_m=unit_m,
        )  # fmt: skip

    def rows(
        self,
        numbers: Sequence[int] | NDArray[np.int64],
        columns: Mapping[str, Sequence[object] | NDArray[Any]],
        wkb: Sequence[bytes | None] | None = None,
    ) -> None:
        """Some rows of the present layer."""
        for name, values in columns.items():
            if is_level_column(name):
                refuse_marked_cells(
                    values, where=self.file, column=f"{self._name}.{name}", rows=list(numbers)
                )
        path = self.folder / f"c{self._chunks:06d}.bin"
        write_chunk(path, numbers, columns, wkb)
        self._chunks += 1
        self._say(event="rows", chunk=self._chunks - 1, rows=len(numbers))

    def remark(
        self, code: str, severity: str, message: Text, fix: Text, *, row: str = "", column: str = ""
    ) -> None:
        """A finding about the file or the present layer."""
        self._say(
            event="remark", code=code, severity=severity, message=[message.zh, message.en],
            fix=[fix.zh, fix.en], layer=self._name, row=row, column=column,
        )  # fmt: skip

    def refused(self, error: JiugaiError) -> None:
        """The end: the file cannot or may not be read."""
        self._say(
            event="refused", kind=error.code, message=[error.message.zh, error.message.en],
            where=error.where, fix=[error.fix.zh, error.fix.en],
        )  # fmt: skip

    def done(self) -> None:
        self._say(event="done")

    @staticmethod
    def _say(**event: object) -> None:
        sys.stdout.write(json.dumps(event, ensure_ascii=True, allow_nan=False) + "\n")
        sys.stdout.flush()


def too_many_columns(file: str, layer: str, count: int) -> JiugaiError:
    return RefusedFileError(
        Text(
            f"{file} 的 {layer} 有 {count} 个字段，超过 {MAX_COLUMNS} 个",
            f"{layer} of {file} has {count} columns, more than {MAX_COLUMNS}",
        ),
        where=f"{file}:{layer}",
        fix=Text("只保留需要的字段", "keep only the columns that are needed"),
    )


def finding_of(event: Mapping[str, Any], file: str) -> Finding:
    """The finding that a remark tells of."""
    severities: dict[object, Severity] = {"error": "error", "warning": "warning"}
    severity = severities.get(event["severity"], "info")
    return Finding(
        str(event["code"]), severity, Text(*map(str, event["message"])),
        Text(*map(str, event["fix"])), layer=str(event["layer"]), row=str(event["row"]),
        column=str(event["column"]), file=file,
    )  # fmt: skip
