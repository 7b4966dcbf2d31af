"""What a planner may set for a clearance run."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import Text
from app.schema.analysis import param

STRICTER, STREETS, COURTYARDS = "stricter", "gb50289", "gb50015"


@dataclass(frozen=True)
class ConflictParams:
    """Settings of a clearance run; none of them is a figure of a standard."""

    binding: str = param(
        STRICTER,
        "小区内适用标准",
        "standard that binds inside communities",
        choices={
            STRICTER: Text("从严", "the stricter one"),
            STREETS: Text("GB 50289", "GB 50289"),
            COURTYARDS: Text("GB 50015", "GB 50015"),
        },
        help_text=Text(
            "小区内 GB 50289 与 GB 50015 同时核查；从严、或只按其一判定",
            "inside communities both GB 50289 and GB 50015 are evaluated; the stricter or one binds",
        ),
    )
    crossing_angle_deg: float = param(
        30.0,
        "交叉角下限",
        "least angle of a crossing",
        unit="°",
        minimum=5,
        maximum=90,
        help_text=Text(
            "交角小于该值按平行管线核查水平净距",
            "pipes that cross at a flatter angle are also judged as running side by side",
        ),
    )
    largest_unknown_radius_m: float = param(
        0.5,
        "外径不明时的搜索半径",
        "radius searched where the outside size is unknown",
        unit="m",
        minimum=0,
        maximum=3,
    )
    height_datums_agree: bool = param(
        False,
        "高程基准已统一",
        "height datums agree",
        help_text=Text(
            "数据集未注明高程基准时，确认其一致后才按三维高程核查交叉",
            "crossings are compared in 3D only where the datum is stated or this is confirmed",
        ),
    )
