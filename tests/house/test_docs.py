"""Pages that come from the code say what the code says."""

from __future__ import annotations

import pytest
import write_docs
from _setup.console import ROOT


@pytest.mark.parametrize("name", write_docs.PAGES)
def test_a_page_made_from_the_code_is_up_to_date(name: str):
    made = write_docs.PAGES[name]()
    assert (ROOT / name).read_text("utf-8") == made, "run `python scripts/write_docs.py`"
