"""What every analysis declares about itself."""

import pytest

from app.analysis import analyses
from app.schema import LAYERS
from app.schema.analysis import param_fields, parse_params
from app.store.rule_files import load_all_rules

DECLARED = sorted(analyses().values(), key=lambda item: item.name)


@pytest.mark.parametrize("analysis", DECLARED, ids=lambda item: item.name)
def test_an_analysis_names_layers_and_rules_that_exist_and_says_itself_in_both_languages(analysis):
    for layer in (*analysis.inputs, *analysis.outputs):
        assert LAYERS[layer.name] is layer
    assert all(layer.group == "result" for layer in analysis.outputs)
    supplied = load_all_rules().supply(analysis.rules)
    assert all(table.fingerprint for table in supplied.values())
    for text in (analysis.label, analysis.summary):
        assert text.zh
        assert text.en
    for item in param_fields(analysis.params):
        assert item.label.zh
        assert item.label.en
    assert parse_params(analysis.params, {}) == analysis.params()


def test_no_two_analyses_write_the_same_layer():
    written = [layer.name for analysis in DECLARED for layer in analysis.outputs]
    assert len(written) == len(set(written))
