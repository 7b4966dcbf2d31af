"""Reads the rule tables shipped under ``geodata/standards``."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.errors import RuleTableError, Text
from app.rules import SPECS, Override, RuleBook, RuleTable, parse_book
from app.rules.book import SOURCES_FILE

STANDARDS = Path(__file__).resolve().parents[2] / "geodata" / "standards"
PLAN_TEXT = STANDARDS.parent / "plan" / "litong-2024-plan.zh.txt"


def load_all_rules(*, overrides: Sequence[Override] = (), folder: Path = STANDARDS) -> RuleBook:
    """Every rule table, with a plan's own figures in place of the shipped ones.

    Raises
    ------
    RuleTableError
        A file that is missing or not UTF-8, or any row that cannot be used as a rule.
    """
    book = _read(folder, _stamp(folder))
    return book.with_overrides(overrides) if overrides else book


def load_rules(
    name: str, *, overrides: Sequence[Override] = (), folder: Path = STANDARDS
) -> RuleTable[Any]:
    """One table by name; see :func:`load_all_rules`."""
    return load_all_rules(overrides=overrides, folder=folder).table(name)


def plan_text() -> str:
    """The text of the Litong 2024 plan (draft for comment) that the totals are reconciled with."""
    return PLAN_TEXT.read_text(encoding="utf-8")


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Changes when a file of the folder does, so that an edited table is read again."""
    states = ((path.name, path.stat()) for path in sorted(folder.glob("*.csv")))
    return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


@lru_cache(maxsize=4)
def _read(folder: Path, stamp: tuple[tuple[str, int, int], ...]) -> RuleBook:
    names = [SOURCES_FILE, *(spec.file for spec in SPECS.values())]
    present = {name for name, _, _ in stamp}
    return parse_book({name: _text(folder / name) for name in names if name in present})


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RuleTableError(
            Text(f"{path.name} 不是 UTF-8 文本", f"{path.name} is not UTF-8 text"),
            where=f"{path.name}:{error.start}",
            fix=Text("用 UTF-8 另存", "save it as UTF-8"),
        ) from None


def raw_tables(folder: Path = STANDARDS) -> dict[str, tuple[list[str], list[list[str]]]]:
    """Header and rows of every shipped table as printed, by name."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        header, *rows = csv.reader(io.StringIO(_text(path)))
        found[path.stem] = header, [row for row in rows if row]
    return found
