# -*- coding: utf-8 -*-
"""Set everything up and open the map on the demonstration plan: ``python scripts/start.py``.

Needs Python alone. The second start takes seconds. ``--help`` lists the options; this file keeps to
syntax that old Pythons read, so that one of them can say what is missing.
"""

import sys

from _setup import fit_python

if __name__ == "__main__":
    fit_python.hand_over_when_unfit(__file__)

    from _setup import starting

    sys.exit(starting.main())
