"""The step between a delivery's parser and the intake: surveys become layers of the plan."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from app.errors import Text
from app.rules.intake import SynonymTable
from app.services.imports.report import DRAWING, ImportOptions
from app.services.imports.survey.classes import Classes, set_classes, set_kinds
from app.services.imports.survey.drawn import sorted_by_class
from app.services.imports.survey.lines import join_lines, lone_points
from app.services.imports.survey.points import Point, Points, gathered
from app.services.imports.survey.tables import SurveyTable, Told, role_of, whole
from app.store import PlanStore
from app.store.readers.chunks import Chunk
from app.store.readers.delivery import DeliveredLayer, Event


def sorted_out(
    events: Iterable[Event],
    store: PlanStore,
    options: ImportOptions,
    synonyms: SynonymTable,
    remembered: Mapping[str, Mapping[str, str]],
    *,
    may_be_empty: bool = False,
) -> Iterator[Event]:
    """The events of a delivery, those of survey tables held back and joined at the end.

    A line table that comes without points is joined to the points that the plan has.
    ``may_be_empty``: a drawing whose layers tell no class is no error.
    """
    held = _Held()
    current: _Buffer | None = None
    classes = remembered.get(DRAWING, {})
    for event in sorted_by_class(events, options, classes, may_be_empty=may_be_empty):
        if isinstance(event, DeliveredLayer):
            role = role_of(event, synonyms, chosen=options.columns, remembered=remembered)
            current = None if role is None else _Buffer(event, role)
            if current is not None:
                held.buffers.append(current)
                continue
        elif isinstance(event, Chunk) and current is not None:
            current.chunks.append(event)
            continue
        yield event
    yield from _joined(held, store, options)


@dataclass
class _Buffer:
    delivered: DeliveredLayer
    role: Told
    chunks: list[Chunk] = field(default_factory=list)


@dataclass
class _Held:
    buffers: list[_Buffer] = field(default_factory=list)


def _joined(held: _Held, store: PlanStore, options: ImportOptions) -> Iterator[Event]:
    tables = [whole(b.delivered, b.role, b.chunks) for b in held.buffers]
    points = [table for table in tables if table.role == "pipe_node"]
    lines = [table for table in tables if table.role == "pipe"]
    if lines and not points and all(table.has("pipe_id") for table in lines):
        # A table of attributes by id, as an update of pipes that the plan has.
        for buffer in held.buffers:
            yield buffer.delivered
            yield from buffer.chunks
        return
    if not tables:
        return
    classes = Classes.read()
    of_points = [classes.of_table(table) for table in points]
    known, refused = gathered(points, [[code for code, _ in codes] for codes in of_points])
    if not points:
        known = _plan_points(store)
    joined = []
    for table in lines:
        codes = classes.of_table(table)
        joined.append(
            join_lines(table, codes, known, heights_known=options.height_datum != "unknown")
        )
        set_classes(table, codes)
    for table, codes, reasons in zip(points, of_points, refused, strict=True):
        east, north = table.east_north()
        set_classes(table, codes)
        set_kinds(table, classes.words)
        shapes = np.asarray(shapely.points(east, north), object)
        shapes[np.isnan(east) | np.isnan(north)] = None
        yield from _handed_on(table, shapes, reasons, placed=False)
        if lines:
            yield from lone_points(table, known)
    for table, found in zip(lines, joined, strict=True):
        yield from _handed_on(table, found.shapes, found.unplaced, placed=not points)
        yield from found.findings


def _handed_on(
    table: SurveyTable, shapes: NDArray[np.object_], unplaced: Mapping[int, Text], *, placed: bool
) -> Iterator[Event]:
    for row in unplaced:
        shapes[table.numbers == row] = None
    blobs = np.array([None if shape is None else shape.wkb for shape in shapes], object)
    gone = table.place or ()
    columns = {name: cells for name, cells in table.columns.items() if name not in gone}
    yield dataclasses.replace(
        table.delivered, columns=tuple(columns), has_geometry=True, target=table.role,
        unplaced=dict(unplaced), in_plan_crs=placed,
    )  # fmt: skip
    if len(table):
        yield Chunk(table.numbers, columns, blobs)


def _plan_points(store: PlanStore) -> Points:
    """The points of the plan, in its own system."""
    points = Points()
    if not store.counts()["pipe_node"]:
        return points
    nodes = store.read("pipe_node", columns=["number", "pipe_class", "ground_m", "geometry"])
    for number, code, ground, shape in zip(
        nodes["number"], nodes["pipe_class"], nodes["ground_m"], nodes.geometry, strict=True
    ):
        if isinstance(number, str) and shape is not None:
            held = code if isinstance(code, str) else ""
            height = float(ground) if ground == ground and ground is not None else float("nan")
            points.add(held, number, Point(shape.x, shape.y, height))
    return points
