"""What a programme amounts to: communities, buildings, area, households and cost, added up live."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from app.analysis.totals.live import SUMMED, ScopeTotals, added, scope_totals
from app.analysis.totals.record import scope_total_rows
from app.analysis.totals.rows import (
    CATEGORIES,
    REJECTED,
    UNKNOWN,
    WITHDRAWN,
    Membership,
    Places,
    ScopeTables,
    Selection,
    costed,
    item_places,
    items_of,
    member_ids,
    membership,
    places_of,
)
from app.errors import Text, UsageError
from app.schema.analysis import Analysis, Inputs, Need, Outcome, Progress, WholeNetwork, param
from app.schema.place_layers import BUILDING, COMMUNITY, STAIR_UNIT
from app.schema.programme_tables import (
    COMMUNITY_ITEM,
    FUNDING,
    PROGRAMME,
    PROGRAMME_MEMBER,
    WORK_ITEM,
)
from app.schema.result_layers import SCOPE_TOTAL

__all__ = [
    "ANALYSIS", "CATEGORIES", "REJECTED", "SUMMED", "UNKNOWN", "WITHDRAWN", "Membership", "Places",
    "ScopeTables", "ScopeTotals", "Selection", "added", "costed", "item_places", "items_of", "member_ids",
    "membership", "places_of", "scope_total_rows", "scope_totals",
]  # fmt: skip


@dataclass(frozen=True)
class TotalsParams:
    """Which programme is recorded."""

    programme: str = param("", "年度计划（空为全部）", "programme; empty for all")


def run(inputs: Inputs, params: TotalsParams, progress: Progress) -> Outcome:
    """The totals of the chosen programmes as they are now."""
    names = ("community", "building", "programme_member", "community_item", "work_item", "funding",
             "stair_unit")  # fmt: skip
    tables = ScopeTables(*(inputs.frames[name] for name in names))
    programmes = [str(name) for name in inputs.frames["programme"]["programme_id"]]
    chosen = [name for name in programmes if params.programme in ("", name)]
    if params.programme and not chosen:
        raise UsageError(
            Text(f"没有年度计划 {params.programme}", f"there is no programme {params.programme}"),
            where="programme",
            fix=Text("可用：" + "、".join(programmes), "use one of: " + ", ".join(programmes)),
        )
    parts = []
    for done, programme_id in enumerate(sorted(chosen)):
        progress(done / len(chosen), Text(f"汇总 {programme_id}", f"adding up {programme_id}"))
        parts.append(scope_total_rows(tables, programme_id))
    empty = pd.DataFrame(columns=list(SCOPE_TOTAL.column_names))
    rows = pd.concat(parts, ignore_index=True) if parts else empty
    whole = rows[(rows["level"] == "programme") & rows["dimension"].isna()]
    counts = {
        name: int(whole[name].sum())
        for name in ("communities", "buildings", "households", "cost_fen", "unknown_rows")
    }
    return Outcome(layers={SCOPE_TOTAL.name: rows}, counts=counts)


ANALYSIS = Analysis(
    "totals",
    Text("改造规模汇总", "scope totals"),
    Text(
        "按楼栋、小区、乡镇和年度计划，以及类别、阶段、资金来源汇总，存为有日期的记录",
        "Totals by building, community, township and programme, by category, stage and source, kept "
        "as a dated record; map and exports always compute live",
    ),
    inputs=(COMMUNITY, BUILDING, PROGRAMME, PROGRAMME_MEMBER, COMMUNITY_ITEM, WORK_ITEM, FUNDING,
            STAIR_UNIT),
    params=TotalsParams,
    outputs=(SCOPE_TOTAL,),
    reach=WholeNetwork(),
    run=run,
    needs=(
        Need("building", "households"),
        Need("building", "floor_area_m2"),
        *(Need("community_item", name, besides=(("decision", (REJECTED,)),))
          for name in ("quantity", "unit_cost_fen", "other_fees_fen", "contingency_fen")),
    ),
    example="jiugai run totals --plan PLAN --json",
)  # fmt: skip
