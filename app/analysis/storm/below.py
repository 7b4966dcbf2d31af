"""A storm over the ground with what lies below it: tanks, and drains that run while it rains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np

from app.analysis.sewers.build import built, heights, options, require_routing, told
from app.analysis.sewers.clauses import clauses_of
from app.analysis.sewers.engine import Answer
from app.analysis.sewers.load import asked_names, drain_loads, no_loads
from app.analysis.sewers.model import Model, model_text
from app.analysis.storm.coupled import Coupled, Drained, Inlets, Together, coupling_told, inlets_of
from app.analysis.storm.flood import Drains, Flood, run_storm
from app.analysis.storm.ground import Ground
from app.analysis.storm.measures import Tanks
from app.analysis.storm.params import COUPLED, StormParams
from app.analysis.storm.rain import Storm
from app.errors import Text, UsageError
from app.rules.storm import StormTermTable
from app.schema.analysis import Inputs, Progress

FRAMES = 24
_SPARE_MIN = 5.0  # the engine steps over the end of each stretch
_STEP_SHARES = (1.0, 0.25)


@dataclass(frozen=True)
class Below:
    """What the drains did under a storm: their balance, a row for each pipe and manhole, notes."""

    drained: Drained | None
    loads: gpd.GeoDataFrame
    notes: tuple[Text, ...] = ()
    tanks_m3: float | None = None

    @classmethod
    def nothing(cls, inputs: Inputs) -> Below:
        """No drains were asked for."""
        like = inputs.frames["building"]
        return cls(None, no_loads(like.crs if isinstance(like, gpd.GeoDataFrame) else None))


def require_uncoupled(params: StormParams) -> None:
    """The slider knows no time, so nothing can run through drains.

    Raises
    ------
    UsageError
        Drains are asked for.
    """
    if params.drains == COUPLED:
        raise UsageError(
            Text("填洼方式没有时间过程，不能与管网耦合", "the slider knows no time: it cannot be coupled with drains"),
            where="drains",
            fix=Text("选择“局部惯性二维”或“完整浅水方程”", "choose the mode record or full"),
        )  # fmt: skip


def followed(
    inputs: Inputs, params: StormParams, ground: Ground, storm: Storm, progress: Progress
) -> tuple[Flood, Below]:
    """The storm over the ground, with the drains below it where they are asked for.

    Tanks take their water before the drains do. A coupled run whose engine loses or makes too much
    water is run again with a quarter of the engine's step.

    Raises
    ------
    AnalysisError
        The engine's continuity is worse than the table allows with the short step too.
    """
    terms: StormTermTable = inputs.rules["storm_terms"]
    if params.drains != COUPLED:
        tanks = _tanks(ground)
        flood = _rained(inputs, params, ground, storm, tanks, progress)
        return flood, _with_tanks(Below.nothing(inputs), tanks)
    model = built(
        inputs.frames["pipe"], inputs.frames["pipe_node"], terms, fills=True,
        height_at=heights(inputs.rasters["terrain"]),
    )  # fmt: skip
    inlets = inlets_of(model, ground, terms)
    again: list[Text] = []
    for share in _STEP_SHARES:
        tanks = _tanks(ground)
        flood, drained, answer = _coupled(inputs, params, ground, storm, model, inlets, share, tanks, progress)  # fmt: skip
        if abs(drained.continuity) <= terms.term("continuity_limit"):
            break
        again = [Text("管网连续性误差超限，已缩短步长重算", "the drains' continuity was too far off: run again with a shorter step")]  # fmt: skip
    require_routing(drained.continuity, terms)
    pipes, nodes = inputs.frames["pipe"], inputs.frames["pipe_node"]
    loads = drain_loads(
        model, answer, pipes, nodes, clauses_of(inputs.rules["stormwater_design"], pipes, nodes),
        flood_m3=terms.term("drain_flood_m3"), layer="storm_drain",
    )  # fmt: skip
    notes = [drained.told(), *coupling_told(inlets, terms.term("rim_gap_m")), *told(model), *again]
    return flood, _with_tanks(Below(drained, loads, tuple(notes)), tanks)


def _with_tanks(below: Below, tanks: Sequence[Tanks]) -> Below:
    """What the tanks hold, told before the drains."""
    if not tanks:
        return below
    held = sum(one.stored_m3 for one in tanks)
    return replace(below, tanks_m3=held, notes=(*(one.told() for one in tanks), *below.notes))


def _tanks(ground: Ground) -> list[Tanks]:
    return [Tanks(ground.tanks, ground.frame.area_m2)] if ground.tanks else []


def _rained(
    inputs: Inputs, params: StormParams, ground: Ground, storm: Storm, parts: Sequence[Drains],
    progress: Progress,
) -> Flood:  # fmt: skip
    return run_storm(
        ground, storm, inputs.rules["storm_surfaces"], inputs.rules["storm_terms"], mode=params.mode,
        after_min=params.after_min, frames=FRAMES, progress=progress,
        drains=Together(parts, ground.frame.area_m2) if parts else None,
    )  # fmt: skip


def _coupled(
    inputs: Inputs, params: StormParams, ground: Ground, storm: Storm, model: Model, inlets: Inlets,
    share: float, tanks: Sequence[Tanks], progress: Progress,
) -> tuple[Flood, Drained, Answer]:  # fmt: skip
    """One run of surface and engine together; ``share`` of the usual step of the engine."""
    terms: StormTermTable = inputs.rules["storm_terms"]
    hours = (storm.duration_min + params.after_min + _SPARE_MIN) / 60.0
    nodes, links = asked_names(model)
    steps = share * terms.term("drain_coupled_step_s") / terms.term("drain_step_s")
    text = model_text(model, options(terms, hours, steps))
    with inputs.engines["swmm"].open(
        text, nodes=nodes, links=links, exchanged=inlets.names
    ) as session:
        coupled = Coupled(session, inlets, ground.frame.area_m2, terms)
        flood = _rained(inputs, params, ground, storm, [*tanks, coupled], progress)
        return flood, *coupled.finished(np.isin(nodes, inlets.names, invert=True))
