"""Input files of EPA SWMM: plain text, read as such."""

from __future__ import annotations

from pathlib import Path

from app.errors import InputFileError, RefusedFileError, Text

_MOST_BYTES = 64 * 2**20


def is_inp(name: str) -> bool:
    """Whether a delivery calls itself a SWMM model."""
    return Path(name).suffix.lower() == ".inp"


def inp_text(path: Path, name: str) -> str:
    """The text of a model, UTF-8 or GBK.

    Raises
    ------
    InputFileError
        It cannot be read, or is no text.
    RefusedFileError
        It is larger than any model of drains.
    """
    if not path.is_file():
        raise InputFileError(
            Text(f"没有文件 {name}", f"there is no file {name}"),
            where=name, fix=Text("检查路径", "check the path"),
        )  # fmt: skip
    if path.stat().st_size > _MOST_BYTES:
        raise RefusedFileError(
            Text(f"{name} 超过 64 MB", f"{name} is larger than 64 MB"),
            where=name, fix=Text("去掉时间序列后重试", "leave out its time series"),
        )  # fmt: skip
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise InputFileError(
        Text(f"{name} 不是文本", f"{name} is no text"),
        where=name, fix=Text("导出为 SWMM 5 的 .inp 后重试", "save it as an .inp of SWMM 5"),
    )  # fmt: skip
