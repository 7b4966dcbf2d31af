"""The single-file map as text: nothing fetched, every text escaped, the same file from the same plan."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import AnalysisError, NotFoundError
from app.report.classes import class_limits, class_of, rounded_up
from app.report.folium_map import escaped, require_no_remote, shown, single_file_map
from app.store.page_files import page_files
from tests.single_map_cases import WORDS, files, sheet


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://example.net/a.js"></script>',
        "<link href=//example.net/a.css>",
        "<style>@import 'http://example.net/a.css'</style>",
        "<style>p { background: url( https://example.net/a.png ) }</style>",
        "<img SRC = 'HTTP://example.net/a.png'>",
        'let page = "<a href=\\"https://example.net\\">"',
    ],
)
def test_a_page_that_would_fetch_something_is_refused(text: str) -> None:
    with pytest.raises(AnalysisError) as caught:
        require_no_remote(text)

    assert "other computers" in caught.value.message.en


def test_the_name_of_a_drawing_language_is_no_address_to_fetch() -> None:
    require_no_remote('document.createElementNS("http://www.w3.org/2000/svg", "svg")')


def test_the_page_names_no_other_computer_and_is_one_file() -> None:
    text = single_file_map(sheet("朝阳小区", "二号院"), files())

    require_no_remote(text)
    assert "<link" not in text
    assert not re.search(r"<script[^>]+src", text)


def test_the_same_plan_is_the_same_file() -> None:
    assert single_file_map(sheet("朝阳小区"), files()) == single_file_map(
        sheet("朝阳小区"), files()
    )


def test_a_township_without_communities_still_has_a_map() -> None:
    one = sheet("朝阳小区")
    empty = single_file_map(replace(one, communities=one.communities.iloc[:0]), files())

    assert escaped(one.title) in empty
    assert "geo_json_townships" in empty


@pytest.mark.parametrize("mark", ["<", ">", '"', "'", "`"])
def test_every_mark_that_could_end_a_text_is_escaped(mark: str) -> None:
    assert mark not in escaped(f"a{mark}b").replace("&", "")


def test_names_reach_the_page_escaped_wherever_they_stand() -> None:
    text = single_file_map(sheet("<img src=x onerror=alert(1)>", "`${alert(1)}`"), files())

    assert "<img src=x" not in text
    assert "onerror=alert(1)>" not in text
    assert '"`$' not in text.split('id="sheet"')[0]


def test_unknown_is_said_and_is_no_number() -> None:
    [cost, households] = sheet("朝阳小区").measures

    assert shown(cost, None, WORDS) == "未知"
    assert shown(cost, 1234.5, WORDS) == "1,234.50 万元"
    assert shown(households, 0.0, WORDS) == "0 户"


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ([], []),
        ([0, 0], []),
        ([7], [7]),
        ([3, 3, 3, 3], [3]),
        ([100, 200, 300, 400, 500], [100, 200, 300, 400, 500]),
        ([1234, 1234, 9876], [1300, 9900]),
    ],
)
def test_classes_hold_equal_shares_and_have_readable_limits(
    values: list[float], limits: list[float]
) -> None:
    assert class_limits(values) == limits


def test_every_value_lies_under_the_limit_of_its_class() -> None:
    values = [0.3, 1.7, 12.0, 99.5, 1234.0, 45_520_000.0]
    limits = class_limits(values)

    for value in values:
        number = int(class_of(value, limits))
        assert value <= limits[number - 1]
        assert number == 1 or value > limits[number - 2]
    assert class_of(None, limits) == "unknown"
    assert class_of(0, limits) == "zero"


@pytest.mark.parametrize(("value", "limit"), [(0.3, 0.3), (100, 100), (101, 110), (0.0123, 0.013)])
def test_a_limit_is_rounded_up_to_two_digits(value: float, limit: float) -> None:
    assert rounded_up(value) == limit


def test_without_the_browser_files_the_cure_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        page_files(tmp_path)

    assert "start.py" in caught.value.fix.en
