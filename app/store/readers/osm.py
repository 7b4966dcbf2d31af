"""An OpenStreetMap extract (PBF) as plain elements: points, ways with their nodes, and areas.

What an element means for a plan is decided by whoever calls; here the file is streamed, areas and
multipolygons are put together, and what the edge of the extract cut in two is listed instead of
being mended.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import osmium
import osmium.filter
import osmium.geom
import osmium.io
import osmium.osm
import shapely
from shapely.geometry.base import BaseGeometry

from app.errors import InputFileError, RefusedFileError, Text

OsmType = Literal["n", "w", "r"]
Progress = Callable[[int], None]

_EVERY = 20_000  # elements between two calls of the progress callback
_PBF_HEADER = b"OSMHeader"
_AREA_KEYS = (
    "building", "landuse", "natural", "leisure", "amenity", "shop", "office", "boundary",
    "waterway", "water", "highway", "healthcare", "social_facility", "tourism", "public_transport",
    "man_made", "power", "place",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OsmElement:
    """One tagged object of the extract with its geometry in longitude and latitude (WGS 84).

    A way keeps the ids of its nodes, in step with its vertices, because two streets meet where
    they share a node and nowhere else.
    """

    osm_type: OsmType
    osm_id: int
    tags: dict[str, str]
    geometry: BaseGeometry
    nodes: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """Type and number as OpenStreetMap writes them: ``w123``."""
        return f"{self.osm_type}{self.osm_id}"


@dataclass(frozen=True, slots=True)
class CutElement:
    """An object of which the extract holds only a part."""

    osm_type: OsmType
    osm_id: int
    tags: dict[str, str]

    @property
    def key(self) -> str:
        return f"{self.osm_type}{self.osm_id}"


@dataclass(frozen=True, slots=True)
class OsmRelation:
    """A boundary relation with the ways it names, whether or not the extract holds them."""

    osm_id: int
    tags: dict[str, str]
    way_ids: tuple[int, ...]


@dataclass
class OsmExtract:
    """The tagged elements of one extract."""

    name: str
    bounds: tuple[float, float, float, float]
    as_of: str
    points: list[OsmElement] = field(default_factory=list)
    ways: list[OsmElement] = field(default_factory=list)
    areas: list[OsmElement] = field(default_factory=list)
    boundaries: list[OsmRelation] = field(default_factory=list)
    cut: list[CutElement] = field(default_factory=list)


def read_osm(path: Path, keys: Iterable[str], *, on_progress: Progress | None = None) -> OsmExtract:
    """The elements of an extract that carry one of ``keys``.

    Parameters
    ----------
    path
        A ``.osm.pbf`` file: current data, not a history.
    keys
        Tag keys that make an element worth reading.

    Returns
    -------
    Points, ways and areas. A way that the edge of the extract cuts is given once for each run of
    nodes that the file holds, and its key stands in ``cut``; an area of which a part is missing is
    only in ``cut``, because its outline would have to be made up.

    Raises
    ------
    InputFileError
        The file is missing, empty, truncated or not a PBF extract.
    RefusedFileError
        The file is a history extract, in which one element stands several times.
    """
    wanted = tuple(sorted(set(keys)))
    extract = _opened(path)
    try:
        _fill(extract, path, wanted, on_progress)
    except (RuntimeError, struct.error, UnicodeDecodeError) as fault:
        raise _unreadable(path, str(fault)) from fault
    _note_missing_areas(extract)
    if not (extract.points or extract.ways or extract.areas):
        raise InputFileError(
            Text(
                f"{path.name} 中没有可用的要素", f"{path.name} holds no element that a plan can use"
            ),
            where=path.name,
            fix=Text(
                "请确认下载的区域不是空白或海面",
                "check that the area downloaded is not empty or open sea",
            ),
        )
    return extract


def _opened(path: Path) -> OsmExtract:
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as fault:
        raise InputFileError(
            Text(f"打不开 {path.name}", f"{path.name} cannot be opened: {fault.strerror}"),
            where=path.name,
            fix=Text("请检查路径和读取权限", "check the path and that you may read the file"),
        ) from fault
    if _PBF_HEADER not in head:
        raise InputFileError(
            Text(f"{path.name} 不是 OSM PBF 文件", f"{path.name} is not an OSM PBF file"),
            where=path.name,
            fix=Text(
                "请提供 .osm.pbf 文件；.osm（XML）可用 osmium cat 转换",
                "give an .osm.pbf file; an .osm (XML) file is converted with: osmium cat in.osm -o out.osm.pbf",
            ),
        )
    try:
        header = osmium.io.Reader(_opened_as_pbf(path)).header()
    except RuntimeError as fault:
        raise _unreadable(path, str(fault)) from fault
    if header.has_multiple_object_versions:
        raise RefusedFileError(
            Text(
                f"{path.name} 是历史数据文件",
                f"{path.name} is a history file: elements stand in it several times",
            ),
            where=path.name,
            fix=Text(
                "请用 osmium time-filter 取当前版本",
                "take one moment out of it with: osmium time-filter",
            ),
        )
    box = header.box()
    bounds = (
        (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat)
        if box.valid()
        else (float("nan"),) * 4
    )
    as_of = header.get("osmosis_replication_timestamp") or header.get("timestamp") or ""
    return OsmExtract(path.name, bounds, as_of[:10])


def _opened_as_pbf(path: Path) -> osmium.io.File:
    # The format is said outright: the library would otherwise choose it by the file's name.
    return osmium.io.File(str(path), "pbf")


def _unreadable(path: Path, reason: str) -> InputFileError:
    return InputFileError(
        Text(
            f"{path.name} 读到一半出错，文件可能不完整：{reason}",
            f"{path.name} breaks off or is damaged: {reason}",
        ),
        where=path.name,
        fix=Text("请重新下载并核对校验值", "download it again and compare its checksum"),
    )


def _fill(
    extract: OsmExtract, path: Path, keys: tuple[str, ...], on_progress: Progress | None
) -> None:
    wkb = osmium.geom.WKBFactory()
    processor = (
        osmium.FileProcessor(_opened_as_pbf(path))
        .with_areas(osmium.filter.KeyFilter(*(k for k in keys if k in _AREA_KEYS)))
        .with_filter(osmium.filter.KeyFilter(*keys))
    )
    for count, item in enumerate(processor, start=1):
        if on_progress and count % _EVERY == 0:
            on_progress(count)
        if isinstance(item, osmium.osm.Node):
            if item.location.valid():
                point = shapely.Point(item.location.lon, item.location.lat)
                extract.points.append(OsmElement("n", item.id, dict(item.tags), point))
        elif isinstance(item, osmium.osm.Way):
            _take_way(extract, item)
        elif isinstance(item, osmium.osm.Area):
            polygon = shapely.from_wkb(wkb.create_multipolygon(item))
            kind: OsmType = "w" if item.from_way() else "r"
            extract.areas.append(OsmElement(kind, item.orig_id(), dict(item.tags), polygon))
        elif isinstance(item, osmium.osm.Relation):
            _take_relation(extract, item)


def _take_way(extract: OsmExtract, way: osmium.osm.Way) -> None:
    runs = list(_held_runs(way))
    whole = len(runs) == 1 and len(runs[0]) == len(way.nodes)
    tags = dict(way.tags)
    if not whole:
        extract.cut.append(CutElement("w", way.id, tags))
    for run in runs:
        if len(run) >= 2:
            line = shapely.LineString([(x, y) for _, x, y in run])
            nodes = tuple(ref for ref, _, _ in run)
            extract.ways.append(OsmElement("w", way.id, tags, line, nodes))


def _held_runs(way: osmium.osm.Way) -> Iterator[list[tuple[int, float, float]]]:
    """The way's nodes in runs without a gap; a node the extract does not hold ends a run."""
    run: list[tuple[int, float, float]] = []
    for node in way.nodes:
        if node.location.valid():
            run.append((node.ref, node.location.lon, node.location.lat))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _take_relation(extract: OsmExtract, relation: osmium.osm.Relation) -> None:
    tags = dict(relation.tags)
    if tags.get("boundary") == "administrative":
        ways = tuple(member.ref for member in relation.members if member.type == "w")
        extract.boundaries.append(OsmRelation(relation.id, tags, ways))
    if tags.get("type") == "multipolygon":
        extract.cut.append(CutElement("r", relation.id, tags))


def _note_missing_areas(extract: OsmExtract) -> None:
    """Keep in ``cut`` the multipolygons of which no area came out, and no others."""
    built = {area.osm_id for area in extract.areas if area.osm_type == "r"}
    extract.cut = [c for c in extract.cut if c.osm_type == "w" or c.osm_id not in built]
