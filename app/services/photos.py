"""Photos of rows: painted anew before they are kept, so that nothing but the picture comes in."""

from __future__ import annotations

import io
import uuid
import warnings
from typing import IO

from PIL import Image, ImageOps

from app.errors import NotFoundError, RefusedFileError, Text
from app.report.plain import is_missing
from app.schema import Actor
from app.services.plans import OpenPlan, known_layer
from app.store import Edit

ACCEPTED = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 2048
QUALITY = 85
JPEG = "image/jpeg"


def add(
    plan: OpenPlan, stream: IO[bytes], *, layer: str, row_id: str, name: str, caption: str,
    actor: Actor,
) -> dict[str, object]:  # fmt: skip
    """Bind a photo to a row.

    Raises
    ------
    NotFoundError
        There is no such row.
    RefusedFileError
        No picture that can be read, or one with too many pixels.
    """
    if plan.row(known_layer(layer), row_id) is None:
        raise NotFoundError(
            Text("要附照片的对象不存在", "the row for this photo does not exist"),
            where=f"{layer}/{row_id}",
            fix=Text("刷新后重新选择", "reload and choose it again"),
        )
    sha256 = plan.store.put_file(repainted(stream, name))
    values = {
        "target_layer": layer, "target_id": row_id, "file_sha256": sha256, "file_name": name[-120:],
        "media_type": JPEG, "caption": caption[:200] or None,
    }  # fmt: skip
    edit = Edit("attachment", "create", str(uuid.uuid4()), values)
    plan.store.apply([edit], actor, "photo", scenario=plan.scenario or None)
    return {"id": edit.row_id, "sha256": sha256}


def listed(plan: OpenPlan, layer: str, row_id: str) -> list[dict[str, object]]:
    """The photos of a row, oldest first."""
    known_layer(layer)
    rows = plan.frame("attachment")
    if not len(rows):
        return []
    mine = rows[(rows["target_layer"] == layer) & (rows["target_id"] == row_id)]
    mine = mine[mine["media_type"] == JPEG].sort_values("updated_at")
    return [
        {
            "id": row.attachment_id,
            "sha256": row.file_sha256,
            "name": row.file_name,
            "caption": "" if is_missing(row.caption) else row.caption,
            "by": row.updated_by,
        }
        for row in mine.itertuples()
    ]


def content(plan: OpenPlan, sha256: str) -> bytes:
    """The bytes of a photo that some row of the plan shows.

    Raises
    ------
    NotFoundError
        No row shows it.
    """
    rows = plan.frame("attachment")
    shown = rows[(rows["file_sha256"] == sha256) & (rows["media_type"] == JPEG)]
    if (
        not len(shown)
        or plan.row(known_layer(shown.iloc[0].target_layer), shown.iloc[0].target_id) is None
    ):
        raise NotFoundError(
            Text("没有这张照片", "there is no such photo"),
            where=sha256[:64],
            fix=Text("刷新页面", "reload the page"),
        )  # fmt: skip
    return plan.store.file_path(sha256).read_bytes()


def repainted(stream: IO[bytes], name: str) -> bytes:
    """The picture as a new JPEG: turned as its camera meant, smaller, without place or owner.

    Raises
    ------
    RefusedFileError
        No picture that can be read, or one with too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(stream, formats=ACCEPTED) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise _refused(name, "像素过多", "has too many pixels")
                turned = ImageOps.exif_transpose(picture).convert("RGB")
    except RefusedFileError:
        raise
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError,
            Image.DecompressionBombWarning) as problem:  # fmt: skip
        raise _refused(name, "不是可读取的照片", "is no picture that can be read") from problem
    turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    fresh = Image.new("RGB", turned.size)
    fresh.paste(turned)
    out = io.BytesIO()
    fresh.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _refused(name: str, zh: str, en: str) -> RefusedFileError:
    return RefusedFileError(
        Text(f"{name} {zh}", f"{name} {en}"),
        where=name,
        fix=Text("用 JPEG、PNG 或 WebP 照片，不超过 6000 万像素",
                 "use a JPEG, PNG or WebP of at most 60 million pixels"),
    )  # fmt: skip
