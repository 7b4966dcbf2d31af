"""Parameters of an analysis come from texts and keep their bounds."""

from dataclasses import dataclass

import pytest

from app.errors import Text, UsageError
from app.schema.analysis import param, param_fields, parse_params


@dataclass(frozen=True)
class DigParams:
    distance_m: float = param(5.0, "距离", "distance", unit="m", minimum=0, maximum=50)
    days: int = param(90, "天数", "days", unit="d", minimum=0, maximum=3650)
    scheme: str = param(
        "china",
        "体系",
        "scheme",
        choices={"china": Text("中国", "China"), "arr": Text("ARR", "ARR")},
    )
    strict: bool = param(True, "从严", "strict")


def test_texts_of_a_form_become_numbers_of_the_right_kind():
    parsed = parse_params(DigParams, {"distance_m": "7.5", "days": "30", "strict": "否"})
    assert parsed == DigParams(7.5, 30, "china", strict=False)


def test_no_settings_give_the_defaults():
    assert parse_params(DigParams, {}) == DigParams()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("distance_m", "51"),
        ("distance_m", "-1"),
        ("distance_m", "nan"),
        ("days", "2.5"),
        ("scheme", "uk"),
        ("strict", "maybe"),
        ("colour", "red"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_by_name(name, value):
    with pytest.raises(UsageError) as refusal:
        parse_params(DigParams, {name: value})
    assert name in refusal.value.message.en


def test_all_wrong_settings_are_named_at_once():
    with pytest.raises(UsageError) as refusal:
        parse_params(DigParams, {"days": "x", "scheme": "uk"})
    assert "days" in refusal.value.message.en
    assert "scheme" in refusal.value.message.en


def test_fields_carry_label_unit_and_bounds_for_the_run_form():
    first = param_fields(DigParams)[0]
    assert (first.name, first.label.zh, first.unit, first.maximum) == (
        "distance_m",
        "距离",
        "m",
        50,
    )
