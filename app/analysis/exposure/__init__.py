"""Who and what stands in the water of a storm: homes, doors, services, cabinets, roads."""

from __future__ import annotations

from app.errors import Text
from app.schema import layer_named
from app.schema.analysis import (
    Analysis,
    Inputs,
    Need,
    NoParams,
    Outcome,
    Progress,
    WholeNetwork,
)


def _run(inputs: Inputs, params: NoParams, progress: Progress) -> Outcome:
    from app.analysis.exposure.find import find_exposure

    return find_exposure(inputs, params, progress)


_READ = (
    "storm_zone",
    "building",
    "stair_unit",
    "unit_door",
    "service",
    "asset",
    "road",
    "community",
    "storm_measure",
)

ANALYSIS = Analysis(
    name="exposure",
    label=Text("积水影响", "storm exposure"),
    summary=Text(
        "风险区内的楼栋与户数、进水的单元门、服务设施、配电箱和消防车不能通行的道路，按小区、乡镇",
        "buildings and households in the risk zones, doors that flood, services, power cabinets and "
        "roads that a fire engine cannot pass, by community and township",
    ),
    inputs=tuple(layer_named(name) for name in _READ),
    rules=("storm_terms",),
    params=NoParams,
    outputs=(layer_named("storm_exposure"),),
    reach=WholeNetwork(),
    run=_run,
    rasters=("storm_depth",),
    needs=(Need("storm_zone"), Need("building", "households")),
    example="jiugai run exposure --plan PLAN",
)
