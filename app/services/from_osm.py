"""Makes a plan folder from an OpenStreetMap extract: read, turn into layers, load, describe."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.errors import Finding, Language, Text
from app.rules.book import FACILITIES, OSM_TAGS
from app.schema import Actor
from app.services.imports.original import attachment, original
from app.services.named_polygons import named_polygons
from app.services.new_plan import plan_id_from
from app.services.osm_plan import ATTRIBUTION, DATASET_ID, LICENCE, keys_to_read, plan_from_extract
from app.store import ImportBatch, PlanMeta, PlanStore
from app.store.readers.osm import read_osm
from app.store.rule_files import load_all_rules

Say = Callable[[Text, int], None]


@dataclass(frozen=True)
class OsmInit:
    """What came of it: the plan, its rows by layer, and what was left out or drawn schematically."""

    folder: Path
    plan_id: str
    crs: str
    counts: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def attribution(self) -> str:
        return f"{ATTRIBUTION}, {LICENCE}"

    def as_json(self, language: Language = "zh") -> dict[str, object]:
        return {
            "plan": self.plan_id,
            "crs": self.crs,
            "layers": {name: {"rows": rows} for name, rows in self.counts.items()},
            "findings": [finding.as_json(language) for finding in self.findings],
            "attribution": self.attribution,
        }


def init_from_osm(
    folder: Path,
    extract: Path,
    *,
    actor: Actor,
    townships_file: Path | None = None,
    title: str | None = None,
    on_progress: Say = lambda what, done: None,
) -> OsmInit:
    """Make the plan ``folder`` from an extract; a failure leaves no folder behind.

    Parameters
    ----------
    folder
        New or empty.
    extract
        A ``.osm.pbf`` file.
    townships_file
        Polygons with a column ``name``, in any stated system, in place of administrative
        boundaries.

    Raises
    ------
    InputFileError
        The extract cannot be read, or holds no buildings.
    PlanError
        The folder holds something already.
    """
    rules = load_all_rules()
    townships = None if townships_file is None else named_polygons(townships_file)
    tags = rules.get(OSM_TAGS)
    elements = read_osm(
        extract,
        keys_to_read(tags),
        on_progress=lambda done: on_progress(Text("读取要素", "reading elements"), done),
    )
    on_progress(Text("整理图层", "making layers"), 0)
    sha256 = _sha256(extract)
    made = plan_from_extract(
        elements, tags, rules.get(FACILITIES), sha256=sha256, townships=townships
    )
    was_there = folder.exists()
    name = extract.name.removesuffix(".pbf").removesuffix(".osm")
    meta = PlanMeta(
        plan_id=plan_id_from(folder.name),
        title=title or f"{name}（OpenStreetMap）",
        title_en="" if title else f"{name} (OpenStreetMap)",
        crs=made.crs,
        attribution=f"{ATTRIBUTION}, {LICENCE}",
    )
    kept = attachment(DATASET_ID, extract.name, sha256, several=False)
    batch = ImportBatch(
        file_name=extract.name,
        file_sha256=sha256,
        dataset_id=DATASET_ID,
        counts={layer: len(frame) for layer, frame in made.frames.items()},
        note="init --from-osm",
    )
    try:
        with PlanStore.create(folder, meta) as store, original(store, [extract], keep=True) as file:
            file.keep()
            store.load(
                {**made.frames, "attachment": kept},
                batch=batch,
                actor=actor,
                on_progress=lambda done, _: on_progress(Text("写入方案", "writing the plan"), done),
            )
            counts = {layer: rows for layer, rows in store.counts().items() if rows}
    except BaseException:
        if not was_there:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return OsmInit(folder, meta.plan_id, made.crs, counts, made.findings)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
