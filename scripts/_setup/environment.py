"""The folder .venv: made once, filled from the hashed lock, stamped so that the next start skips it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .console import ROOT, SetupError, run, say
from .lockfile import Lock, digest
from .mirrors import environment_for_downloads

LOCK = ROOT / "requirements.lock"
# Published as source alone (pure Python; pyswmm asks for julian): built here, with setuptools of the lock.
SOURCE_ONLY = ("access-parser", "julian")
WHEELS = (
    "--require-hashes", "--no-build-isolation", "--only-binary", ":all:",
    "--no-binary", ",".join(SOURCE_ONLY),
)  # fmt: skip
Share = Literal["runtime", "everything"]


@dataclass(frozen=True)
class Environment:
    """A virtual environment and where its programs are on this system."""

    folder: Path

    @property
    def programs(self) -> Path:
        return self.folder / ("Scripts" if os.name == "nt" else "bin")

    @property
    def python(self) -> Path:
        return self.programs / ("python.exe" if os.name == "nt" else "python")

    def program(self, name: str) -> Path:
        return self.programs / (f"{name}.exe" if os.name == "nt" else name)

    @property
    def stamp(self) -> Path:
        return self.folder / "jiugai-setup.json"

    def works(self) -> bool:
        """Whether its Python still starts and has the version that asks; an upgraded base breaks it."""
        if not self.python.is_file():
            return False
        ask = "import sys;print(sys.version_info[:2])"
        try:
            answer = subprocess.run(
                [self.python, "-c", ask], capture_output=True, text=True, check=False
            )
        except OSError:
            return False
        return answer.stdout.strip() in {"(3, 11)", "(3, 12)", "(3, 13)"}

    def stamps(self) -> dict[str, str]:
        try:
            read = json.loads(self.stamp.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(key): str(value) for key, value in read.items()}

    def put_stamp(self, name: str, value: str) -> None:
        self.stamp.write_text(json.dumps({**self.stamps(), name: value}, indent=1), "utf-8")


def make(environment: Environment) -> None:
    """Make the folder with the running Python, with uv when this Python cannot."""
    if environment.works():
        return
    if environment.folder.exists():
        if not (environment.folder / "pyvenv.cfg").is_file():
            raise SetupError(
                f"{environment.folder} exists and is no Python environment: move it away"
            )
        shutil.rmtree(environment.folder)
    say(f"环境 · making {environment.folder.name} with Python {sys.version.split()[0]}")
    uv = shutil.which("uv")
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        if not uv:
            version = f"{sys.version_info[0]}.{sys.version_info[1]}"
            raise SetupError(
                f"this Python cannot make environments; run: apt install python{version}-venv"
            ) from None
        run([uv, "venv", "--seed", "--python", sys.executable, environment.folder])
        return
    run([sys.executable, "-m", "venv", environment.folder])


def install(environment: Environment, share: Share, *, wheels: Path | None = None) -> None:
    """Install what the lock names, by hash, and this package itself as it stands in the clone."""
    lock = Lock.read(LOCK)
    wanted = lock.runtime() if share == "runtime" else lock.everything()
    mark = digest(wanted)
    have = environment.stamps()
    if mark not in (have.get("runtime"), have.get("everything")):
        what = "运行所需" if share == "runtime" else "全部"
        say(f"安装{what}的软件包 · installing {wanted.count('==')} packages (first time: minutes)")
        install_pinned(environment, wanted, lock.only("uv", "setuptools"), wheels=wheels)
        environment.put_stamp(share, mark)
        if share == "everything":
            environment.put_stamp("runtime", digest(lock.runtime()))
    package = digest((ROOT / "pyproject.toml").read_bytes(), str(ROOT))
    if have.get("package") != package:
        run([environment.python, "-m", "pip", "install", *PIP_QUIET, "--no-deps", "--no-index",
             "--no-build-isolation", "--editable", ROOT])  # fmt: skip
        environment.put_stamp("package", package)


def install_one(environment: Environment, name: str) -> None:
    """One package more than the share, at the version and hash of the lock."""
    lock = Lock.read(LOCK)
    install_pinned(environment, lock.only(name), lock.only("uv", "setuptools"), wheels=None)


PIP_QUIET = ("--quiet", "--disable-pip-version-check", "--no-input")


def install_pinned(
    environment: Environment, wanted: str, tools: str, *, wheels: Path | None
) -> None:
    """uv is seven times as fast as pip; where it does not get through, pip does the same work."""
    source = ["--no-index", "--find-links", str(wheels)] if wheels else []
    pip: list[str | Path] = [environment.python, "-m", "pip", "install", *PIP_QUIET]
    uv: list[str | Path] = [environment.python, "-m", "uv", "pip", "install", "--quiet"]
    uv.append("--compile-bytecode")  # as pip does: else every process here may compile pandas anew
    with tempfile.TemporaryDirectory() as temporary:
        tool_list, all_list = Path(temporary) / "tools.txt", Path(temporary) / "all.txt"
        tool_list.write_text(tools, "utf-8")
        all_list.write_text(wanted, "utf-8")
        run([*pip, *WHEELS, *source, "--requirement", tool_list])
        try:
            uv += ["--python", environment.python, *WHEELS, *source, "--requirement", all_list]
            run(uv, env=environment_for_downloads(environment.python))
        except SetupError as problem:
            say(
                f"uv 未能完成，改用 pip · uv did not get through, pip goes on: {first_line(problem)}"
            )
            run([*pip, *WHEELS, *source, "--requirement", all_list])


def first_line(problem: SetupError) -> str:
    lines = [line for line in str(problem).splitlines()[1:] if line.strip()]
    return lines[0] if lines else str(problem)
