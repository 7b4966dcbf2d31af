"""Which delivered column is which column of the plan: chosen, remembered, by name or synonym."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.errors import SchemaError, Text, UsageError
from app.rules.intake import SynonymTable, bare_header
from app.schema import LAYERS, PLAN_LAYERS, Layer
from app.services.imports.values import plain, unit_of

How = Literal["chosen", "remembered", "name", "label", "synonym", "coordinate", "model"]
_BRACKETS = re.compile(r"^(.+?)[(（\[【]([^()（）\[\]【】]+)[)）\]】]$")
_ID_WORDS = ("编号", "唯一编号", "唯一标识", "标识码", "id", "uuid")
_BOOKKEEPING = ("dataset_id", "updated_at", "updated_by", "version")

EAST = frozenset({"东坐标", "y坐标(东)", "东", "easting", "east", "横坐标", "e"})
NORTH = frozenset({"北坐标", "x坐标(北)", "北", "northing", "north", "纵坐标", "n"})
LON = frozenset({"经度", "lon", "lng", "longitude", "long", "百度经度", "高德经度", "jd"})
LAT = frozenset({"纬度", "lat", "latitude", "百度纬度", "高德纬度", "wd"})
FIRST = frozenset({"x", "x坐标", "坐标x"})
SECOND = frozenset({"y", "y坐标", "坐标y"})
WKT = frozenset({"wkt", "geometry", "geom", "几何"})


@dataclass(frozen=True)
class ColumnUse:
    """One delivered column and what it becomes; ``unit`` is the delivered one if it differs."""

    header: str
    column: str
    unit: str
    how: How

    def as_json(self) -> dict[str, str]:
        return {"from": self.header, "to": self.column, "unit": self.unit, "how": self.how}


@dataclass(frozen=True)
class Mapped:
    """The use of every column of a delivered layer."""

    uses: tuple[ColumnUse, ...]
    ignored: tuple[str, ...]
    coordinates: tuple[str, str] | None = None
    wkt: str | None = None

    def header_of(self, column: str) -> str | None:
        return next((use.header for use in self.uses if use.column == column), None)


def map_columns(
    layer: Layer,
    headers: Sequence[str],
    synonyms: SynonymTable,
    *,
    chosen: Mapping[str, str],
    remembered: Mapping[str, str],
    tabular: bool,
) -> Mapped:
    """The use of each header in this layer; a column of the plan is used once, the best first.

    ``chosen`` and ``remembered`` go from header to ``column`` or ``column:unit``; an empty
    string leaves the header out.

    Raises
    ------
    SchemaError
        A chosen column does not exist.
    """
    coordinates, wkt = _coordinates(headers) if tabular else (None, None)
    place = {*(coordinates or ()), *([wkt] if wkt else [])}
    found: dict[str, ColumnUse] = {}
    for header in headers:
        use = None if header in place else _use(layer, header, synonyms, chosen, remembered)
        if use is None:
            continue
        rival = found.get(use.column)
        if rival is None or _RANK[use.how] < _RANK[rival.how]:
            found[use.column] = use
    used = {use.header for use in found.values()} | place
    ignored = tuple(h for h in headers if h not in used)
    ordered = sorted(found.values(), key=lambda use: list(headers).index(use.header))
    return Mapped(tuple(ordered), ignored, coordinates, wkt)


def target_layer(
    name: str,
    headers: Sequence[str],
    synonyms: SynonymTable,
    *,
    geometry_types: Iterable[str],
    tabular: bool,
    where: str,
) -> Layer:
    """The layer of the plan that a delivered layer is meant for.

    Raises
    ------
    UsageError
        It cannot be told; a person has to say ``--layer``.
    """
    kinds = set(geometry_types)
    named = _by_name(name)
    if named is not None:
        return named
    scores = []
    for layer in PLAN_LAYERS:
        if kinds and not _holds(layer, kinds):
            continue
        mapped = map_columns(layer, headers, synonyms, chosen={}, remembered={}, tabular=tabular)
        points = len(mapped.uses) + 3 * (mapped.header_of(layer.id_column) is not None)
        scores.append((points + 2 * (layer.name == "building" and _names_buildings(mapped)), layer))
    scores.sort(key=lambda item: -item[0])
    best = scores[0] if scores else (0, None)
    rivals = [layer for points, layer in scores[1:] if points == best[0]]
    if best[1] is None or best[0] < 2 or rivals:
        candidates = [layer for points, layer in scores[:4] if points]
        raise UsageError(
            Text(f"无法判断 {name} 是哪个图层", f"cannot tell which layer {name} is"),
            where=where,
            fix=Text(
                "用 --layer 指定，例如 "
                + "、".join(f"{c.name}（{c.label.zh}）" for c in candidates),
                "say --layer, for example " + ", ".join(c.name for c in candidates),
            ),
        )
    return best[1]


_RANK: dict[How, int] = {
    "chosen": 0, "remembered": 1, "name": 2, "label": 3, "synonym": 4, "coordinate": 5,
}  # fmt: skip


def _names_buildings(mapped: Mapped) -> bool:
    return mapped.header_of("number") is not None and mapped.header_of("community_id") is not None


def _by_name(name: str) -> Layer | None:
    bare = plain(name).lower()
    for layer in PLAN_LAYERS:
        if bare in (layer.name, layer.label.zh, layer.label.en, f"{layer.name}s"):
            return layer
    return None


def _holds(layer: Layer, kinds: set[str]) -> bool:
    single = {kind.removeprefix("Multi") for kind in layer.geometry}
    return bool(layer.geometry) and {kind.removeprefix("Multi") for kind in kinds} <= single


def _use(
    layer: Layer,
    header: str,
    synonyms: SynonymTable,
    chosen: Mapping[str, str],
    remembered: Mapping[str, str],
) -> ColumnUse | None:
    for told, how in ((chosen, "chosen"), (remembered, "remembered")):
        if header in told:
            return _told(layer, header, told[header], "chosen" if how == "chosen" else "remembered")
    direct = _known(layer, header, synonyms)
    if direct is not None:
        return direct
    split = _BRACKETS.match(plain(header))
    if split is None:
        return None
    inner = _known(layer, split.group(1), synonyms)
    if inner is None:
        return None
    column = layer.column(inner.column)
    said = unit_of(split.group(2))
    unit = said if column.kind in ("int", "float") and said.lower() != column.unit.lower() else ""
    return ColumnUse(header, inner.column, _unit_if_one(unit, inner.unit), inner.how)


def _unit_if_one(said: str, known: str) -> str:
    """Brackets hold units, but also remarks such as 必填."""
    units = ("m", "cm", "mm", "km", "m²", "万m2", "亩", "公顷", "ha", "元", "万元", "亿元", "kPa",
             "MPa", "V", "kV")  # fmt: skip
    return next((unit for unit in units if unit.lower() == said.lower()), known)


def _told(layer: Layer, header: str, said: str, how: How) -> ColumnUse | None:
    name, _, unit = said.partition(":")
    if not name:
        return None
    if not layer.has_column(name):
        if how == "remembered":
            return None
        raise SchemaError(
            Text(f"{layer.label.zh} 没有字段 {name}", f"{layer.name} has no column {name}"),
            where=f"{header}={said}",
            fix=Text("可用字段：" + "、".join(layer.column_names), ", ".join(layer.column_names)),
        )
    return ColumnUse(header, name, unit, how)


def _known(layer: Layer, header: str, synonyms: SynonymTable) -> ColumnUse | None:
    bare = bare_header(header)
    for column in layer.columns:
        if column.name in _BOOKKEEPING:
            continue
        if bare in (bare_header(column.name), bare_header(f"{layer.name}.{column.name}")):
            return ColumnUse(header, column.name, "", "name")
    row = synonyms.match(layer.name, header)
    if row is not None and layer.has_column(row.column):
        return ColumnUse(header, row.column, row.unit, "synonym")
    for column in layer.columns:
        if column.name not in _BOOKKEEPING and bare == bare_header(column.label.zh):
            return ColumnUse(header, column.name, "", "label")
    own = {bare_header(f"{layer.label.zh}{word}") for word in _ID_WORDS}
    if bare in own or bare in _ID_WORDS:
        return ColumnUse(header, layer.id_column, "", "label")
    return None


def _coordinates(headers: Sequence[str]) -> tuple[tuple[str, str] | None, str | None]:
    """The columns of a table that hold its places, east first where the names tell."""
    bare = {bare_header(header): header for header in reversed(headers)}

    def one(words: frozenset[str]) -> str | None:
        return next((bare[word] for word in bare if word in words), None)

    for first, second in ((LON, LAT), (EAST, NORTH), (FIRST, SECOND)):
        left, right = one(first), one(second)
        if left is not None and right is not None:
            return (left, right), None
    return None, one(WKT)


def remembered_key(headers: Sequence[str]) -> str:
    """What makes two deliveries of one source alike: the same headers in any order."""
    return "|".join(sorted(headers))


def layer_of(name: str) -> Layer:
    """The layer that a person named, in either language.

    Raises
    ------
    UsageError
        There is none of that name.
    """
    found = LAYERS.get(name) or _by_name(name)
    if found is None or found.group == "result":
        raise UsageError(
            Text(f"没有图层 {name}", f"there is no layer {name}"),
            where="--layer",
            fix=Text(
                "可用：" + "、".join(layer.name for layer in PLAN_LAYERS),
                "use one of: " + ", ".join(layer.name for layer in PLAN_LAYERS),
            ),
        )
    return found
