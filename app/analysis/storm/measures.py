"""What people build against water, put on the ground: paving, gardens, tanks, kerbs, downpipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import ndimage

from app.analysis.storm.changes import MEASURE, Changes, Mask
from app.analysis.storm.terrain import EIGHT, shapes_of
from app.errors import Text
from app.geo.grids import burn
from app.rules.storm import StormTermTable, SurfaceTable

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Ints32 = npt.NDArray[np.int32]
_FULL = 1.0 - 1e-6
SURFACES = ("permeable", "rain_garden")


@dataclass(frozen=True)
class Tank:
    """An underground store that takes the water above its cells until it is full."""

    cells: npt.NDArray[np.int64]
    volume_m3: float


class Tanks:
    """The tanks of a ground as something that lies below: nothing comes back up."""

    def __init__(self, tanks: tuple[Tank, ...], area_m2: float) -> None:
        self.cells = np.concatenate([tank.cells for tank in tanks])
        self._of = np.repeat(np.arange(len(tanks)), [len(tank.cells) for tank in tanks])
        self._room = np.array([tank.volume_m3 for tank in tanks])
        self._area_m2 = area_m2
        self._taken = np.zeros(len(tanks))

    def exchange(self, depth_m: Floats, seconds: float) -> Floats:
        """All that stands above a tank goes down while there is room, shared by depth."""
        above = np.asarray(depth_m, dtype=float) * self._area_m2
        whole = np.bincount(self._of, above, minlength=len(self._room))
        room = self._room - self._taken
        share = np.minimum(1.0, np.divide(room, whole, out=np.ones(len(room)), where=whole > 0))
        down: Floats = above * share[self._of]
        self._taken += np.bincount(self._of, down, minlength=len(room))
        return down

    @property
    def stored_m3(self) -> float:
        return float(self._taken.sum())

    @property
    def full(self) -> int:
        """How many have no room left."""
        return int((self._taken >= self._room * _FULL).sum())

    def told(self) -> Text:
        """What the tanks hold at the end, in one line."""
        held, room, full = self.stored_m3, float(self._room.sum()), self.full
        return Text(
            f"调蓄池：{len(self._room)} 座蓄水 {held:,.1f} m³ / 容积 {room:,.1f} m³，蓄满 {full} 座",
            f"tanks: {len(self._room)} hold {held:,.1f} m³ of {room:,.1f} m³; {full} are full",
        )


def kinds_of(measures: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    """The measures that are or will be there, by kind, in the order of their ids."""
    if measures is None or not len(measures):
        return {}
    used = measures[measures["state"].ne("closed").fillna(True)].sort_values("storm_measure_id")
    return {
        str(kind): part.reset_index(drop=True)
        for kind, part in used[used["geometry"].notna()].groupby("kind")
    }


def put_measures(
    height: Floats32, soil: Bytes, is_open: Mask, measures: Mapping[str, pd.DataFrame],
    surfaces: SurfaceTable, terms: StormTermTable, changes: Changes,
) -> Mask:  # fmt: skip
    """Change cover and level where a measure lies; the answer is where water is held on purpose."""
    frame = changes.frame
    holds = np.zeros(frame.shape, dtype=bool)
    index = {cover: n for n, cover in enumerate(surfaces.covers)}
    for cover in SURFACES:
        rows = measures.get(cover)
        if rows is None:
            continue
        which = burn(frame, shapes_of(rows), list(range(1, len(rows) + 1)))
        cells = (which > 0) & is_open
        soil[cells] = index[cover]
        changes.mark(cells, MEASURE)
        if cover == "rain_garden":
            depth = pd.to_numeric(rows["depth_m"], errors="coerce").fillna(terms.term("garden_depth_m"))  # fmt: skip
            sunk = np.concatenate([[0.0], depth.to_numpy(float)])[which]
            height[cells] -= sunk[cells]
            holds |= cells
        name = "透水铺装" if cover == "permeable" else "雨水花园"
        square = int(cells.sum() * frame.area_m2)
        changes.say(f"{name} {len(rows)} 处，{square} m²", f"{cover.replace('_', ' ')}: {len(rows)} places, {square} m²")  # fmt: skip
    _cut_kerbs(height, is_open, measures.get("kerb_cut"), changes)
    return holds


def _cut_kerbs(height: Floats32, is_open: Mask, cuts: pd.DataFrame | None, changes: Changes) -> None:  # fmt: skip
    """Along a lowered kerb the ground is as low as the lowest beside it."""
    if cuts is None:
        return
    cells = burn(changes.frame, shapes_of(cuts), [1] * len(cuts), touched=True) > 0
    cells &= is_open
    usable = np.where(is_open & ~np.isnan(height), height, np.inf)
    low = ndimage.minimum_filter(usable, footprint=EIGHT, mode="nearest")
    height[cells] = np.minimum(height[cells], low[cells])
    changes.mark(cells, MEASURE)
    changes.say(f"降低路缘 {len(cuts)} 处", f"kerbs lowered at {len(cuts)} places")


def tanks_of(measures: Mapping[str, pd.DataFrame], is_open: Mask, changes: Changes) -> tuple[Tank, ...]:  # fmt: skip
    """The tanks with a volume, each above the open cells that it touches."""
    rows = measures.get("tank")
    if rows is None:
        return ()
    found, taken = [], np.zeros(is_open.shape, dtype=bool)
    volumes = pd.to_numeric(rows["volume_m3"], errors="coerce").to_numpy(float)
    for shape, volume in zip(shapes_of(rows), volumes, strict=True):
        own = (burn(changes.frame, [shape], [1], touched=True) > 0) & is_open & ~taken
        taken |= own
        if own.any() and volume > 0:
            found.append(Tank(np.flatnonzero(own), float(volume)))
            changes.mark(own, MEASURE)
    lacks = len(rows) - len(found)
    if lacks:
        changes.say(f"{lacks} 处调蓄池没有容积或不在地面上，未计入", f"{lacks} tanks without a volume or off the ground are left out")  # fmt: skip
    if found:
        whole = sum(tank.volume_m3 for tank in found)
        changes.say(f"调蓄池 {len(found)} 处，共 {whole:.0f} m³", f"{len(found)} tanks, {whole:.0f} m³ together")  # fmt: skip
    return tuple(found)


def downpipe_cells(
    measures: Mapping[str, pd.DataFrame], building: Ints32, is_open: Mask, terms: StormTermTable,
    changes: Changes,
) -> dict[int, int]:  # fmt: skip
    """For each downpipe near a building: a cell of that building, and the open cell it pours on."""
    rows = measures.get("downpipe")
    if rows is None or not is_open.any() or not (building > 0).any():
        return {}
    frame = changes.frame
    spots = shapely.get_coordinates(shapely.centroid(np.asarray(shapes_of(rows), dtype=object)))
    cells = frame.cell_of(spots[:, 0], spots[:, 1])
    far_r, roof = ndimage.distance_transform_edt(building == 0, return_indices=True)
    far_o, ground = ndimage.distance_transform_edt(~is_open, return_indices=True)
    near = terms.term("downpipe_near_m") / frame.cell_m
    found: dict[int, int] = {}
    for cell in cells[cells >= 0].tolist():
        r, c = divmod(cell, frame.columns)
        if far_r[r, c] <= near and far_o[r, c] <= near:
            at = int(roof[0][r, c]) * frame.columns + int(roof[1][r, c])
            found[at] = int(ground[0][r, c]) * frame.columns + int(ground[1][r, c])
    changes.say(f"{len(found)} 处雨落管：屋面雨水由此落地", f"{len(found)} downpipes: roof water reaches the ground there")  # fmt: skip
    return found
