"""What a gate, a path or a facility would change, asked while the map is open; kept as a scenario."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from app.errors import Language, NotFoundError, Text, UsageError
from app.schema import Actor
from app.services.nearby import Held, held, metres, place_json
from app.services.nearby_ways import _lonlat
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from app.analysis.nearby.standing import Standing
    from app.analysis.nearby.whatif import Change

_MOST_CHANGES = 50
DOES = ("gate", "cut", "opening", "place", "remove", "path")
_AFRESH = ("opening", "path")  # another network: nothing of the old one may be kept


def what_if(
    plan: OpenPlan, profile: str, changes: Sequence[Mapping[str, Any]], language: Language
) -> dict[str, object]:
    """Households that gain or lose by the changes together: by kind, by community, by door.

    A change is ``{do: 'gate', id, state}``, ``{do: 'cut', number}`` (a gate where a wall cuts a
    way), ``{do: 'opening', at: [lon, lat]}`` (a gate with its path in a wall), ``{do: 'place', kind,
    at: [lon, lat]}``, ``{do: 'remove', id}`` or ``{do: 'path', line}``.

    Raises
    ------
    UsageError
        A change that is incomplete, or too many of them.
    NotFoundError
        A gate or facility that is not there.
    """
    found = held(plan, profile)
    _checked(changes)
    began = time.perf_counter()
    verdict, doors = _verdicts(plan, found, changes)
    spent = time.perf_counter() - began
    return _told(plan, found.standing, verdict, doors, language) | {
        "milliseconds": round(1000 * spent, 1)
    }


def _checked(changes: Sequence[Mapping[str, Any]]) -> None:
    wrong = [c for c in changes if not isinstance(c, dict) or c.get("do") not in DOES]
    if wrong or len(changes) > _MOST_CHANGES:
        raise UsageError(
            Text("改动不完整", "a change is incomplete"),
            where="changes",
            fix=Text(
                f"每项写明 do（{'、'.join(DOES)}），最多 {_MOST_CHANGES} 项",
                f"each states do ({', '.join(DOES)}); at most {_MOST_CHANGES}",
            ),
        )


def _verdicts(
    plan: OpenPlan, found: Held, changes: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Verdicts of homes and of doors by rule; a new path makes another network, so all of it again."""
    standing = found.standing
    if any(change["do"] in _AFRESH for change in changes):
        from app.analysis.nearby.standing import standing_of

        new = standing_of(_with(plan, found, changes), standing.params)
        doors = zip(new.asked, new.judged, strict=True)
        return new.verdict, {item.row.rule_id: judged.verdict for item, judged in doors}
    amended = found.live.ask([_change(plan, found, change) for change in changes])
    return amended.verdict, {rule: judged.verdict for rule, (_, judged) in amended.kinds.items()}


def _change(plan: OpenPlan, found: Held, change: Mapping[str, Any]) -> Change:
    from app.analysis.nearby.whatif import Closed, GateChange, Opened
    from app.geo.walking import BOTH_WAYS, OUTWARD, SHUT

    town, services = found.standing.town, found.standing.services
    passing = {"open": BOTH_WAYS, "timed": BOTH_WAYS, "residents": OUTWARD, "closed": SHUT}
    if change["do"] == "gate" and town is not None:
        state = str(change.get("state", "open"))
        if state not in passing:
            raise _absent(state)
        return GateChange(_index(town.gate_ids, change.get("id")), passing[state])
    if change["do"] == "cut" and town is not None:
        cuts, number = len(town.graph.report.cuts_without_gate), change.get("number")
        if not isinstance(number, int) or not 0 <= number < cuts:
            raise _absent(number)
        return GateChange(len(town.gate_ids) + number, BOTH_WAYS)
    if change["do"] == "remove":
        return Closed(_index(services.ids, change.get("id")))
    point = _point(plan, change)
    return Opened(_known_kind(found, change), point, _community_at(found, point))


def _index(ids: Any, name: object) -> int:
    import numpy as np

    at = np.flatnonzero(ids == name)
    if not len(at):
        raise _absent(name)
    return int(at[0])


def _absent(name: object) -> NotFoundError:
    return NotFoundError(
        Text(f"没有 {name}", f"there is no {name}"),
        where="changes",
        fix=Text("在地图上重新选择", "choose it again on the map"),
    )


def _known_kind(found: Held, change: Mapping[str, Any]) -> str:
    kind = str(change.get("kind", ""))
    if kind not in {item.row.code for item in found.standing.asked}:
        raise _absent(kind)
    return kind


def _point(plan: OpenPlan, change: Mapping[str, Any]) -> Any:
    import shapely

    at = change.get("at")
    if not isinstance(at, list) or not _is_lonlat(at):
        raise _not_drawn("at")
    return metres(plan, [shapely.Point(at)])[0]


def _is_lonlat(at: object) -> bool:
    return (
        isinstance(at, list)
        and len(at) == 2
        and all(isinstance(v, (int, float)) for v in at)
        and abs(at[0]) <= 180
        and abs(at[1]) <= 90
    )


def _not_drawn(where: str) -> UsageError:
    return UsageError(
        Text("没有可用的位置", "no usable place"),
        where=where,
        fix=Text("经度、纬度，以度为单位", "longitude and latitude in degrees"),
    )


def _line(plan: OpenPlan, change: Mapping[str, Any]) -> Any:
    import shapely

    line = change.get("line")
    if not isinstance(line, list) or not 2 <= len(line) <= 500 or not all(map(_is_lonlat, line)):
        raise _not_drawn("line")
    return metres(plan, [shapely.LineString(line)])[0]


def _community_at(found: Held, point: Any) -> str:
    communities = found.inputs.frames["community"]
    inside = communities[communities.geometry.intersects(point)].sort_values("community_id")
    return str(inside["community_id"].iloc[0]) if len(inside) else ""


def _with(plan: OpenPlan, found: Held, changes: Sequence[Mapping[str, Any]]) -> Any:
    """The inputs as the changes would make them."""
    import geopandas
    import pandas as pd

    from app.schema.analysis import Inputs

    frames = dict(found.inputs.frames)

    def append(name: str, rows: list[dict[str, Any]], shapes: list[Any]) -> None:
        if not rows:
            return
        old = frames[name]
        new = geopandas.GeoDataFrame(rows, geometry=shapes, crs=old.crs).astype(object)
        new = new.reindex(columns=old.columns).set_crs(old.crs)
        frames[name] = pd.concat([old, new], ignore_index=True)

    gates = frames["gate"].copy()
    for change in changes:
        if change["do"] == "gate":
            gates.loc[gates["gate_id"] == change.get("id"), "state"] = change.get("state", "open")
        elif change["do"] == "remove":
            frames["service"] = frames["service"][
                frames["service"]["service_id"] != change.get("id")
            ]
    frames["gate"] = gates
    for number, edit in enumerate(edits_of(plan, found, changes)):
        if edit["action"] == "create":
            row = {f"{edit['layer']}_id": f"~{number}", **edit["values"]}
            append(edit["layer"], [row], [edit["shape"]])
    return Inputs(frames, found.inputs.rules)


def edits_of(
    plan: OpenPlan, found: Held, changes: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The changes as rows of the plan that are made, altered or taken away."""
    town, edits = found.standing.town, []
    for change in changes:
        do = change["do"]
        if do == "gate":
            edits.append({"layer": "gate", "action": "update", "id": change.get("id"),
                          "values": {"state": change.get("state", "open")}})  # fmt: skip
        elif do == "remove":
            edits.append({"layer": "service", "action": "update", "id": change.get("id"),
                          "values": {"state": "closed"}})  # fmt: skip
        elif do == "place":
            kind, point = _known_kind(found, change), _point(plan, change)
            values = {"kind": kind, "state": "existing",
                      "community_id": _community_at(found, point) or None}  # fmt: skip
            edits.append({"layer": "service", "action": "create", "values": values, "shape": point})
        elif do == "path":
            edits.append({"layer": "walkway", "action": "create", "values": {"kind": "footway"},
                          "shape": _line(plan, change)})  # fmt: skip
        elif do == "opening":
            edits += _opening(plan, found, change)
        elif town is not None:
            import shapely

            x, y = town.graph.report.cuts_without_gate[int(change.get("number", 0))]
            point = shapely.Point(x, y)
            values = {"state": "open", "community_id": _wall_community(found, point)}
            edits.append({"layer": "gate", "action": "create", "values": values, "shape": point})
    return edits


def _opening(plan: OpenPlan, found: Held, change: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A gate in the nearest wall, and the short path through it to the walkways of both sides."""
    import shapely

    from app.analysis.gates.params import GateParams
    from app.analysis.nearby.openings import opening_at

    town, point = found.standing.town, _point(plan, change)
    places = None if town is None else opening_at(town.graph, point, reach_m=GateParams().wall_reach_m)  # fmt: skip
    if places is None or not len(places):
        raise UsageError(
            Text("这里的围墙两侧附近没有步行路", "no walkway is near both sides of the wall here"),
            where="changes",
            fix=Text("换一处围墙，或先画新步行路", "choose another place, or draw a path first"),
        )
    gate = shapely.Point(places.xy[0])
    values = {"state": "open", "kind": "foot", "community_id": _wall_community(found, gate)}
    return [
        {"layer": "gate", "action": "create", "values": values, "shape": gate},
        {"layer": "walkway", "action": "create", "values": {"kind": "footway"},
         "shape": places.path[0]},
    ]  # fmt: skip


def _wall_community(found: Held, point: Any) -> str | None:
    walls = found.inputs.frames["wall"]
    near = walls.iloc[walls.geometry.distance(point).argsort().to_numpy()[:1]]["community_id"]
    return str(near.iloc[0]) if len(near) and near.notna().all() else None


def keep(
    plan: OpenPlan, name: str, changes: Sequence[Mapping[str, Any]], actor: Actor
) -> dict[str, object]:
    """The changes as a scenario of the plan that is open to everybody; the answer is its id.

    Raises
    ------
    UsageError
        Nothing to keep, or a name that is taken.
    """
    from app.services.editing import edit
    from app.services.nearby import degrees
    from app.services.scenario_views import start

    _checked(changes)
    found = held(plan, "adult")
    edits = edits_of(plan, found, changes)
    wishes = []
    for one in edits:
        wish = {key: one[key] for key in ("layer", "action", "values")}
        if one["action"] == "create":
            from shapely.geometry import mapping

            wish["geometry"] = mapping(degrees(plan, [one["shape"]])[0])
            wish["id"] = f"{one['layer']}-{uuid.uuid4().hex[:12]}"
        else:
            row = plan.row(one["layer"], str(one["id"]))
            if row is None:
                raise _absent(one["id"])
            wish |= {"id": one["id"], "version": row["version"]}
        wishes.append(wish)
    scenario = start(plan, name, "", actor)
    edit(plan.through(scenario), wishes, actor, note=name)
    return {"id": scenario, "changes": len(wishes)}


# --- telling -------------------------------------------------------------------------------------------
def _told(
    plan: OpenPlan, standing: Standing, verdict: dict[str, Any], doors: dict[str, Any],
    language: Language,
) -> dict[str, object]:  # fmt: skip
    import numpy as np

    from app.analysis.nearby.judge import WITHIN

    households = standing.homes.weight
    gains, losses = np.zeros(len(households), bool), np.zeros(len(households), bool)
    kinds: list[dict[str, Any]] = []
    for item in standing.asked:
        rule = item.row.rule_id
        before, after = standing.verdict[rule] == WITHIN, verdict[rule] == WITHIN
        gained, lost = after & ~before, before & ~after
        gains, losses = gains | gained, losses | lost
        if gained.any() or lost.any():
            kinds.append(
                {"rule_id": rule, "label": item.row.label.in_language(language),
                 "gained": int(households[gained].sum()), "lost": int(households[lost].sum())}
            )  # fmt: skip
    kinds.sort(key=lambda one: (-one["gained"] - one["lost"], one["rule_id"]))
    everybody = np.ones(len(households), bool)
    return {
        "kinds": kinds,
        "gained": int(households[gains].sum()),
        "lost": int(households[losses].sum()),
        "communities": _by_community(standing, gains, losses, households),
        "before": place_json(standing, standing.verdict, everybody)["cover"],
        "after": place_json(standing, verdict, everybody)["cover"],
        "doors": _doors(plan, standing, doors),
    }


def _by_community(
    standing: Standing, gains: Any, losses: Any, households: Any
) -> list[dict[str, object]]:
    found = []
    for name in sorted(set(standing.homes.community[gains | losses].tolist()) - {""}):
        own = standing.homes.community == name
        found.append(
            {"id": name, "gained": int(households[own & gains].sum()),
             "lost": int(households[own & losses].sum())}
        )  # fmt: skip
    return found


def _doors(plan: OpenPlan, standing: Standing, doors: dict[str, Any]) -> list[dict[str, object]]:
    """The doors that reach more or fewer kinds than before, with how many."""
    import numpy as np

    from app.analysis.nearby.judge import WITHIN

    more = np.zeros(len(standing.starts), np.int64)
    fewer = more.copy()
    for item, judged in zip(standing.asked, standing.judged, strict=True):
        if (after := doors.get(item.row.rule_id)) is not None:
            more += (after == WITHIN) & (judged.verdict != WITHIN)
            fewer += (after != WITHIN) & (judged.verdict == WITHIN)
    at = np.flatnonzero(more + fewer)[:5000]
    lonlat = _lonlat(plan, standing.starts.places.xy[at]) if len(at) else []
    return [
        {"lon": lonlat[i][0], "lat": lonlat[i][1], "more": int(more[k]), "fewer": int(fewer[k])}
        for i, k in enumerate(at.tolist())
    ]
