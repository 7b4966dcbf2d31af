"""Taking changes back: undone ones are new changes, so that undoing an undo is redo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.errors import NotFoundError, Text
from app.schema import Actor
from app.services import access
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    from app.store import Applied


def undo(plan: OpenPlan, change_ids: Sequence[str], actor: Actor) -> list[Applied]:
    """Take changes back, all or none, as the actor.

    Raises
    ------
    NotFoundError
        A change that the record does not have, or of a layer that the actor may not know of.
    VersionClashError
        A row was changed by something else since.
    """
    layers = {change.change_id: change.layer for change in plan.store.changes()}
    for name in change_ids:
        if name not in layers:
            raise NotFoundError(
                Text(f"没有编号为 {name} 的修改", f"there is no change {name}"),
                where=name,
                fix=Text("请从历史记录中选择", "choose one from the history"),
            )
        access.require(actor, "edit", layers[name])
    return plan.store.undo(change_ids, actor)


def as_json(applied: Sequence[Applied]) -> dict[str, object]:
    """``{saved, change_set, change_ids}``; the ids take it all back through ``/api/undo``."""
    return {
        "saved": len({(item.layer, item.row_id) for item in applied if item.change_id}),
        "change_set": applied[0].change_set if applied else "",
        "change_ids": [item.change_id for item in applied if item.change_id],
    }
