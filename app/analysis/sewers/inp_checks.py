"""Lines of an input file of EPA SWMM that no row of a plan can be made from, each with its reason."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from app.analysis.sewers.inp import InpFile, words_of
from app.errors import Text

_NODES = ("JUNCTIONS", "OUTFALLS", "STORAGE", "DIVIDERS")
# Places of the figures in a line; those after the bar may be left out or be a star.
_FIGURES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "JUNCTIONS": ((1,), (2,)), "OUTFALLS": ((1,), ()), "STORAGE": ((1,), (2,)), "DIVIDERS": ((1,), ()),
    "CONDUITS": ((3, 4), (5, 6)), "COORDINATES": ((1, 2), ()), "VERTICES": ((1, 2), ()),
    "POLYGONS": ((1, 2), ()), "SUBCATCHMENTS": ((4,), ()), "XSECTIONS": ((), ()),
}  # fmt: skip
_SIZES = {"CIRCULAR": (2,), "RECT_CLOSED": (2, 3)}
LAYER_OF = {
    **dict.fromkeys((*_NODES, "COORDINATES"), "pipe_node"),
    **dict.fromkeys(("CONDUITS", "VERTICES", "XSECTIONS"), "pipe"),
    **dict.fromkeys(("SUBCATCHMENTS", "POLYGONS"), "catchment"),
}
ROWS = (*_NODES, "CONDUITS", "SUBCATCHMENTS")  # sections whose lines are rows of a layer


@dataclass(frozen=True)
class Fault:
    """A line that cannot be used: where it stands, of what, and why."""

    section: str
    line: int
    name: str
    why: Text

    @property
    def layer(self) -> str:
        return LAYER_OF[self.section]


def sound_part(file: InpFile, *, first_line: int = 1) -> tuple[InpFile, list[Fault]]:
    """The file without the lines that cannot be used, and these.

    ``first_line`` is the number of the line in which its first section begins.
    """
    faults: list[Fault] = []
    known = {words[0] for section in _NODES for words in file.rows(section)}
    seen: set[tuple[str, str]] = set()
    bad: set[int] = set()
    for number, section, words in _numbered(file, first_line):
        if section not in _FIGURES:
            continue
        why = _wrong(section, words, known) or _again(section, words, seen)
        if why is not None:
            faults.append(Fault(section, number, words[0], why))
            bad.add(number)
    if not bad:
        return file, []
    number, sections = first_line, []
    for name, lines in file.sections:
        kept = tuple(line for at, line in enumerate(lines, start=number + 1) if at not in bad)
        sections.append((name, kept))
        number += 1 + len(lines)
    return InpFile(tuple(sections)), faults


def _numbered(file: InpFile, first_line: int) -> Iterator[tuple[int, str, list[str]]]:
    number = first_line
    for section, lines in file.sections:
        for line in lines:
            number += 1
            if words := words_of(line):
                yield number, section, words
        number += 1


def _wrong(section: str, words: list[str], known: set[str]) -> Text | None:
    wanted, may = _FIGURES[section]
    if section == "XSECTIONS":
        wanted = _SIZES.get(words[1].upper(), ()) if len(words) > 1 else (1,)
    for at in wanted:
        if len(words) <= at:
            return Text(f"缺第 {at + 1} 个值", f"lacks its value {at + 1}")
        if not _is_figure(words[at]):
            return Text(f"第 {at + 1} 个值“{words[at]}”不是数字", f"its value {at + 1}, {words[at]}, is no figure")  # fmt: skip
    for at in may:
        if len(words) > at and words[at] != "*" and not _is_figure(words[at]):
            return Text(f"第 {at + 1} 个值“{words[at]}”不是数字", f"its value {at + 1}, {words[at]}, is no figure")  # fmt: skip
    if section == "CONDUITS":
        lost = [node for node in words[1:3] if node not in known]
        if lost:
            return Text(f"接到不存在的节点 {'、'.join(lost)}", f"joins nodes that are not there: {', '.join(lost)}")  # fmt: skip
    return None


def _again(section: str, words: list[str], seen: set[tuple[str, str]]) -> Text | None:
    """Ids stand once among the nodes, once among the conduits."""
    if section not in ROWS:
        return None
    key = (LAYER_OF[section], words[0])
    if key in seen:
        return Text("编号重复", "its id stands there twice")
    seen.add(key)
    return None


def _is_figure(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False
