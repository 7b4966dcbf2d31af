"""All rule tables together: read at once, checked against the sources, listed flat for people."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.errors import Finding, Language, SchemaError, Text
from app.rules.clearance import HorizontalTable, KindTable, VerticalTable
from app.rules.clearance_rows import HorizontalRow, KindRow, NoneRow, VerticalRow
from app.rules.conflicts import (
    DigSavingRow,
    DigSavingTable,
    SeverityRow,
    SeverityTable,
    SurroundRow,
    SurroundTable,
)
from app.rules.intake import OsmTagRow, OsmTagTable, SynonymRow, SynonymTable
from app.rules.parse import raise_faults
from app.rules.pipes import (
    AccuracyRow,
    AccuracyTable,
    BurialRow,
    BurialTable,
    CoverRow,
    CoverTable,
    PipeAttributeRow,
    PipeCodeRow,
    PipeDictionaryRow,
    YieldingRow,
    YieldingTable,
)
from app.rules.programme import (
    ConsentRow,
    ConsentTable,
    CostRateRow,
    CostRateTable,
    EligibilityRow,
    EligibilityTable,
    FundingRow,
    ItemConsentRow,
    ItemCostRow,
    ItemCostTable,
    ItemLeadRow,
    PhaseRow,
    ScopeItemRow,
    UnitCostRow,
)
from app.rules.row import CONFIDENCES, Override, RuleRow
from app.rules.scope import BenefitRow, CheckRow, CriterionRow, ScopeRuleRow
from app.rules.services import (
    CompleteCommunityRow,
    FacilityRow,
    FacilityTable,
    LifeCircleRow,
    LifeCircleTable,
)
from app.rules.storm import (
    DrainSizeRow,
    DrainSizeTable,
    HazardRow,
    HazardTable,
    MeasureCostRow,
    RainRow,
    RainTable,
    RainTestRow,
    RoughnessRow,
    RunoffRow,
    StormDesignRow,
    StormTermRow,
    StormTermTable,
    SurfaceRow,
    SurfaceTable,
)
from app.rules.survey import SurveyWordRow, SurveyWordTable
from app.rules.table import RuleTable, TableSpec

HORIZONTAL = TableSpec("clearance_horizontal", Text("水平净距", "horizontal clearance"), HorizontalRow, HorizontalTable)  # fmt: skip
VERTICAL = TableSpec("clearance_vertical", Text("垂直净距", "vertical clearance"), VerticalRow, VerticalTable)  # fmt: skip
NOTHING = TableSpec[RuleTable[NoneRow]]("clearance_none", Text("无净距要求的组合", "pairs without a requirement"), NoneRow, RuleTable)  # fmt: skip
KINDS = TableSpec("clearance_kinds", Text("管线属性与净距类别", "pipe attributes to clearance kinds"), KindRow, KindTable)  # fmt: skip
COVER = TableSpec("cover_depth", Text("最小覆土深度", "least cover"), CoverRow, CoverTable)
ACCURACY = TableSpec("survey_accuracy", Text("探测精度", "survey accuracy"), AccuracyRow, AccuracyTable)  # fmt: skip
YIELDING = TableSpec("yielding_rules", Text("避让与排列", "yielding and order"), YieldingRow, YieldingTable)  # fmt: skip
SEVERITY = TableSpec("conflict_severity", Text("冲突严重程度", "severity of conflicts"), SeverityRow, SeverityTable)  # fmt: skip
SURROUND = TableSpec("surround_kinds", Text("管线周边对象类别", "kinds of what lies beside pipes"), SurroundRow, SurroundTable)  # fmt: skip
# The tables that an analysis asks for together, as ``clearance``.
CLEARANCE_TABLES = tuple(
    spec.name
    for spec in (HORIZONTAL, VERTICAL, COVER, KINDS, ACCURACY, YIELDING, SEVERITY, SURROUND)
)
DIG_SAVING = TableSpec("dig_saving", Text("共同开挖节省", "saving of joint digs"), DigSavingRow, DigSavingTable)  # fmt: skip
PIPE_CODES = TableSpec[RuleTable[PipeCodeRow]]("pipeline_codes", Text("管线分类代码", "pipe class codes"), PipeCodeRow, RuleTable)  # fmt: skip
PIPE_DICTIONARIES = TableSpec[RuleTable[PipeDictionaryRow]]("pipeline_dictionaries", Text("管线字典", "pipe dictionaries"), PipeDictionaryRow, RuleTable)  # fmt: skip
PIPE_ATTRIBUTES = TableSpec[RuleTable[PipeAttributeRow]]("pipeline_attributes", Text("管线普查属性", "attributes of pipe surveys"), PipeAttributeRow, RuleTable)  # fmt: skip
BURIAL = TableSpec("burial_method", Text("埋设方式对应", "burial methods"), BurialRow, BurialTable)
FACILITIES = TableSpec("facilities", Text("配套设施", "facilities"), FacilityRow, FacilityTable)
LIFE_CIRCLE = TableSpec("life_circle", Text("生活圈指标", "life circles"), LifeCircleRow, LifeCircleTable)  # fmt: skip
COMPLETE_COMMUNITY = TableSpec[RuleTable[CompleteCommunityRow]]("complete_community", Text("完整社区", "complete community"), CompleteCommunityRow, RuleTable)  # fmt: skip
RAINSTORM = TableSpec("rainstorm", Text("暴雨强度公式", "rainstorm intensity"), RainRow, RainTable)
RAIN_TESTS = TableSpec[RuleTable[RainTestRow]]("rainstorm_test_values", Text("暴雨公式校核值", "values to test the formula"), RainTestRow, RuleTable)  # fmt: skip
STORM_DESIGN = TableSpec[RuleTable[StormDesignRow]]("stormwater_design", Text("雨水设计参数", "stormwater design"), StormDesignRow, RuleTable)  # fmt: skip
RUNOFF = TableSpec[RuleTable[RunoffRow]]("runoff_coefficients", Text("径流系数", "runoff coefficients"), RunoffRow, RuleTable)  # fmt: skip
ROUGHNESS = TableSpec[RuleTable[RoughnessRow]]("roughness", Text("糙率与下渗", "roughness and infiltration"), RoughnessRow, RuleTable)  # fmt: skip
HAZARD = TableSpec("flood_hazard_classes", Text("内涝危险分级", "flood hazard classes"), HazardRow, HazardTable)  # fmt: skip
STORM_SURFACES = TableSpec("storm_surfaces", Text("雨水地表参数", "surfaces under rain"), SurfaceRow, SurfaceTable)  # fmt: skip
STORM_TERMS = TableSpec("storm_terms", Text("内涝模型参数", "terms of the stormwater model"), StormTermRow, StormTermTable)  # fmt: skip
MEASURE_COST = TableSpec[RuleTable[MeasureCostRow]]("storm_measure_cost", Text("雨洪措施单价", "unit costs of stormwater measures"), MeasureCostRow, RuleTable)  # fmt: skip
DRAIN_SIZES = TableSpec[DrainSizeTable]("drain_sizes", Text("雨水管管径与单价", "sizes of drains with their cost"), DrainSizeRow, DrainSizeTable)  # fmt: skip
SCOPE_ITEMS = TableSpec[RuleTable[ScopeItemRow]]("scope_items", Text("改造内容目录", "catalogue of work items"), ScopeItemRow, RuleTable)  # fmt: skip
SCOPE_RULES = TableSpec[RuleTable[ScopeRuleRow]]("scope_rules", Text("改造内容建议规则", "what proposes an item"), ScopeRuleRow, RuleTable)  # fmt: skip
CHECKS = TableSpec[RuleTable[CheckRow]]("check_rules", Text("方案核查规则", "checks of the programme"), CheckRow, RuleTable)  # fmt: skip
BENEFIT = TableSpec[RuleTable[BenefitRow]]("item_benefit", Text("改造内容受益权重", "what an item is worth to a household"), BenefitRow, RuleTable)  # fmt: skip
CRITERIA = TableSpec[RuleTable[CriterionRow]]("selection_criteria", Text("确定小区的四项条件", "the four criteria of selection"), CriterionRow, RuleTable)  # fmt: skip
UNIT_COSTS = TableSpec[RuleTable[UnitCostRow]]("unit_costs", Text("参考造价", "indicative costs"), UnitCostRow, RuleTable)  # fmt: skip
CONSENT = TableSpec("consent_thresholds", Text("表决门槛", "consent thresholds"), ConsentRow, ConsentTable)  # fmt: skip
COST_RATES = TableSpec("cost_rates", Text("工程其他费与预备费", "other fees and contingency"), CostRateRow, CostRateTable)  # fmt: skip
ELIGIBILITY = TableSpec("eligibility_rules", Text("入选条件", "eligibility"), EligibilityRow, EligibilityTable)  # fmt: skip
PHASES = TableSpec[RuleTable[PhaseRow]]("phases", Text("实施步骤", "phases"), PhaseRow, RuleTable)
FUNDING = TableSpec[RuleTable[FundingRow]]("funding_sources", Text("资金来源", "sources of money"), FundingRow, RuleTable)  # fmt: skip
ITEM_LEAD = TableSpec[RuleTable[ItemLeadRow]]("item_lead", Text("改造内容牵头部门", "department that leads an item"), ItemLeadRow, RuleTable)  # fmt: skip
ITEM_COST = TableSpec("item_unit_cost", Text("改造内容单价", "unit costs of items"), ItemCostRow, ItemCostTable)  # fmt: skip
ITEM_CONSENT = TableSpec[RuleTable[ItemConsentRow]]("item_consent", Text("改造内容表决事项", "matter of consent of an item"), ItemConsentRow, RuleTable)  # fmt: skip
SYNONYMS = TableSpec("column_synonyms", Text("表头同义词", "synonyms of headers"), SynonymRow, SynonymTable)  # fmt: skip
OSM_TAGS = TableSpec("osm_tags", Text("OSM 标签对应", "OpenStreetMap tags"), OsmTagRow, OsmTagTable)
SURVEY_WORDS = TableSpec("survey_words", Text("测绘图层与管点用语", "words of drawings and surveys"), SurveyWordRow, SurveyWordTable)  # fmt: skip

SPECS: dict[str, TableSpec[Any]] = {
    spec.name: spec
    for spec in (
        HORIZONTAL, VERTICAL, NOTHING, KINDS, COVER, ACCURACY, YIELDING, SEVERITY, SURROUND,
        DIG_SAVING,
        PIPE_CODES, PIPE_DICTIONARIES, PIPE_ATTRIBUTES, BURIAL,
        FACILITIES, LIFE_CIRCLE, COMPLETE_COMMUNITY,
        RAINSTORM, RAIN_TESTS, STORM_DESIGN, RUNOFF, ROUGHNESS, HAZARD, STORM_SURFACES, STORM_TERMS,
        MEASURE_COST, DRAIN_SIZES,
        SCOPE_ITEMS, SCOPE_RULES, CHECKS, BENEFIT, CRITERIA, UNIT_COSTS, CONSENT, COST_RATES, ELIGIBILITY, PHASES,
        FUNDING, ITEM_LEAD, ITEM_COST, ITEM_CONSENT, SYNONYMS, OSM_TAGS, SURVEY_WORDS,
    )
}  # fmt: skip
SOURCES_FILE = "sources.csv"


@dataclass(frozen=True)
class Source:
    """Where figures were read."""

    source_id: str
    reference: str
    supports: str
    nature: str


@dataclass(frozen=True)
class Clearance:
    """What the conflict analysis asks, under the name ``clearance``."""

    horizontal: HorizontalTable
    vertical: VerticalTable
    cover: CoverTable
    kinds: KindTable
    accuracy: AccuracyTable
    yielding: YieldingTable
    severity: SeverityTable
    surround: SurroundTable

    name = "clearance"

    @property
    def tables(self) -> tuple[RuleTable[Any], ...]:
        return (
            self.horizontal,
            self.vertical,
            self.cover,
            self.kinds,
            self.accuracy,
            self.yielding,
            self.severity,
            self.surround,
        )

    @property
    def editions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for table in self.tables for name in table.editions))

    @property
    def fingerprint(self) -> str:
        parts = " ".join(table.fingerprint for table in self.tables)
        return hashlib.sha256(parts.encode()).hexdigest()[:16]

    @property
    def reach_m(self) -> float:
        return max(self.horizontal.reach_m, self.vertical.reach_m)


@dataclass(frozen=True)
class Listing:
    """One rule as people read it, on the rules page and in ``jiugai info --rules``."""

    table: str
    table_label: Text
    rule_id: str
    says: Text
    figure: str
    unit: str
    standard: str
    clause: str
    confidence: str
    confidence_label: Text
    source: str
    source_text: str
    note: str
    changed: str

    def as_json(self, language: Language = "zh") -> dict[str, str]:
        row = dataclasses.asdict(self)
        words = {"table_label": self.table_label, "says": self.says, "confidence_label": self.confidence_label}  # fmt: skip
        return {**row, **{name: text.in_language(language) for name, text in words.items()}}


@dataclass(frozen=True)
class RuleBook:
    """Every table by name, with the list of sources."""

    tables: Mapping[str, RuleTable[Any]]
    sources: Mapping[str, Source]

    def table(self, name: str) -> RuleTable[Any]:
        """The table of that name.

        Raises
        ------
        SchemaError
            There is none.
        """
        if name in self.tables:
            return self.tables[name]
        raise SchemaError(
            Text(f"没有规则表 {name}", f"there is no rule table {name}"),
            where=name,
            fix=Text("可用：" + "、".join(self.tables), "use one of: " + ", ".join(self.tables)),
        )

    def get(self, spec: TableSpec[Any]) -> Any:
        """The table of a spec."""
        return self.table(spec.name)

    @cached_property
    def clearance(self) -> Clearance:
        kinds: KindTable = self.get(KINDS)
        return Clearance(
            horizontal=self.get(HORIZONTAL),
            vertical=self.get(VERTICAL),
            cover=self.get(COVER),
            kinds=kinds,
            accuracy=self.get(ACCURACY),
            yielding=self.get(YIELDING),
            severity=self.get(SEVERITY),
            surround=self.get(SURROUND),
        )

    def supply(self, names: Sequence[str]) -> dict[str, RuleTable[Any] | Clearance]:
        """What an analysis that declares these rules gets; ``clearance`` is several tables in one.

        Each has ``editions`` and ``fingerprint``, which a run records.
        """
        return {name: self.clearance if name == "clearance" else self.table(name) for name in names}

    def with_overrides(self, overrides: Sequence[Override]) -> RuleBook:
        """The book with a plan's own figures.

        Raises
        ------
        RuleTableError
            Overrides that no table can take; all listed.
        """
        unknown = [
            Finding(
                "rule_override",
                "error",
                Text(f"没有规则表 {item.table}", f"there is no rule table {item.table}"),
                Text("在规则页查看表名", "look up the table on the rules page"),
                row=item.rule_id,
                file=f"{item.table}.csv",
            )
            for item in overrides
            if item.table not in self.tables
        ]
        raise_faults(unknown)
        changed = {name: table.with_overrides(overrides) for name, table in self.tables.items()}
        return RuleBook(_joined(changed), self.sources)

    def listing(self, names: Sequence[str] = ()) -> list[Listing]:
        """All rules, or those of the named tables, in the order of the files."""
        return [
            self._listed(name, row) for name in names or self.tables for row in self.table(name)
        ]

    def counts(self) -> dict[str, int]:
        """Rules by confidence."""
        found = dict.fromkeys(CONFIDENCES, 0)
        for table in self.tables.values():
            for row in table:
                found[row.confidence] += 1
        return found

    def _listed(self, name: str, row: RuleRow) -> Listing:
        told = row.told()
        source = self.sources.get(row.source)
        return Listing(
            name, SPECS[name].label, row.rule_id, told.says, told.figure, told.unit,
            row.standard, row.clause, row.confidence, CONFIDENCES[row.confidence],
            row.source, source.reference if source else "", row.note,
            "; ".join(f"{o.column} = {o.value} ({o.author}, {o.date}: {o.reason})" for o in row.overrides),
        )  # fmt: skip


def parse_sources(text: str) -> tuple[dict[str, Source], list[Finding]]:
    """The list of sources, and what is wrong with it."""
    sources: dict[str, Source] = {}
    findings: list[Finding] = []
    fix = Text("每个来源一行，编号唯一", "one line per source, each with its own id")
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    if header != ["source_id", "reference", "what_it_supports", "nature"]:
        message = Text("表头应为 source_id, reference, what_it_supports, nature",
                       "the header is not source_id, reference, what_it_supports, nature")  # fmt: skip
        return {}, [Finding("rule_table", "error", message, fix, row="1", file=SOURCES_FILE)]
    for line, cells in enumerate(reader, start=2):
        if len(cells) != 4 or not cells[0] or not cells[1] or cells[0] in sources:
            message = Text("来源行不完整或编号重复", "incomplete source, or its id occurs twice")
            findings.append(
                Finding("rule_table", "error", message, fix, row=str(line), file=SOURCES_FILE)
            )
            continue
        sources[cells[0]] = Source(*cells)
    return sources, findings


def parse_book(texts: Mapping[str, str]) -> RuleBook:
    """All tables from the text of their files, by file name.

    Raises
    ------
    RuleTableError
        Missing files, missing columns, unreadable cells, doubled rules, unknown sources: all of
        them in one list.
    """
    sources, findings = parse_sources(texts.get(SOURCES_FILE, ""))
    known = frozenset(sources) if sources else None
    tables: dict[str, RuleTable[Any]] = {}
    for name, spec in SPECS.items():
        if spec.file not in texts:
            message = Text(f"缺少规则表文件 {spec.file}", f"the rule file {spec.file} is missing")
            fix = Text("恢复 geodata/standards", "restore geodata/standards")
            findings.append(Finding("rule_table", "error", message, fix, file=spec.file))
            continue
        tables[name], faults = spec.parse(texts[spec.file], sources=known)
        findings += faults
    raise_faults(findings)
    return RuleBook(_joined(tables), sources)


def _joined(tables: dict[str, RuleTable[Any]]) -> dict[str, RuleTable[Any]]:
    """Tables that answer only together with others, given those."""
    kinds, horizontal, vertical = (tables[spec.name] for spec in (KINDS, HORIZONTAL, VERTICAL))
    assert isinstance(kinds, KindTable)
    nothing = tables[NOTHING.name].rows
    tables[HORIZONTAL.name] = dataclasses.replace(
        horizontal, nothing=nothing, hierarchy=kinds.hierarchy
    )  # type: ignore[call-arg]
    tables[VERTICAL.name] = dataclasses.replace(vertical, hierarchy=kinds.hierarchy)  # type: ignore[call-arg]
    return tables
