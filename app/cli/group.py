"""The command group: verbs are imported when they are called, so that help is there at once."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from app import __version__, errors
from app.cli.output import told_failure, wants_json
from app.errors import JiugaiError

# Verb -> where its command is, and the line that the help shows for it.
VERBS: dict[str, tuple[str, str]] = {
    "backup": ("app.cli.backup:backup", "备份 · Copy a plan safely while it is in use"),
    "check": ("app.cli.check:check", "检查方案或文件 · Check a plan or a file"),
    "design": (
        "app.cli.design:design",
        "为冲突管线找走向 · Find a way out for a pipe in conflict",
    ),
    "export": ("app.cli.export:export", "导出地图等文件 · Files that leave the plan"),
    "import": (
        "app.cli.import_:command",
        "导入交付文件 · Bring delivered files in, or take them back",
    ),
    "info": ("app.cli.info:info", "方案概况 · What a plan holds and amounts to"),
    "init": ("app.cli.init:init", "新建方案 · Make a new plan, empty or from OpenStreetMap"),
    "run": ("app.cli.run:run", "运行分析 · Run an analysis"),
    "serve": ("app.cli.serve:serve", "打开地图 · Open the map in a browser"),
    "worker": ("app.cli.worker:worker", "执行排队任务 · Do the queued jobs"),
}

OK, FINDINGS, WRONG_USAGE, UNREADABLE = 0, 1, 2, 3

EXIT_CODES: dict[type[JiugaiError], int] = {
    errors.JiugaiError: FINDINGS,
    errors.UsageError: WRONG_USAGE,
    errors.SchemaError: WRONG_USAGE,
    errors.CrsError: FINDINGS,
    errors.InputFileError: UNREADABLE,
    errors.RefusedFileError: UNREADABLE,
    errors.InvalidDataError: FINDINGS,
    errors.NotFoundError: UNREADABLE,
    errors.NotAllowedError: FINDINGS,
    errors.VersionClashError: FINDINGS,
    errors.PlanError: UNREADABLE,
    errors.RuleTableError: UNREADABLE,
    errors.AnalysisError: FINDINGS,
    errors.CancelledError: FINDINGS,
}


class Verbs(click.Group):
    """A group whose help needs none of its commands."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        module, attribute = VERBS[name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])


@click.group(
    cls=Verbs,
    help="旧改一张图：在一张图上编制老旧小区改造方案。\n\n"
    "Jiugai One-Map: plan the renovation of old residential communities on one map.\n\n"
    "\b\n示例 · Example:\n  jiugai serve plans/demo",
)
@click.version_option(__version__, prog_name="jiugai")
def jiugai() -> None:
    """The group itself does nothing."""


def run(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code.

    0 is well, 1 findings or a refusal, 2 wrong usage, 3 something that cannot be read. A failure
    that we can explain is explained; only a failure of the program itself shows a traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = jiugai.main(args=given, prog_name="jiugai", standalone_mode=False)
    except click.ClickException as wrong:
        wrong.show()
        code = WRONG_USAGE
    except click.Abort:
        click.echo("已取消 · cancelled", err=True)
        code = FINDINGS
    except JiugaiError as failure:
        told_failure(failure, as_json=wants_json(given), arguments=given)
        code = EXIT_CODES[type(failure)]
    except OSError as failure:
        told_failure(_about_the_disk(failure), as_json=wants_json(given), arguments=given)
        code = UNREADABLE
    sys.exit(code or OK)


def _about_the_disk(failure: OSError) -> JiugaiError:
    """A file or folder that the system would not give; its own words, and where."""
    reason = failure.strerror or str(failure)
    return errors.InputFileError(
        errors.Text(f"无法读写：{reason}", f"cannot be read or written: {reason}"),
        where=str(failure.filename or os.getcwd()),
        fix=errors.Text(
            "检查路径、权限和磁盘空间", "check the path, the rights and the room on the disk"
        ),
    )
