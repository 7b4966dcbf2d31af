"""The conflicts of a plan as a list that the page filters: grave ones first, answers beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from app.errors import Language
from app.report.plain import is_missing, text
from app.schema import LAYERS, Actor
from app.services.plans import OpenPlan
from app.services.replies import content_hash, organisation_of, replies

if TYPE_CHECKING:
    import pandas as pd

WGS84 = "EPSG:4326"
# A list longer than this is no list; the gravest are told, and how many there are.
MOST = 20_000
VERDICTS = ("conflict", "possible", "unverified")
UNKNOWN = "unknown"
TOLD = (
    "conflict_id", "verdict", "check", "reason", "severity", "severity_score", "a_id", "a_class",
    "a_owner_id", "b_layer", "b_id", "b_class", "b_owner_id", "gap_m", "required_m", "deficit_m",
    "missing", "community_id", "township_id", "lon", "lat", "a_answer", "b_answer", "stale",
)  # fmt: skip


@dataclass(frozen=True)
class ConflictFilter:
    """Which conflicts: codes or ids of each; an empty one lets all through."""

    verdict: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    severity: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    pipe_class: tuple[str, ...] = ()
    township: tuple[str, ...] = ()
    community: tuple[str, ...] = ()
    pipe: tuple[str, ...] = ()

    @classmethod
    def of(cls, asked: Mapping[str, Sequence[str]]) -> ConflictFilter:
        return cls(**{item.name: tuple(asked.get(item.name, ())) for item in fields(cls)})


def conflict_list(
    plan: OpenPlan, asked: ConflictFilter, actor: Actor, *, language: Language
) -> dict[str, object]:
    """``{state, total, columns, owners, severities, mine}``; columns are lists of equal length.

    ``columns`` holds at most ``MOST`` rows, the gravest; ``total`` tells how many there are.
    """
    from app.services.verdicts import state_of

    rows = filtered(plan, asked)
    shown = rows.head(MOST)
    return {
        "state": state_of(plan, "conflicts", language),
        "total": len(rows),
        "columns": {name: _plain(shown[name]) for name in TOLD},
        "owners": owners(plan, language),
        "severities": severities(plan, language),
        "mine": organisation_of(plan, actor),
    }


def filtered(plan: OpenPlan, asked: ConflictFilter) -> pd.DataFrame:
    """The rows that pass, as ``TOLD`` has them, the gravest first."""
    rows = plan.kept(
        "conflict_list", ("conflict", "pipe", "reply"), lambda: _all(plan)
    )  # fmt: skip
    for values, columns in (
        (asked.verdict, ("verdict",)),
        (asked.check, ("check",)),
        (asked.severity, ("severity",)),
        (asked.owner, ("a_owner_id", "b_owner_id")),
        (asked.pipe_class, ("a_class", "b_class")),
        (asked.township, ("township_id",)),
        (asked.community, ("community_id",)),
        (asked.pipe, ("a_id", "b_id")),
    ):
        if not values:
            continue
        wanted = [*values, ""] if UNKNOWN in values else list(values)
        passes = rows[columns[0]].isin(wanted)
        for column in columns[1:]:
            passes |= rows[column].isin(list(values))
        rows = rows[passes]
    return rows


def _all(plan: OpenPlan) -> pd.DataFrame:
    import geopandas
    import numpy as np
    import pandas as pd

    frame = plan.frame("conflict")
    rows = pd.DataFrame(frame.drop(columns="geometry")).reset_index(drop=True)
    for column in LAYERS["conflict"].columns:
        if column.kind == "text" or column.references:
            rows[column.name] = rows[column.name].fillna("").astype(str)
    places = geopandas.GeoSeries(
        geopandas.points_from_xy(rows["x"], rows["y"]), crs=plan.store.meta.crs
    ).to_crs(WGS84)
    rows["lon"], rows["lat"] = places.x.round(7), places.y.round(7)
    pipes = plan.table("pipe")
    classes = dict(zip(pipes["pipe_id"], pipes["pipe_class"].fillna(UNKNOWN), strict=True))
    rows["a_class"] = [classes.get(name, UNKNOWN) for name in rows["a_id"]]
    rows["b_class"] = [
        classes.get(name, UNKNOWN) if layer == "pipe" else layer
        for layer, name in zip(rows["b_layer"], rows["b_id"], strict=True)
    ]
    _add_answers(plan, rows)
    order = rows["verdict"].map({code: at for at, code in enumerate(VERDICTS)})
    rows = rows.assign(_order=order, _score=-rows["severity_score"].fillna(0),
                       _deficit=-rows["deficit_m"].fillna(0).replace(np.inf, 0))  # fmt: skip
    sorted_rows: pd.DataFrame = rows.sort_values(
        ["_order", "_score", "_deficit", "conflict_id"], ignore_index=True
    )
    return sorted_rows


def _add_answers(plan: OpenPlan, rows: pd.DataFrame) -> None:
    """Each side's answer, and whether one was given to another content of the conflict."""
    kept = replies(plan)
    rows["a_answer"], rows["b_answer"], rows["stale"] = "", "", False
    if not kept:
        return
    answered = {conflict for conflict, _ in kept}
    for at in rows.index[rows["conflict_id"].isin(answered)]:
        row: dict[str, Any] = {str(k): v for k, v in rows.loc[at].items()}
        for side in ("a", "b"):
            found = kept.get((row["conflict_id"], row[f"{side}_owner_id"]))
            if found is None:
                continue
            rows.loc[at, f"{side}_answer"] = found["answer"]
            if found["hash"] != content_hash(row):
                rows.loc[at, "stale"] = True


def _plain(cells: Any) -> list[Any]:
    return [None if is_missing(value) else value for value in cells.tolist()]


def owners(plan: OpenPlan, language: Language) -> list[dict[str, str]]:
    """The organisations that own a pipe, by name."""
    held = set(plan.table("pipe")["owner_id"].dropna())
    rows = plan.table("organisation").to_dict("records")
    return [
        {"id": str(row["organisation_id"]), "name": organisation_name(dict(row), language)}
        for row in rows
        if row["organisation_id"] in held
    ]


def organisation_name(row: Mapping[Any, Any], language: Language) -> str:
    english = text(row.get("name_en")) if language == "en" else None
    return english or str(row["name"])


def severities(plan: OpenPlan, language: Language) -> list[dict[str, object]]:
    """The levels of the severity table, the gravest first."""
    from app.services.runs import rule_book

    def made() -> list[tuple[str, str, str, float]]:
        rows = rule_book(plan.store).clearance.severity
        levels = [row for row in rows if row.factor == "level"]
        return [(row.rule_id, row.name_zh, row.name_en, row.score) for row in levels]

    levels = plan.kept("severities", ("rule_override",), made)
    return [
        {"code": code, "label": zh if language == "zh" else en, "level": level}
        for code, zh, en, level in sorted(levels, key=lambda one: -one[3])
    ]
