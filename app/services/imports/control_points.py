"""Control points known in a city's grid and in the plan's system: four parameters with residuals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import CrsError, Finding, InputFileError, Language, Text
from app.geo.similarity import Fit, fit_four_parameters
from app.rules.book import ACCURACY
from app.rules.pipes import AccuracyTable
from app.store.readers.chunks import Chunk
from app.store.readers.delivery import UPLOAD, DeliveredLayer, Limits, open_delivery
from app.store.rule_files import load_rules

Floats = NDArray[np.float64]
_EAST_FIRST = re.compile(r"^(y|东|e|east|横)", re.IGNORECASE)
_MOST_PAIRS = 1000


@dataclass(frozen=True)
class GridFit:
    """A fit with the names of its points, as it is shown before it is used."""

    names: tuple[str, ...]
    fit: Fit

    @property
    def text(self) -> str:
        """The parameters as the option ``grid`` takes them."""
        return str(self.fit.parameters)

    def findings(self) -> list[Finding]:
        """What has to be said: too large residuals, who causes them, or that nothing is checked."""
        fit, cure = (
            self.fit,
            Text("核对控制点坐标，或增加控制点", "check the control points or add more"),
        )
        if len(self.names) == 2:
            message = Text("只有 2 对控制点，没有多余观测，残差无法检核",
                           "two pairs leave nothing to check the fit by")  # fmt: skip
            return [Finding("grid_unchecked", "warning", message, cure)]
        if fit.is_good:
            return []
        worst = self.names[int(np.hypot(*fit.residuals_m.T).argmax())]
        message = Text(
            f"拟合残差最大 {fit.worst_m:.3f} m（点 {worst}），超过 {fit.limit_m:.2f} m",
            f"the largest residual is {fit.worst_m:.3f} m (point {worst}), over {fit.limit_m:.2f} m",
        )
        found = [Finding("grid_residual", "warning", message, cure)]
        if fit.outlier is not None:
            name = self.names[fit.outlier]
            message = Text(f"去掉点 {name} 后其余点相符，点 {name} 很可能有误",
                           f"without point {name} the others agree: {name} is most likely wrong")  # fmt: skip
            found.append(Finding("grid_outlier", "warning", message, cure, row=name))
        return found

    def as_json(self, language: Language) -> dict[str, Any]:
        fit = self.fit
        return {
            "grid": self.text,
            "dx_m": fit.parameters.dx_m,
            "dy_m": fit.parameters.dy_m,
            "rotation_deg": fit.parameters.rotation_deg,
            "scale": fit.parameters.scale,
            "sigma_m": None if np.isnan(fit.sigma_m) else round(fit.sigma_m, 4),
            "limit_m": fit.limit_m,
            "points": [
                {"name": name, "north_m": round(float(v[0]), 4), "east_m": round(float(v[1]), 4),
                 "off_m": round(float(np.hypot(*v)), 4), "outlier": k == fit.outlier}
                for k, (name, v) in enumerate(zip(self.names, fit.residuals_m, strict=True))
            ],
            "findings": [finding.as_json(language) for finding in self.findings()],
        }  # fmt: skip


def fitted(pairs: Sequence[Sequence[float]], names: Sequence[str] = ()) -> GridFit:
    """The four parameters of pairs ``x, y, X, Y``: north and east in the grid, then in the plan's.

    Raises
    ------
    CrsError
        Not four figures a pair, fewer than two pairs, or points in one place.
    """
    try:
        figures = np.array([[float(value) for value in pair] for pair in pairs], float)
    except (TypeError, ValueError) as error:
        raise _ill_formed() from error
    if not len(figures):
        figures = np.empty((0, 4))
    if figures.ndim != 2 or figures.shape[1] != 4 or len(figures) > _MOST_PAIRS:
        raise _ill_formed()
    accuracy = load_rules(ACCURACY.name)
    assert isinstance(accuracy, AccuracyTable)
    # Both coordinates of a point carry the error of any measured point.
    limit = float(accuracy.error_m(["any_measured_point"], "plan", np.zeros(1))[0])
    fit = fit_four_parameters(figures[:, :2], figures[:, 2:], limit_m=limit)
    told = [str(name) for name in names] or [str(k + 1) for k in range(len(figures))]
    return GridFit(tuple(told[: len(figures)]), fit)


def fitted_file(path: Path, *, name: str = "", limits: Limits = UPLOAD) -> GridFit:
    """The same of a table: a name, then north and east in the grid, then in the plan's system.

    Raises
    ------
    InputFileError, RefusedFileError
        The file cannot or may not be read, or has not four columns of figures.
    """
    headers: tuple[str, ...] = ()
    columns: dict[str, list[Any]] = {}
    with open_delivery(path, name=name, limits=limits) as delivery:
        for event in delivery.events():
            if isinstance(event, DeliveredLayer) and not headers:
                headers = event.columns
            elif isinstance(event, Chunk) and set(headers) == set(event.columns):
                for header, cells in event.columns.items():
                    columns.setdefault(header, []).extend(cells.tolist())
    read = {header: _numbers(columns.get(header, [])) for header in headers}
    figures = [h for h, v in read.items() if v.size and not np.isnan(v).any() and not _is_name(h)]
    if len(figures) != 4:
        raise InputFileError(
            Text(f"控制点表应有 4 列坐标，找到 {len(figures)} 列", f"{len(figures)} columns of coordinates, not 4"),
            where=name or path.name,
            fix=Text("列为：点号,x,y,X,Y（原坐标 x 北 y 东，再是方案坐标 X 北 Y 东），不留空格",
                     "columns: name, x, y (north, east of the grid), X, Y (of the plan), no empty cell"),
        )  # fmt: skip
    order = [*_north_first(figures[:2]), *_north_first(figures[2:])]
    title = next((h for h in headers if h not in figures), "")
    names = [str(cell) for cell in columns.get(title, [])] if title else []
    return fitted(np.stack([read[h] for h in order], axis=1).tolist(), names)


def _is_name(header: str) -> bool:
    return any(word in header for word in ("点号", "点名", "序号", "name", "No"))


def _north_first(pair: Sequence[str]) -> list[str]:
    return list(reversed(pair)) if _EAST_FIRST.match(pair[0].strip()) else list(pair)


def _numbers(cells: Sequence[Any]) -> Floats:
    found = []
    for cell in cells:
        try:
            found.append(float(cell))
        except (TypeError, ValueError):
            found.append(np.nan)
    return np.array(found, float)


def _ill_formed() -> CrsError:
    return CrsError(
        Text("控制点对应为每行 4 个数：x, y, X, Y", "a pair of control points is four figures: x, y, X, Y"),
        where="pairs",
        fix=Text("x、y 为原坐标（北、东），X、Y 为方案坐标（北、东）",
                 "x, y are north and east in the grid, X, Y in the plan's system"),
    )  # fmt: skip
