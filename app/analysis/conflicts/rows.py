"""Result rows of the clearance checks: layer ``conflict``, one row a pair and check."""

from __future__ import annotations

from dataclasses import dataclass, fields

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from app.analysis.conflicts.facts import PipeFacts, Places
from app.analysis.conflicts.verdict import FIELDS, REASONS, VERDICTS, Asked, Judged, told
from app.analysis.conflicts.yielding import who_yields
from app.rules.book import Clearance
from app.rules.conflicts import ANY
from app.schema import layer_named

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.object_]

_UNVERIFIED = VERDICTS.index("unverified")
_CHECK_CODE = {"horizontal": "H", "vertical": "V", "cover": "C", "duplicate": "D"}


@dataclass(frozen=True)
class Rows:
    """Rows to tell, as columns; ``a`` is the number of a pipe, ``b`` too where ``b_layer`` is pipe."""

    check: Texts
    a: Ints
    b: Ints
    b_layer: Texts
    b_id: Texts
    b_owner_id: Texts
    surface: Texts
    verdict: Bytes
    reason: Texts
    missing: Texts
    gap_m: Floats
    required_m: Floats
    deficit_m: Floats
    rule_id: Texts
    other_rule_id: Texts
    other_required_m: Floats
    x: Floats
    y: Floats
    length_short_m: Floats

    def __len__(self) -> int:
        return len(self.a)

    def take(self, at: Ints | Flags) -> Rows:
        return Rows(*(getattr(self, field.name)[at] for field in fields(self)))


@dataclass(frozen=True)
class Others:
    """What the second sides of pairs are called, by number."""

    layer: Texts
    ids: Texts
    owner: Texts


def all_in(layer: str, ids: Texts, owner: Texts | None = None) -> Others:
    """Second sides that are all of one layer."""
    blank = np.full(len(ids), "", dtype=object)
    return Others(np.full(len(ids), layer, dtype=object), ids, blank if owner is None else owner)


NONE = all_in("", np.array([""], dtype=object))


def told_rows(
    check: str, asked: Asked, judged: Judged, gap_m: Floats, a: Ints, b: Ints, others: Others,
    x: Floats, y: Floats, *, length_short_m: Floats | None = None, surface: Texts | None = None,
) -> Rows:  # fmt: skip
    """The conflicts, possible ones and unverified ones of one check as rows."""
    at = np.flatnonzero(judged.is_told())
    n, which = len(at), asked.which[at]
    required = asked.high_m[which]
    gap = np.where(np.isnan(gap_m[at]), np.nan, np.round(gap_m[at], 4))
    sure = judged.verdict[at] != _UNVERIFIED
    return Rows(
        check=np.full(n, check, dtype=object), a=a[at], b=b[at],
        b_layer=others.layer[b[at]], b_id=others.ids[b[at]], b_owner_id=others.owner[b[at]],
        surface=np.full(n, "", dtype=object) if surface is None else surface[at],
        verdict=judged.verdict[at], reason=told(REASONS, judged.reason[at]),
        missing=told(FIELDS, judged.missing[at]), gap_m=gap, required_m=required,
        deficit_m=np.where(sure, np.round(np.maximum(required - gap, 0.0), 4), np.nan),
        rule_id=asked.rule_id[which], other_rule_id=asked.other_rule_id[which],
        other_required_m=asked.other_m[which], x=np.round(x[at], 3), y=np.round(y[at], 3),
        length_short_m=np.full(n, np.nan) if length_short_m is None else length_short_m[at],
    )  # fmt: skip


def conflict_layer(
    parts: list[Rows], pipes: PipeFacts, clearance: Clearance, communities: Places, crs: object
) -> gpd.GeoDataFrame:
    """All rows of all checks as the layer ``conflict``, the gravest of a pair and check kept."""
    rows = Rows(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Rows))
    )
    rows, ids = _gravest(rows, pipes)
    blank = np.full(len(rows), "", dtype=object)
    found = {field.name: getattr(rows, field.name) for field in fields(Rows)}
    del found["a"], found["b"]
    found |= {
        "conflict_id": ids, "verdict": told(VERDICTS, rows.verdict),
        "a_layer": np.full(len(rows), "pipe", dtype=object), "a_id": pipes.ids[rows.a],
        "a_owner_id": pipes.owner[rows.a],
    }  # fmt: skip
    found |= _rules(rows, clearance)
    found |= _severity(rows, pipes, clearance)
    found |= _yielding(rows, pipes, clearance)
    points = np.asarray(shapely.points(rows.x, rows.y), dtype=object).reshape(len(rows))
    found |= _places(points, communities)
    columns = {
        column.name: found.get(
            column.name, np.full(len(rows), np.nan) if column.kind == "float" else blank
        )
        for column in layer_named("conflict").columns
    }
    return gpd.GeoDataFrame(columns, geometry=points, crs=crs)


def _gravest(rows: Rows, pipes: PipeFacts) -> tuple[Rows, Texts]:
    """Rows by id, of several with one id the gravest, then the nearest; and the ids."""
    second = np.where(rows.b_id == "", rows.surface, rows.b_id)
    codes = [_CHECK_CODE[check] for check in rows.check.tolist()]
    named = zip(codes, pipes.ids[rows.a].tolist(), second.tolist(), strict=True)
    ids = np.array([f"{check}-{a}-{b}" for check, a, b in named], dtype=object)
    # By number first: ids of pipes in order are mostly in order as texts, which then sorts fast.
    order = np.lexsort((rows.b, rows.a))
    order = order[np.argsort(ids[order], kind="stable")]
    same = ids[order][1:] == ids[order][:-1]
    if same.any():
        group = np.cumsum(np.append(True, ~same))
        tied = rows.take(order)
        order = order[np.lexsort((tied.y, tied.x, tied.gap_m, tied.verdict, group))]
        order = order[np.append(True, group[1:] != group[:-1])]
    return rows.take(order), ids[order]


def _rules(rows: Rows, clearance: Clearance) -> dict[str, Texts]:
    tables = (clearance.horizontal, clearance.vertical, clearance.cover)
    known = {rule.rule_id: rule for table in tables[:2] for rule in table}
    cover = {rule.rule_id: rule for rule in tables[2]}
    is_cover = rows.check == "cover"
    codes, names = pd.factorize(rows.rule_id)
    columns: dict[str, Texts] = {}
    for which, rules in ((~is_cover, known), (is_cover, cover)):
        found = [rules.get(name) for name in names]
        clause = [f"{rule.standard} {rule.clause}" if rule else "" for rule in found]
        for name, values in (
            ("clause", clause),
            ("confidence", [rule.confidence if rule else "" for rule in found]),
        ):
            column = columns.setdefault(name, np.full(len(rows), "", dtype=object))
            column[which] = np.array([*values, ""], dtype=object)[codes[which]]
    return columns


def _severity(rows: Rows, pipes: PipeFacts, clearance: Clearance) -> dict[str, Floats | Texts]:
    a = pipes.pipe_class[rows.a]
    b = np.where(rows.b_layer == "", ANY, rows.b_layer).astype(object)
    two = rows.b_layer == "pipe"
    b[two] = pipes.pipe_class[rows.b[two]]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = rows.deficit_m / rows.required_m
    grave = rows.verdict < _UNVERIFIED
    scores = np.where(grave, clearance.severity.scores(share, a, b), np.nan)
    return {"severity_score": scores, "severity": clearance.severity.levels(scores)}


def _yielding(rows: Rows, pipes: PipeFacts, clearance: Clearance) -> dict[str, Texts]:
    short = (rows.verdict < _UNVERIFIED) & (rows.check != "duplicate")
    two = (rows.b_layer == "pipe") & short
    side, rule = who_yields(pipes, rows.a[two], rows.b[two], clearance.yielding)
    columns = {}
    for column, values in (("yields", side), ("yield_rule_id", rule)):
        filled = np.full(len(rows), "", dtype=object)
        filled[two] = values
        columns[column] = filled
    return columns


def _places(points: Texts, communities: Places) -> dict[str, Texts]:
    """Community and township of each place; empty outside any community."""
    empty = np.full(len(points), "", dtype=object)
    columns = {"community_id": empty, "township_id": empty.copy()}
    if len(communities) and len(points):
        row, community = communities.tree.query(points, predicate="intersects")
        columns["community_id"][row] = communities.community_id[community]
        columns["township_id"][row] = communities.township_id[community]
    return columns
