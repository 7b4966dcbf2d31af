"""The figures that stand in the values of OpenStreetMap tags, or nothing where none stands."""

from __future__ import annotations

import re

_METRES = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*(m|metres?|meters?)?\s*", re.IGNORECASE)
_CENTIMETRES = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*cm\s*", re.IGNORECASE)
_DATE = re.compile(r"\s*(\d{4})(?:-\d{2}(?:-\d{2})?)?\s*")
_PERCENT = re.compile(r"\s*([+-]?\d+(?:\.\d+)?)\s*%\s*")


def metres(text: str | None) -> float | None:
    """A length tag in metres; ``None`` for no tag, another unit, a range or words."""
    if text is None:
        return None
    if found := _METRES.fullmatch(text):
        return float(found[1].replace(",", "."))
    if found := _CENTIMETRES.fullmatch(text):
        return float(found[1].replace(",", ".")) / 100
    return None


def whole_number(text: str | None) -> int | None:
    """A count tag; ``None`` for no tag, a fraction, a list or words."""
    return int(text) if text is not None and re.fullmatch(r"\s*\d{1,4}\s*", text) else None


def year(text: str | None) -> int | None:
    """The year of a date tag; ``None`` where it is only about (``~1900``, ``C19``, ``1890s``)."""
    found = _DATE.fullmatch(text) if text is not None else None
    return int(found[1]) if found else None


def yes_or_no(text: str | None) -> bool | None:
    """A flag tag; ``None`` for no tag or any other word."""
    return {"yes": True, "no": False}.get(text or "")


def slope(text: str | None) -> float | None:
    """The rise of an incline tag as a share; ``None`` for ``up``, degrees or no tag."""
    found = _PERCENT.fullmatch(text) if text is not None else None
    share = float(found[1]) / 100 if found else None
    return share if share is None or -1 <= share <= 1 else None
