"""Methods made for pairs of different streams, one encoder each."""

import math
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import normalize

from sslbench.methods.base import Batch, Card, JointEmbedding, check_pair
from sslbench.methods.contrastive import diagonal_cross_entropy
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


@METHODS.register("clip")
@dataclass(frozen=True)
class CLIP(JointEmbedding):
    """Each stream's embedding must find its partner among the other stream's, both ways, at a learnt temperature.

    Source: Radford et al. 2021, arXiv:2103.00020, Fig. 3 and section 2.5: scale starts at 1/0.07 and is clipped at 100.
    Deviation: none.
    """

    initial_temperature: float = tunable(0.07, 0.02, 0.5)
    largest_scale: float = 100.0

    card = Card(
        title="CLIP",
        family="paired",
        source="Radford et al. 2021, arXiv:2103.00020, Fig. 3",
        assumes=("redundancy-1", "redundancy-2"),
        needs=("two views", "paired streams"),
        uses_negatives=True,
    )

    def scalars(self) -> dict[str, float]:
        return {"log_scale": math.log(1 / self.initial_temperature)}

    def loss(self, z1: Tensor, z2: Tensor, log_scale: Tensor | None = None) -> Tensor:
        """Mean of both directions, (runs,); z1, z2: (runs, batch, emb_dim); log_scale: (runs,), the initial one if not
        given.
        """
        check_pair(z1, z2)
        scale = (
            1 / self.initial_temperature
            if log_scale is None
            else log_scale.exp().clamp_max(self.largest_scale)[:, None, None]
        )
        logits = normalize(z1, dim=-1) @ normalize(z2, dim=-1).mT * scale
        return (diagonal_cross_entropy(logits) + diagonal_cross_entropy(logits.mT)) / 2

    def objective(self, nets, batch: Batch) -> Tensor:
        return self.loss(*nets.embed(batch.views), nets.scalars["log_scale"])
