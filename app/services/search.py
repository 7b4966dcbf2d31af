"""Finding things by Chinese name, pinyin, initials or code, in an index kept by revision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.services.meta import WGS84
from app.services.plans import OpenPlan

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

# What is searched, in the order in which equal hits are shown; columns that people know them by.
SEARCHED: dict[str, tuple[str, ...]] = {
    "township": ("name", "name_en", "code"),
    "community": ("name", "name_en", "aliases"),
    "building": ("name", "number", "aliases"),
    "road": ("name",),
    "service": ("name",),
}
_BREAK = "\x1f"
_EDGE = "\x1e"


@dataclass(frozen=True)
class Index:
    """One line of keys for each thing: its names, id, pinyin and initials, between breaks."""

    layers: npt.NDArray[np.object_]
    ids: npt.NDArray[np.object_]
    names: npt.NDArray[np.object_]
    places: npt.NDArray[np.object_]
    keys: pd.Series[str]
    bounds: npt.NDArray[np.float64]


def search(plan: OpenPlan, query: str, *, limit: int = 20) -> list[dict[str, object]]:
    """``[{layer, id, name, where, center, bounds}]``, best first.

    Every word of the query must occur. A name that is the query comes before one that starts with
    it, that before one that contains it; then townships before communities before buildings.
    """
    words = query.casefold().split()
    if not words:
        return []
    index = plan.kept("search", tuple(SEARCHED), lambda: _index(plan))
    import numpy as np

    held = np.ones(len(index.keys), dtype=bool)
    for word in words:
        held &= index.keys.str.contains(word, regex=False).to_numpy(dtype=bool)
    [hits] = np.nonzero(held)
    joined = "".join(words)
    found = index.keys.iloc[hits]
    exact = found.str.contains(_BREAK + joined + _EDGE, regex=False).to_numpy(dtype=bool)
    starts = found.str.contains(_BREAK + words[0], regex=False).to_numpy(dtype=bool)
    lengths = np.array([len(name) for name in index.names[hits]])
    order = np.lexsort((hits, lengths, ~starts, ~exact))
    return [_told(index, int(at)) for at in hits[order][:limit]]


def _told(index: Index, at: int) -> dict[str, object]:
    west, south, east, north = (round(float(value), 7) for value in index.bounds[at])
    drawn = west == west
    return {
        "layer": index.layers[at],
        "id": index.ids[at],
        "name": index.names[at],
        "where": index.places[at],
        "center": [round((west + east) / 2, 7), round((south + north) / 2, 7)] if drawn else None,
        "bounds": [west, south, east, north] if drawn else None,
    }


def _index(plan: OpenPlan) -> Index:
    import numpy as np
    import pandas as pd

    parts = [part for layer in SEARCHED if len(part := _part(plan, layer))]
    if not parts:
        empty = np.empty(0, dtype=object)
        return Index(empty, empty, empty, empty, pd.Series([], dtype="str"), np.empty((0, 4)))
    rows = pd.concat(parts, ignore_index=True)
    return Index(
        layers=rows["layer"].to_numpy(dtype=object),
        ids=rows["id"].to_numpy(dtype=object),
        names=rows["name"].to_numpy(dtype=object),
        places=rows["where"].to_numpy(dtype=object),
        keys=rows["keys"].astype("str"),
        bounds=rows[["w", "s", "e", "n"]].to_numpy(dtype=float),
    )


def _part(plan: OpenPlan, layer: str) -> pd.DataFrame:
    """One layer's lines; rows that nobody has given a name are found by id only."""
    import numpy as np
    import pandas as pd

    rows = plan.frame(layer)
    if not len(rows):
        return pd.DataFrame()
    places = _places(plan, layer, rows)
    names = _names(layer, rows, places)
    if layer == "road":
        rows, names = rows[rows["name"].notna()], names[rows["name"].notna().to_numpy()]
        places = places[plan.frame(layer)["name"].notna().to_numpy()]
    inside = (
        [place.rsplit(" / ", 1)[-1] for place in places]
        if layer == "building"
        else [""] * len(rows)
    )
    keys = [
        _keys(row_id, name, others, community)
        for row_id, name, others, community in zip(
            rows[f"{layer}_id"], names, _other_names(layer, rows), inside, strict=True
        )
    ]
    boxes = rows.geometry.to_crs(WGS84).bounds.to_numpy() if len(rows) else np.empty((0, 4))
    content = {"layer": layer, "id": rows[f"{layer}_id"].to_numpy(), "name": names}
    return pd.DataFrame(
        {**content, "where": places, "keys": keys, **dict(zip("wsen", boxes.T, strict=True))}
    )


def _names(layer: str, rows: pd.DataFrame, places: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What people read: the name; for a building its community and number; else the id."""
    import numpy as np

    def words(column: str) -> npt.NDArray[Any]:
        cells = rows[column].astype(object)
        filled: npt.NDArray[Any] = cells.where(cells.notna(), "").to_numpy(dtype=object)
        return filled

    name = words("name")
    if layer == "building":
        number = words("number")
        inside = np.array([place.rsplit(" / ", 1)[-1] for place in places], dtype=object)
        name = np.where(name != "", name, np.where(number != "", inside + number, ""))
    return np.where(name != "", name, rows[f"{layer}_id"].to_numpy(dtype=object))


def _places(plan: OpenPlan, layer: str, rows: pd.DataFrame) -> npt.NDArray[Any]:
    """Where each row lies, in words: township, or township / community."""
    import numpy as np

    townships = plan.frame("township").set_index("township_id")["name"]
    communities = plan.frame("community").set_index("community_id")
    if layer == "community":
        return rows["township_id"].map(townships).fillna("").to_numpy(dtype=object)
    if "community_id" not in rows:
        return np.full(len(rows), "", dtype=object)
    name = rows["community_id"].map(communities["name"]).fillna("").astype(object)
    township = rows["community_id"].map(communities["township_id"].map(townships)).fillna("")
    between = np.where((name != "") & (township != ""), " / ", "")
    return (township.astype(object) + between + name).to_numpy(dtype=object)


def _other_names(layer: str, rows: pd.DataFrame) -> list[list[str]]:
    columns = [rows[name].astype(object).tolist() for name in SEARCHED[layer]]
    listed = []
    for values in zip(*columns, strict=True):
        words: list[str] = []
        for value in values:
            if isinstance(value, list):
                words += [str(item) for item in value]
            elif isinstance(value, str):
                words.append(value)
        listed.append(words)
    return listed


def _keys(row_id: str, name: str, others: list[str], inside: str) -> str:
    """All that finds a thing. A building's pinyin is put together from its community's and its own,

    so that a hundred thousand buildings need no more look-ups than there are communities.
    """
    from app.services.pinyin import ways

    words = dict.fromkeys(word.casefold() for word in (name, *others, row_id) if word)
    typed: dict[str, None] = {}
    heads = ways(inside) if inside and name.startswith(inside) else ((("", "")),)
    tail = name[len(inside) :] if heads[0][0] else name
    for whole, initials in heads:
        for rest, rest_initials in ways(tail)[: 1 if whole else None]:
            typed |= {whole + rest: None, initials + rest_initials: None}
    for word in others:
        if not word.isascii():
            typed |= {key: None for way in ways(word) for key in way}
    return "".join(f"{_BREAK}{word}{_EDGE}" for word in words | typed)
