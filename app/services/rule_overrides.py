"""Figures of rules that a plan changes in its own name: with a reason, undone like any change."""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.errors import InvalidDataError, NotFoundError, RuleTableError, Text
from app.report.plain import on_the_clock, text
from app.schema import Actor
from app.services import access
from app.services.plans import OpenPlan
from app.services.rules import overrides

if TYPE_CHECKING:
    from app.rules import RuleBook, RuleRow
    from app.store import Applied

LAYER = "rule_override"
LONGEST_REASON = 500
# Numbers that order or choose rows of a table; changing one would change which rule is meant.
_NOT_FIGURES = frozenset({"number", "priority", "specificity"})
# Texts that hold a figure.
_TEXT_FIGURES = frozenset({"limit", "due", "value"})
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_UNITS = (("_mm_h", "mm/h"), ("_ms", "m/s"), ("_m2s", "m²/s"), ("_m2", "m²"), ("_mm", "mm"),
          ("_mpa", "MPa"), ("_kv", "kV"), ("_m", "m"), ("_yuan", "元"))  # fmt: skip
_WORDS = {
    "min_m": Text("最小净距", "least distance"),
    "max_m": Text("范围上限", "upper end of the range"),
    "min_with_separator_m": Text("有隔离时最小净距", "least distance with a separator"),
    "min_cover_m": Text("最小覆土", "least cover"),
    "value_m": Text("中误差", "error"),
    "min_depth_used_m": Text("计算用最小埋深", "least depth used"),
    "service_radius_m": Text("服务半径", "service radius"),
    "floor_area_min_m2": Text("建筑面积下限", "least floor area"),
    "floor_area_max_m2": Text("建筑面积上限", "greatest floor area"),
    "land_area_min_m2": Text("用地面积下限", "least land area"),
    "land_area_max_m2": Text("用地面积上限", "greatest land area"),
    "rate": Text("费率（小数）", "rate, as a decimal"),
    "limit": Text("界限", "limit"),
    "due": Text("期限", "due date"),
    "value": Text("数值", "value"),
    "unit_cost_yuan": Text("单价", "unit cost"),
    "cost_min": Text("造价下限", "lowest cost"),
    "cost_max": Text("造价上限", "highest cost"),
    "score": Text("分值", "score"),
    "low": Text("下限", "lower bound"),
    "high": Text("上限", "upper bound"),
    "psi_min": Text("径流系数下限", "least runoff coefficient"),
    "psi_max": Text("径流系数上限", "greatest runoff coefficient"),
    "value_min": Text("下限", "lower bound"),
    "value_max": Text("上限", "upper bound"),
    "participation_area_share": Text("参与面积占比", "share of area taking part"),
    "participation_headcount_share": Text("参与人数占比", "share of heads taking part"),
    "agree_area_share_of_participants": Text("同意面积占比", "share of area agreeing"),
    "agree_headcount_share_of_participants": Text("同意人数占比", "share of heads agreeing"),
}


@dataclass(frozen=True)
class Figure:
    """One figure of a rule that a plan may change; ``shipped`` is what the table prints."""

    column: str
    label: Text
    unit: str
    shipped: str


@dataclass(frozen=True)
class Adjusted:
    """A figure that the plan changed: what it was, what it is, why, who, when."""

    override_id: str
    table: str
    rule_id: str
    column: str
    label: Text
    unit: str
    old: str
    value: str
    reason: str
    author: str
    date: str

    def as_json(self, language: typing.Literal["zh", "en"]) -> dict[str, str]:
        return {**dataclasses.asdict(self), "label": self.label.in_language(language)}


def figures(row: RuleRow) -> list[Figure]:
    """The figures of a rule that a plan may change."""
    hints = typing.get_type_hints(type(row))
    found = []
    for field in dataclasses.fields(row):
        numeric = {float, int} & {hints[field.name], *typing.get_args(hints[field.name])}
        is_figure = bool(numeric) or field.name in _TEXT_FIGURES
        value = getattr(row, field.name)
        if not is_figure or field.name in _NOT_FIGURES or value in (None, ""):
            continue
        found.append(Figure(field.name, label_of(field.name), unit_of(field.name), _told(value)))
    return found


def label_of(column: str) -> Text:
    """What people call a column of a rule table."""
    plain = column.replace("_", " ")
    return _WORDS.get(column, Text(plain, plain))


def unit_of(column: str) -> str:
    """The unit that the column's name carries."""
    return next((unit for ending, unit in _UNITS if column.endswith(ending)), "")


def _told(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def shipped_book(standards: Path) -> RuleBook:
    """The tables as they ship, without the plan's own figures."""
    from app.store.rule_files import load_all_rules

    return load_all_rules(folder=standards)


def adjusted(plan: OpenPlan, standards: Path) -> list[Adjusted]:
    """Every figure that the plan changed, in the order of the tables."""
    book = shipped_book(standards)
    found = []
    for row in plan.frame(LAYER).to_dict("records"):
        table = book.tables.get(row["table"])
        rule = table.by_id.get(row["rule_id"]) if table is not None else None
        old = getattr(rule, row["column"], None)
        found.append(
            Adjusted(
                row[f"{LAYER}_id"], row["table"], row["rule_id"], row["column"],
                label_of(row["column"]), unit_of(row["column"]),
                "" if old is None else _told(old), row["value"], row["reason"],
                text(row["updated_by"]) or "", on_the_clock(row["updated_at"])[:10],
            )
        )  # fmt: skip
    order = list(book.tables)
    return sorted(found, key=lambda item: (order.index(item.table), item.rule_id, item.column))


def told(
    plan: OpenPlan, standards: Path, language: typing.Literal["zh", "en"]
) -> list[dict[str, str]]:
    """What the plan changed, for the page to say wherever such a figure is used."""
    if not len(plan.frame(LAYER)):
        return []
    found = plan.kept(("adjusted", str(standards)), (LAYER,), lambda: adjusted(plan, standards))
    return [change.as_json(language) for change in found]


def override_figure(
    plan: OpenPlan,
    standards: Path,
    *,
    table: str,
    rule_id: str,
    column: str,
    value: str,
    reason: str,
    actor: Actor,
) -> list[Applied]:
    """Change a figure in the plan's name; the author and the date are the actor's and today's.

    Raises
    ------
    InvalidDataError
        No such rule or figure, a value that the table cannot take, or no reason.
    NotAllowedError
        Only planners change figures.
    """
    from app.rules import Override
    from app.store import Edit

    access.require(actor, "override", "rules")
    value, reason = value.strip(), reason.strip()[:LONGEST_REASON]
    book = shipped_book(standards)
    _require_figure(book, table, rule_id, column, value, reason)
    others = [
        o for o in overrides(plan) if (o.table, o.rule_id, o.column) != (table, rule_id, column)
    ]
    wanted = Override(table, rule_id, column, value, reason, actor.stamp, "")
    try:
        book.with_overrides([*others, wanted])
    except RuleTableError as refused:
        raise InvalidDataError(
            refused.message, where=refused.where, fix=refused.fix, findings=refused.findings
        ) from refused
    name = f"{table}:{rule_id}:{column}"
    values = {
        "table": table,
        "rule_id": rule_id,
        "column": column,
        "value": value,
        "reason": reason,
    }
    held = plan.store.row(LAYER, name)
    edit = (
        Edit(LAYER, "create", name, values)
        if held is None
        else Edit(LAYER, "update", name, values, int(held["version"]))
    )
    return plan.store.apply([edit], actor, reason)


def _require_figure(
    book: RuleBook, table: str, rule_id: str, column: str, value: str, reason: str
) -> None:
    rule = book.tables[table].by_id.get(rule_id) if table in book.tables else None
    known = {figure.column: figure for figure in figures(rule)} if rule is not None else {}
    if column not in known:
        raise _refused(
            f"{table} {rule_id} {column}", Text("没有这个可调整的数值", "there is no such figure")
        )
    if not reason:
        raise _refused(rule_id, Text("请写明调整理由", "a reason is needed"))
    shipped = known[column].shipped
    if column not in _TEXT_FIGURES and _as_number(value) is None:
        raise _refused(rule_id, Text(f"“{value}”不是数字", f"{value!r} is not a number"))
    if _DATE.fullmatch(shipped) and not _is_date(value):
        raise _refused(
            rule_id,
            Text(f"“{value}”不是日期，如 {shipped}", f"{value!r} is not a date such as {shipped}"),
        )
    if value == shipped:
        raise _refused(rule_id, Text(f"原值就是 {shipped}", f"the figure is {shipped} already"))


def _as_number(value: str) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None


def _is_date(value: str) -> bool:
    try:
        datetime.date.fromisoformat(value)
    except ValueError:
        return False
    return _DATE.fullmatch(value) is not None


def _refused(where: str, message: Text) -> InvalidDataError:
    return InvalidDataError(
        message,
        where=where,
        fix=Text("填写新数值和理由后再保存", "give the new figure and the reason, then save"),
    )


def withdraw(plan: OpenPlan, override_id: str, actor: Actor) -> list[Applied]:
    """Take the last change of an override back: the figure before it holds again.

    Raises
    ------
    NotFoundError
        The plan has no such override.
    """
    access.require(actor, "override", "rules")
    standing: list[Any] = []
    for change in plan.store.history(LAYER, override_id):
        if change.undoes:
            standing = [one for one in standing if one.change_id != change.undoes]
        else:
            standing.append(change)
    if plan.store.row(LAYER, override_id) is None or not standing:
        raise NotFoundError(
            Text("没有这项调整，可能已撤回", "there is no such override; withdrawn already?"),
            where=override_id,
            fix=Text("刷新规则页", "reload the page of rules"),
        )
    return plan.store.undo([standing[-1].change_id], actor)
