"""Who may enter the programme: every rule of the plan, with its evidence, for each building."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.eligibility.buildings import (
    gather,
    judge_expropriation,
    judge_years,
    of_community,
    said_of_expropriation,
    said_of_years,
)
from app.analysis.eligibility.past import judge_past
from app.analysis.eligibility.verdicts import (
    OUTSIDE,
    OVERALL,
    PASS,
    UNKNOWN,
    VERDICTS,
    Codes,
    Judged,
    Names,
    Targets,
    evidence,
    frame,
    rows_of,
    worst,
)
from app.errors import Text
from app.geo.crs import require_metric
from app.rules.programme import EligibilityRow, EligibilityTable
from app.schema.analysis import (
    Analysis,
    Inputs,
    Need,
    Outcome,
    Progress,
    WholeNetwork,
    param,
)
from app.schema.domains import BUILDING_USE
from app.schema.ground_layers import EXPROPRIATION, PAST_PROGRAMME
from app.schema.place_layers import BUILDING, COMMUNITY, TOWNSHIP
from app.schema.programme_tables import PROGRAMME_MEMBER
from app.schema.result_layers import ELIGIBILITY

HOMES = ("residential", "mixed")
_NO_HOMES = (("use", tuple(code for code in BUILDING_USE.values if code not in HOMES)),)


@dataclass(frozen=True)
class EligibilityParams:
    """What the plan's text leaves to judgement."""

    overlap_share: float = param(
        0.1, "同址面积占比", "share of a community's ground that makes a past programme the same place",
        minimum=0.001, maximum=1.0,
    )  # fmt: skip
    sliver_m2: float = param(
        1.0, "忽略的重叠面积", "overlap with an expropriation area that is only a sliver",
        unit="m²", minimum=0.0, maximum=100.0,
    )  # fmt: skip
    past_list_complete: bool = param(
        False,
        "已纳入计划清单完整（无记录即无）",
        "the list of past programmes is complete, even if empty",
    )
    expropriation_list_complete: bool = param(
        False,
        "征拆清单完整（无记录即无）",
        "the list of expropriation areas is complete, even if empty",
    )


@dataclass(frozen=True)
class EligibilityTables:
    """The layers that the rules look at, all in one CRS in metres."""

    communities: gpd.GeoDataFrame
    buildings: gpd.GeoDataFrame
    townships: pd.DataFrame
    past_programmes: pd.DataFrame
    expropriations: gpd.GeoDataFrame
    members: pd.DataFrame


def judge_eligibility(
    tables: EligibilityTables, rules: EligibilityTable, *, params: EligibilityParams
) -> gpd.GeoDataFrame:
    """Every rule for every community and every residential building, and the overall verdict.

    Parameters
    ----------
    tables
        Any row order. A building of unknown use is judged as a home; one of another use is not.
    rules
        ``eligibility_rules``: clauses, and the year of E01.

    Returns
    -------
    Layer ``eligibility``: for a community E01 to E04 and ``overall``, for a building E01, E03 and
    ``overall``, which also heeds E02 and E04 of its community. ``overall`` is fail before unknown
    before outside_priority before pass. Ownership is never looked at (E04).

    Raises
    ------
    CrsError
        Communities or buildings do not measure in metres.

    References
    ----------
    Section 三（一） of the plan; the clause stands in every row.
    """
    for layer, rows in (("community", tables.communities), ("building", tables.buildings)):
        if len(rows):
            require_metric(rows, layer)
    communities = tables.communities.sort_values("community_id", ignore_index=True)
    homes = _homes(tables.buildings)
    position = _positions(homes["community_id"], communities["community_id"])
    blocks = _targets("building", homes, _present(homes["community_id"]))
    grounds = _targets("community", communities, _present(communities["community_id"]))
    reasons = _reasons(tables.members)

    years, cleared = _judge_homes(homes, tables.expropriations, rules, params)
    _give_reasons(years, blocks, reasons)
    whole_years, whole_cleared = _judge_grounds(
        communities, tables.expropriations, rules, params, (years, cleared), blocks.ids, position
    )
    _give_reasons(whole_years, grounds, reasons)
    past = judge_past(
        communities, tables.past_programmes, rules["E02"],
        overlap_share=params.overlap_share, list_complete=params.past_list_complete,
    )  # fmt: skip
    territory = _judge_territory(communities, tables.townships, rules["E04"])

    of_grounds = [whole_years, past, whole_cleared, territory]
    inherited = [judged.at(position, absent=_homeless(judged)) for judged in (past, territory)]
    overall = worst([years, inherited[0], cleared, inherited[1]])
    parts = [rows_of(grounds, judged) for judged in (*of_grounds, worst(of_grounds))]
    parts += [rows_of(blocks, judged) for judged in (years, cleared, overall)]
    return frame(parts, tables.communities.crs or tables.buildings.crs)


def run(inputs: Inputs, params: EligibilityParams, progress: Progress) -> Outcome:
    """The analysis on the frames of a plan."""
    progress(0.0, Text("逐条核对入选条件", "judging every rule"))
    names = (COMMUNITY, BUILDING, TOWNSHIP, PAST_PROGRAMME, EXPROPRIATION, PROGRAMME_MEMBER)
    tables = EligibilityTables(*(inputs.frames[layer.name] for layer in names))
    rows = judge_eligibility(tables, inputs.rules["eligibility_rules"], params=params)
    overall = rows[rows["rule_id"] == OVERALL]
    by_target = overall.groupby(["target_layer", "verdict"]).size()
    counts = {
        f"{layer}_{verdict}": int(by_target.get((layer, verdict), 0))
        for layer in ("community", "building")
        for verdict in VERDICTS
    }
    return Outcome(layers={ELIGIBILITY.name: rows}, counts=counts)


ANALYSIS = Analysis(
    "eligibility",
    Text("改造资格", "eligibility"),
    Text(
        "按方案三（一）逐条核对小区和楼栋能否纳入计划，缺少依据的记为未知",
        "Judges by section 三（一） of the plan whether communities and buildings may enter the "
        "programme; what lacks evidence is unknown",
    ),
    inputs=(COMMUNITY, BUILDING, TOWNSHIP, PAST_PROGRAMME, EXPROPRIATION, PROGRAMME_MEMBER),
    rules=("eligibility_rules",),
    params=EligibilityParams,
    outputs=(ELIGIBILITY,),
    # A past programme is sought by name over the whole plan, so a change may reach any row.
    reach=WholeNetwork(),
    run=run,
    needs=(
        Need("building", "year_built", besides=_NO_HOMES),
        Need("building", "community_id", besides=_NO_HOMES),
        Need("community", "township_id"),
        Need("past_programme"),
        Need("expropriation"),
    ),
    example="jiugai run eligibility --plan PLAN --set past_list_complete=yes --json",
)


def _homes(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    use = buildings["use"]
    homes = buildings[use.isna() | use.isin(HOMES)]
    return homes.sort_values("building_id", ignore_index=True)


def _judge_homes(
    homes: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    rules: EligibilityTable,
    params: EligibilityParams,
) -> tuple[Judged, Judged]:
    ids = _present(homes["building_id"])
    limit = rules.year_limit()
    years = judge_years("building", ids, _numbers(homes["year_built"]), rules["E01"], limit=limit)
    cleared = judge_expropriation(
        "building", homes, areas, rules["E03"],
        sliver_m2=params.sliver_m2, list_complete=params.expropriation_list_complete,
    )  # fmt: skip
    return years, cleared


def _judge_grounds(
    communities: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame,
    rules: EligibilityTable,
    params: EligibilityParams,
    of_homes: tuple[Judged, Judged],
    home_ids: Names,
    position: Codes,
) -> tuple[Judged, Judged]:
    """E01 and E03 of communities: by their homes; by their own row where none is known."""
    n, limit = len(communities), rules.year_limit()
    ids = _present(communities["community_id"])
    own = judge_years(
        "community", ids, _numbers(communities["year_built"]), rules["E01"], limit=limit
    )
    years = of_community(
        own, of_homes[0], home_ids, gather(of_homes[0], position, n), said=said_of_years(limit)
    )
    touched = judge_expropriation(
        "community", communities, areas, rules["E03"],
        sliver_m2=params.sliver_m2, list_complete=params.expropriation_list_complete,
    )  # fmt: skip
    cleared = of_community(
        touched, of_homes[1], home_ids, gather(of_homes[1], position, n), said=said_of_expropriation
    )
    return years, cleared


def _judge_territory(
    communities: gpd.GeoDataFrame, townships: pd.DataFrame, rule: EligibilityRow
) -> Judged:
    """E04: whoever owns it, a community enters with the township that it lies in."""
    judged = Judged.filled(
        rule.rule_id, rule.clause, len(communities), verdict=PASS,
        zh="按属地原则纳入，产权不限", en="enters by territory, whoever owns it",
    )  # fmt: skip
    names = dict(zip(townships["township_id"], townships["name"], strict=True))
    ids = _present(communities["community_id"])
    for row, (township, owner) in enumerate(
        zip(_present(communities["township_id"]), _present(communities["owner_kind"]), strict=True)
    ):
        facts = evidence(
            ("community", ids[row], "township_id", township or None),
            ("community", ids[row], "owner_kind", owner or None),
        )
        judged.evidence[row] = facts
        if township in names:
            continue
        zh = f"乡镇 {township} 不存在" if township else "未填所属乡镇"
        en = f"no township {township}" if township else "no township given"
        judged.put(row, UNKNOWN, zh, en, missing="community.township_id", evidence=facts)
    return judged


def _homeless(judged: Judged) -> Judged:
    """What a rule on communities says of a building that lies in none."""
    clause = str(judged.clause[0]) if len(judged.clause) else ""
    return Judged.filled(
        judged.rule_id, clause, 1, verdict=UNKNOWN, zh="楼栋不属于任何小区", en="the building lies in no community"
    ).lacking("building.community_id")  # fmt: skip


def _reasons(members: pd.DataFrame) -> dict[tuple[str, str], str]:
    """The reason given for each member that is not withdrawn; empty where none was given."""
    found: dict[tuple[str, str], str] = {}
    live = members[members["state"].ne("withdrawn").fillna(True)]
    for layer, target, reason in zip(
        live["target_layer"], live["target_id"], _present(live["reason"]), strict=True
    ):
        found[str(layer), str(target)] = reason or found.get((str(layer), str(target)), "")
    return found


def _give_reasons(judged: Judged, targets: Targets, reasons: dict[tuple[str, str], str]) -> None:
    """A target outside the priority shows the reason of its membership, or that it is missing."""
    for row in np.flatnonzero(judged.verdict == OUTSIDE).tolist():
        reason = reasons.get((targets.layer, str(targets.ids[row])))
        if reason:
            judged.zh[row] += f"；申报理由：{reason}"
            judged.en[row] += f"; reason given: {reason}"
        elif reason is not None:
            judged.missing[row] = "programme_member.reason"


def _targets(layer: str, rows: gpd.GeoDataFrame, community_ids: Names) -> Targets:
    return Targets(layer, _present(rows[f"{layer}_id"]), community_ids, rows.geometry.to_numpy())


def _present(values: pd.Series) -> Names:
    """Texts, with ``""`` for what is missing."""
    objects = values.astype(object).to_numpy()
    return np.where(pd.isna(objects), "", objects).astype(object)


def _numbers(values: pd.Series) -> npt.NDArray[np.float64]:
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _positions(ids: pd.Series, among: pd.Series) -> Codes:
    found = pd.Index(among.astype(object)).get_indexer(pd.Index(ids.astype(object)))
    return np.asarray(found, dtype=np.int64)
