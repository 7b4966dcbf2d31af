"""What an address asks for, checked: a wrong parameter is refused with its name and cure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Request

from app.errors import Text, UsageError


def refused(name: str, value: object, zh: str, en: str) -> UsageError:
    """The refusal of one parameter; ``zh`` and ``en`` say what would be right."""
    return UsageError(
        Text(f"参数 {name} 不能是“{value}”", f"parameter {name} cannot be {value!r}"),
        where=name,
        fix=Text(zh, en),
    )


def whole_number(
    arguments: Mapping[str, str], name: str, *, low: int, high: int, default: int | None = None
) -> int | None:
    """A whole number between the limits; ``default`` where the parameter is absent or empty."""
    text = arguments.get(name, "").strip()
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        raise refused(name, text, "请用整数", "use a whole number") from None
    if not low <= value <= high:
        raise refused(name, value, f"范围 {low}–{high}", f"between {low} and {high}")
    return value


def several(arguments: Mapping[str, str], name: str, *, most: int = 10_000) -> tuple[str, ...]:
    """The values of a comma separated parameter, empty ones left out."""
    values = tuple(part for part in arguments.get(name, "").split(",") if part)
    if len(values) > most:
        raise refused(name, f"… ({len(values)})", f"最多 {most} 个", f"at most {most}")
    return values


def extent(arguments: Mapping[str, str], name: str) -> tuple[float, float, float, float] | None:
    """``w,s,e,n`` in degrees; None where absent."""
    text = arguments.get(name, "")
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise refused(name, text, "格式：西,南,东,北（度）", "w,s,e,n in degrees") from None
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise refused(name, text, "西≤东、南≤北，单位度", "w <= e and s <= n, in degrees")
    return west, south, east, north


def json_object(arguments: Mapping[str, str], name: str) -> dict[str, Any]:
    """A JSON object; empty where the parameter is absent."""
    text = arguments.get(name, "")
    if not text:
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise refused(name, text[:80], "请用 JSON 对象", "use a JSON object")
    return value


def json_body(request: Request) -> dict[str, Any]:
    """The JSON object in the request's body.

    Raises
    ------
    UsageError
        Another content type, no JSON, not an object.
    """
    body = request.get_json(silent=True) if request.is_json else None
    if not isinstance(body, dict):
        raise refused("body", request.mimetype, "请发送 JSON 对象", "send a JSON object")
    return body
