"""Checks of the six phases: what has to be there before the next step, and what is late."""

from __future__ import annotations

import pandas as pd

from app.analysis.checks.sheet import FAIL, UNKNOWN, Records, Sheet, dates, said

UTILITIES = ("water", "drainage", "gas", "heat", "power", "telecom")
CRITERIA = ("condition", "willing", "funds", "scheme")
SIGNATORIES = {"government": ("区直部门", "bureau"), "contractor": ("施工单位", "contractor"),
               "supervisor": ("监理单位", "supervisor"), "township": ("属地乡镇", "township")}  # fmt: skip
MANAGEMENT = ("管理模式", "管理规约", "议事规则")
_DAY = "{:%Y-%m-%d}"


def decision_order(records: Records, sheet: Sheet) -> None:
    rows = records.members
    steps = [dates(rows[name]) for name in ("applied_on", "reviewed_on", "decided_on")]
    wrong = (steps[0] > steps[1]) | (steps[1] > steps[2]) | (steps[0] > steps[2])
    approved = rows["state"] == "approved"
    lacks = approved & (steps[0].isna() | steps[1].isna() | steps[2].isna()) & ~wrong
    sheet.add(
        "programme_member",
        rows[wrong],
        reason="申报、会审、决定的日期次序颠倒",
        reason_en="applied, reviewed and decided out of order",
    )
    sheet.add("programme_member", rows[lacks], verdict=UNKNOWN, reason="已批准但缺少日期", reason_en="approved, but a date is missing",
              missing="programme_member.applied_on")  # fmt: skip
    sheet.passed = int((~wrong & ~lacks).sum())


def utility_opinions(records: Records, sheet: Sheet) -> None:
    kinds = records.rows("organisation").set_index("organisation_id")
    asked = records.rows("opinion")
    asked = asked[asked["organisation_id"].map(kinds["kind"]).isin(UTILITIES)]
    members = records.members
    decided = members.drop_duplicates("community_id").set_index("community_id")["decided_on"]
    rows = asked[asked["community_id"].isin(decided.index)]
    due, answered = dates(rows["community_id"].map(decided.to_dict())), dates(rows["answered_on"])
    late = due.notna() & (answered.isna() | (answered > due))
    names = rows["organisation_id"].map(kinds["name"])
    english = rows["organisation_id"].map(kinds["name_en"]).fillna(names)
    sheet.add("opinion", rows[late], reason=said("{} 在决定前未答复", names[late]),
              reason_en=said("{} had not answered before the decision", english[late]))  # fmt: skip
    unasked = members[~members["community_id"].isin(rows["community_id"])]
    sheet.add("programme_member", unasked, verdict=UNKNOWN, missing="opinion", reason="没有征求管线单位意见的记录",
              reason_en="no record that utilities were asked")  # fmt: skip
    sheet.passed = int((~late).sum())


def criteria(records: Records, sheet: Sheet) -> None:
    rows = records.members
    held = rows["criteria"].map(lambda found: found if isinstance(found, dict) else {})
    lacks = held.map(lambda found: [name for name in CRITERIA if found.get(name) is None])
    short = lacks.map(bool)
    bad = rows[short]
    sheet.add("programme_member", bad, verdict=UNKNOWN, missing=[";".join(f"criteria.{n}" for n in names) for names in lacks[short]],
              reason="四项条件未评齐", reason_en="not all of the four criteria are scored")  # fmt: skip
    sheet.passed = int((~short).sum())


def _phases(records: Records) -> pd.DataFrame:
    members = records.members[["programme_member_id", "community_id"]]
    rows: pd.DataFrame = records.rows("phase").merge(members, on="programme_member_id")
    return rows


def due(records: Records, sheet: Sheet) -> None:
    rows = _phases(records)
    limit, done = dates(rows["due_on"]), dates(rows["done_on"])
    late = done > limit
    days = (done - limit).dt.days
    sheet.add("phase", rows[late], value=days[late].to_numpy(float), required=0.0, unit="d",
              reason=said("迟 {:.0f} 天完成", days[late]), reason_en=said("done {:.0f} days late", days[late]))  # fmt: skip
    over = done.isna() & limit.notna()
    if records.as_of is not None:
        over &= limit < records.as_of
        behind = (records.as_of - limit).dt.days
        sheet.add("phase", rows[over], value=behind[over].to_numpy(float), required=0.0, unit="d",
                  reason=said("已逾期 {:.0f} 天未完成", behind[over]), reason_en=said("{:.0f} days over its date, not done", behind[over]))  # fmt: skip
    else:
        over &= False
    sheet.passed = int((~late & ~over & done.notna()).sum())


def _dates_of(records: Records, stage: str, column: str) -> pd.Series:
    rows = _phases(records)
    rows = rows[rows["stage"] == stage].drop_duplicates("community_id").set_index("community_id")
    found: pd.Series = dates(rows[column])
    return found


def bid_before_works(records: Records, sheet: Sheet) -> None:
    ready, began = (
        _dates_of(records, "preparation", "done_on"),
        _dates_of(records, "works", "started_on"),
    )
    began = began.dropna()
    prepared = ready.reindex(began.index)
    early = prepared.isna() | (prepared > began)
    rows = _phases(records)
    bad = rows[(rows["stage"] == "works") & rows["community_id"].isin(early[early].index)]
    sheet.add(
        "phase",
        bad,
        reason="前期工作（招投标）未完成即开工",
        reason_en="works started before the preparation (bid) was done",
    )
    sheet.passed = int((~early).sum())


def site_cleared(records: Records, sheet: Sheet) -> None:
    began = _dates_of(records, "works", "started_on").dropna()
    hazards = records.rows("hazard")
    start = dates(hazards["community_id"].map(began.to_dict()))
    closed = dates(hazards["closed_on"])
    open_ = (hazards["stage"] == "before") & start.notna() & (closed.isna() | (closed > start))
    sheet.add(
        "hazard",
        hazards[open_],
        reason="改造前隐患未销号即开工",
        reason_en="works started with this hazard open",
    )
    assets = records.rows("asset")
    illegal = assets[
        (assets["kind"] == "illegal_structure")
        & (assets["state"] == "existing")
        & assets["community_id"].isin(began.index)
    ]
    sheet.add(
        "asset",
        illegal,
        reason="违法建筑未拆除即开工",
        reason_en="works started with this illegal structure standing",
    )
    guilty = set(hazards.loc[open_, "community_id"]) | set(illegal["community_id"])
    sheet.passed = len(set(began.index) - guilty)


def inspections(records: Records, sheet: Sheet) -> None:
    rows = records.rows("inspection")
    limit, done = dates(rows["due_on"]), dates(rows["done_on"])
    late = done > limit
    missed = done.isna() & limit.notna()
    missed &= limit < records.as_of if records.as_of is not None else False
    sheet.add(
        "inspection", rows[late], reason="检查迟于应检日期", reason_en="inspected after its date"
    )
    sheet.add(
        "inspection",
        rows[missed],
        reason="到期未检查",
        reason_en="its date has passed without an inspection",
    )
    sheet.passed = int((~late & ~missed).sum())


def handover(records: Records, sheet: Sheet) -> None:
    done = _dates_of(records, "acceptance", "done_on").dropna()
    kinds = records.rows("organisation").set_index("organisation_id")["kind"]
    signed = records.rows("signature")
    signed = signed.assign(kind=signed["organisation_id"].map(kinds))[
        signed["role"].astype(str).str.contains("验收")
    ]
    held = signed.groupby("community_id")["kind"].agg(set)
    defects = records.rows("defect")
    open_ = defects[defects["state"].ne("closed")].groupby("community_id").size()
    places = records.rows("community")
    rows = places[places["community_id"].isin(done.index)]
    lacks = [
        [kind for kind in SIGNATORIES if kind not in held.get(name, set())]
        for name in rows["community_id"]
    ]
    defective = rows["community_id"].map(open_).fillna(0).astype(int).tolist()
    bad = [bool(kinds) or count > 0 for kinds, count in zip(lacks, defective, strict=True)]
    told = [(k, c) for k, c, b in zip(lacks, defective, bad, strict=True) if b]
    sheet.add(
        "community", rows[bad], verdict=FAIL,
        reason=[f"缺少签认：{'、'.join(SIGNATORIES[k][0] for k in kinds) or '无'}；未整改缺陷 {count} 处" for kinds, count in told],
        reason_en=[f"not signed by {', '.join(SIGNATORIES[k][1] for k in kinds) or 'nobody missing'}; {count} defects open" for kinds, count in told],
    )  # fmt: skip
    sheet.passed = len(rows) - sum(bad)


def management(records: Records, sheet: Sheet) -> None:
    done = _dates_of(records, "long_term", "done_on").dropna()
    documents = records.rows("document")
    words = (documents["title"].fillna("") + documents["kind"].fillna("")).astype(str)
    places = records.rows("community")
    rows = places[places["community_id"].isin(done.index)]
    lacks = []
    for name in rows["community_id"]:
        text = " ".join(words[documents["community_id"] == name])
        lacks.append([rule for rule in MANAGEMENT if rule not in text])
    bad = [bool(rules) for rules in lacks]
    sheet.add("community", rows[bad], reason=["缺少" + "、".join(rules) for rules in lacks if rules],
              reason_en=[f"{len(rules)} of three rules are not on record" for rules in lacks if rules])  # fmt: skip
    sheet.passed = len(rows) - sum(bad)


def petitions(records: Records, sheet: Sheet) -> None:
    rows = records.rows("petition")
    came, answered = dates(rows["received_on"]), dates(rows["answered_on"])
    until = answered.fillna(records.as_of) if records.as_of is not None else answered
    days = (until - came).dt.days
    late = days > sheet.rule.limit
    sheet.add("petition", rows[late], value=days[late].to_numpy(float), required=sheet.rule.limit, unit="d",
              reason=said("{:.0f} 天未答复或超期答复", days[late]), reason_en=said("not answered, or only after {:.0f} days", days[late]))  # fmt: skip
    sheet.passed = int((~late).sum())


def scheme(records: Records, sheet: Sheet) -> None:
    items = records.items
    no_scheme, no_lead = items["scheme"].isna(), items["lead_id"].isna()
    sheet.add(
        "community_item",
        items[no_scheme],
        missing="community_item.scheme",
        reason="没有方案版本",
        reason_en="cites no scheme version",
    )
    sheet.add(
        "community_item",
        items[no_lead],
        missing="community_item.lead_id",
        reason="没有牵头部门",
        reason_en="has no lead department",
    )
    sheet.passed = int((~no_scheme & ~no_lead).sum())


def season(records: Records, sheet: Sheet) -> None:
    first, last = sheet.rule.value.split(";")
    items = records.items
    starts, ends = dates(items["starts_on"]), dates(items["ends_on"])
    early = starts.dt.strftime("%m-%d") < first
    late = ends.dt.strftime("%m-%d") > last
    sheet.add(
        "community_item",
        items[early],
        reason=said(_DAY + " 开工，早于 4 月", starts[early]),
        reason_en=said("starts on " + _DAY + ", before April", starts[early]),
    )
    sheet.add("community_item", items[late & ~early], reason=said(_DAY + " 完工，晚于 9 月底", ends[late & ~early]),
              reason_en=said("ends on " + _DAY + ", after September", ends[late & ~early]))  # fmt: skip
    sheet.passed = int((~early & ~late & starts.notna() & ends.notna()).sum())
