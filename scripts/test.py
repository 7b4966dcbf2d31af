# -*- coding: utf-8 -*-
"""Set everything up and run every test: ``python scripts/test.py``.

Needs Python and a Chromium, Chrome or Edge. Words after ``--`` go to pytest. This file keeps to
syntax that old Pythons read, so that one of them can say what is missing.
"""

import sys

from _setup import fit_python

if __name__ == "__main__":
    fit_python.hand_over_when_unfit(__file__)

    from _setup import testing

    sys.exit(testing.main())
