"""A 摸底 table without coordinates: its rows find their building or community and update it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pandas as pd

from app.errors import Text, UsageError
from app.schema import Layer
from app.services.imports.mapping import Mapped
from app.services.imports.names import aliases_of, building_number, place_names
from app.services.imports.report import Faults, LayerReport, Match
from app.store import PlanStore

Key = tuple[str, ...]


@dataclass(frozen=True)
class Delivered:
    """The rows of the table after their values were read."""

    frame: pd.DataFrame
    numbers: Sequence[int]


def join_rows(
    store: PlanStore,
    layer: Layer,
    delivered: Delivered,
    raw_keys: pd.DataFrame,
    mapped: Mapped,
    report: LayerReport,
    faults: Faults,
) -> pd.DataFrame:
    """The rows as updates of rows that the plan has; matches and what is unmatched are reported.

    An empty cell of the table leaves the plan's value as it is.

    Raises
    ------
    UsageError
        The table has neither ids nor names to join by.
    """
    frame = delivered.frame
    columns = [use.column for use in mapped.uses]
    if layer.id_column in columns:
        ids = _known_ids(store, layer, raw_keys[layer.id_column])
        keys = [str(value) for value in raw_keys[layer.id_column]]
        used_as_key = {layer.id_column}
        suggestions: Callable[[str], str] = lambda key: ""  # noqa: E731
        rivals: dict[str, list[str]] = {}
    else:
        finder = _Finder(store, layer, columns)
        ids, keys = finder.find(raw_keys)
        used_as_key = finder.key_columns
        suggestions = finder.suggestion
        rivals = finder.rivals
    _report_rivals(ids, keys, delivered.numbers, rivals, report, faults)
    _report_unmatched(ids, keys, delivered.numbers, rivals, suggestions, report, faults)
    ids = _once_each(ids, delivered.numbers, report, faults)
    return _updates(store, layer, frame, ids, keys, used_as_key, delivered.numbers, report)


def _known_ids(store: PlanStore, layer: Layer, wanted: Iterable[object]) -> list[str | None]:
    known = set(store.read(layer.name, columns=[layer.id_column])[layer.id_column])
    return [str(value) if str(value) in known else None for value in wanted]


class _Finder:
    """Buildings by (community, number) and communities by name, aliases included."""

    def __init__(self, store: PlanStore, layer: Layer, columns: Sequence[str]) -> None:
        self._layer = layer
        self._communities = store.read("community", columns=["name", "aliases"])
        by_name = self._communities_by_name()
        self._names = sorted(self._communities["name"].dropna())
        self._found: dict[Key, set[str]] = defaultdict(set)
        self.rivals: dict[str, list[str]] = {}
        if layer.name == "community" and "name" in columns:
            self.key_columns = {"name", "aliases", "township_id"}
            self._columns = ["name"]
            for name, ids in by_name.items():
                self._found[(name,)] |= ids
        elif layer.name == "building" and {"community_id", "number"} <= set(columns):
            self.key_columns = {"community_id", "number", "name", "aliases"}
            self._columns = ["community_id", "number"]
            self._add_buildings(store, by_name)
        else:
            raise UsageError(
                Text(
                    "表格没有坐标，也没有可用于匹配的编号或“小区名称+楼号”",
                    "the table has no coordinates, and neither ids nor 小区名 + 楼号 to join by",
                ),
                where=layer.name,
                fix=Text(
                    f"补充 {layer.id_column}，或小区名称和楼号，或坐标列",
                    f"add {layer.id_column}, or 小区名称 and 楼号, or columns of coordinates",
                ),
            )

    def _communities_by_name(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        rows = self._communities
        for row_id, name, aliases in zip(
            rows["community_id"], rows["name"], rows["aliases"], strict=True
        ):
            for text in (name, *aliases_of(aliases)):
                for spelled in place_names(str(text)):
                    found[spelled].add(str(row_id))
        return found

    def _add_buildings(self, store: PlanStore, by_name: dict[str, set[str]]) -> None:
        names_of: dict[str, set[str]] = defaultdict(set)
        for name, ids in by_name.items():
            for row_id in ids:
                names_of[row_id].add(name)
        buildings = store.read("building", columns=["community_id", "number", "aliases"])
        for row_id, community, number, aliases in zip(
            buildings["building_id"], buildings["community_id"], buildings["number"],
            buildings["aliases"], strict=True,
        ):  # fmt: skip
            for text in (number, *aliases_of(aliases)):
                if not isinstance(text, str):
                    continue
                for name in names_of.get(str(community), ()):
                    self._found[(name, building_number(text))].add(str(row_id))

    def find(self, raw: pd.DataFrame) -> tuple[list[str | None], list[str]]:
        """The id for each row (None if none or several fit) and the key as it was written."""
        ids: list[str | None] = []
        shown: list[str] = []
        for cells in zip(*(raw[column] for column in self._columns), strict=True):
            texts = ["" if cell is None or cell != cell else str(cell).strip() for cell in cells]
            shown.append(" ".join(texts))
            candidates: set[str] = set()
            for name in place_names(texts[0]):
                key = (name,) if len(texts) == 1 else (name, building_number(texts[1]))
                candidates = self._found.get(key, set())
                if candidates:
                    break
            ids.append(next(iter(candidates)) if len(candidates) == 1 else None)
            if len(candidates) > 1:
                self.rivals[shown[-1]] = sorted(candidates)
        return ids, shown

    def suggestion(self, key: str) -> str:
        close = get_close_matches(key.split(" ")[0], self._names, n=1, cutoff=0.5)
        return close[0] if close else ""


def _report_rivals(
    ids: Sequence[str | None],
    keys: Sequence[str],
    numbers: Sequence[int],
    rivals: dict[str, list[str]],
    report: LayerReport,
    faults: Faults,
) -> None:
    """Rows whose name fits several things of the plan, with the ids of all of them."""
    torn = [p for p, row_id in enumerate(ids) if row_id is None and keys[p] in rivals]
    for p in torn:
        report.unmatched.append({"row": int(numbers[p]), "key": keys[p], "suggestion": ""})
    faults.rows(
        "ambiguous", "warning", [int(numbers[p]) for p in torn],
        [Text(f"“{keys[p]}”在规划中同时对应 {'、'.join(rivals[keys[p]])}",
              f"“{keys[p]}” fits {', '.join(rivals[keys[p]])} of the plan")
         for p in torn],
        Text("在表中写明编号，或在规划中删去重复的名称或别名",
             "give the id in the table, or remove the repeated name or alias from the plan"),
        rejected=True,
    )  # fmt: skip
    report.rejected += len(torn)


def _report_unmatched(
    ids: Sequence[str | None],
    keys: Sequence[str],
    numbers: Sequence[int],
    rivals: dict[str, list[str]],
    suggestions: Callable[[str], str],
    report: LayerReport,
    faults: Faults,
) -> None:
    lost = [p for p, row_id in enumerate(ids) if row_id is None and keys[p] not in rivals]
    guesses = {key: suggestions(key) for key in dict.fromkeys(keys[p] for p in lost)}
    for position in lost:
        key = keys[position]
        report.unmatched.append(
            {"row": int(numbers[position]), "key": key, "suggestion": guesses[key]}
        )
    messages = [
        Text(
            f"“{keys[p]}”在规划中没有对应的对象"
            + (f"，最接近的小区是“{guesses[keys[p]]}”" if guesses[keys[p]] else ""),
            f"“{keys[p]}” has no match in the plan"
            + (f"; the nearest community is “{guesses[keys[p]]}”" if guesses[keys[p]] else ""),
        )
        for p in lost
    ]
    faults.rows(
        "unmatched", "warning", [int(numbers[p]) for p in lost], messages,
        Text("改正名称，或在规划中给该小区、楼栋登记别名",
             "correct the name, or enter it as an alias in the plan"),
        rejected=True,
    )  # fmt: skip
    report.rejected += len(lost)


def _once_each(
    ids: Sequence[str | None], numbers: Sequence[int], report: LayerReport, faults: Faults
) -> list[str | None]:
    first: dict[str, int] = {}
    result: list[str | None] = []
    again: list[tuple[int, int]] = []
    for row_id, number in zip(ids, numbers, strict=True):
        if row_id is not None and row_id in first:
            again.append((int(number), first[row_id]))
            result.append(None)
            continue
        if row_id is not None:
            first[row_id] = int(number)
        result.append(row_id)
    faults.rows(
        "duplicate_match", "error", [number for number, _ in again],
        [Text(f"与第 {earlier} 行指向同一对象", f"names the same object as row {earlier}")
         for _, earlier in again],
        Text("每个对象只保留一行", "keep one row for each object"), rejected=True,
    )  # fmt: skip
    report.rejected += len(again)
    return result


def _updates(
    store: PlanStore,
    layer: Layer,
    frame: pd.DataFrame,
    ids: Sequence[str | None],
    keys: Sequence[str],
    used_as_key: set[str],
    numbers: Sequence[int],
    report: LayerReport,
) -> pd.DataFrame:
    chosen = np.array([row_id is not None for row_id in ids], bool)
    columns = [c for c in frame.columns if c not in used_as_key and c != layer.id_column]
    wanted = [str(row_id) for row_id in ids if row_id is not None]
    title = "name" if layer.has_column("name") else layer.id_column
    extra = ["number"] if layer.has_column("number") else []
    kept = store.read(
        layer.name, columns=[*dict.fromkeys([*columns, title, *extra])], ids=wanted
    ).set_index(layer.id_column, drop=False)
    kept = kept.loc[wanted].reset_index(drop=True)
    updates = frame.loc[chosen, columns].reset_index(drop=True)
    for column in columns:
        given = updates[column]
        updates[column] = given.where(given.notna(), kept[column]).astype(kept[column].dtype)
    updates.insert(0, layer.id_column, wanted)
    labels = kept[extra[0] if extra else title].fillna("").astype(str).tolist()
    positions = np.flatnonzero(chosen).tolist()
    report.matches += [
        Match(int(numbers[p]), keys[p], row_id, label)
        for p, row_id, label in zip(positions, wanted, labels, strict=True)
    ]
    report.kept += len(wanted)
    report.updated += len(wanted)
    return updates
