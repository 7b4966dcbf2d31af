"""Pipes as survey firms exchange them: CJJ 61 point and line tables, or a drawing in classes.

What leaves comes back by the import as the same rows: see ``docs/methods/survey.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import Text, UsageError
from app.report.plain import is_missing, text
from app.schema import DOMAINS, LAYERS, Column
from app.services import access
from app.services.exports import Exported, ExportRequest, whole_file
from app.services.party_view import party
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    import pandas as pd

    from app.report.xlsx import Sheet

FORMATS = ("xlsx", "dxf")
# What the tables of CJJ 61 call the columns; what they do not have bears the plan's own label.
_HEADS = {
    "pipe_id": "管线段编码", "pipe_class": "管线类型", "subclass": "管线小类",
    "start_depth_m": "起点埋深(m)", "end_depth_m": "终点埋深(m)", "laying": "埋设方式",
    "start_invert_m": "起点管线高程", "end_invert_m": "终点管线高程", "status": "使用状态",
    "nominal_mm": "管径或断面尺寸", "number": "物探点号", "kind": "附属物",
}  # fmt: skip
_UNWRITTEN = ("dataset_id", "updated_at", "updated_by", "version", "pipe_node_id", "width_mm", "height_mm")  # fmt: skip
_SAME_PLACE_M = 0.001


@dataclass
class Survey:
    """Pieces of pipes with the numbers of their ends, and every point that they name."""

    lines: list[dict[str, Any]]
    points: list[dict[str, Any]]


def export_pipes(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    """The pipes of one owner, or of all, as point and line table (XLSX) or as a drawing (DXF).

    Raises
    ------
    UsageError
        No such owner or format.
    NotAllowedError
        A utility asks for the pipes of another one.
    """
    from app.services.stamps import stamp

    access.require(request.actor, "export", "pipe")
    owner = party(plan, request.actor, request.options.get("owner", ""))
    pipes, nodes = (
        rows[rows["owner_id"] == owner] if owner else rows
        for rows in (plan.frame("pipe"), plan.frame("pipe_node"))
    )
    stamped = stamp(plan, ["pipe"], request.actor)
    lines = [*stamped.lines(request.language), _system(plan)]
    if delivery_suffix(request) == ".dxf":
        from app.report.survey_drawing import write_drawing

        drawn, marks = drawn_rows(pipes, nodes)
        with whole_file(to) as file:
            write_drawing(file, drawn, marks, lines)
        return Exported(to, stamped.secrecy, {"pipe": len(drawn), "pipe_node": len(marks)})
    from app.report.xlsx import Stamp, write_workbook

    survey = surveyed(pipes, nodes)
    names = {row["organisation_id"]: row["name"] for row in plan.table("organisation").to_dict("records")}  # fmt: skip
    sheets = [
        _sheet("管点表", LAYERS["pipe_node"].columns, survey.points, names, places=True),
        _sheet("管线表", LAYERS["pipe"].columns, survey.lines, names, places=False),
    ]
    with whole_file(to) as file:
        write_workbook(file, sheets, Stamp(stamped.title.zh, lines, unknown="", total=""))
    return Exported(
        to, stamped.secrecy, {"pipe": len(survey.lines), "pipe_node": len(survey.points)}
    )


def delivery_suffix(request: ExportRequest) -> str:
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


def _system(plan: OpenPlan) -> str:
    meta = plan.store.meta
    datum = "未知" if meta.height_datum == "unknown" else meta.height_datum
    return f"坐标系 {meta.crs}，X 为北、Y 为东，单位 m；高程基准 {datum}"


# --- tables -------------------------------------------------------------------------------------------
def surveyed(pipes: pd.DataFrame, nodes: pd.DataFrame) -> Survey:
    """Every pipe as pieces between points; ends without a survey point of their own get one."""
    points = _Points(nodes)
    lines = []
    for row in _records(pipes):
        lines += _pieces(row, points)
    return Survey(lines, points.rows)


class _Points:
    """The points of the tables by class and number; new ones where the plan has none."""

    def __init__(self, nodes: pd.DataFrame) -> None:
        self.rows: list[dict[str, Any]] = []
        self._at: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for row in _records(nodes):
            number = text(row["number"]) or str(row["pipe_node_id"])
            self._add({**row, "number": number})

    def _add(self, row: dict[str, Any]) -> None:
        self.rows.append(row)
        key = (text(row["pipe_class"]) or "", str(row["number"]))
        self._at.setdefault(key, []).append((row["geometry"].x, row["geometry"].y))

    def number(
        self, pipe: dict[str, Any], stated: object, place: Any, other: str, kind: str
    ) -> str:
        """The number of the point there: as stated, if it lies there; else that of a new point."""
        import shapely

        code = text(pipe["pipe_class"]) or ""
        held = self._at.get((code, text(stated) or ""), [])
        near = [abs(place[0] - x) <= _SAME_PLACE_M and abs(place[1] - y) <= _SAME_PLACE_M for x, y in held]  # fmt: skip
        if near == [True]:
            return str(stated)
        blank: dict[str, Any] = dict.fromkeys(LAYERS["pipe_node"].column_names)
        self._add({
            **blank, "number": other, "pipe_class": pipe["pipe_class"],
            "subclass": pipe["subclass"], "owner_id": pipe["owner_id"], "kind": kind,
            "geometry": shapely.Point(place[0], place[1]),
        })  # fmt: skip
        return other


def _pieces(row: dict[str, Any], points: _Points) -> list[dict[str, Any]]:
    """The pipe between its bends; depths and levels are linear between its ends."""
    import numpy as np
    import shapely

    name, line = str(row["pipe_id"]), row["geometry"]
    at = shapely.get_coordinates(line, include_z=bool(line.has_z))
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(at[:, :2], axis=0).T))])
    depths = np.interp(way, [0, way[-1]], [_figure(row[f"{end}_depth_m"]) for end in ("start", "end")])  # fmt: skip
    levels = _levels(row, at, way)
    last = len(at) - 1
    numbers = [
        points.number(row, row["start_node"], at[0], f"{name}/0", "end"),
        *(points.number(row, None, at[k], f"{name}/{k}", "bend") for k in range(1, last)),
        points.number(row, row["end_node"], at[last], f"{name}/{last}", "end"),
    ]
    return [
        {
            **row,
            "pipe_id": name if last == 1 else f"{name}/{k + 1}",
            "start_node": numbers[k], "end_node": numbers[k + 1],
            "start_depth_m": depths[k], "end_depth_m": depths[k + 1],
            "start_invert_m": levels[k], "end_invert_m": levels[k + 1],
        }
        for k in range(last)
    ]  # fmt: skip


def _levels(row: dict[str, Any], at: Any, way: Any) -> Any:
    """The level that goes with the depth: of the invert, of the axis or of the top."""
    import numpy as np

    stated = [_figure(row[f"{end}_invert_m"]) for end in ("start", "end")]
    gravity = "invert" if row["pipe_class"] == "PS" else "crown"
    reference = text(row["depth_ref"]) or gravity
    if reference == "invert" and not np.isnan(stated).any():
        return np.interp(way, [0, way[-1]], stated)
    if at.shape[1] < 3:
        return np.full(len(way), np.nan)
    outside, high, bore = (_figure(row[name]) for name in ("outside_mm", "height_mm", "nominal_mm"))
    down = {
        "invert": -(bore if np.isnan(high) else high) / 2000,
        "axis": 0.0,
        "crown": (high if np.isnan(outside) else outside) / 2000,
    }[reference]
    return np.round(at[:, 2] + down, 4)


def _figure(value: object) -> float:
    return float("nan") if is_missing(value) else float(str(value))


def _sheet(
    name: str, columns: tuple[Column, ...], rows: list[dict[str, Any]], owners: dict[Any, str],
    *, places: bool,
) -> Sheet:  # fmt: skip
    """One table; columns that are empty throughout are left out, but for those it is read by."""
    from app.report.xlsx import Heading, Sheet

    asked = {"number", "pipe_class", "start_node", "end_node", "ground_m", "pipe_id"}
    written = [
        column
        for column in columns
        if column.name not in _UNWRITTEN
        and (column.name in asked or any(not is_missing(row[column.name]) for row in rows))
    ]
    heads = [_heading(column) for column in written]
    at = (
        [Heading("X坐标(北)", kind="number"), Heading("Y坐标(东)", kind="number")] if places else []
    )
    cells = [
        [*(_cell(column, row, owners) for column in written),
         *((row["geometry"].y, row["geometry"].x) if places else ())]
        for row in rows
    ]  # fmt: skip
    return Sheet(name, [*heads, *at], cells)


def _heading(column: Column) -> Any:
    from app.report.xlsx import Heading

    label = _HEADS.get(column.name)
    unit = "" if label or not column.unit else f"({column.unit})"
    is_figure = column.kind in ("int", "float") and column.name != "nominal_mm"
    return Heading(label or f"{column.label.zh}{unit}", kind="number" if is_figure and column.unit else "text")  # fmt: skip


def _cell(column: Column, row: dict[str, Any], owners: dict[Any, str]) -> Any:
    value = row[column.name]
    if column.name == "nominal_mm":
        return _size(row)
    if is_missing(value):
        return None
    if column.name == "owner_id":
        return owners.get(value, value)
    if column.name == "pipe_class":
        return value
    if column.domain:
        return column.domain.label_of(str(value))
    if column.kind == "bool":
        return "是" if value else "否"
    if column.kind == "int":
        return int(value)
    return float(value) if column.kind == "float" else value


def _size(row: dict[str, Any]) -> str | None:
    """DN300, or width by height of a box or a block of ducts."""
    wide, high, bore = (row[name] for name in ("width_mm", "height_mm", "nominal_mm"))
    if not is_missing(wide) and not is_missing(high):
        return f"{float(wide):g}x{float(high):g}"
    return None if is_missing(bore) else f"DN{float(bore):g}"


# --- drawing ------------------------------------------------------------------------------------------
def drawn_rows(pipes: pd.DataFrame, nodes: pd.DataFrame) -> tuple[list[Any], list[Any]]:
    """Lines and blocks with the names of their layers, such as the import tells classes by."""
    from app.report.survey_drawing import Block, Line

    layers = _LayerNames()
    lines = [
        Line(layers.of(row), row["geometry"], text(row["pipe_class"]) or "", _size(row) or "")
        for row in _records(pipes)
    ]
    blocks = [
        Block(layers.of(row), row["geometry"], text(row["pipe_class"]) or "",
              DOMAINS["node_kind"].label_of(text(row["kind"]) or "other"),
              {"物探点号": text(row["number"]) or "", "地面高程": _metres(row["ground_m"])})
        for row in _records(nodes)
    ]  # fmt: skip
    return lines, blocks


def _metres(value: object) -> str:
    return "" if is_missing(value) else f"{float(str(value)):.3f}"


class _LayerNames:
    """A layer name for class, subclass and status that the words of surveys read as just these."""

    def __init__(self) -> None:
        from app.rules.book import PIPE_CODES, SURVEY_WORDS
        from app.rules.survey import SurveyWordTable
        from app.store.rule_files import load_rules

        words = load_rules(SURVEY_WORDS.name)
        assert isinstance(words, SurveyWordTable)
        self._words = words
        self._names: dict[str, str] = {}
        for row in load_rules(PIPE_CODES.name).rows:
            self._names.setdefault(row.code or row.class_code, row.name_zh)
        self._known: dict[tuple[str, str, str], str] = {}

    def of(self, row: dict[str, Any]) -> str:
        key = (
            text(row["pipe_class"]) or "",
            text(row["subclass"]) or "",
            text(row.get("status")) or "",
        )
        if key not in self._known:
            self._known[key] = self._made(*key)
        return self._known[key]

    def _made(self, code: str, subclass: str, status: str) -> str:
        said = DOMAINS["pipe_status"].label_of(status) if status else ""
        tries = [(name, wanted) for wanted in (subclass, "") for name in (self._names.get(wanted or code, ""), f"{wanted or code}LINE")]  # fmt: skip
        for name, wanted in tries:
            read = self._words.drawn_layer(said + name) if name else None
            if read and (read.pipe_class, read.subclass, read.status) == (code, wanted, status):
                return said + name
        return f"{said}{code or '不明管线'}"


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]
