"""Which closed gate, cut of a wall or free stretch of one would help most households if opened."""

from __future__ import annotations

from app.analysis.gates.params import GateParams
from app.errors import Text
from app.schema import layer_named
from app.schema.analysis import Analysis, Inputs, Need, Outcome, Progress, WholeNetwork


def _run(inputs: Inputs, params: GateParams, progress: Progress) -> Outcome:
    # Compiled code takes a second to load: only who runs it waits.
    from app.analysis.gates.find import advise

    return advise(inputs, params, progress)


ANALYSIS = Analysis(
    name="gates",
    label=Text("开门建议", "gates worth opening"),
    summary=Text(
        "逐一试开关闭的出入口、围墙截断步行路处和沿墙的空段，按新增达标户数排序",
        "opens every shut gate, every place where a wall cuts a walkway and free stretches of walls, "
        "and ranks them by the households that gain a kind of facility",
    ),
    inputs=tuple(
        layer_named(name)
        for name in ("building", "stair_unit", "unit_door", "service", "walkway", "wall", "gate",
                     "community")
    ),
    rules=("facilities", "life_circle"),
    params=GateParams,
    outputs=(layer_named("gate_advice"),),
    reach=WholeNetwork(),
    run=_run,
    needs=(Need("walkway"), Need("service"), Need("gate", "state")),
    example="jiugai run gates --plan PLAN --json",
)  # fmt: skip
