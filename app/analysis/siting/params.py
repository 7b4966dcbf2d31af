"""What a planner may set for a siting run."""

from __future__ import annotations

from dataclasses import dataclass

from app.analysis.nearby.params import ReachParams
from app.errors import Text
from app.schema.analysis import param

COVER, MEDIAN, ALL = "cover", "median", "all"
MODELS = {
    COVER: Text("覆盖最多住户", "most households covered"),
    MEDIAN: Text("步行总距离最短", "least walking"),
    ALL: Text("最省地覆盖全部可覆盖住户", "everybody that can be, at least cost"),
}


@dataclass(frozen=True)
class SitingParams(ReachParams):
    """The settings of the walk, and what is to be placed where."""

    kind: str = param(
        "elderly_day_care", "设施类别", "kind of facility",
        help_text=Text("facilities 表的类别代码", "code of the table facilities"),
    )  # fmt: skip
    model: str = param(
        COVER, "目标", "aim", choices=MODELS,
    )  # fmt: skip
    sites: int = param(3, "新增处数", "new sites", minimum=1, maximum=200)
    budget_yuan: float = param(
        0.0, "预算（0 为不限）", "budget (0: none)", unit="元", minimum=0.0, maximum=1e12
    )
    households_each: int = param(
        0, "每处可服务户数（0 为不限）", "households that one site serves (0: no limit)",
        minimum=0, maximum=1_000_000,
    )  # fmt: skip
    seconds: float = param(
        60.0, "求解时限", "time for the search", unit="s", minimum=1, maximum=3600
    )
