"""Pipes that run closer together than the clearance rules allow, in plan, in height, in cover."""

from __future__ import annotations

from app.analysis.conflicts.params import ConflictParams
from app.errors import Text
from app.schema import layer_named
from app.schema.analysis import Analysis, Halo, Inputs, Outcome, Progress


def _run(inputs: Inputs, params: ConflictParams, progress: Progress) -> Outcome:
    # The kernels are compiled code that takes a second to load: only who runs it waits.
    from app.analysis.conflicts.find import find_conflicts

    return find_conflicts(inputs, params, progress)


ANALYSIS = Analysis(
    name="conflicts",
    label=Text("管线间距核查", "pipe clearance"),
    summary=Text(
        "管线与管线、建筑、树木、杆塔、路缘之间的水平、垂直净距和覆土深度",
        "clear distances of pipes to pipes, buildings, trees, poles and kerbs, and their cover",
    ),
    inputs=tuple(
        layer_named(name)
        for name in ("pipe", "building", "tree", "pole", "road", "community", "dataset")
    ),
    rules=("clearance",),
    params=ConflictParams,
    outputs=(layer_named("conflict"), layer_named("trial_pit")),
    reach=Halo(),
    run=_run,
    example="jiugai run conflicts --plan PLAN --set binding=stricter",
)
