"""What places and organisations are called in the language of who reads."""

from __future__ import annotations

from app.errors import Language
from app.services.plans import OpenPlan


def names_of(plan: OpenPlan, layer: str, language: Language) -> dict[str, str]:
    """Id to name; the English name where there is one and it is asked for, else the Chinese one."""

    def read() -> dict[str, str]:
        rows = plan.table(layer)
        names = rows["name"].astype(object).where(rows["name"].notna(), rows[f"{layer}_id"])
        if language == "en" and "name_en" in rows:
            names = rows["name_en"].astype(object).where(rows["name_en"].notna(), names)
        return {str(key): str(name) for key, name in zip(rows[f"{layer}_id"], names, strict=True)}

    return plan.kept(("names", layer, language), (layer,), read)
