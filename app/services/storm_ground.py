"""What was changed in the terrain before water runs over it, as the map and the panel show it."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from app.analysis.storm.changes import REASONS
from app.errors import Language
from app.report.depth_png import marks_png
from app.services.plans import OpenPlan
from app.services.storm import prepared

# By reason: hole, pit, wall, kerb, underpass, culvert, lost, measure.
COLOURS = ("#b08900", "#d9480f", "#5f4b32", "#8d99ae", "#5b4b8a", "#1c7ed6", "#c2255c", "#0f766e")


def ground_told(plan: OpenPlan, language: Language) -> dict[str, Any]:
    """``{image, bounds, reasons, report}``: changed cells by reason, and what the report says.

    Raises
    ------
    AnalysisError
        The plan has no terrain.
    """
    ready = prepared(plan)
    ground = ready.ground
    cells = np.bincount(ground.reason.ravel(), minlength=len(COLOURS) + 1)
    flat = np.append(ground.reason.ravel(), np.uint8(0))
    image = base64.b64encode(marks_png(flat[ready.picture.cells], list(COLOURS))).decode()
    return {
        "image": f"data:image/png;base64,{image}", "bounds": ready.picture.bounds,
        "cell_m": ground.frame.cell_m,
        "reasons": [
            {
                "code": code, "label": words.in_language(language), "colour": COLOURS[code - 1],
                "area_m2": float(cells[code]) * ground.frame.area_m2,
            }
            for code, words in REASONS.items() if cells[code]
        ],
        "report": [line.in_language(language) for line in ground.report],
    }  # fmt: skip
