"""The rules of admission a second time: one building and one community at a time, in plain words."""

import math

import pandas as pd

ORDER = ("pass", "outside_priority", "unknown", "fail")


def empty(value):
    return value is None or (not isinstance(value, list) and pd.isna(value))


def year_verdict(year):
    if empty(year) or not 1850 <= year <= 2100:
        return "unknown"
    return "pass" if year <= 2000 else "outside_priority"


def expropriation_verdict(shape, areas, sliver_m2=1.0):
    if not len(areas):
        return "unknown"
    found = "pass"
    for area in areas.itertuples():
        if area.state == "cancelled" or shape.intersection(area.geometry).area <= sliver_m2:
            continue
        weight = "unknown" if empty(area.state) or area.state == "idea" else "fail"
        found = max(found, weight, key=ORDER.index)
    return found


def gathered(own, verdicts):
    if not verdicts:
        return own
    if "unknown" in verdicts:
        return "unknown"
    if "pass" in verdicts:
        return "pass"
    return "fail" if "fail" in verdicts else "outside_priority"


def past_verdict(community, communities, past, share=0.1):
    if not len(past):
        return "unknown"
    found = "pass"
    for old in past.itertuples():
        if not empty(old.subsidy) and old.subsidy != "central":
            continue
        has_place = not empty(old.geometry)
        bears = [c.community_id for c in communities.itertuples() if c.name == old.name]
        called = [c.community_id for c in communities.itertuples() if old.name in (c.aliases or [])]
        here = has_place and (
            community.geometry.intersection(old.geometry).area / community.geometry.area >= share
        )
        named = community.community_id in (*bears, *called)
        alone = len({*bears, *called}) == 1 or bears == [community.community_id]
        weight = "pass"
        if here or (named and not has_place and alone):
            weight = "fail"
        elif named:
            weight = "unknown"
        if weight == "fail" and empty(old.subsidy):
            weight = "unknown"
        found = max(found, weight, key=ORDER.index)
    return found


def verdicts(tables):
    """(layer, id, rule) to verdict, for all targets and rules."""
    found = {}
    townships = set(tables.townships["township_id"])
    homes = tables.buildings[
        [empty(use) or use in ("residential", "mixed") for use in tables.buildings["use"]]
    ]
    for c in tables.communities.itertuples():
        inside = [h for h in homes.itertuples() if h.community_id == c.community_id]
        years = [year_verdict(h.year_built) for h in inside]
        cleared = [expropriation_verdict(h.geometry, tables.expropriations) for h in inside]
        own = expropriation_verdict(c.geometry, tables.expropriations)
        rules = {
            "E01": gathered(year_verdict(c.year_built), years),
            "E02": past_verdict(c, tables.communities, tables.past_programmes),
            "E03": gathered(own, cleared),
            "E04": "pass" if c.township_id in townships else "unknown",
        }
        rules["overall"] = max(rules.values(), key=ORDER.index)
        found.update({("community", c.community_id, rule): v for rule, v in rules.items()})
    for h in homes.itertuples():
        rules = {
            "E01": year_verdict(h.year_built),
            "E03": expropriation_verdict(h.geometry, tables.expropriations),
        }
        inherited = [
            found.get(("community", h.community_id, rule), "unknown") for rule in ("E02", "E04")
        ]
        rules["overall"] = max([*rules.values(), *inherited], key=ORDER.index)
        found.update({("building", h.building_id, rule): v for rule, v in rules.items()})
    assert not any(isinstance(v, float) and math.isnan(v) for v in found.values())
    return found
