"""A server in a thread of the test."""

from __future__ import annotations

import contextlib
from collections.abc import Callable


def quietly(run: Callable[[], None]) -> Callable[[], None]:
    """The server's loop, which may still look at a connection when the test closes the server."""

    def loop() -> None:
        with contextlib.suppress(OSError):
            run()

    return loop
