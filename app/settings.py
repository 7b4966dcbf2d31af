"""What the environment and the command line decide once, at the start; values go down as arguments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from app.errors import LANGUAGES, Language, Text, UsageError

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Settings:
    """Settings of one process; ``JIUGAI_...`` variables, each documented in the README.

    The server listens on the loopback address only: there are no accounts yet, so who reaches it
    is the planner at this computer.
    """

    language: Language = "zh"
    standards: Path = ROOT / "geodata" / "standards"
    host: str = "127.0.0.1"

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Settings from an environment; a value that cannot be right is refused, not guessed."""
        language = environment.get("JIUGAI_LANG", "zh")
        if language not in LANGUAGES:
            raise UsageError(
                Text(f"JIUGAI_LANG 的值“{language}”不认识", f"JIUGAI_LANG is {language!r}"),
                where="JIUGAI_LANG",
                fix=Text("改为 zh 或 en", "set it to zh or en"),
            )
        standards = Path(environment.get("JIUGAI_STANDARDS", str(ROOT / "geodata" / "standards")))
        return cls(language="zh" if language == "zh" else "en", standards=standards)
