"""What can be answered now, what is unknown, and which missing fields would unlock the most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.schema import LAYERS, Actor, Column, Layer
from app.schema.analysis import Analysis, Need
from app.services import access
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Flags = npt.NDArray[np.bool_]

# The code by which a domain says that the value is not known.
UNKNOWN_CODE = "unknown"
# Layers beside the analyses' own that an answer is made of.
_PLACES = ("community", "building", "township", "programme", "programme_member")


@dataclass(frozen=True)
class Asked:
    """The rows of one layer that an analysis asks for, with what each of them lacks."""

    analysis: str
    layer: Layer
    needs: tuple[Need, ...]
    ids: npt.NDArray[np.object_]
    community: npt.NDArray[np.object_]
    lacks: Flags

    @property
    def ready(self) -> Flags:
        import numpy as np

        return np.asarray(~self.lacks.any(axis=1), dtype=bool)


@dataclass(frozen=True)
class Gap:
    """Fields that, filled together, let an analysis answer for ``ids``."""

    analysis: str
    layer: Layer
    needs: tuple[Need, ...]
    ids: tuple[str, ...]
    communities: tuple[str, ...]
    households: int


@dataclass(frozen=True)
class Readiness:
    """All that is asked and lacking; ``absent`` are layers that an analysis finds empty."""

    asked: tuple[Asked, ...]
    gaps: tuple[Gap, ...]
    absent: tuple[tuple[str, str], ...]
    households: Mapping[str, int]


def declared(actor: Actor) -> list[Analysis]:
    """The analyses that say what they need, without those on layers that the actor may not know."""
    from app.analysis import analyses

    return [
        analysis
        for analysis in analyses().values()
        if analysis.needs and all(access.can(actor, "read", n.layer) for n in analysis.needs)
    ]


def inputs_of(actor: Actor) -> tuple[str, ...]:
    """Every layer whose change may change the page."""
    needed = (need.layer for analysis in declared(actor) for need in analysis.needs)
    return tuple(dict.fromkeys((*_PLACES, *needed, "analysis_run", "rule_override")))


def assess(plan: OpenPlan, actor: Actor, *, communities: frozenset[str] | None = None) -> Readiness:
    """What each analysis lacks, in the whole plan or in some communities only."""
    households = community_households(plan)
    asked: list[Asked] = []
    absent: list[tuple[str, str]] = []
    for analysis in declared(actor):
        by_layer: dict[str, list[Need]] = {}
        for need in analysis.needs:
            if need.column:
                by_layer.setdefault(need.layer, []).append(need)
            elif plan.frame(need.layer).empty:
                absent.append((analysis.name, need.layer))
        asked += [
            _asked(plan, analysis.name, tuple(needs), communities) for needs in by_layer.values()
        ]
    gaps = [gap for one in asked for gap in _gaps(plan, one, households)]
    gaps.sort(key=lambda gap: (-gap.households, -len(gap.ids), gap.analysis, gap.layer.name))
    return Readiness(tuple(asked), tuple(gaps), tuple(absent), households)


def community_households(plan: OpenPlan) -> dict[str, int]:
    """Known households of each community, from its buildings."""
    rows = plan.frame("building")
    sums = rows.groupby("community_id")["households"].sum()
    return {str(name): int(count) for name, count in sums.items()}


def member_communities(plan: OpenPlan, programme_id: str | None) -> frozenset[str] | None:
    """The communities of a programme; None where the plan has none."""
    if programme_id is None:
        return None
    from app.analysis.totals import member_ids

    return frozenset(member_ids(plan.frame("programme_member"), "community", programme_id).index)


def _asked(
    plan: OpenPlan, analysis: str, needs: tuple[Need, ...], within: frozenset[str] | None
) -> Asked:
    import numpy as np

    layer = LAYERS[needs[0].layer]
    rows = plan.frame(layer.name)
    place = communities_of(plan, layer.name)
    takes_part = np.ones(len(rows), dtype=bool)
    for column, codes in needs[0].besides:
        takes_part &= ~rows[column].isin(codes).to_numpy(dtype=bool)
    if within is not None:
        takes_part &= np.isin(place.astype(str), sorted(within))
    chosen = rows[takes_part]
    lacks = [_lacking(chosen, need) for need in needs]
    return Asked(
        analysis, layer, needs, chosen[layer.id_column].to_numpy(dtype=object),
        place[takes_part], np.stack(lacks, axis=1),
    )  # fmt: skip


def _lacking(rows: pd.DataFrame, need: Need) -> Flags:
    cells = rows[need.column]
    missing = cells.isna()
    column = LAYERS[need.layer].column(need.column)
    if column.domain is not None and UNKNOWN_CODE in column.domain:
        missing |= cells == UNKNOWN_CODE
    if need.instead:
        missing &= rows[list(need.instead)].isna().any(axis=1)
    found: Flags = missing.to_numpy(dtype=bool)
    return found


def lacks_code(column: Column, value: object) -> bool:
    """Whether a coded value says no more than that nobody knows."""
    return column.domain is not None and value == UNKNOWN_CODE


def communities_of(plan: OpenPlan, layer: str) -> npt.NDArray[np.object_]:
    """The community of each row of a layer, "" where it is in none: by its column, else by place."""
    return plan.kept(
        ("communities_of", layer),
        tuple(dict.fromkeys((layer, *_PLACES, "stair_unit"))),
        lambda: _communities_of(plan, layer),
    )


def _communities_of(plan: OpenPlan, layer: str) -> npt.NDArray[np.object_]:
    import numpy as np

    rows = plan.frame(layer)
    if layer == "community_item":
        return _of_items(plan, rows)
    if "community_id" in rows:
        own = rows["community_id"].astype(object)
        return own.where(own.notna(), "").to_numpy(dtype=object)
    found = np.full(len(rows), "", dtype=object)
    grounds = plan.frame("community")
    if LAYERS[layer].is_spatial and len(rows) and len(grounds):
        at, which = grounds.sindex.query(rows.geometry, predicate="intersects")
        # Of several the first by id, so that a row is counted once.
        order = np.argsort(grounds["community_id"].to_numpy(dtype=object)[which])[::-1]
        found[at[order]] = grounds["community_id"].to_numpy(dtype=object)[which[order]]
    return found


def _of_items(plan: OpenPlan, rows: pd.DataFrame) -> npt.NDArray[np.object_]:
    """The community that the item's target lies in, as the totals count it."""
    home = plan.frame("building").set_index("building_id")["community_id"]
    building = plan.frame("stair_unit").set_index("stair_unit_id")["building_id"]
    target, kind = rows["target_id"], rows["target_layer"]
    block = target.where(kind == "building", target.where(kind == "stair_unit").map(building))
    place = target.where(kind == "community", block.map(home)).fillna(rows["community_id"])
    return place.astype(object).where(place.notna(), "").to_numpy(dtype=object)


def _gaps(plan: OpenPlan, asked: Asked, households: Mapping[str, int]) -> Iterator[Gap]:
    """Rows gathered by what they lack: each set of fields unlocks its rows by itself."""
    import numpy as np

    patterns, which = np.unique(asked.lacks, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        if not pattern.any():
            continue
        chosen = which.ravel() == number
        ids = tuple(sorted(str(row) for row in asked.ids[chosen]))
        places = tuple(sorted({str(place) for place in asked.community[chosen]} - {""}))
        yield Gap(
            asked.analysis, asked.layer,
            tuple(need for need, is_missing in zip(asked.needs, pattern, strict=True) if is_missing),
            ids, places, _households(plan, asked.layer.name, ids, places, households),
        )  # fmt: skip


def _households(
    plan: OpenPlan, layer: str, ids: Sequence[str], places: Sequence[str], by_place: Mapping[str, int]
) -> int:  # fmt: skip
    """Known households behind rows: of the buildings themselves, else of the communities."""
    if layer == "building":
        rows = plan.frame("building")
        return int(rows.loc[rows["building_id"].isin(ids), "households"].sum())
    return sum(by_place.get(place, 0) for place in places)
