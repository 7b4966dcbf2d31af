"""A planner's computer runs Windows: what can be proved about it from another system."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from _setup.console import ROOT

POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
POSIX_CALLS = {
    "os.chown",
    "os.fork",
    "os.getpgid",
    "os.getuid",
    "os.geteuid",
    "os.killpg",
    "os.mkfifo",
    "os.sched_getaffinity",
    "os.setsid",
    "os.statvfs",
    "os.uname",
    "signal.SIGALRM",
    "signal.SIGHUP",
    "signal.SIGKILL",
    "signal.SIGUSR1",
    "signal.alarm",
}
RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return listed.stdout.decode("utf-8").strip("\0").split("\0")


def is_system_question(test: ast.expr) -> bool:
    """``sys.platform ...`` or ``os.name ...`` or ``hasattr(os, ...)`` somewhere in a condition."""
    words = ast.unparse(test)
    return any(word in words for word in ("sys.platform", "os.name", "hasattr(", "platform.system"))


def catches_absence(node: ast.Try) -> bool:
    caught = " ".join(ast.unparse(handler.type) for handler in node.handlers if handler.type)
    return any(name in caught for name in ("ImportError", "ModuleNotFoundError", "AttributeError"))


def posix_only_uses(tree: ast.AST, *, guarded: bool = False) -> Iterator[tuple[int, str]]:
    """Line and name of each use that Windows lacks and that no question about the system guards."""
    for node in ast.iter_child_nodes(tree):
        inside = guarded
        if isinstance(node, ast.If) and isinstance(node.body[-1], ast.Return | ast.Raise):
            # What follows ``if sys.platform == "win32": return`` runs elsewhere only.
            guarded = guarded or is_system_question(node.test)
        if isinstance(node, ast.If | ast.IfExp | ast.BoolOp):
            inside = guarded or is_system_question(
                node if isinstance(node, ast.BoolOp) else node.test
            )
        elif isinstance(node, ast.Try):
            inside = guarded or catches_absence(node)
        if not inside:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, a.name) for a in node.names if a.name in POSIX_ONLY)
            elif isinstance(node, ast.ImportFrom) and node.module in POSIX_ONLY:
                yield node.lineno, str(node.module)
            elif isinstance(node, ast.Attribute) and ast.unparse(node) in POSIX_CALLS:
                yield node.lineno, ast.unparse(node)
        yield from posix_only_uses(node, guarded=inside)


def test_what_only_posix_has_is_behind_a_question_about_the_system():
    unguarded = []
    for path in [*ROOT.glob("app/**/*.py"), *ROOT.glob("scripts/**/*.py")]:
        for line, name in posix_only_uses(ast.parse(path.read_text("utf-8"))):
            unguarded.append(f"{path.relative_to(ROOT).as_posix()}:{line} {name}")
    assert unguarded == []


def test_the_guard_check_sees_a_bare_import_and_accepts_a_guarded_one():
    assert list(posix_only_uses(ast.parse("import fcntl"))) == [(1, "fcntl")]
    assert list(posix_only_uses(ast.parse("import os\nos.getuid()"))) == [(2, "os.getuid")]
    question = "import sys\nif sys.platform != 'win32':\n    import fcntl"
    assert list(posix_only_uses(ast.parse(question))) == []
    leave = "import sys\ndef f():\n    if sys.platform == 'win32':\n        return\n    import pwd"
    assert list(posix_only_uses(ast.parse(leave))) == []
    attempt = "try:\n    import resource\nexcept ImportError:\n    resource = None"
    assert list(posix_only_uses(ast.parse(attempt))) == []


def test_every_file_name_in_the_repository_is_one_that_windows_can_hold():
    names = tracked()
    parts = [(name, part) for name in names for part in Path(name).parts]
    assert [n for n, part in parts if re.search(r'[<>:"\\|?*]|[. ]$', part)] == []
    assert [n for n, part in parts if RESERVED.match(part)] == []
    assert len({name.lower() for name in names}) == len(names), "two names differ only in case"
    assert [name for name in names if len(name) > 150] == []


def text_calls_without_encoding(tree: ast.AST) -> Iterator[int]:
    """Lines that read or write text in the code page of the computer: GBK on a Chinese Windows."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if isinstance(node.func, ast.Name) and node.func.id == "open":
            name = "open"
        place = {"open": 3, "read_text": 0, "write_text": 1}.get(name)
        if place is None or any(word.arg in ("encoding", None) for word in node.keywords):
            continue
        if name == "open" and isinstance(node.func, ast.Attribute):
            # Path.open(mode, buffering, encoding); other objects that open are not text files.
            mode = node.args[0] if node.args else None
            if not (isinstance(mode, ast.Constant) and mode.value in ("r", "w", "a", "x")):
                continue
            place = 2
        mode = node.args[1] if name == "open" and len(node.args) > 1 else None
        binary = isinstance(mode, ast.Constant) and "b" in str(mode.value)
        if not binary and len(node.args) <= place:
            yield node.lineno


def test_every_text_file_is_read_and_written_in_a_named_encoding():
    found = []
    for path in [*ROOT.glob("app/**/*.py"), *ROOT.glob("scripts/**/*.py")]:
        for line in text_calls_without_encoding(ast.parse(path.read_text("utf-8"))):
            found.append(f"{path.relative_to(ROOT).as_posix()}:{line}")
    assert found == []
