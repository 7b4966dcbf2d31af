"""How far one gets on foot from every community or from every facility of a kind."""

from __future__ import annotations

from app.analysis.isochrones.params import IsochroneParams
from app.errors import Text
from app.schema import layer_named
from app.schema.analysis import Analysis, Inputs, Need, Outcome, Progress, WholeNetwork


def _run(inputs: Inputs, params: IsochroneParams, progress: Progress) -> Outcome:
    # Compiled code takes a second to load: only who runs it waits.
    from app.analysis.isochrones.find import draw_bands

    return draw_bands(inputs, params, progress)


ANALYSIS = Analysis(
    name="isochrones",
    label=Text("等时圈", "isochrones"),
    summary=Text(
        "从每个小区的出入口，或某类设施的每一处出发，沿步行网 5、10、15 分钟的范围；围墙隔断，不用凸包",
        "how far 5, 10 and 15 minutes on foot reach from the gates of every community or from every "
        "facility of a kind, along the network, cut by walls, without hulls",
    ),
    inputs=tuple(
        layer_named(name)
        for name in ("building", "stair_unit", "unit_door", "service", "walkway", "wall", "gate",
                     "community")
    ),
    rules=("facilities", "life_circle"),
    params=IsochroneParams,
    outputs=(layer_named("isochrone"),),
    reach=WholeNetwork(),
    run=_run,
    needs=(Need("walkway"),),
    example="jiugai run isochrones --plan PLAN --set kind=kindergarten --json",
)  # fmt: skip
