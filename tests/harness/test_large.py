"""The large encoder goes the same way as the small ones: every kind of objective trains it, per-run state stays
per run.
"""

import pytest
import torch

from sslbench.config import Protocol
from sslbench.data.dataset import load_dataset
from sslbench.harness.pretrain import of_state
from sslbench.harness.worker import represent
from sslbench.registry import METHODS
from sslbench.tasks import Budget, EncoderSpec, find_task


@pytest.mark.parametrize("name", ["simclr", "byol", "denoising-ae", "supervised"])
def test_resnet18_trains_for_two_seeds_as_for_each_alone(name):
    task = find_task("digits").model_copy(
        update={"encoder": EncoderSpec(name="resnet18", rep_dim=512), "budget": Budget(steps=2, batch=8)}
    )
    dataset = load_dataset(task)
    method, cpu = METHODS.get(name).build(), torch.device("cpu")
    both, trained = represent(method, dataset, (0, 1), Protocol(), cpu)
    alone, _ = represent(method, dataset, (1,), Protocol(), cpu)
    assert both["scan"].shape == (2, 1797, 512) and trained.diverged_at == [None, None]
    assert torch.allclose(both["scan"][1], alone["scan"][0], atol=1e-4)


def test_a_value_per_run_finds_its_place_in_a_state_dict():
    better = torch.tensor([True, False])
    assert of_state("encoders.0.nets.1.conv1.weight", better, 4).tolist() is False
    assert of_state("encoders.0.body.layers.0.weight", better, 3).shape == (2, 1, 1)
