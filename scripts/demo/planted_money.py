"""Facts planted in the programme's tables: double subsidies, wrong order, votes, late phases."""

from __future__ import annotations

from collections import defaultdict

from scripts.demo.planted_people import cast
from scripts.demo.town import Parcel, Town, box

Row = dict[str, object]


def plant_money(town: Town) -> None:
    _plant_double_subsidy(town)
    _plant_wrong_order(town)
    _plant_short_votes(town)
    _plant_late_and_open(town)
    _plant_embargo(town)


def _items(town: Town, parcel: Parcel) -> dict[str, Row]:
    """Whole-community items of one community by work item."""
    return {
        str(row["work_item_id"]): row
        for row in town.rows["community_item"]
        if row["community_id"] == parcel.community_id and row["target_layer"] == "community"
    }


def _plant_double_subsidy(town: Town) -> None:
    """Move part of an item's local money to a second central pot; its sum stays."""
    by_item: dict[str, list[Row]] = defaultdict(list)
    for row in town.rows["funding"]:
        by_item[str(row["community_item_id"])].append(row)
    wanted = ("B16", "B01")
    for code in wanted:
        item = next(r for r in town.rows["community_item"] if r["work_item_id"] == code)
        item_id = str(item["community_item_id"])
        local = next(r for r in by_item[item_id] if r["source"] == "local")
        local["source"] = "housing"
        parcel = next(p for p in town.parcels if p.community_id == item["community_id"])
        town.plant("double_subsidy", "community_item", item_id, parcel.shape,
                   f"paid by special_central and by housing: funding {local['funding_id']}")  # fmt: skip


def _plant_wrong_order(town: Town) -> None:
    """Twice the road is paved before a trench in it is dug."""
    count = 0
    for parcel in town.programme_parcels:
        items = _items(town, parcel)
        dig = next((items[code] for code in ("B02", "B01", "B11") if code in items), None)
        if dig is None or "B09" not in items:
            continue
        paving = items["B09"]
        paving.update(starts_on="2024-04-15", ends_on="2024-05-10")
        dig.update(starts_on="2024-06-03", ends_on="2024-06-28")
        town.plant("paving_before_digging", "community_item", str(paving["community_item_id"]),
                   parcel.shape, f"ends 2024-05-10 before {dig['community_item_id']} digs on 2024-06-03")  # fmt: skip
        count += 1
        if count == 2:
            return


def _plant_short_votes(town: Town) -> None:
    """In one building of the role, too few households want the renovation."""
    parcel = cast(town)["votes_short"]
    slab = parcel.slabs[0]
    rows = [r for r in town.rows["consent"]
            if r["building_id"] == slab.building_id and r["work_item_id"] is None]  # fmt: skip
    agreeing = len(rows) * 11 // 20
    for k, row in enumerate(rows):
        row["answer"] = "agree" if k < agreeing else ("disagree" if k % 2 else "no_answer")
        row["asked_on"] = "2023-11-10" if row["answer"] != "no_answer" else None
    silent = sum(row["answer"] == "no_answer" for row in rows)
    town.plant("votes_short", "building", slab.building_id, {"x": slab.west + 5, "y": slab.south + 5},
               f"{agreeing} of {len(rows)} households agree, {silent} did not answer")  # fmt: skip


def _plant_late_and_open(town: Town) -> None:
    """A phase past its date, an unanswered utility, a petition, a hazard, an overpayment."""
    first, second = town.programme_parcels[:2]
    begun = {r["programme_member_id"] for r in town.rows["phase"]
             if r["stage"] == "works" and r["started_on"]}  # fmt: skip
    third = next(p for p in town.programme_parcels[2:] if f"PM-{p.community_id}" in begun)
    phase = next(r for r in town.rows["phase"]
                 if r["programme_member_id"] == f"PM-{first.community_id}"
                 and r["stage"] == "preparation")  # fmt: skip
    phase["done_on"] = "2024-05-06"
    town.plant("late_phase", "phase", str(phase["phase_id"]), first.shape,
               "preparation due 2024-03-31, done 2024-05-06")  # fmt: skip
    opinion = next(r for r in town.rows["opinion"]
                   if r["community_id"] == second.community_id
                   and r["organisation_id"] == "ORG-GAS")  # fmt: skip
    opinion.update(opinion=None, answered_on=None)
    town.plant("opinion_missing", "opinion", str(opinion["opinion_id"]), second.shape,
               "供气公司 has not answered; decided 2023-11-28 all the same")  # fmt: skip
    point = third.shape.representative_point()
    row = town.add(
        "petition", "PT-001", geometry=point, community_id=third.community_id, state="open",
        description="夜间施工噪声扰民", received_on="2024-06-02", answered_on=None, answer=None,
        dataset_id="DS-PROG",
    )  # fmt: skip
    town.plant("petition_unanswered", "petition", row, point, "received 2024-06-02, no answer")
    row = town.add(
        "hazard", "HZ-001", geometry=point, community_id=third.community_id, stage="before",
        description="外墙瓷砖空鼓", state="open", found_on="2024-03-05", closed_on=None,
        dataset_id="DS-PROG",
    )  # fmt: skip
    town.plant("hazard_open_into_works", "hazard", row, point,
               "a hazard of the stage before is open while the works run")  # fmt: skip
    _plant_overpayment(town, first)


def _plant_overpayment(town: Town, parcel: Parcel) -> None:
    for kind, amount, day in (
        ("allotted", 60_000_000, "2024-04-20"), ("certified", 30_000_000, "2024-06-10"),
        ("paid", 36_000_000, "2024-06-20"),
    ):  # fmt: skip
        row = town.add(
            "payment", f"PY-{kind}", community_id=parcel.community_id, kind=kind,
            source="special_central", amount_fen=amount, dated=day, document="演示凭证",
            dataset_id="DS-PROG",
        )  # fmt: skip
    town.plant("paid_above_certified", "payment", row, parcel.shape,
               "360000.00 yuan paid, 300000.00 certified")  # fmt: skip


def _plant_embargo(town: Town) -> None:
    """A street paved last year must not be dug, and a planned dig crosses it."""
    street = town.streets_east[1]
    west = town.streets_north[0].at + 40
    row = town.add(
        "embargo", "EM-001", reason="新铺道路五年内禁挖", starts_on="2023-10-01", ends_on="2028-09-30",
        organisation_id="ORG-DRAIN", dataset_id="DS-WORKS",
        geometry=box(west, street.at - street.kerb_m, west + 150, street.at + street.kerb_m),
    )  # fmt: skip
    work = town.add(
        "work", "WK-901", organisation_id="ORG-HEAT", name="一次供热管穿路", kind="dig", item_code=None,
        state="planned", starts_on="2024-08-01", ends_on="2024-08-20", opened_m2=60.0,
        trench_width_m=2.0, depth_m=2.0, cost_fen=18_000_000, dataset_id="DS-WORKS",
        geometry=box(west + 60, street.at - 9, west + 62, street.at + 9),
    )  # fmt: skip
    town.plant("dig_in_embargo", "work", work, {"x": west + 61, "y": street.at},
               f"planned dig 2024-08-01 inside embargo {row}")  # fmt: skip
