"""Verdicts on a set of targets: one array a column, so that a hundred thousand stay quick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from app.schema.result_layers import ELIGIBILITY

Names = npt.NDArray[np.object_]
Evidence = Sequence[dict[str, object]]
Codes = npt.NDArray[np.int64]

# From what lets a target in to what keeps it out; of several rules the last one decides.
PASS, OUTSIDE, UNKNOWN, FAIL = range(4)
VERDICTS = ("pass", "outside_priority", "unknown", "fail")
OVERALL = "overall"


@dataclass(frozen=True)
class Targets:
    """Communities or buildings: ids, their community (``""`` where none is known), shapes."""

    layer: str
    ids: Names
    community_ids: Names
    geometry: Any

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Judged:
    """What one rule says of each target. ``evidence`` holds lists of rows, columns and values."""

    rule_id: str
    clause: Names
    verdict: Codes
    zh: Names
    en: Names
    missing: Names
    evidence: Names

    @classmethod
    def filled(
        cls,
        rule_id: str,
        clause: str,
        n: int,
        *,
        verdict: int,
        zh: str,
        en: str,
        sought: Evidence = (),
    ) -> Judged:
        """The same verdict for all, to be changed where something else is found.

        ``sought`` says what was looked through where nothing was found.
        """
        return cls(
            rule_id, np.full(n, clause, dtype=object), np.full(n, verdict, dtype=np.int64),
            np.full(n, zh, dtype=object), np.full(n, en, dtype=object),
            np.full(n, "", dtype=object), _all(sought, n),
        )  # fmt: skip

    def lacking(self, field: str, *, where: npt.NDArray[np.bool_] | None = None) -> Judged:
        """The same, with the field that is missing named where it is."""
        self.missing[slice(None) if where is None else where] = field
        return self

    def put(
        self, at: int, verdict: int, zh: str, en: str, *, missing: str = "", evidence: Evidence = ()
    ) -> None:
        """Replace what is said of one target while the rule is being judged."""
        self.verdict[at], self.zh[at], self.en[at] = verdict, zh, en
        self.missing[at], self.evidence[at] = missing, evidence

    def at(self, positions: Codes, *, absent: Judged) -> Judged:
        """What is said of other targets by their position among these; -1 takes ``absent``'s row."""
        pick = np.where(positions < 0, len(self.verdict), positions)
        parts = ("clause", "verdict", "zh", "en", "missing", "evidence")
        joined = (np.concatenate([getattr(self, p), getattr(absent, p)[:1]])[pick] for p in parts)
        return Judged(self.rule_id, *joined)


def evidence(*facts: tuple[str, str, str, object]) -> Evidence:
    """The (layer, id, column, value) facts that a verdict rests on."""
    keys = ("layer", "id", "column", "value")
    return [dict(zip(keys, fact, strict=True)) for fact in facts]


def _all(facts: Evidence, n: int) -> Names:
    found = np.empty(n, dtype=object)
    found.fill(facts)
    return found


def worst(parts: Sequence[Judged]) -> Judged:
    """The overall verdict: that of the rule that weighs most, the first of equals."""
    codes = np.stack([part.verdict for part in parts])
    decides, each = codes.argmax(axis=0), np.arange(codes.shape[1])

    def chosen(name: str) -> Names:
        return np.asarray(np.stack([getattr(part, name) for part in parts])[decides, each])

    names = np.array([part.rule_id for part in parts], dtype=object)[decides]
    verdict = codes[decides, each]
    passes = verdict == PASS
    facts = chosen("evidence")
    facts[passes] = _all((), int(passes.sum()))
    missing = [
        ", ".join(dict.fromkeys(name for name in row if name))
        for row in zip(*(part.missing for part in parts), strict=True)
    ]
    return Judged(
        OVERALL,
        np.where(passes, "", chosen("clause")).astype(object),
        verdict,
        np.where(passes, "各项条件均符合", names + "：" + chosen("zh")).astype(object),
        np.where(passes, "all rules pass", names + ": " + chosen("en")).astype(object),
        np.array(missing, dtype=object),
        facts,
    )


def rows_of(targets: Targets, judged: Judged) -> pd.DataFrame:
    """Rows of layer ``eligibility``."""
    return pd.DataFrame(
        {
            "eligibility_id": f"{judged.rule_id}-{targets.layer}-" + targets.ids.astype(object),
            "target_layer": targets.layer,
            "target_id": targets.ids,
            "community_id": targets.community_ids,
            "rule_id": judged.rule_id,
            "clause": judged.clause,
            "verdict": np.array(VERDICTS, dtype=object)[judged.verdict],
            "reason": judged.zh,
            "reason_en": judged.en,
            "missing": judged.missing,
            "evidence": judged.evidence,
            "geometry": np.asarray(targets.geometry, dtype=object),
        },
        index=range(len(targets)),
    )


def frame(parts: Sequence[pd.DataFrame], crs: Any) -> gpd.GeoDataFrame:
    """All rows as one layer with the schema's columns; an empty text is no value."""
    whole = pd.concat(parts, ignore_index=True)
    for name in ("community_id", "clause", "missing"):
        whole[name] = whole[name].where(whole[name] != "", None)
    whole["evidence"] = [list(facts) for facts in whole["evidence"]]
    return gpd.GeoDataFrame(
        whole[list(ELIGIBILITY.column_names)], geometry=gpd.GeoSeries(whole["geometry"], crs=crs)
    )
