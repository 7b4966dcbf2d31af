"""旧改一张图 (Jiugai One-Map): plan the renovation of old residential communities on one map."""

__version__ = "0.1.0"
