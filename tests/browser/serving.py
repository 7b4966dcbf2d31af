"""A server in a thread of the test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

PATIENCE_MS = 60_000  # for what a worker process has to do first


def quietly(run: Callable[[], None]) -> Callable[[], None]:
    """The server's loop, which may still look at a connection when the test closes the server."""

    def loop() -> None:
        with contextlib.suppress(OSError):
            run()

    return loop
