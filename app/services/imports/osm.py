"""An OpenStreetMap extract into a plan that exists: chosen layers, by the readers that make a plan."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from app.errors import CrsError, Finding, Text, UsageError
from app.geo.crs import WGS84
from app.rules.book import FACILITIES, OSM_TAGS
from app.schema import LAYERS, Actor, Layer
from app.services.imports.dataset import dataset_row
from app.services.imports.mapping import layer_of
from app.services.imports.original import attachment, original
from app.services.imports.preview import look_at
from app.services.imports.report import Faults, ImportOptions, ImportReport, LayerReport
from app.services.imports.shapes import plan_area
from app.services.osm_plan import ATTRIBUTION, LICENCE, keys_to_read, rows_for_plan
from app.services.osm_rows import Places, Row, frame_of
from app.store import ImportBatch, PlanStore
from app.store.readers.osm import OsmExtract, read_osm
from app.store.rule_files import load_all_rules

Progress = Callable[[str, int, int | None], None]
OFFERED = ("township", "community", "building", "unit_door", "walkway", "road", "wall", "gate",
           "service", "landcover", "tree", "pole", "asset")  # fmt: skip
_NEAR_DEG = 0.5  # about 50 km, as for other deliveries
# What people walk to from inside the plan lies around it: the 15-minute circle of GB 50180.
_AROUND_M = 1000.0


def import_extract(
    path: Path,
    store: PlanStore,
    actor: Actor,
    options: ImportOptions,
    *,
    name: str,
    dry_run: bool,
    batch_id: str,
    say: Progress,
) -> ImportReport:
    """Bring chosen layers of an extract into the plan, as one batch that can be undone as a whole.

    ``options.layer`` names them, parted by commas; without it those come of which the plan has no
    rows yet. Elements more than a kilometre outside the plan's townships are left out, those whose
    ids the plan has stay as they are; what OpenStreetMap does not say stays unknown.

    Raises
    ------
    InputFileError, RefusedFileError
        The extract is damaged, or a history.
    UsageError
        A layer that OpenStreetMap does not give.
    CrsError
        The extract lies elsewhere than the plan.
    """
    began = time.monotonic()
    chosen = _chosen(store, options.layer)
    rules = load_all_rules()
    tags = rules.get(OSM_TAGS)
    extract = read_osm(path, keys_to_read(tags), on_progress=lambda done: say("read", done, None))
    _require_near(extract, store)
    with original(store, [path], keep=not dry_run) as file:
        rows = rows_for_plan(
            extract, tags, rules.get(FACILITIES), store.meta.crs, chosen=chosen,
            townships=_places(store, "township"), communities=_places(store, "community"),
        )  # fmt: skip
        if "unit_door" in rows:
            rows["unit_door"] = _of_known_buildings(store, rows)
        taken = [_taken(store, LAYERS[layer], rows[layer], name) for layer in chosen]
        report = ImportReport(
            name, file.sha256, dry_run, tuple(one.report for one in taken),
            (*_left_alone(options.layer, chosen), *(f for one in taken for f in one.findings)),
        )  # fmt: skip
        saved = ""
        if not dry_run and report.total("kept"):
            saved = batch_id or str(uuid.uuid4())
            file.keep()
            _save(store, actor, _told(options, extract), report, taken, saved, say)
    return dataclasses.replace(report, batch_id=saved, seconds=time.monotonic() - began)


@dataclasses.dataclass(frozen=True)
class _Taken:
    layer: Layer
    frame: gpd.GeoDataFrame
    report: LayerReport
    findings: list[Finding]


def _chosen(store: PlanStore, said: str | None) -> tuple[str, ...]:
    if not said:
        held = store.counts()
        return tuple(layer for layer in OFFERED if not held[layer])
    for mark in ("，", "、"):
        said = said.replace(mark, ",")
    chosen = tuple(dict.fromkeys(layer_of(word.strip()).name for word in said.split(",")))
    strange = [layer for layer in chosen if layer not in OFFERED]
    if strange:
        raise UsageError(
            Text(f"OpenStreetMap 中没有{LAYERS[strange[0]].label.zh}",
                 f"OpenStreetMap gives no {strange[0]}"),
            where="--layer",
            fix=Text("可用：" + "、".join(OFFERED), "use some of: " + ", ".join(OFFERED)),
        )  # fmt: skip
    return chosen


def _require_near(extract: OsmExtract, store: PlanStore) -> None:
    area = plan_area(store)
    west, south, east, north = extract.bounds
    if area is None or not np.isfinite(extract.bounds).all():
        return
    apart = (west > area[2] + _NEAR_DEG or east < area[0] - _NEAR_DEG
             or south > area[3] + _NEAR_DEG or north < area[1] - _NEAR_DEG)  # fmt: skip
    if apart:
        raise CrsError(
            Text(f"{extract.name} 的范围（{west:.3f}, {south:.3f} – {east:.3f}, {north:.3f}）"
                 "不在本方案附近",
                 f"{extract.name} ({west:.3f}, {south:.3f} – {east:.3f}, {north:.3f}) "
                 "lies nowhere near the plan"),
            where=extract.name,
            fix=Text("下载方案所在地区的提取文件，或用 jiugai init --from-osm 新建方案",
                     "take the extract of the plan's region, or make a plan of it with "
                     "jiugai init --from-osm"),
        )  # fmt: skip


def _places(store: PlanStore, layer: str) -> Places | None:
    rows = store.read(layer, columns=["geometry"])
    rows = rows[~rows.geometry.isna()]
    if not len(rows):
        return None
    return Places([str(key) for key in rows[LAYERS[layer].id_column]], list(rows.geometry))


def _of_known_buildings(store: PlanStore, rows: Mapping[str, list[Row]]) -> list[Row]:
    """Doors of buildings that come along or that the plan has: a door without a house is none."""
    known = set(store.read("building", columns=["building_id"])["building_id"])
    known |= {row["building_id"] for row in rows.get("building", [])}
    return [row for row in rows["unit_door"] if row["building_id"] in known]


def _taken(store: PlanStore, layer: Layer, rows: Collection[Row], name: str) -> _Taken:
    report = LayerReport(
        name, layer.name, read=len(rows), crs=WGS84, crs_certainty="stated",
        crs_reason=Text("OpenStreetMap 为 WGS 84", "OpenStreetMap is in WGS 84"),
    )  # fmt: skip
    faults = Faults(name, layer.name, report)
    frame = frame_of(layer.name, list(rows), store.meta.crs)
    near = _around(store, frame, layer)
    held = frame[layer.id_column].isin(
        store.read(layer.name, columns=[layer.id_column])[layer.id_column]
    ).to_numpy()  # fmt: skip
    known = held & near
    report.reasons["outside_plan"] += int((~near).sum())
    report.reasons["id_in_plan"] += int(known.sum())
    if not near.all():
        faults.add(_left_out(layer, name, "outside_plan", int((~near).sum()), Text(
            "在方案各乡镇 1 公里以外", "lie more than 1 km outside the plan's townships")))  # fmt: skip
    if known.any():
        faults.add(_left_out(layer, name, "id_in_plan", int(known.sum()), Text(
            "方案中已有，保持不变", "are in the plan already and stay as they are")))  # fmt: skip
    kept = frame[near & ~held].reset_index(drop=True)
    report.kept, report.rejected = len(kept), len(frame) - len(kept)
    if len(kept):
        look_at(report, store, layer, kept, np.asarray(kept.geometry.to_numpy(), object))
    return _Taken(layer, kept, report, faults.closed())


def _left_out(layer: Layer, name: str, code: str, count: int, why: Text) -> Finding:
    return Finding(
        code, "info",
        Text(f"{count} 个要素{why.zh}", f"{count} elements {why.en}"),
        Text("无需处理", "nothing need be done"), layer=layer.name, file=name,
    )  # fmt: skip


def _around(store: PlanStore, frame: gpd.GeoDataFrame, layer: Layer) -> NDArray[np.bool_]:
    """Which rows lie in or around the plan's townships; all of them where it has none."""
    townships = store.read("township", columns=["geometry"]).geometry.dropna()
    if not len(townships) or layer.name == "township" or not len(frame):
        return np.ones(len(frame), bool)
    area = shapely.union_all(townships.to_numpy())
    shapely.prepare(area)
    near: NDArray[np.bool_] = shapely.dwithin(area, frame.geometry.to_numpy(), _AROUND_M)
    return near


def _left_alone(said: str | None, chosen: Collection[str]) -> list[Finding]:
    rest = [layer for layer in OFFERED if layer not in chosen]
    if said or not rest:
        return []
    named = "、".join(LAYERS[layer].label.zh for layer in rest)
    return [
        Finding(
            "layer_in_plan", "info",
            Text(f"方案中已有这些图层的数据，未取用：{named}",
                 f"the plan has rows of these layers, they were not taken: {', '.join(rest)}"),
            Text(f"需要时用 --layer {','.join(rest)}", f"to take them say --layer {','.join(rest)}"),
        )
    ]  # fmt: skip


def _told(options: ImportOptions, extract: OsmExtract) -> ImportOptions:
    return dataclasses.replace(
        options,
        deliverer=options.deliverer or "OpenStreetMap contributors",
        as_of=options.as_of or extract.as_of or None,
        licence=LICENCE,
        secrecy="public",
    )


def _save(
    store: PlanStore,
    actor: Actor,
    options: ImportOptions,
    report: ImportReport,
    taken: Collection[_Taken],
    batch_id: str,
    say: Progress,
) -> None:
    frames: dict[str, pd.DataFrame] = {
        one.layer.name: one.frame.assign(dataset_id=batch_id) for one in taken if len(one.frame)
    }
    frames["attachment"] = attachment(batch_id, report.file, report.sha256, several=False)
    frames["dataset"] = dataset_row(batch_id, store, options, report, attribution=ATTRIBUTION)
    batch = ImportBatch(
        batch_id=batch_id, file_name=report.file, file_sha256=report.sha256, dataset_id=batch_id,
        counts=report.counts, note=options.note,
    )  # fmt: skip
    store.load(frames, batch=batch, actor=actor,
               on_progress=lambda done, total: say("save", done, total))  # fmt: skip
