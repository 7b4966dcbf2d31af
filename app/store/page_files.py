"""The browser files that an exported page carries inside: Leaflet as set-up brought it, and ours."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TypedDict

from app.errors import NotFoundError, Text

VENDOR = Path(__file__).resolve().parents[1] / "web" / "static" / "vendor"
_IMAGES = ("layers.png", "layers-2x.png", "marker-icon.png")


class PageTexts(TypedDict):
    """Contents by what they are."""

    leaflet_js: str
    leaflet_css: str
    images: dict[str, bytes]
    page_js: str
    page_css: str


def page_files(vendor: Path = VENDOR) -> PageTexts:
    """Everything a single-file map needs.

    Raises
    ------
    NotFoundError
        Set-up has not brought the browser files yet.
    """
    ours = files("app.report") / "templates"
    return {
        "leaflet_js": _vendor(vendor / "leaflet.js").decode("utf-8"),
        "leaflet_css": _vendor(vendor / "leaflet.css").decode("utf-8"),
        "images": {name: _vendor(vendor / "images" / name) for name in _IMAGES},
        "page_js": (ours / "single_map.js").read_text("utf-8"),
        "page_css": (ours / "single_map.css").read_text("utf-8"),
    }


def _vendor(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise NotFoundError(
            Text(f"缺少浏览器文件 {path.name}", f"the browser file {path.name} is missing"),
            where=path.name,
            fix=Text("先运行 python scripts/start.py", "run python scripts/start.py first"),
        ) from fault
