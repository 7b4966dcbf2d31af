"""The programme: who is in, what is done, what it costs, who pays, who agreed, by when."""

from __future__ import annotations

from app.errors import Text
from app.schema import domains as d
from app.schema.columns import (
    area,
    bookkeeping,
    coded,
    count,
    date,
    document,
    fen,
    flag,
    identifier,
    integer,
    moment,
    number,
    reference,
    text,
    year,
)
from app.schema.model import Layer

PROGRAMME = Layer("programme", Text("年度计划", "programme"), "programme", (
    identifier("programme"),
    year("year", "年度", "year"),
    text("name", "名称", "name", required=True),
    text("document", "文件", "document"),
    fen("budget_fen", "计划投资", "budget by the document"),
    integer("communities_stated", "文件小区数", "communities by the document", minimum=0),
    integer("buildings_stated", "文件楼栋数", "buildings by the document", minimum=0),
    number("floor_area_stated_m2", "文件面积", "floor area by the document", "m²", minimum=0),
    integer("households_stated", "文件户数", "households by the document", minimum=0),
    *bookkeeping(),
))  # fmt: skip

PROGRAMME_MEMBER = Layer("programme_member", Text("计划对象", "programme member"), "programme", (
    identifier("programme_member"),
    reference("programme_id", "年度计划", "programme", "programme", required=True),
    coded("target_layer", "对象类型", "kind of target", d.MEMBER_LAYER, required=True),
    text("target_id", "对象", "target", required=True),
    coded("state", "入选状态", "state", d.MEMBER_STATE),
    coded("stage", "实施阶段", "stage", d.STAGE),
    date("applied_on", "申报日期", "applied on"),
    date("reviewed_on", "会审日期", "reviewed on"),
    date("decided_on", "决定日期", "decided on"),
    text("decision_document", "决定文件", "document of the decision"),
    text("reason", "理由", "reason"),
    document("criteria", "四项条件评分", "scores of the four criteria"),
    *bookkeeping(),
))  # fmt: skip

WORK_ITEM = Layer("work_item", Text("改造内容目录", "work item catalogue"), "programme", (
    identifier("work_item"),
    coded("category", "类别", "category", d.CATEGORY, required=True),
    text("name", "名称", "name", required=True),
    text("name_en", "英文名称", "name in English"),
    text("unit", "单位", "unit"),
    text("lead_id", "牵头部门", "lead department"),
    *bookkeeping(),
))  # fmt: skip

COMMUNITY_ITEM = Layer("community_item", Text("改造项目", "scope item"), "programme", (
    identifier("community_item"),
    reference("programme_id", "年度计划", "programme", "programme", required=True),
    reference("work_item_id", "改造内容", "work item", "work_item", required=True),
    reference("community_id", "小区", "community", "community"),
    coded("target_layer", "对象类型", "kind of target", d.TARGET_LAYER, required=True),
    text("target_id", "对象", "target", required=True),
    number("quantity", "工程量", "quantity", minimum=0, maximum=1e9),
    text("unit", "单位", "unit"),
    text("quantity_basis", "工程量依据", "basis of the quantity"),
    fen("unit_cost_fen", "单价", "unit cost"),
    text("unit_cost_basis", "单价依据", "basis of the unit cost"),
    fen("other_fees_fen", "其他费用", "other fees"),
    fen("contingency_fen", "预备费", "contingency"),
    text("scheme", "方案版本", "scheme version"),
    coded("stage", "阶段", "stage", d.STAGE),
    reference("lead_id", "牵头部门", "lead department", "organisation"),
    date("starts_on", "开工", "starts on"),
    date("ends_on", "完工", "ends on"),
    text("proposal_id", "建议编号", "proposal"),
    coded("decision", "决定", "decision", d.DECISION),
    text("decided_by", "决定人", "decided by"),
    text("reason", "理由", "reason"),
    *bookkeeping(),
), geometry=("Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon"),
   optional_geometry=True)  # fmt: skip

SCHEME = Layer("scheme", Text("一区一策版本", "scheme version"), "programme", (
    identifier("scheme"),
    reference("community_id", "小区", "community", "community", required=True),
    reference("programme_id", "年度计划", "programme", "programme"),
    integer("number", "版次", "number of the version", required=True, minimum=1),
    text("title", "说明", "title"),
    coded("state", "状态", "state", d.SCHEME_STATE, required=True),
    date("adopted_on", "采用日期", "adopted on"),
    document("items", "项目", "items as they were"),
    *bookkeeping(),
))  # fmt: skip

FUNDING_SOURCE = Layer("funding_source", Text("资金来源", "funding source"), "programme", (
    identifier("funding_source"),
    reference("programme_id", "年度计划", "programme", "programme", required=True),
    coded("source", "来源", "source", d.SOURCE, required=True),
    text("name", "名称", "name"),
    fen("ceiling_fen", "上限", "ceiling"),
    text("purpose", "用途", "purpose"),
    *bookkeeping(),
))  # fmt: skip

FUNDING = Layer("funding", Text("资金安排", "funding"), "programme", (
    identifier("funding"),
    reference("community_item_id", "改造项目", "scope item", "community_item", required=True),
    coded("source", "来源", "source", d.SOURCE, required=True),
    fen("amount_fen", "金额", "amount", required=True),
    reference("payer_id", "出资单位", "payer", "organisation"),
    text("basis", "依据", "basis"),
    *bookkeeping(),
))  # fmt: skip

CONSENT = Layer("consent", Text("居民意见", "consent"), "programme", (
    identifier("consent"),
    reference("programme_id", "年度计划", "programme", "programme"),
    reference("building_id", "楼栋", "building", "building", required=True),
    reference("stair_unit_id", "单元", "stair unit", "stair_unit"),
    reference("work_item_id", "改造内容", "work item", "work_item"),
    text("household", "户号", "household", required=True),
    area("floor_area_m2", "专有面积", "exclusive floor area", maximum=10_000),
    coded("answer", "意见", "answer", d.CONSENT_ANSWER, required=True),
    date("asked_on", "征询日期", "asked on"),
    *bookkeeping(),
))  # fmt: skip

OPINION = Layer("opinion", Text("部门意见", "opinion"), "programme", (
    identifier("opinion"),
    reference("programme_id", "年度计划", "programme", "programme"),
    reference("community_id", "小区", "community", "community", required=True),
    reference("organisation_id", "单位", "organisation", "organisation", required=True),
    coded("opinion", "意见", "opinion", d.OPINION),
    date("asked_on", "征求日期", "asked on"),
    date("answered_on", "答复日期", "answered on"),
    text("note", "说明", "note"),
    *bookkeeping(),
))  # fmt: skip

PHASE = Layer("phase", Text("实施步骤", "phase"), "programme", (
    identifier("phase"),
    reference("programme_member_id", "计划对象", "programme member", "programme_member",
              required=True),
    coded("stage", "阶段", "stage", d.STAGE, required=True),
    date("due_on", "应完成", "due on"),
    date("started_on", "实际开始", "started on"),
    date("done_on", "实际完成", "done on"),
    text("note", "说明", "note"),
    *bookkeeping(),
))  # fmt: skip

REPLY = Layer("reply", Text("冲突答复", "reply"), "programme", (
    identifier("reply"),
    text("conflict_id", "冲突", "conflict", required=True),
    text("conflict_hash", "冲突内容", "content of the conflict when answered"),
    reference("organisation_id", "单位", "organisation", "organisation", required=True),
    coded("answer", "答复", "answer", d.REPLY, required=True),
    text("note", "说明", "note"),
    date("answered_on", "答复日期", "answered on"),
    *bookkeeping(),
), names_protected=True)  # fmt: skip

INSPECTION = Layer("inspection", Text("检查", "inspection"), "record", (
    identifier("inspection"),
    reference("community_id", "小区", "community", "community"),
    reference("community_item_id", "改造项目", "scope item", "community_item"),
    text("point", "检查节点", "inspection point", required=True),
    date("due_on", "应检日期", "due on"),
    date("done_on", "检查日期", "done on"),
    text("result", "结果", "result"),
    text("inspector", "检查人", "inspector"),
    *bookkeeping(),
), geometry=("Point",), optional_geometry=True)  # fmt: skip

HAZARD = Layer("hazard", Text("风险隐患", "hazard"), "record", (
    identifier("hazard"),
    reference("community_id", "小区", "community", "community"),
    coded("stage", "阶段", "stage", d.HAZARD_STAGE, required=True),
    text("description", "描述", "description", required=True),
    coded("state", "状态", "state", d.RISK_STATE),
    date("found_on", "发现日期", "found on"),
    date("closed_on", "销号日期", "closed on"),
    *bookkeeping(),
), geometry=("Point",), optional_geometry=True)  # fmt: skip

DEFECT = Layer("defect", Text("质量缺陷", "defect"), "record", (
    identifier("defect"),
    reference("community_item_id", "改造项目", "scope item", "community_item"),
    reference("community_id", "小区", "community", "community"),
    text("description", "描述", "description", required=True),
    coded("state", "状态", "state", d.RISK_STATE),
    date("found_on", "发现日期", "found on"),
    date("closed_on", "整改日期", "closed on"),
    *bookkeeping(),
), geometry=("Point",), optional_geometry=True)  # fmt: skip

AS_BUILT = Layer("as_built", Text("竣工测量", "as-built survey"), "record", (
    identifier("as_built"),
    reference("community_item_id", "改造项目", "scope item", "community_item", required=True),
    date("surveyed_on", "测量日期", "surveyed on"),
    text("surveyor", "测量单位", "surveyed by"),
    text("note", "说明", "note"),
    *bookkeeping(),
), geometry=("Point", "LineString", "MultiLineString", "Polygon", "MultiPolygon"),
   optional_geometry=True)  # fmt: skip

SIGNATURE = Layer("signature", Text("验收签认", "signature"), "record", (
    identifier("signature"),
    reference("community_id", "小区", "community", "community", required=True),
    reference("organisation_id", "单位", "organisation", "organisation", required=True),
    text("role", "签认身份", "role", required=True),
    date("signed_on", "签认日期", "signed on"),
    *bookkeeping(),
))  # fmt: skip

PAYMENT = Layer("payment", Text("资金拨付", "payment"), "record", (
    identifier("payment"),
    reference("community_id", "小区", "community", "community"),
    coded("kind", "动作", "kind", d.PAYMENT_KIND, required=True),
    coded("source", "来源", "source", d.SOURCE),
    fen("amount_fen", "金额", "amount", required=True),
    date("dated", "日期", "date"),
    text("document", "凭证", "document"),
    *bookkeeping(),
))  # fmt: skip

PETITION = Layer("petition", Text("信访与意见", "petition or opinion"), "record", (
    identifier("petition"),
    reference("community_id", "小区", "community", "community"),
    text("description", "内容", "content", required=True),
    coded("state", "状态", "state", d.RISK_STATE),
    date("received_on", "收到日期", "received on"),
    date("answered_on", "答复日期", "answered on"),
    text("answer", "答复", "answer"),
    *bookkeeping(),
), geometry=("Point",), optional_geometry=True)  # fmt: skip

DOCUMENT = Layer("document", Text("文档", "document"), "record", (
    identifier("document"),
    reference("community_id", "小区", "community", "community"),
    text("title", "标题", "title", required=True),
    text("kind", "类型", "kind"),
    text("file_sha256", "文件", "file"),
    date("dated", "日期", "date"),
    flag("is_published", "已公示", "published"),
    *bookkeeping(),
))  # fmt: skip

# --- records of the plan itself --------------------------------------------------------------------
DATASET = Layer("dataset", Text("数据集", "dataset"), "record", (
    identifier("dataset"),
    text("title", "标题", "title", required=True),
    text("deliverer", "提供单位", "delivered by"),
    date("delivered_on", "提供日期", "delivered on"),
    text("file_name", "文件名", "file name"),
    text("file_sha256", "文件校验", "file hash"),
    text("crs", "坐标系", "CRS"),
    text("height_datum", "高程基准", "height datum"),
    text("accuracy", "精度", "accuracy"),
    text("licence", "许可", "licence"),
    text("attribution", "署名", "attribution"),
    coded("secrecy", "密级", "secrecy", d.SECRECY),
    flag("is_demo", "演示数据", "demonstration data"),
    document("column_mapping", "字段对应", "column mapping"),
    text("note", "说明", "note"),
    *bookkeeping()[1:],  # a dataset comes from no other dataset
))  # fmt: skip

ORGANISATION = Layer("organisation", Text("单位", "organisation"), "record", (
    identifier("organisation"),
    text("name", "名称", "name", required=True),
    text("name_en", "英文名称", "name in English"),
    document("aliases", "别名", "aliases"),
    coded("kind", "类型", "kind", d.ORGANISATION_KIND),
    text("contact", "联系方式", "contact"),
    number("join_distance_m", "共同开挖距离", "distance for joining digs", "m",
           minimum=0, maximum=1000),
    integer("lead_time_days", "提前通知天数", "lead time", unit="天", minimum=0, maximum=3650),
    *bookkeeping(),
))  # fmt: skip

IMPORT_BATCH = Layer("import_batch", Text("导入批次", "import batch"), "record", (
    identifier("import_batch"),
    text("file_name", "文件名", "file name"),
    text("file_sha256", "文件校验", "file hash"),
    document("counts", "计数", "counts"),
    document("layers", "图层", "layers"),
    moment("imported_at", "导入时间", "imported at"),
    text("imported_by", "导入人", "imported by"),
    moment("undone_at", "撤销时间", "undone at"),
    *bookkeeping(),
))  # fmt: skip

ATTACHMENT = Layer("attachment", Text("附件", "attachment"), "record", (
    identifier("attachment"),
    text("target_layer", "对象图层", "layer of the target", required=True),
    text("target_id", "对象", "target", required=True),
    text("file_sha256", "文件", "file", required=True),
    text("file_name", "文件名", "file name"),
    text("media_type", "类型", "media type"),
    text("caption", "说明", "caption"),
    moment("taken_at", "拍摄时间", "taken at"),
    *bookkeeping(),
), geometry=("Point",), optional_geometry=True)  # fmt: skip

RULE_OVERRIDE = Layer("rule_override", Text("规则调整", "rule override"), "record", (
    identifier("rule_override"),
    text("table", "规则表", "rule table", required=True),
    text("rule_id", "规则编号", "rule", required=True),
    text("column", "字段", "column", required=True),
    text("value", "调整值", "value", required=True),
    text("reason", "理由", "reason", required=True),
    *bookkeeping(),
))  # fmt: skip

SCENARIO = Layer("scenario", Text("情景", "scenario"), "record", (
    identifier("scenario"),
    text("name", "名称", "name", required=True),
    text("note", "说明", "note"),
    coded("state", "状态", "state", d.SCENARIO_STATE),
    count("changes", "改动数", "changes"),
    *bookkeeping(),
))  # fmt: skip

ANALYSIS_RUN = Layer("analysis_run", Text("分析运行", "analysis run"), "record", (
    identifier("analysis_run"),
    text("analysis", "分析", "analysis", required=True),
    text("scenario_id", "情景", "scenario"),
    flag("is_current", "当前结果", "current result"),
    moment("finished_at", "完成时间", "finished at"),
    number("seconds", "用时", "duration", "s", minimum=0),
    document("inputs", "输入", "inputs"),
    document("parameters", "参数", "parameters"),
    document("rules", "规则版本", "rule editions"),
    text("code_version", "程序版本", "code version"),
    document("counts", "计数", "counts"),
    text("run_by", "运行人", "run by"),
    *bookkeeping(),
))  # fmt: skip
