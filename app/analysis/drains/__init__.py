"""Storm and combined sewers as a network that water can run through, and what stands in its way."""

from __future__ import annotations

from app.errors import Text
from app.schema import layer_named
from app.schema.analysis import Analysis, Inputs, Need, NoParams, Outcome, Progress, WholeNetwork


def _run(inputs: Inputs, params: NoParams, progress: Progress) -> Outcome:
    from app.analysis.drains.find import find_drain_faults

    return find_drain_faults(inputs, params, progress)


_BESIDES = (("pipe_class", ("JS", "RQ", "RL", "DL", "TX", "GY", "QT")), ("subclass", ("WS",)))

ANALYSIS = Analysis(
    name="drains",
    label=Text("雨水管网核查", "check of the drains"),
    summary=Text(
        "雨水、合流管网能否排水：倒坡、缺管底高程、缺管径、管底高于地面、环流、超出地形范围、不通出水口的孤立管网",
        "whether storm and combined sewers can drain: adverse slopes, missing inverts and sizes, "
        "inverts above ground, loops, nodes off the terrain, islands without an outfall",
    ),
    inputs=tuple(layer_named(name) for name in ("pipe", "pipe_node", "terrain")),
    params=NoParams,
    outputs=(layer_named("drain_state"),),
    reach=WholeNetwork(),
    run=_run,
    needs=(
        Need("pipe", "start_invert_m", besides=_BESIDES),
        Need("pipe", "nominal_mm", besides=_BESIDES),
    ),
    example="jiugai run drains --plan PLAN",
)
