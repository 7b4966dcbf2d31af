"""Columns of rows in one flat file: how the parsing process hands its result over.

Plain buffers behind a JSON header: no pickle, so a parser that a hostile file took over can hand
over wrong figures but no code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import InputFileError, Text

_SAFE_INT = 2**53
_SEPARATOR = "\x00"


@dataclass(frozen=True)
class Chunk:
    """Some rows of one delivered layer.

    ``numbers`` are the row numbers as the deliverer sees them; ``wkb`` holds bytes or None.
    Numbers with gaps are floats with NaN, texts are objects with None.
    """

    numbers: NDArray[np.int64]
    columns: Mapping[str, NDArray[Any]]
    wkb: NDArray[np.object_] | None


def write_chunk(
    path: Path,
    numbers: Sequence[int] | NDArray[np.int64],
    columns: Mapping[str, Sequence[object] | NDArray[Any]],
    wkb: Sequence[bytes | None] | None,
) -> None:
    """Write the rows; every column has as many values as there are numbers."""
    buffers: list[bytes] = [np.asarray(numbers, np.int64).tobytes()]
    heads: list[dict[str, object]] = []
    for name, values in columns.items():
        kind, parts = _packed(values)
        heads.append({"name": name, "kind": kind, "bytes": [len(part) for part in parts]})
        buffers += parts
    if wkb is not None:
        sizes = np.fromiter((0 if b is None else len(b) for b in wkb), np.int64, len(wkb))
        parts = [sizes.tobytes(), b"".join(b for b in wkb if b is not None)]
        heads.append({"name": "", "kind": "wkb", "bytes": [len(part) for part in parts]})
        buffers += parts
    head = json.dumps({"rows": len(numbers), "columns": heads}, ensure_ascii=False).encode()
    with path.open("wb") as stream:
        stream.write(len(head).to_bytes(4, "little") + head)
        stream.writelines(buffers)


def read_chunk(path: Path) -> Chunk:
    """The rows of the file.

    Raises
    ------
    InputFileError
        The file is not whole.
    """
    content = memoryview(path.read_bytes())
    try:
        length = int.from_bytes(content[:4], "little")
        head = json.loads(bytes(content[4 : 4 + length]))
        return _unpacked(head, content[4 + length :])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputFileError(
            Text("读取过程的中间文件不完整", "the hand-over file of the reader is not whole"),
            where=path.name,
            fix=Text("重新导入；检查磁盘空间", "import again; check the free disk space"),
        ) from error


def _packed(values: Sequence[object] | NDArray[Any]) -> tuple[str, list[bytes]]:
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
        return "int", [values.astype(np.int64).tobytes(), b""]
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        return "float", [values.astype(np.float64).tobytes()]
    if isinstance(values, np.ndarray) and values.dtype.kind == "b":
        return "bool", [values.tobytes(), b""]
    kinds = set(map(type, values))
    gaps = type(None) in kinds
    kinds.discard(type(None))
    if kinds <= {str}:
        return _packed_text(values, gaps=gaps)
    if kinds == {bool}:
        flags = bytes(bool(v) for v in values)
        return "bool", [flags, _mask(values) if gaps else b""]
    if kinds == {int} and all(v is None or abs(v) < _SAFE_INT for v in values):  # type: ignore[arg-type]
        whole = np.fromiter((0 if v is None else v for v in values), np.int64, len(values))
        return "int", [whole.tobytes(), _mask(values) if gaps else b""]
    if kinds <= {int, float}:
        filled = (np.nan if v is None else float(v) for v in values)  # type: ignore[arg-type]
        return "float", [np.fromiter(filled, np.float64, len(values)).tobytes()]
    return _packed_text([None if v is None else str(v) for v in values], gaps=True)


def _packed_text(values: Sequence[Any] | NDArray[Any], *, gaps: bool) -> tuple[str, list[bytes]]:
    texts = ["" if v is None else v for v in values] if gaps else values
    joined = _SEPARATOR.join(texts)
    if joined.count(_SEPARATOR) != max(len(values) - 1, 0):
        joined = _SEPARATOR.join(t.replace(_SEPARATOR, "") for t in texts)
    return "text", [joined.encode("utf-8", "replace"), _mask(values) if gaps else b""]


def _mask(values: Sequence[object] | NDArray[Any]) -> bytes:
    return bytes(v is None for v in values)


def _unpacked(head: Mapping[str, Any], content: memoryview) -> Chunk:
    rows, position = int(head["rows"]), 0

    def take(size: int) -> memoryview:
        nonlocal position
        if size < 0 or position + size > len(content):
            raise ValueError("buffer runs over the end")
        part = content[position : position + size]
        position += size
        return part

    numbers = np.frombuffer(take(rows * 8), np.int64)
    columns: dict[str, NDArray[Any]] = {}
    wkb = None
    for column in head["columns"]:
        parts = [take(int(size)) for size in column["bytes"]]
        if column["kind"] == "wkb":
            wkb = _blobs(parts, rows)
        else:
            columns[str(column["name"])] = _values(str(column["kind"]), parts, rows)
    return Chunk(numbers, columns, wkb)


def _blobs(parts: Sequence[memoryview], rows: int) -> NDArray[np.object_]:
    sizes = np.frombuffer(parts[0], np.int64)
    ends = np.cumsum(sizes)
    if len(sizes) != rows or (sizes < 0).any() or (rows and ends[-1] != len(parts[1])):
        raise ValueError("sizes of geometries do not add up")
    body = bytes(parts[1])
    blobs = np.empty(rows, object)
    starts = (ends - sizes).tolist()
    blobs[:] = [
        body[start:end] if end > start else None
        for start, end in zip(starts, ends.tolist(), strict=True)
    ]
    return blobs


def _values(kind: str, parts: Sequence[memoryview], rows: int) -> NDArray[Any]:
    if kind == "float":
        return _whole(np.frombuffer(parts[0], np.float64), rows)
    gaps = np.frombuffer(parts[1], np.bool_) if len(parts[1]) else None
    if kind == "int":
        whole = _whole(np.frombuffer(parts[0], np.int64), rows)
        return whole if gaps is None else np.where(gaps, np.nan, whole.astype(float))
    if kind == "bool":
        flags = _whole(np.frombuffer(parts[0], np.bool_), rows)
        if gaps is None:
            return flags
        answers = flags.astype(object)
        answers[gaps] = None
        return answers
    texts = np.empty(rows, object)
    texts[:] = str(parts[0], "utf-8").split(_SEPARATOR) if rows else []
    if gaps is not None:
        texts[gaps] = None
    return texts


def _whole(values: NDArray[Any], rows: int) -> NDArray[Any]:
    if len(values) != rows:
        raise ValueError("a column is short")
    return values
