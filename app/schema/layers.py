"""Every layer and table of a plan, by name: the one registry that all other modules read."""

from __future__ import annotations

from app.errors import SchemaError, Text
from app.schema.ground_layers import (
    ASSET,
    CATCHMENT,
    EMBARGO,
    EXPROPRIATION,
    LANDCOVER,
    PAST_PROGRAMME,
    PIPE,
    PIPE_NODE,
    POLE,
    RENEWAL,
    STORM_MEASURE,
    TERRAIN,
    TREE,
    WORK,
)
from app.schema.model import Layer
from app.schema.place_layers import (
    BUILDING,
    COMMUNITY,
    GATE,
    PLOT_ROOM,
    ROAD,
    SERVICE,
    STAIR_UNIT,
    TOWNSHIP,
    UNIT_DOOR,
    WALKWAY,
    WALL,
)
from app.schema.programme_tables import (
    ANALYSIS_RUN,
    AS_BUILT,
    ATTACHMENT,
    COMMUNITY_ITEM,
    CONSENT,
    DATASET,
    DEFECT,
    DOCUMENT,
    FUNDING,
    FUNDING_SOURCE,
    HAZARD,
    IMPORT_BATCH,
    INSPECTION,
    OPINION,
    ORGANISATION,
    PAYMENT,
    PETITION,
    PHASE,
    PROGRAMME,
    PROGRAMME_MEMBER,
    REPLY,
    RULE_OVERRIDE,
    SCENARIO,
    SCHEME,
    SIGNATURE,
    WORK_ITEM,
)
from app.schema.result_layers import (
    AREA,
    BUDGET_CURVE,
    CHOSEN_ITEM,
    COMMUNITY_INDICATOR,
    CONFLICT,
    CONSENT_TALLY,
    CORRIDOR,
    DRAIN_LOAD,
    DRAIN_STATE,
    ELIGIBILITY,
    FINDING,
    GATE_ADVICE,
    ISOCHRONE,
    OUTAGE_DAY,
    PIPE_UPSIZING,
    REACH,
    REACH_GAP,
    SCOPE_ROW,
    SCOPE_TOTAL,
    SEQUENCE_FINDING,
    SITE,
    STORM_DRAIN,
    STORM_EXPOSURE,
    STORM_ZONE,
    TRIAL_PIT,
)

SCHEMA_VERSION = 2

# Order matters: it is the order of the layer tree on the map and of the sheets in an export.
PLAN_LAYERS: tuple[Layer, ...] = (
    TOWNSHIP, COMMUNITY, BUILDING, STAIR_UNIT, UNIT_DOOR, GATE, WALL, SERVICE, PLOT_ROOM,
    WALKWAY, ROAD, PIPE, PIPE_NODE, TREE, POLE, ASSET, WORK, RENEWAL, EMBARGO, PAST_PROGRAMME,
    EXPROPRIATION, LANDCOVER, CATCHMENT, STORM_MEASURE, TERRAIN,
    PROGRAMME, PROGRAMME_MEMBER, WORK_ITEM, COMMUNITY_ITEM, SCHEME, FUNDING_SOURCE, FUNDING, CONSENT,
    OPINION, PHASE, REPLY, INSPECTION, HAZARD, DEFECT, AS_BUILT, SIGNATURE, PAYMENT, PETITION, DOCUMENT,
    DATASET, ORGANISATION, IMPORT_BATCH, ATTACHMENT, RULE_OVERRIDE, SCENARIO, ANALYSIS_RUN,
)  # fmt: skip

RESULT_LAYERS: tuple[Layer, ...] = (
    CONFLICT, TRIAL_PIT, CORRIDOR, REACH, REACH_GAP, COMMUNITY_INDICATOR, ISOCHRONE, SITE,
    GATE_ADVICE, STORM_ZONE, STORM_EXPOSURE, STORM_DRAIN, DRAIN_STATE, DRAIN_LOAD, PIPE_UPSIZING,
    ELIGIBILITY, SCOPE_ROW, SCOPE_TOTAL,
    SEQUENCE_FINDING, OUTAGE_DAY, AREA, FINDING, CONSENT_TALLY, CHOSEN_ITEM, BUDGET_CURVE,
)  # fmt: skip

LAYERS: dict[str, Layer] = {layer.name: layer for layer in (*PLAN_LAYERS, *RESULT_LAYERS)}


def layer_named(name: str) -> Layer:
    """The layer of that name.

    Raises
    ------
    SchemaError
        No layer of the plan has that name.
    """
    layer = LAYERS.get(name)
    if layer is None:
        raise SchemaError(
            Text(f"没有名为 {name} 的图层", f"there is no layer named {name}"),
            where=name,
            fix=Text("可用图层：" + "、".join(LAYERS), "use one of: " + ", ".join(LAYERS)),
        )
    return layer
