"""How this installation runs: read once from environment and file, checked, then handed down."""

from __future__ import annotations

import os
import secrets
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from app.errors import LANGUAGES, Language, Text, UsageError

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK_HOSTS = ("127.0.0.1", "localhost")

# What each setting is called in the environment, and what it means to an operator.
MEANINGS: dict[str, tuple[str, str]] = {
    "language": ("JIUGAI_LANG", "language when none is asked for: zh or en"),
    "host": ("JIUGAI_HOST", "address to listen on; loopback only"),
    "port": ("JIUGAI_PORT", "port to listen on; 0 takes a free one"),
    "threads": ("JIUGAI_THREADS", "threads that answer requests"),
    "config_dir": ("JIUGAI_CONFIG", "folder of this user's signing key and settings.toml"),
    "standards": ("JIUGAI_STANDARDS", "folder of the rule tables"),
    "upload_mb": ("JIUGAI_UPLOAD_MB", "largest request body in MB"),
    "page_rows": ("JIUGAI_PAGE_ROWS", "most rows in one page of a table"),
    "feature_limit": ("JIUGAI_FEATURE_LIMIT", "most features in one GeoJSON answer"),
}


@dataclass(frozen=True)
class Settings:
    """Everything an operator may choose: a variable, or a key of ``settings.toml``.

    The server listens on the loopback address only: there are no accounts yet, so who reaches it
    is the planner at this computer.
    """

    language: Language = "zh"
    host: str = "127.0.0.1"
    port: int = 8765
    threads: int = 6
    config_dir: Path = Path()
    standards: Path = ROOT / "geodata" / "standards"
    upload_mb: int = 100
    page_rows: int = 500
    feature_limit: int = 20_000

    def __post_init__(self) -> None:
        if self.host not in LOOPBACK_HOSTS:
            raise UsageError(
                Text(
                    f"本机模式只监听本机地址，不能监听 {self.host}",
                    f"local mode listens on loopback only, not on {self.host}",
                ),
                where="host",
                fix=Text(
                    "使用 127.0.0.1；多人使用须等账号功能就绪",
                    "use 127.0.0.1; serving others needs accounts, which do not exist yet",
                ),
            )
        if self.language not in LANGUAGES:
            raise _out_of_range("language", self.language, "zh, en")
        for name, low, high in (
            ("port", 0, 65535),
            ("threads", 1, 64),
            ("upload_mb", 1, 10_000),
            ("page_rows", 10, 10_000),
            ("feature_limit", 1, 1_000_000),
        ):
            if not low <= getattr(self, name) <= high:
                raise _out_of_range(name, getattr(self, name), f"{low}-{high}")

    @classmethod
    def read(cls, environment: Mapping[str, str], **chosen: object) -> Self:
        """The settings in force: defaults, then settings.toml, then environment, then ``chosen``.

        Raises
        ------
        UsageError
            A value of the wrong kind or out of range, or a file key that does not exist.
        """
        chosen = {name: value for name, value in chosen.items() if value is not None}
        config_dir = Path(
            str(chosen.get("config_dir") or environment.get("JIUGAI_CONFIG") or "")
            or user_config_dir(environment)
        )
        values = _from_file(config_dir / "settings.toml")
        for item in fields(cls):
            if (text := environment.get(MEANINGS[item.name][0])) is not None:
                values[item.name] = text
        values |= {**chosen, "config_dir": config_dir}
        typed = {name: _typed(name, value) for name, value in values.items()}
        return cls(**typed)


def _out_of_range(name: str, value: object, allowed: str) -> UsageError:
    return UsageError(
        Text(f"设置 {name} 不能是 {value}", f"setting {name} cannot be {value}"),
        where=name,
        fix=Text(f"可用：{allowed}", f"use one of: {allowed}"),
    )


def _typed(name: str, value: object) -> Any:
    known = {item.name: item.default for item in fields(Settings)}
    if name not in known:
        raise UsageError(
            Text(f"没有名为 {name} 的设置", f"there is no setting called {name}"),
            where="settings.toml",
            fix=Text("可用：" + "、".join(known), "use one of: " + ", ".join(known)),
        )
    default = known[name]
    if isinstance(default, int):
        try:
            return int(str(value))
        except ValueError:
            raise _out_of_range(name, value, "a whole number") from None
    return Path(str(value)) if isinstance(default, Path) else str(value)


def _from_file(path: Path) -> dict[str, object]:
    try:
        return dict(tomllib.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as fault:
        raise UsageError(
            Text(f"设置文件写法有误：{fault}", f"the settings file is not TOML: {fault}"),
            where=str(path),
            fix=Text("改正该行或删除文件", "correct the line or remove the file"),
        ) from fault


def user_config_dir(environment: Mapping[str, str]) -> Path:
    """Where this user's own settings live on this system; never inside a plan or the program."""
    if sys.platform == "win32":
        return Path(environment.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "jiugai"
    return Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "jiugai"


def secret_key(config_dir: Path) -> str:
    """The key that signs sessions: made on first use, readable by its owner only."""
    path = config_dir / "secret.key"
    try:
        key = path.read_text("ascii").strip()
    except FileNotFoundError:
        key = ""
    if len(key) >= 32:
        return key
    key = secrets.token_hex(32)
    config_dir.mkdir(parents=True, exist_ok=True)
    part = config_dir / f"secret.{secrets.token_hex(4)}.part"
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key + "\n")
    os.replace(part, path)
    return path.read_text("ascii").strip()
