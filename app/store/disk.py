"""What the store asks of a disk: local, with room, and files that appear whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from app.errors import PlanError, Text

NETWORK_FILESYSTEMS = frozenset(
    {
        "nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "ncpfs", "davfs",
        "fuse.sshfs", "fuse.davfs2", "fuse.rclone", "fuse.glusterfs", "glusterfs", "ceph",
        "lustre", "beegfs", "ocfs2", "gfs2",
    }
)  # fmt: skip
WINDOWS_REMOTE_DRIVE = 4


def require_local_disk(folder: Path) -> None:
    """Refuse a folder on a network drive: write-ahead logging needs memory shared by its readers.

    Raises
    ------
    PlanError
        The folder lies on a network file system.
    """
    kind = network_kind(folder)
    if kind:
        raise PlanError(
            Text(
                f"方案文件夹位于网络驱动器（{kind}），数据库在网络驱动器上会损坏",
                f"the plan folder is on a network drive ({kind}), where its databases break",
            ),
            where=str(folder),
            fix=Text(
                "请把方案文件夹放到本机硬盘，再通过“备份”或“导出”交给他人",
                "keep the plan on a local disk and hand it on with backup or export",
            ),
        )


def network_kind(folder: Path, mounts: str | None = None) -> str:
    """The network file system that holds the folder, or nothing for a local disk."""
    text = str(folder.absolute())
    if text.startswith(("\\\\", "//")):
        return "UNC"
    if sys.platform == "win32":
        import ctypes

        root = folder.absolute().anchor
        remote = ctypes.windll.kernel32.GetDriveTypeW(root) == WINDOWS_REMOTE_DRIVE
        return "Windows" if remote else ""
    if mounts is None:
        table = Path("/proc/mounts")
        mounts = table.read_text(encoding="utf-8", errors="replace") if table.exists() else ""
    filesystem = filesystem_of(os.path.realpath(folder), mounts)
    return filesystem if filesystem in NETWORK_FILESYSTEMS else ""


def filesystem_of(folder: str, mounts: str) -> str:
    """The type of the mount with the longest path above the folder, by the lines of /proc/mounts."""
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = folder == point or folder.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind


def require_room(folder: Path, wanted_bytes: int) -> None:
    """Refuse work that would fill the disk.

    Raises
    ------
    PlanError
        Less than ``wanted_bytes`` are free.
    """
    free = shutil.disk_usage(folder).free
    if free < wanted_bytes:
        raise PlanError(
            Text(
                f"磁盘空间不足：需要约 {wanted_bytes / 1e6:.0f} MB，剩余 {free / 1e6:.0f} MB",
                f"disk nearly full: about {wanted_bytes / 1e6:.0f} MB needed, "
                f"{free / 1e6:.0f} MB free",
            ),
            where=str(folder),
            fix=Text(
                "请清理磁盘后重试；方案未被改动", "free some space and retry; nothing changed"
            ),
        )


def write_whole(path: Path, content: bytes) -> None:
    """Replace a small file so that readers see the old or the new content, never a part."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with beside.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(beside, path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Have the disk keep what was written to a file."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Have the disk keep the names in a folder; Windows does so by itself."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """The content hash of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
