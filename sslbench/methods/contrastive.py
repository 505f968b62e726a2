"""Contrastive methods: pull positive pairs together, push other items of the batch away."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.methods.base import Card, JointEmbedding, check_pair
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


def diagonal_cross_entropy(logits: Tensor) -> Tensor:
    """Mean over rows of the cross-entropy with the diagonal as the right answer; (runs, n, n) -> (runs,)."""
    return (logits.logsumexp(-1) - logits.diagonal(dim1=-2, dim2=-1)).mean(-1)


@METHODS.register("simclr")
@dataclass(frozen=True)
class SimCLR(JointEmbedding):
    """NT-Xent: each embedding must find its partner among the 2 x batch - 1 others.

    Source: Chen et al. 2020, arXiv:2002.05709, Eq. 1.
    Deviation: none.
    """

    temperature: float = tunable(0.2, 0.05, 1.0)

    card = Card(
        title="SimCLR",
        family="contrastive",
        source="Chen et al. 2020, arXiv:2002.05709, Eq. 1",
        assumes=("redundancy-1", "redundancy-2"),
        uses_negatives=True,
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        n = z1.shape[1]
        z1, z2 = normalize(z1, dim=-1), normalize(z2, dim=-1)
        z = torch.cat([z1, z2], 1)  # (runs, 2n, emb_dim)
        itself = torch.eye(2 * n, dtype=torch.bool, device=z.device)
        logits = (z @ z.mT / self.temperature).masked_fill(itself, float("-inf"))
        positive = (z1 * z2).sum(-1).mean(-1) / self.temperature  # the same for both directions
        return logits.logsumexp(-1).mean(-1) - positive
