"""On a CUDA device the same run gives the same draws, and scores that agree with the CPU's. Not run where there is
none.
"""

import pytest
import torch

from sslbench.config import RunOptions
from sslbench.draws import Draw
from sslbench.harness.plan import MethodPack, make_plan
from sslbench.harness.worker import run_pack

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
