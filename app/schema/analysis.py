"""What an analysis declares; its command, run form, job and docs page are built from this."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, get_type_hints

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.errors import NO_TEXT, Text, UsageError, joined
from app.schema.model import Layer

Progress = Callable[[float, Text], None]
"""Called with the share done (0 to 1) and what is being done; raises CancelledError to stop."""


def no_progress(share: float, doing: Text) -> None:
    """A caller that does not want to know."""


@dataclass(frozen=True)
class Halo:
    """A change of a row reaches no further than a distance.

    ``measure`` gives it in metres from the rule tables (overrides included) and the parameters,
    without the walls of pipes; None: as far as ``metres``. ``subjects`` are the (layer, id) columns
    of a result row that name what it is about, and ``whole`` the layers whose rows are judged as a
    whole. ``finish`` makes all output layers from a merged first one.
    """

    metres: float | None = None
    measure: Callable[[Mapping[str, Any], Any], float] | None = None
    subjects: tuple[tuple[str, str], ...] = ()
    whole: tuple[str, ...] = ()
    finish: Callable[[Any], Mapping[str, pd.DataFrame]] | None = None


@dataclass(frozen=True)
class WholeNetwork:
    """A change may reach any row, so a rerun computes everything."""


@dataclass(frozen=True)
class Raster:
    """A north-up grid in the plan CRS: ``values[row, column]``, NaN where there is no value."""

    values: npt.NDArray[np.float32]
    west: float
    north: float
    cell_m: float
    unit: str = "m"


class RuleSource(Protocol):
    """A rule table with the overrides of the plan applied."""

    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Inputs:
    """What an analysis may look at: frames by layer name, rule tables by name, rasters by name.

    A frame of a layer that the plan does not hold is empty with the schema's columns. ``engines``
    are what runs in processes of their own, by name.
    """

    frames: Mapping[str, pd.DataFrame]
    rules: Mapping[str, Any] = field(default_factory=dict)
    rasters: Mapping[str, Raster] = field(default_factory=dict)
    engines: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What an analysis gives back; ``counts`` are the verdict counts that every face shows."""

    layers: Mapping[str, pd.DataFrame]
    counts: Mapping[str, int]
    rasters: Mapping[str, Raster] = field(default_factory=dict)
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Need:
    """What a row must hold so that the analysis can answer for it; unknown otherwise.

    Without a column the layer itself must hold rows. ``instead`` columns serve as well when all of
    them are filled. Rows with one of the codes in ``besides`` take no part.
    """

    layer: str
    column: str = ""
    instead: tuple[str, ...] = ()
    besides: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Analysis:
    """One analysis. ``params`` is a frozen dataclass whose fields were made by ``param``.

    ``optional`` are results of other analyses: their frames are there only where one was run.
    """

    name: str
    label: Text
    summary: Text
    inputs: tuple[Layer, ...]
    params: type
    outputs: tuple[Layer, ...]
    reach: Halo | WholeNetwork
    run: Callable[[Inputs, Any, Progress], Outcome]
    rules: tuple[str, ...] = ()
    rasters: tuple[str, ...] = ()
    raster_outputs: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    optional: tuple[Layer, ...] = ()
    engines: tuple[str, ...] = ()
    example: str = ""


@dataclass(frozen=True)
class NoParams:
    """Parameters of an analysis that has none."""


@dataclass(frozen=True)
class ParamField:
    """One parameter as a form or a command line shows it."""

    name: str
    label: Text
    kind: type
    default: object
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: Mapping[str, Text] = field(default_factory=dict)
    help: Text = NO_TEXT


def param(
    default: object,
    zh: str,
    en: str,
    *,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Mapping[str, Text] | None = None,
    help_text: Text = NO_TEXT,
) -> Any:
    """A dataclass field with what people read and the bounds that a value must keep.

    ``choices`` are the values that it takes, each with the words that every form shows.
    """
    return field(
        default=default,
        metadata={
            "label": Text(zh, en),
            "unit": unit,
            "minimum": minimum,
            "maximum": maximum,
            "choices": choices or {},
            "help": help_text,
        },
    )


def param_fields(params: type) -> tuple[ParamField, ...]:
    """The parameters of a declaration in the order they were written."""
    hints = get_type_hints(params)
    return tuple(
        ParamField(
            name=item.name,
            kind=hints[item.name],
            default=item.default,
            **{key: item.metadata[key] for key in _PARAM_KEYS},
        )
        for item in dataclasses.fields(params)
    )


_PARAM_KEYS = ("label", "unit", "minimum", "maximum", "choices", "help")


def parse_params(params: type, settings: Mapping[str, object]) -> Any:
    """The parameters with ``settings`` (texts of a form or of ``--set``) in place of defaults.

    Raises
    ------
    UsageError
        Names every setting that is unknown, of the wrong kind or out of its bounds.
    """
    fields = {item.name: item for item in param_fields(params)}
    faults: list[Text] = []
    values: dict[str, object] = {}
    for name, value in settings.items():
        if name not in fields:
            faults.append(Text(f"没有参数 {name}", f"there is no parameter {name}"))
            continue
        try:
            values[name] = _parsed(fields[name], value)
        except ValueError:
            faults.append(_wrong_value(fields[name], value))
    if faults:
        known = "、".join(fields) or "无"
        raise UsageError(
            joined(faults),
            where=", ".join(str(name) for name in settings),
            fix=Text(f"可用参数：{known}", f"parameters: {', '.join(fields) or 'none'}"),
        )
    return params(**values)


def _wrong_value(item: ParamField, value: object) -> Text:
    bounds = ""
    if item.choices:
        bounds = " / ".join(item.choices)
    elif item.minimum is not None or item.maximum is not None:
        low = "" if item.minimum is None else f"{item.minimum:g}"
        high = "" if item.maximum is None else f"{item.maximum:g}"
        bounds = f"{low} … {high} {item.unit}".strip()
    return Text(
        f"参数“{item.label.zh}”({item.name}) 的值 {value} 无效，应为 {bounds or item.kind.__name__}",
        f"{item.name} = {value} is not valid; expected {bounds or item.kind.__name__}",
    )


_TRUE, _FALSE = {"true", "1", "yes", "on", "是"}, {"false", "0", "no", "off", "否"}


def _parsed(item: ParamField, value: object) -> object:
    """The value in the kind of the field; ValueError where it does not fit."""
    if item.kind is bool:
        if isinstance(value, bool):
            return value
        word = str(value).strip().lower()
        if word not in _TRUE | _FALSE:
            raise ValueError(word)
        return word in _TRUE
    if item.kind in (int, float):
        number = float(str(value))
        low = -np.inf if item.minimum is None else item.minimum
        high = np.inf if item.maximum is None else item.maximum
        if not np.isfinite(number) or not low <= number <= high:
            raise ValueError(number)
        if item.kind is int:
            if number != int(number):
                raise ValueError(number)
            return int(number)
        return number
    if item.choices and str(value) not in item.choices:
        raise ValueError(value)
    return str(value)
