"""Where a missing facility should go: idle rooms and public plots, existing ones kept."""

from __future__ import annotations

from app.analysis.siting.params import SitingParams
from app.errors import Text
from app.schema import layer_named
from app.schema.analysis import Analysis, Inputs, Need, Outcome, Progress, WholeNetwork


def _run(inputs: Inputs, params: SitingParams, progress: Progress) -> Outcome:
    # Compiled code takes a second to load: only who runs it waits.
    from app.analysis.siting.find import place_sites

    return place_sites(inputs, params, progress)


ANALYSIS = Analysis(
    name="siting",
    label=Text("设施选址", "siting"),
    summary=Text(
        "在存量用房和公共地块中为缺少的设施选址：现有设施不动，可限处数、预算和每处服务户数，说明与最优解的差距",
        "places missing facilities in idle rooms and on public plots, existing ones kept, within a number, "
        "a budget and what one site can serve, with the gap to the optimum",
    ),
    inputs=tuple(
        layer_named(name)
        for name in ("building", "stair_unit", "unit_door", "service", "walkway", "wall", "gate",
                     "community", "plot_room")
    ),
    rules=("facilities", "life_circle", "scope_rules", "item_unit_cost", "complete_community"),
    params=SitingParams,
    outputs=(layer_named("site"),),
    reach=WholeNetwork(),
    run=_run,
    needs=(Need("walkway"), Need("plot_room"), Need("building", "households")),
    example="jiugai run siting --plan PLAN --set kind=elderly_day_care --set sites=3 --json",
)  # fmt: skip
