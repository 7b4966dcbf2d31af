"""Who can walk to what: every home's way to every kind of facility, by the standard's measure."""

from __future__ import annotations

from app.analysis.nearby.params import ReachParams
from app.errors import Text
from app.schema import layer_named
from app.schema.analysis import Analysis, Inputs, Need, Outcome, Progress, WholeNetwork


def _run(inputs: Inputs, params: ReachParams, progress: Progress) -> Outcome:
    # The kernels are compiled code that takes a second to load: only who runs it waits.
    from app.analysis.reach.find import judge_reach

    return judge_reach(inputs, params, progress)


ANALYSIS = Analysis(
    name="reach",
    label=Text("服务设施可达性", "walking reach"),
    summary=Text(
        "从每个单元门沿步行网到各类设施的距离，围墙为障碍、出入口为通道，按户数统计生活圈达标率",
        "walking distance from every door to every kind of facility, walls as barriers and gates as "
        "passages, and the share of households within 5, 10 and 15 minutes",
    ),
    inputs=tuple(
        layer_named(name)
        for name in ("building", "stair_unit", "unit_door", "service", "walkway", "wall", "gate",
                     "community")
    ),
    rules=("facilities", "life_circle", "complete_community"),
    params=ReachParams,
    outputs=(layer_named("reach"), layer_named("reach_gap"), layer_named("community_indicator")),
    reach=WholeNetwork(),
    run=_run,
    needs=(
        Need("walkway"),
        Need("service"),
        Need("building", "households"),
        Need("gate", "state"),
    ),
    example="jiugai run reach --plan PLAN --set profile=older --json",
)  # fmt: skip
