"""What would change for whom if a gate were opened or shut, a facility opened or closed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from dataclasses import field as field_of

import numpy as np
import numpy.typing as npt
import shapely

from app.analysis.nearby.facilities import Services
from app.analysis.nearby.gaps import of_doors, of_homes
from app.analysis.nearby.judge import Judged, Kind, Walk, judge, kind_of
from app.analysis.nearby.standing import Standing
from app.geo import shortest
from app.geo.amend import Arcs, Offers, Undo, edges_at, opposite
from app.geo.nearest import Anchored, anchored, nearest_of
from app.geo.snapping import Snapped
from app.geo.walking import WalkingGraph
from app.geo.ways import Field, PatchedWays, Ways

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class GateChange:
    """A gate (or a cut in a wall, numbered after the gates) lets others through than it did."""

    gate: int
    passing: int


@dataclass(frozen=True)
class Opened:
    """A facility that was not there; ``community`` "" where it stands in none."""

    kind: str
    place: shapely.Point
    community: str = ""


@dataclass(frozen=True)
class Closed:
    """A facility that is gone; its index among those of the standing."""

    service: int


Change = GateChange | Opened | Closed


@dataclass(frozen=True)
class Amended:
    """The kinds that a change may touch, as they would be, and every home's verdicts."""

    kinds: dict[str, tuple[Kind, Judged]]
    verdict: dict[str, Ints]
    services: Services


@dataclass
class Turn:
    """Arcs whose price changed with their gates, and the price before."""

    arcs: Ints = field_of(default_factory=lambda: np.zeros(0, dtype=np.int64))
    price: Floats = field_of(default_factory=lambda: np.zeros(0))
    opened: Ints = field_of(default_factory=lambda: np.zeros(0, dtype=np.int64))
    shut: Ints = field_of(default_factory=lambda: np.zeros(0, dtype=np.int64))


class Live:
    """A standing that answers what would be, and is afterwards as it was."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self._lock = threading.Lock()
        names, self._community = np.unique(
            standing.starts.community.astype(str), return_inverse=True
        )
        self._of_home = shortest.grouped(standing.starts.home, len(standing.homes))
        self._number = {str(name): number for number, name in enumerate(names)}
        if standing.walk is not None:
            graph, walker = standing.walk.town.graph, standing.walk.town.walker
            edge = graph.arc_edge
            self._arcs = Arcs(
                graph.indptr, graph.heads, graph.tails,
                opposite(graph.tails, graph.heads, graph.arc_edge, graph.arc_gate),
                graph.arc_cost(walker.edge_cost),
                np.where(edge >= 0, graph.length_m[edge], 0.0),
            )  # fmt: skip
            self._on_edge = shortest.grouped(standing.walk.places.edge, len(graph.u))
            self._links = _links_of(graph)

    def ask(self, changes: Sequence[Change]) -> Amended:
        """What the changes, all together, would make of the town: equal to a run on such a plan."""
        with self._lock:
            return self._answered(changes)

    def _answered(self, changes: Sequence[Change]) -> Amended:
        standing = self.standing
        gates = [c for c in changes if isinstance(c, GateChange)]
        opened = [c for c in changes if isinstance(c, Opened)]
        closed = np.array([c.service for c in changes if isinstance(c, Closed)], dtype=np.int64)
        services = _with(standing.services, opened)
        turn = Turn()
        touched_kinds = {c.kind for c in opened} | set(standing.services.kind[closed].tolist())
        amended, verdict = {}, dict(standing.verdict)
        try:
            walk = self._changed(gates, opened, turn)
            for kind, judged in zip(standing.kinds, standing.judged, strict=True):
                has_changed = kind.asked.row.code in touched_kinds
                by_way = bool(gates) and not kind.asked.by_straight and kind.asked.limit_m
                if not has_changed and not (by_way and kind.field is not None):
                    continue
                rule = kind.asked.row.rule_id
                new, told, doors = (
                    self._of_other_sources(kind, judged, closed, services, walk, turn)
                    if has_changed
                    else self._of_other_gates(kind, judged, walk, turn)
                )
                amended[rule] = new, told
                if told is not judged:
                    verdict[rule] = self._of_homes(verdict[rule], told, doors)
        finally:
            if len(turn.arcs):
                self._arcs.price[turn.arcs] = turn.price
        return Amended(amended, verdict, services)

    def _changed(
        self, gates: Sequence[GateChange], opened: Sequence[Opened], turn: Turn
    ) -> Walk | None:
        """The network with its gates as they would be and the new facilities joined, the last."""
        walk = self.standing.walk
        if walk is None:
            return None
        graph, joined = walk.town.graph, walk.joined
        if opened:
            new = graph.snap(_points(opened), limit_m=self.standing.params.snap_limit_m)
            joined = Snapped(
                *(np.concatenate([getattr(joined, name), getattr(new, name)]) for name in _SNAPPED)
            )
        for change in gates:
            graph = graph.with_gate(change.gate, change.passing)
        arcs = np.concatenate([_NO, *(self._links.get(c.gate, _NO) for c in gates)])
        turn.arcs, turn.price = arcs, self._arcs.price[arcs]
        price = graph.link_cost(arcs)
        self._arcs.price[arcs] = price
        turn.opened, turn.shut = arcs[price < turn.price], arcs[price > turn.price]
        walker = replace(walk.town.walker, graph=graph)
        return Walk(replace(walk.town, graph=graph, walker=walker), walk.places, joined)

    def _of_other_gates(
        self, kind: Kind, judged: Judged, walk: Walk | None, turn: Turn
    ) -> tuple[Kind, Judged, Ints]:
        assert walk is not None
        ways, doors = self._ways(kind, kind.at, _NO, walk, turn)
        if not len(doors):
            return kind, judged, doors
        new = replace(kind, ways=ways)
        return new, self._judged(new, judged, self.standing.services, doors), doors

    def _of_other_sources(
        self, kind: Kind, judged: Judged, closed: Ints, services: Services, walk: Walk | None,
        turn: Turn,
    ) -> tuple[Kind, Judged, Ints]:  # fmt: skip
        starts, town = self.standing.starts, self.standing.town
        at = np.setdiff1d(services.of(kind.asked.row.code), closed)
        if not len(at) or kind.field is None or walk is None:
            rest = services.kind.copy()
            rest[closed] = ""
            new = kind_of(kind.asked, starts, replace(services, kind=rest), walk)
        else:
            ways, doors = self._ways(kind, at, closed, walk, turn)
            straight, straight_of, nearer = _straight(kind, at, starts.places, services)
            off = np.flatnonzero(walk.joined.edge[at] < 0)
            new = Kind(kind.asked, at, off, kind.field, ways, straight, straight_of)
            if np.array_equal(at[off], kind.at[kind.off]):
                again = np.union1d(doors, nearer)
                if kind.asked.limit_m is None:
                    own = services.community[np.setxor1d(at, kind.at)]
                    again = np.union1d(again, self._in_communities(own))
                return new, self._judged(new, judged, services, again), again
        return new, judge(new, starts, services, town), np.arange(len(starts))

    def _judged(self, new: Kind, judged: Judged, services: Services, doors: Ints) -> Judged:
        """The verdicts, made again for these doors only."""
        part = judge(new, self.standing.starts, services, self.standing.town, doors)
        if (part.verdict == judged.verdict[doors]).all() and (
            part.missing == judged.missing[doors]
        ).all():
            return judged
        verdict, missing = judged.verdict.copy(), judged.missing.copy()
        verdict[doors], missing[doors] = part.verdict, part.missing
        return Judged(verdict, missing)

    def _of_homes(self, before: Ints, judged: Judged, doors: Ints) -> Ints:
        """The verdicts of homes, made again for those whose doors were judged again."""
        starts, homes = self.standing.starts, self.standing.homes
        if len(doors) > len(starts) // 2:
            return of_homes(judged.verdict, starts, homes)
        touched = np.unique(starts.home[doors])
        indptr, order = self._of_home
        own = order[shortest.ranges(indptr[touched], indptr[touched + 1])]
        home = np.repeat(np.arange(len(touched)), indptr[touched + 1] - indptr[touched])
        verdict = before.copy()
        by_every = homes.by_every_door[touched]
        verdict[touched] = of_doors(judged.verdict[own], home, by_every)
        return verdict

    def _in_communities(self, names: Shapes) -> Ints:
        """The doors of these communities."""
        own = [np.flatnonzero(self._community == self._number.get(name, -1)) for name in set(names)]
        return np.concatenate([_NO, *own])

    def _ways(
        self, kind: Kind, at: Ints, closed: Ints, walk: Walk, turn: Turn
    ) -> tuple[Ways, Ints]:
        """The ways of all doors after the change, and the doors that were looked at again."""
        field, ways, graph, joined = kind.field, kind.ways, walk.town.graph, walk.joined
        assert field is not None
        assert ways is not None
        # Labels count in the old facilities of the kind; new ones follow, closed ones join no edge.
        new = np.setdiff1d(at, kind.at)
        every = np.concatenate([kind.at, new])
        gone = np.isin(every, closed)
        sources = joined.take(every)
        sources = replace(sources, edge=np.where(gone, -1, sources.edge))
        undone: list[Undo] = []
        try:
            remaining = _seeds(walk, sources, np.arange(len(every)))
            heads = graph.heads[turn.shut]
            roots = heads[field.arc[heads] == turn.shut]
            if gone.any():
                lost = np.isin(field.label, np.flatnonzero(gone)) & (field.arc < 0)
                roots = np.union1d(roots, np.flatnonzero(lost))
            if len(roots):
                undone += self._arcs.lift(field, roots, remaining)
            added = np.arange(len(kind.at), len(every))
            offers = _both(
                _seeds(walk, sources, added), self._arcs.offers_along(field, turn.opened)
            )
            undone.append(self._arcs.lower(field, offers))
            nodes = np.concatenate([undo.nodes for undo in undone])
            if not (len(nodes) or len(new) or len(closed)):
                return ways, _NO
            edges = edges_at(graph.indptr, graph.arc_edge, np.unique(nodes))
            own = joined.edge[np.concatenate([new, closed])]
            doors = self._doors_on(np.union1d(edges, own[own >= 0]))
            part = walk.town.walker.ways(
                walk.places.take(doors),
                Field(sources, field.cost, field.metres, field.label, field.arc),
            )
        finally:
            for undo in reversed(undone):
                undo.apply(field)
        if len(new) or gone.any():
            where = np.searchsorted(at, every)
            place = np.where(gone, -1, np.where(where < len(at), where, -1))
            ways, part = (
                replace(w, source=np.where(w.source >= 0, place[np.maximum(w.source, 0)], -1))
                for w in (ways, part)
            )
        return PatchedWays(ways, doors, part), doors

    def _doors_on(self, edges: Ints) -> Ints:
        indptr, order = self._on_edge
        return np.sort(order[shortest.ranges(indptr[edges], indptr[edges + 1])])


_NO: Ints = np.zeros(0, dtype=np.int64)
_SNAPPED = ("edge", "offset_m", "leg_m", "nearest_m")


def _links_of(graph: WalkingGraph) -> dict[int, Ints]:
    """The arcs of each gate."""
    links = np.flatnonzero(graph.arc_gate >= 0)
    gates = graph.arc_gate[links]
    return {int(gate): links[gates == gate] for gate in np.unique(gates)}


def _points(opened: Sequence[Opened]) -> Shapes:
    points = np.empty(len(opened), dtype=object)
    points[:] = [one.place for one in opened]
    return points


def _with(services: Services, opened: Sequence[Opened]) -> Services:
    if not opened:
        return services
    new, old = anchored(_points(opened)), services.places
    places = Anchored(
        np.concatenate([old.shapes, new.shapes]), np.concatenate([old.xy, new.xy]),
        np.concatenate([old.radius_m, new.radius_m]),
    )  # fmt: skip
    named = [f"+{number}" for number in range(1, len(opened) + 1)]
    ids = np.concatenate([services.ids, np.array(named, dtype=object)])
    kind = np.concatenate([services.kind, np.array([o.kind for o in opened], dtype=object)])
    community = np.array([o.community for o in opened], dtype=object)
    return Services(ids, kind, places, np.concatenate([services.community, community]))


def _straight(
    kind: Kind, at: Ints, doors: Anchored, services: Services
) -> tuple[Floats, Ints, Ints]:
    """Straight distances after facilities came and went, and the doors for which they differ."""
    place = np.searchsorted(at, kind.at)
    stays = np.isin(kind.at, at)
    of = np.where(stays, place, -1)[kind.straight_of]
    far = kind.straight_m.copy()
    changed = [np.flatnonzero(of < 0)]
    new = np.flatnonzero(~np.isin(at, kind.at))
    if len(new):
        others = services.places.take(at[new])
        bound = far + doors.radius_m + others.radius_m.max()
        close = np.zeros(len(doors), dtype=bool)
        for x, y in others.xy.tolist():
            close |= np.hypot(doors.xy[:, 0] - x, doors.xy[:, 1] - y) <= bound
        near = np.flatnonzero(close)
        metres, which = nearest_of(doors.take(near), others)
        shorter = metres < far[near]
        nearer = near[shorter]
        far[nearer], of[nearer] = metres[shorter], new[which[shorter]]
        changed.append(nearer)
    lost = np.flatnonzero(of < 0)
    if len(lost):
        far[lost], of[lost] = nearest_of(doors.take(lost), services.places.take(at))
    return far, of, np.concatenate(changed)


def _seeds(walk: Walk, sources: Snapped, which: Ints) -> Offers:
    """What some sources offer the ends of their edges."""
    on = which[sources.edge[which] >= 0]
    node, cost, metres = walk.town.walker.seeds(sources.take(on))
    return Offers(node, cost, metres, np.tile(on, 2), np.full(2 * len(on), -1, dtype=np.int64))


def _both(one: Offers, other: Offers) -> Offers:
    return Offers(
        *(np.concatenate([getattr(one, name), getattr(other, name)])
          for name in ("node", "cost", "metres", "label", "arc"))
    )  # fmt: skip
