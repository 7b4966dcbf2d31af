"""Frames to bytes: maps, tables, sheets and geodata for people to take away."""
