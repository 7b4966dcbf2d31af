"""Delivered files as owners hand them over, made on the spot."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely

from app.errors import Finding
from app.store.readers.chunks import Chunk
from app.store.readers.delivery import DeliveredLayer, open_delivery


class Read:
    """Everything that one delivery said, gathered."""

    def __init__(self, path, **options):
        self.layers, self.findings, self.chunks = [], [], []
        with open_delivery(Path(path), **options) as delivery:
            for event in delivery.events():
                if isinstance(event, DeliveredLayer):
                    self.layers.append(event)
                elif isinstance(event, Chunk):
                    self.chunks.append(event)
                else:
                    assert isinstance(event, Finding)
                    self.findings.append(event)

    @property
    def codes(self):
        return [finding.code for finding in self.findings]

    def column(self, name):
        return [value for chunk in self.chunks for value in chunk.columns[name].tolist()]

    @property
    def numbers(self):
        return [number for chunk in self.chunks for number in chunk.numbers.tolist()]

    @property
    def shapes(self):
        return [
            None if blob is None else shapely.from_wkb(blob)
            for chunk in self.chunks
            for blob in chunk.wkb
        ]


@pytest.fixture
def read():
    return Read


@pytest.fixture
def buildings():
    return gpd.GeoDataFrame(
        {"name": ["裕西小区1号楼", "裕西小区2号楼"], "floors": [6, 5]},
        geometry=[shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10)],
        crs="EPSG:4544",
    ).set_geometry(
        [
            shapely.box(605_400, 4_205_900, 605_440, 4_205_912),
            shapely.box(605_400, 4_205_930, 605_440, 4_205_942),
        ],
        crs="EPSG:4544",
    )


@pytest.fixture
def shapefile(tmp_path, buildings):
    def write(encoding="UTF-8", without=()):
        folder = tmp_path / f"shp-{encoding}"
        folder.mkdir()
        path = folder / "楼栋.shp"
        pyogrio.write_dataframe(buildings, path, encoding=encoding)
        for suffix in without:
            path.with_suffix(suffix).unlink(missing_ok=True)
        return path

    return write


@pytest.fixture
def zipped(tmp_path):
    def pack(members, name="delivery.zip"):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        return path

    return pack
