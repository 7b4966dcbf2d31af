"""Tests of the house; a package, because some dependency installs a ``tests`` of its own."""
