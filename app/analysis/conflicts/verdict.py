"""From a gap, a requirement and an uncertainty to a verdict; unknown is never clear.

A network has millions of pairs and some hundred different questions: verdicts, reasons and missing
fields are small numbers here, what a table asks is kept once a question.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

CONFLICT, POSSIBLE, CLEAR = "conflict", "possible", "clear"
UNVERIFIED, NO_REQUIREMENT = "unverified", "no_requirement"
# Coordinates are in metres with a local origin: a gap drawn on the limit may miss it by rounding.
ROUNDING_M = 1e-9

# The numbers of the verdicts: the gravest first, none is 0.
VERDICTS = ("", CONFLICT, POSSIBLE, UNVERIFIED, CLEAR, NO_REQUIREMENT)
REASONS = ("", "accuracy", "range")
FIELDS = (
    "", "pipe_class", "laying", "material", "nominal_mm", "pressure_mpa", "voltage_kv",
    "electrified", "kind", "outside_mm", "quality", "depth_ref", "start_depth_m", "end_depth_m",
    "height_datum", "road.width_m",
)  # fmt: skip
_CONFLICT, _POSSIBLE, _UNVERIFIED, _CLEAR, _NO_REQUIREMENT = range(1, 6)
_ACCURACY, _RANGE = 1, 2
_PIPE_CLASS = FIELDS.index("pipe_class")
_LEAST_TABLE = 1 << 16


def told(names: tuple[str, ...], codes: npt.NDArray[np.integer]) -> Texts:
    """The words of small numbers."""
    words: Texts = np.array(names, dtype=object)[codes]
    return words


def field_codes(fields: Texts) -> Bytes:
    """The numbers of names of fields."""
    codes = np.zeros(len(fields), dtype=np.int8)
    for name in set(fields.tolist()) - {""}:
        codes[fields == name] = FIELDS.index(name)
    return codes


@dataclass(frozen=True)
class Asked:
    """What binds for each pair: ends of the range, the rule's id, and what else was evaluated.

    One entry a question, ``which`` is the question of each pair. ``missing`` names the field
    without which the requirement itself is not known; ``none`` is true where a table prints no
    figure.
    """

    low_m: Floats
    high_m: Floats
    rule_id: Texts
    other_rule_id: Texts
    other_m: Floats
    missing: Texts
    none: Flags
    which: Ints

    @classmethod
    def each(
        cls, low_m: Floats, high_m: Floats, rule_id: Texts, missing: Texts, none: Flags
    ) -> Asked:
        """A question of its own for each pair, of one standard."""
        n = len(low_m)
        return cls(
            low_m, high_m, rule_id, np.full(n, "", dtype=object), np.full(n, np.nan), missing,
            none, np.arange(n),
        )  # fmt: skip

    @property
    def covered(self) -> Flags:
        """Whether any table speaks of the question."""
        return ~np.isnan(self.high_m)


@dataclass(frozen=True)
class Judged:
    """The verdict of each pair with its reason (accuracy, range) or missing field, as numbers."""

    verdict: Bytes
    reason: Bytes
    missing: Bytes

    def counted(self) -> Counter[str]:
        """How many pairs have each verdict."""
        counts = np.bincount(self.verdict, minlength=len(VERDICTS)).tolist()
        return Counter(dict(zip(VERDICTS, counts, strict=True)))

    def is_short(self) -> Flags:
        """Conflicts and possible ones."""
        short: Flags = (self.verdict == _CONFLICT) | (self.verdict == _POSSIBLE)
        return short

    def is_told(self) -> Flags:
        """What becomes a row: conflicts, possible and unverified ones."""
        told: Flags = (self.verdict > 0) & (self.verdict <= _UNVERIFIED)
        return told


def judge(gap_m: Floats, asked: Asked, error_m: Floats, unsure: Bytes) -> Judged:
    """Verdicts of pairs.

    Parameters
    ----------
    gap_m
        The gap, or the most it can be where something is unknown; NaN: not known at all.
    error_m
        Sum of both sides' errors; NaN: the survey's quality is not known.
    unsure
        The field whose absence makes ``gap_m`` or ``error_m`` unsure, 0 where both are sure.
    """
    n = len(gap_m)
    verdict, reason, missing = (np.empty(n, dtype=np.int8) for _ in range(3))
    _judge(
        gap_m, asked.which, asked.low_m, asked.high_m, asked.none, field_codes(asked.missing),
        error_m, unsure, verdict, reason, missing,
    )  # fmt: skip
    return Judged(verdict, reason, missing)


def open_where(judged: Judged, assumed: Flags, field: str) -> None:
    """What was judged by a place that is only assumed is open, short or not: ``field`` tells it."""
    verdict = judged.verdict
    at = assumed & ((verdict == _CONFLICT) | (verdict == _POSSIBLE) | (verdict == _CLEAR))
    verdict[at], judged.reason[at], judged.missing[at] = _UNVERIFIED, 0, FIELDS.index(field)


@numba.njit(cache=True, nogil=True)
def _judge(  # type: ignore[no-untyped-def]
    gap, which, low, high, none, asked_missing, error, unsure, verdict, reason, missing
):  # fmt: skip
    for k in range(len(gap)):
        q = which[k]
        short = gap[k] < low[q] - ROUNDING_M
        between = not short and gap[k] < high[q] - ROUNDING_M
        reason[k], missing[k] = 0, 0
        if np.isnan(high[q]):
            verdict[k] = _NO_REQUIREMENT if none[q] else _UNVERIFIED
            if not none[q]:
                missing[k] = asked_missing[q] if asked_missing[q] else _PIPE_CLASS
        elif np.isnan(gap[k]):
            verdict[k], missing[k] = _UNVERIFIED, unsure[k]
        elif short:
            verdict[k] = _CONFLICT
        elif asked_missing[q] and between:
            verdict[k], missing[k] = _UNVERIFIED, asked_missing[q]
        elif unsure[k]:
            verdict[k], missing[k] = _UNVERIFIED, unsure[k]
        elif between:
            verdict[k], reason[k] = _POSSIBLE, _RANGE
        elif gap[k] < high[q] + error[k] - ROUNDING_M:
            verdict[k], reason[k] = _POSSIBLE, _ACCURACY
        else:
            verdict[k] = _CLEAR


def distinct_pairs(a: Ints, b: Ints, inside: Flags, count: int) -> tuple[Ints, Ints, Ints, Flags]:
    """(question of each pair, and of each question the two sides and whether it is inside).

    ``a`` and ``b`` number the ``count`` different sides that there are.
    """
    key = (a * count + b) * 2 + inside
    if 2 * count * count <= max(4 * len(key), _LEAST_TABLE):
        seen = np.zeros(2 * count * count, dtype=bool)
        seen[key] = True
        found = np.flatnonzero(seen)
        which = (np.cumsum(seen) - 1)[key]
    else:
        found, which = np.unique(key, return_inverse=True)
    return which, found // 2 // max(count, 1), found // 2 % max(count, 1), found % 2 == 1


def stricter(streets: Asked, courtyards: Asked, inside: Flags, binding: str) -> Asked:
    """What binds: outside communities the street table, inside what the plan chose.

    Where the chosen standard does not speak of a pair, the other binds.
    """
    speaks = inside & courtyards.covered
    if binding == "gb50015":
        takes = speaks
    elif binding == "gb50289":
        takes = speaks & ~streets.covered & ~streets.none
    else:
        higher = ~streets.covered | (courtyards.high_m > streets.high_m)
        takes = speaks & higher
    # The stricter of two ranges starts where the later one starts.
    both = speaks & streets.covered & (binding == "stricter")
    low = np.where(takes, courtyards.low_m, streets.low_m)
    low = np.where(both, np.fmax(courtyards.low_m, streets.low_m), low)
    high = np.where(takes, courtyards.high_m, streets.high_m)
    return Asked(
        low_m=low,
        high_m=high,
        rule_id=np.where(takes, courtyards.rule_id, streets.rule_id),
        other_rule_id=np.where(
            takes, streets.rule_id, np.where(inside, courtyards.rule_id, "")
        ).astype(object),
        other_m=np.where(takes, streets.high_m, np.where(inside, courtyards.high_m, np.nan)),
        missing=np.where(takes, courtyards.missing, streets.missing),
        none=streets.none | (inside & courtyards.none),
        which=streets.which,
    )
