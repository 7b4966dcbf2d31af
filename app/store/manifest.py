"""plan.json: what the plan is and which generation of each of its files is current."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from app.errors import NotFoundError, PlanError, Text
from app.schema import SCHEMA_VERSION
from app.store.cells import now_text
from app.store.disk import write_whole

PLAN_JSON = "plan.json"
FORMAT = "jiugai-plan"
PLANNING = "planning"


@dataclass(frozen=True)
class PlanMeta:
    """What a plan is, apart from its rows."""

    plan_id: str
    title: str
    crs: str
    title_en: str = ""
    schema_version: int = SCHEMA_VERSION
    height_datum: str = "unknown"
    is_demo: bool = False
    attribution: str = ""
    created_at: str = field(default_factory=now_text)


@dataclass(frozen=True)
class OwnerFile:
    """The protected file of one utility owner; its name tells nothing about the owner."""

    uuid: str
    generation: int


@dataclass(frozen=True)
class Manifest:
    """The plan and its current files. ``owners`` is keyed by organisation id ('' = not stated)."""

    meta: PlanMeta
    planning: int = 1
    owners: dict[str, OwnerFile] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        """Path below the plan folder of each current file, by its key."""
        paths = {PLANNING: f"planning-{self.planning}.gpkg"}
        for owner, held in sorted(self.owners.items()):
            paths[owner_key(owner)] = f"owners/{held.uuid}-{held.generation}.gpkg"
        return paths

    def next_generation(self, keys: set[str]) -> Manifest:
        """The manifest after these files were rebuilt; unknown owners get their first file."""
        owners = dict(self.owners)
        for key in sorted(keys - {PLANNING}):
            owner = owner_of(key)
            held = owners.get(owner) or OwnerFile(str(uuid.uuid4()), 0)
            owners[owner] = replace(held, generation=held.generation + 1)
        planning = self.planning + 1 if PLANNING in keys else self.planning
        return replace(self, planning=planning, owners=owners)


def owner_key(owner: str) -> str:
    return f"owner:{owner}"


def owner_of(key: str) -> str:
    return key.removeprefix("owner:")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a plan folder.

    Raises
    ------
    NotFoundError
        The folder holds no plan.
    PlanError
        plan.json is damaged, or the plan is newer than this program.
    """
    path = folder / PLAN_JSON
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as problem:
        raise NotFoundError(
            Text(f"{folder} 不是方案文件夹", f"{folder} is not a plan folder"),
            where=str(path),
            fix=Text("用 jiugai init 新建方案", "make a plan with jiugai init"),
        ) from problem
    try:
        found = json.loads(text)
        if found["format"] != FORMAT:
            raise ValueError(found["format"])
        known = {item.name for item in fields(PlanMeta)}
        meta = PlanMeta(**{name: value for name, value in found["plan"].items() if name in known})
        owners = {name: OwnerFile(**held) for name, held in found["owners"].items()}
        manifest = Manifest(meta, int(found["planning"]), owners)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise PlanError(
            Text("plan.json 已损坏", "plan.json is damaged"),
            where=str(path),
            fix=Text("请从备份恢复", "restore the plan from its last backup"),
        ) from problem
    _require_known_version(manifest.meta, path)
    return manifest


def _require_known_version(meta: PlanMeta, path: Path) -> None:
    if meta.schema_version > SCHEMA_VERSION:
        raise PlanError(
            Text(
                f"方案的数据结构版本 {meta.schema_version} 高于本程序的 {SCHEMA_VERSION}",
                f"the plan has schema version {meta.schema_version}, this program knows {SCHEMA_VERSION}",
            ),
            where=str(path),
            fix=Text("请升级程序", "upgrade the program"),
        )


def require_current_version(meta: PlanMeta, folder: Path) -> None:
    """Refuse a plan that must be migrated before it is opened.

    Raises
    ------
    PlanError
        The plan is of an earlier schema version.
    """
    if meta.schema_version < SCHEMA_VERSION:
        raise PlanError(
            Text(
                f"方案的数据结构版本为 {meta.schema_version}，需升级到 {SCHEMA_VERSION}",
                f"the plan has schema version {meta.schema_version}, this program needs {SCHEMA_VERSION}",
            ),
            where=str(folder),
            fix=Text(
                "先备份，再运行 jiugai check --migrate",
                "back it up, then run jiugai check --migrate",
            ),
        )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Switch the plan to this manifest: readers see the old or the new one whole."""
    content = {
        "format": FORMAT,
        "plan": asdict(manifest.meta),
        "planning": manifest.planning,
        "owners": {name: asdict(held) for name, held in sorted(manifest.owners.items())},
    }
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    write_whole(folder / PLAN_JSON, text.encode("utf-8"))


def require_plan_id(plan_id: str) -> None:
    """Plan ids stand in addresses and file names.

    Raises
    ------
    PlanError
        The id has other characters than small letters, digits and hyphens.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", plan_id):
        raise PlanError(
            Text(f"方案编号“{plan_id}”不可用", f"{plan_id!r} cannot be a plan id"),
            where="plan_id",
            fix=Text("只用小写字母、数字和连字符", "use small letters, digits and hyphens"),
        )
