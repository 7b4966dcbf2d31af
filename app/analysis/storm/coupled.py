"""Water between the surface and the drains, at inlets and manholes, while a storm runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.analysis.sewers.engine import Answer, Session
from app.analysis.sewers.model import Model
from app.analysis.storm.flood import Drains
from app.analysis.storm.ground import Ground
from app.errors import Text
from app.geo.depressions import OPEN
from app.geo.inertial import GRAVITY
from app.rules.storm import StormTermTable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_FREE = 2.0 / 3.0
# After a drain gave water back it is offered what it kept, and then a little more each time.
_GROWTH, _FIRST_SHARE = 1.5, 0.1


@dataclass(frozen=True)
class Inlets:
    """Nodes that touch the surface: their names, cells, rims and openings.

    ``rim_m`` is where the engine lets water come up, above the height datum; the ground of the
    cell stands for it on the surface. ``far`` are the nodes without open ground near them.
    """

    names: tuple[str, ...]
    cells: Ints
    rim_m: Floats
    weir_m: Floats
    opening_m2: Floats
    differ_m: Floats
    far: tuple[str, ...]


def inlets_of(model: Model, ground: Ground, terms: StormTermTable) -> Inlets:
    """The inlets and manholes of a model on the cells of a ground; sealed ones take nothing in.

    A node in a building or a wall takes the nearest open cell within ``inlet_reach_m``.
    """
    nodes = model.nodes[model.nodes["kind"] != "outfall"].reset_index(drop=True)
    reach = int(np.ceil(terms.term("inlet_reach_m") / ground.frame.cell_m))
    cells = np.array([_nearest(ground, x, y, reach) for x, y in nodes[["x", "y"]].to_numpy(float)], dtype=np.int64)  # fmt: skip
    near = cells >= 0
    kept = nodes[near].reset_index(drop=True)
    is_inlet = (kept["kind"] == "inlet").to_numpy(bool)
    rim = (kept["invert_m"] + kept["depth_m"]).to_numpy(float)
    level = ground.z.ravel()[cells[near]].astype(np.float64) + ground.lowest_m

    def by_kind(name: str) -> Floats:
        unit = "m2" if name == "opening" else "m"
        figures = [terms.term(f"{kind}_{name}_{unit}") for kind in ("inlet", "manhole")]
        return np.where(is_inlet, figures[0], figures[1])

    return Inlets(
        tuple(kept["name"]), cells[near], rim, by_kind("weir"), by_kind("opening"),
        np.abs(rim - level), tuple(nodes.loc[~near, "pipe_node_id"]),
    )  # fmt: skip


def _nearest(ground: Ground, x: float, y: float, reach: int) -> int:
    """The open cell at a point, or the nearest within so many cells; -1 where there is none."""
    frame = ground.frame
    if not (np.isfinite(x) and np.isfinite(y)):
        return -1
    cell = int(frame.cell_of(x, y))
    if cell < 0:
        return -1
    row, column = divmod(cell, frame.columns)
    if ground.kind[row, column] == OPEN:
        return cell
    top, left = max(row - reach, 0), max(column - reach, 0)
    part = ground.kind[top : row + reach + 1, left : column + reach + 1] == OPEN
    r, c = np.nonzero(part)
    if not len(r):
        return -1
    away = np.hypot(r + top - row, c + left - column)
    best = int(away.argmin())
    if away[best] > reach:
        return -1
    return int((r[best] + top) * frame.columns + c[best] + left)


def inflow_m3_s(
    depth_m: Floats, head_m: Floats, weir_m: Floats, opening_m2: Floats, terms: StormTermTable
) -> Floats:
    """What goes down through openings under water of this depth; heads are above the rims.

    Weir or orifice, whichever lets less through; where the head stands above the rim, the weir is
    drowned after Villemonte (1947), who measured it for one with the free weir's exponent, and the
    orifice runs under the difference of levels. Nothing where the head is higher.
    """
    weir, orifice = terms.term("weir_coefficient"), terms.term("orifice_coefficient")
    deep = np.maximum(depth_m, 0.0)
    over = np.maximum(deep - np.maximum(head_m, 0.0), 0.0)
    speed = np.sqrt(2.0 * GRAVITY * over)
    free = _FREE * weir * weir_m * np.sqrt(2.0 * GRAVITY) * deep**1.5
    below = np.clip(head_m, 0.0, deep)
    share = np.divide(below, deep, out=np.zeros_like(deep), where=deep > 0.0)
    drowned = (1.0 - share**1.5) ** terms.term("villemonte_exponent")
    return np.asarray(np.minimum(free * drowned, orifice * opening_m2 * speed))


class Coupled:
    """The drains below a running storm: the engine works on while the surface does.

    At each exchange the water that came up since the last one is put on the surface, and what goes
    down is taken from it and handed to the engine over the next stretch. Water on its way counts
    as being in the drains.
    """

    def __init__(
        self, session: Session, inlets: Inlets, area_m2: float, terms: StormTermTable
    ) -> None:
        self._session, self._inlets, self._area_m2, self._terms = session, inlets, area_m2, terms
        self.cells, self._of = np.unique(inlets.cells, return_inverse=True)
        many = len(inlets.cells)
        self._heads = np.full(many, -np.inf)
        self._last, self._most = np.zeros(many), np.full(many, np.inf)
        self._rate, self._owed = np.zeros(many), np.zeros(many)
        self._until_s = self._now_s = 0.0
        self._is_running = False
        self.taken_m3 = self.risen_m3 = 0.0
        self.rising_nodes = np.zeros(many)

    def exchange(self, depth_m: Floats, seconds: float) -> Floats:
        """Cubic metres that go down at each cell; negative where more comes up."""
        rising = self._received()
        wanted = inflow_m3_s(
            np.asarray(depth_m, dtype=np.float64)[self._of], self._heads, self._inlets.weir_m,
            self._inlets.opening_m2, self._terms,
        ) * seconds  # fmt: skip
        self._learn(rising, wanted)
        down = self._held(np.minimum(wanted, self._most), depth_m)
        self._send(down, seconds)
        self._last = down
        self.taken_m3 += float(down.sum())
        self.risen_m3 += float(rising.sum())
        self.rising_nodes += rising
        net = np.bincount(self._of, down - rising, len(self.cells))
        return np.asarray(net, dtype=np.float64)

    def _learn(self, rising: Floats, wanted: Floats) -> None:
        """A drain that is full gives back what it cannot take: offer it no more than it kept."""
        full = rising > 0.0
        kept = np.maximum(self._last - rising, 0.0)
        grown = np.maximum(self._most * _GROWTH, _FIRST_SHARE * wanted)
        self._most = np.where(full, kept, grown)

    def _held(self, down: Floats, depth_m: Floats) -> Floats:
        """No more than the cells hold, shared among the openings of a cell."""
        whole = np.bincount(self._of, down, len(self.cells))
        there = np.asarray(depth_m, dtype=np.float64) * self._area_m2
        share = np.divide(there, whole, out=np.ones(len(whole)), where=whole > there)
        return np.asarray(down * np.minimum(share, 1.0)[self._of])

    def _send(self, down: Floats, seconds: float) -> None:
        self._owed += down
        self._rate = self._owed / seconds
        self._until_s += seconds
        self._session.send(self._until_s, self._rate)
        self._is_running = True

    def _received(self) -> Floats:
        """What came up since; the engine steps over the end of a stretch, so flows are settled."""
        if not self._is_running:
            return np.zeros(len(self._rate))
        answer = self._session.receive()
        self._owed = self._owed - self._rate * (answer.now_s - self._now_s)
        self._now_s = answer.now_s
        self._heads = answer.heads_m - self._inlets.rim_m
        self._is_running = False
        return answer.rising_m3

    @property
    def stored_m3(self) -> float:
        """What went down and did not come up again."""
        return self.taken_m3 - self.risen_m3

    def finished(self, far: npt.NDArray[np.bool_]) -> tuple[Drained, Answer]:
        """Where the water went that was taken, and what the engine found; it ends.

        ``far`` marks, among the nodes that were asked for, those that have no ground to rise to.
        """
        self._received()
        answer = self._session.end()
        totals = answer.totals
        away = float(answer.node_flood_m3[far].sum())
        pending = float(answer.node_flood_m3[~far].sum()) - self.risen_m3
        drained = Drained(
            self.taken_m3, self.risen_m3, totals.outflow_m3, totals.stored_m3,
            pending + float(self._owed.sum()), away, totals.continuity,
            int((self.rising_nodes > self._terms.term("drain_flood_m3")).sum()),
        )  # fmt: skip
        return drained, answer


@dataclass(frozen=True)
class Drained:
    """What the drains did with the water of a storm, in cubic metres.

    ``on_way_m3`` is what was between surface and drains at the end; ``away_m3`` came up where there
    is no ground to take it.
    """

    taken_m3: float
    risen_m3: float
    outflow_m3: float
    in_pipes_m3: float
    on_way_m3: float
    away_m3: float
    continuity: float
    rising_nodes: int

    @property
    def error_m3(self) -> float:
        """What the engine lost or made."""
        net = self.taken_m3 - self.risen_m3
        return net - self.outflow_m3 - self.in_pipes_m3 - self.on_way_m3 - self.away_m3

    def told(self) -> Text:
        parts = (self.taken_m3, self.risen_m3, self.outflow_m3 + self.away_m3, self.in_pipes_m3 + self.on_way_m3)  # fmt: skip
        zh = "管网：进入 {:,.1f} m³，冒溢 {:,.1f} m³，排出 {:,.1f} m³，管内 {:,.1f} m³"
        en = "drains: taken in {:,.1f} m³, came up {:,.1f} m³, left by outfalls {:,.1f} m³, in the pipes {:,.1f} m³"  # fmt: skip
        error = f"{self.error_m3:,.1f} m³"
        return Text(
            f"{zh.format(*parts)}，误差 {error}（SWMM 连续性 {100 * self.continuity:.2f} %）；冒溢检查井 {self.rising_nodes} 座",
            f"{en.format(*parts)}, error {error} (SWMM continuity {100 * self.continuity:.2f} %); manholes that came up {self.rising_nodes}",
        )  # fmt: skip


class Together:
    """Several things below the surface, each asked for what the ones before it left."""

    def __init__(self, parts: Sequence[Drains], area_m2: float) -> None:
        self._parts = tuple(parts)
        self._area_m2 = area_m2
        self.cells = np.unique(np.concatenate([part.cells for part in parts]))
        self._places = [np.searchsorted(self.cells, part.cells) for part in parts]

    def exchange(self, depth_m: Floats, seconds: float) -> Floats:
        left = np.asarray(depth_m, dtype=np.float64).copy()
        whole = np.zeros(len(self.cells))
        for part, places in zip(self._parts, self._places, strict=True):
            down = np.bincount(places, part.exchange(left[places], seconds), len(self.cells))
            whole += down
            left = np.maximum(left - down / self._area_m2, 0.0)
        return whole

    @property
    def stored_m3(self) -> float:
        return sum(part.stored_m3 for part in self._parts)


def coupling_told(inlets: Inlets, gap_m: float) -> list[Text]:
    """How many openings take part, and where survey and terrain disagree."""
    notes = [Text(
        f"地面与管网在 {len(inlets.names)} 个雨水口、检查井交换水量；雨只落在地面格网上",
        f"surface and drains exchange water at {len(inlets.names)} inlets and manholes; rain falls on the grid alone",
    )]  # fmt: skip
    off = int((inlets.differ_m > gap_m).sum())
    if off:
        notes.append(Text(
            f"{off} 处井口与地形高差超过 {gap_m:g} m，按地形地面计算水深：请核对高程基准",
            f"{off} rims differ from the terrain by more than {gap_m:g} m; depths count from the terrain: check the height datum",
        ))  # fmt: skip
    if inlets.far:
        notes.append(Text(
            f"{len(inlets.far)} 座井附近没有可进水的地面（地形外或建筑内），不参与交换",
            f"{len(inlets.far)} nodes have no open ground near them (off the terrain or in buildings) and take no part",
        ))  # fmt: skip
    return notes
