"""Marks of state secrets (涉密): data that carry one are refused at the door and never stored."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.errors import RefusedFileError, Text

# 非涉密 and 不涉密 say the opposite; a bare 秘密 inside a longer word says nothing.
_IN_NAMES = re.compile(
    r"(?<![非不无未])涉密|绝密|机密|国家秘密|(?<![非不无未])秘密(?=级|★|[\s_\-.()（）\[\]【】]|$)"
)
_IN_CELLS = re.compile(r"^\s*(?:密级[:：]?\s*)?(?:绝密|机密|秘密)\s*(?:级)?\s*(?:★.*)?\s*$")
_LEVEL_COLUMNS = ("密级", "保密等级", "保密级别", "涉密等级", "秘密等级")


def refuse_marked_names(names: Iterable[str], *, where: str) -> None:
    """Refuse a file whose own name, layer, sheet, member or metadata says that it is secret.

    Raises
    ------
    RefusedFileError
        One of the names carries a mark.
    """
    for name in names:
        found = _IN_NAMES.search(name) or _IN_CELLS.match(name)
        if found:
            raise _refusal(found.group(0).strip(), where=where, place=name)


def is_level_column(name: str) -> bool:
    """Whether the column says how secret its rows are."""
    return name.strip() in _LEVEL_COLUMNS


def refuse_marked_cells(
    values: Iterable[object], *, where: str, column: str, rows: Iterable[int]
) -> None:
    """Refuse a file with a cell that says 秘密, 机密 or 绝密.

    Raises
    ------
    RefusedFileError
        A cell carries a mark; the first row that has one is named.
    """
    for value, row in zip(values, rows, strict=False):
        if isinstance(value, str) and "密" in value and _IN_CELLS.match(value):
            raise _refusal(value.strip(), where=where, place=f"{column} / {row}")


def _refusal(mark: str, *, where: str, place: str) -> RefusedFileError:
    return RefusedFileError(
        Text(
            f"“{place}”带有涉密标志“{mark}”，本系统不得存放涉密数据",
            f"“{place}” is marked {mark}: classified data may not enter this system",
        ),
        where=where,
        fix=Text(
            "按保密规定处理；经脱密审批后，交付公开、内部或敏感级别的版本",
            "handle it by the secrecy rules; after declassification deliver a version that is "
            "public, internal or sensitive",
        ),
    )
