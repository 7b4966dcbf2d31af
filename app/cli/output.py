"""How commands speak: one JSON object for tools, short lines for people, faults on the error stream."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from app.errors import LANGUAGES, JiugaiError, Language

Command = TypeVar("Command", bound=Callable[..., Any])


def common(command: Command) -> Command:
    """The options that every verb has: ``--json`` and ``--lang``."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="一个 JSON 对象 · One JSON object."),
        click.option(
            "--lang",
            "language",
            type=click.Choice(LANGUAGES),
            default=_default_language,
            help="语言 · Language of the words.",
        ),
    ):
        command = option(command)
    return command


def plan_option(command: Command) -> Command:
    """``--plan PLAN``: the folder of the plan."""
    return click.option(
        "--plan", "plan_path", type=click.Path(path_type=Path), required=True,
        help="方案文件夹 · Folder of the plan.",
    )(command)  # fmt: skip


def example(*lines: str) -> str:
    """The end of a help text."""
    return "\n\n\b\n示例 · Example:\n" + "\n".join(f"  {line}" for line in lines)


def _default_language() -> Language:
    return "en" if os.environ.get("JIUGAI_LANG") == "en" else "zh"


def print_json(answer: object) -> None:
    """The answer as strict JSON, indented; NaN would be our mistake and is refused."""
    click.echo(json.dumps(answer, ensure_ascii=False, allow_nan=False, indent=2))


def wants_json(arguments: Sequence[str]) -> bool:
    return "--json" in arguments


def _language_of(arguments: Sequence[str]) -> Language:
    for before, after in itertools.pairwise(arguments):
        if before == "--lang" and after in LANGUAGES:
            return "en" if after == "en" else "zh"
    return "en" if "--lang=en" in arguments else _default_language()


def told_failure(failure: JiugaiError, *, as_json: bool, arguments: Sequence[str] = ()) -> None:
    """A failure with what, where and what to do: for tools on stdout, for people on stderr."""
    told = failure.as_json(_language_of(arguments))
    if as_json:
        print_json({"error": told})
        return
    click.echo(f"✗ {told['message']}", err=True)
    if told["where"]:
        click.echo(f"  @ {told['where']}", err=True)
    if told["fix"]:
        click.echo(f"  → {told['fix']}", err=True)


def yuan(fen: object) -> str:
    """Money as people here write it: 万元 with two decimals."""
    return f"{int(str(fen)) / 1_000_000:,.2f}"
