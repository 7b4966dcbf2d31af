"""Lines and blocks of a drawing, told by the names of their layers which pipes and nodes they are."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import Finding, Severity, Text, UsageError
from app.rules.survey import DrawnLayer
from app.services.imports.report import DRAWING, ImportOptions
from app.services.imports.survey.classes import Classes, node_kind
from app.store.readers.chunks import Chunk
from app.store.readers.delivery import DeliveredLayer, Event

LAYER, BLOCK = "图层", "块名"
_DERIVED = ("pipe_class", "subclass", "status")
_PIPES = (None, "pipe", "管线", "pipe_node", "管点")
_SHOWN = 30


def sorted_by_class(
    events: Iterable[Event],
    options: ImportOptions,
    remembered: Mapping[str, str],
    *,
    may_be_empty: bool = False,
) -> Iterator[Event]:
    """The events of a delivery; of drawings only what lies on layers of pipes, the rest listed.

    A drawing that a person calls another layer of the plan goes on untouched. ``remembered`` are
    classes that were chosen for layers of earlier deliveries; ``may_be_empty``: where nothing tells
    a class that is a finding, so that a person sees the layers and chooses.

    Raises
    ------
    UsageError
        A class that a person named does not exist, or no layer of the drawing tells a class.
    """
    sorter: _Sorter | None = None
    sorters: list[_Sorter] = []
    for event in events:
        if isinstance(event, DeliveredLayer):
            sorter = None
            if event.unit_m is not None and options.layer in _PIPES:
                sorter = _Sorter(event, options.classes, remembered)
                sorters.append(sorter)
                event = sorter.announced()
        elif isinstance(event, Chunk) and sorter is not None:
            kept = sorter.kept(event)
            if kept is None:
                continue
            event = kept
        yield event
    if sorters and not any(one.taken for one in sorters):
        error = _nothing(sorters)
        if not may_be_empty:
            raise error
        yield Finding("drawing_without_class", "error", error.message, error.fix, file=error.where)
    for one in sorters:
        yield from one.findings()


class _Sorter:
    """Looks up each layer name once and counts what it leaves out."""

    def __init__(
        self, delivered: DeliveredLayer, chosen: Mapping[str, str], remembered: Mapping[str, str]
    ) -> None:
        self.delivered = delivered
        self.left: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self._points = BLOCK in delivered.columns or delivered.name.endswith("点")
        self._classes = Classes.read()
        self._chosen, self._remembered = chosen, remembered
        self.layers: dict[str, DrawnLayer | None] = {}

    def announced(self) -> DeliveredLayer:
        derived = [name for name in self._derived if name not in self.delivered.columns]
        return dataclasses.replace(
            self.delivered,
            columns=(*self.delivered.columns, *derived),
            target="pipe_node" if self._points else "pipe",
        )

    @property
    def _derived(self) -> tuple[str, ...]:
        return ("pipe_class", "subclass", "kind") if self._points else _DERIVED

    def kept(self, chunk: Chunk) -> Chunk | None:
        """The rows on layers of pipes, with their classes; None if there are none."""
        names = [str(name) for name in chunk.columns[LAYER].tolist()]
        told = [self._layer(name) for name in names]
        keep = np.array([layer is not None for layer in told], bool)
        self.left.update(name for name, k in zip(names, keep, strict=True) if not k)
        self.taken.update(name for name, k in zip(names, keep, strict=True) if k)
        if not keep.any():
            return None
        columns = {name: cells[keep] for name, cells in chunk.columns.items()}
        held = [layer for layer in told if layer is not None]
        columns["pipe_class"] = _texts([layer.pipe_class for layer in held])
        columns["subclass"] = _texts([layer.subclass for layer in held])
        if self._points:
            columns["kind"] = _texts(self._kinds(columns))
        else:
            columns["status"] = _texts([layer.status for layer in held])
        assert chunk.wkb is not None
        return Chunk(chunk.numbers[keep], columns, chunk.wkb[keep])

    def _layer(self, name: str) -> DrawnLayer | None:
        if name not in self.layers:
            self.layers[name] = self._told(name)
        return self.layers[name]

    def _told(self, name: str) -> DrawnLayer | None:
        if name in self._chosen or name in self._remembered:
            said = self._chosen.get(name, self._remembered.get(name, ""))
            code = self._classes.code(said)
            if said and code is None:
                raise UsageError(
                    Text(f"没有管线类别“{said}”", f"there is no class of pipes “{said}”"),
                    where=f"{name}={said}",
                    fix=Text("用 JS、PS、RQ、RL、DL、TX、GY 或中文名",
                             "use JS, PS, RQ, RL, DL, TX, GY or a Chinese name"),
                )  # fmt: skip
            return DrawnLayer(*code, "", said) if code else None
        drawn = self._classes.words.drawn_layer(name)
        return drawn if drawn is not None and drawn.pipe_class else None

    def _kinds(self, columns: Mapping[str, NDArray[Any]]) -> list[str]:
        words = self._classes.words
        blocks = columns.get(BLOCK, columns[LAYER]).tolist()
        known = {word: node_kind(words, str(word or "")) for word in set(blocks)}
        return [known[word] for word in blocks]

    def _listed(self) -> dict[str, object]:
        """Every layer with its class and why it has it, to be looked at and changed."""
        rows = []
        for name, layer in self.layers.items():
            how = "chosen" if name in self._chosen else "remembered" if name in self._remembered else "word"  # fmt: skip
            code = (layer.subclass or layer.pipe_class) if layer else ""
            rows.append({
                "layer": name, "rows": self.taken[name] or self.left[name], "points": self._points,
                "class": code, "status": layer.status if layer else "",
                "how": how if layer or how != "word" else "",
            })  # fmt: skip
        return {DRAWING: rows}

    def findings(self) -> Iterator[Finding]:
        """Which layer became which class, and every layer that was left out."""
        told = [f"{name} → {'/'.join(t for t in (layer.pipe_class, layer.subclass, layer.status) if t)}（{self.taken[name]}）"
                for name, layer in self.layers.items() if layer is not None]  # fmt: skip
        listed = self._listed()
        if told:
            shown = "；".join(told[:_SHOWN])
            yield self._said("drawing_classes", Text(f"图层对应的类别：{shown}", f"layers and classes: {shown}"),
                             Text("不对时用 --class 图层=类别 指定", "if wrong say --class LAYER=CLASS"), listed)  # fmt: skip
            listed = {}
        left = [f"{name}（{count}）" for name, count in self.left.most_common(_SHOWN)]
        if left:
            shown = "、".join(left)
            yield self._said(
                "layer_left_out",
                Text(f"{len(self.left)} 个图层不是管线或无法判断类别，未读取：{shown}",
                     f"{len(self.left)} layers are no pipes or tell no class and are left out: {shown}"),
                Text("是管线的用 --class 图层=类别 指定", "for those that are pipes say --class LAYER=CLASS"),
                listed,
            )  # fmt: skip

    def _said(self, code: str, message: Text, fix: Text, details: dict[str, object]) -> Finding:
        severity: Severity = "warning" if code == "layer_left_out" else "info"
        return Finding(code, severity, message, fix, layer=self.delivered.name, file=self.delivered.file, details=details)  # fmt: skip


def _texts(values: list[str]) -> NDArray[Any]:
    cells = np.empty(len(values), object)
    cells[:] = [value or None for value in values]
    return cells


def _nothing(sorters: list[_Sorter]) -> UsageError:
    left: Counter[str] = Counter()
    for sorter in sorters:
        left += sorter.left
    shown = "、".join(f"{name}（{count}）" for name, count in left.most_common(_SHOWN))
    return UsageError(
        Text(f"图纸的图层名都看不出管线类别：{shown}", f"no layer of the drawing tells a class: {shown}"),
        where=sorters[0].delivered.file,
        fix=Text("用 --class 图层=类别 指定管线图层，例如 --class 0=JS；不是管线的图纸用 --layer 指定图层",
                 "name the class of each layer, such as --class 0=JS; if it is no drawing of pipes say --layer"),
    )  # fmt: skip
