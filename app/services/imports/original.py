"""The delivery as it was received: hashed on the way in, kept with the plan, given out by right."""

from __future__ import annotations

import shutil
import tempfile
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from app.errors import NotFoundError, Text
from app.schema import Actor
from app.services import access
from app.services.plans import OpenPlan
from app.store import PlanStore
from app.store.attachments import Arriving

# Marks the attachment of a dataset that is the delivery itself, beside photos and documents.
MEDIA_TYPE = "application/x-delivery"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@contextmanager
def original(store: PlanStore, parts: Sequence[Path], *, keep: bool) -> Iterator[Arriving]:
    """The delivered file on its way into the plan; several files of one shapefile as one archive."""
    folder: Path | None = None
    try:
        if len(parts) == 1:
            [content] = parts
        else:
            folder = Path(tempfile.mkdtemp(prefix="jiugai-original-"))
            content = _bundled(parts, folder / "delivered.zip")
        with store.arriving(content, keep=keep) as arriving:
            yield arriving
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _bundled(parts: Sequence[Path], to: Path) -> Path:
    """The parts in one archive that comes out the same for the same bytes."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_STORED) as archive:
        for part in parts:
            with part.open("rb") as source, archive.open(
                zipfile.ZipInfo(part.name, _ZIP_EPOCH), "w", force_zip64=True
            ) as target:  # fmt: skip
                shutil.copyfileobj(source, target, 2**20)
    return to


def attachment(dataset_id: str, name: str, sha256: str, *, several: bool) -> pd.DataFrame:
    """The row that ties the kept file to its dataset."""
    row = {
        "attachment_id": str(uuid.uuid4()),
        "target_layer": "dataset",
        "target_id": dataset_id,
        "file_sha256": sha256,
        "file_name": f"{Path(name).stem}.zip" if several else name,
        "media_type": MEDIA_TYPE,
        "caption": "原始交付文件",
    }
    return pd.DataFrame([row]).astype(object)


@dataclass(frozen=True)
class KeptDelivery:
    """Where the bytes of a delivery lie and what they were called."""

    path: Path
    name: str


def kept_delivery(plan: OpenPlan, dataset_id: str, actor: Actor) -> KeptDelivery:
    """The file of a dataset as it was received.

    Raises
    ------
    NotFoundError
        There is no such dataset, its file was not kept, or it brought rows of a layer of which
        this person may not know.
    NotAllowedError
        The role may not bring deliveries in, so it is not handed the raw ones.
    """
    access.require(actor, "import")
    rows = plan.store.read(
        "attachment",
        where={"target_layer": "dataset", "target_id": dataset_id, "media_type": MEDIA_TYPE},
    )
    batches = plan.store.read("import_batch", where={"dataset_id": dataset_id})
    brought = {layer for layers in batches["layers"] for layer in layers or ()}
    if not len(rows) or not all(access.can(actor, "export", layer) for layer in brought):
        raise NotFoundError(
            Text("没有保存这份原始文件", "the plan keeps no such delivery"),
            where=dataset_id[:64],
            fix=Text("在数据集列表中选择", "choose one from the list of datasets"),
        )
    row = rows.iloc[0]
    return KeptDelivery(plan.store.file_path(str(row["file_sha256"])), str(row["file_name"]))
