"""Clustering: the cluster of one view must be predictable from the other."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sslbench.methods.base import Pretrained, check_pair
from sslbench.methods.card import Card, Head, OptimizerConfig
from sslbench.methods.nets import Batch, Nets
from sslbench.methods.pairing import over_pairs
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


@torch.no_grad()
def sinkhorn(scores: Tensor, eps: float, iterations: int = 3) -> Tensor:
    """Soft assignments of rows to prototypes, each prototype used alike; (runs, batch, prototypes) -> same, rows sum to
    1. Source: Caron et al. 2020, arXiv:2006.09882, Eq. 3 and appendix A.
    """
    batch, count = scores.shape[1:]
    codes = ((scores - scores.amax((1, 2), keepdim=True)) / eps).exp()
    for _ in range(iterations):
        codes = codes / (codes.sum(1, keepdim=True) * count)
        codes = codes / (codes.sum(2, keepdim=True) * batch)
    return codes * batch


@METHODS.register("swav")
@dataclass(frozen=True)
class SwAV(Pretrained):
    """Predict the balanced cluster assignment of one view from the other view's similarity to the prototypes.

    Source: Caron et al. 2020, arXiv:2006.09882, Eqs. 1-4; prototypes are held at first, as in the authors' code.
    Deviation: 64 prototypes, fewer than a batch has rows, so that no queue is needed; no small crops; AdamW, where the
    authors use LARS.
    """

    prototypes: int = 64
    temperature: float = tunable(0.1, 0.05, 0.5)
    eps: float = 0.05  # strength of the entropy term in Sinkhorn

    card = Card(
        title="SwAV",
        family="clustering",
        source="Caron et al. 2020, arXiv:2006.09882, Eqs. 1-4",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "prototypes"),
        deviation="64 prototypes and no queue, no small crops, AdamW",
        recipe=OptimizerConfig(held=(("prototypes", 0.05),)),
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return {"prototypes": Head("emb", self.prototypes, kind="prototypes", shared=True)}

    def loss(self, scores1: Tensor, scores2: Tensor) -> Tensor:
        """Swapped prediction, mean of both directions, (runs,); cosines with the prototypes, (runs, batch,
        prototypes).
        """
        check_pair(scores1, scores2)
        one, two = (sinkhorn(s.detach(), self.eps) for s in (scores1, scores2))
        predict = lambda code, s: -(code * (s / self.temperature).log_softmax(-1)).sum(-1).mean(-1)  # noqa: E731
        return (predict(one, scores2) + predict(two, scores1)) / 2

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        return over_pairs(self.loss, [nets.head("prototypes", z) for z in nets.embed(batch.views)])
