"""Print what fiona sees in a GeoPackage; run as a program of its own, never imported."""

from __future__ import annotations

import json
import sys

import fiona


def _report(path: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in fiona.listlayers(path):
        with fiona.open(path, layer=name, enabled_drivers=["GPKG"]) as source:
            if source.schema["geometry"] == "None":
                continue
            rows = sum(1 for _ in source)
            found[name] = {
                "rows": rows,
                "columns": list(source.schema["properties"]),
                "epsg": source.crs.to_epsg(),
            }
    return found


if __name__ == "__main__":
    print(json.dumps(_report(sys.argv[1])))
