"""The use-cases that the map, the command line and notebooks share."""
