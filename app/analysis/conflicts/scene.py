"""All that a clearance run knows of a plan, made ready once and asked many times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely

from app.analysis.conflicts.cover import Driven, driven_of
from app.analysis.conflicts.facts import PipeFacts, Places, pipe_facts, places_of, texts
from app.analysis.conflicts.obstacles import Buildings, Obstacles, buildings_of, obstacles
from app.analysis.conflicts.rows import Others
from app.analysis.conflicts.works import Digs, digs_of
from app.rules.book import Clearance

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Surroundings:
    """What is not a pipe: it stays as it is while somebody drags one."""

    things: Obstacles
    buildings: Buildings
    driven: Driven
    digs: Digs


@dataclass(frozen=True)
class Scene:
    """Pipes, their surroundings and the communities of a plan.

    ``gone`` is the number of abandoned pipes, which take no part.
    """

    pipes: PipeFacts
    around: Surroundings
    communities: Places
    gone: int

    @property
    def others(self) -> Others:
        """What the second sides of pairs in plan are called, pipes first."""
        pipes, things = self.pipes, self.around.things
        return Others(
            np.concatenate([np.full(len(pipes), "pipe", dtype=object), things.layer]),
            np.concatenate([pipes.ids, things.ids]),
            np.concatenate([pipes.owner, np.full(len(things), "", dtype=object)]),
        )

    def ready(self) -> Scene:
        """This scene with all indexes and numbers made, so that no question waits for them."""
        around = self.around
        for kept in (self.pipes, around.things, around.buildings, around.driven, around.digs):
            assert kept.tree is not None
        assert self.communities.tree is not None
        self.pipes.number_texts()
        return self

    def near(self, line: shapely.LineString, reach_m: float, without: str = "") -> Scene:
        """The pipes and obstacles within reach of a line, without the pipe that is moved.

        Buildings, carriageways, digs and communities stay whole: they are asked by place.
        """
        found = [
            np.sort(kept.tree.query(line, predicate="dwithin", distance=reach_m))
            for kept in (self.pipes, self.around.things)
        ]
        pipes = self.pipes.take(found[0])
        if without:
            pipes = pipes.take(pipes.ids != without)
        return replace(
            self, pipes=pipes, around=replace(self.around, things=self.around.things.take(found[1]))
        )

    def with_pipes(self, pipes: PipeFacts) -> Scene:
        """This scene with more pipes in it, none of which it has."""
        return replace(self, pipes=self.pipes.with_others(pipes))


def scene_of(frames: Frames, clearance: Clearance) -> Scene:
    """The scene of the layers that the analysis declares."""
    # Plain frames: a column of a spatial one costs a copy of its index each time it is read.
    plain = {name: pd.DataFrame(frame) for name, frame in frames.items()}
    communities = places_of(plain["community"])
    pipes = pipes_of(plain, communities, clearance)
    return assembled(plain["pipe"], pipes, surroundings_of(plain, clearance), communities)


def assembled(
    rows: pd.DataFrame, pipes: PipeFacts, around: Surroundings, communities: Places
) -> Scene:
    """A scene of its parts; ``rows`` are all pipes, those that take no part among them."""
    return Scene(pipes, around, communities, gone=int((texts(rows, "status") == "abandoned").sum()))


def pipes_of(frames: Frames, communities: Places, clearance: Clearance) -> PipeFacts:
    """The facts of the pipes of plain frames."""
    return pipe_facts(
        frames["pipe"], frames["dataset"], clearance.kinds, clearance.accuracy, communities,
        frames["pipe_node"],
    )  # fmt: skip


def surroundings_of(frames: Frames, clearance: Clearance) -> Surroundings:
    """What is not a pipe, from plain frames."""
    return Surroundings(
        obstacles(frames, clearance.surround), buildings_of(frames["building"]),
        driven_of(frames["road"]), digs_of(frames["work"]),
    )  # fmt: skip
