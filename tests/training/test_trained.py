"""A trained encoder in the hands of a probe gives the run's own representation, and can be trained further."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sslbench.config import QUICK, Run
from sslbench.data.dataset import load_dataset
from sslbench.evaluation.score import score_representation
from sslbench.registry import METHODS
from sslbench.tasks import find_task
from sslbench.training.represent import represent
from sslbench.training.search import RATE

CPU = torch.device("cpu")
PROTOCOL = replace(QUICK, step_scale=0.02, probes=("linear", "fine-tune"))


@pytest.mark.parametrize(
    "task, name", [("breast-cancer", "simclr"), ("breast-cancer-views", "clip"), ("breast-cancer-views", "comm")]
)
def test_it_gives_the_runs_representation_and_can_be_tuned(task, name):
    dataset, method = load_dataset(find_task(task)), METHODS.get(name).build()
    done = represent(method, dataset, (Run(0, 0), Run(1, 1)), PROTOCOL, CPU)
    h, encoder = {k: v[1] for k, v in done.h.items()}, done.encoders[1]
    with torch.no_grad():
        found = encoder.represent(encoder.parameters(), np.arange(dataset.rows))
    want = [h["fused"]] if "fused" in h else [h[s.name] for s in dataset.streams]
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(found, want, strict=True))
    parameters = {k: v.requires_grad_() for k, v in encoder.parameters().items()}
    sum(h.square().sum() for h in encoder.represent(parameters, np.arange(50))).backward()
    reached = [float(v.grad.abs().max()) > 0 for v in parameters.values()]
    assert np.mean(reached) > 0.5
    scores, _ = score_representation(dataset, dataset.split(1), h, PROTOCOL, encoder=encoder)
    tuned = [s.metric for s in scores if s.probe == "fine-tune"]
    assert tuned == ["bits", "accuracy", "balanced-accuracy"]
    without, _ = score_representation(dataset, dataset.split(1), h, PROTOCOL)
    assert without == [s for s in scores if s.probe != "fine-tune"]


def test_runs_with_settings_of_their_own_have_encoders_too():
    dataset, method = load_dataset(find_task("breast-cancer")), METHODS.get("simclr").build()
    variants = [method.settings() | {RATE: rate, "temperature": t} for rate, t in ((1e-3, 0.2), (3e-3, 0.5))]
    done = represent(method, dataset, (Run(0, 0), Run(0, 0)), PROTOCOL, CPU, variants=variants)
    for i, encoder in enumerate(done.encoders):
        with torch.no_grad():
            found = encoder.represent(encoder.parameters(), np.arange(dataset.rows))[0]
        assert torch.allclose(found, next(iter(done.h.values()))[i], atol=1e-5)


def test_encoders_are_kept_only_where_a_probe_asks_for_them():
    dataset = load_dataset(find_task("breast-cancer"))
    assert (
        represent(
            METHODS.get("simclr").build(), dataset, (Run(0, 0),), replace(PROTOCOL, probes=("mlp",)), CPU
        ).encoders
        == []
    )
