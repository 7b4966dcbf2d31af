"""Which drains would help if they were wider: each proposed, run again, and compared."""

from __future__ import annotations

from app.analysis.upsizing.params import UpsizingParams
from app.errors import Text
from app.schema import layer_named
from app.schema.analysis import Analysis, Inputs, Need, Outcome, Progress, WholeNetwork


def _run(inputs: Inputs, params: UpsizingParams, progress: Progress) -> Outcome:
    # The kernels are compiled code that takes a second to load: only who runs it waits.
    from app.analysis.upsizing.run import compare_sizes

    return compare_sizes(inputs, params, progress)


_READ = (
    "pipe", "pipe_node", "building", "landcover", "catchment", "wall", "gate", "road",
    "storm_measure", "stair_unit", "unit_door", "service", "asset", "community",
)  # fmt: skip
_RULES = (
    "rainstorm", "storm_surfaces", "storm_terms", "flood_hazard_classes", "stormwater_design",
    "drain_sizes",
)  # fmt: skip
_OTHERS = (("pipe_class", ("JS", "RQ", "RL", "DL", "TX", "GY", "QT")), ("subclass", ("WS",)))

ANALYSIS = Analysis(
    name="upsizing",
    label=Text("管网扩径比选", "wider pipes compared"),
    summary=Text(
        "找出最不利的管段，提出下一档能通过最大流量的标准管径，逐一与全部重算，比较冒溢水量、风险区、受影响户数与造价",
        "the worst drains, each proposed in the standard size that carries its greatest flow, run again "
        "one by one and together: what comes up, zones, households and cost before and after",
    ),
    inputs=tuple(layer_named(name) for name in _READ),
    rules=_RULES,
    params=UpsizingParams,
    outputs=(layer_named("pipe_upsizing"),),
    reach=WholeNetwork(),
    run=_run,
    rasters=("terrain",),
    engines=("swmm",),
    needs=(
        Need("terrain"),
        Need("pipe", "start_invert_m", besides=_OTHERS),
        Need("pipe", "nominal_mm", besides=_OTHERS),
    ),
    example="jiugai run upsizing --plan PLAN --set worst=10 --set water=drains",
)
