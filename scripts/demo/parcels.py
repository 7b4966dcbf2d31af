"""Townships, and how each block is cut into parcels; the residential ones become communities."""

from __future__ import annotations

import random

from scripts.demo import names
from scripts.demo.grid import blocks
from scripts.demo.town import Parcel, Town, box, line

# Programme communities by number of buildings: a large one on half a block, the others on quarters.
# The split over the townships is an assumption of the demonstration (演示假设); the plan gives none.
PROGRAMME_COUNTS = {
    "金星镇": (7, 4, 3, 3, 2, 2, 1),
    "胜利镇": (5, 4, 3, 3, 2, 2),
    "古城镇": (5, 3, 3, 1),
    "上桥镇": (5, 2),
}
CIVIC = ("school", "market", "park", "hospital", "office", "mall", "school", "park", "office")
MARGIN_M = 140.0


def add_townships(town: Town) -> dict[str, str]:
    """Name → id; four quarters of the town, cut along the two arterials, marked schematic."""
    west, south, east, north = town.bounds
    west, south, east, north = west - MARGIN_M, south - MARGIN_M, east + MARGIN_M, north + MARGIN_M
    x, y = _middle(town)
    quarters = (
        box(west, south, x, y), box(x, south, east, y), box(west, y, x, north), box(x, y, east, north)
    )  # fmt: skip
    ids = {}
    for name, shape in zip(names.TOWNSHIPS, quarters, strict=True):
        code = str(names.litong()[name]["code"])
        ids[name] = town.add(
            "township", f"T{code}", geometry=shape, code=code, name=name,
            name_en=names.TOWNSHIP_EN[name], schematic=True, dataset_id="DS-PLACE",
        )  # fmt: skip
    return ids


def _middle(town: Town) -> tuple[float, float]:
    x = next(s.at for s in town.streets_north if s.rank == "arterial")
    y = next(s.at for s in town.streets_east if s.rank == "arterial")
    return x, y


def cut_blocks(town: Town, township_ids: dict[str, str]) -> None:
    """Choose the pattern and the use of every block; mark the programme's parcels."""
    rng = town.random("parcels")
    x, y = _middle(town)
    quarters: dict[str, list[tuple[int, int]]] = {name: [] for name in names.TOWNSHIPS}
    land = blocks(town)
    for key, (west, south, _, _) in land.items():
        quarters[names.TOWNSHIPS[(west > x) + 2 * (south > y)]].append(key)
    for name in names.TOWNSHIPS:
        _cut_township(town, rng, name, township_ids[name], quarters[name], land)


def _cut_township(
    town: Town, rng: random.Random, name: str, township_id: str, keys: list[tuple[int, int]],
    land: dict[tuple[int, int], tuple[float, float, float, float]],
) -> None:  # fmt: skip
    counts = PROGRAMME_COUNTS[name]
    large = [c for c in counts if c > 4]
    small = [c for c in counts if c <= 4]
    keys = keys[:]
    rng.shuffle(keys)
    quarter_blocks = -(-len(small) // (3 if town.small else 2))
    patterns = ["mixed"] * len(large) + ["quads"] * quarter_blocks
    if len(patterns) > len(keys):
        patterns = patterns[: len(keys)]
    others = len(keys) - len(patterns)
    civic = 0 if town.small else 1 + others // 6
    villages = min(others, 1) if town.small else 1 + others // 9
    patterns += ["civic"] * civic + ["village"] * villages
    patterns += [
        rng.choice(("halves", "halves", "whole")) for _ in range(others - civic - villages)
    ]
    halves, quads = [], []
    for key, pattern in zip(keys, patterns, strict=True):
        for parcel in _cut(rng, key, land[key], pattern, township_id):
            town.parcels.append(parcel)
            if parcel.key.endswith("half") and pattern == "mixed":
                halves.append(parcel)
            elif "quad" in parcel.key:
                quads.append(parcel)
    rng.shuffle(quads)
    for parcel, count in zip((*halves, *quads), (*large, *small), strict=False):
        parcel.programme = True
        parcel.use = f"programme:{count}"


def _cut(
    rng: random.Random, key: tuple[int, int], land: tuple[float, float, float, float],
    pattern: str, township_id: str,
) -> list[Parcel]:  # fmt: skip
    west, south, east, north = land
    x, y = round((west + east) / 2, 1), round((south + north) / 2, 1)
    tag = f"{key[0]}-{key[1]}"

    def parcel(
        part: str, shape_of: tuple[float, float, float, float], use: str, gate: bool
    ) -> Parcel:
        return Parcel(f"{tag}-{part}", key, box(*shape_of), use, township_id, gate)

    if pattern == "whole":
        return [parcel("whole", land, "estate", True)]
    if pattern == "civic":
        use = rng.choice(CIVIC)
        return [
            parcel("civic-w", (west, south, x, north), use, True),
            parcel("civic-e", (x, south, east, north), rng.choice(CIVIC), True),
        ]
    if pattern == "village":
        return [parcel("village", land, "village", True)]
    if pattern == "halves":
        return [
            parcel("w-half", (west, south, x, north), "estate", rng.random() < 0.6),
            parcel("e-half", (x, south, east, north), "estate", rng.random() < 0.6),
        ]
    quads = [
        parcel("quad-se", (x, south, east, y), "compound", True),
        parcel("quad-ne", (x, y, east, north), "compound", False),
    ]
    if pattern == "mixed":
        return [parcel("w-half", (west, south, x, north), "estate", True), *quads]
    return [
        *quads,
        parcel("quad-sw", (west, south, x, y), "compound", True),
        parcel("quad-nw", (west, y, x, north), "compound", False),
    ]


def add_communities(town: Town) -> None:
    """A community row for every residential parcel, with its wall and gates."""
    rng = town.random("communities")
    labels = names.CommunityNames(rng)
    by_id = {str(row["township_id"]): str(row["name"]) for row in town.rows["township"]}
    for parcel in sorted(town.parcels, key=lambda p: (not p.programme, p.key)):
        if parcel.use in CIVIC:
            continue
        employer = rng.random() < (0.3 if parcel.programme else 0.12)
        township = by_id[parcel.township_id]
        parcel.name, committee = labels.next(township, employer=employer)
        if parcel.use == "village":
            parcel.name = parcel.name[:-2] + "平房区" if len(parcel.name) > 3 else parcel.name
        parcel.community_id = town.new_id("C", 3)
        parcel.year_built = rng.randint(1979, 2000) if parcel.programme else _year(rng, parcel.use)
        parcel.fenced = parcel.use != "village" and rng.random() < 0.88
        works = rng.sample(
            (
                "屋面漏水",
                "排水不畅",
                "道路破损",
                "缺少停车位",
                "外墙无保温",
                "照明不足",
                "线缆凌乱",
            ),
            3,
        )
        town.add(
            "community", parcel.community_id, geometry=parcel.shape, township_id=parcel.township_id,
            name=parcel.name, name_en=names.english(parcel.name), aliases=[],
            neighbourhood=committee, address=None, year_built=parcel.year_built,
            year_proof=rng.choice(("completion_record", "property_certificate", "archive", "survey")),
            owner_kind=_owner(rng, employer), original_owner=parcel.name[:-3] if employer else None,
            fenced=parcel.fenced,
            property_management=rng.choice(("company", "community_run", "self", "none"))
            if parcel.use != "village" else "none",
            residents_over_60_share=round(rng.uniform(0.14, 0.38), 3),
            parking_spaces=None, green_share=round(rng.uniform(0.08, 0.32), 2),
            works_wanted="、".join(works) if parcel.programme else None,
            surveyed_on=f"2023-10-{rng.randint(8, 30):02d}" if parcel.programme else None,
            schematic=False, dataset_id="DS-SURVEY",
        )  # fmt: skip
        _enclose(town, rng, parcel)


def _year(rng: random.Random, use: str) -> int:
    if use == "village":
        return rng.randint(1968, 1995)
    return rng.choice((rng.randint(1982, 2000), rng.randint(1996, 2018)))


def _owner(rng: random.Random, employer: bool) -> str:
    return (
        "state_enterprise" if employer else rng.choice(("private",) * 6 + ("mixed", "collective"))
    )


SPINE_M = 12.0  # the side strip with the lane and the pipes of a compound
LANE_X_M = 5.0  # its lane's centre line from the west boundary
WALL_INSET_M = 0.25


def _enclose(town: Town, rng: random.Random, parcel: Parcel) -> None:
    """The wall around a compound and the gates in it; a few compounds stand open."""
    w, s, e, n = (
        parcel.west + WALL_INSET_M, parcel.south + WALL_INSET_M,
        parcel.east - WALL_INSET_M, parcel.north - WALL_INSET_M,
    )  # fmt: skip
    gate_y = s if parcel.gate_south else n
    gate_x = round(parcel.west + LANE_X_M, 3)
    town.gates[parcel.community_id] = (gate_x, round(gate_y, 3))
    if not parcel.fenced:
        return
    corners = [(w, s), (gate_x, s), (e, s), (e, n), (gate_x, n), (w, n), (w, s)]
    town.add(
        "wall", town.new_id("WL", 4), geometry=line(*corners), community_id=parcel.community_id,
        kind=rng.choice(("wall", "wall", "fence")), height_m=round(rng.uniform(1.8, 2.6), 1),
        passable=False, dataset_id="DS-SURVEY",
    )  # fmt: skip
    town.add(
        "gate", town.new_id("GT", 4), geometry=line((gate_x, gate_y), (gate_x, gate_y + 1)).interpolate(0),
        community_id=parcel.community_id, name=f"{parcel.name}大门", kind="main",
        state=rng.choice(("open", "open", "residents")), hours=None,
        width_m=round(rng.uniform(3.6, 6.0), 1), height_m=None, dataset_id="DS-SURVEY",
    )  # fmt: skip
