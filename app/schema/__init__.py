"""The plan's data model: layers, columns, units, coded domains and labels, named here alone."""

from app.schema.actor import ROLES, Actor, Role
from app.schema.domains import DOMAINS
from app.schema.layers import (
    LAYERS,
    PLAN_LAYERS,
    RESULT_LAYERS,
    SCHEMA_VERSION,
    layer_named,
)
from app.schema.model import Code, Column, Domain, Geometry, Group, Kind, Layer

__all__ = [
    "DOMAINS",
    "LAYERS",
    "PLAN_LAYERS",
    "RESULT_LAYERS",
    "ROLES",
    "SCHEMA_VERSION",
    "Actor",
    "Code",
    "Column",
    "Domain",
    "Geometry",
    "Group",
    "Kind",
    "Layer",
    "Role",
    "layer_named",
]
