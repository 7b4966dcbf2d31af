"""What the checks need to know of each pipe, as arrays; unknown stays NaN or an empty text."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.conflicts.verdict import field_codes
from app.rules.clearance import KindTable
from app.rules.pipes import AccuracyTable
from app.schema.pipe_faults import ends_swapped

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

GRAVITY_CLASS = "PS"


@dataclass(frozen=True)
class PipeFacts:
    """Pipes that take part, in the order of their ids, one entry a pipe in every field.

    ``radius_m`` is half the outside width and ``half_height_m`` half the outside height in
    metres (0 where unknown, see ``size_known``); ``crown_start_m`` and ``crown_end_m`` are depths
    of the crown below ground; ``plan_error_m`` and ``depth_error_m`` are one side's share of u;
    ``depth_missing`` and ``plan_missing`` are numbers of the fields without which these are not
    known.
    """

    lines: Texts
    ids: Texts
    owner: Texts
    dataset: Texts
    pipe_class: Texts
    status: Texts
    laying: Texts
    role: Texts
    temporary: Flags
    trench: Texts
    start_node: Texts
    end_node: Texts
    kind_in_plan: Texts
    kind_in_height: Texts
    kind_of_cover: Texts
    kind_missing: Texts
    radius_m: Floats
    half_height_m: Floats
    size_known: Flags
    crown_start_m: Floats
    crown_end_m: Floats
    depth_missing: Bytes
    has_z: Flags
    datum: Texts
    plan_error_m: Floats
    plan_missing: Bytes
    depth_error_m: Floats
    elevation_error_m: Floats
    nominal_mm: Floats
    voltage_kv: Floats
    length_m: Floats
    in_community: Flags

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, at: Ints | Flags) -> PipeFacts:
        """The facts of these pipes, in this order."""
        return PipeFacts(*(getattr(self, field.name)[at] for field in fields(self)))

    def with_others(self, others: PipeFacts) -> PipeFacts:
        """These pipes and others, none of them in both, in the order of their ids."""
        names = (field.name for field in fields(self))
        both = PipeFacts(
            *(np.concatenate([getattr(self, name), getattr(others, name)]) for name in names)
        )
        return both.take(np.argsort(both.ids, kind="stable"))

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The lines by place."""
        return shapely.STRtree(self.lines)

    def number_texts(self) -> None:
        """Make the numbers that stand for texts, which are else made when first asked for."""
        codes = (self.class_code, self.owner_code, self.dataset_code, self.network,
                 self.trench_code, self.nodes)  # fmt: skip
        assert all(len(code) == len(self) for code in codes)

    @cached_property
    def owner_code(self) -> Ints:
        return _codes(self.owner)

    @cached_property
    def dataset_code(self) -> Ints:
        return _codes(self.dataset)

    @cached_property
    def network(self) -> Ints:
        """A number for each class and owner; -1 where the class is unknown."""
        return _codes(self.pipe_class, self.owner)

    @cached_property
    def class_code(self) -> Ints:
        """A number for each class; -1 where it is unknown."""
        return _codes(self.pipe_class)

    @cached_property
    def trench_code(self) -> Ints:
        """A number for each trench or gallery, -1 for none."""
        return _codes(self.trench)

    @cached_property
    def nodes(self) -> Ints:
        """n x 2: numbers of the start and end node within the network, -1 where not stated."""
        ends = np.concatenate([self.start_node, self.end_node])
        both = _codes(ends, np.tile(self.pipe_class, 2), np.tile(self.owner, 2))
        return both.reshape(2, -1).T.copy()


def texts(frame: pd.DataFrame, column: str) -> Texts:
    """A text column with an empty text for what is unknown or absent."""
    if column not in frame.columns:
        return np.full(len(frame), "", dtype=object)
    values = frame[column].to_numpy(dtype=object)
    unknown = pd.isna(values)
    if unknown.any():
        values = values.copy()
        values[unknown] = ""
    return values


def numbers(frame: pd.DataFrame, column: str) -> Floats:
    """A number column with NaN for what is unknown or absent."""
    if column not in frame.columns:
        return np.full(len(frame), np.nan)
    return pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def is_true(frame: pd.DataFrame, column: str) -> Flags:
    return np.array([value is True or value == 1 for value in texts(frame, column)], dtype=bool)


About = str | tuple[str, ...]
"""One pipe, several that are alternatives of one another, or '' for all."""


def is_named(ids: Texts, about: About) -> Flags:
    """Which of the ids the question is about."""
    if isinstance(about, str):
        return np.asarray(ids == about, bool)
    return np.isin(ids.astype(str), np.array(about, str))


def takes_part(pipes: pd.DataFrame) -> Flags:
    """Pipes in the ground: neither removed nor abandoned, nor overhead."""
    status = texts(pipes, "status")
    gone = (status == "removed") | (status == "abandoned")
    buried: Flags = ~gone & (texts(pipes, "laying") != "overhead")
    return buried


def pipe_facts(
    pipes: pd.DataFrame, datasets: pd.DataFrame, kinds: KindTable, accuracy: AccuracyTable,
    communities: Places | None = None, nodes: pd.DataFrame | None = None,
) -> PipeFacts:  # fmt: skip
    """The facts of the pipes that take part, sorted by id.

    Where the ground of ``nodes`` tells that depths and levels of a pipe run opposite ways, neither
    is used.
    """
    frame = _in_order(pipes)
    swapped = ends_swapped(frame, nodes)
    lines = shapely.get_geometry(frame.geometry.to_numpy(), 0)
    width, height, known = _sizes(frame)
    nominal = numbers(frame, "nominal_mm")
    pipe_class, laying = texts(frame, "pipe_class"), texts(frame, "laying")
    found = kinds.kinds(
        pipe_class,
        texts(frame, "subclass"),
        laying,
        materials=texts(frame, "material"),
        diameter_mm=np.where(np.isnan(nominal), numbers(frame, "outside_mm"), nominal),
        pressure_mpa=numbers(frame, "pressure_mpa"),
    )
    start, end, depth_missing = _crowns(frame, height / 2000, known, swapped)
    status = texts(frame, "status")
    quality = np.where(status == "planned", "design", texts(frame, "quality"))
    depth = np.fmax(start, end)
    plan = accuracy.error_m(quality, "plan", depth)
    plan_missing = np.where(np.isnan(plan), _why_no_error(quality, depth), "")
    return PipeFacts(
        lines=lines,
        ids=texts(frame, "pipe_id"),
        owner=texts(frame, "owner_id"),
        dataset=texts(frame, "dataset_id"),
        pipe_class=pipe_class,
        status=status,
        laying=laying,
        role=texts(frame, "role"),
        temporary=is_true(frame, "temporary"),
        trench=texts(frame, "trench_id"),
        start_node=texts(frame, "start_node"),
        end_node=texts(frame, "end_node"),
        kind_in_plan=found.horizontal,
        kind_in_height=found.vertical,
        kind_of_cover=found.cover,
        kind_missing=found.missing,
        radius_m=width / 2000,
        half_height_m=height / 2000,
        size_known=known,
        crown_start_m=start,
        crown_end_m=end,
        depth_missing=field_codes(depth_missing),
        has_z=_whole_z(lines) & ~swapped,
        datum=_datums(frame, datasets),
        plan_error_m=plan,
        plan_missing=field_codes(plan_missing.astype(object)),
        depth_error_m=accuracy.error_m(quality, "depth", depth),
        elevation_error_m=accuracy.error_m(quality, "elevation", depth),
        nominal_mm=nominal,
        voltage_kv=numbers(frame, "voltage_kv"),
        length_m=shapely.length(lines),
        in_community=_in_community(lines, communities),
    )


def _in_order(pipes: pd.DataFrame) -> pd.DataFrame:
    """The pipes that take part by id; a million rows in order already are not copied."""
    part = takes_part(pipes)
    frame = pipes if part.all() else pipes[part]
    if frame["pipe_id"].is_monotonic_increasing:
        return frame
    return frame.sort_values("pipe_id", ignore_index=True)


def _in_community(lines: Texts, communities: Places | None) -> Flags:
    """Pipes whose middle lies in a community."""
    inside = np.zeros(len(lines), dtype=bool)
    if communities is not None and len(communities) and len(lines):
        middle = shapely.line_interpolate_point(lines, 0.5, normalized=True)
        inside[communities.tree.query(middle, predicate="intersects")[0]] = True
    return inside


def ends_apart_m(pipes: PipeFacts, a: Ints, b: Ints) -> Floats:
    """The least distance of an end of pipe a from an end of pipe b, one a pair."""
    ends = [
        [shapely.get_coordinates(shapely.get_point(pipes.lines[side], end)) for end in (0, -1)]
        for side in (a, b)
    ]
    apart: Floats = np.min([np.hypot(*(one - two).T) for one in ends[0] for two in ends[1]], axis=0)
    return apart


def _sizes(frame: pd.DataFrame) -> tuple[Floats, Floats, Flags]:
    """Outside width and height in mm (a pipe's diameter, a duct block's sides), 0 if unknown."""
    outside = numbers(frame, "outside_mm")
    width = np.where(np.isnan(outside), numbers(frame, "width_mm"), outside)
    height = np.where(np.isnan(outside), numbers(frame, "height_mm"), outside)
    known = ~np.isnan(width) & ~np.isnan(height)
    # The outside is never smaller than the nominal bore, so a gap that is short with the bore
    # is short for certain.
    bore = np.nan_to_num(numbers(frame, "nominal_mm"))
    return np.where(known, width, bore), np.where(known, height, bore), known


def _crowns(
    frame: pd.DataFrame, half_height: Floats, known: Flags, swapped: Flags
) -> tuple[Floats, Floats, Texts]:
    """Depth of the crown at both ends, and the field that is missing where it cannot be told."""
    reference = texts(frame, "depth_ref")
    down = np.select([reference == "crown", reference == "axis", reference == "invert"],
                     [0.0, 1.0, 2.0], np.nan)  # fmt: skip
    down = np.where((down > 0) & ~known, np.nan, down)
    start, end = (
        np.where(swapped, np.nan, numbers(frame, name)) for name in ("start_depth_m", "end_depth_m")
    )
    missing = np.select(
        [np.isnan(start), np.isnan(end), reference == "", np.isnan(down)],
        ["start_depth_m", "end_depth_m", "depth_ref", "outside_mm"],
        "",
    )
    return start - down * half_height, end - down * half_height, missing.astype(object)


def _why_no_error(quality: Texts, depth: Floats) -> Texts:
    unknown = (quality == "") | (quality == "unknown")
    return np.where(unknown, "quality", np.where(np.isnan(depth), "start_depth_m", "quality"))


def _codes(*columns: Texts) -> Ints:
    """One number for each combination; -1 where the first column is unknown."""
    found = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes, names = pd.factorize(column)
        found = pd.factorize(found * (len(names) + 1) + codes)[0].astype(np.int64)
    return np.where(columns[0] == "", -1, found)


def _whole_z(lines: Texts) -> Flags:
    points, owner = shapely.get_coordinates(lines, include_z=True, return_index=True)
    whole = np.ones(len(lines), dtype=bool)
    np.logical_and.at(whole, owner, np.isfinite(points[:, 2]))
    return whole & shapely.has_z(lines)


def _datums(frame: pd.DataFrame, datasets: pd.DataFrame) -> Texts:
    """Height datum of each pipe's dataset; empty where it is not stated."""
    stated = dict(zip(texts(datasets, "dataset_id"), texts(datasets, "height_datum"), strict=True))
    codes, names = pd.factorize(texts(frame, "dataset_id"))
    datums = [stated.get(name, "") for name in names]
    known = np.array(["" if datum == "unknown" else datum for datum in datums], dtype=object)
    return known[codes] if len(known) else np.zeros(0, dtype=object)


@dataclass(frozen=True)
class Places:
    """The communities of a plan, to ask what lies in which."""

    shapes: Texts
    community_id: Texts
    township_id: Texts

    def __len__(self) -> int:
        return len(self.shapes)

    @cached_property
    def tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)


def places_of(communities: pd.DataFrame) -> Places:
    """The communities of the layer."""
    shapes = communities.geometry.to_numpy() if len(communities) else np.zeros(0, dtype=object)
    return Places(shapes, texts(communities, "community_id"), texts(communities, "township_id"))
