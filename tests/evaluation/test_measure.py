"""Metrics of representations: known answers, and that a run's record has them."""

import numpy as np
import pytest
import torch

from sslbench.config import RunOptions
from sslbench.metrics.catalogue import CATALOGUE
from sslbench.metrics.views import cluster_code, strength_bits, superfluous_share
from sslbench.records import parse_line
from sslbench.runner.plan import MethodPack, make_plan
from sslbench.runner.recording import MAIN
from sslbench.runner.worker import run_pack

RNG = np.random.default_rng(0)


def normal(*shape):
    return torch.tensor(RNG.normal(size=shape)).float()


def record(method, task):
    plan = make_plan(RunOptions(methods=(method,), tasks=(task,), seeds=1), [])
    (pack,) = [p for p in plan.packs if isinstance(p, MethodPack)]
    (made,) = run_pack(pack, "cpu")
    return made


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
def test_raw_input_has_the_metrics_of_its_data(task, views):
    run = record("raw-input", task)
    assert run.status == "ok" and not run.failure and parse_line(run.line(), "here") == run
    m = run.metrics
    assert m["affinity-residual"] < 1e-5 and m["gaussian-rejections"] < 0.1 and m["overlap-noise"] < 0.3
    assert {"alignment", "lidar", "overlap-views", "view-strength", "invariance"} <= set(m) or not views
    assert set(m) <= set(CATALOGUE) and all(set(t) <= set(CATALOGUE) for t in run.target_metrics.values())
    bits = [s.value for s in run.scores if (s.probe, s.readout, s.metric, s.labels) == MAIN]
    assert [t["bits-linear"] for t in run.target_metrics.values()] == pytest.approx(bits, rel=1e-3)
    if views:
        assert all(t["bound-slack"] > 0 for t in run.target_metrics.values())
