"""Open an exported GeoPackage in QGIS itself and say what it makes of every layer.

``QGIS-PYTHON scripts/check_in_qgis.py 方案.gpkg [picture.png]`` with a Python that has PyQGIS (the
``python3-qgis`` package of a Linux distribution, or the one that comes with QGIS on Windows). Prints
layer, rows, type, reference system and the style that came with it; a picture of the main layers is
drawn where one is asked for. Exit code 1 if QGIS calls a layer invalid.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

DRAWN = ("gate", "building", "community", "pipe", "walkway", "road", "township")


def main(path: str, picture: str) -> int:
    """Open, tell, draw; the number of invalid layers decides."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from qgis.core import Qgis, QgsApplication, QgsVectorLayer

    application = QgsApplication([], False)
    application.initQgis()
    print("QGIS", Qgis.QGIS_VERSION)
    whole = QgsVectorLayer(path, "all", "ogr")
    names = dict.fromkeys(one.split("!!::!!")[1] for one in whole.dataProvider().subLayers())
    opened = {name: QgsVectorLayer(f"{path}|layername={name}", name, "ogr") for name in names}
    for name, layer in opened.items():
        print(f"{name:28} {told(layer) if layer.isValid() else 'INVALID'}")
    invalid = [name for name, layer in opened.items() if not layer.isValid()]
    print(f"{len(opened)} layers, {len(invalid)} invalid")
    if picture:
        draw([opened[name] for name in DRAWN if name in opened], picture)
    return 1 if invalid or not opened else 0


def told(layer: Any) -> str:
    """Rows, reference system and style of one layer."""
    if not layer.isSpatial():
        return f"{layer.featureCount():7}  table"
    _, styled = layer.loadDefaultStyle()
    renderer = layer.renderer()
    style = f"{renderer.type()} of {len(renderer.legendSymbolItems())}" if styled else "no style"
    return f"{layer.featureCount():7}  {layer.crs().authid()}  {style}"


def draw(layers: list[Any], picture: str) -> None:
    """The layers as QGIS draws them with the styles that came along, around the communities."""
    from qgis.core import QgsMapRendererParallelJob, QgsMapSettings
    from qgis.PyQt.QtCore import QSize

    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[0].crs())
    settings.setOutputSize(QSize(1600, 1200))
    extent = next((one for one in layers if one.name() == "community"), layers[0]).extent()
    extent.scale(1.1)
    settings.setExtent(extent)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(picture)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or not Path(sys.argv[1]).is_file():
        sys.exit(__doc__)
    code = main(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else "")
    sys.stdout.flush()
    os._exit(code)  # PyQGIS may crash while it is torn down, after all is said
