"""From layers to a model: the steps that every run of the drains takes, and what it says of them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.analysis.sewers.engine import Totals
from app.analysis.sewers.model import NO_OUTFALL, Model, Options, drain_model
from app.analysis.sewers.network import (
    BY_FOUL,
    BY_LENGTH,
    BY_NODE,
    BY_TERM,
    BY_TERRAIN,
    HeightAt,
    drain_network,
    stood_in,
)
from app.errors import AnalysisError, Text
from app.geo.grids import Frame
from app.rules.storm import StormTermTable
from app.schema.analysis import Raster

_FILL_WORDS = {
    BY_NODE: Text("管底取检查井井底", "invert of the manhole"),
    BY_TERM: Text("糙率取常用值", "usual roughness"),
    BY_TERRAIN: Text("地面取地形", "ground of the terrain"),
    BY_FOUL: Text("合流管接入污水管处自由出流", "combined sewer leaving into a foul one"),
    BY_LENGTH: Text("短管取最小计算长度", "least length of a short pipe"),
}
_MOST_NAMED = 8


def built(
    pipes: pd.DataFrame, nodes: pd.DataFrame, terms: StormTermTable, *, fills: bool,
    height_at: HeightAt | None,
) -> Model:  # fmt: skip
    """The model of the storm and combined sewers in use.

    Raises
    ------
    AnalysisError
        No pipe can be routed; the reasons are told.
    """
    network = drain_network(pipes, nodes)
    if fills:
        network = stood_in(
            network, roughness_n=terms.term("drain_roughness_n"),
            least_length_m=terms.term("drain_least_length_m"), height_at=height_at,
        )  # fmt: skip
    model = drain_model(network, foul_outlets=fills)
    if not len(model.conduits):
        why = "; ".join(
            f"{reason} {many}" for reason, many in Counter(model.left_out.values()).items()
        )
        raise AnalysisError(
            Text(f"没有可计算的雨水、合流管段（{why or '没有管段'}）", f"no storm or combined sewer can be routed ({why or 'there is none'})"),
            where="pipe",
            fix=Text("补充管底高程、管径、点号和出水口后重试", "give inverts, sizes, nodes and an outfall"),
        )  # fmt: skip
    return model


def options(terms: StormTermTable, hours: float, share: float = 1.0) -> Options:
    """How the engine runs it, from the table; ``share`` of its steps where they proved too long."""
    steps = (terms.term("drain_step_s"), terms.term("drain_least_step_s"))
    return Options(hours, steps[0] * share, steps[1] * share)


def heights(terrain: Raster) -> HeightAt:
    """Heights of a terrain at points; NaN outside of it."""
    frame = Frame(terrain.west, terrain.north, terrain.cell_m, *terrain.values.shape)
    values = np.append(terrain.values.ravel(), np.nan)

    def at(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        known = np.isfinite(x) & np.isfinite(y)
        cells = frame.cell_of(np.where(known, x, 0.0), np.where(known, y, 0.0))
        return np.asarray(values[np.where(known, cells, -1)], dtype=np.float64)

    return at


def told(model: Model) -> list[Text]:
    """What stays unknown and why, and which rules stood in for what was not measured."""
    notes = []
    if model.left_out:
        names = sorted(model.left_out)
        shown = "、".join(names[:_MOST_NAMED]) + ("……" if len(names) > _MOST_NAMED else "")
        islands = sum(why == NO_OUTFALL for why in model.left_out.values())
        notes.append(Text(
            f"{len(names)} 段未知：{len(names) - islands} 段缺数据，{islands} 段不通出水口（{shown}）",
            f"{len(names)} pipes unknown: {len(names) - islands} lack data, {islands} lead to no outfall ({shown})",
        ))  # fmt: skip
    used = {rule: many for rule, many in model.stood_in.items() if many}
    if used:
        notes.append(Text(
            "按规则补全：" + "，".join(f"{_FILL_WORDS[rule].zh} {many} 处" for rule, many in used.items()),
            "filled by rule: " + ", ".join(f"{_FILL_WORDS[rule].en} {many}" for rule, many in used.items()),
        ))  # fmt: skip
    return notes


def balance_told(totals: Totals, area_m2: float) -> Text:
    """The balance of a run of the drains alone, with subcatchments of this area, in one line."""
    rain = [mm / 1000 * area_m2 for mm in (totals.rain_mm, totals.soaked_mm, totals.held_mm)]
    pipes = (totals.outflow_m3, totals.flooded_m3, totals.stored_m3)
    errors = (100 * totals.runoff_continuity, 100 * totals.continuity)
    return Text(
        "水量平衡：降雨 {:,.1f} m³ = 下渗 {:,.1f} + 地面滞留 {:,.1f}".format(*rain)
        + " + 出流 {:,.1f} + 冒溢 {:,.1f} + 管内 {:,.1f}".format(*pipes)
        + "；SWMM 连续性误差 产流 {:.2f} %、管网 {:.2f} %".format(*errors),
        "water balance: rain {:,.1f} m³ = infiltrated {:,.1f} + held on the ground {:,.1f}".format(*rain)
        + " + left by outfalls {:,.1f} + came up {:,.1f} + in the pipes {:,.1f}".format(*pipes)
        + "; SWMM continuity error: runoff {:.2f} %, routing {:.2f} %".format(*errors),
    )  # fmt: skip


def worst_continuity(totals: Totals) -> float:
    """The larger error of routing and runoff, as a share."""
    return max(abs(totals.continuity), abs(totals.runoff_continuity))


def require_continuity(totals: Totals, terms: StormTermTable) -> None:
    """A run whose engine loses or makes water is not published.

    Raises
    ------
    AnalysisError
        The continuity of routing or runoff is worse than the table allows.
    """
    require_routing(worst_continuity(totals), terms)


def require_routing(error: float, terms: StormTermTable) -> None:
    """The same of one error alone.

    Raises
    ------
    AnalysisError
        It is worse than the table allows.
    """
    limit, worst = terms.term("continuity_limit"), abs(error)
    if worst > limit:
        raise AnalysisError(
            Text(
                f"SWMM 连续性误差 {worst:.1%}，超过 {limit:.0%}，结果不发布",
                f"SWMM's continuity is off by {worst:.1%}, over {limit:.0%}: not published",
            ),
            where="SWMM",
            fix=Text("减小“管网计算步长”或检查极短、逆坡管段后重算", "run with a shorter routing step, or look at very short and rising pipes"),
        )  # fmt: skip
