"""Digs and projects of other parties, and the ones that could be joined."""

from __future__ import annotations

from shapely.geometry import LineString

from scripts.demo.grid import blocks
from scripts.demo.pipe_kinds import position
from scripts.demo.town import Street, Town, box

DIGGERS = (
    ("ORG-WATER", "JS", "老旧给水管更换"), ("ORG-GAS", "RQ", "中压燃气管改造"), ("ORG-HEAT", "RS", "一次热网改造"),
    ("ORG-YD", "TX", "通信管道扩容"), ("ORG-POWER", "DL", "10kV 电缆入地"), ("ORG-DRAIN", "YS", "雨水口清疏改造"),
)  # fmt: skip


def add_works(town: Town) -> None:
    """Scattered digs first, then the planted pairs, each in a street of its own."""
    rng = town.random("works")
    streets = [s for s in town.streets_east if s.index not in (1,)]
    spans = sorted({(b[0], b[2]) for b in blocks(town).values()})
    for number, (owner, kind, name) in enumerate(DIGGERS):
        street = next(s for s in town.streets_north if s.index in (0,))
        low, high = sorted({(b[1], b[3]) for b in blocks(town).values()})[
            number % len(town.streets_east[1:])
        ]
        month = rng.randint(3, 10)
        year = 2024 + number % 3
        _dig(
            town, owner, name, street, kind, low + 15 + 4 * number, high - 15,
            (f"{year}-{month:02d}-05", f"{year}-{month:02d}-28"),
        )  # fmt: skip
    _plant_joint_digs(town, streets, spans)
    _plant_decoy(town, streets, spans)
    _add_renewals(town)


def _dig(
    town: Town, owner: str, name: str, street: Street, kind: str, low: float, high: float,
    dates: tuple[str, str],
) -> str:  # fmt: skip
    at = position(street, kind)
    ends = [(at, low), (at, high)] if street.north else [(low, at), (high, at)]
    length = high - low
    return town.add(
        "work", town.new_id("WK-", 3), geometry=LineString([(round(x, 2), round(y, 2)) for x, y in ends]),
        organisation_id=owner, name=f"{street.name}{name}", kind="dig", item_code=None, state="planned",
        starts_on=dates[0], ends_on=dates[1], opened_m2=round(length * 1.2, 1), trench_width_m=1.2,
        depth_m=1.8, cost_fen=round(length) * 120_000, dataset_id="DS-WORKS",
    )  # fmt: skip


def _plant_joint_digs(town: Town, streets: list[Street], spans: list[tuple[float, float]]) -> None:
    """Two parties open the same street side by side within weeks of each other."""
    pairs = (
        (("ORG-WATER", "JS"), ("ORG-GAS", "RQ"), 80.0, ("2024-05-06", "2024-05-31"), ("2024-06-03", "2024-06-28")),
        (("ORG-DX", "TX"), ("ORG-POWER", "DL"), 60.0, ("2024-07-01", "2024-07-20"), ("2024-07-15", "2024-08-05")),
    )  # fmt: skip
    for k, (first, second, shared, days_a, days_b) in enumerate(pairs):
        street, (low, _) = streets[k], spans[k]
        start = low + 40
        one = _dig(town, first[0], "改造", street, first[1], start - 20, start + shared, days_a)
        two = _dig(town, second[0], "改造", street, second[1], start, start + shared + 25, days_b)
        gap = abs(position(street, first[1]) - position(street, second[1]))
        town.plant(
            "dig_once", "work", one, {"x": start + shared / 2, "y": position(street, first[1])},
            f"joint with {two}: {shared:.0f} m side by side, {gap:.2f} m apart, weeks apart",
        )  # fmt: skip


def _plant_decoy(town: Town, streets: list[Street], spans: list[tuple[float, float]]) -> None:
    """Side by side, but two years apart: no joint dig."""
    street, (low, _) = streets[2], spans[0]
    one = _dig(
        town, "ORG-HEAT", "改造", street, "JS", low + 40, low + 120, ("2024-05-06", "2024-05-31")
    )
    _dig(town, "ORG-GAS", "改造", street, "JS", low + 40, low + 120, ("2026-06-03", "2026-06-28"))
    town.plant(
        "dig_not_joint", "work", one, {"x": low + 80, "y": position(street, "JS")},
        "beside another dig in place, but two years apart: no package",
    )  # fmt: skip


def _add_renewals(town: Town) -> None:
    parks = [p for p in town.parcels if p.use in ("park", "market", "school")][:3]
    for k, parcel in enumerate(parks, start=1):
        town.add(
            "renewal", f"RN-{k:03d}", geometry=parcel.shape, organisation_id="ORG-ZJ",
            name=f"{ {'park': '口袋公园', 'market': '农贸市场', 'school': '学校'}[parcel.use] }提升（演示）",
            kind=parcel.use, state="planned", starts_on="2024-05-01", ends_on="2024-10-31",
            cost_fen=180_000_000 * k, dataset_id="DS-WORKS",
        )  # fmt: skip
    street = town.streets_east[0]
    town.add(
        "renewal", "RN-901", organisation_id="ORG-DRAIN", name=f"{street.name}积水点整治（演示）",
        kind="drainage", state="approved", starts_on="2024-04-10", ends_on="2024-08-31",
        cost_fen=650_000_000, dataset_id="DS-WORKS",
        geometry=box(town.bounds[0] + 60, street.at - street.kerb_m, town.bounds[0] + 360,
                     street.at + street.kerb_m),
    )  # fmt: skip
