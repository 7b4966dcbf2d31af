"""Where a GeoJSON file that the driver refused is at fault: the place in the text, or the feature."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

_MOST_BYTES = 50 * 2**20


def geojson_fault(path: Path) -> str:
    """The line and column where the text breaks off, or the first feature with an endless number.

    Nothing where neither is found, or where the file is too large to be read a second time.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            return ""
        content = json.loads(path.read_text("utf-8-sig", errors="replace"))
    except json.JSONDecodeError as problem:
        return f"line {problem.lineno}, column {problem.colno}: {problem.msg}"
    except (OSError, RecursionError):
        return ""
    features = content.get("features") if isinstance(content, dict) else None
    for number, feature in enumerate(features if isinstance(features, list) else [], start=1):
        shape = feature.get("geometry") if isinstance(feature, dict) else None
        if isinstance(shape, dict) and not all(map(math.isfinite, _numbers(shape))):
            return f"feature {number}, geometry: NaN, Infinity"
    return ""


def _numbers(shape: dict[str, object]) -> Iterator[float]:
    waiting: list[object] = [shape.get("coordinates")]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, float):
            yield item
