"""Information maximisation by distribution: the embeddings depend on the item, or follow a known law."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.methods.base import JointEmbedding, Pretrained, check_pair
from sslbench.methods.card import Card
from sslbench.methods.nets import Batch, Nets
from sslbench.methods.pairing import both_ways
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


def inverse_multiquadric(x: Tensor, y: Tensor, width: float = 1.0) -> Tensor:
    """Kernel width / sqrt(width^2 + |x - y|^2) of all pairs of rows; (runs, n, dim), (runs, m, dim) -> (runs, n, m)."""
    square = (x.square().sum(-1)[..., None] + y.square().sum(-1)[..., None, :] - 2 * x @ y.mT).clamp_min(0)
    return (1 + square / width**2).rsqrt()


@METHODS.register("ssl-hsic")
@dataclass(frozen=True)
class SSLHSIC(Pretrained):
    """The embedding depends on which item it is, measured by HSIC, and its own HSIC is kept small.

    Source: Li et al. 2021, arXiv:2106.08320, Eqs. 4-6: loss -HSIC(Z, Y) + gamma sqrt(HSIC(Z, Z)), gamma 3, with
    predictor and a teacher as in its section 3.3.
    Deviation: kernels are computed exactly, as batches are small, where the paper approximates them by 512 random
    features; width of the kernel fixed at 1; teacher momentum starts at 0.99.
    """

    gamma: float = tunable(3.0, 0.3, 10.0)
    momentum: float = tunable(0.99, 0.9, 0.999)

    card = Card(
        title="SSL-HSIC",
        family="information maximisation",
        source="Li et al. 2021, arXiv:2106.08320, Eqs. 4-6",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "predictor", "ema-teacher"),
        deviation="exact kernels of fixed width instead of random features",
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,), from two views of every item; z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        z1, z2 = normalize(z1, dim=-1), normalize(z2, dim=-1)
        z, n = torch.cat([z1, z2], 1), z1.shape[1]
        k = inverse_multiquadric(z, z)  # (runs, 2n, 2n)
        same = k[:, :n, n:].diagonal(dim1=-2, dim2=-1).mean(-1)  # two views of one item
        dependence = same - k.mean((1, 2))
        centred = k - k.mean(1, keepdim=True) - k.mean(2, keepdim=True) + k.mean((1, 2), keepdim=True)
        own = (centred * k).sum((1, 2)) / (2 * n - 1) ** 2
        return self.gamma * (own.clamp_min(0) + 1e-12).sqrt() - dependence

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        predictions = nets.predict(nets.embed(batch.views))
        with torch.no_grad():
            targets = nets.teacher_forward(batch.views)
        return both_ways(self.loss, predictions, targets) / 2


def gaussian_departure(z: Tensor, directions: Tensor, knots: int = 17, reach: float = 3.0) -> Tensor:
    """How far projections of the rows depart from a standard normal law: Epps and Pulley's statistic, mean over
    directions. z: (runs, n, dim), directions: (runs, dim, count) of unit norm -> (runs,).

    n x the integral over t of |mean exp(i t x) - exp(-t^2 / 2)|^2 exp(-t^2 / 2), by the trapezoidal rule on [-reach,
    reach].
    """
    t = torch.linspace(0, reach, knots, dtype=z.dtype, device=z.device)
    law = (-t.square() / 2).exp()
    weight = torch.full_like(t, 2 * reach / (knots - 1)) * law
    weight = torch.cat([weight[:1] / 2, weight[1:-1], weight[-1:] / 2])
    angle = (z @ directions)[..., None] * t  # (runs, n, count, knots)
    error = (angle.cos().mean(1) - law).square() + angle.sin().mean(1).square()
    return z.shape[1] * (error * weight).sum(-1).mean(-1)


@METHODS.register("sigreg")
@dataclass(frozen=True)
class SIGReg(JointEmbedding):
    """Views agree with their mean, while their projections on random directions are standard normal (LeJEPA).

    Source: Balestriero & LeCun 2025, arXiv:2511.08544, SIGReg and the LeJEPA loss with weight 0.05.
    Deviation: 64 directions (1024 in the paper) on [-3, 3] with 17 knots; four views alike instead of two large and
    six small crops.
    """

    weight: float = tunable(0.05, 0.005, 0.5)
    directions: int = 64
    knots: int = 17

    card = Card(
        title="SIGReg (LeJEPA)",
        family="information maximisation",
        source="Balestriero & LeCun 2025, arXiv:2511.08544",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "more views"),
        deviation="64 random directions; four views alike instead of two large and six small crops",
        views=4,
    )

    def loss(self, *z: Tensor, directions: Tensor | None = None) -> Tensor:
        """Loss of each run, (runs,), from two or more views' embeddings, each (runs, batch, emb_dim); directions:
        (runs, emb_dim, count) of unit norm, the axes if not given.
        """
        check_pair(z[0], z[1])
        if directions is None:
            directions = torch.eye(z[0].shape[-1], dtype=z[0].dtype, device=z[0].device).expand(len(z[0]), -1, -1)
        centre = sum(z) / len(z)
        invariance = sum((v - centre).square().mean((1, 2)) for v in z) / len(z)
        departure = sum(gaussian_departure(v, directions, self.knots) for v in z) / len(z)
        return self.weight * departure + (1 - self.weight) * invariance

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        z, draw = nets.embed(batch.views), batch.draw.of("directions")
        shape = (draw.runs, z[0].shape[-1], self.directions)
        return self.loss(*z, directions=normalize(draw.normal(shape), dim=1))
