"""What a planner may set for a storm."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import NO_TEXT, Text
from app.schema.analysis import param

MODES = {
    "slider": Text("填洼", "filling of hollows"),
    "record": Text("局部惯性二维", "local inertial in 2D"),
    "full": Text("完整浅水方程", "full shallow water"),
}
SCHEMES = {
    "china": "China waterlogging risk, working classes",
    "aidr": "AIDR 7-3 / ARR 2019 / NSW FB03",
    "uk": "UK FD2320/FD2321 (2008 supplementary note)",
    "swiss": "Swiss flood intensity",
}
SCHEME_WORDS = {
    "china": Text("国内内涝工作分级", "Chinese working classes"),
    "aidr": Text("澳大利亚 AIDR", "Australian AIDR"),
    "uk": Text("英国 FD2320", "UK FD2320"),
    "swiss": Text("瑞士洪水强度", "Swiss flood intensity"),
}

BLOCKED, COUPLED = "blocked", "coupled"
DRAINS = {
    BLOCKED: Text("不计管网（已满或堵塞）", "none: full or blocked"),
    COUPLED: Text("与管网双向耦合（EPA SWMM）", "coupled both ways (EPA SWMM)"),
}


@dataclass(frozen=True)
class StormParams:
    """The rain, how its water is moved, and how its zones are classed."""

    mode: str = param(
        "record", "计算方式", "how water is moved", choices=MODES,
        help_text=Text(
            "slider 填洼（只看总雨量，秒级）；record 局部惯性二维（逐时）；full 完整浅水方程（陡坡、急流）",
            "slider: filling of hollows, total rain only; record: local inertial in 2D over time; "
            "full: full shallow water, for steep and fast flow",
        ),
    )  # fmt: skip
    return_period_a: float = param(20.0, "重现期", "return period", unit="a", minimum=0.1, maximum=1000)  # fmt: skip
    duration_min: float = param(120.0, "降雨历时", "duration of the rain", unit="min", minimum=5, maximum=1440)  # fmt: skip
    peak_ratio: float = param(0.4, "雨峰系数", "place of the peak", minimum=0.05, maximum=0.95)
    formula: str = param(
        "R1", "暴雨公式", "rainstorm formula",
        help_text=Text("规则表“暴雨强度公式”的行号", "row of the table of rainstorm formulas"),
    )  # fmt: skip
    rain_mm: float = param(
        0.0, "总雨量", "total rain", unit="mm", minimum=0, maximum=1000,
        help_text=Text("大于 0 时按此雨量，过程仍按公式分配", "above 0: this depth, spread over time as by the formula"),
    )  # fmt: skip
    hyetograph: str = param(
        "", "自定雨量过程", "own hyetograph",
        help_text=Text("每 5 分钟雨量（毫米），逗号分隔", "depths of each 5 minutes in mm, with commas"),
    )  # fmt: skip
    scheme: str = param("china", "分级体系", "hazard scheme", choices=SCHEME_WORDS)
    cell_m: float = param(
        0.0, "计算格网", "cell size", unit="m", minimum=0, maximum=100,
        help_text=Text("0：地形格网，过大时自动合并", "0: that of the terrain, made coarser where there are too many cells"),
    )  # fmt: skip
    walls: bool = param(
        True, "围墙挡水", "walls stop water",
        help_text=Text("砖墙、挡土墙挡水，在出入口断开；栅栏、绿篱透水", "walls and retaining walls stop water, open at gates; fences and hedges let it through"),
    )  # fmt: skip
    drains: str = param(
        BLOCKED, "雨水管网", "drains", choices=DRAINS,
        help_text=Text(
            "耦合时雨只落在地面格网上，水经雨水口、检查井进出管网；缺数据的管段不参与并说明",
            "coupled: rain falls on the grid alone, water goes down and comes up at inlets and "
            "manholes; pipes that lack data take no part, and are told",
        ),
    )  # fmt: skip
    after_min: float = param(30.0, "雨停后计算", "time after the rain", unit="min", minimum=0, maximum=1440, help_text=NO_TEXT)  # fmt: skip
