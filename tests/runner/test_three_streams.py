"""A task of three streams goes the whole way: encoders per stream, joint probes, retrieval, what takes two says so."""

import itertools

import pytest

from sslbench.config import RunOptions
from sslbench.resources import shipped
from sslbench.runner.plan import AssumptionPack, make_plan
from sslbench.runner.worker import run_pack

STREAMS = ("first", "second", "third")


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    text = (shipped("tasks") / "worlds" / "shared-private-streams.toml").read_text()
    file = tmp_path_factory.mktemp("card") / "three.toml"
    file.write_text(
        text.replace('name = "shared-private-streams"\ntitle', 'name = "three"\ntitle').replace(
            "steps = 300", "steps = 8"
        )
    )
    return make_plan(RunOptions(methods=("clip", "cross-self", "cca"), tasks=(str(file),), seeds=1), [])


@pytest.mark.parametrize("method", ["clip", "cross-self"])
def test_a_run_reads_all_streams_each_stream_and_every_ordered_pair(plan, method):
    (pack,) = (p for p in plan.packs if getattr(p, "method", "") == method)
    (record,) = run_pack(pack, "cpu")
    assert record.status == "ok", record.reason
    read = {s.readout for s in record.scores if s.probe == "linear" and s.target == "shared"}
    assert read == {"joint", *STREAMS}
    found = {s.readout for s in record.scores if s.probe == "retrieval"}
    assert found == {f"{a}-{b}" for a, b in itertools.permutations(STREAMS, 2)}
    bits = {
        s.readout: s.value
        for s in record.scores
        if (s.target, s.metric, s.probe, s.labels) == ("private-2", "bits", "linear", "all")
    }
    assert bits["joint"] > 0.3 > bits["first"] and bits["second"] > 0.3 > bits["third"]


def test_a_method_for_two_streams_says_so(plan):
    (record,) = plan.decided
    assert (record.method, record.status) == ("cca", "not_applicable")
    assert record.reason == "cca takes 2 streams; this task has 3"


def test_every_stream_is_asked_about_against_all_others(plan):
    (pack,) = (p for p in plan.packs if isinstance(p, AssumptionPack))
    asked = {a for a, _ in pack.wanted}
    assert {f"redundancy-{k}" for k in (1, 2, 3)} <= asked and "redundancy-4" not in asked
