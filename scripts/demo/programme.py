"""The 2024 programme: members, scope items, money by source, phases, opinions and consent."""

from __future__ import annotations

import csv
import random

from scripts.demo import names
from scripts.demo.estimate import (
    BUDGET_FEN,
    ITEMS,
    STANDARDS,
    UNIT,
    UPGRADED,
    Draft,
    drafts,
    price,
)
from scripts.demo.quota import BUILDINGS, COMMUNITIES, FLOOR_AREA_M2, HOUSEHOLDS
from scripts.demo.records import UTILITIES
from scripts.demo.town import Parcel, Town

PROGRAMME_ID = "PG2024"
CATEGORY = {"基础类": "basic", "完善类": "improved", "提升类": "upgraded"}
ASSUMED = "演示假设"

# The plan's seven sources; the first and the fifth are split in two, so nine rows.
SOURCES = (
    ("special_central", "申请中央财政专项补助资金", "老旧小区改造"),
    ("special_region", "自治区专项补助资金", "老旧小区改造"),
    ("drainage_bond", "排水防涝2023年增发国债", "排水防涝"),
    ("housing", "2024年保障性安居工程资金", "老旧小区改造"),
    ("local", "地方配套资金", "老旧小区改造"),
    ("utility", "管线单位出资", "本行业管线"),
    ("resident", "居民出资", "楼内与加装电梯"),
    ("original_owner", "原产权单位出资", "本单位家属院"),
    ("social", "社会化力量投资", "经营性设施"),
)

# Shares in per cent by kind of item; the last source takes the rounding.
SHARES: dict[str, tuple[tuple[str, int], ...]] = {
    "drainage": (("drainage_bond", 70), ("local", 30)),
    "utility": (("special_central", 45), ("special_region", 10), ("utility", 30), ("local", 15)),
    "building": (("special_central", 55), ("special_region", 15), ("resident", 3), ("local", 27)),
    "yard": (("housing", 70), ("local", 30)),
    "owner": (("special_central", 50), ("original_owner", 20), ("local", 30)),
    "social": (("social", 100),),
    "lift": (("housing", 30), ("resident", 50), ("local", 20)),
}
KIND_OF_ITEM = {
    "B02": "drainage", "B01": "utility", "B05": "utility", "B10": "utility", "B11": "utility",
    "B16": "building", "B18": "building", "W14": "building", "W08": "social", "W15": "lift",
    "T07": "social", "T10": "social",
}  # fmt: skip
PAYER = {"B01": "ORG-WATER", "B05": "ORG-DX", "B10": "ORG-GAS", "B11": "ORG-HEAT"}

PHASES = (
    ("survey", "2023-10-31"), ("selection", "2023-11-30"), ("preparation", "2024-03-31"),
    ("works", "2024-09-30"), ("acceptance", "2024-11-30"), ("long_term", "2024-12-31"),
)  # fmt: skip
REVIEWERS = ("ORG-ZJ", "ORG-CZ", "ORG-ZR", "ORG-FG")


def add_programme(town: Town) -> None:
    """Everything of the 2024 programme; its totals are the plan's to the fen."""
    _add_catalogue(town)
    town.add(
        "programme", PROGRAMME_ID, year=2024, name="利通区2024年城镇老旧小区改造（演示数据）",
        document="利通区2024年城镇老旧小区改造实施方案（征求意见稿）", budget_fen=BUDGET_FEN,
        communities_stated=COMMUNITIES, buildings_stated=BUILDINGS,
        floor_area_stated_m2=float(FLOOR_AREA_M2), households_stated=HOUSEHOLDS,
        dataset_id="DS-PROG",
    )  # fmt: skip
    for parcel in town.programme_parcels:
        rng = town.random(f"programme {parcel.key}")
        _complete_survey(town, rng, parcel)
        _add_members(town, rng, parcel)
        _add_opinions(town, rng, parcel)
    items = drafts(town)
    price(items)
    _add_items(town, items)
    _add_consent(town, items)
    _add_papers(town)


def _add_papers(town: Town) -> None:
    """Documents, inspections, defects and signatures: a few of each, as the works go on."""
    town.add(
        "document", "DOC-001", community_id=None, title="利通区2024年老旧小区改造实施方案（征求意见稿）",
        kind="方案", file_sha256=None, dated="2023-12-01", is_published=True, dataset_id="DS-PROG",
    )  # fmt: skip
    town.add(
        "document", "DOC-002", community_id=None, title="利通区2024年老旧小区改造项目立项批复（演示）",
        kind="立项批复", file_sha256=None, dated="2024-01-10", is_published=False, dataset_id="DS-PROG",
    )  # fmt: skip
    for parcel in town.programme_parcels:
        rng = town.random(f"papers {parcel.key}")
        own, spot = parcel.community_id, parcel.shape.representative_point()
        town.add(
            "document", f"DOC-{own}", community_id=own, title=f"{parcel.name}一区一策方案 v1（演示）",
            kind="一区一策", file_sha256=None, dated=f"2024-01-{rng.randint(5, 28):02d}",
            is_published=rng.random() < 0.8, dataset_id="DS-PROG",
        )  # fmt: skip
        for point, due in (("管沟回填", "2024-06-20"), ("屋面防水闭水", "2024-07-05")):
            done = rng.random() < 0.7
            town.add(
                "inspection", town.new_id("IN", 3), geometry=spot, community_id=own, point=point,
                due_on=due, done_on=due if done else None, result="合格" if done else None,
                inspector="监理（演示）" if done else None, dataset_id="DS-PROG",
            )  # fmt: skip
        if rng.random() < 0.3:
            closed = rng.random() < 0.5
            town.add(
                "defect", town.new_id("DF", 3), geometry=spot, community_id=own,
                description="路面接茬不平", state="closed" if closed else "open", found_on="2024-07-02",
                closed_on="2024-07-10" if closed else None, dataset_id="DS-PROG",
            )  # fmt: skip
        town.add(
            "signature", f"SG-{own}", community_id=own, organisation_id="ORG-ZJ", role="开工确认",
            signed_on=f"2024-04-{rng.randint(5, 20):02d}", dataset_id="DS-PROG",
        )  # fmt: skip


def _add_catalogue(town: Town) -> None:
    with (STANDARDS / "scope_items.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            town.add(
                "work_item", row["code"], category=CATEGORY[row["category"]], name=row["name_zh"],
                name_en=row["name_en"], unit=row["unit"],
                lead_id=ITEMS[row["code"]][2] if row["code"] in ITEMS else None,
                dataset_id="DS-PROG",
            )  # fmt: skip
    for source, name, purpose in SOURCES:
        town.add(
            "funding_source", f"FS-{source}", programme_id=PROGRAMME_ID, source=source, name=name,
            ceiling_fen=None, purpose=purpose, dataset_id="DS-PROG",
        )  # fmt: skip


def _complete_survey(town: Town, rng: random.Random, parcel: Parcel) -> None:
    community = town.row("community", parcel.community_id)
    community.update(
        buildings_surveyed=len(parcel.slabs),
        households=sum(s.households for s in parcel.slabs),
        floor_area_m2=float(sum(s.floor_area_m2 for s in parcel.slabs)),
        residents=round(sum(s.households for s in parcel.slabs) * rng.uniform(2.3, 2.8)),
        parking_spaces=rng.randint(4, 10) * len(parcel.slabs),
        aliases=[parcel.name.replace("小区", "院"), english_alias(parcel)],
        address=f"利通区{parcel.name}（演示）",
    )


def english_alias(parcel: Parcel) -> str:
    return f"{names.romanised(parcel.name)}"


def _add_members(town: Town, rng: random.Random, parcel: Parcel) -> None:
    late = rng.random() < 0.2
    stage = "preparation" if late else "works"
    applied = rng.randint(1, 12)
    shared = {
        "programme_id": PROGRAMME_ID, "state": "approved", "stage": stage,
        "applied_on": f"2023-11-{applied:02d}", "reviewed_on": f"2023-11-{applied + 7:02d}",
        "decided_on": "2023-11-28", "decision_document": "区政府研究会议纪要（演示）",
        "dataset_id": "DS-PROG",
    }  # fmt: skip
    member = town.add(
        "programme_member", f"PM-{parcel.community_id}", target_layer="community",
        target_id=parcel.community_id,
        criteria={name: rng.randint(60, 95) for name in ("condition", "willing", "funds", "scheme")},
        **shared,
    )  # fmt: skip
    for slab in parcel.slabs:
        town.add(
            "programme_member", f"PM-{slab.building_id}", target_layer="building",
            target_id=slab.building_id, criteria=None, **shared,
        )  # fmt: skip
    _add_phases(town, rng, member, late)


def _add_phases(town: Town, rng: random.Random, member: str, late: bool) -> None:
    for stage, due in PHASES:
        started = done = None
        if stage == "survey":
            started, done = "2023-10-08", f"2023-10-{rng.randint(24, 31)}"
        elif stage == "selection":
            started, done = "2023-11-01", "2023-11-28"
        elif stage == "preparation":
            started = "2023-12-04"
            done = None if late else f"2024-03-{rng.randint(15, 30)}"
        elif stage == "works" and not late:
            started = f"2024-04-{rng.randint(8, 28):02d}"
        town.add(
            "phase", f"PH-{member[3:]}-{stage}", programme_member_id=member, stage=stage, due_on=due,
            started_on=started, done_on=done, note=ASSUMED, dataset_id="DS-PROG",
        )  # fmt: skip


def _add_opinions(town: Town, rng: random.Random, parcel: Parcel) -> None:
    township = f"ORG-{parcel.township_id}"
    for organisation in (*REVIEWERS, township, *(utility[0] for utility in UTILITIES)):
        answered = rng.random() < 0.93
        opinion = rng.choice(("agree",) * 7 + ("agree_with_conditions", "not_concerned"))
        town.add(
            "opinion", f"OP-{parcel.community_id}-{organisation[4:]}", programme_id=PROGRAMME_ID,
            community_id=parcel.community_id, organisation_id=organisation,
            opinion=opinion if answered else None, asked_on="2023-11-06",
            answered_on=f"2023-11-{rng.randint(9, 24):02d}" if answered else None, note=None,
            dataset_id="DS-PROG",
        )  # fmt: skip


# --- items and money -------------------------------------------------------------------------------
def _add_items(town: Town, items: list[Draft]) -> None:
    for number, item in enumerate(items, start=1):
        rng = town.random(f"item {item.parcel.key} {item.work_item_id} {item.target_id}")
        code, measure, lead = item.work_item_id, *ITEMS[item.work_item_id][1:]
        started = rng.randint(0, 90)
        item_id = town.add(
            "community_item", f"CI-{number:04d}", geometry=item.geometry, programme_id=PROGRAMME_ID,
            work_item_id=code, community_id=item.parcel.community_id,
            target_layer=item.target_layer, target_id=item.target_id, quantity=item.quantity,
            unit=UNIT[measure], quantity_basis=item.basis, unit_cost_fen=item.unit_cost_fen,
            unit_cost_basis=f"{COSTED_IN[code in UPGRADED]}：{ITEMS[code][0]}（{ASSUMED}）",
            other_fees_fen=item.other_fees_fen, contingency_fen=item.contingency_fen,
            scheme="一区一策 v1", stage="works", lead_id=lead, starts_on=_day(ORDER[code] + started // 6),
            ends_on=_day(ORDER[code] + LASTS[code] + started // 6), proposal_id=None,
            decision="confirmed", decided_by="区住建和交通局", reason=None, dataset_id="DS-PROG",
        )  # fmt: skip
        _fund(town, item_id, item)


COSTED_IN = {False: "unit_costs.csv", True: "item_unit_cost.csv"}

# Day of the year's works on which an item starts: digs first, then roads, then green and devices.
ORDER = {
    "B01": 20, "B02": 8, "B05": 52, "B10": 34, "B11": 30, "B09": 106, "B13": 130, "B14": 132,
    "B16": 14, "B18": 84, "W02": 128, "W03": 126, "W06": 140, "W07": 132, "W08": 134, "W12": 138,
    "W14": 30, "W15": 28, "T07": 120, "T10": 122,
}  # fmt: skip
LASTS = dict.fromkeys(ORDER, 22) | {"W14": 55, "W15": 90, "B09": 18, "W02": 25}


def _day(number: int) -> str:
    """Day ``number`` counted from 2024-04-08, as a date."""
    import datetime as dt

    return (dt.date(2024, 4, 8) + dt.timedelta(days=number)).isoformat()


def shares_of(code: str, *, employer: bool) -> tuple[tuple[str, int], ...]:
    kind = KIND_OF_ITEM.get(code, "yard")
    return SHARES["owner" if employer and kind == "building" else kind]


def _fund(town: Town, item_id: str, item: Draft) -> None:
    employer = town.row("community", item.parcel.community_id)["owner_kind"] == "state_enterprise"
    shares = shares_of(item.work_item_id, employer=employer)
    left = item.cost_fen
    for k, (source, percent) in enumerate(shares):
        amount = left if k == len(shares) - 1 else item.cost_fen * percent // 100
        left -= amount
        town.add(
            "funding", f"FU-{item_id[3:]}-{k + 1}", community_item_id=item_id, source=source,
            amount_fen=amount, payer_id=PAYER.get(item.work_item_id) if source == "utility" else None,
            basis=ASSUMED, dataset_id="DS-PROG",
        )  # fmt: skip


# --- consent ---------------------------------------------------------------------------------------
def _add_consent(town: Town, items: list[Draft]) -> None:
    lifts = {item.target_id for item in items if item.work_item_id == "W15"}
    for parcel in town.programme_parcels:
        rng = town.random(f"consent {parcel.key}")
        willing = rng.uniform(0.80, 0.97)
        for slab in parcel.slabs:
            flat = round(slab.floor_area_m2 / slab.households, 2)
            for k, unit_id in enumerate(slab.stair_unit_ids):
                homes = int(str(town.row("stair_unit", unit_id)["households"]))
                for home in range(homes):
                    label = f"{k + 1}-{home // 2 + 1}0{home % 2 + 1}"
                    _ask(town, rng, slab.building_id, unit_id, None, label, flat, willing)
                    if unit_id in lifts:
                        share = 0.55 if home < 2 else 0.9
                        _ask(town, rng, slab.building_id, unit_id, "W15", label, flat, share)


def _ask(
    town: Town, rng: random.Random, building_id: str, unit_id: str, code: str | None, label: str,
    flat_m2: float, share: float,
) -> None:  # fmt: skip
    draw = rng.random()
    answer = "agree" if draw < share else ("no_answer" if draw < share + 0.08 else "disagree")
    town.add(
        "consent", town.new_id("CS"), programme_id=PROGRAMME_ID, building_id=building_id,
        stair_unit_id=unit_id, work_item_id=code, household=label, floor_area_m2=flat_m2,
        answer=answer, asked_on=None if answer == "no_answer" else f"2023-11-{rng.randint(2, 20):02d}",
        dataset_id="DS-CONSENT",
    )  # fmt: skip
