"""What a planner may set for isochrones."""

from __future__ import annotations

from dataclasses import dataclass

from app.analysis.nearby.params import ReachParams
from app.errors import Text
from app.schema.analysis import param


@dataclass(frozen=True)
class IsochroneParams(ReachParams):
    """The settings of the walk, where it begins, and how far it goes."""

    kind: str = param(
        "", "设施类别（空为小区）", "kind of facility (empty: communities)",
        help_text=Text("facilities 表的类别代码", "code of the table facilities"),
    )  # fmt: skip
    minutes: float = param(15.0, "最长时间", "longest time", unit="min", minimum=1.0, maximum=60.0)
    steps: int = param(3, "分圈数", "number of bands", minimum=1, maximum=6)
    half_width_m: float = param(
        20.0, "沿路半宽", "half-width along the way", unit="m", minimum=1.0, maximum=100.0
    )
