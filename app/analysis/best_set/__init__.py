"""The best set of items for the money, what each further yuan buys, and why the rest is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from app.analysis.best_set.model import Best, Choice, Mask, best_set
from app.errors import AnalysisError, Text
from app.rules.cost import item_cost_fen
from app.rules.scope import BenefitRow
from app.rules.table import RuleTable
from app.schema.analysis import (
    Analysis,
    Inputs,
    Need,
    Outcome,
    Progress,
    WholeNetwork,
    no_progress,
    param,
)
from app.schema.place_layers import BUILDING, COMMUNITY, STAIR_UNIT
from app.schema.programme_tables import COMMUNITY_ITEM, PROGRAMME
from app.schema.result_layers import (
    BUDGET_CURVE,
    CHOSEN_ITEM,
    CONSENT_TALLY,
    ELIGIBILITY,
    SCOPE_ROW,
)

Values = npt.NDArray[Any]
FEN_PER_WAN = 1_000_000
LAYERS = ("stair_unit", "building", "community")


@dataclass(frozen=True)
class BestSetParams:
    """How much money, and what has to be respected."""

    programme: str = param("", "年度计划（空为全部）", "programme; empty for all")
    budget_wan: float = param(
        0.0, "预算（0 取计划投资）", "budget; 0 takes that of the programme", unit="万元",
        minimum=0.0, maximum=1e8,
    )  # fmt: skip
    least_share: float = param(
        0.0,
        "每个乡镇最低份额",
        "least share of the money for each township",
        minimum=0.0,
        maximum=0.5,
    )
    keep_confirmed: bool = param(True, "保留已确认的项目", "confirmed items stay in")
    heed_consent: bool = param(True, "同意不足的项目不选", "items without consent stay out")
    curve_points: int = param(6, "曲线点数", "points of the curve", minimum=1, maximum=20)
    gap: float = param(0.005, "允许的最优间隙", "gap to the optimum", minimum=0.0, maximum=0.2)
    seconds: float = param(
        60.0, "求解时限", "time for the search", unit="s", minimum=1.0, maximum=3600.0
    )


@dataclass(frozen=True)
class _Candidates:
    rows: pd.DataFrame
    may: Mask
    choice: Choice


def choose_items(
    frames: Mapping[str, pd.DataFrame], benefits: RuleTable[BenefitRow], params: BestSetParams,
    progress: Progress = no_progress,
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Layers ``chosen_item`` and ``budget_curve``.

    What an item is worth: the households of its target times the weight of the need it settles,
    each household once for each need. An item of an ineligible community or building, without
    consent, of unknown cost, or that the scope rules found not needed is left out with the reason.

    Raises
    ------
    AnalysisError
        There is no budget, or the confirmed items alone exceed it.
    """
    budget = _budget(frames["programme"], params)
    held = _candidates(frames, benefits, params)
    curve = []
    best: Best | None = None
    for step in range(1, params.curve_points + 1):
        share = step / params.curve_points
        progress(
            share * 0.9, Text(f"求解 {share:.0%} 预算", f"solving for {share:.0%} of the budget")
        )
        found = best_set(
            held.choice, budget * share, least_share=params.least_share, gap=params.gap,
            seconds=params.seconds / params.curve_points,
        )  # fmt: skip
        if found is not None:
            spent = float(held.choice.cost[found.chosen].sum())
            curve.append(
                (
                    round(budget * share),
                    round(spent),
                    int(found.chosen.sum()),
                    found.worth,
                    found.gap,
                )
            )
        best = found
    if best is None:
        fixed = float(held.choice.cost[held.choice.fixed].sum())
        raise AnalysisError(
            Text(
                f"已确认的项目共 {fixed / FEN_PER_WAN:,.2f} 万元，在预算 {budget / FEN_PER_WAN:,.2f} 万元和份额要求下没有可行组合",
                f"no set fits: confirmed items cost {fixed / FEN_PER_WAN:,.2f} ×10⁴ yuan, the budget is {budget / FEN_PER_WAN:,.2f}",
            ),
            where="best_set",
            fix=Text(
                "提高预算、降低乡镇最低份额或取消保留已确认的项目",
                "raise the budget, lower the least share, or let confirmed items go",
            ),
        )
    return _told(held, best, budget), _curve(curve)


def _budget(programmes: pd.DataFrame, params: BestSetParams) -> float:
    if params.budget_wan > 0:
        return params.budget_wan * FEN_PER_WAN
    rows = (
        programmes[programmes["programme_id"] == params.programme]
        if params.programme
        else programmes
    )
    known = pd.to_numeric(rows["budget_fen"], errors="coerce").dropna()
    if not len(known):
        raise AnalysisError(
            Text("计划没有投资额", "the programme has no budget"),
            where="programme.budget_fen",
            fix=Text("填写计划投资，或设置预算参数", "fill in its budget, or set budget_wan"),
        )
    return float(known.sum())


def _candidates(
    frames: Mapping[str, pd.DataFrame], benefits: RuleTable[BenefitRow], params: BestSetParams
) -> _Candidates:
    items = frames["community_item"]
    items = items[items["decision"].ne("rejected").fillna(True)]
    if params.programme:
        items = items[items["programme_id"] == params.programme]
    rows = items.sort_values("community_item_id", ignore_index=True)
    benefit = rows["work_item_id"].map(benefits.by_id)
    known = benefit.notna()
    rows = rows.assign(
        cost=item_cost_fen(rows).to_numpy(dtype=float),
        weight=[row.weight if isinstance(row, BenefitRow) else 0.0 for row in benefit],
        need=rows["work_item_id"].map({row.item_code: row.need for row in benefits}),
        rule_id=rows["work_item_id"].map({row.item_code: row.rule_id for row in benefits}),
        township_id=rows["community_id"].map(
            frames["community"].set_index("community_id")["township_id"]
        ),
    )
    covers, heads = _covers(rows, frames)
    rows["households"] = np.asarray(covers @ heads).ravel() if len(heads) else 0.0
    why = _barred(rows, frames, params, known.to_numpy())
    rows = rows.assign(why=why)
    confirmed = (
        rows["decision"].isin(["confirmed", "changed"]).to_numpy()
        & (rows["cost"].notna()).to_numpy()
    )
    fixed = confirmed if params.keep_confirmed else np.zeros(len(rows), dtype=bool)
    may = ((rows["why"] == "") | fixed).to_numpy(dtype=bool)
    rows.loc[fixed, "why"] = ""
    return _Candidates(
        rows, may, _choice(rows[may], covers[np.flatnonzero(may)], heads, fixed[may], benefits)
    )


def _covers(
    rows: pd.DataFrame, frames: Mapping[str, pd.DataFrame]
) -> tuple[sparse.csr_matrix, Values]:
    """(item by home, households of each home): a home is a stair unit, or a building without any."""
    buildings, units = frames["building"], frames["stair_unit"]
    homes = buildings[["building_id", "community_id", "households"]].merge(
        units[["stair_unit_id", "building_id", "households"]].rename(columns={"households": "own"}),
        on="building_id", how="left",
    )  # fmt: skip
    heads = pd.to_numeric(
        homes["own"].where(homes["stair_unit_id"].notna(), homes["households"]), errors="coerce"
    )
    at, home = [], []
    for layer in LAYERS:
        asked = rows.index[rows["target_layer"] == layer]
        pairs = pd.DataFrame(
            {"item": asked, "id": rows.loc[asked, "target_id"].astype(object)}
        ).merge(
            pd.DataFrame({"home": homes.index, "id": homes[f"{layer}_id"].astype(object)}).dropna(),
            on="id",
        )
        at.append(pairs["item"].to_numpy(np.int64))
        home.append(pairs["home"].to_numpy(np.int64))
    i, j = np.concatenate(at), np.concatenate(home)
    matrix = sparse.csr_matrix((np.ones(len(i)), (i, j)), shape=(len(rows), len(homes)))
    return matrix, heads.fillna(0).to_numpy(dtype=float)


def _barred(
    rows: pd.DataFrame, frames: Mapping[str, pd.DataFrame], params: BestSetParams, known: Mask
) -> Values:
    """Why an item may not be chosen; empty where it may."""
    why = np.full(len(rows), "", dtype=object)
    if "scope_row" in frames:
        held = frames["scope_row"]
        no = set(
            zip(
                *(
                    held.loc[held["verdict"] == "no", name]
                    for name in ("work_item_id", "target_id")
                ),
                strict=True,
            )
        )
        why[[pair in no for pair in zip(rows["work_item_id"], rows["target_id"], strict=True)]] = (
            "not_needed"
        )
    if params.heed_consent and "consent_tally" in frames:
        held = frames["consent_tally"]
        failed = set(held.loc[held["verdict"] == "fail", "community_item_id"])
        why[rows["community_item_id"].isin(failed)] = "consent"
    if "eligibility" in frames:
        held = frames["eligibility"]
        failed = set(
            held.loc[(held["rule_id"] == "overall") & (held["verdict"] == "fail"), "target_id"]
        )
        why[(rows["community_id"].isin(failed) | rows["target_id"].isin(failed)).to_numpy()] = (
            "ineligible"
        )
    why[~known] = "no_benefit"
    why[rows["cost"].isna()] = "cost"
    return why


def _choice(
    rows: pd.DataFrame, covers: sparse.csr_matrix, heads: Values, fixed: Mask,
    benefits: RuleTable[BenefitRow],
) -> Choice:  # fmt: skip
    """Elements are homes with one need and the same set of items, put together."""
    pairs = covers.tocoo()
    need = rows["need"].astype(object).to_numpy()
    weight = rows["weight"].to_numpy(dtype=float)
    table = pd.DataFrame({"item": pairs.row, "home": pairs.col})
    table["need"] = need[table["item"]]
    table = table[heads[table["home"]] > 0]
    keys = table.groupby(["need", "home"])["item"].agg(tuple).reset_index()
    # Needs differ in weight only, so that the weight of any item of the group is that of the need.
    keys["worth"] = heads[keys["home"]] * np.array(
        [weight[items[0]] for items in keys["item"]], dtype=float
    )
    groups = keys.groupby(["need", "item"])["worth"].sum().reset_index()
    column = (
        np.repeat(np.arange(len(groups)), groups["item"].map(len))
        if len(groups)
        else np.zeros(0, int)
    )
    row = (
        np.concatenate([np.asarray(items) for items in groups["item"]])
        if len(groups)
        else np.zeros(0, int)
    )
    matrix = sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=(len(rows), len(groups)))
    towns = pd.Categorical(rows["township_id"])
    return Choice(
        cost=rows["cost"].to_numpy(dtype=float), covers=matrix, worth=groups["worth"].to_numpy(dtype=float),
        fixed=fixed, requires=_requires(rows, benefits),
        group=towns.codes.astype(np.int64), groups=len(towns.categories),
    )  # fmt: skip


def _requires(
    rows: pd.DataFrame, benefits: RuleTable[BenefitRow]
) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Pairs inside one community, only where the required item is planned there."""
    code, place = rows["work_item_id"].to_numpy(object), rows["community_id"].to_numpy(object)
    at = (
        pd.Series(np.arange(len(rows))).groupby([place, code]).agg(tuple).to_dict()
        if len(rows)
        else {}
    )
    return tuple(
        (row, at[(place[row], needed)])
        for row in range(len(rows))
        for needed in (benefits[code[row]].requires if code[row] in benefits else ())
        if (place[row], needed) in at
    )


_WHY: dict[str, tuple[str, str, str | None]] = {
    "not_needed": ("按规则核对不需要", "the rules found it not needed", None),
    "consent": ("居民同意比例不足", "too few owners agreed", None),
    "ineligible": ("小区或楼栋不符合改造条件", "the community or building is not eligible", None),
    "no_benefit": ("没有受益权重", "no weight of benefit", "item_benefit"),
    "cost": ("投资未知", "its cost is unknown", "community_item.quantity"),
}


def _told(held: _Candidates, best: Best, budget: float) -> pd.DataFrame:
    rows = held.rows
    chosen = np.zeros(len(rows), dtype=bool)
    chosen[np.flatnonzero(held.may)] = best.chosen
    fixed = np.zeros(len(rows), dtype=bool)
    fixed[np.flatnonzero(held.may)] = held.choice.fixed
    cost = rows["cost"].to_numpy(dtype=float)
    worth = (rows["households"] * rows["weight"]).to_numpy(dtype=float)
    per_wan = worth / np.maximum(cost / FEN_PER_WAN, 1e-9)
    least = float(per_wan[chosen].min()) if chosen.any() else 0.0
    over = float(held.choice.cost[best.chosen].sum()) + cost - budget
    said = [
        _why(why, is_in, value, least, wan, helped)
        for why, is_in, value, wan, helped in zip(
            rows["why"], chosen, per_wan, over / FEN_PER_WAN, worth > 0, strict=True
        )
    ]
    columns = pd.DataFrame(said, columns=["reason", "reason_en", "missing"], index=rows.index)
    out = pd.concat([rows.drop(columns=["reason"]), columns], axis=1).assign(
        chosen_item_id=rows["community_item_id"],
        choice=np.where(chosen, np.where(fixed, "fixed", "chosen"), "left_out"),
        cost_fen=rows["cost"].round().astype("Int64"),
        households=rows["households"].round().astype("Int64"),
        worth=worth,
    )
    told: pd.DataFrame = out[list(CHOSEN_ITEM.column_names)]
    return told


def _why(
    why: str, is_in: bool, per_wan: float, least: float, over_wan: float, helped: bool
) -> tuple[str, str, str | None]:
    """(Chinese, English, the field that is missing) for one item."""
    zh, en = f"每万元 {per_wan:.2f} 加权户", f"{per_wan:.2f} weighted households for 10⁴ yuan"
    if is_in:
        return zh, en, None
    if why:
        return _WHY[why]
    if not helped:
        return "没有户数受益", "it helps no household", None
    zh, en = f"{zh}（入选最低 {least:.2f}）", f"{en} (least chosen {least:.2f})"
    if over_wan > 0:
        return (
            f"{zh}；加入将超预算 {over_wan:,.2f} 万元",
            f"{en}; it would exceed the budget by {over_wan:,.2f}",
            None,
        )
    return (
        f"{zh}；同一需求已由其他项目解决、缺少前置项目或受乡镇份额限制",
        f"{en}; its need is settled, what it requires is not chosen, or a township's share is against it",
        None,
    )


def _curve(points: list[tuple[int, int, int, float, float]]) -> pd.DataFrame:
    rows = pd.DataFrame(points, columns=["budget_fen", "spent_fen", "items", "worth", "gap"])
    rows["budget_curve_id"] = [f"P{at:02d}" for at in range(1, len(rows) + 1)]
    for name in ("budget_fen", "spent_fen", "items"):
        rows[name] = rows[name].astype("Int64")
    told: pd.DataFrame = rows[list(BUDGET_CURVE.column_names)]
    return told


def run(inputs: Inputs, params: BestSetParams, progress: Progress) -> Outcome:
    """The analysis on the frames of a plan."""
    items, curve = choose_items(inputs.frames, inputs.rules["item_benefit"], params, progress)
    found = items["choice"].value_counts()
    counts = {name: int(found.get(name, 0)) for name in ("chosen", "fixed", "left_out")}
    return Outcome(layers={CHOSEN_ITEM.name: items, BUDGET_CURVE.name: curve}, counts=counts)


ANALYSIS = Analysis(
    "best_set",
    Text("资金优选", "best set for the money"),
    Text(
        "在预算、资格、居民同意、前置项目和乡镇份额之下选出使加权受益户数最多的项目，给出投资效益曲线和未入选原因",
        "Chooses the items that help most weighted households within the budget, eligibility, consent, "
        "required items and shares of townships; gives the trade-off curve and why the rest is left out",
    ),
    inputs=(COMMUNITY, BUILDING, STAIR_UNIT, PROGRAMME, COMMUNITY_ITEM),
    optional=(ELIGIBILITY, CONSENT_TALLY, SCOPE_ROW),
    rules=("item_benefit",),
    params=BestSetParams,
    outputs=(CHOSEN_ITEM, BUDGET_CURVE),
    reach=WholeNetwork(),
    run=run,
    needs=(Need("community_item", "quantity"), Need("community_item", "unit_cost_fen"), Need("building", "households")),
    example="jiugai run best_set --plan PLAN --set budget_wan=2000 --json",
)  # fmt: skip
