"""The plans that are open in this process, each with its rows kept in memory by revision."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from app.errors import NotFoundError, Text, UsageError
from app.schema import LAYERS, Actor
from app.services import access
from app.services.kept_rows import ColumnRevisions, after, with_rows

if TYPE_CHECKING:
    import pandas as pd
    from pandas import DataFrame

    from app.store import Applied, PlanStore

Kept = TypeVar("Kept")
# Rows of at most this many layers and answers stay in memory; the least used go first.
KEPT = 96
_RUNS = "analysis_run"
# What the map draws before anybody has chosen anything.
FIRST_VIEW = ("township", "community", "building", "road", "landcover")


class OpenPlan:
    """One plan: its store, and what was read or computed from it, until a revision changes.

    Frames handed out are shared between threads: callers do not change them. ``seen_by`` gives the
    same plan as one person may see it, ``through`` as a scenario shows it; what services read goes
    through them.
    """

    def __init__(self, store: PlanStore) -> None:
        self.store = store
        self.scenario = ""
        self._whole = True
        self._kept: OrderedDict[object, tuple[object, Any]] = OrderedDict()
        self._columns: dict[object, ColumnRevisions] = {}
        self._lock = threading.RLock()

    def seen_by(self, actor: Actor) -> OpenPlan:
        """The plan with protected layers gone and results in their open form, if it must be so."""
        if access.sees_protected(actor):
            return self
        seen = copy(self)
        seen._whole = False
        return seen

    def through(self, scenario: str) -> OpenPlan:
        """The plan as a scenario shows it; the plan itself for an empty id.

        Raises
        ------
        NotFoundError
            No open scenario of that id.
        """
        if scenario == self.scenario:
            return self
        if scenario:
            row = self.store.row("scenario", scenario)
            if row is None or row["state"] != "open":
                raise _no_scenario(scenario)
        shown = copy(self)
        shown.scenario = scenario
        return shown

    def counts(self) -> dict[str, int]:
        """Rows of each layer and table that may be seen."""
        counts = self.store.counts()
        return {name: rows for name, rows in counts.items() if self.shows(name)}

    def shows(self, layer: str) -> bool:
        """Whether the layer may be seen."""
        return self._whole or not LAYERS[layer].is_closed

    def revision_of(self, layers: Sequence[str]) -> str:
        """A short text that changes whenever a row of any of these layers does.

        The rows of a result layer change when another run becomes the current one. A name like
        ``building.community_id`` asks for that column alone (and for rows that come or go); its part
        of the text stays while only other columns were edited here.
        """
        stored = dict.fromkeys(
            _RUNS if _is_result(name.partition(".")[0]) else name for name in layers
        )
        scenario = self.scenario or None
        revisions = {
            layer: self.store.revision(layer, scenario)
            for layer in dict.fromkeys(name.partition(".")[0] for name in stored)
        }
        return "-".join(
            str(self._column_revision(layer, column, revisions[layer]))
            for layer, _, column in (name.partition(".") for name in stored)
        )

    def _column_revision(self, layer: str, column: str, revision: int) -> int:
        with self._lock:
            known = self._columns.get(self._key(layer))
        if not column or known is None or known.revision != revision:
            return revision
        return known.of(column)

    def kept(self, key: object, layers: Sequence[str], make: Callable[[], Kept]) -> Kept:
        """What ``make`` gives for ``key``, made again only after one of ``layers`` changed."""
        key, revision = self._key(key), self.revision_of(layers)
        with self._lock:
            found = self._kept.get(key)
            if found is not None and found[0] == revision:
                self._kept.move_to_end(key)
                kept: Kept = found[1]
                return kept
        made = make()
        with self._lock:
            self._kept[key] = (revision, made)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made

    def frame(self, layer: str) -> DataFrame:
        """All rows of a layer; a GeoDataFrame in the plan's CRS where the layer is spatial."""
        if not self.shows(layer):
            raise access.unknown_layer(layer)
        rows: DataFrame = self.kept(("frame", layer), (layer,), lambda: self._read(layer))
        return rows

    def follow(self, layer: str, applied: Sequence[Applied]) -> None:
        """Bring the kept rows of a layer up to date after edits of its rows, one for each.

        Reading a hundred thousand buildings again for one year typed takes seconds. Where anything
        else changed as well, the revisions do not meet and the rows are read again when asked for.
        """
        if LAYERS[layer].protected or _is_result(layer):
            return
        with self._lock:
            found = self._kept.get(self._key(("frame", layer)))
        if found is None:
            return
        ids = list(dict.fromkeys(item.row_id for item in applied))
        rows = self.store.read(layer, ids=ids, scenario=self.scenario or None)
        before, revision = int(str(found[0])), int(self.revision_of((layer,)))
        if before + sum(bool(item.change_id) for item in applied) != revision:
            return
        places = self._row_places(layer, before)
        columns = None
        for name in ("table", "frame"):
            key = self._key((name, layer))
            with self._lock:
                old = self._kept.get(key)
            if old is not None and old[0] == found[0]:
                made, columns = with_rows(old[1], rows, ids, places)
                with self._lock:
                    self._kept[key] = (str(revision), made)
        if columns is not None:
            with self._lock:
                known = self._columns.get(self._key(layer))
                self._columns[self._key(layer)] = after(known, before, revision, columns)

    def _key(self, of: object) -> tuple[object, ...]:
        return (self._whole, self.scenario, of)

    def _row_places(self, layer: str, revision: int) -> pd.Index[str]:
        """The ids of the kept frame in its order, made for looking up; the frame is of ``revision``."""
        import pandas as pd

        column = LAYERS[layer].id_column
        label = str(self._column_revision(layer, column, revision))
        with self._lock:
            found = self._kept.get(self._key(("places", layer)))
            frame = self._kept[self._key(("frame", layer))][1]
        if found is not None and found[0] == label:
            kept: pd.Index[str] = found[1]
            return kept
        places: pd.Index[str] = pd.Index(frame[column])
        with self._lock:
            self._kept[self._key(("places", layer))] = (label, places)
        return places

    def _read(self, layer: str) -> Any:
        if _is_result(layer):
            return self.store.read_result(layer, self.scenario or None, protected=self._whole)
        return self.store.read(layer, scenario=self.scenario or None)

    def table(self, layer: str) -> DataFrame:
        """All rows of a layer without their geometry, which makes choosing and adding up quick."""

        def bare() -> DataFrame:
            import pandas as pd

            rows = self.frame(layer)
            return pd.DataFrame(rows.drop(columns="geometry", errors="ignore"))

        return self.kept(("table", layer), (layer,), bare)

    def row(self, layer: str, row_id: str) -> dict[str, Any] | None:
        """One row as plain values with its ``geometry``; None if there is none."""
        if not self.shows(layer):
            return None
        if _is_result(layer):
            return self.store.result_row(
                layer, row_id, self.scenario or None, protected=self._whole
            )
        return self.store.row(layer, row_id, self.scenario or None)


def _no_scenario(scenario: str) -> NotFoundError:
    return NotFoundError(
        Text("没有这个进行中的情景", "there is no such open scenario"),
        where=scenario,
        fix=Text("在情景列表中选择", "choose one from the list of scenarios"),
    )


def _is_result(layer: str) -> bool:
    return LAYERS[layer].group == "result"


def open_plan(path: Path) -> OpenPlan:
    """The plan in a folder, or in an exported one-file GeoPackage (read-only)."""
    from app.store import PlanStore

    return OpenPlan(PlanStore.open(path))


class Shelf:
    """The plans that one server offers, opened when somebody first asks for them."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        self._open: dict[str, OpenPlan] | None = None
        self._lock = threading.Lock()

    def plans(self) -> dict[str, OpenPlan]:
        """All plans by id, in the order in which they were named."""
        with self._lock:
            if self._open is None:
                opened: dict[str, OpenPlan] = {}
                for path in self._paths:
                    plan = open_plan(path)
                    if plan.store.meta.plan_id in opened:
                        raise _same_id(plan.store.meta.plan_id, path)
                    opened[plan.store.meta.plan_id] = plan
                self._open = opened
            return self._open

    def get(self, plan_id: str) -> OpenPlan:
        """The plan of that id.

        Raises
        ------
        NotFoundError
            This server offers no such plan.
        """
        if (plan := self.plans().get(plan_id)) is not None:
            return plan
        raise NotFoundError(
            Text(f"没有方案 {plan_id}", f"there is no plan {plan_id}"),
            where=plan_id,
            fix=Text("从首页进入，或检查地址", "start from the first page, or check the address"),
        )

    def warm(self) -> None:
        """Open the plans and compute what the first view of each asks for.

        Runs beside the server, so that it listens before the heavy libraries are loaded. What
        fails here fails again, with its reason, when somebody asks for it.
        """
        from app.errors import JiugaiError
        from app.services.packed import packed
        from app.services.search import search
        from app.services.summary import summary

        try:
            for plan in self.plans().values():
                summary(plan)
                for layer in FIRST_VIEW:
                    packed(plan, layer)
                search(plan, "warm")
        except JiugaiError:
            return

    def close(self) -> None:
        """Close every open plan; each opens again when somebody asks for it."""
        with self._lock:
            for plan in (self._open or {}).values():
                plan.store.close()
            self._open = None

    def first_id(self) -> str:
        """The plan that opens when no plan is named."""
        for plan_id in self.plans():
            return plan_id
        raise NotFoundError(
            Text("服务器没有打开任何方案", "the server has no plan open"),
            where="/",
            fix=Text("运行 jiugai serve 方案文件夹", "run jiugai serve PLAN"),
        )


def _same_id(plan_id: str, path: Path) -> UsageError:
    return UsageError(
        Text(f"两个方案的编号都是 {plan_id}", f"two plans have the id {plan_id}"),
        where=str(path),
        fix=Text("分别启动，各用一个端口", "serve them apart, each on its own port"),
    )


def known_layer(name: str) -> str:
    """The name, if the schema has such a layer; the same refusal as for a hidden one if not."""
    if name not in LAYERS:
        raise access.unknown_layer(name)
    return name
