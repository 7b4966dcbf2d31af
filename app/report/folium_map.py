"""One HTML file that shows a plan's scope on a map with no network: folium with all files inside."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import folium
import geopandas as gpd
import pandas as pd
import shapely
from folium import Element, Figure, MacroElement
from folium.template import Template
from folium.utilities import JsCode

from app.errors import AnalysisError, Text
from app.report.classes import class_limits, class_of

Named = TypeVar("Named", bound=Element)
_WGS84 = "EPSG:4326"
_DEGREES = 1e-6  # about a decimetre: the file is for looking, not for measuring
# What a browser would fetch: an attribute or a style that names another computer.
_REMOTE = re.compile(
    r"""(?:\b(?:src|href|action|poster|data)\s*=\s*\\?["']?|url\(\s*["']?|@import\s+["']?)\s*(?:https?:)?//[^\s"')]+""",
    re.IGNORECASE,
)
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@dataclass(frozen=True)
class Measure:
    """One amount by which communities are coloured; ``values`` holds ``None`` where unknown."""

    key: str
    label: str
    unit: str
    values: Mapping[str, float | None]
    decimals: int = 0


@dataclass(frozen=True)
class BaseLayer:
    """Something of the plan that is drawn quietly under the theme."""

    label: str
    frame: gpd.GeoDataFrame
    fill: str
    stroke: str
    width: float = 0.5


@dataclass(frozen=True)
class Sheet:
    """What the file shows. All texts are in the language of the file.

    ``communities`` has the columns ``community_id``, ``name``, ``search`` (spellings by which it
    is found, split by blanks), ``in_scope``, ``schematic`` and the columns of ``facts`` (column to
    label), which a click shows. ``townships`` has ``name`` and ``schematic``.
    """

    title: str
    language: str
    stamps: Sequence[str]
    attribution: str
    date: str
    notes: Sequence[str]
    townships: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    measures: Sequence[Measure]
    facts: Mapping[str, str]
    base: Sequence[BaseLayer]
    words: Mapping[str, str]
    colours: Mapping[str, str]


@dataclass(frozen=True)
class PageFiles:
    """The texts that go into the page: Leaflet's own, and ours."""

    leaflet_js: str
    leaflet_css: str
    images: Mapping[str, bytes]
    page_js: str
    page_css: str


def escaped(text: object) -> str:
    """Text that stays text wherever a page or a script template puts it."""
    return html.escape(str(text), quote=True).replace("`", "&#96;")


def single_file_map(sheet: Sheet, files: PageFiles) -> str:
    """The whole page.

    Raises
    ------
    AnalysisError
        The page would fetch something from another computer.
    """
    figure = Figure(title=None)
    page = _map(sheet)
    figure.add_child(page)
    communities = _communities(sheet)
    for number, layer in enumerate(sheet.base):
        _named(_base(layer), f"base_{number}").add_to(page)
    townships = _named(_townships(sheet), "townships")
    townships.add_to(page)
    _named(communities, "communities").add_to(page)
    control = folium.LayerControl(collapsed=True, position="topright")
    _named(control, "layers").add_to(page)
    page.add_child(_Start(page, communities, townships))
    _write_head(figure, sheet, files)
    text = _sealed(figure.render())
    require_no_remote(text)
    return text


def require_no_remote(text: str) -> None:
    """Refuse a page that would fetch anything.

    Raises
    ------
    AnalysisError
        It names another computer in a source, a link or a style.
    """
    found = sorted({match.group(0) for match in _REMOTE.finditer(text)})
    if found:
        raise AnalysisError(
            Text(
                f"页面仍引用外部地址（{len(found)} 处）：{found[0][:120]}",
                f"the page still names {len(found)} addresses on other computers: {found[0][:120]}",
            ),
            where="map",
            fix=Text("去掉该地址后重新导出", "take the address out and export again"),
        )


# --- layers ----------------------------------------------------------------------------------------


def _map(sheet: Sheet) -> folium.Map:
    places = [*sheet.townships.geometry, *sheet.communities.geometry]
    extent = gpd.GeoSeries(places, crs=sheet.townships.crs).to_crs(_WGS84)
    west, south, east, north = (float(value) for value in extent.total_bounds)
    page = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        control_scale=True,
        zoom_start=14,
        max_zoom=21,
        zoom_snap=0.25,
        attribution_control=True,
    )
    page.default_js, page.default_css = [], []
    page.fit_bounds([[south, west], [north, east]])
    return _named(page, "plan")


def _named(element: Named, name: str) -> Named:
    # folium numbers its elements at random; with names of our own the same plan is the same file.
    element._id = name
    for number, child in enumerate(list(element._children.values())):
        child._id = f"{name}_{number}"
    return element


def _features(frame: gpd.GeoDataFrame, columns: Sequence[str]) -> dict[str, object]:
    shapes = frame.geometry.to_crs(_WGS84).to_numpy()
    shapes = shapely.set_precision(shapes, _DEGREES, mode="pointwise")
    cells = frame[list(columns)].to_dict("records") if columns else [{} for _ in shapes]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {name: _cell(value) for name, value in row.items()},
                "geometry": json.loads(shapely.to_geojson(shape)),
            }
            for row, shape in zip(cells, shapes, strict=True)
            if not shape.is_empty
        ],
    }


def _cell(value: object) -> object:
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, dict):
        return {key: _cell(inner) for key, inner in value.items()}
    return value


def _base(layer: BaseLayer) -> folium.GeoJson:
    return folium.GeoJson(
        _features(layer.frame, []),
        name=escaped(layer.label),
        color=layer.stroke,
        weight=layer.width,
        fill_color=layer.fill,
        fill_opacity=1,
        interactive=False,
        renderer=JsCode("singleMapCanvas()"),
    )


def _townships(sheet: Sheet) -> folium.GeoJson:
    return folium.GeoJson(
        _features(sheet.townships, ["name", "schematic"]),
        name=escaped(sheet.words["townships"]),
        color="#374151",
        weight=2,
        fill=False,
        interactive=False,
    )


def _communities(sheet: Sheet) -> folium.GeoJson:
    frame = sheet.communities.copy()
    limits = {m.key: class_limits([v for v in m.values.values() if v]) for m in sheet.measures}
    keys = frame["community_id"].astype(str)
    frame["classes"] = [
        {m.key: _class(sheet, m, key, inside, limits[m.key]) for m in sheet.measures}
        for key, inside in zip(keys, frame["in_scope"], strict=True)
    ]
    for measure in sheet.measures:
        frame[measure.key] = [shown(measure, measure.values.get(key), sheet.words) for key in keys]
    fields = ["name", *(m.key for m in sheet.measures), *sheet.facts]
    labels = [sheet.words["name"], *(m.label for m in sheet.measures), *sheet.facts.values()]
    first = sheet.measures[0]
    return folium.GeoJson(
        _features(frame, [*fields, "community_id", "classes", "schematic"]),
        name=escaped(sheet.words["communities"]),
        tooltip=folium.GeoJsonTooltip(["name", first.key], ["", escaped(first.label)], labels=True)
        if len(frame)
        else None,
        popup=folium.GeoJsonPopup(fields, [escaped(label) for label in labels])
        if len(frame)
        else None,
    )


def _class(
    sheet: Sheet, measure: Measure, key: str, in_scope: bool, limits: Sequence[float]
) -> str:
    return class_of(measure.values.get(key), limits) if in_scope else "outside"


def shown(measure: Measure, value: float | None, words: Mapping[str, str]) -> str:
    """An amount as people read it; never 0 or blank where it is unknown."""
    if value is None:
        return words["unknown"]
    return f"{value:,.{measure.decimals}f} {measure.unit}"


# --- page ------------------------------------------------------------------------------------------


class _Html(Element):
    """Text that goes into the page as it is; branca would take it for a template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = self._id = "html"
        self.text = text


class _Start(MacroElement):
    """Hands the layers to our script, after folium has made them."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        singleMapStart({{ this.page }}, {{ this.communities }}, {{ this.townships }});
        {% endmacro %}
        """
    )

    def __init__(self, page: Element, communities: Element, townships: Element) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "start"
        self._id = "start"
        self.page = page.get_name()
        self.communities = communities.get_name()
        self.townships = townships.get_name()


def _write_head(figure: Figure, sheet: Sheet, files: PageFiles) -> None:
    css = files.leaflet_css
    for name, content in files.images.items():
        data = base64.b64encode(content).decode("ascii")
        css = css.replace(f"url(images/{name})", f"url(data:image/png;base64,{data})")
    # Leaflet names its home page in the corner of every map; a file that must not name other
    # computers says so in words.
    leaflet = files.leaflet_js.replace('href="https://leafletjs.com"', 'data-by="leaflet"')
    head = (
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escaped(sheet.title)}</title>"
        f"<style>{css}\n{files.page_css}</style>"
        f"<script>{_in_script(leaflet)}</script>"
        f"<script>{_in_script(files.page_js)}</script>"
    )
    figure.header.add_child(_Html(head), name="single_map", index=0)
    figure.html.add_child(_Html(_panel(sheet)), name="panel", index=0)


def _in_script(text: str) -> str:
    return re.sub(r"<(/script|!--)", r"<\\\1", text, flags=re.IGNORECASE)


def _panel(sheet: Sheet) -> str:
    footer = "<br>".join(escaped(s) for s in (*sheet.notes, sheet.attribution, sheet.date))
    stamps = "".join(f"<li>{escaped(stamp)}</li>" for stamp in sheet.stamps)
    return (
        f'<main id="panel" lang="{escaped(sheet.language)}">'
        f'<h1>{escaped(sheet.title)}</h1><ul id="stamps">{stamps}</ul>'
        f'<fieldset id="measures"><legend>{escaped(sheet.words["colour_by"])}</legend></fieldset>'
        f'<section id="legend" aria-live="polite"></section>'
        f'<label for="search">{escaped(sheet.words["search"])}</label>'
        f'<input id="search" type="search" autocomplete="off">'
        f'<p id="found" role="status"></p><ol id="list"></ol>'
        f"<footer>{footer}</footer></main>"
        f'<script type="application/json" id="sheet">{_in_page_data(sheet)}</script>'
    )


def _in_page_data(sheet: Sheet) -> str:
    """What our script reads: plain texts, which it only ever writes as text."""
    rows = [
        {"id": str(row.community_id), "name": str(row.name), "search": str(row.search).lower()}
        for row in sheet.communities.sort_values("name").itertuples()
    ]
    measures = [_legend(sheet, measure) for measure in sheet.measures]
    data = {
        "attribution": sheet.attribution,
        "colours": dict(sheet.colours),
        "words": dict(sheet.words),
        "communities": rows,
        "measures": measures,
    }
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _legend(sheet: Sheet, measure: Measure) -> dict[str, object]:
    limits = class_limits([value for value in measure.values.values() if value])
    communities = sheet.communities
    codes = [
        _class(sheet, measure, str(key), bool(inside), limits)
        for key, inside in zip(communities["community_id"], communities["in_scope"], strict=True)
    ]
    counts = pd.Series(codes, dtype=str).value_counts()
    lower = [0.0, *limits][: len(limits)]
    classes = [
        {
            "code": str(number),
            "label": f"{low:,.{measure.decimals}f} – {high:,.{measure.decimals}f} {measure.unit}",
        }
        for number, (low, high) in enumerate(zip(lower, limits, strict=True), start=1)
    ]
    for code in ("zero", "unknown", "outside"):
        classes.append({"code": code, "label": sheet.words[code]})
    listed = [{**row, "count": int(counts.get(row["code"], 0))} for row in classes]
    return {
        "key": measure.key,
        "label": measure.label,
        "classes": [row for row in listed if row["count"]],
    }


def _sealed(text: str) -> str:
    """The page with a rule for the browser: run these scripts and no others, fetch nothing."""
    text = text.replace("\r\n", "\n")
    hashes = sorted(
        {
            base64.b64encode(hashlib.sha256(body.encode("utf-8")).digest()).decode("ascii")
            for body in _SCRIPT.findall(text)
        }
    )
    allowed = " ".join(f"'sha256-{value}'" for value in hashes)
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    return text.replace("<head>", f"<head>\n{meta}", 1)
