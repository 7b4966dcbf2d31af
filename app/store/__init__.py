"""The only place that opens files and databases."""
