"""Rows of the plan from an input file of EPA SWMM, and changes of such rows back into it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from shapely.geometry import LineString, Point, Polygon

from app.analysis.sewers.inp import LINK_SECTIONS, NODE_SECTIONS, InpFile
from app.analysis.sewers.inp_checks import sound_part

Row = dict[str, Any]
_KINDS = {"JUNCTIONS": "manhole", "OUTFALLS": "outfall", "STORAGE": "storage", "DIVIDERS": "junction"}  # fmt: skip
_DEEP = ("JUNCTIONS", "STORAGE")
KEPT_SECTIONS = (
    "PUMPS", "ORIFICES", "WEIRS", "OUTLETS", "CONTROLS", "TRANSECTS", "STREETS", "INLETS",
    "LID_CONTROLS", "POLLUTANTS",
)  # fmt: skip
_ABSOLUTE = "ELEVATION"


def nodes_of(file: InpFile) -> list[Row]:
    """Rows of layer ``pipe_node``; what the file does not say stays out."""
    unit = file.unit_m
    places = {row[0]: (float(row[1]), float(row[2])) for row in file.rows("COORDINATES") if len(row) > 2}  # fmt: skip
    rows = []
    for section, kind in _KINDS.items():
        for words in file.rows(section):
            invert = float(words[1]) * unit
            depth = float(words[2]) * unit if section in _DEEP and len(words) > 2 else 0.0
            rows.append({
                "pipe_node_id": words[0], "number": words[0], "pipe_class": "PS", "subclass": "YS",
                "kind": kind, "invert_m": invert,
                "ground_m": invert + depth if depth > 0 else None,
                "depth_m": depth if depth > 0 else None,
                "geometry": Point(places[words[0]]) if words[0] in places else None,
            })  # fmt: skip
    return rows


def pipes_of(file: InpFile) -> list[Row]:
    """Rows of layer ``pipe``; a section that is neither circular nor a box has no size."""
    nodes = {row["pipe_node_id"]: row for row in nodes_of(file)}
    sections = {row[0]: row[1:] for row in file.rows("XSECTIONS")}
    bends: dict[str, list[tuple[float, float]]] = {}
    for words in file.rows("VERTICES"):
        bends.setdefault(words[0], []).append((float(words[1]), float(words[2])))
    rows = []
    for words in file.rows("CONDUITS"):
        ends = [nodes.get(words[at]) for at in (1, 2)]
        inverts = [_invert(file, end, words, at) for end, at in zip(ends, (5, 6), strict=True)]
        rows.append({
            "pipe_id": words[0], "start_node": words[1], "end_node": words[2], "pipe_class": "PS",
            "subclass": "YS", "status": "existing", "depth_ref": "invert",
            "flow_direction": "forward", "roughness_n": float(words[4]),
            "start_invert_m": inverts[0], "end_invert_m": inverts[1],
            **_size(sections.get(words[0], []), file.unit_m),
            "geometry": _line(ends, bends.get(words[0], [])),
        })  # fmt: skip
    return rows


def _invert(file: InpFile, node: Row | None, words: list[str], at: int) -> float | None:
    if node is None:
        return None
    said = words[at] if len(words) > at else "0"
    if said == "*":
        return float(node["invert_m"])
    offset = float(said) * file.unit_m
    if file.option("LINK_OFFSETS", "DEPTH") == _ABSOLUTE:
        return offset
    return float(node["invert_m"]) + offset


def _size(words: list[str], unit_m: float) -> Row:
    none: Row = {"nominal_mm": None, "width_mm": None, "height_mm": None}
    if len(words) < 2:
        return none
    shape, high = words[0].upper(), float(words[1]) * unit_m * 1000
    if shape == "CIRCULAR":
        return none | {"nominal_mm": round(high)}
    if shape == "RECT_CLOSED" and len(words) > 2:
        return none | {"height_mm": high, "width_mm": float(words[2]) * unit_m * 1000}
    return none


def _line(ends: list[Row | None], bends: list[tuple[float, float]]) -> LineString | None:
    places = [end["geometry"] if end else None for end in ends]
    if places[0] is None or places[1] is None:
        return None
    points = [(places[0].x, places[0].y), *bends, (places[1].x, places[1].y)]
    return LineString(points) if len(set(points)) > 1 else None


def catchments_of(file: InpFile) -> list[Row]:
    """Rows of layer ``catchment``: subcatchments that drain to a node and have an outline."""
    nodes = {row["pipe_node_id"] for row in nodes_of(file)}
    rims: dict[str, list[tuple[float, float]]] = {}
    for words in file.rows("POLYGONS"):
        rims.setdefault(words[0], []).append((float(words[1]), float(words[2])))
    return [
        {
            "catchment_id": words[0], "name": words[0], "outlet_node_id": words[2],
            "impervious_share": float(words[4]) / 100, "geometry": Polygon(rims[words[0]]),
        }
        for words in file.rows("SUBCATCHMENTS")
        if words[2] in nodes and len(set(rims.get(words[0], []))) > 2
    ]  # fmt: skip


def kept_counts(file: InpFile) -> Counter[str]:
    """Things that no layer of the plan holds: they stay in the file as delivered."""
    return Counter({name: len(file.rows(name)) for name in KEPT_SECTIONS if file.rows(name)})


# --- back ---------------------------------------------------------------------------------------------
def with_plan(file: InpFile, pipes: Mapping[str, Row], nodes: Mapping[str, Row]) -> InpFile:
    """The file with what the plan changed since: rows that are as they came keep their lines.

    Pipes and nodes that the plan has no more are left out, with what hangs on them.
    """
    sound = sound_part(file)[0]  # a line that cannot be used stays as it stood
    was_nodes = {row["pipe_node_id"]: row for row in nodes_of(sound)}
    was_pipes = {row["pipe_id"]: row for row in pipes_of(sound)}
    unit = file.unit_m
    out = file.changed(
        _KINDS,
        lambda words: (
            _node_line(words, was_nodes[words[0]], nodes.get(words[0]), unit)
            if words[0] in was_nodes
            else words
        ),
    )
    absolute = file.option("LINK_OFFSETS", "DEPTH") == _ABSOLUTE
    inverts = {name: row["invert_m"] for name, row in was_nodes.items()}
    inverts |= {name: row["invert_m"] for name, row in nodes.items()}

    def conduit(words: list[str]) -> list[str] | None:
        if words[0] not in was_pipes:
            return words
        was, now = was_pipes[words[0]], pipes.get(words[0])
        if now is None:  # without a place it never came into the plan, and stays
            return words if was["geometry"] is None else None
        base = {at: 0.0 if absolute else inverts[words[end]] for at, end in ((5, 1), (6, 2))}
        moved = _moved(was, now) or _differs(was_nodes, inverts, words)
        if moved:
            for at, column in ((5, "start_invert_m"), (6, "end_invert_m")):
                words[at] = _figure((float(now[column]) - base[at]) / unit)
        if not _same(was["roughness_n"], now["roughness_n"]):
            words[4] = _figure(float(now["roughness_n"]))
        return words

    out = out.changed(["CONDUITS"], conduit)
    out = out.changed(["XSECTIONS"], lambda words: _section_line(words, was_pipes, pipes, unit))
    gone = {name for name, row in was_pipes.items() if row["geometry"] is not None} - set(pipes)
    lost = {name for name, row in was_nodes.items() if row["geometry"] is not None} - set(nodes)
    out = out.changed(LINK_SECTIONS, _without(gone))
    return out.changed(NODE_SECTIONS, _without(lost)) if lost else out


def _moved(was: Row, now: Row) -> bool:
    return not all(_same(was[name], now[name]) for name in ("start_invert_m", "end_invert_m"))


def _differs(was_nodes: Mapping[str, Row], inverts: Mapping[str, Any], words: list[str]) -> bool:
    """Whether a node at an end was moved: offsets above it must then be told anew."""
    return any(
        name in was_nodes and not _same(was_nodes[name]["invert_m"], inverts[name])
        for name in words[1:3]
    )


def _without(names: set[str]) -> Callable[[list[str]], list[str] | None]:
    return lambda words: None if words[0] in names else words


def _node_line(words: list[str], was: Row, now: Row | None, unit: float) -> list[str] | None:
    if now is None:
        return words if was["geometry"] is None else None
    if not _same(was["invert_m"], now["invert_m"]):
        words[1] = _figure(float(now["invert_m"]) / unit)
    depths = [_depth(row) for row in (was, now)]
    if depths[1] is not None and not _same(*depths) and len(words) > 2:
        words[2] = _figure(depths[1] / unit)
    return words


def _depth(row: Row) -> float | None:
    if row["ground_m"] is None or row["invert_m"] is None:
        return None
    return float(row["ground_m"]) - float(row["invert_m"])


def _section_line(
    words: list[str], was: Mapping[str, Row], now: Mapping[str, Row], unit: float
) -> list[str] | None:
    name = words[0]
    if name not in was or name not in now:
        return words
    size, new = was[name], now[name]
    if not _same(size["nominal_mm"], new["nominal_mm"]) and new["nominal_mm"] is not None:
        return [name, "CIRCULAR", _figure(float(new["nominal_mm"]) / 1000 / unit), "0", "0", "0", *words[6:]]  # fmt: skip
    for at, column in ((2, "height_mm"), (3, "width_mm")):
        if not _same(size[column], new[column]) and new[column] is not None:
            words[at] = _figure(float(new[column]) / 1000 / unit)
    return words


def _same(a: object, b: object) -> bool:
    if a is None or b is None:
        return a is None and b is None
    return abs(float(str(a)) - float(str(b))) <= 1e-9 * max(1.0, abs(float(str(a))))


def _figure(value: float) -> str:
    return f"{value:.10g}"
