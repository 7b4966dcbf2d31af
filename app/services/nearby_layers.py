"""Nearby services as one GeoPackage: doors, gaps, indicators, advice and faults, for QGIS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import Text
from app.schema import DOMAINS, LAYERS, Layer
from app.schema.columns import identifier, number
from app.schema.columns import text as words
from app.schema.result_layers import ANY_GEOMETRY
from app.services.exports import Exported, ExportRequest
from app.services.nearby import held
from app.services.nearby_advice import trials
from app.services.nearby_indicators import table
from app.services.nearby_workbook import SOURCES
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    import pandas as pd

    from app.services.nearby import Held

FAULTS = Layer("network_fault", Text("步行网问题", "faults of the walking network"), "result", (
    identifier("network_fault"),
    words("fault", "问题", "fault"),
    words("target_layer", "对象类型", "kind of target"),
    words("target_id", "对象", "target"),
    number("metres", "距步行网", "metres from the network", "m"),
    number("length_m", "长度", "length", "m"),
), geometry=ANY_GEOMETRY, optional_geometry=True)  # fmt: skip


def export_layers(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    """Write the layers; option ``profile`` says who walks."""
    from app.analysis.gates.find import advice_of
    from app.analysis.reach.find import gaps_of, rows_of
    from app.services.stamps import stamp
    from app.store.part_file import write_part

    profile = request.options.get("profile") or "adult"
    found, crs = held(plan, profile), plan.store.meta.crs
    frames = {
        "reach": rows_of(found.standing, crs),
        "reach_gap": gaps_of(found.standing),
        "community_indicator": table(plan, profile),
        "gate_advice": advice_of(found.standing, *trials(plan, profile), crs),
    }
    parts = [(LAYERS[name], frame) for name, frame in frames.items()]
    parts.append((FAULTS, _faults(found, crs)))
    stamped = stamp(plan, SOURCES, request.actor)
    secrecy = DOMAINS["secrecy"].label_of(stamped.secrecy)
    lines = "；".join(stamped.lines(request.language))
    facts = {"密级": secrecy, "说明": lines, "方案": stamped.title.zh}
    write_part(to, parts, crs, facts)
    return Exported(to, stamped.secrecy, {layer.name: len(frame) for layer, frame in parts})


def _faults(found: Held, crs: str) -> pd.DataFrame:
    """Every named row of a fault at its place, and the pieces that are cut off as lines."""
    import geopandas
    import shapely

    from app.analysis.nearby.faults import cut_off, faults_of

    rows: list[dict[str, object]] = []
    for fault in faults_of(found.standing, found.inputs.frames):
        for k, name in enumerate(fault.ids):
            rows.append(
                {
                    "network_fault_id": f"{fault.code}-{k + 1}", "fault": fault.code,
                    "target_layer": fault.layer, "target_id": name,
                    "metres": float(fault.metres[k]) if len(fault.metres) else None,
                    "geometry": shapely.Point(fault.xy[k]) if len(fault.xy) else None,
                }
            )  # fmt: skip
    town = found.standing.town
    for number_, piece in enumerate(cut_off(found.standing), start=1):
        assert town is not None
        line = shapely.multilinestrings(list(town.graph.shape[piece.edges]))
        rows.append(
            {"network_fault_id": f"pieces-{number_}", "fault": "pieces", "length_m": piece.length_m,
             "geometry": line}
        )  # fmt: skip
    columns = [*FAULTS.column_names, "geometry"]
    layer: pd.DataFrame = geopandas.GeoDataFrame(
        rows, columns=columns, geometry="geometry", crs=crs
    )
    return layer
