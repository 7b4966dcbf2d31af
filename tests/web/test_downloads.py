"""A file that leaves through the browser leaves nothing behind."""

from __future__ import annotations

import tempfile

import pytest
from werkzeug.test import EnvironBuilder


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_folder_of_a_download_goes_when_the_server_is_done_with_it(
    web, tmp_path, monkeypatch, method
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    [plan] = web.config["SHELF"].plans()
    path = f"/p/{plan}/export/geojson"
    asked = EnvironBuilder(path, method=method, query_string={"layer": "community"}).get_environ()
    told = []
    # As a server does: take the parts, then close what gave them.
    parts = web.wsgi_app(asked, lambda status, headers, exc_info=None: told.append(status))
    content = b"".join(parts)
    parts.close()
    assert told == ["200 OK"]
    assert content.startswith(b"{") is (method == "GET")
    assert list(tmp_path.glob("jiugai-export-*")) == []
