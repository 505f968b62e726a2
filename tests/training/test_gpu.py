"""On a CUDA device the same run gives the same draws, and scores that agree with the CPU's. Not run where there is
none.
"""

from dataclasses import replace

import pytest
import torch

from sslbench.bench.cases import CONV, RESNET
from sslbench.bench.data import image_task, made_up, training
from sslbench.config import Run, RunOptions, protocol_named
from sslbench.data.dataset import load_dataset
from sslbench.draws import Draw
from sslbench.methods.base import Pretrained
from sslbench.registry import METHODS
from sslbench.runner.plan import MethodPack, make_plan
from sslbench.runner.worker import run_pack
from sslbench.tasks import find_task
from sslbench.training.loader import Batches
from sslbench.training.placement import Placement
from sslbench.training.represent import represent

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")]


def test_draws_are_the_same_bits():
    assert torch.equal(
        Draw([3, 4], "cuda").of("x").at(5).bits((2, 1000)).cpu(), Draw([3, 4]).of("x").at(5).bits((2, 1000))
    )


@pytest.mark.parametrize("task", ["wine", "digits", "breast-cancer-views"])
@pytest.mark.parametrize("method", ["vicreg", "byol", "denoising-ae", "supervised", "pca"])
def test_scores_agree_with_the_cpus(method, task):
    plan = make_plan(RunOptions(methods=(method,), tasks=(task,), seeds=2, quick=True), [])
    pack = next(p for p in plan.packs if isinstance(p, MethodPack))
    for gpu, cpu in zip(run_pack(pack, "cuda"), run_pack(pack, "cpu"), strict=True):
        assert gpu.status == cpu.status == "ok"
        for a, b in zip(gpu.scores, cpu.scores, strict=True):
            assert a.value == pytest.approx(b.value, abs=0.1)


@pytest.mark.parametrize("name", [n for n in METHODS.names() if issubclass(METHODS.get(n), Pretrained)])
def test_the_whole_step_is_captured_and_the_graph_serves_every_run(name):
    """In turn, every run replays the graph of the first; stacked, one graph holds all. Neither falls back."""
    method, cuda = METHODS.get(name).build(), torch.device("cuda")
    dataset = load_dataset(find_task("breast-cancer-views" if name == "clip" else "wine")).to(cuda)
    protocol = replace(protocol_named("standard"), step_scale=0.05)
    stacked = represent(
        method, dataset, (Run(0, 0), Run(1, 1), Run(2, 2)), protocol, cuda, placement=Placement("stacked", 3, 0.0)
    )
    in_turn = represent(
        method, dataset, (Run(0, 0), Run(1, 1), Run(2, 2)), protocol, cuda, placement=Placement("in turn", 1, 0.0)
    )
    assert not stacked.notes and not in_turn.notes
    for stream in stacked.h:
        assert torch.allclose(stacked.h[stream], in_turn.h[stream], atol=1e-2)


@pytest.mark.parametrize("spec", [CONV, RESNET])
def test_a_captured_step_equals_an_eager_one(spec):
    losses = []
    for graph in (True, False):
        made = made_up(image_task(spec, 64), 512)
        program, train = training("simclr", made, (0,), "cuda", protocol_named("standard"))
        program._wants_graph = graph
        batches = Batches(train, 64, Draw([0], "cuda"))
        for step in range(8):
            rows = batches.rows(step)
            program.step(rows, [program.encodings[0].stream.values[rows]])
        assert not program.graph_error and (program._graph is not None) == graph
        losses.append(program.losses[:8].cpu())
    assert torch.allclose(*losses, rtol=1e-2)


def test_streams_on_the_host_are_read_ahead_into_pinned_memory():
    method, cuda = METHODS.get("simclr").build(), torch.device("cuda")
    dataset, protocol = load_dataset(find_task("digits")), replace(protocol_named("standard"), step_scale=0.02)
    host, device = (represent(method, d, (Run(0, 0),), protocol, cuda) for d in (dataset, dataset.to(cuda)))
    assert torch.allclose(host.h["scan"], device.h["scan"], atol=1e-3)


def test_bench_measures_the_ceiling():
    from sslbench.bench.cases import ceiling

    for ratio in ceiling(2, "cuda"):
        assert 0 < ratio.ratio < 1.05 and not ratio.note
