"""The gates between the six phases: what has to be on record before a date may follow, by community."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

UTILITIES = ("water", "drainage", "gas", "heat", "power", "telecom")
SIGNATORIES = ("government", "contractor", "supervisor", "township")
THREE_RULES = ("管理模式", "管理规约", "议事规则")
MEETING = "联席会议"
SIGNED_AT = "验收"
APPROVAL = "立项"


@dataclass(frozen=True)
class Gate:
    """What has to be there before ``act`` (a date of the phase ``stage``) is on record."""

    code: str
    stage: str
    act: str


GATES = (
    Gate("survey_whole", "survey", "done_on"),
    Gate("opinions_in", "selection", "done_on"),
    Gate("decided", "preparation", "started_on"),
    Gate("approved", "preparation", "done_on"),
    Gate("bid_done", "works", "started_on"),
    Gate("site_cleared", "works", "started_on"),
    Gate("notice_posted", "works", "started_on"),
    Gate("works_done", "acceptance", "started_on"),
    Gate("hazards_closed", "acceptance", "done_on"),
    Gate("points_inspected", "acceptance", "done_on"),
    Gate("signed", "acceptance", "done_on"),
    Gate("no_defects", "acceptance", "done_on"),
    Gate("petitions_answered", "acceptance", "done_on"),
    Gate("three_rules", "long_term", "done_on"),
    Gate("joint_meeting", "long_term", "done_on"),
)
BY_CODE = {gate.code: gate for gate in GATES}


@dataclass(frozen=True)
class GateState:
    """``met``; ``open`` with the rows or words that are wanting; ``unknown`` where nothing is on record."""

    verdict: str
    layer: str = ""
    ids: tuple[str, ...] = ()
    wanting: tuple[str, ...] = ()


MET, NO_RECORD = GateState("met"), GateState("unknown")
States = dict[str, GateState]


def gate_states(
    frames: Mapping[str, pd.DataFrame], phases: pd.DataFrame, incomplete: Mapping[str, Sequence[str]],
    communities: Sequence[str],
) -> dict[str, States]:  # fmt: skip
    """The state of every gate of every community, as the records are now.

    ``frames`` are the layers by name; ``phases`` has ``community_id``; ``incomplete`` names the
    fields that the survey of a community lacks.
    """
    by_gate: dict[str, Mapping[str, GateState]] = {
        "survey_whole": {c: GateState("open", "community", (c,), tuple(f)) for c, f in incomplete.items() if f},
        "opinions_in": _opinions(frames),
        "decided": _phase_done(phases, "selection"),
        "approved": _approved(frames["document"], communities),
        "bid_done": _phase_done(phases, "preparation"),
        "site_cleared": _cleared(frames),
        "notice_posted": _published(frames["document"]),
        "works_done": _phase_done(phases, "works"),
        "hazards_closed": _unclosed(frames["hazard"], "hazard", frames["hazard"]["stage"] != "before"),
        "points_inspected": _uninspected(frames["inspection"]),
        "signed": _unsigned(frames),
        "no_defects": _unclosed(frames["defect"], "defect"),
        "petitions_answered": _unanswered(frames["petition"]),
        "three_rules": _rules_on_record(frames["document"]),
        "joint_meeting": _meeting(frames["document"]),
    }  # fmt: skip
    # Where nobody recorded anything: nothing open for records of trouble, nothing known for the rest.
    bare = {
        "opinions_in": NO_RECORD, "decided": NO_RECORD, "bid_done": NO_RECORD, "works_done": NO_RECORD,
        "notice_posted": NO_RECORD, "points_inspected": NO_RECORD, "joint_meeting": NO_RECORD,
        "signed": GateState("open", "signature", (), SIGNATORIES),
        "three_rules": GateState("open", "document", (), THREE_RULES),
    }  # fmt: skip
    return {
        name: {code: found.get(name, bare.get(code, MET)) for code, found in by_gate.items()}
        for name in communities
    }


def open_gates(states: States, stage: str, act: str) -> list[str]:
    """The gates before a date of a phase that are not met."""
    guards = (gate.code for gate in GATES if (gate.stage, gate.act) == (stage, act))
    return [code for code in guards if states[code].verdict != "met"]


def _ids(rows: pd.DataFrame, layer: str) -> dict[str, GateState]:
    groups = rows.groupby("community_id")[f"{layer}_id"].agg(list)
    return {str(c): GateState("open", layer, tuple(map(str, ids))) for c, ids in groups.items()}


def _seen(rows: pd.DataFrame) -> dict[str, GateState]:
    return {str(c): MET for c in rows["community_id"].dropna().unique()}


def _opinions(frames: Mapping[str, pd.DataFrame]) -> dict[str, GateState]:
    kinds = frames["organisation"].set_index("organisation_id")["kind"]
    rows = frames["opinion"]
    rows = rows[rows["organisation_id"].map(kinds).isin([*UTILITIES, "township"])]
    rows = rows.drop_duplicates(["community_id", "organisation_id"], keep="last")
    silent = rows[rows["answered_on"].isna() | rows["opinion"].isna()]
    return _seen(rows) | _ids(silent, "opinion")


def _phase_done(phases: pd.DataFrame, stage: str) -> dict[str, GateState]:
    rows = phases[phases["stage"] == stage]
    return _seen(rows) | _ids(rows[rows["done_on"].isna()], "phase")


def _cleared(frames: Mapping[str, pd.DataFrame]) -> dict[str, GateState]:
    assets = frames["asset"]
    standing = assets[(assets["kind"] == "illegal_structure") & (assets["state"] == "existing")]
    hazards = frames["hazard"]
    return _ids(standing, "asset") | _unclosed(hazards, "hazard", hazards["stage"] == "before")


def _published(documents: pd.DataFrame) -> dict[str, GateState]:
    posted = documents["is_published"].eq(True).fillna(False)
    return _ids(documents[~posted], "document") | _seen(documents[posted])


def _unclosed(
    rows: pd.DataFrame, layer: str, chosen: pd.Series | None = None
) -> dict[str, GateState]:
    is_open = rows["state"].ne("closed").fillna(True)
    return _ids(rows[is_open if chosen is None else is_open & chosen], layer)


def _uninspected(rows: pd.DataFrame) -> dict[str, GateState]:
    return _seen(rows) | _ids(rows[rows["done_on"].isna()], "inspection")


def _unanswered(rows: pd.DataFrame) -> dict[str, GateState]:
    return _ids(rows[rows["answered_on"].isna()], "petition")


def _unsigned(frames: Mapping[str, pd.DataFrame]) -> dict[str, GateState]:
    """Only signatures of the acceptance count, not those of the start."""
    kinds = frames["organisation"].set_index("organisation_id")["kind"]
    rows = frames["signature"]
    rows = rows[rows["role"].astype(str).str.contains(SIGNED_AT) & rows["signed_on"].notna()]
    held = rows["organisation_id"].map(kinds).groupby(rows["community_id"]).agg(set)
    found = {}
    for community, by in held.items():
        lacks = tuple(kind for kind in SIGNATORIES if kind not in by)
        found[str(community)] = GateState("open", "signature", (), lacks) if lacks else MET
    return found


def _approved(documents: pd.DataFrame, communities: Sequence[str]) -> dict[str, GateState]:
    """A dated approval by 发改局 (plan 六（二）), of the community or one of the whole programme."""
    text = documents["title"].fillna("").astype(str) + documents["kind"].fillna("").astype(str)
    approvals = documents[text.str.contains(APPROVAL, regex=False)]
    dated = approvals["dated"].notna()
    if (dated & approvals["community_id"].isna()).any():
        return dict.fromkeys(map(str, communities), MET)
    bare = GateState("open", "document", (), (APPROVAL,))
    return (
        dict.fromkeys(map(str, communities), bare)
        | _ids(approvals[~dated], "document")
        | _seen(approvals[dated])
    )


def _rules_on_record(documents: pd.DataFrame) -> dict[str, GateState]:
    found = {}
    for community, text in _words(documents).items():
        lacks = tuple(rule for rule in THREE_RULES if rule not in text)
        found[community] = GateState("open", "document", (), lacks) if lacks else MET
    return found


def _meeting(documents: pd.DataFrame) -> dict[str, GateState]:
    return {
        community: MET if MEETING in text else GateState("open", "document", (), (MEETING,))
        for community, text in _words(documents).items()
    }


def _words(documents: pd.DataFrame) -> dict[str, str]:
    """Titles and kinds of the documents of each community."""
    text = (
        documents["title"].fillna("").astype(str) + " " + documents["kind"].fillna("").astype(str)
    )
    groups = text.groupby(documents["community_id"]).agg(" ".join)
    return {str(community): words for community, words in groups.items()}
