"""Who may do what: one function that every route, job and export asks."""

from __future__ import annotations

from typing import Literal

from app.errors import NotAllowedError, NotFoundError, Text
from app.schema import LAYERS
from app.schema.actor import LOCAL_NAME, Actor, Role

Action = Literal["read", "edit", "import", "export", "run", "backup", "administer", "override"]

LOCAL_ACTOR = Actor(name=LOCAL_NAME, organisation="", role="planner")

_READ: frozenset[Action] = frozenset({"read", "export"})
_ACTIONS: dict[Role, frozenset[Action]] = {
    "public": frozenset({"read"}),
    "viewer": _READ,
    "township": _READ | {"edit", "import"},
    "planner": _READ | {"edit", "import", "run", "backup", "override"},
    "utility": _READ | {"edit", "import", "run"},
    "coordinator": _READ | {"run"},
    "admin": _READ | {"edit", "import", "run", "backup", "administer", "override"},
    "worker": _READ | {"run"},
}
# Who sees the rows of protected layers whole; everybody else learns not even that they exist.
_SEES_PROTECTED: frozenset[Role] = frozenset(
    {"planner", "utility", "coordinator", "admin", "worker"}
)


def can(actor: Actor, action: Action, obj: str = "plan") -> bool:
    """Whether the actor may do this to ``obj``: ``plan``, a layer's name or a page's name."""
    if obj in LAYERS and LAYERS[obj].is_closed and actor.role not in _SEES_PROTECTED:
        return False
    return action in _ACTIONS[actor.role]


def sees_protected(actor: Actor) -> bool:
    """Whether the actor sees protected layers, and results in the form that shows their rows."""
    return actor.role in _SEES_PROTECTED


def require(actor: Actor, action: Action, obj: str = "plan") -> None:
    """Let the actor pass, or refuse.

    Raises
    ------
    NotFoundError
        A protected layer for somebody who may not know of it: no different from no layer.
    NotAllowedError
        Anything else that the role may not do.
    """
    if can(actor, action, obj):
        return
    if obj in LAYERS and LAYERS[obj].is_closed:
        raise unknown_layer(obj)
    raise NotAllowedError(
        Text(f"角色“{actor.role}”不能执行此操作", f"the role {actor.role} may not {action} this"),
        where=obj,
        fix=Text("更换角色，或请有权限的同事操作", "choose another role, or ask who has the right"),
    )


def unknown_layer(name: str) -> NotFoundError:
    """The same words for a layer that does not exist and for one that must stay unknown."""
    return NotFoundError(
        Text(f"没有图层 {name}", f"there is no layer {name}"),
        where=name,
        fix=Text("在图层列表中选择", "choose one from the list of layers"),
    )
