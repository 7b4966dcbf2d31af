"""What a planner may set for a run of the drains."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import Text
from app.schema.analysis import param

STATED, MEASURED = "stated", "measured"
FILLS = {
    STATED: Text("按声明的规则补全并计数", "filled by the stated rules and counted"),
    MEASURED: Text("只用实测值，缺项的管段为未知", "measured values only; the rest is unknown"),
}


@dataclass(frozen=True)
class DrainageParams:
    """The rain, and what stands in for what was not measured."""

    return_period_a: float = param(3.0, "重现期", "return period", unit="a", minimum=0.1, maximum=1000)  # fmt: skip
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
    fill: str = param(
        STATED, "缺项处理", "what is not measured", choices=FILLS,
        help_text=Text(
            "规则：管底取检查井井底，糙率取常用值，地面取地形，合流管末端接污水管处自由出流；每次使用均计数",
            "rules: inverts of the manhole, usual roughness, ground of the terrain, combined sewers "
            "leave freely where a foul sewer takes them; each use is counted",
        ),
    )  # fmt: skip
    cell_m: float = param(
        0.0, "汇水格网", "cell size", unit="m", minimum=0, maximum=100,
        help_text=Text("0：地形格网，过大时自动合并", "0: that of the terrain, made coarser where there are too many cells"),
    )  # fmt: skip
    after_min: float = param(60.0, "雨停后计算", "time after the rain", unit="min", minimum=0, maximum=1440)  # fmt: skip
