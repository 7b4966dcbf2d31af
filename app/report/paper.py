"""A short paper of headings, paragraphs and tables, as a text document, a page or a workbook."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.report.xlsx import Heading, Sheet, printable

CHINESE_FONT, LATIN_FONT = "仿宋", "Times New Roman"


@dataclass(frozen=True)
class Part:
    """One section: a heading, sentences, and a table if there is one. All cells are texts."""

    title: str
    sentences: Sequence[str] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Paper:
    """What is written; ``lines`` say secrecy, state, who and when."""

    title: str
    lines: Sequence[str]
    parts: Sequence[Part]
    language: str = "zh"
    notes: Sequence[str] = field(default=())


def as_docx(paper: Paper) -> bytes:
    """The paper as a Word document; nothing in it is a field or a link."""
    import docx
    from docx.oxml.ns import qn
    from docx.shared import Pt

    made = docx.Document()
    style = made.styles["Normal"]
    style.font.name, style.font.size = LATIN_FONT, Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), CHINESE_FONT)
    made.core_properties.title = printable(paper.title)
    made.add_heading(printable(paper.title), level=0)
    for part in paper.parts:
        made.add_heading(printable(part.title), level=1)
        for sentence in part.sentences:
            made.add_paragraph(printable(sentence))
        if part.head:
            table = made.add_table(rows=1, cols=len(part.head), style="Table Grid")
            for cell, text in zip(table.rows[0].cells, part.head, strict=True):
                cell.paragraphs[0].add_run(printable(text)).bold = True
            for row in part.rows:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = printable(text)
    for line in (*paper.notes, *paper.lines):
        made.add_paragraph(printable(line)).runs[0].font.size = Pt(9)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title><style>
body{{font:16px/1.6 "Noto Sans SC","Microsoft YaHei",sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1f2933}}
table{{border-collapse:collapse;width:100%;margin:.5rem 0}}th,td{{border:1px solid #9ca3af;padding:.25rem .5rem;text-align:left}}
footer{{margin-top:2rem;font-size:.85rem;color:#4b5563}}@media print{{body{{margin:0}}tr{{break-inside:avoid}}}}
</style></head><body><main><h1>{title}</h1>
{body}</main><footer>{foot}</footer></body></html>
"""


def as_html(paper: Paper) -> bytes:
    """The paper as one page without any script or outside file."""
    parts = []
    for part in paper.parts:
        text = "".join(f"<p>{html.escape(sentence)}</p>\n" for sentence in part.sentences)
        table = ""
        if part.head:
            head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in part.head)
            rows = "".join(
                "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>\n"
                for row in part.rows
            )
            table = f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>\n"
        parts.append(f"<section><h2>{html.escape(part.title)}</h2>\n{text}{table}</section>\n")
    foot = "".join(f"<p>{html.escape(line)}</p>" for line in (*paper.notes, *paper.lines))
    lang = "zh-CN" if paper.language == "zh" else "en"
    page = _PAGE.format(lang=lang, title=html.escape(paper.title), body="".join(parts), foot=foot)
    return page.encode("utf-8")


def as_sheets(paper: Paper) -> list[Sheet]:
    """The tables of the paper as sheets, sentences above each."""
    return [
        Sheet(part.title, [Heading(text) for text in part.head or ("",)], list(part.rows),
              notes=tuple(part.sentences))
        for part in paper.parts
    ]  # fmt: skip
