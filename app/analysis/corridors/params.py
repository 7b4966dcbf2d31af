"""What a coordinator may set for a search of joint digs."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import Text
from app.schema.analysis import param


@dataclass(frozen=True)
class CorridorParams:
    """Settings where an organisation has none of its own, and what counts as side by side."""

    join_distance_m: float = param(
        10.0,
        "共同开挖距离",
        "distance for joining digs",
        unit="m",
        minimum=0,
        maximum=100,
        help_text=Text(
            "单位未登记自己的距离时采用；两家不同时取较小者",
            "where an organisation states none of its own; of two, the smaller counts",
        ),
    )
    join_days: int = param(
        30,
        "工期间隔",
        "days between the digs",
        unit="天",
        minimum=0,
        maximum=730,
        help_text=Text(
            "单位未登记提前通知天数时采用；两家不同时取较小者",
            "where an organisation states no lead time; of two, the smaller counts",
        ),
    )
    least_shared_m: float = param(
        10.0,
        "最短并行长度",
        "least length side by side",
        unit="m",
        minimum=1,
        maximum=1000,
    )
    largest_angle_deg: float = param(
        20.0,
        "并行夹角上限",
        "largest angle that counts as side by side",
        unit="°",
        minimum=1,
        maximum=45,
    )
