"""Pipes that run closer together than the clearance rules allow, in plan, in height, in cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.analysis.conflicts.params import ConflictParams
from app.errors import Text
from app.schema import layer_named
from app.schema.analysis import Analysis, Halo, Inputs, Need, Outcome, Progress


def _run(inputs: Inputs, params: ConflictParams, progress: Progress) -> Outcome:
    # The kernels are compiled code that takes a second to load: only who runs it waits.
    from app.analysis.conflicts.find import find_conflicts

    return find_conflicts(inputs, params, progress)


def _reach_m(rules: Mapping[str, Any], params: ConflictParams) -> float:
    """The farthest two axes may be apart, walls aside, and still be short of anything."""
    from app.analysis.conflicts.horizontal import worst_error_m
    from app.analysis.conflicts.works import strip_reach_m

    clearance = rules["clearance"]
    error_m: float = 2 * worst_error_m(clearance.accuracy)
    farthest_m = max(clearance.reach_m, strip_reach_m(clearance.horizontal))
    reach_m: float = farthest_m + error_m + 2 * params.largest_unknown_radius_m
    return reach_m


def _with_pits(conflicts: Any) -> Mapping[str, Any]:
    from app.analysis.conflicts.pits import trial_pits

    return {"conflict": conflicts, "trial_pit": trial_pits(conflicts)}


_NOT_BURIED = (("status", ("removed", "abandoned")), ("laying", ("overhead",)))

ANALYSIS = Analysis(
    name="conflicts",
    label=Text("管线间距核查", "pipe clearance"),
    summary=Text(
        "管线与管线、建筑、树木、杆塔、路缘之间的水平、垂直净距和覆土深度",
        "clear distances of pipes to pipes, buildings, trees, poles and kerbs, and their cover",
    ),
    inputs=tuple(
        layer_named(name)
        for name in (
            "pipe",
            "pipe_node",
            "building",
            "tree",
            "pole",
            "road",
            "work",
            "community",
            "dataset",
        )
    ),
    rules=("clearance",),
    params=ConflictParams,
    outputs=(layer_named("conflict"), layer_named("trial_pit")),
    reach=Halo(
        measure=_reach_m,
        subjects=(("a_layer", "a_id"), ("b_layer", "b_id")),
        whole=("pipe",),
        finish=_with_pits,
    ),
    run=_run,
    needs=(
        *(
            Need("pipe", name, besides=_NOT_BURIED)
            for name in ("quality", "depth_ref", "start_depth_m", "end_depth_m")
        ),
        Need("pipe", "outside_mm", instead=("width_mm", "height_mm"), besides=_NOT_BURIED),
    ),
    example="jiugai run conflicts --plan PLAN --set binding=stricter",
)
