"""Files that leave a plan, the same from the map and from the command line."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from app.errors import Language, Text, UsageError
from app.schema import LAYERS, Actor
from app.services import access
from app.services.plans import OpenPlan, known_layer


@dataclass(frozen=True)
class ExportRequest:
    """What is exported, by whom. ``options`` are those of the address or of the command line.

    ``layer``: one layer by name. ``filter``: a table filter as JSON. ``township``: one township.
    ``programme``: a programme's id. ``owner``: the utility whose conflicts, pits or
    pipes they are, ``format`` of these: xlsx or gpkg, of pipes xlsx or dxf; of ``weekly`` and ``notice``: docx, xlsx or html, with the
    day ``until`` of the one and the ``community`` of the other.
    """

    kind: str
    actor: Actor
    language: Language = "zh"
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Exported:
    """What was written: the file, its secrecy and the rows of each layer in it."""

    path: Path
    secrecy: str
    rows: dict[str, int]

    def as_json(self) -> dict[str, object]:
        return {
            "out": str(self.path),
            "secrecy": self.secrecy,
            "rows": self.rows,
            "bytes": self.path.stat().st_size,
        }


Writer = Callable[[OpenPlan, ExportRequest, Path], Exported]


def write_export(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    """Write one file whole: who looks for it finds the old one or the new one.

    Raises
    ------
    UsageError
        A kind that does not exist, an option that does not fit.
    NotAllowedError, NotFoundError
        The actor may not export this.
    """
    _suffix_of(request)
    access.require(request.actor, "export", "plan")
    if layer := request.options.get("layer"):
        access.require(request.actor, "export", known_layer(layer))
    return _KINDS[request.kind].write(plan.seen_by(request.actor), request, to)


def exported_name(plan: OpenPlan, request: ExportRequest) -> str:
    """The file's name: plan, layer if it is one, and the kind's ending."""
    named = [request.options.get(name, "") for name in ("layer", "owner", "community", "until")]
    about = (
        [request.kind] if request.kind in ("conflicts", "pits", "pipes", "weekly", "notice") else []
    )
    words = [plan.store.meta.plan_id, *about, *(word for word in named if word)]
    return re.sub(r"[^\w.-]+", "_", "-".join(words)) + _suffix_of(request)


def _suffix_of(request: ExportRequest) -> str:
    kind = request.kind
    if kind not in _KINDS:
        raise UsageError(
            Text(f"不能导出为 {kind}", f"there is no export called {kind}"),
            where=kind,
            fix=Text("可用：" + "、".join(_KINDS), "use one of: " + ", ".join(_KINDS)),
        )
    suffix = _KINDS[kind].suffix
    return suffix if isinstance(suffix, str) else suffix(request)


@contextmanager
def whole_file(to: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name only when it is complete."""
    to.parent.mkdir(parents=True, exist_ok=True)
    # Not a temporary file of the system: those are closed to everybody but their owner, also
    # after they got their name in a shared folder.
    part = to.with_name(f".{to.name}.{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            yield file
        os.replace(part, to)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


# --- kinds -------------------------------------------------------------------------------------------
def _gpkg(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    protected = all(
        access.can(request.actor, "export", layer.name)
        for layer in LAYERS.values()
        if layer.protected
    )
    to.parent.mkdir(parents=True, exist_ok=True)
    secrecy = plan.store.export_gpkg(
        to, request.actor, protected=protected, remarks=_remarks(plan, request.actor)
    )
    counts = plan.counts()
    kept = {n: c for n, c in counts.items() if c and (protected or not LAYERS[n].is_closed)}
    return Exported(to, secrecy, kept)


def _remarks(plan: OpenPlan, actor: Actor) -> dict[str, str]:
    """What a GeoPackage says about itself besides its secrecy: stale results with their reason,
    by layer too, and the rules that the plan changed."""
    from app.analysis import analysis_named
    from app.services.attention import stale_results
    from app.services.stamps import stamp

    said = stamp(plan, [], actor)
    remarks = {"待复核": "；".join(one.zh for one in said.stale)} if said.stale else {}
    if said.adjusted:
        remarks["本方案调整的规则"] = "；".join(one.zh for one in said.adjusted)
    for state in stale_results(plan):
        for layer in analysis_named(state.analysis).outputs:
            remarks[layer.name] = f"待复核：{state.reason.zh}"
    return remarks


def _geojson(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    from app.report.geojson import as_bytes, collection
    from app.services.stamps import stamp

    layer = request.options.get("layer", "")
    if not layer or not LAYERS[layer].is_spatial:
        drawn = [item.name for item in LAYERS.values() if item.is_spatial]
        raise UsageError(
            Text(
                "导出 GeoJSON 要指定一个有图形的图层", "a GeoJSON holds one layer with a geometry"
            ),
            where="layer",
            fix=Text("--layer，可用：" + "、".join(drawn), "--layer, one of: " + ", ".join(drawn)),
        )
    rows = chosen_rows(plan, layer, request)
    stamped = stamp(plan, [layer], request.actor)
    with whole_file(to) as file:
        file.write(as_bytes({**collection(rows, layer), "jiugai": stamped.as_json()}))
    return Exported(to, stamped.secrecy, {layer: len(rows)})


def _xlsx(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    from app.report.xlsx import Stamp, write_workbook
    from app.services.stamps import stamp
    from app.services.workbook import plan_sheets, table_sheet

    layer = request.options.get("layer", "")
    if layer:
        rows = chosen_rows(plan, layer, request)
        sheets, counts = [table_sheet(plan, layer, rows, request.language)], {layer: len(rows)}
    else:
        sheets, counts = plan_sheets(plan, request)
    stamped = stamp(plan, counts, request.actor)
    zh = request.language == "zh"
    with whole_file(to) as file:
        write_workbook(
            file,
            sheets,
            Stamp(
                stamped.title.in_language(request.language),
                stamped.lines(request.language),
                unknown="未知" if zh else "unknown",
                total="合计" if zh else "total",
            ),
        )
    return Exported(to, stamped.secrecy, counts)


def _map(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    from app.services.single_file_map import export_map
    from app.services.stamps import highest_secrecy

    made = export_map(
        plan,
        to,
        actor=request.actor,
        township=request.options.get("township") or None,
        programme=request.options.get("programme") or None,
        language=request.language,
    )
    shown = ("township", "community", "building", "road", "landcover")
    return Exported(to, highest_secrecy(plan, shown), {"community": made.communities})


def chosen_rows(plan: OpenPlan, layer: str, request: ExportRequest) -> Any:
    """The rows of a layer that the request's filter lets through."""
    from app.services.table import filtered

    text = request.options.get("filter", "")
    try:
        filters = json.loads(text) if text else {}
    except ValueError:
        filters = None
    if not isinstance(filters, dict):
        raise UsageError(
            Text("筛选条件不是 JSON 对象", "the filter is not a JSON object"),
            where="filter",
            fix=Text('例如 {"floors": {"min": 6}}', 'for example {"floors": {"min": 6}}'),
        )
    return filtered(plan, layer, filters)


@dataclass(frozen=True)
class _Kind:
    suffix: str | Callable[[ExportRequest], str]
    write: Writer


def _conflicts(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    from app.services.pipe_exports import export_conflicts

    return export_conflicts(plan, request, to)


def _pits(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    from app.services.pipe_exports import export_pits

    return export_pits(plan, request, to)


def _services(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    if request.options.get("format") == "gpkg":
        from app.services.nearby_layers import export_layers

        return export_layers(plan, request, to)
    from app.services.nearby_workbook import export_services

    return export_services(plan, request, to)


def _pipes(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    from app.services.pipe_delivery import export_pipes

    return export_pipes(plan, request, to)


def _pipes_format(request: ExportRequest) -> str:
    from app.services.pipe_delivery import delivery_suffix

    return delivery_suffix(request)


def _weekly(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    from app.services.programme_papers import export_weekly

    return export_weekly(plan, request, to)


def _notice(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    from app.services.programme_papers import export_notice

    return export_notice(plan, request, to)


def _by_paper(request: ExportRequest) -> str:
    from app.services.programme_papers import suffix_of

    return suffix_of(request)


def _inp(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    from app.services.swmm_export import export_inp

    return export_inp(plan, request, to)


def _by_format(request: ExportRequest) -> str:
    from app.services.pipe_exports import suffix_of

    return suffix_of(request)


_KINDS: dict[str, _Kind] = {
    "gpkg": _Kind(".gpkg", _gpkg),
    "geojson": _Kind(".geojson", _geojson),
    "xlsx": _Kind(".xlsx", _xlsx),
    "map": _Kind(".html", _map),
    "conflicts": _Kind(_by_format, _conflicts),
    "pits": _Kind(_by_format, _pits),
    "services": _Kind(_by_format, _services),
    "inp": _Kind(".inp", _inp),
    "pipes": _Kind(_pipes_format, _pipes),
    "weekly": _Kind(_by_paper, _weekly),
    "notice": _Kind(_by_paper, _notice),
}


def kinds() -> Sequence[str]:
    """What can be exported."""
    return tuple(_KINDS)
