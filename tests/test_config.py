import json

import pytest

from sslbench.config import PROTOCOLS, QUICK, STANDARD, RunOptions, as_dict
from sslbench.errors import UsageError


@pytest.mark.parametrize("wrong", [{"device": "tpu"}, {"seeds": 0}, {"workers": -1}])
def test_options_out_of_range_are_usage_errors(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        RunOptions(**wrong)


def test_quick_is_a_protocol_of_its_own():
    assert RunOptions(quick=True).protocol is QUICK and RunOptions().protocol is STANDARD
    assert {p.name for p in PROTOCOLS.values()} == set(PROTOCOLS)


def test_protocols_are_json():
    assert json.loads(json.dumps(as_dict(STANDARD)))["probe_strengths"][0] == STANDARD.probe_strengths[0]
