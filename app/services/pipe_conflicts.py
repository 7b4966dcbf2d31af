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
    "missing", "community_id", "township_id", "lon", "lat", "a_answer", "b_answer",
    "waits", "stale",
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
        "conflict_list", ("conflict", "pipe", "reply", "township"), lambda: _all(plan)
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
            # Without a name on the second side only a pipe lacks something; the ground does not.
            second = rows[column].isin(wanted) & (
                (rows[column] != "") | (rows["b_layer"] == "pipe")
            )
            passes |= second
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
    _add_townships(plan, rows, frame.geometry)
    _add_answers(plan, rows)
    order = rows["verdict"].map({code: at for at, code in enumerate(VERDICTS)})
    rows = rows.assign(_order=order, _score=-rows["severity_score"].fillna(0),
                       _deficit=-rows["deficit_m"].fillna(0).replace(np.inf, 0))  # fmt: skip
    sorted_rows: pd.DataFrame = rows.sort_values(
        ["_order", "_score", "_deficit", "conflict_id"], ignore_index=True
    )
    return sorted_rows


def _add_townships(plan: OpenPlan, rows: pd.DataFrame, places: Any) -> None:
    """The township of places in streets, which belong to no community that would tell it."""
    townships = plan.frame("township")
    outside = (rows["township_id"] == "").to_numpy().nonzero()[0]
    if not len(townships) or not len(outside):
        return
    at, township = townships.sindex.query(places.to_numpy()[outside], predicate="intersects")
    values = rows["township_id"].to_numpy(dtype=object).copy()
    values[outside[at]] = townships["township_id"].to_numpy(dtype=object)[township]
    rows["township_id"] = values


def _add_answers(plan: OpenPlan, rows: pd.DataFrame) -> None:
    """Each side's answer, the owners whose answer is waited for, and whether one was given to
    another content of the conflict."""
    kept = replies(plan)
    answered = {conflict for conflict, _ in kept}
    columns: dict[str, list[Any]] = {"a_answer": [], "b_answer": [], "waits": [], "stale": []}
    for row in records(rows):
        owners_of = [str(row["a_owner_id"]), str(row["b_owner_id"])]
        found: list[dict[str, Any] | None] = [None, None]
        if row["conflict_id"] in answered:
            found = [kept.get((str(row["conflict_id"]), owner)) for owner in owners_of]
        now = content_hash(row) if any(found) else ""
        silent = [
            o for o, f in zip(owners_of, found, strict=True) if o and (not f or f["hash"] != now)
        ]
        columns["a_answer"].append(found[0]["answer"] if found[0] else "")
        columns["b_answer"].append(found[1]["answer"] if found[1] else "")
        columns["waits"].append(",".join(dict.fromkeys(silent)))
        columns["stale"].append(any(f and f["hash"] != now for f in found))
    for name, values in columns.items():
        rows[name] = values


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as plain mappings."""
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


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
    from app.services.unanswered import levels

    found = [(row.rule_id, row.name_zh, row.name_en, row.score) for row in levels(plan)]
    return [
        {"code": code, "label": zh if language == "zh" else en, "level": level}
        for code, zh, en, level in sorted(found, key=lambda one: -one[3])
    ]
