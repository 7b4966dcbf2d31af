"""The weekly return (周报) and the public notice (公示) of the programme, made from its rows."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from app.errors import NotFoundError, Text, UsageError
from app.report.paper import Paper, Part, as_docx, as_html, as_sheets
from app.report.plain import is_missing, number, text
from app.rules.cost import item_cost_fen
from app.schema import DOMAINS
from app.services.exports import Exported, ExportRequest, whole_file
from app.services.phases import day_of, phase_rows
from app.services.place_names import names_of
from app.services.plans import OpenPlan
from app.services.programme_desk import places_of
from app.services.runs import rule_book
from app.services.stamps import stamp
from app.services.summary import chosen_programme

FORMATS = ("docx", "xlsx", "html")
WEEK = 7
# Records whose last change says whether a community still reports.
REPORTED = (
    "phase",
    "inspection",
    "hazard",
    "defect",
    "signature",
    "petition",
    "payment",
    "opinion",
)
OPEN_RECORDS = {
    "hazard": Text("隐患", "hazards"), "defect": Text("缺陷", "defects"),
    "petition": Text("信访", "petitions"), "inspection": Text("未完成检查", "inspections not done"),
}  # fmt: skip


def suffix_of(request: ExportRequest) -> str:
    """The ending of the file.

    Raises
    ------
    UsageError
        Another format.
    """
    asked = request.options.get("format", "docx")
    if asked not in FORMATS:
        raise UsageError(
            Text(f"没有格式 {asked}", f"there is no format {asked}"), where="format",
            fix=Text("可用：" + "、".join(FORMATS), "use one of: " + ", ".join(FORMATS)),
        )  # fmt: skip
    return f".{asked}"


def export_weekly(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    """The return of the week that ends on ``until`` (today if it is left out)."""
    return _write(plan, request, to, weekly_return(plan, request))


def export_notice(plan: OpenPlan, request: ExportRequest, to: Path) -> Exported:
    """The notice of one community, as it is posted before the works."""
    return _write(plan, request, to, notice(plan, request))


def _write(plan: OpenPlan, request: ExportRequest, to: Path, parts: Paper) -> Exported:
    layers = ["programme", "programme_member", "community_item", "phase"]
    stamped = stamp(plan, layers, request.actor)
    paper = Paper(parts.title, stamped.lines(request.language), parts.parts, request.language, parts.notes)  # fmt: skip
    form = request.options.get("format", "docx")
    with whole_file(to) as file:
        if form == "xlsx":
            from app.report.xlsx import Stamp, write_workbook

            zh = request.language == "zh"
            head = Stamp(paper.title, list(paper.lines), unknown="未知" if zh else "unknown",
                         total="合计" if zh else "total")  # fmt: skip
            write_workbook(file, as_sheets(paper), head)
        else:
            file.write(as_docx(paper) if form == "docx" else as_html(paper))
    return Exported(to, stamped.secrecy, {part.title: len(part.rows) for part in paper.parts})


def _until(request: ExportRequest) -> datetime.date:
    asked = request.options.get("until", "")
    if not asked:
        return datetime.datetime.now().astimezone().date()
    try:
        return datetime.date.fromisoformat(asked)
    except ValueError as error:
        raise UsageError(
            Text(f"“{asked}”不是日期", f"{asked!r} is not a date"), where="until",
            fix=Text("写成 2024-06-30", "write it like 2024-06-30"),
        ) from error  # fmt: skip


# --- weekly return -----------------------------------------------------------------------------------------
def weekly_return(plan: OpenPlan, request: ExportRequest) -> Paper:
    """Progress by township, what began and ended in the week, what is late, what is open, money.

    Raises
    ------
    UsageError
        ``until`` is no date.
    """
    zh, until = request.language == "zh", _until(request)
    options = request.options
    programme = chosen_programme(plan, options.get("programme") or None)
    places = places_of(plan, programme, township=options.get("township", ""),
                       community=options.get("community", ""))  # fmt: skip
    phases = phase_rows(plan, programme)
    phases = phases[phases["community_id"].isin(places["community_id"])]
    since = until - datetime.timedelta(days=WEEK - 1)
    parts = [
        _progress(plan, request, places, phases, until),
        _moved(plan, request, phases, since, until),
        _late(plan, request, phases, until),
        _open(plan, request, places),
        _money(plan, request, places, until),
        _silent(plan, request, places, until),
    ]
    title = (
        f"老旧小区改造周报（{since} 至 {until}）" if zh else f"Weekly return, {since} to {until}"
    )
    return Paper(title, (), parts, request.language)


def _progress(
    plan: OpenPlan, request: ExportRequest, places: pd.DataFrame, phases: pd.DataFrame,
    until: datetime.date,
) -> Part:  # fmt: skip
    """How many communities of each township are in which phase on the day."""
    zh = request.language == "zh"
    codes = list(DOMAINS["stage"].values)
    done = phases[pd.to_datetime(phases["done_on"]) <= pd.Timestamp(until)]
    held = done.groupby("community_id")["stage"].agg(set)
    now = {
        str(name): next((c for c in codes if c not in held.get(name, set())), codes[-1])
        for name in places["community_id"]
    }
    towns = names_of(plan, "township", request.language)
    rows = []
    for town, own in places.groupby(places["township_id"].fillna("")):
        counts = [sum(now[str(c)] == code for c in own["community_id"]) for code in codes]
        rows.append([towns.get(str(town), _unknown(request)), str(len(own)), *map(str, counts)])
    sums = [str(sum(int(row[at]) for row in rows)) for at in range(1, 2 + len(codes))]
    head = ["乡镇" if zh else "Township", "小区" if zh else "Communities",
            *(DOMAINS["stage"].label_of(code, request.language) for code in codes)]  # fmt: skip
    return Part(
        "一、总体进度" if zh else "1 Progress",
        (),
        head,
        [*rows, ["合计" if zh else "Total", *sums]],
    )


def _moved(
    plan: OpenPlan, request: ExportRequest, phases: pd.DataFrame, since: datetime.date,
    until: datetime.date,
) -> Part:  # fmt: skip
    zh = request.language == "zh"
    names = names_of(plan, "community", request.language)
    rows = []
    for column, what in (
        ("started_on", "开始" if zh else "began"),
        ("done_on", "完成" if zh else "done"),
    ):
        days = pd.to_datetime(phases[column])
        own = phases[(days >= pd.Timestamp(since)) & (days <= pd.Timestamp(until))]
        for row in _records(own):
            stage = DOMAINS["stage"].label_of(str(row["stage"]), request.language)
            rows.append([day_of(row[column]) or "", names[str(row["community_id"])], stage, what])
    head = ["日期", "小区", "阶段", "动作"] if zh else ["Day", "Community", "Phase", "What"]
    said = (f"本周 {len(rows)} 项。" if zh else f"{len(rows)} this week.",)
    return Part(
        "二、本周开始与完成" if zh else "2 Begun and done this week", said, head, sorted(rows)
    )


def _late(
    plan: OpenPlan, request: ExportRequest, phases: pd.DataFrame, until: datetime.date
) -> Part:
    zh = request.language == "zh"
    names = names_of(plan, "community", request.language)
    by = {row.code for row in rule_book(plan.store).table("phases") if row.due_kind == "by"}
    due, done = pd.to_datetime(phases["due_on"]), pd.to_datetime(phases["done_on"])
    at = pd.Timestamp(until)
    own = phases[(due < at) & (done.isna() | (done > at)) & phases["stage"].isin(by)]
    rows = [
        [names[str(row["community_id"])], DOMAINS["stage"].label_of(str(row["stage"]), request.language),
         day_of(row["due_on"]) or "", str((at - pd.Timestamp(row["due_on"])).days), text(row["note"]) or ""]
        for row in _records(own)
    ]  # fmt: skip
    head = (["小区", "阶段", "应完成", "逾期天数", "说明"] if zh
            else ["Community", "Phase", "Due", "Days late", "Note"])  # fmt: skip
    return Part(
        "三、逾期" if zh else "3 Late", (), head, sorted(rows, key=lambda r: (-int(r[3]), r[0]))
    )


def _open(plan: OpenPlan, request: ExportRequest, places: pd.DataFrame) -> Part:
    zh = request.language == "zh"
    towns = names_of(plan, "township", request.language)
    home = places.set_index("community_id")["township_id"]
    counts: dict[str, pd.Series[int]] = {}
    for layer in OPEN_RECORDS:
        rows = plan.table(layer)
        rows = rows[rows["community_id"].isin(home.index)]
        is_open = rows["done_on"].isna() if layer == "inspection" else rows["state"].ne("closed").fillna(True)  # fmt: skip
        counts[layer] = rows[is_open]["community_id"].map(home).fillna("").value_counts()
    rows_ = [
        [towns.get(str(town), _unknown(request)), *(str(int(counts[layer].get(town, 0))) for layer in OPEN_RECORDS)]
        for town in sorted(home.fillna("").unique())
    ]  # fmt: skip
    head = [
        "乡镇" if zh else "Township",
        *(w.in_language(request.language) for w in OPEN_RECORDS.values()),
    ]
    return Part("四、未办结事项" if zh else "4 Not settled", (), head, rows_)


def _money(
    plan: OpenPlan, request: ExportRequest, places: pd.DataFrame, until: datetime.date
) -> Part:
    zh = request.language == "zh"
    rows = plan.table("payment")
    days = pd.to_datetime(rows["dated"])
    rows = rows[
        rows["community_id"].isin(places["community_id"])
        & (days.isna() | (days <= pd.Timestamp(until)))
    ]
    sums = rows.groupby("kind")["amount_fen"].sum()
    names = names_of(plan, "township", request.language)
    home = places.set_index("community_id")["township_id"]
    lines = []
    for town in sorted(home.fillna("").unique()):
        own = (
            rows[rows["community_id"].map(home).fillna("") == town]
            .groupby("kind")["amount_fen"]
            .sum()
        )
        lines.append(
            [
                names.get(str(town), _unknown(request)),
                *(_wan(own.get(k, 0)) for k in DOMAINS["payment_kind"].values),
            ]
        )
    lines.append(
        ["合计" if zh else "Total", *(_wan(sums.get(k, 0)) for k in DOMAINS["payment_kind"].values)]
    )
    head = ["乡镇" if zh else "Township",
            *(f"{DOMAINS['payment_kind'].label_of(k, request.language)}（{'万元' if zh else '10⁴ yuan'}）" for k in DOMAINS["payment_kind"].values)]  # fmt: skip
    return Part("五、资金" if zh else "5 Money", (), head, lines)


def _silent(
    plan: OpenPlan, request: ExportRequest, places: pd.DataFrame, until: datetime.date
) -> Part:
    """Communities of which nothing was recorded for longer than a week."""
    zh = request.language == "zh"
    names = names_of(plan, "community", request.language)
    members = plan.table("programme_member").set_index("programme_member_id")["target_id"]
    last: dict[str, str] = {}
    for layer in REPORTED:
        rows = plan.table(layer)
        of = rows["programme_member_id"].map(members) if layer == "phase" else rows["community_id"]
        for community, at in rows["updated_at"].astype(str).groupby(of).max().items():
            last[str(community)] = max(last.get(str(community), ""), at[:10])
    limit = (until - datetime.timedelta(days=WEEK)).isoformat()
    rows_ = [
        [names[str(c)], last.get(str(c), _unknown(request))]
        for c in places["community_id"] if last.get(str(c), "") < limit
    ]  # fmt: skip
    head = ["小区", "最近记录"] if zh else ["Community", "Last record"]
    return Part(
        "六、超过七天没有新记录" if zh else "6 Nothing recorded for more than a week",
        (),
        head,
        sorted(rows_),
    )


# --- notice ------------------------------------------------------------------------------------------------
def notice(plan: OpenPlan, request: ExportRequest) -> Paper:
    """What is done in a community, when, by whom and from which money; where to object.

    Raises
    ------
    UsageError
        No community was named.
    NotFoundError
        There is no such community.
    """
    zh, community = request.language == "zh", request.options.get("community", "")
    if not community:
        raise UsageError(
            Text("公示需要一个小区", "a notice is of one community"), where="community",
            fix=Text("选择小区后再导出", "choose a community, then export"),
        )  # fmt: skip
    row = plan.row("community", community)
    if row is None:
        raise NotFoundError(
            Text(f"没有小区 {community}", f"there is no community {community}"), where=community,
            fix=Text("刷新后重新选择", "reload and choose again"),
        )  # fmt: skip
    programme = chosen_programme(plan, request.options.get("programme") or None)
    items = plan.table("community_item")
    items = items[
        (items["community_id"] == community) & items["decision"].ne("rejected").fillna(True)
    ]
    if programme is not None:
        items = items[items["programme_id"] == programme]
    name = names_of(plan, "community", request.language)[community]
    town = names_of(plan, "township", request.language).get(
        str(row["township_id"]), _unknown(request)
    )
    parts = [_works(plan, request, items), _sources(plan, request, items)]
    said = (
        f"如有意见，请在开工前向{town}或社区提出；每条意见都会答复。" if zh
        else f"Opinions before the works begin go to {town} or the neighbourhood committee; each is answered."
    )  # fmt: skip
    parts.append(Part("三、意见反映" if zh else "3 Opinions", (said,)))
    title = f"{name}改造内容公示" if zh else f"Notice of the works in {name}"
    return Paper(title, (), parts, request.language)


def _works(plan: OpenPlan, request: ExportRequest, items: pd.DataFrame) -> Part:
    zh = request.language == "zh"
    catalogue = {r.code: r for r in rule_book(plan.store).table("scope_items")}
    bodies = names_of(plan, "organisation", request.language)
    rows = []
    for row in _records(items.sort_values(["work_item_id", "community_item_id"])):
        known = catalogue.get(str(row["work_item_id"]))
        amount = number(row["quantity"])
        rows.append([
            DOMAINS["category"].label_of(known.category_code, request.language) if known else "",
            known.label.in_language(request.language) if known else str(row["work_item_id"]),
            _unknown(request) if amount is None else f"{amount:,.10g} {text(row['unit']) or ''}".strip(),
            day_of(row["starts_on"]) or _unknown(request), day_of(row["ends_on"]) or _unknown(request),
            bodies.get(str(row["lead_id"]), _unknown(request)),
        ])  # fmt: skip
    head = (["类别", "内容", "工程量", "开工", "完工", "牵头单位"] if zh
            else ["Category", "Works", "Quantity", "From", "To", "Lead"])  # fmt: skip
    return Part("一、改造内容" if zh else "1 Works", (), head, rows)


def _sources(plan: OpenPlan, request: ExportRequest, items: pd.DataFrame) -> Part:
    zh = request.language == "zh"
    cost = item_cost_fen(items)
    lacking = int(cost.isna().sum())
    total = f"{'投资' if zh else 'Cost'} {_wan(cost.sum())} {'万元' if zh else '×10⁴ yuan'}"
    if lacking:
        total += (
            f"（{lacking} 项未知，未计入）" if zh else f" ({lacking} items unknown, not counted)"
        )
    rows = plan.table("funding")
    sums = (
        rows[rows["community_item_id"].isin(items["community_item_id"])]
        .groupby("source")["amount_fen"]
        .sum()
    )
    lines = [
        [DOMAINS["source"].label_of(str(code), request.language), _wan(amount)]
        for code, amount in sums.items()
    ]
    head = ["来源", "金额（万元）"] if zh else ["Source", "Amount (10⁴ yuan)"]
    return Part("二、投资与来源" if zh else "2 Cost and who pays", (total,), head, lines)


def _records(rows: Any) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = rows.to_dict("records")
    return records


def _wan(fen: Any) -> str:
    return "0.00" if is_missing(fen) else f"{float(fen) / 1e6:,.2f}"


def _unknown(request: ExportRequest) -> str:
    return "未知" if request.language == "zh" else "unknown"
