"""Typed readers of the standards' tables: each row with clause, edition and confidence."""
