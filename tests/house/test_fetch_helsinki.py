"""Bringing the real extract: pinned by hash, and one clear line where it cannot be had."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from scripts import fetch_helsinki
from scripts.fetch_helsinki import EXTRACT_SHA256, NoExtractError, helsinki_extract


def test_the_extract_is_the_pinned_file(helsinki_pbf: Path) -> None:
    assert hashlib.sha256(helsinki_pbf.read_bytes()).hexdigest() == EXTRACT_SHA256


def test_a_damaged_copy_in_the_cache_is_brought_again(tmp_path: Path, helsinki_pbf: Path) -> None:
    (tmp_path / "Helsinki.osm.pbf").write_bytes(helsinki_pbf.read_bytes()[:1000])

    assert hashlib.sha256(helsinki_extract(tmp_path).read_bytes()).hexdigest() == EXTRACT_SHA256


def test_where_no_index_answers_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An index that is an empty folder of this computer: nothing can come from it.
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))

    with pytest.raises(NoExtractError) as caught:
        helsinki_extract(tmp_path / "cache")

    assert "\n" not in str(caught.value)
    assert "python scripts/fetch_helsinki.py" in str(caught.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_mirror_of_uv_is_handed_to_pip() -> None:
    mirror = {"UV_DEFAULT_INDEX": "https://mirror.example/simple"}

    assert fetch_helsinki._with_mirror(mirror)["PIP_INDEX_URL"] == "https://mirror.example/simple"
    assert fetch_helsinki._with_mirror({**mirror, "PIP_INDEX_URL": "own"})["PIP_INDEX_URL"] == "own"
