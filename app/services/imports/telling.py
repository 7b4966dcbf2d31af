"""The findings of one delivered layer, in the deliverer's words: file, layer, row, header, cure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.errors import Finding, Text
from app.geo.datum_detection import NAMES, DatumGuess
from app.schema import Column, Layer
from app.services.imports.mapping import Mapped
from app.services.imports.report import Faults
from app.store.readers.delivery import DeliveredLayer

Mask = NDArray[np.bool_]
CELL_FAULTS = ("wrong_type", "not_in_domain", "out_of_range")


@dataclass
class Telling:
    """Says what is wrong with a layer; ``mapped`` is set once the columns are known."""

    delivered: DeliveredLayer
    faults: Faults
    mapped: Mapped

    def _header(self, column: str) -> str:
        return self.mapped.header_of(column) or column

    def _whole(
        self, code: str, severity: Literal["error", "warning"], message: Text, fix: Text, *,
        column: str = "",
    ) -> None:  # fmt: skip
        self.faults.add(
            Finding(
                code,
                severity,
                message,
                fix,
                layer=self.delivered.name,
                column=column,
                file=self.delivered.file,
            )
        )

    def empty_layer(self) -> None:
        name = self.delivered.name
        self._whole(
            "empty_layer", "warning", Text(f"{name} 没有数据行", f"{name} has no rows"),
            Text("核对导出设置", "check how it was exported"),
        )  # fmt: skip

    def crs_candidates(self, crs: str, candidates: Sequence[str]) -> None:
        self._whole(
            "crs_ambiguous", "warning",
            Text(f"坐标按 {crs} 读取，也可能是 {'、'.join(candidates)}",
                 f"read as {crs}; it could be {', '.join(candidates)} as well"),
            Text("在预览中核对位置；不对时用 --crs 指定",
                 "check the place on the preview; if it is wrong say --crs"),
        )  # fmt: skip

    def unit_denied(self, unit_m: float) -> None:
        self._whole(
            "unit_denied", "warning",
            Text(f"图纸声明的单位是 {unit_m:g} m，但坐标按米读才落在规划范围，已按米读取",
                 f"the drawing states a unit of {unit_m:g} m, but only read as metres it lies at the plan"),
            Text("在 CAD 中把图形单位（INSUNITS）设为米", "set the unit (INSUNITS) to metres in the CAD program"),
        )  # fmt: skip

    def shift(self, used: DatumGuess, evidence: DatumGuess) -> None:
        """What the plan's own layers say about the shift of web maps in the coordinates."""
        look = Text("在预览中核对位置；不对时用 --datum 指定 wgs84、gcj02 或 bd09",
                    "look at the place on the preview; if it is wrong say --datum wgs84, gcj02 or bd09")  # fmt: skip
        name = NAMES[evidence.datum]
        if used.certainty == "unknown":
            self._whole("datum_unknown", "warning", evidence.evidence,
                        Text("向交付单位问明是否来自网络地图；是则用 --datum gcj02 或 bd09",
                             "ask whether it came from a web map; if so say --datum gcj02 or bd09"))  # fmt: skip
        elif used.certainty != "stated" and used.datum != "wgs84":
            self._whole("datum_found", "warning",
                        Text(f"经纬度经网络地图偏移（{name}），已反算。依据：{evidence.evidence.zh}",
                             f"degrees shifted by a web map ({name}), turned back; "
                             f"evidence: {evidence.evidence.en}"), look)  # fmt: skip
        elif used.certainty == "stated" and evidence.certainty in ("sure", "likely") and (
            used.datum != evidence.datum
        ):  # fmt: skip
            self._whole("datum_contradicted", "warning",
                        Text(f"指定为 {NAMES[used.datum]}，但对照方案更像 {name}。依据：{evidence.evidence.zh}",
                             f"said to be {NAMES[used.datum]}, but beside the plan it looks like {name}; "
                             f"evidence: {evidence.evidence.en}"), look)  # fmt: skip

    def suspect_unit(self, column: str, median: float) -> None:
        header = self._header(column)
        cure = f"--map {header}={column}:cm"
        self._whole(
            "unit_suspect", "error",
            Text(f"“{header}”的中位数为 {median:g}，不像米；整列按未知处理",
                 f"the median of {header} is {median:g}, hardly metres: taken as unknown"),
            Text(f"若为厘米，用 {cure}", f"if it is centimetres: {cure}"), column=header,
        )  # fmt: skip

    def missing_column(self, column: Column) -> None:
        name = column.name
        self._whole(
            "missing_column", "error",
            Text(f"缺少必填字段“{column.label.zh}”（{name}）", f"required column {name} is missing"),
            Text(f"在文件中补上，或用 --map 源字段={name} 指定", f"add it, or say --map HEADER={name}"),
            column=name,
        )  # fmt: skip

    def ids(
        self,
        layer: Layer,
        ids: pd.Series[Any],
        numbers: NDArray[np.int64],
        *,
        absent: Mask,
        repeated: Mask,
        held: Mask,
    ) -> None:
        """Ids that are empty, occur twice in the file, or are in the plan already."""
        header = self._header(layer.id_column)
        self.faults.rows(
            "missing_id", "error", numbers[absent].tolist(), Text("编号为空", "the id is empty"),
            Text("补上编号", "give the row an id"), column=header, rejected=True,
        )  # fmt: skip
        self.faults.rows(
            "duplicate_id", "error", numbers[repeated].tolist(),
            [Text(f"编号 {v} 与前面的行重复", f"the id {v} occurs in a row above") for v in ids[repeated]],
            Text("每行用不同的编号", "give each row an id of its own"), column=header, rejected=True,
        )  # fmt: skip
        known = held & ~repeated
        self.faults.rows(
            "id_in_plan", "error", numbers[known].tolist(),
            [Text(f"编号 {v} 在规划中已存在", f"the plan has a row {v} already") for v in ids[known]],
            Text("若要更新这些行，加 --update", "to change those rows add --update"),
            column=header, rejected=True,
        )  # fmt: skip

    def not_understood(
        self, column: Column, raw: NDArray[Any], faulty: Mask, numbers: NDArray[np.int64]
    ) -> None:
        domain = column.domain
        wanted_zh = (
            "、".join(c.label.zh for c in domain.codes) if domain else column.unit or "规范写法"
        )
        wanted_en = ", ".join(domain.values) if domain else column.unit or f"a plain {column.kind}"
        self.faults.rows(
            "not_understood", "warning", numbers[faulty].tolist(),
            [Text(f"“{column.label.zh}”的值“{v}”无法理解，按未知处理",
                  f"{column.name}: “{v}” is not understood and taken as unknown")
             for v in raw[faulty]],
            Text(f"改为 {wanted_zh} 后重新导入", f"write it as {wanted_en} and import again"),
            column=self._header(column.name), rejected=False,
        )  # fmt: skip

    def schema_fault(self, finding: Finding, numbers: NDArray[np.int64]) -> None:
        blanked = finding.code in CELL_FAULTS
        tail = Text("，按未知处理", "; taken as unknown") if blanked else Text("", "")
        self.faults.rows(
            finding.code, "warning" if blanked else finding.severity, numbers.tolist(),
            Text(finding.message.zh + tail.zh, finding.message.en + tail.en), finding.fix,
            column=self._header(finding.column),
            rejected=not blanked and finding.severity == "error",
        )  # fmt: skip
