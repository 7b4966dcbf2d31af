"""Words of pipe surveys and drawings: layer names that tell a class, names that tell a kind of node."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

from app.errors import Text
from app.rules.row import RuleRow, Told
from app.rules.table import RuleTable

# What drawings append to the code of a class: JSLINE, PS_POINT, RQGX.
_ENDINGS = ("", "LINE", "LN", "L", "POINT", "PT", "P", "GX", "PIPE")


@dataclass(frozen=True, kw_only=True)
class SurveyWordRow(RuleRow):
    """One word; an empty ``layer`` says that what bears it is no pipe and is left out."""

    ID: ClassVar[tuple[str, ...]] = ("use", "word")
    CLAUSE: ClassVar[tuple[str, ...]] = ()
    STANDARD: ClassVar[tuple[str, ...]] = ("basis",)

    use: Literal["cad_layer", "node"]
    word: str
    match: Literal["part", "code", "status"]
    layer: str
    pipe_class: str
    subclass: str
    kind: str
    status: str
    basis: str

    def told(self) -> Told:
        meant = "/".join(t for t in (self.pipe_class, self.subclass, self.kind, self.status) if t)
        if self.use == "node":
            return Told(Text(f"“{self.word}”是管点 {meant}", f"{self.word!r} is a node: {meant}"))
        if not meant:
            return Told(Text(f"图层名含“{self.word}”：不是管线，不读取",
                             f"a layer named {self.word!r} holds no pipes and is left out"))  # fmt: skip
        return Told(
            Text(f"图层名含“{self.word}”：{meant}", f"a layer named {self.word!r}: {meant}")
        )


@dataclass(frozen=True)
class DrawnLayer:
    """What the name of a layer of a drawing says; an empty class: known, but no pipe."""

    pipe_class: str
    subclass: str
    status: str
    word: str


class SurveyWordTable(RuleTable[SurveyWordRow]):
    """From names that people gave to codes of the schema."""

    def drawn_layer(self, name: str) -> DrawnLayer | None:
        """The class of what lies on a layer of that name; None if no word fits.

        A longer word wins over a shorter, a word of text over a code.
        """
        plain = unicodedata.normalize("NFKC", name).upper()
        status = next((row.status for row in self._of("status") if row.word in plain), "")
        fits = [row for row in self._of("part") if row.word in plain]
        if not fits:
            marks = set(re.findall(r"[A-Z]+", plain))
            fits = [row for row in self._of("code") if any(row.word + e in marks for e in _ENDINGS)]
        if not fits:
            return None
        best = max(fits, key=lambda row: (len(row.word), bool(row.layer)))
        return DrawnLayer(best.pipe_class, best.subclass, status, best.word)

    def node_kind(self, name: str) -> str:
        """The kind of node that a feature or appurtenance of that name is; '' if unknown."""
        plain = unicodedata.normalize("NFKC", name).upper().strip()
        fits = [row for row in self._nodes if row.word in plain]
        exact = [row for row in fits if row.word == plain]
        best = max(exact or fits, key=lambda row: len(row.word), default=None)
        return best.kind if best else ""

    @cached_property
    def _nodes(self) -> tuple[SurveyWordRow, ...]:
        return tuple(row for row in self.rows if row.use == "node")

    def _of(self, match: str) -> list[SurveyWordRow]:
        return [row for row in self.rows if row.use == "cad_layer" and row.match == match]
