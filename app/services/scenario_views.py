"""Scenarios as people compare them: what changes, what the totals become, where they clash."""

from __future__ import annotations

from app.errors import Language, NotFoundError, Text, UsageError
from app.report.plain import is_missing, moment
from app.schema import LAYERS, Actor, Column, Layer
from app.services import access
from app.services.detail import shown
from app.services.editing import KEPT_BY_STORE, follow, plain_value
from app.services.plans import OpenPlan
from app.services.staleness import result_states
from app.services.summary import summary
from app.store import Applied


def listed(plan: OpenPlan) -> list[dict[str, object]]:
    """Every scenario of the plan, the newest first, with the number of its changes."""
    rows = plan.store.read("scenario").sort_values("updated_at", ascending=False)
    return [
        {
            "id": row.scenario_id,
            "name": row.name,
            "note": "" if is_missing(row.note) else row.note,
            "state": row.state,
            "by": row.updated_by,
            "at": "" if is_missing(row.updated_at) else moment(row.updated_at),
            "changes": len(plan.store.scenario_changes(row.scenario_id))
            if row.state == "open"
            else 0
            if is_missing(row.changes)
            else int(row.changes),
        }
        for row in rows.itertuples()
    ]


def start(plan: OpenPlan, name: str, note: str, actor: Actor) -> str:
    """Start an empty scenario and return its id.

    Raises
    ------
    UsageError
        No name, or one that an open scenario has already.
    """
    name = name.strip()
    taken = plan.store.read("scenario", where={"state": "open"})["name"].tolist()
    if not name or name in taken:
        raise UsageError(
            Text("请给情景起一个未用过的名称", "give the scenario a name that is not taken"),
            where=name or "name",
            fix=Text("已有：" + "、".join(taken), "taken: " + ", ".join(taken)),
        )
    return plan.store.create_scenario(name, actor, note)


def merge(plan: OpenPlan, scenario: str, actor: Actor) -> list[Applied]:
    """Write a scenario into the plan and close it; :func:`reopen` takes that back.

    Raises
    ------
    VersionClashError
        The plan changed under it; nothing is written.
    """
    for layer in {change.layer for change in plan.store.scenario_changes(scenario)}:
        access.require(actor, "edit", layer)
    applied = plan.store.merge_scenario(scenario, actor)
    follow(plan.through(""), applied)
    return applied


def reopen(plan: OpenPlan, scenario: str, actor: Actor) -> list[Applied]:
    """Take the end of a scenario back: it is open again, what it brought into the plan is gone.

    Raises
    ------
    NotFoundError
        There is no scenario of that id that was merged or dropped.
    VersionClashError
        A row that it brought was changed since; nothing is taken back.
    """
    row = plan.store.row("scenario", scenario)
    if row is None or row["state"] == "open":
        raise NotFoundError(
            Text("没有已合并或放弃的这个情景", "no such scenario was merged or dropped"),
            where=scenario,
            fix=Text("刷新情景列表", "refresh the list of scenarios"),
        )
    taken = plan.store.read("scenario", where={"state": "open"})["name"].tolist()
    if row["name"] in taken:
        raise UsageError(
            Text(f"已有名为“{row['name']}”的情景", f"a scenario {row['name']} is open"),
            where=row["name"],
            fix=Text("先合并或放弃同名的情景", "merge or drop that one first"),
        )
    last = plan.store.history("scenario", scenario)[-1]
    made = plan.store.change_set(last.change_set)
    for layer in {change.layer for change in made}:
        access.require(actor, "edit", layer)
    applied = plan.store.undo([change.change_id for change in made], actor)
    follow(plan.through(""), applied)
    return applied


def changes(plan: OpenPlan, scenario: str, language: Language) -> list[dict[str, object]]:
    """What a scenario changes, row by row, with labels and both values."""
    clashing = {(f.layer, f.row): f.message for f in plan.store.scenario_clashes(scenario)}
    return [
        {
            "layer": change.layer,
            "layer_label": LAYERS[change.layer].label.in_language(language),
            "id": change.row_id,
            "action": change.action,
            "by": change.actor,
            "at": change.at,
            "clash": clashing[change.layer, change.row_id].in_language(language)
            if (change.layer, change.row_id) in clashing
            else "",
            "columns": _columns(plan, LAYERS[change.layer], change.before, change.after, language),
        }
        for change in plan.store.scenario_changes(scenario)
    ]


def compared(
    plan: OpenPlan, left: str, right: str, language: Language, *, programme: str = ""
) -> dict[str, object]:
    """Two scenarios side by side (an empty id is the plan): totals, results and differing rows."""
    sides = [plan.through(scenario) for scenario in (left, right)]
    return {
        "left": _side(sides[0], language, programme),
        "right": _side(sides[1], language, programme),
        "rows": [
            {
                "layer": item.layer,
                "layer_label": LAYERS[item.layer].label.in_language(language),
                "id": item.row_id,
                "columns": _columns(plan, LAYERS[item.layer], item.left, item.right, language),
            }
            for item in plan.store.compare_scenarios(left, right)
        ],
    }


def _side(plan: OpenPlan, language: Language, programme: str) -> dict[str, object]:
    live = summary(plan, programme=programme, language=language)
    return {
        "scenario": plan.scenario,
        "name": _name(plan, language),
        "totals": live["totals"],
        "categories": live["categories"],
        "results": [
            state.as_json(language) for state in result_states(plan.store, scenario=plan.scenario)
        ],
    }


def _name(plan: OpenPlan, language: Language) -> str:
    if not plan.scenario:
        return Text("现方案", "the plan").in_language(language)
    row = plan.store.row("scenario", plan.scenario)
    return str(row["name"]) if row else plan.scenario


def _columns(
    plan: OpenPlan, layer: Layer, before: dict[str, object] | None,
    after: dict[str, object] | None, language: Language,
) -> list[dict[str, object]]:  # fmt: skip
    before, after = before or {}, after or {}
    known = {column.name: column for column in layer.columns}
    labels = {name: column.label for name, column in known.items()}
    labels["geometry"] = Text("图形", "geometry")
    return [
        {
            "column": name,
            "label": label.in_language(language),
            "before": plain_value(plan, before.get(name)),
            "after": plain_value(plan, after.get(name)),
            "shown": [
                _shown(known.get(name), side.get(name), language) for side in (before, after)
            ],
        }
        for name, label in labels.items()
        if name not in KEPT_BY_STORE
        and (name in before or name in after)
        and not _equal(before.get(name), after.get(name))
    ]


def _shown(column: Column | None, value: object, language: Language) -> str:
    """One side of a change in words; a shape is only said to be one."""
    if column is None:
        return Text("图形", "shape").in_language(language)
    return shown(column, value, language)


def _equal(one: object, other: object) -> bool:
    return one is other or bool(one == other)
