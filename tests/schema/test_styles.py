"""Classes of one legend stay apart for every eye, and the style table only names what exists."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

from app.schema import LAYERS
from app.schema.styles import LAYER_STYLES, LEGENDS

WORDS = Path(__file__).parents[2] / "app/web/static/i18n"
# Viénot, Brettel and Mollon 1999: what a deuteranope sees of a linear RGB colour.
LMS = np.array(
    [[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]]
)
DEUTERANOPE = np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]])
SRGB_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750],
     [0.0193339, 0.1191920, 0.9503041]]
)  # fmt: skip
WHITE = SRGB_TO_XYZ @ np.ones(3)


def linear(color: str) -> np.ndarray:
    value = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def as_deuteranope(rgb: np.ndarray) -> np.ndarray:
    return np.clip(np.linalg.inv(LMS) @ (DEUTERANOPE @ (LMS @ rgb)), 0, 1)


def lab(rgb: np.ndarray) -> tuple[float, float, float]:
    ratio = (SRGB_TO_XYZ @ rgb) / WHITE
    x, y, z = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def delta_e00(one: tuple[float, float, float], two: tuple[float, float, float]) -> float:
    """CIEDE2000 after Sharma, Wu and Dalal 2005."""
    (l1, a1, b1), (l2, a2, b2) = one, two
    c7 = ((math.hypot(a1, b1) + math.hypot(a2, b2)) / 2) ** 7
    g = 0.5 * (1 - math.sqrt(c7 / (c7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    dh = 0.0 if not c1 * c2 else (h2 - h1 + 180) % 360 - 180
    big_h = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(dh / 2))
    l_mean, c_mean = (l1 + l2) / 2, (c1 + c2) / 2
    if not c1 * c2:
        h_mean = h1 + h2
    elif abs(h1 - h2) <= 180:
        h_mean = (h1 + h2) / 2
    else:
        h_mean = (h1 + h2 + (360 if h1 + h2 < 360 else -360)) / 2
    t = (
        1
        - 0.17 * math.cos(math.radians(h_mean - 30))
        + 0.24 * math.cos(math.radians(2 * h_mean))
        + 0.32 * math.cos(math.radians(3 * h_mean + 6))
        - 0.20 * math.cos(math.radians(4 * h_mean - 63))
    )
    s_l = 1 + 0.015 * (l_mean - 50) ** 2 / math.sqrt(20 + (l_mean - 50) ** 2)
    s_c, s_h = 1 + 0.045 * c_mean, 1 + 0.015 * c_mean * t
    turn = 30 * math.exp(-(((h_mean - 275) / 25) ** 2))
    r = -2 * math.sqrt(c_mean**7 / (c_mean**7 + 25**7)) * math.sin(math.radians(2 * turn))
    dl, dc, dh = (l2 - l1) / s_l, (c2 - c1) / s_c, big_h / s_h
    return math.sqrt(dl * dl + dc * dc + dh * dh + r * dc * dh)


def test_the_colour_difference_agrees_with_the_published_pairs():
    # Sharma et al. 2005, table 1, rows 1, 7 and 17.
    assert delta_e00((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert delta_e00((50, 0, 0), (50, -1, 2)) == pytest.approx(2.3669, abs=1e-4)
    assert delta_e00((50, 2.5, 0), (73, 25, -18)) == pytest.approx(27.1492, abs=1e-4)


COMPARED = [name for name, legend in LEGENDS.items() if not legend.told_apart_by]


def test_pipes_and_base_alone_may_be_told_apart_by_other_means():
    assert set(LEGENDS) - set(COMPARED) == {"pipe_class", "pipe_status", "base"}


@pytest.mark.parametrize("legend", COMPARED)
@pytest.mark.parametrize("sight", ["normal", "deuteranopia"])
def test_two_classes_of_one_legend_differ_for(sight: str, legend: str):
    see = as_deuteranope if sight == "deuteranopia" else np.asarray
    seen = {c.code: lab(see(linear(c.color))) for c in LEGENDS[legend].classes if c.color}
    near = {
        (a, b): round(delta_e00(seen[a], seen[b]), 1)
        for a, b in itertools.combinations(seen, 2)
        if delta_e00(seen[a], seen[b]) < 10
    }
    assert near == {}


def test_every_styled_layer_and_column_is_in_the_schema():
    for name, style in LAYER_STYLES.items():
        unknown = set(style.columns) - set(LAYERS[name].column_names)
        assert unknown == set(), name


def test_every_legend_over_a_column_has_exactly_its_codes():
    for name, style in LAYER_STYLES.items():
        if style.legend:
            domain = LAYERS[name].column(style.column).domain
            assert domain is not None
            codes = {c.code for c in LEGENDS[style.legend].classes} - {"unknown"}
            assert codes == set(domain.values)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_label_of_the_style_table_is_a_word_of_the_catalogue(language: str):
    words = json.loads((WORDS / f"{language}.json").read_text(encoding="utf-8"))
    labels = {legend.label for legend in LEGENDS.values()}
    labels |= {c.label for legend in LEGENDS.values() for c in legend.classes}
    assert labels - set(words) == set()
