"""Who acts: the person or process behind every change, run and read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal[
    "public",
    "viewer",
    "township",
    "planner",
    "utility",
    "coordinator",
    "admin",
    "worker",
]
ROLES: tuple[Role, ...] = (
    "public", "viewer", "township", "planner", "utility", "coordinator", "admin", "worker",
)  # fmt: skip


# The actor of local mode until people say who they are.
LOCAL_NAME = "本机用户"


@dataclass(frozen=True)
class Actor:
    """Name, organisation and role; ``authenticated`` is false in local mode (未认证)."""

    name: str
    organisation: str = ""
    role: Role = "planner"
    authenticated: bool = False

    @property
    def stamp(self) -> str:
        """How the actor is written into ``updated_by``."""
        who = f"{self.name}@{self.organisation}" if self.organisation else self.name
        return who if self.authenticated else f"{who}（未认证）"

    @property
    def stamp_en(self) -> str:
        """The same in an English sentence."""
        name = "local user" if self.name == LOCAL_NAME else self.name
        who = f"{name}@{self.organisation}" if self.organisation else name
        return who if self.authenticated else f"{who} (not verified)"
