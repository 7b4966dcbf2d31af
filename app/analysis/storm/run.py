"""The storm analysis from inputs to zones: rain, ground, water, classes, balance."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from app.analysis.storm.below import Below, followed, require_uncoupled
from app.analysis.storm.flood import Balance, Flood
from app.analysis.storm.ground import AROUND, Ground, make_ground
from app.analysis.storm.params import SCHEMES, StormParams
from app.analysis.storm.rain import Storm, chicago, read_hyetograph
from app.analysis.storm.validity import out_of_range, range_notes
from app.analysis.storm.zones import Water, cleaned, hazard_classes, unkept_areas, zone_frame
from app.errors import AnalysisError, Text, UsageError
from app.geo.depressions import OPEN, Hollows, depth_of, find_hollows, leaf_sums, pour
from app.rules.storm import RainTable, StormTermTable, SurfaceTable
from app.schema.analysis import Inputs, Outcome, Progress, Raster

Floats32 = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def find_storm(inputs: Inputs, params: StormParams, progress: Progress) -> Outcome:
    """Where water stands in a storm, as zones by hazard class with depth, speed and balance."""
    progress(0.02, Text("整理地形", "preparing the ground"))
    return storm_over(inputs, params, ground_of(inputs, params), progress)


def ground_of(inputs: Inputs, params: StormParams) -> Ground:
    """The ground that the parameters ask for; the drains below it do not change it."""
    return make_ground(
        inputs.rasters["terrain"], inputs.frames["building"], inputs.frames["landcover"],
        inputs.rules["storm_surfaces"], inputs.rules["storm_terms"], cell_m=params.cell_m,
        with_walls=params.walls,
        around={name: inputs.frames[name] for name in AROUND if name in inputs.frames},
    )  # fmt: skip


def storm_over(inputs: Inputs, params: StormParams, ground: Ground, progress: Progress) -> Outcome:
    """The storm over a ground that was made before."""
    terms: StormTermTable = inputs.rules["storm_terms"]
    surfaces: SurfaceTable = inputs.rules["storm_surfaces"]
    storm = design_storm(params, inputs.rules["rainstorm"])
    below = Below.nothing(inputs)
    if params.mode == "slider":
        require_uncoupled(params)
        hollows = find_hollows(ground.z, ground.kind)
        flood = slid(ground, hollows, runoff(ground, hollows, surfaces), storm.depth_mm)
    else:
        flood, below = followed(inputs, params, ground, storm, _part(progress, 0.05, 0.85))
    drained = below.drained
    require_balance(flood.balance, terms, 0.0 if drained is None else drained.error_m3)
    progress(0.88, Text("生成风险区", "drawing the zones"))
    beyond = out_of_range(ground, flood, terms, params.mode)
    zones, water, changed = _zones(inputs, params, ground, flood, beyond, terms)
    return Outcome(
        layers={"storm_zone": zones, "storm_drain": below.loads},
        counts=_counts(zones, flood.balance, beyond.sum() * ground.frame.area_m2)
        | _drain_counts(below),
        rasters=_rasters(ground, flood, water),
        notes=(*_notes(params, storm, ground, flood, beyond, terms), *below.notes, *changed),
    )


def design_storm(params: StormParams, formulas: RainTable) -> Storm:
    """The storm that the parameters ask for.

    Raises
    ------
    UsageError
        A formula that is not in the table or has no figures, or a hyetograph that cannot be read.
    """
    if params.hyetograph.strip():
        return read_hyetograph(params.hyetograph, 5.0)
    if params.formula not in formulas:
        raise UsageError(
            Text(f"没有暴雨公式 {params.formula}", f"there is no formula {params.formula}"),
            where="formula",
            fix=Text(*(2 * ("、".join(row.rule_id for row in formulas.usable),))),
        )
    storm = chicago(formulas[params.formula], params.return_period_a, params.duration_min, params.peak_ratio)  # fmt: skip
    if params.rain_mm > 0:
        share = params.rain_mm / storm.depth_mm
        return replace(storm, fallen_mm=storm.fallen_mm * share, return_period_a=None, note=None)
    return storm


@dataclass(frozen=True)
class Runoff:
    """What a metre of rain gives, in cells times metres: all that falls, and what runs to each leaf."""

    fallen: float
    leaves: npt.NDArray[np.float64]


def runoff(ground: Ground, hollows: Hollows, surfaces: SurfaceTable) -> Runoff:
    """The rain that falls and the part of it that runs to the hollows, by the covers' coefficients."""
    catch = np.where(ground.kind == OPEN, ground.catch, 0).astype(np.float32)
    psi = np.array([row.psi for row in surfaces], dtype=np.float32)[ground.soil]
    return Runoff(float(catch.sum(dtype=np.float64)), leaf_sums(hollows, catch * psi))


def slid(ground: Ground, hollows: Hollows, of: Runoff, rain_mm: float) -> Flood:
    """The slider: net rain of every cell runs to its hollow, fills it and spills.

    A tank takes what runs to the hollow below it, not what spills over to it from others.
    """
    area = ground.frame.area_m2
    fallen, net = of.fallen * rain_mm / 1000.0, of.leaves.sum() * rain_mm / 1000.0
    given = of.leaves * (rain_mm / 1000.0)
    kept = _into_tanks(ground, hollows, given)
    poured = pour(hollows, given)
    depth = depth_of(hollows, poured)
    balance = Balance(fallen * area, (fallen - net) * area, kept * area, poured.left * area, poured.stored * area)  # fmt: skip
    nothing = np.zeros(depth.shape, dtype=np.float32)
    unknown = np.full(depth.shape, np.nan, dtype=np.float32)
    none = np.zeros(depth.shape, dtype=np.bool_)
    return Flood(depth, nothing, nothing, unknown, depth, (), balance, 0, 0.0, none)


def _into_tanks(ground: Ground, hollows: Hollows, water: npt.NDArray[np.float64]) -> float:
    """Take from the hollows what their tanks hold; the answer is how much, in cells times metres."""
    before = water.sum()
    for tank in ground.tanks:
        room = tank.volume_m3 / ground.frame.area_m2
        for leaf in np.unique(hollows.leaf_of.ravel()[tank.cells]):
            if leaf > 0:
                taken = min(room, water[leaf])
                water[leaf] -= taken
                room -= taken
    return float(before - water.sum())


def require_balance(balance: Balance, terms: StormTermTable, below_m3: float = 0.0) -> None:
    """A run that loses or makes water, on the surface or below it, is not published.

    Raises
    ------
    AnalysisError
        The balance is worse than the table allows.
    """
    limit = terms.term("balance_limit")
    share = balance.error_share + abs(below_m3) / max(balance.rain_m3, 1.0)
    if share > limit:
        raise AnalysisError(
            Text(
                f"水量平衡误差 {share:.1%}，超过 {limit:.0%}，结果不发布。{balance.told().zh}",
                f"the balance is off by {share:.1%}, over {limit:.0%}: not published. {balance.told().en}",
            ),
            where="storm",
            fix=Text("检查地形并减小格网后重算", "check the terrain and run with smaller cells"),
        )  # fmt: skip


def _part(progress: Progress, low: float, high: float) -> Progress:
    def told(share: float, doing: Text) -> None:
        progress(low + share * (high - low), doing)

    return told


def _zones(
    inputs: Inputs, params: StormParams, ground: Ground, flood: Flood, beyond: Mask,
    terms: StormTermTable,
) -> tuple[gpd.GeoDataFrame, Water, list[Text]]:  # fmt: skip
    water = Water(flood.depth, flood.speed, flood.strength, flood.wet_s / 60.0, beyond)
    rows = inputs.rules["flood_hazard_classes"].classes(SCHEMES[params.scheme])
    classes = hazard_classes(rows, water, shown_m=terms.term("shown_m"))
    ground_for_zones = ground.is_open & ~ground.holds  # a rain garden is there to stand full
    classes[~ground_for_zones] = 0
    least = int(np.ceil(terms.term("smallest_part_m2") / ground.frame.area_m2 - 1e-9))
    found = classes
    classes = cleaned(found, water.depth, least, ground=ground_for_zones)
    names = [row.clause for row in rows]
    told = unkept_areas(found, classes, names, terms.term("area_change"))
    frame = inputs.frames["building"]
    zones = zone_frame(
        ground.frame, classes, water, names, scheme=SCHEMES[params.scheme],
        return_period_a=None if params.rain_mm or params.hyetograph else params.return_period_a,
        crs=frame.crs if isinstance(frame, gpd.GeoDataFrame) else None,
    )  # fmt: skip
    return zones, water, told


def _counts(zones: gpd.GeoDataFrame, balance: Balance, beyond_m2: float) -> dict[str, int]:
    counts = {str(name): int(n) for name, n in zones["hazard_class"].value_counts().items()}
    area = zones.groupby("hazard_class")["area_m2"].sum() if len(zones) else {}
    counts |= {f"{name}_m2": round(float(value)) for name, value in dict(area).items()}
    counts["rain_m3"] = round(balance.rain_m3)
    counts["beyond_range_m2"] = round(beyond_m2)
    counts["balance_error_ppm"] = round(balance.error_share * 1e6)
    return counts


def _drain_counts(below: Below) -> dict[str, int]:
    tanks = {} if below.tanks_m3 is None else {"tanks_m3": round(below.tanks_m3)}
    drained = below.drained
    if drained is None:
        return tanks
    return tanks | {
        "into_drains_m3": round(drained.taken_m3), "out_of_drains_m3": round(drained.risen_m3),
        "outfalls_m3": round(drained.outflow_m3), "rising_manholes": drained.rising_nodes,
        "drains_error_l": round(1000 * drained.error_m3),
    }  # fmt: skip


def _rasters(ground: Ground, flood: Flood, water: Water) -> dict[str, Raster]:
    frame = ground.frame
    inner = (slice(1, -1), slice(1, -1))
    place = (frame.west + frame.cell_m, frame.north - frame.cell_m, frame.cell_m)

    def raster(values: Floats32, unit: str = "m") -> Raster:
        shown = np.where(ground.kind == OPEN, np.round(values, 3), np.nan)
        return Raster(shown[inner].astype(np.float32), *place, unit)

    rasters = {
        "storm_depth": raster(flood.depth),
        "storm_speed": raster(flood.speed, "m/s"),
        "storm_wet": raster(water.wet_min, "min"),
    }
    if ground.reason.any():
        told = np.where(ground.reason > 0, ground.reason, np.nan)[inner]
        rasters["storm_ground"] = Raster(told.astype(np.float32), *place, "")
    for minute, depth in flood.frames:
        rasters[f"storm_depth_{round(minute):04d}"] = raster(depth)
    return rasters


def _notes(
    params: StormParams, storm: Storm, ground: Ground, flood: Flood, beyond: Mask,
    terms: StormTermTable,
) -> tuple[Text, ...]:  # fmt: skip
    notes = [flood.balance.told(), Text(
        f"降雨 {storm.depth_mm:.1f} mm / {storm.duration_min:.0f} 分钟，{ground.frame.rows}×{ground.frame.columns} 格 {ground.frame.cell_m:g} m",
        f"rain of {storm.depth_mm:.1f} mm in {storm.duration_min:.0f} minutes on {ground.frame.rows}×{ground.frame.columns} cells of {ground.frame.cell_m:g} m",
    )]  # fmt: skip
    if storm.note is not None:
        notes.append(storm.note)
    notes += range_notes(ground, flood, beyond, terms)
    if params.mode == "slider":
        notes.append(Text(
            "填洼方式只看总雨量，不含流速、历时和管网", "filling of hollows sees total rain only: no speed, no time, no drains",
        ))  # fmt: skip
    return (*notes, *ground.report)
