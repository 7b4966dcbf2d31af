"""A grid of water depth as a small picture in the colours of the style table."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from app.schema import styles

# Metres from which each blue stands; below the first nothing is drawn.
DEPTH_STEPS_M = (0.05, 0.15, 0.27, 0.5, 1.0)
_OPACITY = (0, 170, 190, 205, 220, 230)


def depth_colours() -> list[str]:
    """The five blues, from shallow to deep."""
    return [str(one.color) for one in styles.LEGENDS["water_depth"].classes]


def depth_png(depth_m: npt.NDArray[np.float32]) -> bytes:
    """A PNG of one pixel a cell; NaN and dry cells are clear."""
    classes: npt.NDArray[np.uint8] = np.zeros(depth_m.shape, dtype=np.uint8)
    for step in DEPTH_STEPS_M:
        classes += (depth_m >= step).astype(np.uint8)
    palette = [255, 255, 255]
    for colour in depth_colours():
        palette += [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    rows, columns = classes.shape[0], classes.shape[1]
    picture = Image.frombytes("P", (columns, rows), classes.tobytes())
    picture.putpalette(palette)
    out = io.BytesIO()
    picture.save(out, "PNG", transparency=bytes(_OPACITY), compress_level=1, bits=4)
    return out.getvalue()


# Metres of change from which each shade stands; less is not shown.
CHANGE_STEPS_M = (0.02, 0.05, 0.15, 0.3)
_WORSE = ("#f3c6b4", "#e08a6a", "#c14a2a", "#8a1c0e")
_BETTER = ("#b7ddd6", "#6fb8ad", "#2a8a80", "#0b5a55")


def change_colours() -> list[tuple[str, str]]:
    """For each step the colour of deeper and of shallower water."""
    return list(zip(_WORSE, _BETTER, strict=True))


def change_png(change_m: npt.NDArray[np.float32]) -> bytes:
    """A PNG of one pixel a cell: deeper in reds, shallower in greens, no change clear."""
    size = np.zeros(change_m.shape, dtype=np.uint8)
    for step in CHANGE_STEPS_M:
        size += (np.abs(change_m) >= step).astype(np.uint8)
    worse = np.uint8(len(CHANGE_STEPS_M))
    classes: npt.NDArray[np.uint8] = np.where((change_m < 0) & (size > 0), size + worse, size).astype(np.uint8)  # fmt: skip
    return _paletted(classes, [*_WORSE, *_BETTER], opacity=225)


def marks_png(classes: npt.NDArray[np.uint8], colours: list[str]) -> bytes:
    """A PNG of one pixel a cell in the colour of its class; class 0 is clear."""
    return _paletted(classes, colours, opacity=235)


def _paletted(classes: npt.NDArray[np.uint8], colours: list[str], *, opacity: int) -> bytes:
    palette = [255, 255, 255]
    for colour in colours:
        palette += [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    rows, columns = classes.shape
    picture = Image.frombytes("P", (columns, rows), np.ascontiguousarray(classes).tobytes())
    picture.putpalette(palette)
    out = io.BytesIO()
    clear = bytes([0] + [opacity] * len(colours))
    picture.save(out, "PNG", transparency=clear, compress_level=1, bits=4)
    return out.getvalue()
