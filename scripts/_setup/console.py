"""What the set-up says while it works, and how it fails: one sentence and the cure."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class SetupError(Exception):
    """The set-up cannot go on; the message says what to do."""


def speak_any_console() -> None:
    """Let Chinese words pass on a console whose code page lacks them."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace", line_buffering=True)


def say(words: str) -> None:
    print(f"· {words}", flush=True)


def run(command: Sequence[str | Path], *, env: Mapping[str, str] | None = None) -> None:
    """Run one command of the set-up quietly; its whole output is shown when it fails."""
    words = [str(word) for word in command]
    started = time.monotonic()
    done = subprocess.run(
        words, cwd=ROOT, env=None if env is None else dict(env), capture_output=True, check=False
    )
    if done.returncode != 0:
        output = (done.stdout + done.stderr).decode("utf-8", "replace").strip()
        seconds = time.monotonic() - started
        raise SetupError(
            f"{' '.join(words[:6])} … ended with {done.returncode} after {seconds:.0f} s\n{output}"
        )
