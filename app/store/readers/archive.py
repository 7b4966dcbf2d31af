"""Zip archives, walked by our own code before anything is unpacked.

What an archive says about itself is not believed: sizes are counted while unpacking, members get
names of ours, and one that climbs out, links, nests or explodes refuses the whole archive.
"""

from __future__ import annotations

import re
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from app.errors import InputFileError, RefusedFileError, Text

MAX_MEMBERS = 200
MAX_PARTS = 5000
MAX_RATIO = 200
_GDB_PART = re.compile(r"a[0-9a-f]{8}\.[a-z0-9_]{1,24}|gdb|timestamps")
_BESIDE_GDB = (".txt", ".pdf", ".doc", ".docx", ".xml", ".md", ".jpg", ".png")
_RATIO_FROM = 10 * 2**20
_BLOCK = 2**20
_NESTED = (".zip", ".kmz", ".rar", ".7z", ".gz", ".tar", ".tgz", ".bz2", ".xz")
_NOISE = ("__macosx/", ".ds_store", "thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Member:
    """One unpacked member: the name it was delivered under and where it lies now."""

    name: str
    path: Path


def unpack(archive: Path, into: Path, *, where: str, max_bytes: int) -> list[Member]:
    """The members of an archive, unpacked flat under names of ours.

    Raises
    ------
    RefusedFileError
        A member climbs out, links, nests or is encrypted; there are too many or they are too big.
    InputFileError
        The archive is damaged.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            infos = [info for info in packed.infolist() if not _is_noise(info.filename)]
            _check_members(infos, where)
            return _unpacked(packed, infos, into, where=where, max_bytes=max_bytes)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError) as error:
        raise InputFileError(
            Text(f"压缩包 {where} 已损坏：{error}", f"archive {where} is damaged: {error}"),
            where=where,
            fix=Text("重新压缩并交付", "zip it again"),
        ) from error


def holds_geodatabase(archive: Path) -> bool:
    """Whether an archive is a zipped folder of a file geodatabase; False if it cannot be read."""
    try:
        with zipfile.ZipFile(archive) as packed:
            return any(_in_geodatabase(member_name(info)) for info in packed.infolist())
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError):
        return False


def unpack_geodatabases(
    archive: Path, into: Path, *, where: str, max_bytes: int
) -> list[tuple[str, Path]]:
    """The geodatabases of an archive, each in a folder of ours, with the name it had.

    Files of a geodatabase have fixed names; what has another one is not unpacked.

    Raises
    ------
    RefusedFileError, InputFileError
        As for :func:`unpack`; or something else lies beside the geodatabases.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            infos = [info for info in packed.infolist() if not _is_noise(info.filename)]
            _check_members(infos, where, most=MAX_PARTS)
            return _unpacked_geodatabases(packed, infos, into, where=where, max_bytes=max_bytes)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError) as error:
        raise InputFileError(
            Text(f"压缩包 {where} 已损坏：{error}", f"archive {where} is damaged: {error}"),
            where=where,
            fix=Text("重新压缩并交付", "zip it again"),
        ) from error


def geodatabase_part(name: str) -> bool:
    """Whether a file inside a .gdb folder is part of the data, not a lock or a stray."""
    return bool(_GDB_PART.fullmatch(name.lower()))


def _in_geodatabase(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return len(parts) > 1 and parts[-2].lower().endswith(".gdb") and geodatabase_part(parts[-1])


def _unpacked_geodatabases(
    packed: zipfile.ZipFile,
    infos: list[zipfile.ZipInfo],
    into: Path,
    *,
    where: str,
    max_bytes: int,
) -> list[tuple[str, Path]]:
    folders: dict[str, Path] = {}
    total = 0
    for info in infos:
        name = member_name(info)
        path = PurePosixPath(name.replace("\\", "/"))
        if info.is_dir() or (len(path.parts) > 1 and path.suffix.lower() == ".lock"):
            continue
        if not _in_geodatabase(name):
            if path.suffix.lower() in _BESIDE_GDB or path.parent.suffix.lower() == ".gdb":
                continue
            raise _refused(where, f"FileGDB 之外还有文件：{name}", f"{name} is no part of a .gdb")
        target = folders.setdefault(str(path.parent), into / f"g{len(folders):04d}.gdb")
        target.mkdir(exist_ok=True)
        size = 0
        with packed.open(info) as source, (target / path.name.lower()).open("xb") as sink:
            while block := source.read(_BLOCK):
                size += len(block)
                total += len(block)
                if total > max_bytes:
                    limit = max_bytes // 2**20
                    raise _refused(
                        where, f"解压后超过 {limit} MB", f"more than {limit} MB unpacked"
                    )
                check_ratio(size, info.compress_size, where=where, name=name)
                sink.write(block)
    return [(PurePosixPath(name).name, folder) for name, folder in folders.items()]


def member_name(info: zipfile.ZipInfo) -> str:
    """The name of a member; Chinese systems write GBK where the flag for UTF-8 is not set."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def check_ratio(unpacked_bytes: int, packed_bytes: int, *, where: str, name: str) -> None:
    """Refuse a member that grows out of all proportion."""
    if unpacked_bytes > _RATIO_FROM and unpacked_bytes > MAX_RATIO * max(packed_bytes, 1):
        raise _refused(where, f"{name} 解压后膨胀超过 {MAX_RATIO} 倍", f"{name} explodes")


def _is_noise(name: str) -> bool:
    low = name.lower()
    return low.startswith(_NOISE[0]) or PurePosixPath(low).name in _NOISE[1:]


def _check_members(infos: list[zipfile.ZipInfo], where: str, *, most: int = MAX_MEMBERS) -> None:
    if len(infos) > most:
        raise _refused(
            where,
            f"成员 {len(infos)} 个，超过 {most} 个",
            f"{len(infos)} members are more than {most}",
        )
    for info in infos:
        name = member_name(info)
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            raise _refused(where, f"成员路径越界：{name}", f"{name} climbs out of the archive")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _refused(where, f"成员是链接：{name}", f"{name} is a link")
        if info.flag_bits & 0x1:
            raise _refused(where, f"成员已加密：{name}", f"{name} is encrypted")
        if path.suffix.lower() in _NESTED:
            raise _refused(where, f"压缩包内还有压缩包：{name}", f"{name} is an archive itself")


def _unpacked(
    packed: zipfile.ZipFile,
    infos: list[zipfile.ZipInfo],
    into: Path,
    *,
    where: str,
    max_bytes: int,
) -> list[Member]:
    members: list[Member] = []
    stems: dict[str, str] = {}
    total = 0
    for info in infos:
        if info.is_dir():
            continue
        name = member_name(info)
        path = PurePosixPath(name.replace("\\", "/"))
        # Files of one shapefile share a stem and must go on sharing one.
        stem = stems.setdefault(str(path.with_suffix("")).lower(), f"m{len(stems):04d}")
        target = into / f"{stem}{_plain_suffix(path.suffix)}"
        if target.exists():
            raise _refused(where, f"成员重名：{name}", f"{name} occurs twice")
        size = 0
        with packed.open(info) as source, target.open("wb") as sink:
            while block := source.read(_BLOCK):
                size += len(block)
                total += len(block)
                if total > max_bytes:
                    limit = max_bytes // 2**20
                    raise _refused(
                        where, f"解压后超过 {limit} MB", f"more than {limit} MB when unpacked"
                    )
                check_ratio(size, info.compress_size, where=where, name=name)
                sink.write(block)
        members.append(Member(name, target))
    return members


def _plain_suffix(suffix: str) -> str:
    low = suffix.lower()
    return low if low.isascii() and low[1:].isalnum() else ".bin"


def _refused(where: str, zh: str, en: str) -> RefusedFileError:
    return RefusedFileError(
        Text(f"压缩包 {where}：{zh}", f"archive {where}: {en}"),
        where=where,
        fix=Text(
            "只把数据文件直接压缩在一起（不嵌套、不加密）后重新交付",
            "zip the data files alone, neither nested nor encrypted, and deliver again",
        ),
    )
