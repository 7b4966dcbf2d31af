"""From a gap, a requirement and an uncertainty to a verdict; unknown is never clear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

CONFLICT, POSSIBLE, CLEAR = "conflict", "possible", "clear"
UNVERIFIED, NO_REQUIREMENT = "unverified", "no_requirement"
# Coordinates are in metres with a local origin: a gap drawn on the limit may miss it by rounding.
ROUNDING_M = 1e-9


@dataclass(frozen=True)
class Asked:
    """What binds for each pair: ends of the range, the rule's id, and what else was evaluated.

    ``missing`` names the field without which the requirement itself is not known; ``covered`` is
    false where no table speaks of the pair, ``none`` true where a table prints no figure.
    """

    low_m: Floats
    high_m: Floats
    rule_id: Texts
    other_rule_id: Texts
    other_m: Floats
    missing: Texts
    none: Flags

    @property
    def covered(self) -> Flags:
        return ~np.isnan(self.high_m)


@dataclass(frozen=True)
class Judged:
    """The verdict of each pair with its reason (accuracy, range) or missing field."""

    verdict: Texts
    reason: Texts
    missing: Texts


def judge(gap_m: Floats, asked: Asked, error_m: Floats, unsure_field: Texts) -> Judged:
    """Verdicts of pairs.

    Parameters
    ----------
    gap_m
        The gap, or the most it can be where something is unknown; NaN: not known at all.
    error_m
        Sum of both sides' errors; NaN: the survey's quality is not known.
    unsure_field
        The field whose absence makes ``gap_m`` or ``error_m`` unsure, empty where both are sure.
    """
    short = gap_m < asked.low_m - ROUNDING_M
    between = ~short & (gap_m < asked.high_m - ROUNDING_M)
    near = ~short & ~between & (gap_m < asked.high_m + error_m - ROUNDING_M)
    unsure = unsure_field != ""
    no_figure = ~asked.covered
    unknown_requirement = (asked.missing != "") & (no_figure | between)
    conditions = [
        asked.none & no_figure,
        no_figure,
        np.isnan(gap_m),
        short,
        unknown_requirement,
        unsure,
        between,
        near,
    ]
    verdict = np.select(
        conditions,
        [NO_REQUIREMENT, UNVERIFIED, UNVERIFIED, CONFLICT, UNVERIFIED, UNVERIFIED, POSSIBLE,
         POSSIBLE],
        CLEAR,
    ).astype(object)  # fmt: skip
    reason = np.select(conditions, ["", "", "", "", "", "", "range", "accuracy"], "").astype(object)
    not_covered = np.where(asked.missing != "", asked.missing, "pipe_class")
    missing = np.select(
        conditions,
        ["", not_covered, unsure_field, "", asked.missing, unsure_field, "", ""],
        "",
    ).astype(object)
    return Judged(verdict, reason, missing)


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
    )
