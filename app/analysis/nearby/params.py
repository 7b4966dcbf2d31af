"""What a planner may set for a run of reach."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import Text
from app.schema.analysis import param

ADULT, OLDER, CHILD = "adult", "older", "child"


@dataclass(frozen=True)
class ReachParams:
    """Settings of a run; distances and speeds of the standard come from its tables."""

    profile: str = param(
        ADULT, "人群", "who walks",
        choices={
            ADULT: Text("成年人", "adults"), OLDER: Text("老年人", "old people"),
            CHILD: Text("儿童", "children"),
        },
        help_text=Text(
            "步速较慢者按同样时间可达的距离判定",
            "slower walkers are judged by the time that the standard's distance takes",
        ),
    )  # fmt: skip
    child_m_per_s: float = param(
        0.9, "儿童步速", "walking speed of children", unit="m/s", minimum=0.3, maximum=2.0
    )
    steps_factor: float = param(
        2.0, "台阶折算系数（老年人、儿童）", "length of steps counts this many times for the old and children",
        minimum=1.0, maximum=20.0,
    )  # fmt: skip
    slope_factor: float = param(
        5.0, "坡度折算系数（老年人、儿童）", "share added to a length for each unit of slope, for the old and children",
        minimum=0.0, maximum=50.0,
    )  # fmt: skip
    snap_limit_m: float = param(
        100.0, "接入步行网的最大距离", "farthest that a door may be from a walkway", unit="m",
        minimum=1.0, maximum=1000.0,
    )  # fmt: skip
    gate_tolerance_m: float = param(
        2.0, "出入口与围墙缺口的距离", "farthest that a gate may be from its cut in the wall",
        unit="m", minimum=0.0, maximum=20.0,
    )  # fmt: skip
    count_legs: bool = param(
        True, "计入门口到步行网的距离", "the way from the door to the walkway counts"
    )
    timed_gates_open: bool = param(True, "定时出入口按开放计", "gates with hours count as open")
