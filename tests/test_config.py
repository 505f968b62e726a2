import json

import pytest

from sslbench.config import QUICK, STANDARD, RunOptions, as_dict, protocol_named
from sslbench.errors import UsageError


@pytest.mark.parametrize(
    "wrong",
    [
        {"device": "tpu"},
        {"seeds": 0},
        {"workers": -1},
        {"tune": 1},
        {"precision": "int8"},
        {"engine": "mpi"},
        {"address": "x"},
    ],
)
def test_options_out_of_range_are_usage_errors(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        RunOptions(**wrong)


def test_quick_is_a_protocol_of_its_own():
    assert RunOptions(quick=True).protocol is QUICK and RunOptions().protocol is STANDARD


def test_runs_cross_folds_and_inits_and_seeds_takes_the_first_of_them():
    crossed = ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1))
    assert RunOptions().runs(3, 2) == crossed
    assert RunOptions(seeds=4, quick=True).runs(3, 2) == crossed[:4]
    assert RunOptions(seeds=8).runs(3, 2) == (*crossed, (0, 2), (1, 2))
    assert RunOptions(quick=True).runs(3, 2) == crossed[:1]


@pytest.mark.parametrize("options", [{}, {"quick": True}, {"precision": "bfloat16"}])
def test_a_protocol_is_known_by_its_name(options):
    protocol = RunOptions(**options).protocol
    assert protocol_named(protocol.name) == protocol and protocol.precision == options.get("precision", "float32")


def test_protocols_are_json():
    assert json.loads(json.dumps(as_dict(STANDARD)))["probe_strengths"][0] == STANDARD.probe_strengths[0]
