"""``jiugai serve``: the map on this computer, with one worker for the queued jobs beside it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import webbrowser
from pathlib import Path

import click

from app.cli.output import example
from app.errors import Text, UsageError

_WORKER_LOOK_S = 2.0


@click.command(
    help="在本机打开地图（只监听本机，不对外）。\n\n"
    "Open the map on this computer; the server listens on loopback only."
    + example("jiugai serve plans/demo", "jiugai serve plans/demo plans/real --port 0 --open")
)
@click.argument("plans", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--host", help="监听地址，仅限本机 · Address, loopback only.")
@click.option("--port", type=int, help="端口，0 为任意空闲端口 · Port; 0 takes a free one.")
@click.option("--open", "open_browser", is_flag=True, help="打开浏览器 · Open the browser.")
def serve(plans: tuple[Path, ...], host: str | None, port: int | None, open_browser: bool) -> None:
    from app.services.plans import Shelf
    from app.settings import Settings
    from app.web.factory import create_app

    for path in plans:
        if not path.exists():
            raise UsageError(
                Text(f"没有方案 {path}", f"there is no plan {path}"),
                where=str(path),
                fix=Text(
                    "先运行 jiugai init 或检查路径", "run jiugai init first, or check the path"
                ),
            )
    settings = Settings.read(os.environ, host=host, port=port)
    shelf = Shelf(plans)
    app = create_app(settings, shelf)
    listener = _listener(settings.host, settings.port)
    address = f"http://{settings.host}:{listener.getsockname()[1]}/"

    import waitress

    server = waitress.create_server(app, sockets=[listener], threads=settings.threads)
    click.echo(f"地图 · Map: {address}")
    click.echo("仅本机可访问；未设账号，操作人为自报（未认证）。Ctrl+C 结束。")
    click.echo(
        "Reachable from this computer only; no accounts, actors are not checked. Ctrl+C ends."
    )
    threading.Thread(target=shelf.warm, name="warm", daemon=True).start()
    helper = _WorkerKeeper(plans)
    if open_browser:
        webbrowser.open(address)
    try:
        server.run()
    except KeyboardInterrupt:
        click.echo("已停止 · stopped")
    finally:
        helper.end()
        server.close()
        shelf.close()


class _WorkerKeeper:
    """Keeps one worker alive beside the map: one that was killed is followed by another."""

    def __init__(self, plans: tuple[Path, ...]) -> None:
        self._plans = plans
        self._over = threading.Event()
        self._process = _start_worker(plans)
        threading.Thread(target=self._watch, name="worker-keeper", daemon=True).start()

    def end(self) -> None:
        self._over.set()
        self._process.terminate()

    def _watch(self) -> None:
        while not self._over.wait(_WORKER_LOOK_S):
            if self._process.poll() is not None:
                self._process = _start_worker(self._plans)


def _start_worker(plans: tuple[Path, ...]) -> subprocess.Popen[bytes]:
    """The process that does the queued jobs, so that the map answers while one runs."""
    paths = [str(path) for path in plans]
    return subprocess.Popen(
        [sys.executable, "-m", "app", "worker", *paths, "--parent", str(os.getpid())],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )


def _listener(host: str, port: int) -> socket.socket:
    """A listening socket; a port that is taken is said so, with another way."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name != "nt":  # on Windows this option would let two servers share the port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as failure:
        listener.close()
        raise UsageError(
            Text(f"端口 {port} 已被占用", f"port {port} is taken: {failure.strerror}"),
            where=f"{host}:{port}",
            fix=Text("用 --port 0 任选空闲端口", "use --port 0 for a free one"),
        ) from failure
    return listener
