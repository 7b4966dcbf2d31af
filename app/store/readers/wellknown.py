"""Well-known binary as it lies in delivered files, looked at before it is handed over."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

_ENVELOPE_BYTES = (0, 32, 48, 48, 64)
_FIRST_MULTI, _LAST_MULTI = 4, 7
_MAX_DEPTH = 16
UNREADABLE = b"\x01"  # one byte: no engine reads it, so the row is told as unreadable


def geopackage_wkb(blobs: Sequence[object]) -> list[bytes | None]:
    """The WKB inside GeoPackage blobs: None for an empty cell, one byte for rubbish."""
    result: list[bytes | None] = []
    for blob in blobs:
        # magic, version, flags (bits 1 to 3: kind of envelope, bit 5: extended), srs_id
        if isinstance(blob, bytes) and len(blob) >= 13 and blob[:2] == b"GP":
            envelope = (blob[3] >> 1) & 7
            good = envelope < len(_ENVELOPE_BYTES) and not blob[3] & 0x20
            result.append(blob[8 + _ENVELOPE_BYTES[envelope] :] if good else UNREADABLE)
        else:
            result.append(None if blob is None else UNREADABLE)
    return result


def checked_wkb(blobs: Sequence[bytes | None]) -> list[bytes | None]:
    """The same after a trial of everything that can nest, here where a crash harms nobody."""
    nesting = [n for n, blob in enumerate(blobs) if blob is not None and _nests(blob, 0)]
    result = list(blobs)
    if not nesting:
        return result
    for number in nesting:
        if _depth(blobs[number] or b"") > _MAX_DEPTH:
            result[number] = UNREADABLE
    with np.errstate(invalid="ignore"):
        shapely.from_wkb(np.array([result[n] for n in nesting], object), on_invalid="ignore")
    return result


def _nests(blob: bytes, position: int) -> bool:
    """Whether a multi geometry or collection begins here; ISO adds thousands for Z and M."""
    code = blob[position + 1 : position + 5]
    low = int.from_bytes(code if blob[position : position + 1] == b"\x01" else code[::-1], "little")
    return len(code) == 4 and _FIRST_MULTI <= (low & 0xFFFF) % 1000 <= _LAST_MULTI


def _depth(blob: bytes) -> int:
    """How deep collections open one another from the start."""
    depth = position = 0
    while depth <= _MAX_DEPTH and _nests(blob, position):
        position += 9
        depth += 1
    return depth
