"""E02: a community that a programme with central subsidy covered before may not apply again."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from app.analysis.eligibility.verdicts import FAIL, PASS, UNKNOWN, Judged, evidence
from app.rules.programme import EligibilityRow

CENTRAL = "central"
_SUFFIXES = ("小区", "家属院", "家属区", "住宅楼")


@dataclass(frozen=True)
class _Match:
    """Why a past programme may be the same community; the later verdict weighs more."""

    community: int
    past: int
    verdict: int
    zh: str
    en: str


def judge_past(
    communities: gpd.GeoDataFrame,
    past: pd.DataFrame,
    rule: EligibilityRow,
    *,
    overlap_share: float,
    list_complete: bool,
) -> Judged:
    """E02 for each community, by place and by name.

    A past programme of unknown subsidy leaves the community unknown; one paid by the region or the
    district does not count. A name that several communities bear, or that lies elsewhere on the
    map, is no proof: unknown.
    """
    n = len(communities)
    judged = Judged.filled(
        rule.rule_id, rule.clause, n, verdict=PASS,
        zh="没有同址或同名的中央补助计划", en="no past central programme at this place or of this name",
        sought=evidence(("past_programme", "", "rows", len(past))),
    )  # fmt: skip
    if past.empty and not list_complete:
        return Judged.filled(
            rule.rule_id, rule.clause, n, verdict=UNKNOWN,
            zh="未提供已纳入计划清单", en="no list of past programmes was delivered",
        ).lacking("past_programme")  # fmt: skip
    subsidy = past["subsidy"].astype(object).where(past["subsidy"].notna(), "")
    counts = past.loc[subsidy.isin([CENTRAL, ""])].reset_index(drop=True)
    places = _shapes(counts)
    matches = _by_place(communities, counts, places, overlap_share)
    found = {(match.community, match.past) for match in matches}
    matches += [
        match
        for match in _by_name(communities, counts, places)
        if (match.community, match.past) not in found
    ]
    if not matches:
        return judged
    central = (counts["subsidy"] == CENTRAL).fillna(False).to_numpy(dtype=bool)
    ids = communities["community_id"].astype(object).to_numpy()
    past_ids = counts["past_programme_id"].astype(str).tolist()
    weighed = [(match.verdict if central[match.past] else UNKNOWN, match) for match in matches]
    # What weighs most is said last and stays; of equals the first by id.
    weighed.sort(key=lambda pair: past_ids[pair[1].past])
    weighed.sort(key=lambda pair: pair[0], reverse=True)
    for verdict, match in reversed(weighed):
        _say(judged, match, verdict, str(ids[match.community]), counts.iloc[match.past])
    return judged


def _say(judged: Judged, match: _Match, verdict: int, community_id: str, row: pd.Series) -> None:
    year = "" if pd.isna(row["year"]) else f"{int(row['year'])}"
    name, past_id = str(row["name"]), str(row["past_programme_id"])
    known = isinstance(row["subsidy"], str)
    facts = evidence(
        ("past_programme", past_id, "name", name),
        ("past_programme", past_id, "subsidy", row["subsidy"] if known else None),
        ("past_programme", past_id, "year", int(year) if year else None),
        ("community", community_id, "match", match.en),
    )
    zh = f"{match.zh}已纳入计划“{name}”（{year or '年度不明'}{'' if known else '，补助层级不明'}）"
    en = f"{match.en} past programme {past_id} ({year or 'year unknown'}{'' if known else ', subsidy unknown'})"
    missing = "" if known else "past_programme.subsidy"
    judged.put(match.community, verdict, zh, en, missing=missing, evidence=facts)


def _shapes(past: pd.DataFrame) -> np.ndarray:
    if "geometry" not in past:
        return np.full(len(past), None, dtype=object)
    shapes = np.array(past["geometry"], dtype=object)
    shapes[shapely.is_empty(shapes)] = None
    return shapes


def _by_place(
    communities: gpd.GeoDataFrame, past: pd.DataFrame, places: np.ndarray, overlap_share: float
) -> list[_Match]:
    placed = np.flatnonzero(~shapely.is_missing(places))
    if not len(placed) or communities.empty:
        return []
    grounds = np.asarray(communities.geometry, dtype=object)
    at, who = communities.sindex.query(places[placed], predicate="intersects")
    which = placed[at]
    area = shapely.area(grounds[who])
    inside = shapely.area(shapely.intersection(grounds[who], places[which]))
    flat = shapely.area(places[which]) == 0  # a point or a line marks the place as a whole
    share = np.divide(inside, area, out=np.zeros_like(inside), where=area > 0)
    hit = flat | (share >= overlap_share)
    return [
        _Match(int(c), int(p), FAIL, "位于" if f else f"用地的 {s:.0%} 位于",
               "marked by" if f else f"{s:.0%} of its ground lies in")
        for c, p, f, s in zip(who[hit], which[hit], flat[hit], share[hit], strict=True)
    ]  # fmt: skip


def _by_name(communities: gpd.GeoDataFrame, past: pd.DataFrame, places: np.ndarray) -> list[_Match]:
    own = _index(communities["name"].map(bare_name))
    aliases = _index(
        pd.Series(
            [[bare_name(alias) for alias in _listed(value)] for value in communities["aliases"]],
            dtype=object,
        ).explode()
    )
    loose = _index(communities["name"].map(_without_suffix))
    elsewhere = ~shapely.is_missing(places)
    matches: list[_Match] = []
    for row, name in enumerate(past["name"]):
        bare = bare_name(name)
        bearers, called = own.get(bare, []), aliases.get(bare, [])
        several = len({*bearers, *called}) > 1
        for community in dict.fromkeys([*bearers, *called]):
            by_name = community in bearers
            doubtful = bool(elsewhere[row]) or (several and not (by_name and len(bearers) == 1))
            matches.append(_named(community, row, by_name, doubtful, bool(elsewhere[row])))
        if not bearers and not called and not elsewhere[row]:
            matches += [
                _Match(
                    c, row, UNKNOWN, "名称近似，需核实：", "of a similar name as, to be checked:"
                )
                for c in loose.get(_without_suffix(name), [])
            ]
    return matches


def _named(community: int, row: int, by_name: bool, doubtful: bool, elsewhere: bool) -> _Match:
    zh, en = (
        ("同名于", "of the same name as") if by_name else ("别名同于", "an alias is the name of")
    )
    if not doubtful:
        return _Match(community, row, FAIL, zh, en)
    if elsewhere:
        return _Match(
            community,
            row,
            UNKNOWN,
            f"不同址但{zh}，需核实：",
            f"elsewhere but {en}, to be checked:",
        )
    return _Match(
        community,
        row,
        UNKNOWN,
        f"与其他小区均{zh}，需核实：",
        f"like another community {en}, to be checked:",
    )


def bare_name(name: object) -> str:
    """A name without what people write differently: width, case, blanks."""
    if not isinstance(name, str):
        return ""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _without_suffix(name: object) -> str:
    bare = bare_name(name)
    for suffix in _SUFFIXES:
        bare = bare.removesuffix(suffix)
    return bare


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _index(names: pd.Series) -> Mapping[str, list[int]]:
    """Positions of the communities by name; a community that has it twice counts once."""
    found: dict[str, list[int]] = {}
    for position, name in zip(names.index.to_numpy().tolist(), names, strict=True):
        if isinstance(name, str) and name and position not in found.setdefault(name, []):
            found[name].append(position)
    return found
