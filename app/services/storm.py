"""Water on the map: rain poured at once, the depths of the last run over time, one point's curve."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from app.analysis.storm.flood import Flood
from app.analysis.storm.ground import AROUND, Ground, make_ground
from app.analysis.storm.params import SCHEME_WORDS, SCHEMES
from app.analysis.storm.rain import chicago, out_of_range
from app.analysis.storm.run import Runoff, runoff, slid
from app.errors import AnalysisError, Language, Text, UsageError
from app.geo.depressions import Hollows, find_hollows
from app.geo.grids import Frame
from app.report.depth_png import DEPTH_STEPS_M, depth_colours, depth_png
from app.rules import RuleBook
from app.schema.analysis import Raster
from app.services.plans import OpenPlan
from app.services.runs import rule_book
from app.services.staleness import result_states
from app.store.rasters import read_raster
from app.store.runs import RunRecord

_LAYERS = ("terrain", "building", "landcover", *AROUND, "rule_override")
_FRAME = "storm_depth_"
_PERIODS = (1, 2, 3, 5, 10, 20, 30, 50, 100)
_DURATION_MIN = 120.0
_MOST_MM = 500.0


@dataclass(frozen=True)
class Picture:
    """Where each pixel of a web-map picture finds its cell (-1: none), and its bounds in degrees."""

    cells: npt.NDArray[np.int64]
    bounds: list[list[float]]

    def of(self, values: npt.NDArray[np.float32]) -> str:
        """The values as the address of a picture."""
        flat = np.append(values.ravel(), np.float32(np.nan))
        return "data:image/png;base64," + base64.b64encode(depth_png(flat[self.cells])).decode()


@dataclass(frozen=True)
class Prepared:
    """The ground of a plan with its hollows, ready to be poured over."""

    ground: Ground
    hollows: Hollows
    runoff: Runoff
    picture: Picture


def storm_overview(plan: OpenPlan, language: Language) -> dict[str, Any]:
    """What the theme opens with: rain by return period, colours, and the last run."""
    formula = _formula(rule_book(plan.store))
    record = plan.store.current_run("storm", plan.scenario)
    steps = [{"from_m": low, "colour": colour} for low, colour in zip(DEPTH_STEPS_M, depth_colours(), strict=True)]  # fmt: skip
    return {
        "has_terrain": len(plan.frame("terrain")) > 0,
        "depths": steps,
        "rain": _rain_table(formula, language),
        "duration_min": _DURATION_MIN,
        "confidence": formula.confidence,
        "place": formula.told().says.in_language(language),
        "schemes": [
            {"code": code, "label": words.in_language(language)}
            for code, words in SCHEME_WORDS.items()
        ],
        "run": None if record is None else _told(plan, record, language),
    }


def _rain_table(formula: Any, language: Language) -> list[dict[str, Any]]:
    rows = []
    for period in _PERIODS:
        note = out_of_range(formula, period)
        depth = chicago(formula, period, _DURATION_MIN, 0.4).depth_mm
        rows.append({
            "period_a": period, "mm": round(depth, 1),
            "note": note.in_language(language) if note else "",
        })  # fmt: skip
    return rows


def _formula(book: RuleBook) -> Any:
    return book.table("rainstorm").usable[0]  # type: ignore[attr-defined]


def _told(plan: OpenPlan, record: RunRecord, language: Language) -> dict[str, Any]:
    state = next(s for s in result_states(plan.store, scenario=plan.scenario) if s.analysis == "storm")  # fmt: skip
    scheme = str(record.parameters.get("scheme", "china"))
    return {
        "run_id": record.run_id,
        "state": state.state,
        "finished_at": record.finished_at,
        "parameters": record.parameters,
        "counts": record.counts,
        "notes": [note["zh" if language == "zh" else "en"] for note in record.notes],
        "minutes": minutes_of(record),
        "scheme": SCHEME_WORDS[scheme].in_language(language),
        "classes": _classes(plan, scheme),
    }


def _classes(plan: OpenPlan, scheme: str) -> list[str]:
    """The classes of a scheme from the mildest to the gravest."""
    table = rule_book(plan.store).table("flood_hazard_classes")
    return [row.clause for row in table.classes(SCHEMES[scheme])]  # type: ignore[attr-defined]


def minutes_of(record: RunRecord) -> list[int]:
    """The times of a run whose depths are kept."""
    names = (name.removeprefix(_FRAME) for name in record.rasters if name.startswith(_FRAME))
    return sorted(int(name) for name in names)


# --- the slider ------------------------------------------------------------------------------------
def poured(plan: OpenPlan, rain_mm: float) -> dict[str, Any]:
    """The picture of a rain of so many millimetres poured at once, and where its water is.

    Raises
    ------
    UsageError
        No depth of rain.
    AnalysisError
        The plan has no terrain.
    """
    if not 0 <= rain_mm <= _MOST_MM:
        raise UsageError(
            Text(f"雨量 {rain_mm:g} 毫米不在范围内", f"{rain_mm:g} mm of rain is out of range"),
            where="mm", fix=Text(f"0–{_MOST_MM:g} 毫米", f"0 to {_MOST_MM:g} mm"),
        )  # fmt: skip
    ready = prepared(plan)
    flood = slid(ready.ground, ready.hollows, ready.runoff, rain_mm)
    return {
        "image": ready.picture.of(flood.depth), "bounds": ready.picture.bounds, "mm": rain_mm,
        **_amounts(ready.ground, flood),
    }  # fmt: skip


def _amounts(ground: Ground, flood: Flood) -> dict[str, float]:
    balance = flood.balance
    shown = flood.depth >= DEPTH_STEPS_M[1]
    return {
        "rain_m3": balance.rain_m3, "infiltrated_m3": balance.infiltrated_m3,
        "stored_m3": balance.stored_m3, "left_m3": balance.left_m3,
        "error": balance.error_share,
        "wet_m2": float(shown.sum()) * ground.frame.area_m2,
        "deepest_m": float(flood.depth.max()),
    }  # fmt: skip


def prepared(plan: OpenPlan) -> Prepared:
    """The ground with its hollows, kept until terrain, buildings or land cover change."""

    def make() -> Prepared:
        rows = plan.frame("terrain").sort_values(["updated_at", "terrain_id"])
        if not len(rows):
            raise _no_terrain()
        terrain = read_raster(plan.store.file_path(str(rows["file_sha256"].iloc[-1])))
        book = rule_book(plan.store)
        ground = make_ground(
            terrain, plan.frame("building"), plan.frame("landcover"), book.table("storm_surfaces"),  # type: ignore[arg-type]
            book.table("storm_terms"),  # type: ignore[arg-type]
            around={name: plan.frame(name) for name in AROUND},
        )  # fmt: skip
        hollows = find_hollows(ground.z, ground.kind)
        of = runoff(ground, hollows, book.table("storm_surfaces"))  # type: ignore[arg-type]
        return Prepared(ground, hollows, of, _picture(ground.frame, plan))

    return plan.kept("storm ground", _LAYERS, make)


def _no_terrain() -> AnalysisError:
    return AnalysisError(
        Text("计划没有地形", "the plan has no terrain"),
        where="terrain",
        fix=Text("请先导入地形栅格", "import a terrain first"),
    )


def _picture(frame: Frame, plan: OpenPlan) -> Picture:
    """A picture north up in Web Mercator with about as many pixels as there are cells."""
    crs = plan.store.meta.crs
    to_map = pyproj.Transformer.from_crs(crs, "EPSG:3857", always_xy=True)
    back = pyproj.Transformer.from_crs("EPSG:3857", crs, always_xy=True)
    west, south, east, north = to_map.transform_bounds(*frame.bounds)
    wide = frame.columns + 2
    pixel = (east - west) / wide
    high = max(round((north - south) / pixel), 1)
    x, y = np.meshgrid(
        west + (np.arange(wide) + 0.5) * pixel,
        north - (np.arange(high) + 0.5) * (north - south) / high,
    )
    cells = frame.cell_of(*back.transform(x, y))
    degrees = pyproj.Transformer.from_crs("EPSG:3857", "EPSG:4326", always_xy=True)
    (w, e), (s, n) = degrees.transform([west, east], [south, north])
    return Picture(cells, [[float(s), float(w)], [float(n), float(e)]])


# --- the last run ------------------------------------------------------------------------------------
def frame_picture(plan: OpenPlan, minute: int | None) -> dict[str, Any]:
    """The depth of the last run at a minute, or the greatest depth where none is given.

    Raises
    ------
    AnalysisError
        There is no run yet, or it kept no such minute.
    """
    record = _record(plan)
    name = "storm_depth" if minute is None else f"{_FRAME}{minute:04d}"
    if name not in record.rasters:
        kept = ", ".join(str(one) for one in minutes_of(record))
        raise UsageError(
            Text(f"该结果没有第 {minute} 分钟", f"this result has no minute {minute}"),
            where="minute", fix=Text(f"可用：{kept}", f"use one of: {kept}"),
        )  # fmt: skip

    def make() -> dict[str, Any]:
        raster = plan.store.read_raster(record.run_id, name)
        picture = picture_of(plan, raster)
        return {"image": picture.of(raster.values), "bounds": picture.bounds, "minute": minute}

    answer: dict[str, Any] = plan.kept(("storm frame", record.run_id, name), ("storm_zone",), make)
    return answer


def picture_of(plan: OpenPlan, raster: Raster) -> Picture:
    """Where a grid lies on the web map, kept for all grids of the same place."""
    frame = Frame(raster.west, raster.north, raster.cell_m, *raster.values.shape)
    return plan.kept(("storm picture", frame), ("terrain",), lambda: _picture(frame, plan))


def _record(plan: OpenPlan) -> RunRecord:
    record = plan.store.current_run("storm", plan.scenario)
    if record is None:
        raise AnalysisError(
            Text("还没有积水计算结果", "there is no stormwater run yet"),
            where="storm",
            fix=Text("请先运行“积水风险”", "run the stormwater analysis first"),
        )
    return record


def curve_at(plan: OpenPlan, lon: float, lat: float) -> dict[str, Any]:
    """Depth over time at a point of the last run, and its greatest depth and speed."""
    record = _record(plan)
    turn = pyproj.Transformer.from_crs("EPSG:4326", plan.store.meta.crs, always_xy=True)
    x, y = turn.transform(lon, lat)
    rasters = _kept_rasters(plan, record)
    depth = rasters["storm_depth"]
    cell = int(Frame(depth.west, depth.north, depth.cell_m, *depth.values.shape).cell_of(x, y))
    if cell < 0:
        return {"inside": False}
    minutes = minutes_of(record)
    values = {name: _value(raster, cell) for name, raster in rasters.items()}
    return {
        "inside": values["storm_depth"] is not None,
        "minutes": [0, *minutes],
        "depth_m": [0.0, *(values[f"{_FRAME}{minute:04d}"] for minute in minutes)],
        "deepest_m": values["storm_depth"],
        "speed_ms": values.get("storm_speed"),
        "wet_min": values.get("storm_wet"),
        "zone": _zone_at(plan, float(x), float(y)),
    }


def _zone_at(plan: OpenPlan, x: float, y: float) -> dict[str, Any] | None:
    """The zone of the run that holds a point."""
    zones = plan.frame("storm_zone")
    held = zones[zones["geometry"].intersects(shapely.Point(x, y))]
    if not len(held):
        return None
    row = held.iloc[0]
    shown = {
        name: row[name] for name in ("area_m2", "depth_max_m", "velocity_max_ms", "duration_min")
    }
    return {
        "id": str(row["storm_zone_id"]), "hazard_class": str(row["hazard_class"]),
        **{name: None if pd.isna(value) else float(value) for name, value in shown.items()},
    }  # fmt: skip


def _kept_rasters(plan: OpenPlan, record: RunRecord) -> Mapping[str, Raster]:
    return plan.kept(
        ("storm rasters", record.run_id), ("storm_zone",),
        lambda: {name: plan.store.read_raster(record.run_id, name) for name in record.rasters},
    )  # fmt: skip


def _value(raster: Raster, cell: int) -> float | None:
    value = float(raster.values.ravel()[cell])
    return None if np.isnan(value) else round(value, 3)


# --- who stands in it --------------------------------------------------------------------------------
def exposure_told(plan: OpenPlan, language: Language) -> dict[str, Any] | None:
    """Households and things in the zones of the last exposure run, by community; None without one."""
    if plan.store.current_run("exposure", plan.scenario) is None:
        return None
    rows = plan.frame("storm_exposure")
    homes = rows[rows["target_layer"] == "building"]
    names = plan.frame("community").set_index("community_id")["name"].to_dict()
    by_place = homes.assign(place=homes["community_id"].fillna("")).groupby("place")
    communities = [
        {
            "id": str(place), "name": names.get(place), "buildings": len(part),
            "households": int(part["households"].fillna(0).sum()),
        }
        for place, part in by_place
    ]  # fmt: skip
    others = rows[rows["target_layer"] != "building"]["target_layer"].value_counts()
    return {
        "buildings": len(homes),
        "households": int(homes["households"].fillna(0).sum()),
        "unknown": int(homes["households"].isna().sum()),
        "kinds": {str(kind): int(n) for kind, n in others.items()},
        "communities": sorted(communities, key=lambda one: -int(one["households"])),
    }
