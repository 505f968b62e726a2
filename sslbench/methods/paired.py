"""Methods made for different streams, one encoder each: every two of them are a pair."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize, softplus

from sslbench.methods.base import JointEmbedding, check_pair
from sslbench.methods.card import Card, Head
from sslbench.methods.contrastive import SimCLR, diagonal_cross_entropy
from sslbench.methods.nets import Batch, Nets
from sslbench.methods.pairing import over_pairs
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
        requirements=("two views", "paired streams"),
        uses_negatives=True,
    )

    def scalars(self) -> dict[str, float]:
        return {"log_scale": math.log(1 / self.initial_temperature)}

    def loss(self, z1: Tensor, z2: Tensor, log_scale: Tensor | None = None) -> Tensor:
        """Mean of both directions, (runs,); z1, z2: (runs, batch, emb_dim).

        log_scale: (runs,), the initial one if not given.
        """
        check_pair(z1, z2)
        scale = (
            1 / self.initial_temperature
            if log_scale is None
            else log_scale.exp().clamp_max(self.largest_scale)[:, None, None]
        )
        logits = normalize(z1, dim=-1) @ normalize(z2, dim=-1).mT * scale
        return (diagonal_cross_entropy(logits) + diagonal_cross_entropy(logits.mT)) / 2

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        scale = nets.scalars["log_scale"]
        return over_pairs(lambda a, b: self.loss(a, b, scale), nets.embed(batch.views))


@METHODS.register("siglip")
@dataclass(frozen=True)
class SigLIP(JointEmbedding):
    """Every pair of embeddings across streams is classified on its own: do they belong together?

    Source: Zhai et al. 2023, arXiv:2303.15343, Eq. 1: scale from 10 and bias from -10, both learnt.
    Deviation: none.
    """

    initial_scale: float = tunable(10.0, 2.0, 50.0)
    initial_bias: float = -10.0

    card = Card(
        title="SigLIP",
        family="paired",
        source="Zhai et al. 2023, arXiv:2303.15343, Eq. 1",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "paired streams"),
        uses_negatives=True,
    )

    def scalars(self) -> dict[str, float]:
        return {"log_scale": math.log(self.initial_scale), "bias": self.initial_bias}

    def loss(self, z1: Tensor, z2: Tensor, log_scale: Tensor | None = None, bias: Tensor | None = None) -> Tensor:
        """Sum over all pairs, per row, (runs,); z1, z2: (runs, batch, emb_dim).

        log_scale, bias: (runs,), the initial ones if not given.
        """
        check_pair(z1, z2)
        scale = self.initial_scale if log_scale is None else log_scale.exp()[:, None, None]
        shift = self.initial_bias if bias is None else bias[:, None, None]
        logits = normalize(z1, dim=-1) @ normalize(z2, dim=-1).mT * scale + shift
        sign = 2 * torch.eye(z1.shape[1], dtype=z1.dtype, device=z1.device) - 1
        return softplus(-sign * logits).sum((1, 2)) / z1.shape[1]

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        learnt = nets.scalars["log_scale"], nets.scalars["bias"]
        return over_pairs(lambda a, b: self.loss(a, b, *learnt), nets.embed(batch.views))


@METHODS.register("cross-self")
@dataclass(frozen=True)
class CrossSelf(CLIP):
    """CLIP across streams, and SimCLR between two jittered copies of each, which keeps what one stream alone knows.

    Source: Mu et al. 2022 (SLIP), arXiv:2112.12750, section 3: weight 1, temperature 0.1 of the self-supervised part.
    Deviation: SimCLR on every stream, not on images only; copies by noise and dropped inputs for every stream.
    """

    self_weight: float = tunable(1.0, 0.1, 10.0)
    self_temperature: float = 0.1

    card = Card(
        title="Cross + self (SLIP)",
        family="paired",
        source="Mu et al. 2022, arXiv:2112.12750, section 3",
        requirements=("two views", "views of each stream", "paired streams"),
        uses_negatives=True,
    )
    version = 2

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return {"self": Head("rep", "emb")}

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        total, contrast = super().objective(nets, batch), SimCLR(self.self_temperature)
        for i, copies in enumerate(batch.copies):
            z = [nets.head("self", h, i) for h in nets.encode_copies(i, copies)]
            total = total + self.self_weight * contrast.loss(*z)
        return total
