"""E01 and E03: each building by its year and by areas of expropriation, and its community by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.eligibility.verdicts import (
    FAIL,
    OUTSIDE,
    PASS,
    UNKNOWN,
    Codes,
    Judged,
    Names,
    evidence,
)
from app.rules.programme import EligibilityRow
from app.schema.columns import YEAR_MAX, YEAR_MIN

CANCELLED, IDEA = "cancelled", "idea"
KINDS_ZH = {"expropriation": "征收补偿安置", "rebuild": "拆除重建", "extension": "改建扩建翻建"}


def judge_years(
    layer: str, ids: Names, years: npt.NDArray[np.float64], rule: EligibilityRow, *, limit: int
) -> Judged:
    """E01 for each row: built by ``limit`` passes, later lies outside the priority."""
    known = (years >= YEAR_MIN) & (years <= YEAR_MAX)
    judged = Judged.filled(
        rule.rule_id,
        rule.clause,
        len(ids),
        verdict=UNKNOWN,
        zh="建成年代未知",
        en="year built unknown",
    ).lacking(f"{layer}.year_built", where=~known)
    judged.verdict[known] = np.where(years[known] <= limit, PASS, OUTSIDE)
    for year in np.unique(years[known]).astype(int).tolist():
        at = years == year
        early = year <= limit
        judged.zh[at] = f"{year} 年建成" + (
            "" if early else f"，晚于 {limit} 年底，不属重点，须说明理由"
        )
        judged.en[at] = f"built in {year}" + (
            "" if early else f", after {limit}: a reason is asked"
        )
    shown = np.where(known, years, 0).astype(int).tolist()
    for row, (target, year) in enumerate(zip(ids.tolist(), shown, strict=True)):
        judged.evidence[row] = evidence((layer, target, "year_built", year or None))
    return judged


def judge_expropriation(
    layer: str,
    targets: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    rule: EligibilityRow,
    *,
    sliver_m2: float,
    list_complete: bool,
) -> Judged:
    """E03 for each row: an overlap with an area in force fails, with a mere idea it is unknown."""
    n = len(targets)
    if areas.empty and not list_complete:
        return Judged.filled(
            rule.rule_id, rule.clause, n, verdict=UNKNOWN,
            zh="未提供征收拆除范围清单", en="no list of expropriation areas was delivered",
        ).lacking("expropriation")  # fmt: skip
    judged = Judged.filled(
        rule.rule_id, rule.clause, n, verdict=PASS,
        zh="不在征收、拆除重建范围", en="in no area of expropriation or rebuilding",
        sought=evidence(("expropriation", "", "rows", len(areas))),
    )  # fmt: skip
    areas = areas[areas["state"].ne(CANCELLED).fillna(True)].reset_index(drop=True)
    if areas.empty or not n:
        return judged
    at, which = areas.sindex.query(targets.geometry, predicate="intersects")
    shapes, zones = np.asarray(targets.geometry), np.asarray(areas.geometry)
    overlap = shapely.area(shapely.intersection(shapes[at], zones[which]))
    ids = targets[f"{layer}_id"].astype(object).to_numpy()
    hits = [
        (FAIL if _in_force(areas["state"].iloc[zone]) else UNKNOWN, int(row), int(zone), float(m2))
        for row, zone, m2 in zip(at, which, overlap, strict=True)
        if m2 > sliver_m2
    ]
    # What weighs most is said last and stays: in force before idea, the larger, the first by id.
    names = areas["expropriation_id"].astype(str).tolist()
    hits.sort(key=lambda hit: names[hit[2]], reverse=True)
    for verdict, row, zone, m2 in sorted(hits, key=lambda hit: (hit[0], round(hit[3], 3))):
        _say(judged, row, verdict, areas.iloc[zone], m2, layer=layer, target_id=str(ids[row]))
    return judged


def _in_force(state: object) -> bool:
    return isinstance(state, str) and state != IDEA


def _say(
    judged: Judged,
    row: int,
    verdict: int,
    area: pd.Series,
    m2: float,
    *,
    layer: str,
    target_id: str,
) -> None:
    area_id = str(area["expropriation_id"])
    kind = area["kind"] if isinstance(area["kind"], str) else "expropriation"
    state = area["state"] if isinstance(area["state"], str) else None
    name = f"“{area['name']}”" if isinstance(area["name"], str) else area_id
    missing = "expropriation.state" if state is None else ""
    doubt_zh = "" if verdict == FAIL else ("（状态不明）" if missing else "（仅为意向）")
    doubt_en = "" if verdict == FAIL else (" of unknown state" if missing else ", only an idea")
    judged.put(
        row, verdict,
        f"与{KINDS_ZH[kind]}范围{name}重叠 {m2:.0f} m²{doubt_zh}",
        f"{m2:.0f} m² overlap with {kind} {area_id}{doubt_en}",
        missing=missing,
        evidence=evidence(
            ("expropriation", area_id, "state", state),
            ("expropriation", area_id, "kind", kind),
            (layer, target_id, "overlap_m2", round(m2, 2)),
        ),
    )  # fmt: skip


@dataclass(frozen=True)
class Gathered:
    """How many buildings of each community have each verdict, and which buildings these are."""

    counts: Codes
    rows: dict[int, list[int]]


def gather(judged: Judged, positions: Codes, n: int) -> Gathered:
    """Count verdicts of buildings by the position of their community (-1: in none)."""
    inside = positions >= 0
    counts = np.zeros((n, 4), dtype=np.int64)
    np.add.at(counts, (positions[inside], judged.verdict[inside]), 1)
    rows: dict[int, list[int]] = {}
    for row in np.flatnonzero(inside).tolist():
        rows.setdefault(int(positions[row]), []).append(row)
    return Gathered(counts, rows)


def of_community(
    own: Judged,
    buildings: Judged,
    ids: Names,
    gathered: Gathered,
    *,
    said: Callable[[int, int, int], tuple[str, str]],
) -> Judged:
    """What the buildings make of their community; ``own`` stands where it has none.

    Unknown while any building is; the verdict that all share; where they differ it passes for
    those that pass, and the others are named.
    """
    for row, count in enumerate(gathered.counts):
        total = int(count.sum())
        if not total:
            continue
        verdict = PASS
        if count[UNKNOWN]:
            verdict = UNKNOWN
        elif count[FAIL] + count[OUTSIDE] == total:
            verdict = FAIL if count[FAIL] else OUTSIDE
        inside = gathered.rows[row]
        weight = UNKNOWN if verdict == UNKNOWN else max(buildings.verdict[inside])
        named = [r for r in inside if buildings.verdict[r] == weight]
        zh, en = said(verdict, 0 if weight == PASS else len(named), total)
        facts = [("building", str(ids[r]), buildings.rule_id, buildings.en[r]) for r in named]
        missing = buildings.missing[named[0]] if verdict == UNKNOWN else ""
        own.put(row, verdict, zh, en, missing=missing, evidence=evidence(*facts))
    return own


def said_of_years(limit: int) -> Callable[[int, int, int], tuple[str, str]]:
    """Words for E01 of a community: verdict, buildings named, buildings in all."""

    def said(verdict: int, named: int, total: int) -> tuple[str, str]:
        if verdict == UNKNOWN:
            return (
                f"{total} 栋中 {named} 栋建成年代未知",
                f"{named} of {total} buildings without year",
            )
        if not named:
            return f"{total} 栋均在 {limit} 年底前建成", f"all {total} buildings by {limit}"
        if verdict == OUTSIDE:
            return (
                f"{total} 栋均晚于 {limit} 年底，不属重点，须说明理由",
                f"all {total} buildings after {limit}: a reason is asked",
            )
        return (
            f"{total} 栋中 {named} 栋晚于 {limit} 年底，逐栋判定",
            f"{named} of {total} buildings after {limit}, judged one by one",
        )

    return said


def said_of_expropriation(verdict: int, named: int, total: int) -> tuple[str, str]:
    """Words for E03 of a community."""
    if verdict == UNKNOWN:
        return (
            f"{total} 栋中 {named} 栋是否征拆不明",
            f"{named} of {total} buildings: expropriation unknown",
        )
    if not named:
        return (
            f"{total} 栋均不在征收、拆除重建范围",
            f"none of {total} buildings in an expropriation area",
        )
    if verdict == FAIL:
        return (
            f"{total} 栋均在征收、拆除重建范围",
            f"all {total} buildings in an expropriation area",
        )
    return (
        f"{total} 栋中 {named} 栋须剔除，其余不受影响",
        f"{named} of {total} buildings must be left out, the others may stay",
    )
