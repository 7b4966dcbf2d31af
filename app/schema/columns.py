"""Short ways to write a column, so that a layer reads as a table of its attributes."""

from __future__ import annotations

from app.errors import Text
from app.schema.model import Column, Domain, Kind

YEAR_MIN, YEAR_MAX = 1850, 2100


def _column(kind: Kind, name: str, zh: str, en: str, **options: object) -> Column:
    return Column(name=name, kind=kind, label=Text(zh, en), **options)  # type: ignore[arg-type]


def text(name: str, zh: str, en: str, **options: object) -> Column:
    return _column("text", name, zh, en, **options)


def integer(name: str, zh: str, en: str, **options: object) -> Column:
    return _column("int", name, zh, en, **options)


def number(name: str, zh: str, en: str, unit: str = "", **options: object) -> Column:
    return _column("float", name, zh, en, unit=unit, **options)


def flag(name: str, zh: str, en: str, **options: object) -> Column:
    return _column("bool", name, zh, en, **options)


def date(name: str, zh: str, en: str, **options: object) -> Column:
    return _column("date", name, zh, en, **options)


def moment(name: str, zh: str, en: str, **options: object) -> Column:
    return _column("datetime", name, zh, en, **options)


def document(name: str, zh: str, en: str, **options: object) -> Column:
    """A JSON value: a list or a small object."""
    return _column("json", name, zh, en, **options)


def coded(name: str, zh: str, en: str, domain: Domain, **options: object) -> Column:
    return _column("text", name, zh, en, domain=domain, **options)


def reference(name: str, zh: str, en: str, layer: str, **options: object) -> Column:
    """A foreign key: holds an id of ``layer``."""
    return _column("text", name, zh, en, references=layer, **options)


def metres(name: str, zh: str, en: str, *, minimum: float, maximum: float) -> Column:
    return number(name, zh, en, "m", minimum=minimum, maximum=maximum)


def area(name: str, zh: str, en: str, *, maximum: float = 1e7) -> Column:
    return number(name, zh, en, "m²", minimum=0, maximum=maximum)


def count(name: str, zh: str, en: str, *, unit: str = "", maximum: float = 100_000) -> Column:
    return integer(name, zh, en, unit=unit, minimum=0, maximum=maximum)


def year(name: str, zh: str, en: str) -> Column:
    return integer(name, zh, en, minimum=YEAR_MIN, maximum=YEAR_MAX)


def fen(name: str, zh: str, en: str, *, required: bool = False) -> Column:
    """Money as an integer number of fen; never negative, at most 100 000 million yuan."""
    return integer(
        name,
        zh,
        en,
        unit="fen",
        required=required,
        minimum=0,
        maximum=10_000_000_000_000,
    )


def identifier(layer: str) -> Column:
    return text(f"{layer}_id", "编号", "id", required=True)


def bookkeeping() -> tuple[Column, ...]:
    """The columns that every row has beside its own."""
    return (
        reference("dataset_id", "来源数据集", "dataset", "dataset"),
        moment("updated_at", "更新时间", "updated at"),
        text("updated_by", "更新人", "updated by"),
        integer("version", "版本", "version", required=True, minimum=1),
    )
