"""Names as people write them, made comparable: 3号楼, 3#, ３栋 and 三号楼 are one building."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.services.imports.values import plain

_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CHINESE_NUMBER = re.compile(r"[零〇一二两三四五六七八九十百]+")
_TAIL = re.compile(r"(?:号楼|号栋|号幢|栋楼|幢楼|楼栋|#楼|号|楼|栋|幢|座|#|＃)+$")
_KIND_OF_PLACE = re.compile(r"(?:老旧小区|住宅小区|居民小区|小区)$")
_SEPARATORS = re.compile(r"[\s_·•.,，、:：\"'“”‘’]+")


def building_number(text: str) -> str:
    """The number of a building without what changes from writer to writer.

    ``第三号楼``, ``3#``, ``03栋`` and ``３ 号 楼`` give ``3``; ``A座`` gives ``A``; a range or a stair
    unit (``1-3号楼``, ``3号楼2单元``) stays apart from ``3``.
    """
    bare = _SEPARATORS.sub("", plain(text)).upper().removeprefix("第").removeprefix("NO")
    bare = _CHINESE_NUMBER.sub(lambda found: str(chinese_number(found.group(0))), bare)
    bare = _TAIL.sub("", bare) or bare
    return re.sub(r"(?<!\d)0+(?=\d)", "", bare)


def chinese_number(text: str) -> int:
    """The value of a Chinese number below a thousand: 三, 十二, 二十一, 一百零三; 一二 is 12."""
    if not set(text) & {"十", "百"}:
        return int("".join(str(_DIGITS[c]) for c in text))
    total = digit = 0
    for c in text:
        if c in ("十", "百"):
            unit = 10 if c == "十" else 100
            total += (digit or 1) * unit
            digit = 0
        else:
            digit = _DIGITS[c]
    return total + digit


def place_names(text: str) -> tuple[str, ...]:
    """The name of a community as it is and, less certain, without the word for community."""
    bare = _SEPARATORS.sub("", plain(text)).upper()
    short = _KIND_OF_PLACE.sub("", bare)
    return (bare,) if short in ("", bare) else (bare, short)


def aliases_of(value: object) -> Iterable[str]:
    """The aliases in a cell of the plan: a list, or one text."""
    if isinstance(value, list | tuple):
        return [str(item) for item in value if item]
    return [value] if isinstance(value, str) and value else []
