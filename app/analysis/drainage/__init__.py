"""What a design storm does to the drains alone: full pipes, surcharged and flooding manholes."""

from __future__ import annotations

from app.analysis.drainage.params import DrainageParams
from app.errors import Text
from app.schema import layer_named
from app.schema.analysis import Analysis, Inputs, Need, Outcome, Progress, WholeNetwork


def _run(inputs: Inputs, params: DrainageParams, progress: Progress) -> Outcome:
    # The kernels are compiled code that takes a second to load: only who runs it waits.
    from app.analysis.drainage.run import find_drainage

    return find_drainage(inputs, params, progress)


_OTHERS = (("pipe_class", ("JS", "RQ", "RL", "DL", "TX", "GY", "QT")), ("subclass", ("WS",)))

ANALYSIS = Analysis(
    name="drainage",
    label=Text("雨水管网负荷", "load of the drains"),
    summary=Text(
        "设计暴雨落到由地形划分的汇水区，经 EPA SWMM 动力波演算：满管、过流不足的管段，超载、冒溢的检查井，附水量平衡",
        "a design storm on subcatchments of the terrain, routed by EPA SWMM: full pipes and those that "
        "hold water back, manholes that surcharge or flood, with the balance",
    ),
    inputs=tuple(layer_named(name) for name in ("pipe", "pipe_node", "building", "landcover", "catchment")),
    rules=("rainstorm", "storm_surfaces", "storm_terms", "stormwater_design"),
    params=DrainageParams,
    outputs=(layer_named("drain_load"),),
    reach=WholeNetwork(),
    run=_run,
    rasters=("terrain",),
    engines=("swmm",),
    needs=(
        Need("terrain"),
        Need("pipe", "start_invert_m", besides=_OTHERS),
        Need("pipe", "nominal_mm", besides=_OTHERS),
    ),
    example="jiugai run drainage --plan PLAN --set return_period_a=3",
)  # fmt: skip
