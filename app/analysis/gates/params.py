"""What a planner may set for gate advice."""

from __future__ import annotations

from dataclasses import dataclass

from app.analysis.nearby.params import ReachParams
from app.errors import Text
from app.schema.analysis import param


@dataclass(frozen=True)
class GateParams(ReachParams):
    """The settings of the walk, and where new gates are tried."""

    try_walls: bool = param(True, "沿围墙试开新门", "new gates are tried along walls")
    wall_step_m: float = param(
        20.0, "沿墙试开间距", "distance between trials along a wall", unit="m",
        minimum=2.0, maximum=500.0,
    )  # fmt: skip
    wall_reach_m: float = param(
        40.0, "墙两侧步行路的最大距离", "farthest that a walkway may be on either side", unit="m",
        minimum=1.0, maximum=200.0,
        help_text=Text("新门以直路接到两侧最近的步行路，不穿楼栋", "a new gate is joined to the nearest walkway of each side by a straight path through no building"),
    )  # fmt: skip
