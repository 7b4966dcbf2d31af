"""Layers, columns, units, coded domains and labels: named here and nowhere else."""
