"""What the checks need to know of each pipe, as arrays; unknown stays NaN or an empty text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.rules.clearance import Kinds, KindTable
from app.rules.pipes import AccuracyTable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

GRAVITY_CLASS = "PS"


@dataclass(frozen=True)
class PipeFacts:
    """Pipes that take part, in the order of their ids.

    ``radius_m`` is half the outside width and ``half_height_m`` half the outside height in
    metres (0 where unknown, see ``size_known``); ``crown_start_m`` and ``crown_end_m`` are depths
    of the crown below ground; ``plan_error_m`` and ``depth_error_m`` are one side's share of u.
    """

    frame: pd.DataFrame
    lines: Texts
    ids: Texts
    owner: Texts
    network: Ints
    trench: Texts
    nodes: Ints
    kinds: Kinds
    radius_m: Floats
    half_height_m: Floats
    size_known: Flags
    crown_start_m: Floats
    crown_end_m: Floats
    depth_missing: Texts
    has_z: Flags
    datum: Texts
    plan_error_m: Floats
    plan_missing: Texts
    depth_error_m: Floats
    elevation_error_m: Floats
    nominal_mm: Floats
    voltage_kv: Floats
    length_m: Floats

    def __len__(self) -> int:
        return len(self.ids)


def texts(frame: pd.DataFrame, column: str) -> Texts:
    """A text column with an empty text for what is unknown or absent."""
    if column not in frame.columns:
        return np.full(len(frame), "", dtype=object)
    values = frame[column].to_numpy(dtype=object)
    return np.where(pd.isna(values), "", values).astype(object)


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
    gone = np.isin(texts(pipes, "status").astype(str), ["removed", "abandoned"])
    buried: Flags = ~gone & (texts(pipes, "laying") != "overhead")
    return buried


def pipe_facts(
    pipes: pd.DataFrame, datasets: pd.DataFrame, kinds: KindTable, accuracy: AccuracyTable
) -> PipeFacts:
    """The facts of the pipes that take part, sorted by id."""
    frame = pipes[takes_part(pipes)].sort_values("pipe_id", ignore_index=True)
    lines = shapely.get_geometry(frame.geometry.to_numpy(), 0)
    width, height, known = _sizes(frame)
    nominal = numbers(frame, "nominal_mm")
    found = kinds.kinds(
        texts(frame, "pipe_class"),
        texts(frame, "subclass"),
        texts(frame, "laying"),
        materials=texts(frame, "material"),
        diameter_mm=np.where(np.isnan(nominal), numbers(frame, "outside_mm"), nominal),
        pressure_mpa=numbers(frame, "pressure_mpa"),
    )
    start, end, depth_missing = _crowns(frame, height / 2000, known)
    quality = np.where(texts(frame, "status") == "planned", "design", texts(frame, "quality"))
    depth = np.fmax(start, end)
    plan = accuracy.error_m(quality, "plan", depth)
    plan_missing = np.where(np.isnan(plan), _why_no_error(quality, depth), "")
    return PipeFacts(
        frame=frame,
        lines=lines,
        ids=texts(frame, "pipe_id"),
        owner=texts(frame, "owner_id"),
        network=_codes(texts(frame, "pipe_class"), texts(frame, "owner_id")),
        trench=texts(frame, "trench_id"),
        nodes=_node_codes(frame),
        kinds=found,
        radius_m=width / 2000,
        half_height_m=height / 2000,
        size_known=known,
        crown_start_m=start,
        crown_end_m=end,
        depth_missing=depth_missing,
        has_z=_whole_z(lines),
        datum=_datums(frame, datasets),
        plan_error_m=plan,
        plan_missing=plan_missing.astype(object),
        depth_error_m=accuracy.error_m(quality, "depth", depth),
        elevation_error_m=accuracy.error_m(quality, "elevation", depth),
        nominal_mm=nominal,
        voltage_kv=numbers(frame, "voltage_kv"),
        length_m=shapely.length(lines),
    )


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


def _crowns(frame: pd.DataFrame, half_height: Floats, known: Flags) -> tuple[Floats, Floats, Texts]:
    """Depth of the crown at both ends, and the field that is missing where it cannot be told."""
    reference = texts(frame, "depth_ref")
    down = np.select([reference == "crown", reference == "axis", reference == "invert"],
                     [0.0, 1.0, 2.0], np.nan)  # fmt: skip
    down = np.where((down > 0) & ~known, np.nan, down)
    start, end = numbers(frame, "start_depth_m"), numbers(frame, "end_depth_m")
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
    joined = np.array(["\x1f".join(map(str, row)) for row in zip(*columns, strict=True)])
    if not len(joined):
        return np.zeros(0, dtype=np.int64)
    codes = np.unique(joined, return_inverse=True)[1].astype(np.int64)
    return np.where(columns[0] == "", -1, codes)


def _node_codes(frame: pd.DataFrame) -> Ints:
    """n x 2: numbers of the start and end node within the network, -1 where not stated."""
    start, end = texts(frame, "start_node"), texts(frame, "end_node")
    both = _codes(
        np.concatenate([start, end]),
        np.tile(texts(frame, "pipe_class"), 2),
        np.tile(texts(frame, "owner_id"), 2),
    )
    return both.reshape(2, -1).T.copy()


def _whole_z(lines: Texts) -> Flags:
    points, owner = shapely.get_coordinates(lines, include_z=True, return_index=True)
    whole = np.ones(len(lines), dtype=bool)
    np.logical_and.at(whole, owner, np.isfinite(points[:, 2]))
    return whole & shapely.has_z(lines)


def _datums(frame: pd.DataFrame, datasets: pd.DataFrame) -> Texts:
    """Height datum of each pipe's dataset; empty where it is not stated."""
    stated = dict(zip(texts(datasets, "dataset_id"), texts(datasets, "height_datum"), strict=True))
    found = [stated.get(dataset, "") for dataset in texts(frame, "dataset_id")]
    return np.array(["" if datum == "unknown" else datum for datum in found], dtype=object)
