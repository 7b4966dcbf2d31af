"""Coordinate systems, topology, networks and rasters, without a word of the domain."""
