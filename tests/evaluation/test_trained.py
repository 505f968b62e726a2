"""A trained encoder in the hands of a probe gives the run's own representation, and can be trained further."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sslbench.config import QUICK
from sslbench.data.dataset import load_dataset
from sslbench.evaluation.score import score_representation
from sslbench.evaluation.trained import TrainedEncoder
from sslbench.registry import METHODS
from sslbench.tasks import find_task
from sslbench.training.represent import represent

CPU = torch.device("cpu")
PROTOCOL = replace(QUICK, step_scale=0.02, probes=("linear", "fine-tune"))


@pytest.mark.parametrize(
    "task, name", [("breast-cancer", "simclr"), ("breast-cancer-views", "clip"), ("breast-cancer-views", "comm")]
)
def test_it_gives_the_runs_representation_and_can_be_tuned(task, name):
    dataset, method, kept = load_dataset(find_task(task)), METHODS.get(name).build(), {}
    keep = lambda i, state: kept.update({i: {k: v.clone() for k, v in state.items()}})  # noqa: E731
    done = represent(method, dataset, (0, 1), PROTOCOL, CPU, keep=keep)
    h = {k: v[1] for k, v in done.h.items()}
    encoder = TrainedEncoder(method, dataset, 1, PROTOCOL, kept[1], CPU)
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
