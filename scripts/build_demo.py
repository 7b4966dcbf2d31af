"""Build the demonstration plan: ``python scripts/build_demo.py [--seed N] [--small] [--out DIR]``.

The same seed gives the same town, another seed another town with the same totals. The planted
facts are written to ``planted.csv`` beside the plan folder.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from scripts.demo.build import build_town  # noqa: E402
from scripts.demo.write import require_replaceable, write_facts, write_plan  # noqa: E402


def main() -> None:
    """Read the options, build, write, say what was built."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=640302, help="another seed, another town")
    parser.add_argument("--small", action="store_true", help="a small town, for quick tests")
    parser.add_argument("--out", type=Path, default=ROOT / "geodata" / "demo" / "plan")
    options = parser.parse_args()
    started = time.monotonic()
    out = options.out.resolve()
    require_replaceable(out)
    town = build_town(options.seed, small=options.small)
    counts = write_plan(town, out)
    write_facts(town, out.parent / "planted.csv")
    layers = ", ".join(f"{layer} {count}" for layer, count in counts.items())
    print(f"{out}: {layers}")
    print(f"{len(town.facts)} planted facts; {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
