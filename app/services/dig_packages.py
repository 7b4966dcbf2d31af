"""Dig-once packages and trial pits as the page lists them, and what stands behind their figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import Language, NotFoundError, Text, UsageError
from app.report.plain import document, is_missing, moment, number, text, whole
from app.schema import LAYERS
from app.services.detail import name_of
from app.services.meta import both
from app.services.pipe_conflicts import UNKNOWN, WGS84, organisation_name
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    import geopandas

_FIGURES: dict[str, tuple[str, tuple[str, ...]]] = {
    # figure -> (unit, terms of the saving table that it rests on)
    "shared_m": ("m", ()),
    "saved_m": ("m", ()),
    "repaving_m2": ("m²", ("trench_width", "repaving_margin", "added_width")),
    "saved_repaving_m2": ("m²", ("trench_width", "repaving_margin", "added_width")),
    "saved_fen": ("", ("trench_cost", "repaving_cost", "setup_cost")),
    "lead_id": ("", ()),
}
_FORMULAS = {
    "shared_m": Text("两项及以上工程共用的沟槽长度：各线路中有另一条在双方距离以内并行的部分，只计一次",
                     "trench that serves two digs or more: where lines run side by side within both "
                     "parties' distance, counted once"),
    "saved_m": Text("按共沟最多者先开，其余工程在共沟段不再另开的长度之和",
                    "who shares most opens first; the metres that the others need not open again"),
    "repaving_m2": Text("共沟长度 ×（沟宽 + 两侧恢复加宽）+ 每多一项加宽 × 少挖长度",
                        "shared trench × (trench width + margins) + widening × trench not dug again"),
    "saved_repaving_m2": Text("少挖长度 ×（该项沟宽 + 两侧恢复加宽 − 共沟加宽）",
                              "trench not dug again × (its width + margins − widening)"),
    "lead_id": Text("包内开挖总长最多的单位；相同时先开工的单位", "who opens most metres; of equals who starts first"),
}  # fmt: skip


def dig_list(plan: OpenPlan, *, language: Language) -> dict[str, object]:
    """``{state, packages, totals}``; a package has figures, parties, members and lines in degrees."""
    from app.services.verdicts import state_of

    frame: Any = plan.frame("corridor")
    names = _organisations(plan, language)
    drawn = _lines(frame, plan.store.meta.crs)
    packages = [
        {**_package(plan, row, names, language), "lines": lines}
        for row, lines in zip(frame.to_dict("records"), drawn, strict=True)
    ]
    packages.sort(key=lambda one: (-int(str(one["saved_fen"] or 0)), str(one["id"])))
    figures = ("shared_m", "saved_m", "repaving_m2", "saved_repaving_m2", "saved_fen")
    return {
        "state": state_of(plan, "corridors", language),
        "packages": packages,
        "totals": {name: sum(one[name] or 0 for one in packages) for name in figures},
    }


def _organisations(plan: OpenPlan, language: Language) -> dict[str, str]:
    rows = plan.table("organisation").to_dict("records")
    return {str(row["organisation_id"]): organisation_name(row, language) for row in rows}


def _package(
    plan: OpenPlan, row: dict[Any, Any], names: dict[str, str], language: Language
) -> dict[str, Any]:
    lead = text(row["lead_id"]) or ""
    return {
        "id": str(row["corridor_id"]),
        "name": _item_name(plan, text(row["name"]) or str(row["corridor_id"]), language),
        "kind": row["kind"],
        "organisations": [
            {"id": name, "name": names.get(name, name)}
            for name in document(row["organisation_ids"]) or []
        ],
        "lead": {"id": lead, "name": names.get(lead, lead)} if lead else None,
        "starts_on": (moment(row["starts_on"]) or "")[:10],
        "ends_on": (moment(row["ends_on"]) or "")[:10],
        "members": [_member(plan, str(key), names, language) for key in document(row["member_ids"])],
        "place": _place(plan, document(row["member_ids"]), language),
        "overlaps": document(row["overlaps"]) or [],
        **{name: number(row[name]) for name in ("shared_m", "saved_m", "repaving_m2", "saved_repaving_m2")},
        "saved_fen": whole(row["saved_fen"]),
    }  # fmt: skip


def _item_name(plan: OpenPlan, name: str, language: Language) -> str:
    """A dig that is an item of the scope is called as the catalogue calls it."""
    item = plan.row("work_item", name)
    return name if item is None else name_of(LAYERS["work_item"], item, language)


def _member(
    plan: OpenPlan, key: str, names: dict[str, str], language: Language
) -> dict[str, object]:
    """One planned dig: what it is, whose, when."""
    layer_name, _, row_id = key.partition(":")
    row = plan.row(layer_name, row_id) if layer_name in LAYERS else None
    told: dict[str, object] = {"key": key, "layer": layer_name, "id": row_id, "name": row_id,
                               "owner": "", "starts_on": "", "ends_on": ""}  # fmt: skip
    if row is None:
        return told
    owner = text(row.get("owner_id") or row.get("organisation_id") or row.get("lead_id")) or ""
    starts, ends = ("works_from", "works_to") if layer_name == "pipe" else ("starts_on", "ends_on")
    named = (
        _item_name(plan, str(row["work_item_id"]), language)
        if layer_name == "community_item"
        else name_of(LAYERS[layer_name], row, language)
    )
    return told | {
        "name": named,
        "layer_label": both(LAYERS[layer_name]),
        "owner": names.get(owner, owner),
        "starts_on": (moment(row.get(starts)) or "")[:10],
        "ends_on": (moment(row.get(ends)) or "")[:10],
    }


def _place(plan: OpenPlan, keys: list[str], language: Language) -> str:
    """The community that a member of the package belongs to; empty in the streets."""
    for key in keys:
        layer_name, _, row_id = str(key).partition(":")
        row = plan.row(layer_name, row_id) if layer_name == "community_item" else None
        named = plan.row("community", text(row.get("community_id")) or "") if row else None
        if named is not None:
            return name_of(LAYERS["community"], named, language)
    return ""


def _lines(frame: geopandas.GeoDataFrame, crs: str) -> list[list[list[list[float]]]]:
    import geopandas
    import shapely

    turned = geopandas.GeoSeries(frame.geometry.to_numpy(), crs=crs).to_crs(WGS84)
    return [
        [
            [[round(x, 7), round(y, 7)] for x, y in shapely.get_coordinates(part)]
            for part in ([] if shape is None else shapely.get_parts(shape))
        ]
        for shape in turned
    ]


# --- why ---------------------------------------------------------------------------------------------------
def why_package(
    plan: OpenPlan, package_id: str, figure: str, standards: Path, *, language: Language
) -> dict[str, object]:
    """Behind one figure of a package: formula with its numbers, members, rules, run.

    Raises
    ------
    UsageError
        No such figure.
    NotFoundError
        No such package in the current result.
    """
    from app.services.verdicts import clause
    from app.services.why_results import run_behind

    if figure not in _FIGURES:
        raise UsageError(
            Text(f"没有指标 {figure}", f"there is no figure {figure}"),
            where="figure",
            fix=Text("可用：" + "、".join(_FIGURES), "use one of: " + ", ".join(_FIGURES)),
        )
    row = plan.row("corridor", package_id)
    if row is None:
        raise NotFoundError(
            Text(
                f"当前结果中没有共同开挖包 {package_id}", f"the result has no package {package_id}"
            ),
            where=package_id,
            fix=Text("刷新列表", "reload the list"),
        )
    names = _organisations(plan, language)
    package = _package(plan, row, names, language)
    unit, terms = _FIGURES[figure]
    column = LAYERS["corridor"].column(figure)
    formula = _money(plan, row) if figure == "saved_fen" else _FORMULAS[figure]
    lead = package["lead"]
    told = lead["name"] if figure == "lead_id" and lead else ""
    return {
        "title": f"{package['name']} · {column.label.in_language(language)}",
        "value": None if figure == "lead_id" else package[figure],
        "shown": told,
        "is_money": figure == "saved_fen",
        "unit": unit,
        "formula": formula.in_language(language),
        "notes": [],
        "evidence": [_fact(member, language) for member in package["members"]],
        "clauses": [clause(plan, standards, "dig_saving", rule, language) for rule in _rules(plan, terms)],
        **run_behind(plan, "corridors", language),
    }  # fmt: skip


def _fact(member: dict[str, Any], language: Language) -> dict[str, object]:
    days = " – ".join(filter(None, (member["starts_on"], member["ends_on"])))
    return {
        "layer": member["layer"],
        "layer_label": member.get("layer_label", member["layer"]),
        "id": member["id"],
        "name": member["name"],
        "label": {"zh": "单位与工期", "en": "party and period"},
        "shown": " · ".join(filter(None, (member["owner"], days))),
        "unknown": not (member["owner"] or days),
    }


def _rules(plan: OpenPlan, terms: tuple[str, ...]) -> list[str]:
    from app.services.runs import rule_book

    table = rule_book(plan.store).table("dig_saving")
    return [row.rule_id for row in table.rows if getattr(row, "term", "") in terms]


def _money(plan: OpenPlan, row: dict[str, Any]) -> Text:
    """The saving as the sum it is, with the figures in force."""
    from app.rules.conflicts import DigSavingTable
    from app.services.runs import rule_book

    table = rule_book(plan.store).table("dig_saving")
    assert isinstance(table, DigSavingTable)
    cost = {name: table.term(name) for name in ("trench_cost", "repaving_cost", "setup_cost")}
    trench, area = float(row["saved_m"]), float(row["saved_repaving_m2"])
    known = 0 if is_missing(row["saved_fen"]) else int(row["saved_fen"])
    rest = known / 100 - trench * cost["trench_cost"] - area * cost["repaving_cost"]
    openings = round(rest / cost["setup_cost"]) if cost["setup_cost"] else 0
    figures = (f"{trench:,.2f} m × {cost['trench_cost']:g} + {area:,.2f} m² × "
               f"{cost['repaving_cost']:g} + {openings} × {cost['setup_cost']:g}")  # fmt: skip
    return Text(
        f"少挖长度 × 开挖单价 + 少恢复面积 × 路面单价 + 少进场次数 × 进场费 = {figures}（元）",
        f"trench saved × its cost + area saved × its cost + openings avoided × set-up = {figures} (yuan)",
    )


# --- trial pits --------------------------------------------------------------------------------------------
def pit_list(plan: OpenPlan, owner: str, *, language: Language) -> dict[str, object]:
    """``{state, owners, pits}``: the pits of one owner ('' for all), most settling first."""
    import geopandas

    from app.services.verdicts import state_of

    frame: Any = plan.frame("trial_pit")
    names = _organisations(plan, language)
    owners = frame["owner_id"].fillna("").astype(str)
    counts = {str(name): int(n) for name, n in owners.value_counts().items()}
    rows = frame[owners == ("" if owner == UNKNOWN else owner)] if owner else frame
    places = geopandas.GeoSeries(rows.geometry.to_numpy(), crs=plan.store.meta.crs).to_crs(WGS84)
    pits = [
        {
            "id": str(row["trial_pit_id"]), "owner_id": text(row["owner_id"]) or "",
            "settles": whole(row["settles"]), "conflict_ids": document(row["conflict_ids"]) or [],
            "x": number(row["x"]), "y": number(row["y"]),
            "lon": round(place.x, 7), "lat": round(place.y, 7),
        }
        for row, place in zip(rows.to_dict("records"), places, strict=True)
    ]  # fmt: skip
    pits.sort(key=lambda pit: (-(pit["settles"] or 0), pit["id"]))
    unknown = "权属未知" if language == "zh" else "owner unknown"
    return {
        "state": state_of(plan, "conflicts", language),
        "owners": [
            {"id": name or UNKNOWN, "name": names.get(name, name) or unknown, "pits": n}
            for name, n in counts.items()
        ],
        "pits": pits,
    }
