"""What each kind of pipe of the town is: class, owner, sizes, where it lies in a street, covers."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache

from scripts.demo.estimate import STANDARDS
from scripts.demo.town import Street


@dataclass(frozen=True)
class Kind:
    """One kind of run; ``vertical`` names its row of the vertical clearance table."""

    code: str
    pipe_class: str
    subclass: str
    owner_id: str
    vertical: str
    gravity: bool = False
    usual_cover_m: float = 1.0
    least_cover_m: float = 0.9


KINDS = {
    kind.code: kind
    for kind in (
        Kind("YS", "PS", "YS", "ORG-DRAIN", "sewage_storm", True, 2.2, 0.75),
        Kind("WS", "PS", "WS", "ORG-DRAIN", "sewage_storm", True, 2.4, 0.75),
        Kind("RS", "RL", "RS", "ORG-HEAT", "heat", False, 2.03, 1.02),
        Kind("RR", "RL", "RS", "ORG-HEAT", "heat", False, 2.03, 1.02),
        Kind("SS", "JS", "SS", "ORG-WATER", "water", False, 1.6, 0.75),
        Kind("JS", "JS", "JP", "ORG-WATER", "water", False, 1.6, 0.75),
        Kind("RQ", "RQ", "TR", "ORG-GAS", "gas", False, 1.63, 0.92),
        Kind("TX", "TX", "XX", "ORG-DX", "telecom_duct", False, 1.21, 0.92),
        Kind("DL", "DL", "GD", "ORG-POWER", "power_conduit", False, 0.62, 0.52),
    )
}
# Gravity first, then from rigid to flexible: who comes later goes round who is there.
PLACING_ORDER = ("YS", "WS", "RS", "RR", "SS", "JS", "RQ", "TX", "DL")


@dataclass(frozen=True)
class Size:
    """Nominal and outside size; a duct block has a width and a height instead."""

    nominal_mm: int | None
    outside_mm: float | None
    material: str
    laying: str = "direct"
    width_mm: float | None = None
    height_mm: float | None = None
    pressure_mpa: float | None = None
    voltage_kv: float | None = None
    holes: int | None = None

    @property
    def height_m(self) -> float:
        return (self.height_mm or self.outside_mm or 0.0) / 1000

    @property
    def inner_m(self) -> float:
        return (self.nominal_mm or 0) / 1000


# Distance from the red line of the pipes' side, in the order of GB 50289-2016 4.1.3. Side "A" is
# north or east (power, telecom), side "B" south or west (water to storm, towards the centre).
STREET_OFFSET_M: dict[str, dict[str, tuple[str, float]]] = {
    "local": {
        "DL": ("A", 0.55), "TX": ("A", 1.75), "JS": ("B", 0.8), "RQ": ("B", 1.8), "RS": ("B", 5.3),
        "RR": ("B", 5.7), "WS": ("B", 7.95), "YS": ("B", 9.6),
    },
    "collector": {
        "DL": ("A", 0.7), "TX": ("A", 2.1), "JS": ("B", 1.7), "RQ": ("B", 2.9), "RS": ("B", 6.9),
        "RR": ("B", 7.4), "WS": ("B", 9.8), "YS": ("B", 12.3),
    },
    "arterial": {
        "DL": ("A", 0.9), "TX": ("A", 2.5), "JS": ("B", 1.9), "RQ": ("B", 3.2), "RS": ("B", 8.6),
        "RR": ("B", 9.3), "SS": ("B", 12.0), "WS": ("B", 14.3), "YS": ("B", 17.2),
    },
}  # fmt: skip

STREET_SIZE: dict[str, dict[str, Size]] = {
    "local": {
        "YS": Size(600, 720, "T"), "WS": Size(400, 480, "T"), "JS": Size(150, 170, "QM"),
        "RQ": Size(110, 110, "PE", pressure_mpa=0.2), "RS": Size(150, 250, "G", pressure_mpa=1.0),
        "RR": Size(150, 250, "G", pressure_mpa=1.0),
        "TX": Size(None, None, "PVC", "duct", 220, 220, holes=4),
        "DL": Size(None, None, "PVC", "duct", 300, 300, voltage_kv=10.0, holes=4),
    },
    "collector": {
        "YS": Size(800, 960, "T"), "WS": Size(500, 600, "T"), "JS": Size(200, 222, "QM"),
        "RQ": Size(160, 160, "PE", pressure_mpa=0.2), "RS": Size(200, 315, "G", pressure_mpa=1.6),
        "RR": Size(200, 315, "G", pressure_mpa=1.6),
        "TX": Size(None, None, "PVC", "duct", 300, 220, holes=6),
        "DL": Size(None, None, "PVC", "duct", 500, 300, voltage_kv=10.0, holes=6),
    },
    "arterial": {
        "YS": Size(1000, 1200, "T"), "WS": Size(600, 720, "T"), "JS": Size(300, 326, "QM"),
        "SS": Size(500, 532, "QM", pressure_mpa=0.6),
        "RQ": Size(200, 200, "PE", pressure_mpa=0.3), "RS": Size(300, 450, "G", pressure_mpa=1.6),
        "RR": Size(300, 450, "G", pressure_mpa=1.6),
        "TX": Size(None, None, "PVC", "duct", 400, 220, holes=12),
        "DL": Size(None, None, "PVC", "duct", 600, 300, voltage_kv=10.0, holes=8),
    },
}  # fmt: skip
TRUNK_SIZE = {"YS": Size(1200, 1440, "T"), "WS": Size(700, 840, "T")}
COURT_SIZE = {
    "YS": Size(300, 315, "PVC"), "WS": Size(300, 315, "PVC"), "JS": Size(100, 110, "PE"),
    "RQ": Size(63, 63, "PE", pressure_mpa=0.005), "RS": Size(100, 200, "G", pressure_mpa=0.6),
    "RR": Size(100, 200, "G", pressure_mpa=0.6),
    "TX": Size(None, None, "PVC", "duct", 110, 110, holes=1),
    "DL": Size(None, None, "PVC", "duct", 110, 110, voltage_kv=0.4, holes=1),
}  # fmt: skip

LEAST_SLOPE = {"court": {"YS": 0.003, "WS": 0.004}, "street": {"YS": 0.0012, "WS": 0.0015},
               "trunk": {"YS": 0.0010, "WS": 0.0010}}  # fmt: skip


def position(street: Street, kind: str) -> float:
    """x (of a street running north) or y (running east) of the kind's axis."""
    side, offset = STREET_OFFSET_M[street.rank][kind]
    edge = street.half_m - offset
    return round(street.at + (edge if side == "A" else -edge), 3)


@lru_cache(maxsize=1)
def _vertical_table() -> dict[frozenset[str], float]:
    with (STANDARDS / "clearance_vertical.csv").open(encoding="utf-8", newline="") as file:
        table: dict[frozenset[str], float] = {}
        for row in csv.DictReader(file):
            pair = frozenset((row["kind_a"], row["kind_b"]))
            table[pair] = max(table.get(pair, 0.0), float(row["min_m"] or 0))
    return table


def vertical_gap_m(a: str, b: str) -> float:
    """What the strictest table asks between two kinds at a crossing."""
    return _vertical_table().get(frozenset((a, b)), 0.15)
