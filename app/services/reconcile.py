"""The plan's own text against its layers, and what contradicts itself inside the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from app.analysis.totals import Selection
from app.errors import Language, Text
from app.services.place_names import names_of
from app.services.plans import OpenPlan
from app.services.summary import chosen_programme, totals_of
from app.store.rule_files import plan_text

_TOWN = re.compile(r"[一-龥]{1,3}镇")
_SCOPE = re.compile(r"(\d+)个老旧小区，涉及([^。]*?)(\d+)栋楼([\d.]+)万平方米改造任务，(\d+)户")
_MONEY = re.compile(r"估算投资为([\d.]+)万元")
_CATEGORY = re.compile(r"(基础类|完善类|提升类)改造。(.*?)(?=\n\d\.|\n四、|$)", re.S)


@dataclass(frozen=True)
class Stated:
    """What the text says in figures. Amounts in fen, areas in square metres."""

    communities: int
    buildings: int
    floor_area_m2: Fraction
    households: int
    budget_fen: int
    townships: tuple[str, ...]


def stated(text: str) -> Stated | None:
    """The totals of the text; None where it has no such sentence."""
    scope, money = _SCOPE.search(text), _MONEY.search(text)
    if scope is None or money is None:
        return None
    return Stated(
        int(scope[1]), int(scope[3]), Fraction(scope[4]) * 10_000, int(scope[5]),
        int(Fraction(money[1]) * 1_000_000), tuple(_TOWN.findall(scope[2])),
    )  # fmt: skip


def contradictions(text: str) -> list[Text]:
    """What the text leaves open or says twice, each found in the text itself."""
    found: list[Text] = []
    said = stated(text)
    towns = said.townships if said else ()
    accepted = re.search(r"竣工验收阶段[^\n]*", text)
    if accepted:
        missing = [town for town in towns if town not in accepted[0]]
        if missing:
            names = "、".join(missing)
            found.append(
                Text(
                    f"验收阶段点名的乡镇缺 {names}（仅以“等”概括）",
                    f"the acceptance names the townships without {names}",
                )
            )
        if not re.search(r"供水|供电|供气|供暖|管线单位", accepted[0]):
            found.append(
                Text(
                    "验收签认方没有管线单位",
                    "no utility company is among those who sign the acceptance",
                )
            )
    besides = _SCOPE.sub("", text)
    figures = [town for town in towns if re.search(rf"{town}[^。、]{{0,12}}\d", besides)]
    if towns and not figures:
        found.append(Text("没有分乡镇、分小区的数量", "no figures for each township or community"))
    money = re.search(r"四、资金来源计划(.*?)五、实施步骤", text, re.S)
    if money and len(re.findall(r"[\d.]+万元", money[1])) == 1:
        found.append(Text("没有分来源的资金数额", "no amounts for each source of money"))
    if re.search(r"居民改造意愿|群众说了算", text) and not re.search(
        r"\d+\s*[%％]|[二三四]分之|以上同意", text
    ):
        found.append(
            Text(
                "征求居民意愿，但没有同意比例",
                "residents are asked, but no share of consent is stated",
            )
        )
    for item, where in _twice(text):
        found.append(
            Text(
                f"“{item}”同时列入{'、'.join(where)}",
                f"{item} is listed in {len(where)} categories",
            )
        )
    for odd in re.findall(r"\d{4}年\d{1,2}底前?", text):
        found.append(Text(f"日期写法不完整：“{odd}”", f"a date is not whole: {odd}"))
    return found


def _twice(text: str) -> list[tuple[str, list[str]]]:
    """Facilities that stand in the lists of more than one category."""
    places: dict[str, list[str]] = {}
    for name, paragraph in _CATEGORY.findall(text):
        for part in re.split(r"[、，。；]", paragraph):
            word = part.strip()
            word = re.sub(r"等(?:基础|公共卫生|教育|社区专项服务)设施$", "", word)
            if 3 <= len(word) <= 12 and name not in places.setdefault(word, []):
                places[word].append(name)
    return [(word, where) for word, where in places.items() if len(where) > 1]


def reconcile(
    plan: OpenPlan, programme: str | None, language: Language, text: str = ""
) -> dict[str, object]:
    """Figures of the text beside those that the layers add up to, per township where it has any."""
    text = text or plan_text()
    said = stated(text)
    programme_id = chosen_programme(plan, programme)
    totals = totals_of(plan, programme_id, Selection())
    sums = totals.by_community
    unknown = {
        name: int(sums[f"unknown_{name}"].sum()) for name in ("floor_area", "households", "cost")
    }
    rows = []
    if said is not None:
        for name, label, unit, value, own, lacking in (
            ("communities", Text("小区", "communities"), "", said.communities, int(sums["in_programme"].sum()), 0),
            ("buildings", Text("楼栋", "buildings"), "", said.buildings, int(sums["buildings"].sum()), 0),
            ("floor_area_m2", Text("面积", "floor area"), "m²", float(said.floor_area_m2), round(float(sums["floor_area_m2"].sum()), 2), unknown["floor_area"]),
            ("households", Text("户数", "households"), "", said.households, int(sums["households"].sum()), unknown["households"]),
            ("cost_fen", Text("投资", "cost"), "fen", said.budget_fen, int(sums["cost_fen"].sum()), unknown["cost"]),
        ):  # fmt: skip
            rows.append({"name": name, "label": label.in_language(language), "unit": unit, "stated": value,
                         "layers": own, "difference": round(own - value, 2), "unknown": lacking})  # fmt: skip
    towns = plan.table("township")
    by_town = (
        sums[sums["in_programme"]]
        .groupby("township_id")[
            ["in_programme", "buildings", "households", "floor_area_m2", "cost_fen"]
        ]
        .sum()
    )
    names = towns.set_index("township_id")["name"]
    shown = names_of(plan, "township", language)
    return {
        "programme": programme_id,
        "rows": rows,
        "townships": [
            {"id": str(town), "name": shown.get(str(town), str(town)), "named": said is not None and names.get(town) in said.townships,
             **{key: float(value) for key, value in zip(by_town.columns, row, strict=True)}}
            for town, row in zip(by_town.index, by_town.to_numpy(), strict=True)
        ],
        "unnamed": [name for name in (said.townships if said else ()) if name not in set(names)],
        "open": [one.in_language(language) for one in contradictions(text)],
    }  # fmt: skip
