"""Self-distillation: predict the embedding that a slowly moving teacher gives the other view. No negatives."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.methods.base import Batch, Card, Pretrained, check_pair
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


@METHODS.register("byol")
@dataclass(frozen=True)
class BYOL(Pretrained):
    """The predicted embedding of one view agrees with the teacher's embedding of the other, both ways.

    Source: Grill et al. 2020, arXiv:2006.07733, Eqs. 2-3; teacher momentum rises from `momentum` to 1 as in its section
    3.
    Deviation: momentum starts at 0.99, since runs are short. On pairs the teacher of the other stream is predicted.
    """

    momentum: float = tunable(0.99, 0.9, 0.999)

    card = Card(
        title="BYOL",
        family="self-distillation",
        source="Grill et al. 2020, arXiv:2006.07733, Eqs. 2-3",
        assumes=("redundancy-1", "redundancy-2"),
        needs=("two views", "predictor", "ema-teacher"),
        deviation="momentum starts at 0.99, since runs are short",
    )

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """2 - 2 cos, mean over the batch, (runs,); both (runs, batch, emb_dim)."""
        check_pair(prediction, target, least=1)
        return 2 - 2 * (normalize(prediction, dim=-1) * normalize(target, dim=-1)).sum(-1).mean(-1)

    def objective(self, nets, batch: Batch) -> Tensor:
        predictions = nets.predict(nets.embed(batch.views))
        with torch.no_grad():
            targets = nets.teach(batch.views)
        return self.loss(predictions[0], targets[1]) + self.loss(predictions[1], targets[0])
