"""Towns for the tests, each built once a session; nobody changes their rows."""

from __future__ import annotations

from functools import cache

from scripts.demo.build import build_town
from scripts.demo.town import Town

SEED = 640302


@cache
def demo_town(seed: int = SEED, *, small: bool = False) -> Town:
    """The town of a seed, at true size or small."""
    return build_town(seed, small=small)
