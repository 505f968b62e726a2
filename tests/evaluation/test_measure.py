"""Measures of representations: known answers, every method's record, and that no run is stored without one."""

import numpy as np
import pytest
import torch

from sslbench.config import RunOptions
from sslbench.metrics.catalogue import MEASURES
from sslbench.metrics.views import cluster_code, strength_bits, superfluous_share
from sslbench.records import RepresentationRecord, RunRecord, Writer, parse_line, read_records
from sslbench.runner.plan import make_plan
from sslbench.runner.worker import run_pack

RNG = np.random.default_rng(0)


def normal(*shape):
    return torch.tensor(RNG.normal(size=shape)).float()


def records(method, task):
    (pack,) = [
        p for p in make_plan(RunOptions(methods=(method,), tasks=(task,), seeds=1), []).packs if hasattr(p, "seeds")
    ]
    return run_pack(pack, "cpu")


def test_a_code_that_the_other_view_has_is_not_superfluous():
    centres = 20 * torch.eye(16)
    z1 = centres[torch.tensor(RNG.integers(16, size=640))] + 0.1 * normal(640, 16)
    assert superfluous_share(z1, z1 + 0.1 * normal(640, 16)) < 0.1
    assert superfluous_share(z1, normal(640, 16)) > 0.95


def test_clusters_that_are_apart_are_found():
    z = (20 * normal(5, 3))[torch.arange(200) % 5] + 0.1 * normal(200, 3)
    code = cluster_code(z, 5)
    assert len(code.unique()) == 5 and all(len(code[torch.arange(200) % 5 == k].unique()) == 1 for k in range(5))


def test_view_strength_is_read_where_it_shows():
    assert strength_bits(normal(800, 4)) < 0.05
    shown = normal(800, 4)
    shown[:, 0] += 8 * torch.arange(4).repeat_interleave(200)
    assert strength_bits(shown) > 1.3


@pytest.mark.parametrize(("task", "views"), [("wine", True), ("digits", True), ("breast-cancer-views", False)])
def test_raw_input_has_the_measures_of_its_data(task, views):
    measured, run = records("raw-input", task)
    assert isinstance(measured, RepresentationRecord) and isinstance(run, RunRecord) and measured.status == "ok"
    assert measured.identity == run.identity and parse_line(measured.line().strip(), "here") == measured
    m = measured.measures
    assert m["affinity-residual"] < 1e-5 and m["gaussian-rejections"] < 0.1 and m["overlap-noise"] < 0.3
    assert {"alignment", "lidar", "overlap-views", "view-strength", "invariance"} <= set(m) or not views
    assert set(m) <= set(MEASURES) and all(set(t) <= set(MEASURES) for t in measured.targets.values())
    bits = [s.value for s in run.scores if (s.probe, s.readout, s.metric) == ("linear", "joint", "bits")]
    assert [t["bits-linear"] for t in measured.targets.values()] == pytest.approx(bits, rel=1e-3)
    if views:
        assert all(t["bound-slack"] > 0 for t in measured.targets.values())


def test_a_run_without_its_measures_is_not_stored(tmp_path):
    options = RunOptions(methods=("pca",), tasks=("wine",), seeds=1, results=str(tmp_path))
    plan = make_plan(options, [])
    made = [r for pack in plan.packs for r in run_pack(pack, "cpu")]
    runs = [r for r in made if isinstance(r, RunRecord)]
    others = [r for r in made if not isinstance(r, RunRecord | RepresentationRecord)]
    assert make_plan(options, runs + others).runs == 1  # killed between the two files: made again
    with Writer(tmp_path) as writer:
        writer.append(made)
    assert make_plan(options, read_records(tmp_path)[0]).runs == 0
    assert list((tmp_path / "representations").glob("*.jsonl"))


def test_what_cannot_be_measured_is_a_failed_record_and_the_run_stays(monkeypatch):
    from sslbench.runner import recording

    monkeypatch.setattr(recording, "measure_run", lambda *a: 1 / 0)
    measured, run = records("pca", "wine")
    assert measured.status == "failed" and "ZeroDivisionError" in measured.reason and run.status == "ok"
