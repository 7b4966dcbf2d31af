"""Facts planted among communities and buildings: years, past programmes, expropriation, names."""

from __future__ import annotations

from shapely.affinity import translate

from scripts.demo.town import Parcel, Slab, Town, box

# Roles, each played by a programme community of its own; with the fewest buildings it needs.
ROLES = (
    ("mixed_ages", 3), ("expropriation", 3), ("year_unknown", 2), ("turn_of_the_year", 2),
    ("rebuild", 2), ("past_by_place", 2), ("votes_short", 2), ("unit_conflict", 2),
    ("year_unknown_all", 1), ("past_by_name", 1), ("past_local", 1), ("military", 1), ("retired", 1),
)  # fmt: skip


def cast(town: Town) -> dict[str, Parcel]:
    """Who plays which role."""
    rng = town.random("cast")
    free = town.programme_parcels
    rng.shuffle(free)
    roles: dict[str, Parcel] = {}
    for role, fewest in ROLES:
        fit = [parcel for parcel in free if len(parcel.slabs) >= fewest]
        chosen = min(fit, key=lambda parcel: len(parcel.slabs))
        free.remove(chosen)
        roles[role] = chosen
    return roles


def plant_people(town: Town) -> None:
    """All facts of this kind; the programme's totals stay as they are."""
    roles = cast(town)
    _plant_years(town, roles)
    _plant_past(town, roles)
    _plant_expropriation(town, roles)
    _plant_owners(town, roles)
    _plant_names(town)


def _building(town: Town, slab: Slab) -> dict[str, object]:
    return town.row("building", slab.building_id)


def _shape(slab: Slab):  # type: ignore[no-untyped-def]
    return box(slab.west, slab.south, slab.east, slab.north)


def _plant_years(town: Town, roles: dict[str, Parcel]) -> None:
    slab = roles["year_unknown"].slabs[0]
    _building(town, slab).update(year_built=None, year_proof=None)
    town.plant("year_unknown", "building", slab.building_id, _shape(slab),
               "eligibility unknown; missing building.year_built")  # fmt: skip

    parcel = roles["year_unknown_all"]
    for slab in parcel.slabs:
        _building(town, slab).update(year_built=None, year_proof=None)
    town.row("community", parcel.community_id).update(year_built=None, year_proof=None)
    town.plant("year_unknown", "community", parcel.community_id, parcel.shape,
               f"eligibility unknown for all {len(parcel.slabs)} buildings; missing year_built")  # fmt: skip

    parcel = roles["mixed_ages"]
    for slab in parcel.slabs:
        _building(town, slab).update(year_built=1996)
    town.row("community", parcel.community_id).update(year_built=1996)
    late = parcel.slabs[-1]
    _building(town, late).update(year_built=2004)
    town.plant("mixed_ages", "building", late.building_id, _shape(late),
               "outside_priority: built 2004, the other buildings of the community 1996 pass")  # fmt: skip

    parcel = roles["turn_of_the_year"]
    first, second = parcel.slabs[:2]
    for slab in parcel.slabs:
        _building(town, slab).update(year_built=2000)
    town.row("community", parcel.community_id).update(year_built=2000)
    _building(town, second).update(year_built=2001)
    town.plant("last_year_in", "building", first.building_id, _shape(first), "pass: built 2000")
    town.plant("first_year_out", "building", second.building_id, _shape(second),
               "outside_priority: built 2001")  # fmt: skip


def _plant_past(town: Town, roles: dict[str, Parcel]) -> None:
    parcel = roles["past_by_place"]
    row = town.add(
        "past_programme", "PP-001", geometry=parcel.shape.buffer(-1.0), name="原二轻宿舍", year=2019,
        subsidy="central", document="2019年改造计划（演示）", dataset_id="DS-WORKS",
    )  # fmt: skip
    town.plant("past_programme_by_place", "community", parcel.community_id, parcel.shape,
               f"fail: lies in past_programme {row} (central, 2019) under another name")  # fmt: skip

    parcel = roles["past_by_name"]
    row = town.add(
        "past_programme", "PP-002", geometry=None, name=parcel.name, year=2020, subsidy="central",
        document="2020年改造计划（演示）", dataset_id="DS-WORKS",
    )  # fmt: skip
    town.plant("past_programme_by_name", "community", parcel.community_id, parcel.shape,
               f"fail: same name as past_programme {row} (central, 2020), which has no geometry")  # fmt: skip

    parcel = roles["past_local"]
    row = town.add(
        "past_programme", "PP-003", geometry=parcel.shape.buffer(-1.0), name=parcel.name, year=2015,
        subsidy="local", document="2015年环境整治（演示）", dataset_id="DS-WORKS",
    )  # fmt: skip
    town.plant("past_local_money_is_no_bar", "community", parcel.community_id, parcel.shape,
               f"pass: past_programme {row} was paid by local money only")  # fmt: skip

    others = [p for p in town.parcels if p.slabs and not p.programme]
    for number, parcel in enumerate(others[:6], start=4):
        town.add(
            "past_programme", f"PP-{number:03d}", geometry=parcel.shape, name=parcel.name,
            year=2018 + number % 5, subsidy="central", document="历年改造计划（演示）",
            dataset_id="DS-WORKS",
        )  # fmt: skip
    row = town.add(
        "past_programme", "PP-090", geometry=None, name="东塔旧货场宿舍", year=2017, subsidy="central",
        document="2017年改造计划（演示）", dataset_id="DS-WORKS",
    )  # fmt: skip
    x, y = town.bounds[0], town.bounds[1]
    town.plant("name_matches_nothing", "past_programme", row, {"x": x, "y": y},
               "matches no community by place, name or alias")  # fmt: skip


def _plant_expropriation(town: Town, roles: dict[str, Parcel]) -> None:
    parcel = roles["expropriation"]
    slab = parcel.slabs[0]
    shape = _shape(slab)
    zone = box(slab.west - 3, slab.south - 4, slab.west + slab.length_m * 0.5, slab.north + 2)
    row = town.add(
        "expropriation", "EX-001", geometry=zone, name="道路拓宽征收范围", kind="expropriation",
        state="approved", decided_on="2023-09-12", document="征收决定（演示）", dataset_id="DS-WORKS",
    )  # fmt: skip
    town.plant("expropriation_overlap", "building", slab.building_id, shape,
               f"fail: overlaps expropriation {row} (approved)")  # fmt: skip
    last = parcel.slabs[-1]
    row = town.add(
        "expropriation", "EX-002", geometry=translate(_shape(last), xoff=0.0, yoff=0.0).buffer(1.0),
        name="已撤销的征收范围", kind="expropriation", state="cancelled", decided_on="2021-05-20",
        document="征收决定（已撤销，演示）", dataset_id="DS-WORKS",
    )  # fmt: skip
    town.plant("cancelled_expropriation_is_no_bar", "building", last.building_id, _shape(last),
               f"pass: expropriation {row} is cancelled")  # fmt: skip

    slab = roles["rebuild"].slabs[0]
    row = town.add(
        "expropriation", "EX-003", geometry=_shape(slab).buffer(0.5), name="单独住宅楼拆除重建",
        kind="rebuild", state="planned", decided_on="2023-11-02", document="危房鉴定（演示）",
        dataset_id="DS-WORKS",
    )  # fmt: skip
    town.plant("rebuild_overlap", "building", slab.building_id, _shape(slab),
               f"fail: demolition and rebuilding {row} covers this single building")  # fmt: skip
    village = next((p for p in town.parcels if p.use == "village"), None)
    if village is not None:
        town.add(
            "expropriation", "EX-004", geometry=village.shape, name=f"{village.name}征收",
            kind="expropriation", state="planned", decided_on=None, document=None,
            dataset_id="DS-WORKS",
        )  # fmt: skip


def _plant_owners(town: Town, roles: dict[str, Parcel]) -> None:
    for role, zh in (("military", "军队"), ("retired", "军休")):
        parcel = roles[role]
        kind = "military" if role == "military" else "retired_military"
        town.row("community", parcel.community_id).update(
            owner_kind=kind, original_owner=f"{zh}住房管理单位（演示）"
        )
        town.plant("ownership_never_fails", "community", parcel.community_id, parcel.shape,
                   f"ownership passes: {kind}")  # fmt: skip


def _plant_names(town: Town) -> None:
    """Two buildings of one number, an alias shared by two communities, a missing township."""
    estates = [p for p in town.parcels if p.slabs and not p.programme]
    estates.sort(key=lambda p: -len(p.slabs))
    slab = estates[0].slabs[-1]
    _building(town, slab).update(number="1号楼", name=f"{estates[0].name}1号楼")
    town.plant("duplicate_building_number", "building", slab.building_id, _shape(slab),
               f"1号楼 occurs twice in {estates[0].community_id}")  # fmt: skip

    programme = town.programme_parcels[0]
    namesake = estates[1]
    row = town.row("community", namesake.community_id)
    row["aliases"] = [programme.name]
    town.plant("alias_is_another_name", "community", namesake.community_id, namesake.shape,
               f"its alias is the name of {programme.community_id}: a match by name is ambiguous")  # fmt: skip

    stray = estates[-1]
    town.row("community", stray.community_id).update(township_id=None)
    town.plant("no_township", "community", stray.community_id, stray.shape,
               "township_id is empty; not in any township's totals")  # fmt: skip
