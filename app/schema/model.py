"""What a layer, a column and a coded domain are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from app.errors import NO_TEXT, Language, SchemaError, Text

Kind = Literal["text", "int", "float", "bool", "date", "datetime", "json"]
Geometry = Literal[
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"
]
Group = Literal[
    "place", "walking", "service", "pipe", "surface", "renewal", "programme", "record", "result"
]


@dataclass(frozen=True)
class Code:
    """One value of a coded domain with what people read for it."""

    code: str
    label: Text


@dataclass(frozen=True)
class Domain:
    """A closed list of codes; a column that has one takes nothing else."""

    name: str
    label: Text
    codes: tuple[Code, ...]

    def __contains__(self, code: object) -> bool:
        return any(item.code == code for item in self.codes)

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(item.code for item in self.codes)

    def label_of(self, code: str, language: Language = "zh") -> str:
        for item in self.codes:
            if item.code == code:
                return item.label.in_language(language)
        return code


@dataclass(frozen=True)
class Column:
    """One attribute of a layer.

    ``required`` columns hold a value in every row; in any other column an empty cell means
    *unknown*, never zero. ``minimum`` and ``maximum`` are inclusive bounds of what is plausible;
    a value outside is a fault. ``references`` names the layer whose id the column holds.
    """

    name: str
    kind: Kind
    label: Text
    unit: str = ""
    required: bool = False
    domain: Domain | None = None
    minimum: float | None = None
    maximum: float | None = None
    references: str = ""
    note: str = ""


@dataclass(frozen=True)
class Layer:
    """One layer (with a geometry) or table (without) of a plan.

    ``geometry`` lists the geometry types a row may have; empty for a table. ``protected`` rows
    live in the file of their owner. ``optional_geometry`` marks tables whose rows may be drawn.
    Outlines of an ``exclusive`` layer may not be drawn over each other. A layer that ``names_protected``
    rows lies in the planning file, and is as closed as they are.
    """

    name: str
    label: Text
    group: Group
    columns: tuple[Column, ...]
    geometry: tuple[Geometry, ...] = ()
    has_z: bool = False
    optional_geometry: bool = False
    protected: bool = False
    exclusive: bool = False
    names_protected: bool = False
    description: Text = NO_TEXT

    @property
    def id_column(self) -> str:
        return f"{self.name}_id"

    @property
    def is_closed(self) -> bool:
        """Whether only roles that see protected rows learn that the layer exists."""
        return self.protected or self.names_protected

    @property
    def is_spatial(self) -> bool:
        return bool(self.geometry)

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises
        ------
        SchemaError
            The layer has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(
            Text(
                f"图层“{self.label.zh}”没有字段 {name}", f"layer {self.name} has no column {name}"
            ),
            where=f"{self.name}.{name}",
            fix=Text(
                "可用字段：" + "、".join(self.column_names),
                "use one of: " + ", ".join(self.column_names),
            ),
        )

    def has_column(self, name: str) -> bool:
        return name in self.column_names


def domain(name: str, zh: str, en: str, codes: Iterable[tuple[str, str, str]]) -> Domain:
    """A domain from (code, Chinese, English) triples."""
    return Domain(name, Text(zh, en), tuple(Code(c, Text(z, e)) for c, z, e in codes))
