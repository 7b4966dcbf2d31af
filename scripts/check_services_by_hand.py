"""Compare nearby services with what is worked out by hand from the rows that leave the plan.

Two GeoPackages are exported by ``jiugai export``; ``services_by_hand`` makes the ways, distances and
verdicts anew from the layers in one of them. The table says, of three communities, what both find.

    python scripts/check_services_by_hand.py PLAN                # prints the tables
    python scripts/check_services_by_hand.py PLAN --write        # and puts them into docs/methods/services.md
"""

from __future__ import annotations

import argparse
import contextlib
import io
import math
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyogrio

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app.cli.group import jiugai  # noqa: E402
from scripts.services_by_hand import (  # noqa: E402
    Kind,
    Town,
    facilities_of,
    gained,
    households_of,
    kinds_of_the_standard,
    starts_of,
    worked_out,
)

PAGE = ROOT / "docs/methods/services.md"
BEGIN, END = "<!-- hand check: begin -->\n", "<!-- hand check: end -->\n"
SHOWN = ("kindergarten", "nursery", "elderly_day_care", "health_station", "culture_station",
         "primary", "market", "canteen", "bus_stop", "convenience_store")  # fmt: skip
READ = ("walkway", "wall", "gate", "community", "building", "stair_unit", "unit_door", "service")


@dataclass(frozen=True)
class Compared:
    """What both ways of working say of one community and one kind."""

    community: str
    name: str
    kind: Kind
    own: tuple[int, int, int]
    by_hand: tuple[int, int, int]
    farthest_own: float
    farthest_by_hand: float
    doors: int
    differs_m: float
    verdicts_differ: int


def exported(plan: Path, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The layers of the plan and the results of nearby services, as the commands write them."""
    for name, more in (("gpkg", ()), ("services", ("--format", "gpkg"))):
        asked = ["export", name, "--plan", str(plan), "--out", str(folder / f"{name}.gpkg"), *more]
        with contextlib.redirect_stdout(io.StringIO()):
            jiugai.main(asked, standalone_mode=False)
    layers = {name: pyogrio.read_dataframe(folder / "gpkg.gpkg", layer=name) for name in READ}
    results = {
        name: pyogrio.read_dataframe(folder / "services.gpkg", layer=name)
        for name in ("reach", "reach_gap", "gate_advice")
    }
    return layers, results


def compare(layers: dict[str, Any], results: dict[str, Any], chosen: list[str]) -> list[Compared]:
    """The chosen communities, every kind, door by door."""
    starts = [one for one in starts_of(layers) if one.community in chosen]
    kinds = kinds_of_the_standard()
    found = worked_out(Town(layers), starts, facilities_of(layers), kinds)
    reach = results["reach"].set_index("reach_id")
    gaps = results["reach_gap"].set_index("reach_gap_id")
    names = layers["community"].set_index("community_id")["name_en"]
    told = []
    for community in chosen:
        own = [one for one in starts if one.community == community]
        for kind in kinds:
            rows = reach.loc[[f"{kind.rule}-{one.key}" for one in own]]
            walk = [found.walk[one.key, kind.rule] for one in own]
            apart = [_apart(a, b) for a, b in zip(rows["walk_m"], walk, strict=True)]
            flips = sum(
                a != found.verdict[one.key, kind.rule]
                for a, one in zip(rows["verdict"], own, strict=True)
            )
            gap = gaps.loc[f"{kind.rule}-community-{community}"]
            within, unknown = int(gap["households_within"]), int(gap["households_unknown"])
            sums = households_of(found, own, [kind.rule])
            told.append(Compared(
                community, str(names[community]), kind,
                (within, int(gap["households"]) - within - unknown, unknown),
                (int(sums["within"]), int(sums["beyond"]), int(sums["unknown"])),
                rows["walk_m"].max(), max((w for w in walk if w < math.inf), default=math.nan),
                len(own), max(apart), flips,
            ))  # fmt: skip
    return told


def _apart(own: float, by_hand: float) -> float:
    """Metres between two distances; no way is no way on both sides."""
    if math.isnan(own) and by_hand == math.inf:
        return 0.0
    return math.inf if math.isnan(own) or by_hand == math.inf else abs(own - by_hand)


def gate_compared(layers: dict[str, Any], results: dict[str, Any], gate: str) -> tuple[int, int]:
    """Households gained by opening a gate: as advised, and by hand on the whole town."""
    starts, facilities, kinds = starts_of(layers), facilities_of(layers), kinds_of_the_standard()
    town = Town(layers)
    before = worked_out(town, starts, facilities, kinds)
    after = worked_out(town, starts, facilities, kinds, gate)
    advice = results["gate_advice"]
    own = advice.loc[advice["target_id"] == gate, "households_gained"]
    return int(own.iloc[0]) if len(own) else 0, int(gained(before, after, starts, kinds))


def chosen_of(layers: dict[str, Any], results: dict[str, Any]) -> tuple[list[str], str]:
    """Three communities: the one behind the gate most worth opening, the one with the most
    households that lack a kindergarten on foot, and the one that lacks the fewest kinds."""
    advice = results["gate_advice"].sort_values("rank")
    gate = str(advice.loc[advice["target_layer"] == "gate", "target_id"].iloc[0])
    first = layers["gate"].set_index("gate_id")["community_id"][gate]
    gaps = results["reach_gap"]
    gaps = gaps[(gaps["place_layer"] == "community") & (gaps["households"] > 0)]
    gaps = gaps.assign(beyond=gaps["households"] - gaps["households_within"] - gaps["households_unknown"])  # fmt: skip
    lack = gaps[gaps["kind"] == "kindergarten"].sort_values(["beyond", "place_id"], ascending=[False, True])  # fmt: skip
    second = next(name for name in lack["place_id"] if name != first)
    full = gaps[gaps["kind"] != "all"].groupby("place_id")["beyond"].apply(lambda b: (b > 0).sum())
    third = next(
        name for name in full.sort_values(kind="stable").index if name not in (first, second)
    )
    return [str(first), str(second), str(third)], gate


def pages(told: list[Compared], gate: str, opened: tuple[int, int]) -> str:
    """The tables in Markdown."""
    lines = [
        "| community | doors × kinds | greatest difference of the way | verdicts that differ |",
        "| --- | --- | --- | --- |",
    ]
    for name in dict.fromkeys(one.name for one in told):
        own = [one for one in told if one.name == name]
        lines.append(
            f"| {name} ({own[0].community}) | {sum(one.doors for one in own):,} | "
            f"{max(one.differs_m for one in own):.4f} m | {sum(one.verdicts_differ for one in own)} |"
        )
    lines += [
        "",
        "| community | kind, limit | households within / beyond / unknown | by hand | farthest way, m | by hand |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in told:
        if one.kind.code in SHOWN:
            limit = "in the community" if one.kind.limit is None else f"{one.kind.limit:g} m"
            limit += {"walk": " on foot", "straight": " straight", "count": ""}[one.kind.measure]
            lines.append(
                f"| {one.community} | {one.kind.name}, {limit} | {_sums(one.own)} | {_sums(one.by_hand)} "
                f"| {_metres(one.farthest_own)} | {_metres(one.farthest_by_hand)} |"
            )
    lines += ["", f"Opening gate {gate}: {opened[0]} households come to reach at least one kind more; by hand {opened[1]}.", ""]  # fmt: skip
    return "\n".join(lines)


def _sums(sums: tuple[int, int, int]) -> str:
    return " / ".join(str(one) for one in sums)


def _metres(metres: float) -> str:
    return "no way" if math.isnan(metres) else f"{metres:,.2f}"


def main() -> None:
    """Export, work out, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plan", type=Path, help="folder of a plan")
    parser.add_argument(
        "--write", action="store_true", help="put the tables into docs/methods/services.md"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="by-hand-") as folder:
        layers, results = exported(asked.plan, Path(folder))
    chosen, gate = chosen_of(layers, results)
    text = pages(compare(layers, results, chosen), gate, gate_compared(layers, results, gate))
    print(text)
    if asked.write:
        page = PAGE.read_text(encoding="utf-8")
        before, after = page[: page.index(BEGIN)], page[page.index(END) :]
        PAGE.write_text(before + BEGIN + text + after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
