"""What was changed in a terrain before water ran over it: a reason for each cell, told in words."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.errors import Text
from app.geo.grids import Frame

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
HOLE, PIT, WALL, KERB, UNDERPASS, CULVERT, LOST, MEASURE = range(1, 9)
REASONS: dict[int, Text] = {
    HOLE: Text("补平的小空洞", "small hole closed"),
    PIT: Text("抬平的错误深坑", "pit taken as an error and raised"),
    WALL: Text("挡水的围墙", "wall that stops water"),
    KERB: Text("按路缘降低的路面", "street lowered by its kerb"),
    UNDERPASS: Text("打通的下穿道路", "underpass opened"),
    CULVERT: Text("刻入的过水涵", "culvert burnt in"),
    LOST: Text("大空洞，水在此流失", "large hole: water is lost there"),
    MEASURE: Text("排水措施", "stormwater measure"),
}


@dataclass
class Changes:
    """Reasons by cell (0: as delivered) and the lines of the report."""

    frame: Frame
    reason: Bytes = field(init=False)
    report: list[Text] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reason = np.zeros(self.frame.shape, dtype=np.uint8)

    def mark(self, cells: Mask, reason: int) -> None:
        self.reason[cells] = reason

    def say(self, zh: str, en: str) -> None:
        self.report.append(Text(zh, en))
