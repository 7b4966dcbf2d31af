"""Result rows of the clearance checks: layer ``conflict``, one row a pair and check."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.conflicts.facts import PipeFacts, texts
from app.analysis.conflicts.horizontal import PlanChecks
from app.analysis.conflicts.verdict import CONFLICT, POSSIBLE, UNVERIFIED, Asked, Judged
from app.analysis.conflicts.yielding import who_yields
from app.rules.book import Clearance
from app.schema import layer_named

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

TOLD = (CONFLICT, POSSIBLE, UNVERIFIED)
_RANK = {CONFLICT: 0, POSSIBLE: 1, UNVERIFIED: 2}
_CHECK_CODE = {"horizontal": "H", "vertical": "V", "cover": "C", "duplicate": "D"}


def told_rows(
    check: str, asked: Asked, judged: Judged, gap_m: Floats, x: Floats, y: Floats,
    more: Mapping[str, Texts | Floats],
) -> pd.DataFrame:  # fmt: skip
    """The conflicts, possible ones and unverified ones of one check as rows."""
    at = np.flatnonzero(np.isin(judged.verdict.astype(str), TOLD))
    sure = judged.verdict[at] != UNVERIFIED
    required = asked.high_m[at]
    gap = np.where(np.isnan(gap_m[at]), np.nan, np.round(gap_m[at], 4))
    return pd.DataFrame(
        {
            "check": np.full(len(at), check, dtype=object),
            "gap_m": gap,
            "required_m": required,
            "deficit_m": np.where(sure, np.round(np.maximum(required - gap, 0.0), 4), np.nan),
            "verdict": judged.verdict[at],
            "reason": judged.reason[at],
            "missing": judged.missing[at],
            "rule_id": asked.rule_id[at],
            "other_rule_id": asked.other_rule_id[at],
            "other_required_m": asked.other_m[at],
            "x": np.round(x[at], 3),
            "y": np.round(y[at], 3),
            **{name: values[at] for name, values in more.items()},
        }
    )


def plan_rows(checks: PlanChecks) -> pd.DataFrame:
    """Rows of the horizontal check."""
    side, near = checks.side, checks.near
    return told_rows(
        "horizontal", checks.asked, checks.judged, checks.gap_m, checks.x, checks.y,
        {
            "length_short_m": np.round(checks.short_m, 2),
            "a_layer": side.layer[near.a], "a_id": side.ids[near.a],
            "b_layer": side.layer[near.b], "b_id": side.ids[near.b],
            "a_owner_id": side.owner[near.a], "b_owner_id": side.owner[near.b],
        },
    )  # fmt: skip


def pair_columns(pipes: PipeFacts, a: Ints, b: Ints) -> dict[str, Texts]:
    """The columns that name two pipes."""
    layer = np.full(len(a), "pipe", dtype=object)
    return {
        "a_layer": layer, "a_id": pipes.ids[a], "b_layer": layer, "b_id": pipes.ids[b],
        "a_owner_id": pipes.owner[a], "b_owner_id": pipes.owner[b],
    }  # fmt: skip


def conflict_layer(
    parts: list[pd.DataFrame], pipes: PipeFacts, clearance: Clearance,
    communities: pd.DataFrame, crs: object,
) -> gpd.GeoDataFrame:  # fmt: skip
    """All rows of all checks as the layer ``conflict``, the gravest of a pair and check kept."""
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    named = zip(
        *(texts(rows, c).tolist() for c in ("check", "a_id", "b_id", "surface")), strict=True
    )
    rows["conflict_id"] = [
        f"{_CHECK_CODE[check]}-{a}-{b or surface}" for check, a, b, surface in named
    ]
    rows["_rank"] = rows["verdict"].map(_RANK)
    rows = rows.sort_values(["conflict_id", "_rank", "gap_m", "x", "y"], ignore_index=True)
    rows = rows.drop_duplicates("conflict_id", ignore_index=True)
    _add_rules(rows, clearance)
    _add_severity(rows, pipes, clearance)
    _add_yielding(rows, pipes, clearance)
    points = shapely.points(rows["x"].to_numpy(float), rows["y"].to_numpy(float))
    layer = gpd.GeoDataFrame(rows, geometry=np.asarray(points, dtype=object), crs=crs)
    _add_places(layer, communities)
    for column in layer_named("conflict").columns:
        if column.name not in layer.columns:
            layer[column.name] = np.full(len(layer), np.nan if column.kind == "float" else "")
    return layer[[*layer_named("conflict").column_names, "geometry"]]


def _add_rules(rows: pd.DataFrame, clearance: Clearance) -> None:
    tables = (clearance.horizontal, clearance.vertical, clearance.cover)
    known = {rule.rule_id: rule for table in tables[:2] for rule in table}
    cover = {rule.rule_id: rule for rule in tables[2]}
    told = {("", ""): ("", "")}
    both = list(zip(texts(rows, "check").tolist(), texts(rows, "rule_id").tolist(), strict=True))
    for check, rule_id in set(both):
        rule = cover.get(rule_id) if check == "cover" else known.get(rule_id)
        told[check, rule_id] = (
            (f"{rule.standard} {rule.clause}", rule.confidence) if rule else ("", "")
        )
    rows["clause"] = np.array([told[key][0] for key in both], dtype=object)
    rows["confidence"] = np.array([told[key][1] for key in both], dtype=object)


def _add_severity(rows: pd.DataFrame, pipes: PipeFacts, clearance: Clearance) -> None:
    kind = dict(zip(pipes.ids, texts(pipes.frame, "pipe_class"), strict=True))
    a = [kind.get(name, "any") for name in texts(rows, "a_id").tolist()]
    others = zip(texts(rows, "b_layer").tolist(), texts(rows, "b_id").tolist(), strict=True)
    b = [kind.get(name, "any") if layer == "pipe" else layer or "any" for layer, name in others]
    grave = rows["verdict"].isin([CONFLICT, POSSIBLE]).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (rows["deficit_m"] / rows["required_m"]).to_numpy(dtype=float)
    scores = np.where(grave, clearance.severity.scores(share, a, b), np.nan)
    rows["severity_score"] = scores
    rows["severity"] = clearance.severity.levels(scores)


def _add_yielding(rows: pd.DataFrame, pipes: PipeFacts, clearance: Clearance) -> None:
    number = {name: i for i, name in enumerate(pipes.ids)}
    short = rows["verdict"].isin([CONFLICT, POSSIBLE]) & (rows["check"] != "duplicate")
    two = ((rows["b_layer"] == "pipe") & short).to_numpy()
    a = np.array([number[name] for name in texts(rows, "a_id")[two].tolist()], dtype=np.int64)
    b = np.array([number[name] for name in texts(rows, "b_id")[two].tolist()], dtype=np.int64)
    side, rule = who_yields(pipes, a, b, clearance.yielding)
    for column, values in (("yields", side), ("yield_rule_id", rule)):
        filled = np.full(len(rows), "", dtype=object)
        filled[two] = values
        rows[column] = filled


def _add_places(layer: gpd.GeoDataFrame, communities: pd.DataFrame) -> None:
    """Community and township of each place; empty outside any community."""
    for column in ("community_id", "township_id"):
        layer[column] = np.full(len(layer), "", dtype=object)
    if not len(communities) or not len(layer):
        return
    shapes = gpd.GeoSeries(communities.geometry.to_numpy())
    row, community = shapes.sindex.query(layer.geometry.to_numpy(), predicate="intersects")
    for column in ("community_id", "township_id"):
        values = layer[column].to_numpy(dtype=object).copy()
        values[row] = texts(communities, column)[community]
        layer[column] = values
