"""Files that came in through the browser and wait to be looked at: apart, hashed, counted, emptied."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from app.errors import NotFoundError, RefusedFileError, Text
from app.store import disk
from app.store.cells import now_text

FOLDER = "quarantine"
MOST_FILES = 20
KEPT_SECONDS = 7 * 24 * 3600
_BLOCK = 2**20
_ID = re.compile(r"[0-9a-f-]{36}")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


@dataclass(frozen=True)
class Upload:
    """One file as received. Its name is only ever shown, never used as a path."""

    upload_id: str
    name: str
    size: int
    sha256: str
    by: str
    at: str


class Quarantine:
    """The waiting files of one plan; nothing here is part of the plan until it is imported.

    Parameters
    ----------
    file_bytes
        Largest file; all waiting files together may have three times as much.
    """

    def __init__(self, plan_folder: Path, *, file_bytes: int = 100 * 2**20) -> None:
        self._folder = plan_folder / FOLDER
        self._file_bytes = file_bytes

    def receive(self, stream: IO[bytes], name: str, by: str) -> Upload:
        """Keep a file as it comes in; a broken or too large one leaves nothing.

        Raises
        ------
        RefusedFileError
            Empty, too large, or too many files are waiting.
        PlanError
            The disk is full.
        """
        self._empty_old()
        self._require_room()
        upload_id = str(uuid.uuid4())
        place = self._folder / upload_id
        place.mkdir(parents=True)
        try:
            shown = _shown_name(name)
            size, sha256 = self._copy(stream, place / f"delivered{_suffix(shown)}", shown)
            upload = Upload(upload_id, shown, size, sha256, by, now_text())
            _write_json(place / "upload.json", asdict(upload))
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        return upload

    def get(self, upload_id: str) -> Upload:
        """A waiting file.

        Raises
        ------
        NotFoundError
            It was imported, thrown away, or never came.
        """
        return Upload(**_read_json(self._place(upload_id) / "upload.json"))

    def path(self, upload: Upload) -> Path:
        """Where the bytes lie."""
        return self._place(upload.upload_id) / f"delivered{_suffix(upload.name)}"

    def waiting(self) -> list[Upload]:
        """Every waiting file, newest first."""
        found = [self.get(place.name) for place in self._places() if _is_whole(place)]
        return sorted(found, key=lambda upload: upload.at, reverse=True)

    def keep_preview(self, upload_id: str, preview: Mapping[str, Any]) -> None:
        """Keep what a look at the file found."""
        _write_json(self._place(upload_id) / "preview.json", preview)

    def preview(self, upload_id: str) -> dict[str, Any] | None:
        """What the last look found; None before there was one."""
        path = self._place(upload_id) / "preview.json"
        return _read_json(path) if path.exists() else None

    def drop(self, upload_id: str) -> None:
        """Throw a waiting file away."""
        shutil.rmtree(self._place(upload_id))

    def _place(self, upload_id: str) -> Path:
        place = self._folder / upload_id
        if not _ID.fullmatch(upload_id) or not _is_whole(place):
            raise NotFoundError(
                Text("这个上传文件已导入、已删除或不存在", "this upload was imported, dropped or never came"),
                where=f"upload {upload_id[:40]}",
                fix=Text("请重新上传", "upload it again"),
            )  # fmt: skip
        return place

    def _places(self) -> list[Path]:
        return list(self._folder.iterdir()) if self._folder.exists() else []

    def _copy(self, stream: IO[bytes], path: Path, shown: str) -> tuple[int, str]:
        digest, size = hashlib.sha256(), 0
        with path.open("xb") as file:
            while block := stream.read(_BLOCK):
                size += len(block)
                if size > self._file_bytes:
                    raise _too_large(shown, self._file_bytes)
                digest.update(block)
                disk.require_room(self._folder, len(block))
                file.write(block)
        if not size:
            raise RefusedFileError(
                Text(f"{shown} 是空文件", f"{shown} is empty"),
                where=shown,
                fix=Text("检查后重新上传", "check the file and upload it again"),
            )
        return size, digest.hexdigest()

    def _require_room(self) -> None:
        places = self._places()
        held = sum(file.stat().st_size for place in places for file in place.iterdir())
        if len(places) >= MOST_FILES or held >= 3 * self._file_bytes:
            raise RefusedFileError(
                Text(f"已有 {len(places)} 个上传文件等待处理，不能再收",
                     f"{len(places)} uploads are waiting, no more are taken"),
                where=FOLDER,
                fix=Text("先导入或删除等待中的文件", "import or drop the waiting ones first"),
            )  # fmt: skip

    def _empty_old(self) -> None:
        """What a killed server left half, and what nobody came back for."""
        for place in self._places():
            age = time.time() - place.stat().st_mtime
            if age > (KEPT_SECONDS if _is_whole(place) else 3600):
                shutil.rmtree(place, ignore_errors=True)


def _is_whole(place: Path) -> bool:
    return (place / "upload.json").is_file()


def _shown_name(name: str) -> str:
    """The last part of the delivered name without control characters."""
    bare = re.split(r"[\\/]", name)[-1]
    return "".join(sign for sign in bare if sign.isprintable())[-120:] or "upload"


def _suffix(name: str) -> str:
    suffix = Path(name).suffix.lower()
    return suffix if _SUFFIX.fullmatch(suffix) else ""


def _too_large(name: str, limit: int) -> RefusedFileError:
    size = f"{limit / 2**20:.0f} MB"
    return RefusedFileError(
        Text(f"{name} 超过 {size}", f"{name} is larger than {size}"),
        where=name,
        fix=Text("拆分，或用命令行 jiugai import 导入", "split it, or use jiugai import"),
    )


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(value, ensure_ascii=False, allow_nan=False, default=str), "utf-8")
    os.replace(part, path)


def _read_json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found
