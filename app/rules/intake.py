"""Rows that read deliveries: synonyms of column headers, and OpenStreetMap tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from app.errors import Text
from app.rules.row import RuleRow, Told
from app.rules.table import RuleTable


@dataclass(frozen=True, kw_only=True)
class SynonymRow(RuleRow):
    """A header as deliveries write it, for one column of the schema."""

    ID: ClassVar[tuple[str, ...]] = ("layer", "column", "header")
    CLAUSE: ClassVar[tuple[str, ...]] = ()
    STANDARD: ClassVar[tuple[str, ...]] = ("basis",)

    layer: str
    column: str
    header: str
    unit: str
    basis: str

    def told(self) -> Told:
        unit_zh = f"，单位 {self.unit}" if self.unit else ""
        unit_en = f" in {self.unit}" if self.unit else ""
        return Told(Text(f"表头“{self.header}”是 {self.layer}.{self.column}{unit_zh}", f"header {self.header!r} is {self.layer}.{self.column}{unit_en}"), unit=self.unit)  # fmt: skip


_LOOSE = str.maketrans({"（": "(", "）": ")", "：": ":", "　": None, " ": None, "_": None, "-": None,
                        "*": None, "㎡": "m2", "²": "2"})  # fmt: skip


def bare_header(header: str) -> str:
    """A header without what changes from file to file: case, blanks, brackets' width, stars."""
    return header.strip().lower().translate(_LOOSE)


class SynonymTable(RuleTable[SynonymRow]):
    """Finds the column of a header within a layer."""

    @cached_property
    def _by_layer(self) -> dict[str, dict[str, SynonymRow]]:
        found: dict[str, dict[str, SynonymRow]] = {}
        for row in self.rows:
            found.setdefault(row.layer, {}).setdefault(bare_header(row.header), row)
        return found

    def match(self, layer: str, header: str) -> SynonymRow | None:
        """The row whose header is this one; first of the layer itself, then of ``*`` (any layer)."""
        bare = bare_header(header)
        own = self._by_layer.get(layer, {}).get(bare)
        return own or self._by_layer.get("*", {}).get(bare)


@dataclass(frozen=True, kw_only=True)
class OsmTagRow(RuleRow):
    """What an OpenStreetMap tag means in the plan; ``value`` ``*`` is any value."""

    ID: ClassVar[tuple[str, ...]] = ("layer", "column", "key", "value", "also")
    STANDARD: ClassVar[tuple[str, ...]] = ("basis",)
    CLAUSE: ClassVar[tuple[str, ...]] = ()

    layer: str
    column: str
    key: str
    value: str
    also: str
    code: str
    basis: str

    @property
    def specificity(self) -> int:
        return (self.value != "*") + 2 * bool(self.also)

    def fits(self, tags: Mapping[str, str]) -> bool:
        """Whether an object with these tags is meant."""
        if self.key not in tags or self.value not in ("*", tags[self.key]):
            return False
        if not self.also:
            return True
        key, _, value = self.also.partition("=")
        return tags.get(key) == value if value else key in tags

    def told(self) -> Told:
        also = f", {self.also}" if self.also else ""
        tag = f"{self.key}={self.value}{also}"
        return Told(Text(f"OSM {tag} → {self.layer}.{self.column} = {self.code}", f"OSM {tag} is {self.layer}.{self.column} = {self.code}"))  # fmt: skip


class OsmTagTable(RuleTable[OsmTagRow]):
    """From the tags of an object to codes of the schema."""

    @cached_property
    def _by_target(self) -> dict[tuple[str, str], dict[str, list[OsmTagRow]]]:
        found: dict[tuple[str, str], dict[str, list[OsmTagRow]]] = {}
        for row in sorted(self.rows, key=lambda row: -row.specificity):
            found.setdefault((row.layer, row.column), {}).setdefault(row.key, []).append(row)
        return found

    def code(self, layer: str, column: str, tags: Mapping[str, str]) -> str | None:
        """The code of the most specific row that fits; ``None`` if no row does."""
        row = self.rule(layer, column, tags)
        return row.code if row else None

    def rule(self, layer: str, column: str, tags: Mapping[str, str]) -> OsmTagRow | None:
        by_key = self._by_target.get((layer, column), {})
        fitting = [row for key in tags for row in by_key.get(key, ()) if row.fits(tags)]
        return max(fitting, key=lambda row: row.specificity, default=None)

    def layers(self, tags: Mapping[str, str]) -> tuple[str, ...]:
        """Layers in which an object with these tags has a meaning."""
        found = [layer for (layer, column) in self._by_target if self.rule(layer, column, tags)]
        return tuple(dict.fromkeys(found))
