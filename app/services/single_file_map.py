"""The single-file map of a plan or of one township: what goes into it, and under which stamps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import Language, NotFoundError, Text
from app.report.plain import flag, text
from app.schema import DOMAINS, layer_named
from app.schema.actor import Actor
from app.schema.styles import LANDCOVER_CLASSES, LEGENDS
from app.services.access import require
from app.services.pinyin import ways
from app.services.plans import OpenPlan
from app.services.summary import summary

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from app.report.folium_map import BaseLayer, Measure, Sheet

DRAWN = ("township", "community", "building", "road", "landcover")
_AROUND_M = 60.0  # streets on the boundary of a township are drawn on both of their sides
_FEN_PER_WAN_YUAN = 1_000_000
_WORDS = {
    "name": Text("名称", "name"),
    "communities": Text("小区", "communities"),
    "townships": Text("乡镇", "townships"),
    "unknown": Text("未知", "unknown"),
    "zero": Text("零", "zero"),
    "outside": Text("不在本年度计划内", "not in this programme"),
    "colour_by": Text("着色依据", "coloured by"),
    "search": Text("搜索名称、拼音或首字母", "search by name, pinyin or initials"),
    "schematic": Text("示意", "schematic"),
    "no_township": Text("未知乡镇", "township unknown"),
}
_FACTS = {
    "township": Text("乡镇", "township"),
    "year": Text("建成年代", "year built"),
    "owner": Text("产权类别", "owner kind"),
    "stage": Text("实施阶段", "stage"),
    "basic": Text("基础类（万元）", "basic (10,000 yuan)"),
    "improved": Text("完善类（万元）", "improved (10,000 yuan)"),
    "upgraded": Text("提升类（万元）", "upgraded (10,000 yuan)"),
    "missing": Text("未计入的未知项", "unknown and not counted"),
}
_MEASURES = (
    ("cost_fen", Text("投资", "cost"), Text("万元", "×10,000 yuan"), 2),
    ("households", Text("户数", "households"), Text("户", "households"), 0),
    ("floor_area_m2", Text("建筑面积", "floor area"), Text("m²", "m²"), 0),
    ("buildings", Text("楼栋", "buildings"), Text("栋", "buildings"), 0),
)
_MISSING = {
    "households": Text("户数 {} 栋", "households of {} buildings"),
    "floor_area_m2": Text("面积 {} 栋", "floor area of {} buildings"),
    "cost_fen": Text("造价 {} 项", "cost of {} items"),
}


@dataclass(frozen=True)
class MapFile:
    """What was written: where, how large, how many communities it shows and its stamps."""

    path: Path
    size_bytes: int
    communities: int
    stamps: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        return {
            "out": str(self.path),
            "bytes": self.size_bytes,
            "communities": self.communities,
            "stamps": list(self.stamps),
        }


def export_map(
    plan: OpenPlan,
    out: Path,
    *,
    actor: Actor,
    township: str | None = None,
    programme: str | None = None,
    language: Language = "zh",
) -> MapFile:
    """Write one HTML file that shows the scope of the plan, or of one township, with no network.

    Raises
    ------
    NotFoundError
        No such township or programme, no place at all to draw, or set-up has not brought the
        browser files.
    NotAllowedError
        The actor may not export.
    AnalysisError
        The page would name another computer; nothing is written.
    """
    require(actor, "export")
    from app.report.folium_map import PageFiles, single_file_map
    from app.store.disk import write_whole
    from app.store.page_files import page_files

    sheet = map_sheet(plan, township=township, programme=programme, language=language)
    content = single_file_map(sheet, PageFiles(**page_files())).encode("utf-8")
    write_whole(out, content)
    return MapFile(out, len(content), len(sheet.communities), tuple(sheet.stamps))


def map_sheet(
    plan: OpenPlan, *, township: str | None, programme: str | None, language: Language
) -> Sheet:
    """What the file shows, in one language."""
    from app.report.folium_map import Sheet

    counted = summary(plan, programme=programme, language=language)
    chosen = _chosen(counted, township)
    shown = [*chosen, *_outside(counted)] if township is None else chosen
    townships = plan.frame("township")
    townships = townships[townships["township_id"].isin([item["id"] for item in chosen])]
    rows = [_community(item, row, language) for item in shown for row in item["communities"]]
    communities = _joined(plan, rows)
    if townships.empty and communities.empty:
        raise NotFoundError(
            Text("方案里还没有乡镇和小区", "the plan has no township and no community to draw"),
            where="map",
            fix=Text("先导入乡镇或小区图层", "import a layer of townships or communities first"),
        )
    base = _base_frames(plan, townships, communities)
    drawn = {"township": townships, "community": communities, **base}
    return Sheet(
        title=_title(plan, counted, chosen if township else [], language),
        language=language,
        stamps=_stamps(plan, drawn, language),
        attribution=_attribution(plan, drawn),
        date=_date(drawn, language),
        notes=_notes(counted, language) if township is None else (),
        townships=_named_townships(townships, language),
        communities=communities,
        measures=_measures(rows, language),
        facts={key: words.in_language(language) for key, words in _FACTS.items()},
        base=_base_layers(base, language),
        words={key: words.in_language(language) for key, words in _WORDS.items()},
        colours=_colours(),
    )


def _chosen(counted: dict[str, Any], township: str | None) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = counted["townships"]
    if township is None:
        return listed
    found = [item for item in listed if township in (item["id"], item["name"], item["name_en"])]
    if found:
        return found
    names = [str(item["name"]) for item in listed]
    raise NotFoundError(
        Text(f"没有乡镇“{township}”", f"there is no township {township!r}"),
        where="--township",
        fix=Text("可用：" + "、".join(names), "use one of: " + ", ".join(names)),
    )


def _outside(counted: dict[str, Any]) -> list[dict[str, Any]]:
    """Communities of no known township, under a township of that name."""
    rest = counted["unassigned"]
    if not rest or not rest["communities"]:
        return []
    name = _WORDS["no_township"]
    return [{"id": None, "name": name.zh, "name_en": name.en, "communities": rest["communities"]}]


def _title(
    plan: OpenPlan, counted: dict[str, Any], chosen: list[dict[str, Any]], language: Language
) -> str:
    meta = plan.store.meta
    title = meta.title if language == "zh" else meta.title_en or meta.title
    programme = counted["programme"]
    if programme and language == "zh" and programme["name"]:
        title = str(programme["name"])
    places = [_name(item, language) for item in chosen]
    return " · ".join([title, *places])


def _name(item: dict[str, Any], language: Language) -> str:
    return str(item["name_en"] if language == "en" and item["name_en"] else item["name"])


# --- communities -----------------------------------------------------------------------------------


def _community(item: dict[str, Any], row: dict[str, Any], language: Language) -> dict[str, Any]:
    unknown = _WORDS["unknown"].in_language(language)
    missing = [
        words.in_language(language).format(row["totals"]["unknown"][key])
        for key, words in _MISSING.items()
        if row["totals"]["unknown"].get(key)
    ]
    spellings = sorted({part for pair in ways(str(row["name"])) for part in pair})
    return {
        "community_id": row["id"],
        "name": _name(row, language),
        "search": " ".join([*spellings, str(row["id"]), str(row["name"]).replace(" ", "")]),
        "in_scope": row["in_programme"],
        "amounts": _amounts(row),
        "township": _name(item, language),
        "year": str(row["year_built"] or unknown),
        "owner": _coded("owner_kind", row["owner_kind"], language),
        "stage": _coded("stage", row["stage"], language),
        **{key: _wan_yuan(row["categories"][key], row) or unknown for key in _CATEGORIES},
        "missing": ("、" if language == "zh" else ", ").join(missing) or "—",
    }


_CATEGORIES = ("basic", "improved", "upgraded")


def _amounts(row: dict[str, Any]) -> dict[str, float | None]:
    """The totals; ``None`` where nothing is known: no items is no cost that anybody knows."""
    totals = row["totals"]
    amounts: dict[str, float | None] = {
        key: float(totals[key]) or None for key in ("cost_fen", "households", "floor_area_m2")
    }
    cost = amounts["cost_fen"]
    amounts["cost_fen"] = None if cost is None else cost / _FEN_PER_WAN_YUAN
    for key in ("households", "floor_area_m2"):
        if amounts[key] is None and not totals["unknown"].get(key) and totals["buildings"]:
            amounts[key] = 0.0  # every building says so
    amounts["buildings"] = float(totals["buildings"])
    return amounts


def _wan_yuan(fen: int, row: dict[str, Any]) -> str:
    known = row["totals"]["cost_fen"] > 0
    return f"{fen / _FEN_PER_WAN_YUAN:,.2f}" if known else ""


def _coded(domain: str, code: object, language: Language) -> str:
    known = text(code)
    if known is None or known == "unknown":
        return _WORDS["unknown"].in_language(language)
    return DOMAINS[domain].label_of(known, language)


def _joined(plan: OpenPlan, rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    frame = plan.frame("community")
    columns = ["community_id", "name", "search", "in_scope", *_FACTS]
    table = pd.DataFrame([{key: row[key] for key in columns} for row in rows], columns=columns)
    shapes = frame[["community_id", "geometry", "schematic", "dataset_id", "updated_at"]]
    joined = table.merge(shapes, on="community_id", how="inner")
    joined["schematic"] = [bool(flag(value)) for value in joined["schematic"]]
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=plan.store.meta.crs)


def _measures(rows: list[dict[str, Any]], language: Language) -> tuple[Measure, ...]:
    from app.report.folium_map import Measure

    made = [
        Measure(
            key,
            label.in_language(language),
            unit.in_language(language),
            {str(row["community_id"]): row["amounts"][key] for row in rows},
            decimals,
        )
        for key, label, unit, decimals in _MEASURES
    ]
    # What nothing is known of comes last: the file opens on something that can be compared.
    return tuple(sorted(made, key=lambda one: not any(one.values.values())))


# --- what is under it ------------------------------------------------------------------------------


def _base_frames(
    plan: OpenPlan, townships: gpd.GeoDataFrame, communities: gpd.GeoDataFrame
) -> dict[str, gpd.GeoDataFrame]:
    import shapely

    # A community of no township may lie outside all of them and has its streets all the same.
    places = [*townships.geometry, *communities.geometry]
    around = shapely.union_all(places).buffer(_AROUND_M)
    shapely.prepare(around)
    found = {}
    for layer in ("landcover", "road", "building"):
        frame = plan.frame(layer)
        found[layer] = frame[shapely.intersects(around, frame.geometry.to_numpy())]
    return found


def _base_layers(frames: dict[str, gpd.GeoDataFrame], language: Language) -> tuple[BaseLayer, ...]:
    from app.report.folium_map import BaseLayer

    colours = {one.code: str(one.color) for one in LEGENDS["base"].classes}
    ground = frames["landcover"]["cover"].map(LANDCOVER_CLASSES)
    layers = [
        BaseLayer(
            f"{layer_named('landcover').label.in_language(language)} {number}",
            frames["landcover"][ground == code],
            colours[code],
            colours[code],
        )
        for number, code in enumerate(("farm", "paved", "green", "water"), start=1)
    ]
    for layer, fill, stroke in (
        ("road", "street", "casing"),
        ("building", "building", "building_edge"),
    ):
        label = layer_named(layer).label.in_language(language)
        layers.append(BaseLayer(label, frames[layer], colours[fill], colours[stroke]))
    return tuple(layer for layer in layers if len(layer.frame))


def _named_townships(frame: gpd.GeoDataFrame, language: Language) -> gpd.GeoDataFrame:
    named = frame[["name", "name_en", "schematic", "geometry"]].copy()
    if language == "en":
        named["name"] = named["name_en"].fillna(named["name"])
    named["schematic"] = [bool(flag(value)) for value in named["schematic"]]
    return named.drop(columns="name_en")


def _colours() -> dict[str, str]:
    amounts = {one.code: str(one.color) for one in LEGENDS["amount"].classes}
    return {**amounts, "outside": "#ffffff"}


# --- stamps ----------------------------------------------------------------------------------------


def _datasets(plan: OpenPlan, drawn: dict[str, Any]) -> tuple[pd.DataFrame, bool]:
    """The deliveries behind what is drawn, and whether all of them say how secret they are."""
    used = {key for frame in drawn.values() for key in frame["dataset_id"].dropna()}
    undocumented = any(frame["dataset_id"].isna().any() for frame in drawn.values())
    datasets = plan.frame("dataset")
    datasets = datasets[datasets["dataset_id"].isin(used)]
    return datasets, not undocumented and bool(datasets["secrecy"].notna().all())


def _stamps(plan: OpenPlan, drawn: dict[str, Any], language: Language) -> tuple[str, ...]:
    datasets, complete = _datasets(plan, drawn)
    zh = language == "zh"
    stamps = []
    if plan.store.meta.is_demo or datasets["is_demo"].fillna(False).astype(bool).any():
        stamps.append("演示数据" if zh else "demonstration data")
    schematic = (drawn[layer]["schematic"] for layer in ("township", "community"))
    if any(bool(flag(value)) for column in schematic for value in column):
        stamps.append("示意边界" if zh else "schematic boundaries")
    codes = DOMAINS["secrecy"].values
    held = [codes.index(code) for code in datasets["secrecy"].dropna()]
    label = DOMAINS["secrecy"].label_of(codes[max(held)], language) if held else ""
    rest = "" if complete else ("部分数据未标注" if zh else "some data not marked")
    said = ("，" if zh else ", ").join(part for part in (label, rest) if part)
    stamps.append(f"密级：{said}" if zh else f"secrecy: {said}")
    return tuple(stamps)


def _attribution(plan: OpenPlan, drawn: dict[str, Any]) -> str:
    datasets, _ = _datasets(plan, drawn)
    said = dict.fromkeys([plan.store.meta.attribution, *datasets["attribution"].dropna()])
    texts = [one for one in said if one]
    return "; ".join(t for t in texts if not any(t != other and t in other for other in texts))


def _notes(counted: dict[str, Any], language: Language) -> tuple[str, ...]:
    """What a reader could miss: communities that lie in no township."""
    count = sum(len(item["communities"]) for item in _outside(counted))
    if not count:
        return ()
    words = Text(
        f"{count} 个小区未划入乡镇，乡镇写作“未知乡镇”",
        f"{count} communities lie in no township; theirs reads “township unknown”",
    )
    return (words.in_language(language),)


def _date(drawn: dict[str, Any], language: Language) -> str:
    times = [str(value)[:10] for frame in drawn.values() for value in frame["updated_at"].dropna()]
    day = max(times, default="")
    return f"数据截至 {day}" if language == "zh" else f"data as of {day}"
