"""Planned digs of all parties that could be one dig: dig once."""

from __future__ import annotations

from app.analysis.corridors.params import CorridorParams
from app.errors import Text
from app.schema import layer_named
from app.schema.analysis import Analysis, Inputs, Need, Outcome, Progress, WholeNetwork


def _run(inputs: Inputs, params: CorridorParams, progress: Progress) -> Outcome:
    # The kernels are compiled code that takes a second to load: only who runs it waits.
    from app.analysis.corridors.packages import find_corridors

    return find_corridors(inputs, params, progress)


_OVER = (("state", ("done", "cancelled")),)
_NOT_PLANNED = (("status", ("existing", "removed", "abandoned")),)

ANALYSIS = Analysis(
    name="corridors",
    label=Text("共同开挖", "dig once"),
    summary=Text(
        "各单位相邻、工期相近的计划开挖合并为一次开挖：共沟长度、路面恢复面积、节省金额与建议牵头单位",
        "planned digs of all parties near each other in place and time as packages: shared trench, "
        "repaving area, money saved and who should lead",
    ),
    inputs=tuple(layer_named(name) for name in ("work", "pipe", "community_item", "organisation")),
    rules=("dig_saving",),
    params=CorridorParams,
    outputs=(layer_named("corridor"),),
    reach=WholeNetwork(),
    run=_run,
    needs=(
        Need("work", "starts_on", besides=_OVER),
        Need("work", "ends_on", besides=_OVER),
        Need("pipe", "works_from", besides=_NOT_PLANNED),
        Need("pipe", "works_to", besides=_NOT_PLANNED),
    ),
    example="jiugai run corridors --plan PLAN --set join_distance_m=10",
)
