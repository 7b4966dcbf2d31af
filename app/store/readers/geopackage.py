"""GeoPackages, read as the SQLite files they are: plain SELECTs on plain tables, nothing run.

No driver sees the file, so its triggers, views and virtual tables stay asleep; what is not a
table is said and left out.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from app.errors import InputFileError, Text
from app.store.readers.handover import CHUNK_ROWS, Handover
from app.store.readers.marks import refuse_marked_names
from app.store.readers.wellknown import checked_wkb, geopackage_wkb

_ALLOWED = {
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_PRAGMA,
}  # fmt: skip
_MAX_CELL = 128 * 2**20


def read_geopackage(path: Path, out: Handover) -> None:
    """Hand over every feature and attribute table.

    Raises
    ------
    InputFileError
        The file is damaged, open in another program, or holds no table.
    RefusedFileError
        It carries a mark of state secrets.
    """
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        raise InputFileError(
            Text(f"{out.file} 正被其他程序打开", f"{out.file} is open in another program"),
            where=out.file,
            fix=Text("在 QGIS 中关闭该文件后再导入", "close it in QGIS, then import"),
        )
    uri = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as db:
            _harden(db)
            _check_whole(db, out.file)
            _read_tables(db, out)
    except sqlite3.Error as error:
        raise _damaged(out.file, str(error)) from error


def _harden(db: sqlite3.Connection) -> None:
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON"):
        db.execute(f"PRAGMA {pragma}")
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_CELL)
    db.text_factory = lambda raw: raw.decode("utf-8", "replace")
    db.set_authorizer(
        lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
    )


def _check_whole(db: sqlite3.Connection, file: str) -> None:
    answer = db.execute("PRAGMA quick_check(1)").fetchone()
    if answer is None or answer[0] != "ok":
        raise _damaged(file, str(answer[0]) if answer else "no answer")


def _read_tables(db: sqlite3.Connection, out: Handover) -> None:
    kinds = {str(n): str(t) for n, t in db.execute("SELECT name, type FROM sqlite_master")}
    if "gpkg_contents" not in kinds:
        raise InputFileError(
            Text(f"{out.file} 是 SQLite 文件，但不是 GeoPackage", f"{out.file} is no GeoPackage"),
            where=out.file,
            fix=Text("用 QGIS 另存为 GeoPackage", "save it as GeoPackage with QGIS"),
        )
    refuse_marked_names(_metadata(db, kinds), where=out.file)
    contents = db.execute(
        "SELECT table_name, data_type FROM gpkg_contents "
        "WHERE data_type IN ('features', 'attributes') ORDER BY rowid"
    ).fetchall()
    read = 0
    for table, _ in contents:
        if kinds.get(str(table)) != "table":
            out.remark(
                "not_a_table", "warning",
                Text(f"{table} 不是数据表（视图或缺失），未读取", f"{table} is no table; left out"),
                Text("把视图另存为图层", "save the view as a layer"),
            )  # fmt: skip
            continue
        _read_table(db, str(table), out)
        read += 1
    if not read:
        raise InputFileError(
            Text(f"{out.file} 中没有图层", f"{out.file} holds no layer"),
            where=out.file,
            fix=Text("核对导出设置", "check how it was exported"),
        )


def _metadata(db: sqlite3.Connection, kinds: dict[str, str]) -> Iterator[str]:
    for row in db.execute("SELECT table_name, identifier, description FROM gpkg_contents"):
        yield from (str(cell) for cell in row if cell)
    if kinds.get("gpkg_metadata") == "table":
        for (text,) in db.execute("SELECT metadata FROM gpkg_metadata LIMIT 100"):
            yield str(text)[:100_000]


def _read_table(db: sqlite3.Connection, table: str, out: Handover) -> None:
    shape = db.execute(
        "SELECT column_name, srs_id FROM gpkg_geometry_columns WHERE table_name = ?", (table,)
    ).fetchone()
    info = db.execute(f"PRAGMA table_info({_quoted(table)})").fetchall()
    keys = {str(row[1]) for row in info if row[5]}
    names = [str(row[1]) for row in info]
    geometry = str(shape[0]) if shape and str(shape[0]) in names else None
    # The row number of the table itself tells a person nothing; an id column does.
    columns = [n for n in names if n != geometry and not (n in keys and n.lower() in _ROW_KEYS)]
    rows = int(db.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0])
    out.layer(
        table, columns, crs=_crs(db, shape[1]) if shape else None,
        has_geometry=geometry is not None, expected_rows=rows,
    )  # fmt: skip
    wanted = [*([geometry] if geometry else []), *columns]
    select = ", ".join(map(_quoted, wanted)) or "1"
    cursor = db.execute(f"SELECT {select} FROM {_quoted(table)}")
    number = 0
    while batch := cursor.fetchmany(CHUNK_ROWS):
        _hand_over(batch, columns, out, first=number + 1, spatial=geometry is not None)
        number += len(batch)


_ROW_KEYS = ("fid", "ogc_fid", "id_0", "gid", "objectid")


def _hand_over(
    batch: Sequence[tuple[object, ...]],
    columns: Sequence[str],
    out: Handover,
    *,
    first: int,
    spatial: bool,
) -> None:
    cells = list(zip(*batch, strict=True))
    blobs = None
    if spatial:
        blobs = checked_wkb(geopackage_wkb(cells.pop(0)))
    values = {
        name: [None if isinstance(v, bytes) else v for v in column]
        if bytes in set(map(type, column))
        else column
        for name, column in zip(columns, cells, strict=False)
    }
    out.rows(range(first, first + len(batch)), values, blobs)


def _crs(db: sqlite3.Connection, srs_id: int) -> str | None:
    found = db.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys "
        "WHERE srs_id = ?",
        (srs_id,),
    ).fetchone()
    if found is None or srs_id in (0, -1):
        return None
    organisation, code, definition = found
    if str(organisation).upper() == "EPSG" and int(code) > 0:
        return f"EPSG:{int(code)}"
    return str(definition) if definition and str(definition) != "undefined" else None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _damaged(file: str, reason: str) -> InputFileError:
    return InputFileError(
        Text(
            f"GeoPackage {file} 已损坏或不完整：{reason}",
            f"GeoPackage {file} is damaged or not whole: {reason}",
        ),
        where=file,
        fix=Text("重新传输或重新导出该文件", "transfer or export the file again"),
    )
