"""What a file really is, by its first bytes; its name is only a claim.

GDAL opens by content and ignores the name: a VRT or a pipeline called ``.geojson`` reads any file
of the server. So only kinds on this list go on, and only if name and content agree.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from app.errors import InputFileError, RefusedFileError, Text
from app.store.readers.archive import holds_geodatabase

Kind = Literal[
    "gpkg", "shapefile", "geojson", "kml", "csv", "xlsx", "zip", "dxf", "mdb", "gdb", "tif",
    "asc", "xyz",
]  # fmt: skip

_SUFFIXES: dict[str, Kind] = {
    ".gpkg": "gpkg", ".shp": "shapefile", ".geojson": "geojson", ".json": "geojson",
    ".kml": "kml", ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx",
    ".zip": "zip", ".kmz": "zip", ".dxf": "dxf", ".mdb": "mdb", ".accdb": "mdb",
    ".tif": "tif", ".tiff": "tif", ".asc": "asc", ".xyz": "xyz",
}  # fmt: skip
ACCEPTED = Text(
    "可用格式：GeoPackage（.gpkg）、Shapefile（.shp 或 .zip）、GeoJSON、KML、CSV、XLSX、DXF、"
    "Access（.mdb、.accdb）、FileGDB（.gdb 文件夹压缩为 .zip）；地形用 GeoTIFF（.tif）、.asc、.xyz；"
    "OSM 提取文件（.osm.pbf）用命令行",
    "accepted: GeoPackage (.gpkg), Shapefile (.shp or .zip), GeoJSON, KML, CSV, XLSX, DXF, "
    "Access (.mdb, .accdb), file geodatabases (the .gdb folder zipped); terrain as GeoTIFF (.tif), "
    ".asc or .xyz; "
    "OSM extracts (.osm.pbf) on the command line",
)
_DRIVER_WORDS = (
    b"<ogrvrt", b"<ogrwfs", b"<vrtdataset", b"<gdal_wms", b"<ogrwarpedlayer", b"gdal_streamed_alg",
    b"command_line", b"<wmt_ms_", b"<service>", b"<gdalwms", b"<wfs_",
)  # fmt: skip
_HEAD_BYTES = 65_536
_OSM_HEADER = b"OSMHeader"
_JET = (b"Standard Jet DB", b"Standard ACE DB")
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_DXF_BEGINS = ([b"0", b"SECTION"],)


def is_extract(path: Path) -> bool:
    """Whether the file is an OpenStreetMap extract (PBF), which has a reader of its own."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return _OSM_HEADER in stream.read(64)


def sniff(path: Path, *, name: str = "") -> Kind:
    """The kind of a delivered file.

    Parameters
    ----------
    path
        The file as it lies on our disk.
    name
        The name under which it was delivered, if another one.

    Raises
    ------
    InputFileError
        The file is missing, empty, or its content is not what its name says.
    RefusedFileError
        It is of a kind that we do not let in.
    """
    shown = name or path.name
    if path.is_dir() and path.suffix.lower() == ".gdb" and (path / "gdb").is_file():
        return "gdb"
    if not path.is_file():
        raise InputFileError(
            Text(f"找不到文件 {shown}", f"there is no file {shown}"),
            where=shown,
            fix=Text("检查路径", "check the path"),
        )
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if not head.strip(b"\x00 \t\r\n"):
        raise InputFileError(
            Text(f"文件 {shown} 是空的", f"{shown} is empty"),
            where=shown,
            fix=Text("请重新导出并交付", "export it again"),
        )
    _refuse_known_foreign(head, shown)
    suffix = Path(shown).suffix.lower()
    claimed = _SUFFIXES.get(suffix)
    if claimed is None:
        raise RefusedFileError(
            Text(
                f"{shown}：不接收 {suffix or '无扩展名'} 文件", f"{shown}: {suffix or 'no suffix'}"
            ),
            where=shown,
            fix=ACCEPTED,
        )
    if not _looks_like(claimed, head):
        raise InputFileError(
            Text(
                f"{shown} 的内容不是 {suffix} 文件（开头为 {_shown(head)}）",
                f"{shown} does not hold what {suffix} promises (it begins with {_shown(head)})",
            ),
            where=shown,
            fix=Text("核对文件，或从原软件重新导出", "check the file, or export it again"),
        )
    if claimed == "zip" and holds_geodatabase(path):
        return "gdb"
    return claimed


def _looks_like(kind: Kind, head: bytes) -> bool:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if kind == "gpkg":
        return head.startswith(b"SQLite format 3\x00")
    if kind == "shapefile":
        return head[:4] == b"\x00\x00\x27\x0a"
    if kind == "geojson":
        return text.startswith(b"{")
    if kind == "kml":
        return text.startswith(b"<") and b"<kml" in head.lower()
    if kind == "mdb":
        return head[:4] == b"\x00\x01\x00\x00" and head[4:19] in _JET
    if kind == "dxf":
        return (
            text.startswith(b"AutoCAD Binary DXF")
            or text.split(None, 2)[:2] in _DXF_BEGINS
            or text.startswith(b"999")
        )
    if kind == "tif":
        return head[:4] in _TIFF
    if kind == "asc":
        return text[:5].lower() in (b"ncols", b"nrows")
    if kind in ("xlsx", "zip"):
        return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return True
    return not text.startswith((b"<", b"{")) and b"\x00" not in head


def _refuse_known_foreign(head: bytes, shown: str) -> None:
    low = head[:4096].lower()
    start = low.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:4] == b"AC10" or (head[:2] == b"AC" and head[2:6].isdigit()):
        raise RefusedFileError(
            Text(f"{shown} 是 DWG 图纸，无法直接读取", f"{shown} is a DWG drawing"),
            where=shown,
            fix=Text(
                "在 CAD 中“另存为”DXF（2007 或更高版本，单位为米）后导入该 DXF，并说明坐标系",
                "save it as DXF (2007 or later, unit metres) in the CAD program and import that, "
                "with the reference system",
            ),
        )
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise RefusedFileError(
            Text(f"{shown} 是旧版 Office 文件（.xls）", f"{shown} is an old Office file (.xls)"),
            where=shown,
            fix=Text("另存为 .xlsx 或 .csv", "save it as .xlsx or .csv"),
        )
    if head[:4] == b"Rar!" or head[:6] == b"7z\xbc\xaf\x27\x1c" or head[:2] == b"\x1f\x8b":
        raise RefusedFileError(
            Text(f"{shown} 是 RAR/7z/GZ 压缩包", f"{shown} is a RAR, 7z or GZ archive"),
            where=shown,
            fix=Text("解压后改用 .zip", "unpack it and use .zip"),
        )
    if _OSM_HEADER in head[:64]:
        raise RefusedFileError(
            Text(f"{shown} 是 OSM PBF 数据", f"{shown} is an OSM PBF extract"),
            where=shown,
            fix=Text("用命令行 jiugai import，或 jiugai init PLAN --from-osm 新建方案",
                     "use jiugai import on the command line, or jiugai init PLAN --from-osm"),
        )  # fmt: skip
    if start.startswith((b"<!doctype html", b"<html")):
        raise InputFileError(
            Text(f"{shown} 是网页（可能是登录页）", f"{shown} is a web page, maybe a log-in page"),
            where=shown,
            fix=Text("登录后重新下载原文件", "log in and download the file itself"),
        )
    if any(word in low for word in _DRIVER_WORDS) and start[:1] in (b"<", b"{"):
        raise RefusedFileError(
            Text(
                f"{shown} 不是数据文件，而是指向其他文件或网址的描述文件",
                f"{shown} is no data but a description that points to other files or addresses",
            ),
            where=shown,
            fix=Text("交付数据本身", "deliver the data themselves"),
        )


def _shown(head: bytes) -> str:
    return repr(head[:12].decode("latin-1"))
