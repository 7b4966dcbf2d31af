"""Every check of the programme on drawn records: what fails, what nobody can tell, what passes."""

from __future__ import annotations

import copy

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from app.analysis.checks import ANALYSIS, CHECKS, CheckParams, check_programme
from app.errors import UsageError
from app.schema import LAYERS
from app.store.rule_files import load_all_rules

CRS = "EPSG:4544"
BOOK = load_all_rules()
RULES = BOOK.supply(ANALYSIS.rules)
X, Y = 500_000, 4_200_000


def at(x, y):  # type: ignore[no-untyped-def]
    return shapely.Point(X + x, Y + y)


def box(x0, y0, x1, y1):  # type: ignore[no-untyped-def]
    return shapely.box(X + x0, Y + y0, X + x1, Y + y1)


def day(text):  # type: ignore[no-untyped-def]
    return pd.Timestamp(text)


STAGES = ("survey", "selection", "preparation", "works", "acceptance", "long_term")
DUE = ("2023-10-31", "2023-11-30", "2024-03-31", "2024-09-30", "2024-11-30", "2024-12-31")
DONE = ("2023-10-20", "2023-11-28", "2024-03-20", "2024-09-20", "2024-11-20", "2024-12-31")
BEGAN = ("2023-10-01", "2023-11-01", "2023-12-01", "2024-04-05", "2024-11-01", "2024-12-01")
ORGANISATIONS = ("government", "contractor", "supervisor", "township", "water")
SOUND = {
    "community": [{"community_id": "C1", "township_id": "T1", "owner_kind": "state_enterprise",
                   "original_owner": "水利局", "geometry": box(0, 0, 100, 100)}],
    "township": [{"township_id": "T1", "name": "金星镇", "geometry": box(-10, -10, 200, 200)}],
    "building": [{"building_id": "B1", "community_id": "C1", "households": 2, "geometry": box(20, 20, 50, 30)},
                 {"building_id": "B2", "community_id": "C2", "households": 2, "geometry": box(120, 20, 150, 30)}],
    "stair_unit": [{"stair_unit_id": "U1", "building_id": "B1", "geometry": box(20, 20, 50, 30)}],
    "unit_door": [{"unit_door_id": "D1", "stair_unit_id": "U1", "building_id": "B1", "geometry": at(30, 20)}],
    "road": [{"road_id": "R1", "fire_lane": True, "width_m": 4.0, "geometry": box(0, 60, 100, 64)},
             {"road_id": "R2", "geometry": box(-10, 0, 0, 100)}, {"road_id": "R3", "geometry": box(100, 0, 110, 100)}],
    "gate": [{"gate_id": "G1", "kind": "main", "width_m": 6.0, "height_m": 4.0, "geometry": at(0, 62)}],
    "pole": [],
    "as_built": [{"as_built_id": "AB1", "community_item_id": "I1", "geometry": at(10, 10.4)}],
    "pipe": [{"pipe_id": "P1", "status": "existing", "laying": "direct",
              "geometry": shapely.LineString([(X, Y + 50), (X + 100, Y + 50)])}],
    "tree": [{"tree_id": "TR1", "state": "planned", "geometry": at(30, 40)}],
    "asset": [{"asset_id": "A1", "kind": "bike_charger", "state": "existing", "community_id": "C1", "geometry": at(30, 10)},
              {"asset_id": "A2", "kind": "parking_bay", "state": "existing", "community_id": "C1", "geometry": box(10, 70, 15, 75)}],
    "programme_member": [{"programme_member_id": "M1", "programme_id": "PG", "target_layer": "community",
                          "target_id": "C1", "state": "approved", "applied_on": day("2023-11-10"),
                          "reviewed_on": day("2023-11-17"), "decided_on": day("2023-11-28"),
                          "criteria": {"condition": 80, "willing": 90, "funds": 70, "scheme": 60}}],
    "community_item": [{"community_item_id": "I1", "programme_id": "PG", "work_item_id": "B02", "community_id": "C1",
                        "target_layer": "community", "target_id": "C1", "quantity": 10.0, "unit": "m",
                        "unit_cost_fen": 100_000, "other_fees_fen": 0, "contingency_fen": 0, "scheme": "v1",
                        "lead_id": "O-government", "starts_on": day("2024-04-10"), "ends_on": day("2024-08-10"),
                        "geometry": at(10, 10)},
                       {"community_item_id": "I2", "programme_id": "PG", "work_item_id": "W15", "community_id": "C1",
                        "target_layer": "stair_unit", "target_id": "U1", "quantity": 1.0, "unit": "lift",
                        "unit_cost_fen": 0, "other_fees_fen": 0, "contingency_fen": 0, "scheme": "v1",
                        "lead_id": "O-government", "starts_on": day("2024-04-10"), "ends_on": day("2024-08-10"),
                        "geometry": at(30, 20)}],
    "funding_source": [{"funding_source_id": f"FS-{s}", "programme_id": "PG", "source": s, "ceiling_fen": 10_000_000}
                       for s in ("drainage_bond", "utility", "local", "housing", "special_central", "resident", "social", "original_owner")],
    "funding": [{"funding_id": "F1", "community_item_id": "I1", "source": "drainage_bond", "amount_fen": 900_000},
                {"funding_id": "F2", "community_item_id": "I1", "source": "utility", "amount_fen": 100_000}],
    "consent": [{"consent_id": "K1", "building_id": "B1", "household": "1", "answer": "agree"}],
    "opinion": [{"opinion_id": "OP1", "community_id": "C1", "organisation_id": "O-water",
                 "asked_on": day("2023-11-06"), "answered_on": day("2023-11-09")}],
    "organisation": [{"organisation_id": f"O-{kind}", "name": kind, "kind": kind} for kind in ORGANISATIONS],
    "phase": [{"phase_id": f"PH-{stage}", "programme_member_id": "M1", "stage": stage, "due_on": day(due),
               "started_on": day(began), "done_on": day(done)}
              for stage, due, began, done in zip(STAGES, DUE, BEGAN, DONE, strict=True)],
    "hazard": [{"hazard_id": "H1", "community_id": "C1", "stage": "before", "state": "closed",
                "closed_on": day("2024-04-01")}],
    "inspection": [{"inspection_id": "IN1", "community_id": "C1", "due_on": day("2024-06-20"), "done_on": day("2024-06-20")}],
    "defect": [{"defect_id": "DF1", "community_id": "C1", "state": "closed"}],
    "signature": [{"signature_id": f"S-{kind}", "community_id": "C1", "organisation_id": f"O-{kind}", "role": "竣工验收"}
                  for kind in ORGANISATIONS[:4]],
    "payment": [{"payment_id": f"PY-{kind}", "community_id": "C1", "kind": kind, "amount_fen": amount}
                for kind, amount in (("allotted", 500), ("certified", 500), ("paid", 500))],
    "petition": [{"petition_id": "PT1", "community_id": "C1", "received_on": day("2024-05-01"), "answered_on": day("2024-05-20")}],
    "document": [{"document_id": f"DOC{i}", "community_id": "C1", "title": title}
                 for i, title in enumerate(("管理模式", "管理规约", "议事规则"))],
    "consent_tally": [{"consent_tally_id": "I1/x", "community_item_id": "I1", "body_layer": "community", "body_id": "C1", "verdict": "pass"}],
    "eligibility": [{"eligibility_id": "E02-C1", "target_layer": "community", "target_id": "C1", "rule_id": "E02", "verdict": "pass"}],
    "storm_zone": [{"storm_zone_id": "Z1", "hazard_class": "1", "depth_max_m": 0.4, "geometry": box(5, 5, 15, 15)}],
}  # fmt: skip


def frames(world):  # type: ignore[no-untyped-def]
    held = {}
    for name, rows in world.items():
        spec = LAYERS[name]
        frame = pd.DataFrame(
            {c: pd.Series([r.get(c) for r in rows], dtype=object) for c in spec.column_names}
        )
        if spec.is_spatial:
            frame = gpd.GeoDataFrame(
                frame, geometry=gpd.GeoSeries([r.get("geometry") for r in rows], crs=CRS)
            )
        held[name] = frame
    return held


def findings(change=None, as_of="2025-01-31"):  # type: ignore[no-untyped-def]
    world = copy.deepcopy(SOUND)
    if change:
        change(world)
    rows, _ = check_programme(frames(world), RULES, CheckParams(as_of=as_of))
    return rows


def row(layer, index=0, **values):  # type: ignore[no-untyped-def]
    def change(world):  # type: ignore[no-untyped-def]
        world[layer][index] = {**world[layer][index], **values}

    return change


def more(layer, **values):  # type: ignore[no-untyped-def]
    def change(world):  # type: ignore[no-untyped-def]
        world[layer].append(values)

    return change


def without(layer):  # type: ignore[no-untyped-def]
    return lambda world: world.pop(layer)


def both(*changes):  # type: ignore[no-untyped-def]
    def change(world):  # type: ignore[no-untyped-def]
        for one in changes:
            one(world)

    return change


def funded(source, amount=1000):  # type: ignore[no-untyped-def]
    return more(
        "funding", funding_id="F9", community_item_id="I1", source=source, amount_fen=amount
    )


FAILS = {
    "overfunded": row("funding", amount_fen=2_000_000),
    "unallocated": row("funding", amount_fen=100_000),
    "ceiling": row("funding_source", ceiling_fen=500_000),
    "purpose": row("community_item", work_item_id="B09"),
    "double_subsidy": both(funded("housing"), more("funding", funding_id="F8", community_item_id="I1", source="special_central", amount_fen=1)),
    "utility_share": lambda world: world["funding"].pop(1),
    "resident_consent": both(funded("resident"), row("consent_tally", verdict="fail")),
    "owner_pledge": both(funded("original_owner"), row("community", owner_kind="private", original_owner=None)),
    "past_central": both(funded("special_central"), row("eligibility", verdict="fail")),
    "unit_slip": row("community_item", unit_cost_fen=10),
    "bond_outside_risk": row("storm_zone", geometry=box(500, 500, 510, 510)),
    "payments": row("payment", 2, amount_fen=550),
    "allotted": row("payment", amount_fen=501),
    "own_community": row("community_item", target_layer="building", target_id="B2"),
    "votes": lambda world: world["consent"].extend({"consent_id": f"K{i}", "building_id": "B1", "household": f"{i}", "answer": "agree"} for i in (2, 3)),
    "one_township": more("township", township_id="T2", name="胜利镇", geometry=box(40, 40, 300, 300)),
    "item_dates": row("community_item", ends_on=day("2024-04-01")),
    "decision_order": row("programme_member", reviewed_on=day("2023-12-17")),
    "utility_opinions": row("opinion", answered_on=day("2023-12-09")),
    "due": row("phase", 2, done_on=day("2024-04-04")),
    "bid_before_works": row("phase", 2, done_on=day("2024-05-04")),
    "site_cleared": row("hazard", closed_on=None, state="open"),
    "inspections": row("inspection", done_on=None),
    "handover": row("defect", state="open"),
    "management": row("document", title="其他"),
    "petitions": row("petition", answered_on=None),
    "scheme": row("community_item", scheme=None),
    "season": row("community_item", ends_on=day("2024-10-02")),
    "lift_room": row("pipe", geometry=shapely.LineString([(X, Y + 18), (X + 100, Y + 18)])),
    "charger_exit": row("asset", geometry=at(30, 17)),
    "bay_on_lane": row("asset", 1, geometry=box(10, 62, 15, 66)),
    "room_in_water": row("community_item", work_item_id="T05"),
    "tree_on_pipe": row("tree", geometry=at(30, 49)),
    "fire_lane_width": row("road", width_m=3.5),
    "fire_lane_clear": more("pole", pole_id="PO1", geometry=at(50, 62)),
    "fire_gate": row("gate", width_m=3.0),
    "fire_turning": lambda world: world["road"].pop(),
    "ladder_ground": both(row("building", floors=11), more("building", building_id="B3", geometry=box(15, 32, 60, 40)),
                          more("building", building_id="B4", geometry=box(15, 0, 60, 12))),
    "as_built": row("as_built", geometry=at(12, 10)),
}  # fmt: skip
UNKNOWNS = {
    "unallocated": (row("community_item", quantity=None), "community_item.quantity"),
    "ceiling": (row("funding_source", ceiling_fen=None), "funding_source.ceiling_fen"),
    "resident_consent": (both(funded("resident"), without("consent_tally")), "consent_tally"),
    "owner_pledge": (both(funded("original_owner"), row("community", original_owner=None)), "community.original_owner"),
    "investor": (funded("social"), "funding.payer_id"),
    "past_central": (both(funded("special_central"), without("eligibility")), "eligibility"),
    "bond_outside_risk": (without("storm_zone"), "storm_zone"),
    "item_dates": (row("community_item", starts_on=None), "community_item.starts_on"),
    "decision_order": (row("programme_member", applied_on=None), "programme_member.applied_on"),
    "utility_opinions": (lambda world: world["opinion"].clear(), "opinion"),
    "criteria": (row("programme_member", criteria={"condition": 80}), "criteria.willing;criteria.funds;criteria.scheme"),
    "room_in_water": (both(row("community_item", work_item_id="T05"), without("storm_zone")), "storm_zone"),
    "fire_lane_width": (row("road", width_m=None), "road.width_m"),
    "fire_gate": (row("gate", height_m=None), "gate.width_m"),
    "as_built": (row("as_built", geometry=None), "as_built"),
    "lift_room": (lambda world: world["unit_door"].clear(), "unit_door"),
}  # fmt: skip


def test_sound_records_raise_nothing() -> None:
    rows = findings()

    assert rows[["check_id", "reason_en"]].to_dict("records") == []


def test_every_rule_has_its_check_and_a_case() -> None:
    assert (
        {rule.check for rule in RULES["check_rules"]} == set(CHECKS) == set(FAILS) | set(UNKNOWNS)
    )


@pytest.mark.parametrize("check", sorted(FAILS))
def test_what_fails_is_found_with_words_and_evidence(check: str) -> None:
    rows = findings(FAILS[check])
    mine = rows[(rows["check_id"] == check) & (rows["verdict"] == "fail")]

    assert len(mine) >= 1
    assert mine["reason"].str.len().min() > 0
    assert mine["reason_en"].str.len().min() > 0
    assert mine["clause"].notna().all()
    assert all(mine["evidence"])
    assert rows["finding_id"].is_unique


@pytest.mark.parametrize("check", sorted(UNKNOWNS))
def test_what_nobody_can_tell_names_the_field(check: str) -> None:
    change, missing = UNKNOWNS[check]
    rows = findings(change)
    mine = rows[(rows["check_id"] == check) & (rows["verdict"] == "unknown")]

    assert mine["missing"].tolist()[0] == missing


def test_without_a_day_nothing_undone_is_late() -> None:
    undone = row("phase", 5, done_on=None)

    assert "due" in set(findings(undone)["check_id"])
    assert "due" not in set(findings(undone, as_of="")["check_id"])


def test_a_day_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="as_of"):
        findings(as_of="下周")


def test_a_tall_building_with_one_clear_side_has_its_ladder_ground() -> None:
    tall = both(
        row("building", floors=11), more("building", building_id="B3", geometry=box(15, 32, 60, 40))
    )

    assert "ladder_ground" not in set(findings(tall)["check_id"])  # its south side is free
    low = both(
        row("building", floors=9), more("building", building_id="B3", geometry=box(15, 0, 60, 40))
    )
    assert "ladder_ground" not in set(findings(low)["check_id"])  # 27 m is not above 27 m


def test_a_fire_lane_finding_says_in_which_community_it_lies() -> None:
    rows = findings(row("road", width_m=3.5))
    assert rows[rows["check_id"] == "fire_lane_width"]["community_id"].tolist() == ["C1"]
