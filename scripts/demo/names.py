"""Names and codes: townships and neighbourhood committees are real, everything else is invented."""

from __future__ import annotations

import json
import random
from functools import lru_cache
from pathlib import Path

from pypinyin import Style, lazy_pinyin

PLACES = Path(__file__).resolve().parents[2] / "geodata" / "places" / "litong.json"

# Order: south-west, south-east, north-west, north-east quarter of the schematic town.
TOWNSHIPS = ("金星镇", "胜利镇", "古城镇", "上桥镇")
TOWNSHIP_EN = {
    "金星镇": "Jinxing Town",
    "胜利镇": "Shengli Town",
    "古城镇": "Gucheng Town",
    "上桥镇": "Shangqiao Town",
}

STREETS_NORTH = (
    "裕西街",
    "明珠街",
    "利宁街",
    "开元街",
    "中央街",
    "富平街",
    "朝阳街",
    "永昌街",
    "正源街",
)
STREETS_EAST = ("秦渠路", "民生路", "金塔路", "胜利路", "新华路", "富荣路", "怡园路", "清宁河路")

SUFFIXES = (
    "小区",
    "家属院",
    "东区",
    "西区",
    "南院",
    "北院",
    "新村",
    "花园",
    "住宅楼",
    "一区",
    "二区",
    "三区",
)
EMPLOYERS = (
    "材机厂",
    "粮食局",
    "供销社",
    "第二毛纺厂",
    "农机厂",
    "水利局",
    "运输公司",
    "印刷厂",
    "教育局",
    "百货公司",
)


@lru_cache(maxsize=1)
def litong() -> dict[str, dict[str, object]]:
    """Township name → {code, committees}; from the shipped extract (its licence beside it)."""
    loaded: dict[str, dict[str, object]] = json.loads(PLACES.read_text("utf-8"))["townships"]
    return loaded


def english(name: str) -> str:
    """A readable romanisation: 朝阳小区 → Chaoyang Community."""
    for zh, en in (
        ("小区", " Community"), ("家属院", " Staff Housing"), ("花园", " Garden"), ("新村", " New Village"),
        ("住宅楼", " Residences"), ("东区", " East"), ("西区", " West"), ("南院", " South Court"),
        ("北院", " North Court"), ("一区", " Area 1"), ("二区", " Area 2"), ("三区", " Area 3"),
        ("街", " Street"), ("路", " Road"), ("社区", " Neighbourhood"),
    ):  # fmt: skip
        if name.endswith(zh) and len(name) > len(zh):
            return romanised(name[: -len(zh)]) + en
    return romanised(name)


def romanised(name: str) -> str:
    return "".join(lazy_pinyin(name, style=Style.NORMAL)).capitalize()


def stem(committee: str) -> str:
    """富平社区居委会 → 富平."""
    for tail in ("居民委员会", "居委会", "村民委员会", "村委会", "社区", "花园", "村"):
        committee = committee.removesuffix(tail) if len(committee) > len(tail) + 1 else committee
    return committee


class CommunityNames:
    """Hands out names of compounds per township, each once in the town."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def next(self, township: str, *, employer: bool = False) -> tuple[str, str]:
        """(name of the compound, its neighbourhood committee)."""
        committees = [str(name) for name in litong()[township]["committees"]]  # type: ignore[attr-defined]
        for _ in range(2000):
            committee = self._rng.choice(committees)
            head = self._rng.choice(EMPLOYERS) if employer else stem(committee)
            name = head + (
                self._rng.choice(("家属院", "住宅楼")) if employer else self._rng.choice(SUFFIXES)
            )
            if name not in self._used:
                self._used.add(name)
                return name, committee
            employer = False
        raise RuntimeError(f"no name left in {township}")
