"""What a planner may set when wider pipes are compared."""

from __future__ import annotations

from dataclasses import dataclass

from app.analysis.storm.params import SCHEME_WORDS
from app.errors import Text
from app.schema.analysis import param

ALONE, COUPLED = "drains", "coupled"
WATER = {
    ALONE: Text("仅管网（快）", "drains alone, fast"),
    COUPLED: Text("与地面耦合（含积水与户数）", "with the surface: zones and households too"),
}
NEXT, CARRIES = "next", "carries"
SIZES = {
    NEXT: Text("下一档管径", "the next size"),
    CARRIES: Text("能通过最大流量的管径", "the size that carries the greatest flow"),
}


@dataclass(frozen=True)
class UpsizingParams:
    """How many pipes, in which water, and the rain."""

    worst: int = param(10, "管段数", "number of pipes", minimum=1, maximum=50)
    water: str = param(ALONE, "计算方式", "how water is moved", choices=WATER)
    size: str = param(CARRIES, "建议管径", "size proposed", choices=SIZES)
    singly: bool = param(
        True, "逐一重算", "one by one",
        help_text=Text("否：只算全部扩径后的结果", "no: only all of them together"),
    )  # fmt: skip
    return_period_a: float = param(5.0, "重现期", "return period", unit="a", minimum=0.1, maximum=1000)  # fmt: skip
    duration_min: float = param(120.0, "降雨历时", "duration of the rain", unit="min", minimum=5, maximum=1440)  # fmt: skip
    formula: str = param("R1", "暴雨公式", "rainstorm formula")
    rain_mm: float = param(0.0, "总雨量", "total rain", unit="mm", minimum=0, maximum=1000)
    cell_m: float = param(0.0, "计算格网", "cell size", unit="m", minimum=0, maximum=100)
    scheme: str = param("china", "分级体系", "hazard scheme", choices=SCHEME_WORDS)
    after_min: float = param(30.0, "雨停后计算", "time after the rain", unit="min", minimum=0, maximum=1440)  # fmt: skip
