"""``scripts/start.py``: from a fresh clone to the map on the demonstration plan."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import browser_files, bundle, demo, environment
from .console import ROOT, SetupError, say, speak_any_console

HOME_PORT = 8765
EXAMPLES = """\
examples:
  python scripts/start.py                        the demonstration plan in your browser
  python scripts/start.py --plan D:\\plans\\litong  a plan of your own
  python scripts/start.py --bundle FOLDER        collect all that an office without network needs
  python scripts/start.py --from FOLDER          set up from that folder, without network
"""


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Set everything up and open the map · 安装并打开地图",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--plan", type=Path, help="folder of a plan instead of the demonstration")
    parser.add_argument("--port", type=int, help=f"port of the server ({HOME_PORT}, or a free one)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the browser")
    parser.add_argument("--check", action="store_true", help="see that the map answers, then stop")
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="make a folder for offline use")
    parser.add_argument("--from", type=Path, metavar="DIR", dest="source", help="use that folder")
    return parser.parse_args(words)


def set_up(share: environment.Share, source: Path | None = None) -> environment.Environment:
    """Everything that stands between a clone and a running program; done steps are skipped."""
    made = environment.Environment(ROOT / ".venv")
    environment.make(made)
    environment.install(made, share, wheels=source and bundle.wheels_for_this(source))
    browser_files.bring(made, vendor=source and source / "vendor")
    return made


def port_is_free(port: int) -> bool:
    """Asked by connecting: on Windows a bind may succeed beside a listener."""
    with socket.socket() as probe:
        probe.settimeout(0.3)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def free_port(wanted: int | None) -> int:
    """The wanted port, else the usual one, else any that is free."""
    if wanted is not None:
        if not port_is_free(wanted):
            raise SetupError(
                f"port {wanted} is in use: close that program or choose another --port"
            )
        return wanted
    if port_is_free(HOME_PORT):
        return HOME_PORT
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server(
    made: environment.Environment, plan: Path, port: int
) -> Iterator[subprocess.Popen[bytes]]:
    """``jiugai serve`` as a child that ends with this program."""
    command = [str(made.python), "-m", "app", "serve", str(plan), "--port", str(port)]
    # Ended by another program, this one still ends its server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    child = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1"})
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


# An office's proxy must not come between this program and its own server.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def wait_for_map(address: str, child: subprocess.Popen[bytes], seconds: float = 60) -> str:
    """The address of the page that the server leads to, as soon as it answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if child.poll() is not None:
            raise SetupError(f"the server ended with {child.returncode} before it answered")
        try:
            with DIRECT.open(address, timeout=30) as answer:
                return str(answer.url)
        except urllib.error.HTTPError as refused:
            raise SetupError(f"{address} answers {refused.code} {refused.reason}") from None
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
    raise SetupError(f"the server did not answer within {seconds:.0f} s")


def check_map(page: str) -> None:
    """See that the page is a page and that the plan behind it tells its totals."""
    try:
        with DIRECT.open(page, timeout=30) as answer:
            text = answer.read().decode("utf-8")
        with DIRECT.open(f"{page}api/summary", timeout=60) as answer:
            totals = json.load(answer)["totals"]
    except (OSError, ValueError, KeyError) as problem:
        raise SetupError(f"{page} does not show the plan: {problem}") from None
    if "<html" not in text.lower():
        raise SetupError(f"{page} answers something that is no page")
    shown = ", ".join(f"{totals[name]} {name}" for name in ("communities", "buildings"))
    say(f"地图有应答 · the map answers: {shown}")


def serve(options: argparse.Namespace, made: environment.Environment, plan: Path) -> int:
    port = free_port(options.port)
    address = f"http://127.0.0.1:{port}/"
    with server(made, plan, port) as child:
        page = wait_for_map(address, child)
        if options.check:
            check_map(page)
            return 0
        say(f"地图已打开 · the map is at {address}   （Ctrl+C 结束 · ends it）")
        if not options.no_browser:
            webbrowser.open(address)
        return child.wait()


def main(words: Sequence[str] | None = None) -> int:
    speak_any_console()
    options = arguments(words)
    try:
        if options.bundle:
            return bundle.make(options.bundle)
        made = set_up("runtime", options.source)
        plan = options.plan or demo.build(made)
        return serve(options, made, plan)
    except SetupError as problem:
        print(f"✗ {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
