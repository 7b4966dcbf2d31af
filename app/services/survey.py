"""The survey of communities (摸底): five fields each, how complete, and what the map says beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from app.errors import Language, Text, UsageError
from app.report.plain import moment, plain, text, whole
from app.schema import LAYERS, Actor, Column
from app.services import access
from app.services.gaps import GapFile, asked_places, fill_words, sheet_to_fill, write_to_fill
from app.services.meta import both
from app.services.place_names import names_of
from app.services.plans import OpenPlan

# 数量、面积、户数、建成年代、需改造内容: what the plan asks of every community.
FIELDS = ("buildings_surveyed", "floor_area_m2", "households", "year_built", "works_wanted")
# Asked for beside them; nothing waits for these.
BESIDE = ("year_proof", "residents", "surveyed_on")
# What the survey says -> what the buildings on the map add up to.
_DRAWN = {
    "buildings_surveyed": "buildings",
    "households": "households",
    "floor_area_m2": "floor_area_m2",
}
_LIVED_IN = ("residential", "mixed")
AREA_TOLERANCE_M2 = 1.0


def lacking(places: pd.DataFrame) -> pd.DataFrame:
    """For each community and each of the five fields, whether nobody filled it in."""
    empty = places[list(FIELDS)].isna()
    empty["works_wanted"] |= places["works_wanted"].fillna("").astype(str).str.strip() == ""
    return empty


def survey(plan: OpenPlan, places: pd.DataFrame, language: Language) -> dict[str, object]:
    """``{fields, townships, communities}``: completeness and, for each community, what it lacks.

    ``drawn`` is what the lived-in buildings on the map add up to (null where one of them is
    unknown); ``differs`` names the fields in which survey and map disagree.
    """
    empty = lacking(places)
    drawn = drawn_sums(plan, places["community_id"])
    return {
        "fields": [_field(name, language) for name in (*FIELDS, *BESIDE)],
        "required": list(FIELDS),
        "townships": _townships(plan, places, empty, language),
        "communities": _communities(plan, places, empty, drawn, language),
    }


def _field(name: str, language: Language) -> dict[str, object]:
    column = LAYERS["community"].column(name)
    return {
        "column": name, "label": both(column), "unit": column.unit, "kind": column.kind,
        "minimum": column.minimum, "maximum": column.maximum,
        "options": [{"code": code.code, "label": code.label.in_language(language)}
                    for code in (column.domain.codes if column.domain else ())],
    }  # fmt: skip


def drawn_sums(plan: OpenPlan, communities: pd.Series) -> pd.DataFrame:
    """Lived-in buildings, their households and floor area by community; NaN where one is unknown."""
    rows = plan.table("building")
    rows = rows[rows["community_id"].isin(communities)]
    rows = rows[rows["use"].isin(_LIVED_IN) | rows["use"].isna()]
    groups = rows.groupby("community_id")
    sums = pd.DataFrame({"buildings": groups.size().astype("float64")})
    for name in ("households", "floor_area_m2"):
        known = pd.to_numeric(rows[name]).astype("float64")
        sums[name] = known.groupby(rows["community_id"]).sum()
        sums.loc[known.isna().groupby(rows["community_id"]).any(), name] = float("nan")
    return sums.reindex(communities)


def _townships(
    plan: OpenPlan, places: pd.DataFrame, empty: pd.DataFrame, language: Language
) -> list[dict[str, object]]:
    """One line a township; communities of none stand under an empty id."""
    names = names_of(plan, "township", language)
    key = places["township_id"].where(places["township_id"].isin(list(names)), "")
    filled = (~empty).groupby(key).sum()
    sizes = key.value_counts()
    complete = key[(~empty.any(axis=1)).to_numpy()].value_counts().reindex(sizes.index).fillna(0)
    return [
        {
            "id": town,
            "name": names.get(str(town), ""),
            "communities": int(sizes[town]),
            "complete": int(complete[town]),
            "filled": {name: int(filled[name][town]) for name in FIELDS},
            "share": float(filled.loc[town].sum() / (len(FIELDS) * sizes[town])),
        }
        for town in sorted(sizes.index)
    ]


def _communities(
    plan: OpenPlan, places: pd.DataFrame, empty: pd.DataFrame, drawn: pd.DataFrame,
    language: Language,
) -> list[dict[str, object]]:  # fmt: skip
    names = names_of(plan, "community", language)
    photos = plan.table("attachment")
    count = photos[photos["target_layer"] == "community"]["target_id"].value_counts()
    columns = {name: LAYERS["community"].column(name) for name in (*FIELDS, *BESIDE)}
    told: list[dict[str, object]] = []
    order: list[tuple[int, int, str]] = []
    for row, lacks in zip(_records(places), empty.to_numpy(), strict=True):
        community = str(row["community_id"])
        beside: dict[Any, Any] = drawn.loc[community].to_dict()
        missing = [n for n, gone in zip(FIELDS, lacks, strict=True) if gone]
        differs = [f for f, name in _DRAWN.items() if _differs(row[f], beside[name])]
        order.append((-len(missing), -len(differs), community))
        told.append(
            {
                "id": community,
                "name": names[community],
                "township_id": text(row["township_id"]),
                "version": whole(row["version"]),
                "values": {n: _cell(column, row[n]) for n, column in columns.items()},
                "missing": missing,
                "drawn": {
                    field: None if pd.isna(beside[name]) else float(beside[name])
                    for field, name in _DRAWN.items()
                },
                "differs": differs,
                "surveyed_on": (moment(row["surveyed_on"]) or "")[:10],
                "photos": int(count.get(community, 0)),
            }
        )
    return [told[at] for at in sorted(range(len(told)), key=order.__getitem__)]


def _records(rows: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = rows.to_dict("records")
    return records


def _cell(column: Column, value: Any) -> Any:
    return (moment(value) or "")[:10] or None if column.kind == "date" else plain(column, value)


def _differs(surveyed: Any, drawn: Any) -> bool:
    if pd.isna(surveyed) or pd.isna(drawn):
        return False
    return abs(float(surveyed) - float(drawn)) > AREA_TOLERANCE_M2 / 2


def export_survey(
    plan: OpenPlan,
    to: Path,
    *,
    actor: Actor,
    township: str | None = None,
    programme: str | None = None,
    everywhere: bool = False,
    language: Language = "zh",
) -> GapFile:
    """Write the survey form as a workbook: every community of the place, filled cells grey.

    It comes back through ``gap_return.read_gaps``, which shows every difference before saving.

    Raises
    ------
    NotFoundError
        No such township or programme.
    UsageError
        There is no community.
    """
    access.require(actor, "export", "plan")
    within, name = asked_places(plan, township, programme, everywhere)
    ids = {str(key) for key in plan.table("community")["community_id"]}
    ids = ids if within is None else ids & within
    if not ids:
        raise UsageError(
            Text(f"{name.zh}没有小区", f"there is no community in {name.en}"),
            where=name.in_language(language),
            fix=Text("先导入小区，或选择其他范围", "import communities first, or choose another place"),
        )  # fmt: skip
    sheet = sheet_to_fill(plan, LAYERS["community"], {*FIELDS, *BESIDE}, ids, language)
    title = Text(f"摸底调查表 · {name.zh}", f"Survey of communities · {name.en}")
    return write_to_fill(plan, to, [sheet], fill_words(plan, actor, title, name, language))
