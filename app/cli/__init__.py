"""The command line: parse arguments, call one service, print its answer."""

from __future__ import annotations


def main() -> None:
    """The entry of ``jiugai`` and of ``python -m app``."""
    from app.cli.group import run

    run()
