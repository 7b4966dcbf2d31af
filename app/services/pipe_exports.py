"""Conflicts and trial pits of one utility as files: its own pipes whole, of others what it may know."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import Text, UsageError
from app.report.plain import document, is_missing, text
from app.schema import DOMAINS, LAYERS, Layer
from app.schema import domains as d
from app.schema.columns import coded, identifier, integer, number
from app.schema.columns import text as words
from app.services import access
from app.services.exports import Exported, ExportRequest, whole_file
from app.services.party_view import References, is_closed, party
from app.services.pipe_conflicts import (
    ConflictFilter,
    filtered,
    organisation_name,
    records,
    severities,
)
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    import pandas as pd

# Of another party's pipe the file shows its class and a corridor near the conflict, no axis.
CORRIDOR_REACH_M = 15.0
CORRIDOR_HALF_M = 1.5
FORMATS = ("xlsx", "gpkg")

CONFLICTS = Layer("conflict", Text("间距冲突", "clearance conflicts"), "result", (
    identifier("conflict"),
    coded("verdict", "结论", "verdict", d.CLEARANCE_VERDICT),
    coded("check", "检查项", "check", d.CLEARANCE_CHECK),
    words("severity", "严重程度", "severity"),
    words("own_id", "本方管线", "own pipe"),
    words("own_reference", "本方对外编号", "own pipe as others see it"),
    words("own_class", "本方类别", "own class"),
    words("other_id", "对方编号", "the other's id"),
    words("other_class", "对方类别", "the other's class"),
    words("other_owner", "对方单位", "the other's owner"),
    number("gap_m", "实际净距", "actual gap", "m"),
    number("required_m", "要求净距", "required", "m"),
    number("deficit_m", "不足", "deficit", "m"),
    number("length_short_m", "不足长度", "length that is short", "m"),
    words("missing", "缺少字段", "missing field"),
    words("clause", "条款", "clause"),
    words("confidence", "可信度", "confidence"),
    words("yields", "避让", "who yields"),
    coded("own_answer", "本方答复", "own answer", d.REPLY),
    coded("other_answer", "对方答复", "the other's answer", d.REPLY),
    words("answer_state", "答复状态", "state of the answers"),
    words("community", "小区", "community"),
    words("township", "乡镇", "township"),
    number("x", "东坐标", "easting", "m"),
    number("y", "北坐标", "northing", "m"),
), geometry=("Point",))  # fmt: skip
OTHERS = Layer("other_pipe", Text("他方管线走廊", "corridors of other parties"), "pipe", (
    identifier("other_pipe"),
    words("reference", "对外编号", "reference"),
    coded("pipe_class", "大类", "class", d.PIPE_CLASS),
    words("owner", "权属单位", "owner"),
), geometry=("Polygon", "MultiPolygon"))  # fmt: skip
PITS = Layer("trial_pit", Text("探坑", "trial pits"), "result", (
    identifier("trial_pit"),
    words("owner", "权属单位", "owner"),
    integer("settles", "可核实条数", "verdicts it would settle", minimum=0),
    number("x", "东坐标", "easting", "m"),
    number("y", "北坐标", "northing", "m"),
), geometry=("Point",))  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One layer of the file with its rows."""

    layer: Layer
    rows: pd.DataFrame


def export_conflicts(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    """The conflicts that the options let through; with an owner, as that party's file.

    Raises
    ------
    UsageError
        No such owner or format.
    NotAllowedError
        A utility asks for the file of another one.
    """
    access.require(request.actor, "export", "conflict")
    owner = party(plan, request.actor, request.options.get("owner", ""))
    asked = {name: value.split(",") for name, value in request.options.items() if value}
    chosen = filtered(plan, ConflictFilter.of({**asked, "owner": (owner,) if owner else ()}))
    parts = [Part(CONFLICTS, _conflicts(plan, chosen, owner, request))]
    if owner:
        pipes = plan.frame("pipe")
        parts.append(Part(LAYERS["pipe"], pipes[pipes["owner_id"] == owner]))
        parts.append(Part(OTHERS, _others(plan, chosen, owner, request)))
    parts.append(Part(PITS, _pits(plan, owner, request)))
    return _write(plan, request, parts, to)


def export_pits(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    """The trial pits of one owner, or of all.

    Raises
    ------
    UsageError, NotAllowedError
        As for the conflicts.
    """
    access.require(request.actor, "export", "trial_pit")
    owner = party(plan, request.actor, request.options.get("owner", ""))
    return _write(plan, request, [Part(PITS, _pits(plan, owner, request))], to)


def _conflicts(
    plan: OpenPlan, chosen: pd.DataFrame, owner: str, request: ExportRequest
) -> pd.DataFrame:
    """The rows from the side of the owner; without one, from that of the first party."""
    import geopandas

    names = _names(plan, request)
    levels = {one["code"]: one["label"] for one in severities(plan, request.language)}
    references = References(plan)
    told = [_told(row, owner, references, names, levels, request) for row in records(chosen)]
    points = geopandas.points_from_xy(chosen["x"], chosen["y"])
    drawn: pd.DataFrame = geopandas.GeoDataFrame(
        _frame(told, CONFLICTS), geometry=points, crs=plan.store.meta.crs
    )  # fmt: skip
    return drawn


def _told(
    row: dict[Any, Any], owner: str, references: References, names: dict[str, str],
    levels: dict[Any, Any], request: ExportRequest,
) -> dict[str, object]:  # fmt: skip
    own, other = ("b", "a") if owner and row["a_owner_id"] != owner else ("a", "b")
    yields = {own: Text("本方", "own"), other: Text("对方", "the other")}.get(row["yields"])
    hidden = references.hidden(row, owner)
    state = Text("待复核", "to be re-examined") if row["stale"] else None
    seen = own if hidden and row[f"{own}_layer"] == "pipe" else ""
    return {
        "conflict_id": references.conflict(row) if hidden else row["conflict_id"],
        **{name: row[name] for name in ("verdict", "check", "gap_m", "required_m", "deficit_m",
                                        "length_short_m", "clause", "confidence", "x", "y")},
        "missing": text(row["missing"]) or None,
        "severity": levels.get(row["severity"]),
        "own_id": row[f"{own}_id"],
        "own_reference": references.pipe(row, seen) if seen else None,
        "own_class": _class_word(row[f"{own}_class"], request),
        "other_id": hidden.get(row[f"{other}_id"]) or row[f"{other}_id"] or None,
        "other_class": _class_word(row[f"{other}_class"], request),
        "other_owner": names.get(row[f"{other}_owner_id"]),
        "yields": yields.in_language(request.language) if yields else None,
        "own_answer": row[f"{own}_answer"] or None,
        "other_answer": row[f"{other}_answer"] or None,
        "answer_state": state.in_language(request.language) if state else None,
        "community": names.get(row["community_id"]),
        "township": names.get(row["township_id"]),
    }  # fmt: skip


def _class_word(code: str, request: ExportRequest) -> str | None:
    if code in DOMAINS["pipe_class"]:
        return DOMAINS["pipe_class"].label_of(code, request.language)
    return LAYERS[code].label.in_language(request.language) if code in LAYERS else None


def _names(plan: OpenPlan, request: ExportRequest) -> dict[str, str]:
    """What organisations, communities and townships are called, by id."""
    return {
        str(row[f"{layer}_id"]): organisation_name(row, request.language)
        for layer in ("organisation", "community", "township")
        for row in plan.table(layer).to_dict("records")
        if not is_missing(row["name"])
    }


def _others(
    plan: OpenPlan, chosen: pd.DataFrame, owner: str, request: ExportRequest
) -> pd.DataFrame:
    """Corridors of other parties' pipes around the places of the conflicts with them."""
    import geopandas
    import shapely

    pipes = plan.frame("pipe").set_index("pipe_id")
    names, references = _names(plan, request), References(plan)
    rows: list[dict[str, object]] = []
    shapes = []
    closed = [(row, side) for row in records(chosen) for side in ("a", "b")
              if is_closed(row, side, owner)]  # fmt: skip
    for row, side in closed:
        name = row[f"{side}_id"]
        if name not in pipes.index:
            continue
        near = shapely.Point(row["x"], row["y"]).buffer(CORRIDOR_REACH_M)
        line = shapely.force_2d(pipes.geometry[name]).intersection(near)
        if line.is_empty:
            continue
        shapes.append(line.buffer(CORRIDOR_HALF_M, cap_style="flat"))
        pipe_class = row[f"{side}_class"]
        rows.append({
            "other_pipe_id": f"{len(rows) + 1:05d}",
            "reference": references.pipe(row, side),
            "pipe_class": pipe_class if pipe_class in DOMAINS["pipe_class"] else None,
            "owner": names.get(row[f"{side}_owner_id"]),
        })  # fmt: skip
    drawn: pd.DataFrame = geopandas.GeoDataFrame(
        _frame(rows, OTHERS), geometry=shapes, crs=plan.store.meta.crs
    )
    return drawn


def _pits(plan: OpenPlan, owner: str, request: ExportRequest) -> pd.DataFrame:
    import geopandas

    frame: Any = plan.frame("trial_pit")
    rows = frame[frame["owner_id"].fillna("") == owner] if owner else frame
    rows = rows.sort_values(["settles", "trial_pit_id"], ascending=[False, True])
    names = _names(plan, request)
    told = [
        {"trial_pit_id": row["trial_pit_id"], "owner": names.get(text(row["owner_id"]) or ""),
         "settles": len(document(row["conflict_ids"]) or []), "x": row["x"], "y": row["y"]}
        for row in rows.to_dict("records")
    ]  # fmt: skip
    points = rows.geometry.to_numpy()
    drawn: pd.DataFrame = geopandas.GeoDataFrame(
        _frame(told, PITS), geometry=points, crs=plan.store.meta.crs
    )
    return drawn


def _frame(rows: list[dict[str, object]], layer: Layer) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame({name: [row[name] for row in rows] for name in layer.column_names})


# --- writing -----------------------------------------------------------------------------------------------
def _write(plan: OpenPlan, request: ExportRequest, parts: list[Part], to: Path) -> Exported:
    from app.services.stamps import stamp

    stamped = stamp(plan, ["pipe"], request.actor)
    lines = stamped.lines(request.language)
    rows = {part.layer.name: len(part.rows) for part in parts}
    if request.options.get("format", "xlsx") == "gpkg":
        from app.store.part_file import write_part

        secrecy = DOMAINS["secrecy"].label_of(stamped.secrecy)
        facts = {"密级": secrecy, "说明": "；".join(lines), "方案": stamped.title.zh}
        write_part(to, [(part.layer, part.rows) for part in parts], plan.store.meta.crs, facts)
        return Exported(to, stamped.secrecy, rows)
    from app.report.xlsx import Stamp, write_workbook
    from app.services.workbook import frame_sheet

    zh = request.language == "zh"
    sheets = [
        frame_sheet(part.layer, part.rows, request.language)
        for part in parts
        if part.layer is not OTHERS
    ]
    with whole_file(to) as file:
        write_workbook(file, sheets, Stamp(
            stamped.title.in_language(request.language), lines,
            unknown="未知" if zh else "unknown", total="合计" if zh else "total",
        ))  # fmt: skip
    return Exported(to, stamped.secrecy, rows)


def suffix_of(request: ExportRequest) -> str:
    """The ending of the file for the format that is asked.

    Raises
    ------
    UsageError
        Another format.
    """
    asked = request.options.get("format", "xlsx")
    if asked not in FORMATS:
        raise UsageError(
            Text(f"没有格式 {asked}", f"there is no format {asked}"),
            where="format",
            fix=Text("可用：" + "、".join(FORMATS), "use one of: " + ", ".join(FORMATS)),
        )
    return f".{asked}"
