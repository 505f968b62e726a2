"""Large encoders go the same way as the small ones: every kind of objective trains them, per-run state stays per
run.
"""

import pytest
import torch

from sslbench.config import Protocol, Run
from sslbench.data.dataset import load_dataset
from sslbench.draws import Draw
from sslbench.registry import ENCODERS, METHODS
from sslbench.tasks import Budget, EncoderSpec, find_task
from sslbench.training.optimiser import of_entry
from sslbench.training.placement import Placement
from sslbench.training.represent import represent


def small(encoder, rep_dim, steps=2):
    task = find_task("digits").model_copy(
        update={"encoder": EncoderSpec(name=encoder, rep_dim=rep_dim), "budget": Budget(steps=steps, batch=8)}
    )
    return load_dataset(task)


@pytest.mark.parametrize("at_once", [1, 2])
@pytest.mark.parametrize("name", ["simclr", "byol", "denoising-ae", "supervised"])
def test_resnet18_trains_for_two_seeds_as_for_each_alone(name, at_once):
    """One after another, where the second run begins again in the memory of the first, and side by side."""
    dataset, method, cpu = small("resnet18", 512), METHODS.get(name).build(), torch.device("cpu")
    both = represent(
        method, dataset, (Run(0, 0), Run(1, 1)), Protocol(), cpu, placement=Placement("large", at_once, 0.0)
    )
    alone = represent(method, dataset, (Run(1, 1),), Protocol(), cpu)
    assert both.h["scan"].shape == (2, 1797, 512) and both.diverged_at == [None, None]
    assert torch.allclose(both.h["scan"][1], alone.h["scan"][0], atol=1e-4)


@pytest.mark.parametrize("name, rep_dim", [("resnet50", 2048), ("vit-small", 384)])
def test_other_timm_encoders_take_images_of_any_size(name, rep_dim):
    for side in (16, 96):
        encoder = ENCODERS.get(name)(Draw([0]), (3, side, side), rep_dim).eval()
        with torch.no_grad():
            assert encoder(torch.zeros(1, 2, 3, side, side)).shape == (1, 2, rep_dim)


def test_the_same_seed_gives_the_same_weights_wherever_it_stands():
    one, two = (ENCODERS.get("vit-small")(Draw(seeds), (1, 16, 16), 384) for seeds in ([5], [3, 5]))
    a, b = (dict(e.nets[-1].named_parameters()) for e in (one, two))
    assert all(torch.equal(a[k], b[k]) for k in a)


def test_a_value_per_run_finds_its_place_in_a_state_dict():
    better = torch.tensor([True, False])
    assert of_entry("encoders.0.nets.1.conv1.weight", better, 4).tolist() is False
    assert of_entry("encoders.0.body.layers.0.weight", better, 3).shape == (2, 1, 1)
