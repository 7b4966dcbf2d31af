"""Files of the plan by content hash: photos, documents, rasters, deliveries as received."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from pathlib import Path

from app.errors import NotFoundError, Text
from app.store import disk


def put(folder: Path, content: Path | bytes) -> str:
    """Keep a file under ``files/``, whole or not at all; returns its sha256."""
    name = (
        hashlib.sha256(content).hexdigest()
        if isinstance(content, bytes)
        else disk.sha256_of(content)
    )
    final = folder / "files" / name
    if final.exists():
        return name
    final.parent.mkdir(exist_ok=True)
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    disk.require_room(folder, size)
    part = final.with_name(f".{name}.{uuid.uuid4().hex}.part")
    try:
        if isinstance(content, bytes):
            part.write_bytes(content)
        else:
            shutil.copyfile(content, part)
        disk.sync_file(part)
        os.replace(part, final)
    finally:
        part.unlink(missing_ok=True)
    disk.sync_folder(final.parent)
    return name


def path_of(folder: Path, sha256: str) -> Path:
    """Where a kept file lies.

    Raises
    ------
    NotFoundError
        The plan keeps no file of that hash.
    """
    path = folder / "files" / sha256
    if not re.fullmatch(r"[0-9a-f]{64}", sha256) or not path.is_file():
        raise NotFoundError(
            Text("方案中没有这个文件", "the plan keeps no such file"),
            where=f"files/{sha256[:64]}",
            fix=Text("请重新上传", "upload it again"),
        )
    return path
