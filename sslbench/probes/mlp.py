"""The MLP probe: a two-layer head on frozen features, trained by gradients; val stops it."""

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sslbench.probes.base import Frozen, Probe, ProbeCard
from sslbench.probes.descent import Descent
from sslbench.probes.linear import normalise
from sslbench.probes.metrics import class_prior
from sslbench.probes.predictions import Predicted
from sslbench.registry import PROBES

WIDTH = 128
DESCENT = Descent(steps=600, every=10, batch=256, rate=3e-3, patience=12)


def _logits(head: dict[str, Tensor], x: Tensor) -> Tensor:
    return torch.relu(x @ head["weight 1"] + head["bias 1"]) @ head["weight 2"] + head["bias 2"]


def _start(dim: int, prior: Tensor, draw) -> dict[str, Tensor]:
    """A head that predicts the class prior whatever it sees; its hidden layer is drawn (He et al. 2015)."""
    return {
        "weight 1": draw.of("weight").normal((1, dim, WIDTH))[0] * math.sqrt(2 / dim),
        "bias 1": prior.new_zeros(WIDTH),
        "weight 2": prior.new_zeros(WIDTH, len(prior)),
        "bias 2": prior.log(),
    }


@PROBES.register("mlp")
class MLPProbe(Probe):
    """A two-layer head on frozen h, 128 hidden units; it starts at the class prior, and val chooses when it is best.

    So it is fitted on train alone: without val nothing would say when to stop.
    """

    version = 2
    card = ProbeCard("two-layer head", "class probabilities", {"joint": ("bits", "accuracy", "balanced-accuracy")})

    def read(self, frozen: Frozen) -> list[Predicted]:
        x, xv, xt = (part.float() for part in normalise(*frozen.features[0]))
        y, yv = (torch.as_tensor(part, device=x.device) for part in frozen.labels[:2])
        prior = torch.as_tensor(class_prior(frozen.labels.train, frozen.classes), device=x.device).float()
        draw = frozen.draw.of("mlp")
        head = DESCENT.best(
            _start(x.shape[1], prior, draw),
            len(x),
            lambda p, rows: cross_entropy(_logits(p, x[rows]), y[rows]),
            lambda p: cross_entropy(_logits(p, xv), yv),
            draw.of("rows"),
        )
        return [frozen.probabilities(_logits(head, xt).double().log_softmax(-1).cpu().numpy())]
