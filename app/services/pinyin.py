"""Names as people type them on a keyboard: pinyin, initials, with the readings of place names."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

# Place names whose usual reading the dictionary does not give first.
PLACE_READINGS: dict[str, tuple[str, ...]] = {
    "朝阳": ("chao", "yang"), "重兴": ("chong", "xing"), "重阳": ("chong", "yang"),
    "长青": ("chang", "qing"), "长兴": ("chang", "xing"), "长乐": ("chang", "le"),
    "乐园": ("le", "yuan"), "同乐": ("tong", "le"), "六安": ("lu", "an"),
    "大厦": ("da", "sha"), "铅山": ("yan", "shan"), "单县": ("shan", "xian"),
    "曾家": ("zeng", "jia"), "解家": ("xie", "jia"), "仇家": ("qiu", "jia"),
    "浚县": ("xun", "xian"), "台州": ("tai", "zhou"), "天台": ("tian", "tai"),
}  # fmt: skip
# Most ways kept for one name.
WAYS = 12


def _apart(rest: str) -> Any:
    """What is not Chinese stays as it is, character by character."""
    return list(rest)


@cache
def _dictionary() -> None:
    import pypinyin

    pypinyin.load_phrases_dict(
        {word: [[part] for part in read] for word, read in PLACE_READINGS.items()}
    )


@cache
def _readings(character: str) -> tuple[str, ...]:
    import pypinyin

    [found] = pypinyin.pinyin(character, pypinyin.Style.NORMAL, heteronym=True, errors=_apart)
    return tuple(found)


@lru_cache(maxsize=200_000)
def ways(name: str) -> tuple[tuple[str, str], ...]:
    """The ways to type a name, the likely one first: whole pinyin and initials, in small letters.

    Each character with several readings gives further ways, one character at a time, so that
    朝阳 is found by ``chaoyang`` and by ``zhaoyang``.
    """
    import pypinyin

    _dictionary()
    likely = tuple(pypinyin.lazy_pinyin(name, errors=_apart))
    spelt = {likely: None}
    if len(likely) == len(name):
        for at, character in enumerate(name):
            for other in () if character.isascii() else _readings(character):
                spelt.setdefault((*likely[:at], other, *likely[at + 1 :]))
    return tuple(
        ("".join(way).lower(), "".join(part[:1] for part in way).lower())
        for way in list(spelt)[:WAYS]
    )
