"""What an import did or would do, told on a terminal: counts, place, columns, first rows, faults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from app.errors import Language, Text
from app.geo.datum_detection import NAMES
from app.schema import LAYERS

if TYPE_CHECKING:
    from app.services.imports import ImportReport, LayerReport

_SHOWN_FINDINGS = 30
_SHOWN_ROWS = 3
_CELL_WIDTH = 24

_CERTAINTY = {
    "stated": Text("文件声明", "stated"),
    "sure": Text("可以确定", "sure"),
    "likely": Text("很可能，请核对", "likely, look at it"),
    "unknown": Text("未知", "unknown"),
}
_HOW = {
    "chosen": Text("指定", "chosen"),
    "remembered": Text("上次的对应", "remembered"),
    "name": Text("字段名", "name"),
    "label": Text("中文名", "label"),
    "synonym": Text("同义词", "synonym"),
    "coordinate": Text("坐标", "coordinate"),
}


def _show_place(layer: LayerReport, told: dict[str, Any], language: Language) -> None:
    """Which layer the rows go to, and where on earth they were taken to be."""
    zh = language == "zh"
    known = LAYERS.get(layer.layer)
    target = f"{known.label.in_language(language)} {layer.layer}" if known else layer.layer
    certainty = _CERTAINTY.get(layer.crs_certainty)
    shown = f"  {layer.crs}（{certainty.in_language(language)}）" if certainty and layer.crs else ""
    coded = layer.encoding if layer.encoding.upper() not in ("", "UTF-8") else ""
    click.echo("  ".join(part for part in (f"{layer.source} → {target}{shown}", coded) if part))
    if layer.crs_reason.zh:
        click.echo(f"  {layer.crs_reason.in_language(language)}")
    if layer.shift.certainty in _CERTAINTY and layer.shift.evidence.zh:
        certain = _CERTAINTY[layer.shift.certainty].in_language(language)
        head = "偏移" if zh else "shift"
        evidence = layer.shift.evidence.in_language(language)
        click.echo(f"  {head}：{NAMES[layer.shift.datum]}（{certain}）{evidence}")
    if layer.bounds:
        west, south, east, north = layer.bounds
        head = "范围" if zh else "bounds"
        click.echo(f"  {head}：{west:.5f}, {south:.5f} – {east:.5f}, {north:.5f}")
        click.echo(f"  {'位置' if zh else 'place'}：{told['place']['words']}")


def _show_first_rows(layer: LayerReport, told: dict[str, Any], language: Language) -> None:
    """The first rows as they would be saved, one line a column."""
    from rich.cells import set_cell_size

    columns = told["preview_words"]
    if not columns:
        return
    shown = min(_SHOWN_ROWS, len(layer.preview))
    click.echo(f"  前 {shown} 行，按保存后的样子：" if language == "zh"
               else f"  first {shown} rows as they would be saved:")  # fmt: skip
    for column in columns:
        unit = f" ({column['unit']})" if column["unit"] else ""
        cells = [f"{column['label']}{unit}", *column["values"][:shown]]
        line = "  ".join(set_cell_size(str(cell), _CELL_WIDTH) for cell in cells)
        click.echo(f"    {line.rstrip()}")


def _show_matches(layer: LayerReport, language: Language) -> None:
    if not layer.matches and not layer.unmatched:
        return
    zh = language == "zh"
    matched, lost = len(layer.matches), len(layer.unmatched)
    click.echo(f"  匹配 {matched:,}  未匹配 {lost:,}" if zh
               else f"  matched {matched:,}  not matched {lost:,}")  # fmt: skip
    for match in layer.matches[:_SHOWN_FINDINGS]:
        click.echo(f"  {match.row}: {match.key} → {match.target} ({match.target_id})")
    if matched > _SHOWN_FINDINGS:
        more = matched - _SHOWN_FINDINGS
        click.echo(f"  … 另有 {more:,} 行匹配" if zh else f"  … {more:,} more matched")


def _column_label(layer: str, column: str, language: Language) -> str:
    known = LAYERS.get(layer)
    if known is None or column not in known.column_names:
        return column
    return f"{known.column(column).label.in_language(language)} {column}"


def _show_columns(layer: LayerReport, language: Language) -> None:
    for use in layer.mapping:
        unit = f" ({use.unit})" if use.unit else ""
        named = _column_label(layer.layer, use.column, language)
        click.echo(f"  {use.header}{unit} → {named}  [{_HOW[use.how].in_language(language)}]")
    if layer.ignored:
        head = "  未用字段：" if language == "zh" else "  unused: "
        click.echo(head + "、".join(layer.ignored))


def _show_findings(report: ImportReport, language: Language) -> None:
    for finding in report.findings[:_SHOWN_FINDINGS]:
        told = finding.as_json(language)
        place = " ".join(
            t for t in (told.get("file"), told["layer"], told["row"], told["column"]) if t
        )
        click.echo(f"{'✗' if finding.severity == 'error' else '·'} {place}: {told['message']}")
        click.echo(f"    → {told['fix']}")
    more = len(report.findings) - _SHOWN_FINDINGS
    if more > 0:
        click.echo(f"… {more} 条见 --json" if language == "zh" else f"… {more} more with --json")


def show(report: ImportReport, language: Language) -> None:
    """Everything about an import, or about what it would do."""
    zh = language == "zh"
    head = "试运行，未写入" if report.dry_run else "批次 " + (report.batch_id or "（无）")
    if not zh:
        head = "dry run, nothing written" if report.dry_run else f"batch {report.batch_id or '-'}"
    click.echo(f"{report.file}  {head}")
    words = (
        {"read": "读取", "kept": "保留", "repaired": "修复", "rejected": "拒绝", "updated": "更新"}
        if zh
        else {name: name for name in report.counts}
    )
    for layer in report.layers:
        told = layer.as_json(language)
        _show_place(layer, told, language)
        click.echo("  " + "  ".join(f"{words[name]} {told[name]:,}" for name in report.counts))
        _show_columns(layer, language)
        _show_matches(layer, language)
        if report.dry_run:
            _show_first_rows(layer, told, language)
    _show_findings(report, language)
