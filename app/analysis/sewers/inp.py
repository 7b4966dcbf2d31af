"""Input files of EPA SWMM as text: read without loss, changed line by line, written again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.errors import InputFileError, Text

FOOT_M = 0.3048
_US_UNITS = ("CFS", "GPM", "MGD")
LINK_SECTIONS = ("CONDUITS", "XSECTIONS", "LOSSES", "VERTICES")
NODE_SECTIONS = ("JUNCTIONS", "OUTFALLS", "STORAGE", "DIVIDERS", "COORDINATES", "INFLOWS", "DWF", "RDII", "TREATMENT")  # fmt: skip


@dataclass(frozen=True)
class InpFile:
    """The sections of a file in their order, each with its lines as they stand there."""

    sections: tuple[tuple[str, tuple[str, ...]], ...]

    def rows(self, name: str) -> list[list[str]]:
        """The words of each line of a section; comments and empty lines left out."""
        return [
            words
            for section, lines in self.sections
            if section == name
            for words in map(words_of, lines)
            if words
        ]

    def option(self, name: str, usual: str = "") -> str:
        """An option by its name."""
        found = [row[1] for row in self.rows("OPTIONS") if row[0].upper() == name and len(row) > 1]
        return found[-1].upper() if found else usual

    @property
    def unit_m(self) -> float:
        """Length of the file's unit in metres: feet unless its flows are metric."""
        return FOOT_M if self.option("FLOW_UNITS", "CFS") in _US_UNITS else 1.0

    def changed(self, names: Iterable[str], change: Callable[[list[str]], list[str] | None]) -> InpFile:  # fmt: skip
        """The file with each line of these sections as ``change`` gives it; None leaves it out.

        A line that comes back with the same words stays as it stood.
        """
        wanted = set(names)
        return InpFile(tuple(
            (name, tuple(_changed(lines, change)) if name in wanted else lines)
            for name, lines in self.sections
        ))  # fmt: skip

    def text(self) -> str:
        """The whole file."""
        parts = []
        for name, lines in self.sections:
            parts += [f"[{name}]", *lines]
        return "\n".join(parts) + "\n"


def _changed(lines: Iterable[str], change: Callable[[list[str]], list[str] | None]) -> Iterable[str]:  # fmt: skip
    for line in lines:
        words = words_of(line)
        if not words:
            yield line
            continue
        after = change(list(words))
        if after is not None:
            yield line if after == words else " ".join(_quoted(word) for word in after)


def _quoted(word: str) -> str:
    return f'"{word}"' if not word or " " in word else word


def words_of(line: str) -> list[str]:
    """The words of a line up to its comment; what stands in quotes is one word."""
    words: list[str] = []
    rest = line.split(";", 1)[0].strip()
    while rest:
        if rest[0] == '"':
            word, _, rest = rest[1:].partition('"')
            words.append(word)
        else:
            word = rest.split(None, 1)[0]
            words.append(word)
            rest = rest[len(word) :]
        rest = rest.lstrip()
    return words


def first_line(text: str) -> int:
    """The number of the line in which the first section begins."""
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if line.strip().startswith("[")), 1)


def read_inp(text: str, name: str) -> InpFile:
    """A file by its sections.

    Raises
    ------
    InputFileError
        There is no section, or nothing that a drain could be.
    """
    sections: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("[") and "]" in stripped:
            sections.append((_section_name(stripped[1 : stripped.index("]")]), []))
        elif sections:
            sections[-1][1].append(line.rstrip())
    found = InpFile(tuple((section, tuple(lines)) for section, lines in sections))
    if not found.rows("CONDUITS"):
        raise InputFileError(
            Text(f"{name} 中没有 [CONDUITS]，不是可用的 SWMM 模型", f"{name} has no [CONDUITS]: it is no model of drains"),
            where=name,
            fix=Text("导出为 SWMM 5 的 .inp 后重试", "save it as an .inp of SWMM 5 and try again"),
        )  # fmt: skip
    return found


_NAMES = (
    *LINK_SECTIONS, *NODE_SECTIONS, "TITLE", "OPTIONS", "POLYGONS", "SUBCATCHMENTS", "PUMPS", "ORIFICES",
    "WEIRS", "OUTLETS", "CONTROLS", "TRANSECTS", "STREETS", "INLETS", "LID_CONTROLS", "LID_USAGE",
    "POLLUTANTS",
)  # fmt: skip


def _section_name(said: str) -> str:
    """The whole name of a section, which the engine knows by its first letters."""
    upper = said.strip().upper()
    for name in _NAMES:
        if name == upper or (len(upper) >= 4 and name.startswith(upper)):
            return name
    return upper
