"""A Chromium, Chrome or Edge on this computer, for the tests that read the map as a person does."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from .console import SetupError

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
    "microsoft-edge-stable",
)
WINDOWS_PROGRAMS = ("msedge.exe", "chrome.exe", "chromium.exe")
WINDOWS_PLACES = (
    r"Microsoft\Edge\Application\msedge.exe",
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
)
PLAYWRIGHT_PLACES = (
    "chromium-*/chrome-linux*/chrome",
    "chromium_headless_shell-*/chrome-*/headless_shell",
    "chromium-*/chrome-win*/chrome.exe",
)
INSTALL = {
    "linux": "sudo apt-get install --yes chromium",
    "win32": "winget install --id Google.Chrome",
    "darwin": "brew install --cask chromium",
}


def find_chromium(environment: Mapping[str, str] = os.environ) -> Path:
    """The browser for the tests; they fail without one, they are never skipped."""
    named = environment.get("JIUGAI_CHROMIUM")
    if named:
        if Path(named).is_file():
            return Path(named)
        raise SetupError(f"JIUGAI_CHROMIUM names {named}, which is no file")
    for path in candidates(environment):
        if path.is_file():
            return path
    raise SetupError(
        "the browser tests need Chromium, Chrome or Edge and found none; install one with\n  "
        + INSTALL.get(sys.platform, INSTALL["linux"])
        + "\nor set JIUGAI_CHROMIUM to the program"
    )


def candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    """Where a browser may be, the surest first: PATH, the usual places, Playwright's own."""
    for name in NAMES:
        found = shutil.which(name, path=environment.get("PATH"))
        if found:
            yield Path(found)
    if sys.platform == "win32":
        yield from registered_on_windows()
    for variable in ("ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"):
        for place in WINDOWS_PLACES if environment.get(variable) else ():
            yield Path(environment[variable], *place.split("\\"))
    if sys.platform == "darwin":
        yield Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
        yield Path("/Applications/Chromium.app/Contents/MacOS/Chromium")
    for folder in playwright_folders(environment):
        for pattern in PLAYWRIGHT_PLACES:
            yield from sorted(folder.glob(pattern), reverse=True)


def registered_on_windows() -> Iterator[Path]:
    """Browsers that put themselves into the registry's App Paths."""
    if sys.platform != "win32":
        return
    import winreg

    for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
        for program in WINDOWS_PROGRAMS:
            key = rf"SOFTWARE\Microsoft\Windows\CurrentVersion\App Paths\{program}"
            try:
                yield Path(str(winreg.QueryValue(root, key)).strip('"'))
            except OSError:
                continue


def playwright_folders(environment: Mapping[str, str]) -> list[Path]:
    """Where ``playwright install chromium`` puts what it downloads."""
    if named := environment.get("PLAYWRIGHT_BROWSERS_PATH"):
        return [Path(named)]
    home = Path.home()
    local = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    return [home / ".cache" / "ms-playwright", local / "ms-playwright",
            home / "Library" / "Caches" / "ms-playwright"]  # fmt: skip
