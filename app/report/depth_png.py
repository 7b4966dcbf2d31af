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
