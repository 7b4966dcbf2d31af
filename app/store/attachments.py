"""Files of the plan by content hash: photos, documents, rasters, deliveries as received."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from app.errors import NotFoundError, Text
from app.store import disk

_BLOCK = 2**20


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


class Arriving:
    """A file that is copied and hashed in one pass while it is looked at, and kept only at the end.

    ``folder`` is None where it is only hashed. A context: what was not kept is gone after it.
    """

    def __init__(self, content: Path, folder: Path | None) -> None:
        self._folder = folder
        self._part: Path | None = None
        if folder is not None:
            disk.require_room(folder, content.stat().st_size)
            (folder / "files").mkdir(exist_ok=True)
            self._part = folder / "files" / f".{uuid.uuid4().hex}.part"
        self._one = ThreadPoolExecutor(1)
        self._hashed = self._one.submit(self._copy, content)
        self._added: Path | None = None

    def _copy(self, content: Path) -> str:
        digest = hashlib.sha256()
        with ExitStack() as stack:
            source = stack.enter_context(content.open("rb"))
            target = stack.enter_context(self._part.open("xb")) if self._part else None
            while block := source.read(_BLOCK):
                digest.update(block)
                if target is not None:
                    target.write(block)
        return digest.hexdigest()

    @property
    def sha256(self) -> str:
        """Waits until the whole file was read."""
        return self._hashed.result()

    def keep(self) -> None:
        """Put it under its hash; a file that the plan has already stays as it is."""
        assert self._folder is not None
        assert self._part is not None
        final = self._folder / "files" / self.sha256
        if not final.exists():
            disk.sync_file(self._part)
            os.replace(self._part, final)
            disk.sync_folder(final.parent)
            self._added = final

    def __enter__(self) -> Arriving:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._one.shutdown()
        if self._part is not None:
            self._part.unlink(missing_ok=True)
        if kind is not None and self._added is not None:
            self._added.unlink(missing_ok=True)


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
