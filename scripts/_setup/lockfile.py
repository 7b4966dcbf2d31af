"""requirements.lock: its entries, and the part that the product needs to run."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

RUNTIME_END = "# ---- above: what runs the product; below: what only tests and extras need ----"
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)")


@dataclass(frozen=True)
class Entry:
    """One pinned package with its marker and its hashes, as pip reads them."""

    name: str
    version: str
    text: str

    @property
    def key(self) -> tuple[str, str]:
        return self.name, self.version


@dataclass(frozen=True)
class Lock:
    """Every entry in order; the first ``runtime_count`` ones run the product."""

    entries: tuple[Entry, ...]
    runtime_count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        entries: list[Entry] = []
        runtime_count = 0
        for line in text.splitlines():
            if line == RUNTIME_END:
                runtime_count = len(entries)
            elif pin := PIN.match(line):
                entries.append(Entry(pin["name"], pin["version"], line))
            elif line.strip().startswith("--hash=") and entries:
                last = entries.pop()
                entries.append(Entry(last.name, last.version, f"{last.text}\n{line}"))
        return cls(tuple(entries), runtime_count or len(entries))

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls.parse(path.read_text("utf-8"))

    def runtime(self) -> str:
        return "\n".join(entry.text for entry in self.entries[: self.runtime_count]) + "\n"

    def runtime_for(self, platform: str) -> str:
        """The runtime entries for another system: pip judges markers by the one it runs on."""
        mine, kept = f"sys_platform == '{platform}'", []
        for entry in self.entries[: self.runtime_count]:
            head, _, hashes = entry.text.partition("\n")
            if "sys_platform" not in head:
                kept.append(entry.text)
            elif mine in head:
                kept.append(f"{entry.name}=={entry.version} \\\n{hashes}")
        return "\n".join(kept) + "\n"

    def everything(self) -> str:
        return "\n".join(entry.text for entry in self.entries) + "\n"

    def only(self, *names: str) -> str:
        """The entries of some packages: more than one each where Pythons get different versions."""
        found = [entry.text for entry in self.entries if entry.name in names]
        if missing := set(names) - {entry.name for entry in self.entries}:
            raise KeyError(", ".join(sorted(missing)))
        return "\n".join(found) + "\n"


def digest(*parts: bytes | str) -> str:
    """One hash over texts and bytes, for stamps that tell whether a step is still done."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()
