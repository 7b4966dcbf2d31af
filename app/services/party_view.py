"""One party's view of conflicts: its own ids, and a neutral reference for what belongs to others."""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import NotAllowedError, Text, UsageError
from app.report.plain import text
from app.schema import LAYERS, Actor
from app.services.plans import OpenPlan
from app.services.replies import organisation_of

# Letters and figures that nobody mistakes for one another on paper or on the telephone.
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 8
_SIDES = ("id", "layer", "class", "owner_id", "answer")


def party(plan: OpenPlan, actor: Actor, named: str) -> str:
    """The organisation whose paper it is; '' for that of the coordinator. A utility gets its own.

    Raises
    ------
    UsageError
        No organisation of that name or id.
    NotAllowedError
        A utility asks for the paper of another one, or has not said which it is.
    """
    named, mine = named.strip(), organisation_of(plan, actor)
    if actor.role == "utility" and not named:
        named = mine or ""
    if not named:
        if actor.role == "utility":
            raise _not_yours()
        return ""
    owner = _organisation(plan, named)
    if actor.role == "utility" and owner != mine:
        raise _not_yours()
    return owner


def _organisation(plan: OpenPlan, named: str) -> str:
    for row in plan.table("organisation").to_dict("records"):
        if named in (row["organisation_id"], row["name"], row["name_en"]):
            return str(row["organisation_id"])
    raise UsageError(
        Text(f"没有单位“{named}”", f"there is no organisation {named}"),
        where="owner",
        fix=Text("用单位名称或编号", "use its name or its id"),
    )


def _not_yours() -> NotAllowedError:
    return NotAllowedError(
        Text("权属单位只能导出本单位的冲突", "a utility exports its own conflicts"),
        where="owner",
        fix=Text("在“操作人”中填写本单位", "say in the actor dialog where you work"),
    )


# --- references ----------------------------------------------------------------------------------------
class References:
    """What pipes and conflicts are called on the papers of parties that may not know their ids.

    A reference is always the same, on the papers of both sides; it is a keyed hash, so that without
    the owners' secrets no list of likely ids can be tried on it.
    """

    def __init__(self, plan: OpenPlan) -> None:
        pipes = plan.table("pipe")
        classes = zip(pipes["pipe_id"], pipes["pipe_class"].fillna(""), strict=True)
        self._classes = {str(name): str(code) for name, code in classes}
        self._secret = functools.cache(plan.store.owner_secret)

    def pipe(self, row: Mapping[str, Any], side: str) -> str:
        """What the pipe on one side of a row is called to others."""
        name = str(row[f"{side}_id"])
        code = self._classes.get(name, "")
        sign = self._sign((text(row[f"{side}_owner_id"]) or "",), name)
        return f"{code if code and code != 'unknown' else 'XX'}-{sign}"

    def conflict(self, row: Mapping[str, Any]) -> str:
        """What a conflict is called on the papers of both its parties."""
        owners = sorted({text(row["a_owner_id"]) or "", text(row["b_owner_id"]) or ""})
        name = str(row["conflict_id"])
        return f"{name[0]}-{self._sign(owners, name)}"

    def hidden(self, row: Mapping[str, Any], owner: str) -> dict[str, str]:
        """The references that stand for ids which the owner must not see, by id."""
        return {
            str(row[f"{side}_id"]): self.pipe(row, side)
            for side in ("a", "b")
            if is_closed(row, side, owner)
        }

    def seen_by(self, row: Mapping[str, Any], owner: str) -> dict[str, Any]:
        """A row of the list as the owner may have it on paper, its own pipe first."""
        hidden, told = self.hidden(row, owner), own_first(row, owner)
        if hidden:
            told["conflict_id"] = self.conflict(row)
            for side in ("a", "b"):
                told[f"{side}_id"] = hidden.get(str(told[f"{side}_id"]), told[f"{side}_id"])
        return told

    def _sign(self, owners: Sequence[str], name: str) -> str:
        key = "|".join(self._secret(owner) for owner in owners)
        digest = hmac.digest(key.encode(), name.encode(), hashlib.sha256)
        number = int.from_bytes(digest[:8], "big")
        signs = "".join(_SIGNS[(number >> 5 * k) % 32] for k in range(_LENGTH))
        return f"{signs[:4]}-{signs[4:]}"


# --- rows ------------------------------------------------------------------------------------------------
def is_closed(row: Mapping[str, Any], side: str, owner: str) -> bool:
    """Whether this side is a protected row of somebody else than the owner of the paper."""
    layer = text(row[f"{side}_layer"])
    if not owner or not layer or not LAYERS[layer].is_closed:
        return False
    return text(row[f"{side}_owner_id"]) != owner


def own_first(row: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """The row seen from the owner: its pipe as side a, where the other pipe is another party's."""
    told = dict(row)
    is_own = text(row["b_layer"]) == "pipe" and not is_closed(row, "b", owner)
    if not is_own or not is_closed(row, "a", owner):
        return told
    for name in _SIDES:
        if f"a_{name}" in told:
            told[f"a_{name}"], told[f"b_{name}"] = told[f"b_{name}"], told[f"a_{name}"]
    turned = {"a": "b", "b": "a"}
    told["yields"] = turned.get(str(told.get("yields")), told.get("yields"))
    return told
