"""Layers as packed arrays for the tile worker, kept compressed until a row changes."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from app.errors import Text, UsageError
from app.schema import LAYERS
from app.schema.styles import LAYER_STYLES
from app.services.plans import OpenPlan, known_layer

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

# What the legend filters and the themes need beside the columns that drawing needs.
_EXTRA: dict[str, tuple[str, ...]] = {
    "building": ("community_id", "use", "year_built", "households", "owner_kind", "structure"),
    "community": ("township_id", "year_built", "owner_kind"),
    "township": ("code",),
    "service": ("state",),
    "wall": ("passable",),
    "work": ("state",),
}
# Columns that are not stored: joined from the layers behind them.
_JOINED: dict[str, tuple[str, ...]] = {
    "building": ("community", "programme_member"),
    "community": ("programme_member",),
}


def pack_inputs(layer: str) -> tuple[str, ...]:
    """The layers whose change makes a new pack of ``layer``."""
    return (layer, *_JOINED.get(layer, ()))


def packed(plan: OpenPlan, layer: str) -> bytes:
    """The layer in the format of ``app.report.pack``, gzip-compressed.

    Beside stored columns, ``building`` has ``township_id``; ``building`` and ``community`` have
    ``programme``: the ids of the programmes they are in, joined by ``|``, unknown code for none.

    Raises
    ------
    UsageError
        The layer has no geometry.
    """
    known_layer(layer)
    if not LAYERS[layer].is_spatial:
        raise UsageError(
            Text(f"{LAYERS[layer].label.zh}没有图形", f"{layer} has no geometry"),
            where=layer,
            fix=Text("用表格查看", "read it as a table"),
        )
    return plan.kept(("pack", layer), pack_inputs(layer), lambda: _pack(plan, layer))


def _pack(plan: OpenPlan, layer: str) -> bytes:
    from app.report.pack import pack_layer

    rows: GeoDataFrame = plan.frame(layer)
    styled = LAYER_STYLES[layer].columns if layer in LAYER_STYLES else ()
    columns = [name for name in (*styled, *_EXTRA.get(layer, ())) if name in rows]
    if layer in _JOINED:
        rows = rows[[f"{layer}_id", *dict.fromkeys(columns), "geometry"]].copy()
        rows["programme"] = rows[f"{layer}_id"].map(_programmes(plan, layer))
        columns.append("programme")
    if layer == "building":
        township_of = plan.frame("community").set_index("community_id")["township_id"]
        rows["township_id"] = rows["community_id"].map(township_of)
        columns.append("township_id")
    data = pack_layer(rows, layer=layer, columns=list(dict.fromkeys(columns)))
    return gzip.compress(data, compresslevel=4, mtime=0)


def _programmes(plan: OpenPlan, layer: str) -> dict[str, str]:
    from app.analysis.totals import WITHDRAWN

    members = plan.frame("programme_member")
    named = members[(members["target_layer"] == layer) & (members["state"] != WITHDRAWN)]
    by_target = named.sort_values("programme_id").groupby("target_id")["programme_id"]
    return {str(target): "|".join(dict.fromkeys(ids)) for target, ids in by_target}
