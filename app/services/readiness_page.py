"""The answer of the readiness page: analyses, gaps by what they unlock, communities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from app.errors import Language, Text
from app.report.plain import flag, text, whole
from app.schema import LAYERS, Actor
from app.schema.analysis import param_fields
from app.services.meta import both
from app.services.plans import OpenPlan
from app.services.readiness import Asked, Gap, Readiness, assess, declared, member_communities

# Up to this many rows a link names each of them.
NAMED_ROWS = 200


def readiness(
    plan: OpenPlan,
    actor: Actor,
    *,
    programme: str | None = None,
    everywhere: bool = False,
    township: str | None = None,
    language: Language = "zh",
) -> dict[str, object]:
    """``{programme, analyses, gaps, absent, communities, elsewhere}`` of ``/api/readiness``.

    ``programme`` restricts to its communities unless ``everywhere``. An analysis has ``rows`` and
    ``ready``; a gap its fields, rows, households and a link to the table; a community one cell for
    each analysis: ready, partly, unknown, nothing. ``elsewhere`` are rows in no community.
    """
    from app.services.summary import chosen_programme

    programme_id = None if everywhere else chosen_programme(plan, programme)
    within = member_communities(plan, programme_id)
    if township:
        rows = plan.frame("community")
        own = frozenset(rows.loc[rows["township_id"] == township, "community_id"])
        within = own if within is None else within & own
    found = assess(plan, actor, communities=within)
    return {
        "programme": programme_id,
        "analyses": _analyses(plan, actor, found, language),
        "gaps": [gap_json(gap, language) for gap in found.gaps],
        "absent": [_absent(name, layer, language) for name, layer in found.absent],
        "communities": list(_community_lines(plan, actor, found, within)),
        "elsewhere": {
            name: int(sum(((one.community == "") & ~one.ready).sum() for one in parts))
            for name, parts in _by_analysis(found).items()
        },
    }


def _by_analysis(found: Readiness) -> dict[str, list[Asked]]:
    parts: dict[str, list[Asked]] = {}
    for one in found.asked:
        parts.setdefault(one.analysis, []).append(one)
    return parts


def _analyses(
    plan: OpenPlan, actor: Actor, found: Readiness, language: Language
) -> list[dict[str, object]]:
    from app.services.staleness import result_states

    states = {state.analysis: state for state in result_states(plan.store, scenario=plan.scenario)}
    parts = _by_analysis(found)
    absent = {name for name, _ in found.absent}
    return [
        {
            "name": analysis.name,
            "label": analysis.label.in_language(language),
            "summary": analysis.summary.in_language(language),
            "rows": sum(len(one.ids) for one in parts.get(analysis.name, [])),
            "ready": sum(int(one.ready.sum()) for one in parts.get(analysis.name, [])),
            "is_blocked": analysis.name in absent,
            "layers": [
                {
                    "layer": one.layer.name,
                    "label": one.layer.label.in_language(language),
                    "rows": len(one.ids),
                    "ready": int(one.ready.sum()),
                }
                for one in parts.get(analysis.name, [])
            ],
            "result": states[analysis.name].as_json(language),
        }
        for analysis in declared(actor)
    ]


def gap_json(gap: Gap, language: Language) -> dict[str, object]:
    """A gap with its labels and the table filter that lists its rows."""
    from app.analysis import analysis_named

    return {
        "analysis": gap.analysis,
        "analysis_label": analysis_named(gap.analysis).label.in_language(language),
        "layer": gap.layer.name,
        "layer_label": gap.layer.label.in_language(language),
        "fields": [
            {"column": need.column, "label": both(gap.layer.column(need.column))}
            for need in gap.needs
        ],
        "rows": len(gap.ids),
        "households": gap.households,
        "communities": len(gap.communities),
        "link": {"layer": gap.layer.name, "filter": _filter(gap)},
    }


def _filter(gap: Gap) -> dict[str, object]:
    """The condition of the table that shows the rows: by name while they are few."""
    if len(gap.ids) <= NAMED_ROWS:
        return {gap.layer.id_column: {"in": list(gap.ids)}}
    return {need.column: {"unknown": True} for need in gap.needs}


def _absent(analysis: str, layer: str, language: Language) -> dict[str, object]:
    from app.analysis import analysis_named

    label, found = LAYERS[layer].label, analysis_named(analysis)
    about = found.label
    message = Text(
        f"没有“{label.zh}”：{about.zh}中要用到它的结论全部未知。请先导入",
        f"no rows of {label.en}: what {about.en} asks of them is unknown everywhere. Import them",
    )
    if any(
        field.name == f"{layer.split('_')[0]}_list_complete" for field in param_fields(found.params)
    ):
        message = Text(
            f"{message.zh}；确无记录时，运行时选“清单完整”",
            f"{message.en}; if there are truly none, run with the list marked complete",
        )
    return {
        "analysis": analysis,
        "layer": layer,
        "message": message.in_language(language),
    }


def _community_lines(
    plan: OpenPlan, actor: Actor, found: Readiness, within: frozenset[str] | None
) -> Iterator[dict[str, object]]:
    """Communities with the most that is unknown first."""
    counted = {name: _counts(parts) for name, parts in _by_analysis(found).items()}
    lacking = _lacking_by_community(found)
    rows = plan.frame("community").drop(columns="geometry")
    if within is not None:
        rows = rows[rows["community_id"].isin(within)]
    townships = plan.frame("township").set_index("township_id")["name"]
    lines: list[dict[str, object]] = []
    for row in rows.to_dict("records"):
        name = str(row["community_id"])
        cells = {
            analysis.name: _cell(counted.get(analysis.name, {}).get(name, (0, 0)))
            | {"missing": lacking.get((analysis.name, name), [])}
            for analysis in declared(actor)
        }
        lines.append(
            {
                "id": name,
                "name": text(row["name"]),
                "name_en": text(row["name_en"]),
                "township_id": text(row["township_id"]),
                "township": text(townships.get(row["township_id"])),
                "households": found.households.get(name),
                "year_built": whole(row["year_built"]),
                "schematic": flag(row["schematic"]),
                "unknown": sum(int(str(c["rows"])) - int(str(c["ready"])) for c in cells.values()),
                "cells": cells,
            }
        )
    yield from sorted(lines, key=lambda line: (-int(str(line["unknown"])), str(line["id"])))


def _counts(parts: Sequence[Asked]) -> dict[str, tuple[int, int]]:
    """(rows, ready rows) by community."""
    counts: dict[str, tuple[int, int]] = {}
    for one in parts:
        for place, is_ready in zip(one.community.tolist(), one.ready.tolist(), strict=True):
            rows, ready = counts.get(place, (0, 0))
            counts[place] = rows + 1, ready + bool(is_ready)
    return counts


def _cell(counts: tuple[int, int]) -> dict[str, object]:
    rows, ready = counts
    state = (
        "nothing" if rows == 0 else "ready" if ready == rows else "partly" if ready else "unknown"
    )
    return {"state": state, "rows": rows, "ready": ready}


def _lacking_by_community(found: Readiness) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The fields that are missing in each community, the most frequent first."""
    lines: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in found.asked:
        for at, need in enumerate(one.needs):
            ids: dict[str, list[str]] = {}
            for place, row in zip(
                one.community[one.lacks[:, at]], one.ids[one.lacks[:, at]], strict=True
            ):
                ids.setdefault(str(place), []).append(str(row))
            for place, rows in ids.items():
                lines.setdefault((one.analysis, place), []).append(
                    {
                        "layer": one.layer.name,
                        "column": need.column,
                        "label": both(one.layer.column(need.column)),
                        "rows": len(rows),
                        "link": {
                            "layer": one.layer.name,
                            "filter": {one.layer.id_column: {"in": rows[:NAMED_ROWS]}},
                        },
                    }
                )
    for fields in lines.values():
        fields.sort(key=lambda field: (-field["rows"], field["column"]))
    return lines
