"""Where water stands when it rains: depth, speed and hazard zones over the terrain."""

from __future__ import annotations

from app.analysis.storm.params import StormParams
from app.errors import Text
from app.schema import layer_named
from app.schema.analysis import Analysis, Inputs, Need, Outcome, Progress, WholeNetwork


def _run(inputs: Inputs, params: StormParams, progress: Progress) -> Outcome:
    # The kernels are compiled code that takes a second to load: only who runs it waits.
    from app.analysis.storm.run import find_storm

    return find_storm(inputs, params, progress)


_READ = (
    "building", "landcover", "wall", "gate", "road", "storm_measure", "pipe", "pipe_node",
)  # fmt: skip
_RULES = (
    "rainstorm", "storm_surfaces", "storm_terms", "flood_hazard_classes", "stormwater_design",
)  # fmt: skip

ANALYSIS = Analysis(
    name="storm",
    label=Text("积水风险", "stormwater risk"),
    summary=Text(
        "设计暴雨落到地形上：逐格水深、流速，按危险等级划出风险区，附水量平衡",
        "a design storm on the terrain: depth and speed of every cell, zones by hazard class, "
        "with the water balance",
    ),
    inputs=tuple(layer_named(name) for name in _READ),
    rules=_RULES,
    params=StormParams,
    outputs=(layer_named("storm_zone"), layer_named("storm_drain")),
    reach=WholeNetwork(),
    run=_run,
    rasters=("terrain",),
    engines=("swmm",),
    raster_outputs=("storm_depth", "storm_speed", "storm_wet"),
    needs=(Need("terrain"),),
    example="jiugai run storm --plan PLAN --set return_period_a=10 --set mode=record",
)
