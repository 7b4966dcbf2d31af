"""Two readings of the plan side by side: who walks to what in each, and who gains or loses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.errors import Language, Text
from app.schema import LAYERS
from app.services.nearby import by_home, counted, held, place_json
from app.services.nearby_ways import _lonlat
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from app.analysis.nearby.judge import Kind
    from app.analysis.nearby.standing import Standing

MINUTES = (5, 10, 15)
_DOORS = 5000


def compare(
    plan: OpenPlan, profile: str, left: str, right: str, language: Language
) -> dict[str, object]:
    """Both sides by life circle, kind and community; ``gained`` and ``lost`` are of the right side.

    An empty id is the plan as it is. ``minutes`` are households that walk to the kind in so many
    minutes, whatever its own limit is; a home that only one side has is neither gained nor lost.

    Raises
    ------
    NotFoundError
        There is no such open scenario.
    """
    one, other = (held(plan.through(scenario), profile).standing for scenario in (left, right))
    pairs = _same_homes(one, other)
    rows = plan.store.compare_scenarios(left, right)
    return {
        "left": _side(plan, left, one, language),
        "right": _side(plan, right, other, language),
        "changes": [
            {"layer": row.layer, "label": LAYERS[row.layer].label.in_language(language), "id": row.row_id}
            for row in rows
        ],
        **_changed(one, other, pairs, language),
        "doors": _doors(plan, one, other),
    }  # fmt: skip


def _side(
    plan: OpenPlan, scenario: str, standing: Standing, language: Language
) -> dict[str, object]:
    row = plan.store.row("scenario", scenario) if scenario else None
    told = place_json(standing, standing.verdict, slice(None))
    return {
        "scenario": scenario,
        "name": str(row["name"]) if row else Text("现方案", "the plan").in_language(language),
        "households": told["households"],
        "cover": told["cover"],
        "levels": told["levels"],
    }


def _same_homes(one: Standing, other: Standing) -> Any:
    """Index pairs of homes that both sides have: the same place in the order of the same building."""
    import numpy as np

    def keys(standing: Standing) -> dict[tuple[str, int], int]:
        seen: dict[str, int] = {}
        found = {}
        for k, building in enumerate(standing.homes.building.tolist()):
            seen[building] = seen.get(building, -1) + 1
            found[building, seen[building]] = k
        return found

    left, right = keys(one), keys(other)
    pairs = [(left[key], right[key]) for key in left if key in right]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _changed(one: Standing, other: Standing, pairs: Any, language: Language) -> dict[str, object]:
    import numpy as np

    from app.analysis.nearby.judge import WITHIN

    households = other.homes.weight[pairs[:, 1]]
    gains, losses = np.zeros(len(pairs), bool), np.zeros(len(pairs), bool)
    by_rule = {item.row.rule_id: kind for item, kind in zip(other.asked, other.kinds, strict=True)}
    kinds: list[dict[str, Any]] = []
    for kind in one.kinds:
        row, rule = kind.asked.row, kind.asked.row.rule_id
        if rule not in by_rule:
            continue
        before = one.verdict[rule][pairs[:, 0]] == WITHIN
        after = other.verdict[rule][pairs[:, 1]] == WITHIN
        gained, lost = after & ~before, before & ~after
        gains, losses = gains | gained, losses | lost
        kinds.append(
            {
                "rule_id": rule, "label": row.label.in_language(language),
                "mandatory": row.obligation == "mandatory", "limit_m": kind.asked.limit_m,
                "measure": row.measure, "facilities": [len(kind.at), len(by_rule[rule].at)],
                "left": _kind(one, kind), "right": _kind(other, by_rule[rule]),
                "gained": int(households[gained].sum()), "lost": int(households[lost].sum()),
            }
        )  # fmt: skip
    kinds.sort(key=lambda told: (-int(told["gained"]) - int(told["lost"]), str(told["rule_id"])))
    return {
        "kinds": kinds,
        "gained": int(households[gains].sum()),
        "lost": int(households[losses].sum()),
        "communities": _communities(other, pairs, gains, losses, households),
    }


def _kind(standing: Standing, kind: Kind) -> dict[str, object]:
    """Households by verdict, and those within 5, 10 and 15 minutes on foot; None: no way is known."""

    sums: dict[str, Any] = dict(counted(standing, standing.verdict[kind.asked.row.rule_id]))
    minutes: list[int | None] = [None] * len(MINUTES)
    if kind.ways is not None and standing.town is not None:
        walked = by_home(standing, kind.ways.cost) / standing.town.metres_per_minute
        households = standing.homes.weight
        minutes = [int(households[walked <= limit + 1e-9].sum()) for limit in MINUTES]
    return sums | {"minutes": minutes}


def _communities(
    standing: Standing, pairs: Any, gains: Any, losses: Any, households: Any
) -> list[dict[str, object]]:
    import numpy as np

    community = standing.homes.community[pairs[:, 1]]
    touched = gains | losses
    found: list[dict[str, object]] = []
    for name in np.unique(community[touched].astype(str)).tolist():
        own = community == name
        found.append(
            {"id": name, "gained": int(households[own & gains].sum()),
             "lost": int(households[own & losses].sum())}
        )  # fmt: skip
    found.sort(
        key=lambda told: (-int(str(told["gained"])) - int(str(told["lost"])), str(told["id"]))
    )
    return found


def _doors(plan: OpenPlan, one: Standing, other: Standing) -> list[dict[str, object]]:
    """Doors of both sides that reach more or fewer kinds on the right one."""
    import numpy as np

    from app.analysis.nearby.judge import WITHIN

    def at(standing: Standing) -> dict[tuple[str, str], int]:
        names = zip(standing.starts.building.tolist(), standing.starts.door.tolist(), strict=True)
        return {name: k for k, name in enumerate(names)}

    left, right = at(one), at(other)
    both = [(left[name], right[name]) for name in left if name in right]
    pairs = np.array(both, dtype=np.int64).reshape(-1, 2)
    more, fewer = np.zeros(len(pairs), np.int64), np.zeros(len(pairs), np.int64)
    judged = {i.row.rule_id: j for i, j in zip(other.asked, other.judged, strict=True)}
    for item, own in zip(one.asked, one.judged, strict=True):
        if (then := judged.get(item.row.rule_id)) is None:
            continue
        before, after = own.verdict[pairs[:, 0]] == WITHIN, then.verdict[pairs[:, 1]] == WITHIN
        more, fewer = more + (after & ~before), fewer + (before & ~after)
    which = np.flatnonzero(more + fewer)[:_DOORS]
    places = _lonlat(plan, other.starts.places.xy[pairs[which, 1]]) if len(which) else []
    return [
        {"lon": lon, "lat": lat, "more": int(more[k]), "fewer": int(fewer[k])}
        for (lon, lat), k in zip(places, which.tolist(), strict=True)
    ]
