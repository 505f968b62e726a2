"""Redundancy reduction by second moments: views agree while the coordinates of the embedding stay apart."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.methods.base import JointEmbedding, Pretrained, check_pair
from sslbench.methods.card import Card
from sslbench.methods.nets import Batch, Nets, Start
from sslbench.methods.pairing import both_ways, over_pairs
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


def standardize(z: Tensor) -> Tensor:
    """Columns with mean 0 and variance 1 over the batch; 1e-5 is added to the variance. (runs, batch, dim) -> same."""
    centred = z - z.mean(1, keepdim=True)
    return centred * (centred.square().mean(1, keepdim=True) + 1e-5).rsqrt()


def covariance(z: Tensor) -> Tensor:
    """Unbiased covariance over the batch, (runs, batch, dim) -> (runs, dim, dim)."""
    centred = z - z.mean(1, keepdim=True)
    return centred.mT @ centred / (z.shape[1] - 1)


def off_diagonal_square(matrix: Tensor) -> Tensor:
    """Sum of the squared off-diagonal entries, (runs, dim, dim) -> (runs,)."""
    return matrix.square().sum((-2, -1)) - matrix.diagonal(dim1=-2, dim2=-1).square().sum(-1)


def variance_hinge(cov: Tensor) -> Tensor:
    """How far the columns' sd fall short of 1, mean over columns; (runs, dim, dim) -> (runs,)."""
    return (1 - (cov.diagonal(dim1=-2, dim2=-1) + 1e-4).sqrt()).relu().mean(-1)


CONVENTIONS = {"official": 0.5, "paper": 1.0}  # of VICReg: the weight of each branch's variance term


@METHODS.register("barlow-twins")
@dataclass(frozen=True)
class BarlowTwins(JointEmbedding):
    """Push the cross-correlation of the two views' embeddings towards the identity.

    Source: Zbontar et al. 2021, arXiv:2103.03230, Eqs. 1-2.
    Deviation: 1e-5 is added to the variance, as in the authors' code.
    """

    off_diagonal_weight: float = tunable(5e-3, 5e-4, 5e-2)  # lambda in Eq. 1

    card = Card(
        title="Barlow Twins",
        family="information maximisation",
        source="Zbontar et al. 2021, arXiv:2103.03230, Eqs. 1-2",
        assumes=("redundancy-1", "redundancy-2"),
        deviation="1e-5 is added to the variance, as in the authors' code",
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        c = standardize(z1).mT @ standardize(z2) / z1.shape[1]  # (runs, emb_dim, emb_dim)
        diagonal = c.diagonal(dim1=-2, dim2=-1)  # (runs, emb_dim)
        return (diagonal - 1).square().sum(-1) + self.off_diagonal_weight * off_diagonal_square(c)


@METHODS.register("vicreg")
@dataclass(frozen=True)
class VICReg(JointEmbedding):
    """Variance, invariance, covariance: agree, keep every coordinate's spread above 1, decorrelate the coordinates.

    Source: Bardes et al. 2022, arXiv:2105.04906, Eqs. 1-6.
    Deviation: by default the convention "official" of the authors' code, where the variance term is the mean of the two
    branches; convention "paper" sums them.
    """

    invariance_weight: float = tunable(25.0, 5.0, 100.0)
    variance_weight: float = tunable(25.0, 5.0, 100.0)
    covariance_weight: float = 1.0
    convention: str = "official"  # or "paper"

    card = Card(
        title="VICReg",
        family="information maximisation",
        source="Bardes et al. 2022, arXiv:2105.04906, Eqs. 1-6",
        assumes=("redundancy-1", "redundancy-2"),
        deviation="the authors' code: the variance term is the mean of the two branches, where the paper sums them",
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        if self.convention not in CONVENTIONS:
            raise ValueError(f"vicreg's convention is {' or '.join(CONVENTIONS)}, got {self.convention!r}")
        invariance = (z1 - z2).square().mean((1, 2))
        variance, spread = 0, 0
        for z in (z1, z2):
            c = covariance(z)
            variance = variance + variance_hinge(c) * CONVENTIONS[self.convention]
            spread = spread + off_diagonal_square(c) / z.shape[-1]
        return self.invariance_weight * invariance + self.variance_weight * variance + self.covariance_weight * spread


def iterative_normalisation(z: Tensor, iterations: int = 5, ridge: float = 1e-5) -> Tensor:
    """Rows whitened towards identity covariance by Newton's iteration; (runs, batch, dim) -> same.

    Source: Huang et al. 2019, arXiv:1904.03441, Alg. 1, with statistics of the batch.
    """
    centred = z - z.mean(1, keepdim=True)
    eye = torch.eye(z.shape[-1], dtype=z.dtype, device=z.device)
    cov = centred.mT @ centred / z.shape[1] + ridge * eye
    trace = cov.diagonal(dim1=-2, dim2=-1).sum(-1)[:, None, None]
    cov, p = cov / trace, eye.expand_as(cov)
    for _ in range(iterations):
        p = 1.5 * p - 0.5 * p @ p @ p @ cov
    return centred @ p / trace.sqrt()


@METHODS.register("vibcreg")
@dataclass(frozen=True)
class VIbCReg(JointEmbedding):
    """VICReg whose covariance term reads correlations, on embeddings that are whitened by iterative normalisation.

    Source: Lee & Aune 2021, arXiv:2109.00783, Eqs. 2-5: off-diagonal correlations, squared and averaged over all dim^2
    entries; weights 25, 25, 200. Variance terms of both branches are summed.
    Deviation: width 64, as whitening is cubic in it; the formula is that of public implementations.
    """

    emb_dim: int = 64
    invariance_weight: float = tunable(25.0, 5.0, 100.0)
    variance_weight: float = tunable(25.0, 5.0, 100.0)
    covariance_weight: float = tunable(200.0, 20.0, 400.0)

    card = Card(
        title="VIbCReg",
        family="information maximisation",
        source="Lee & Aune 2021, arXiv:2109.00783, Eqs. 2-5",
        assumes=("redundancy-1", "redundancy-2"),
        deviation="width 64; the formula is that of public implementations",
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,), from normalised embeddings; z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        variance, spread = 0, 0
        for z in (z1, z2):
            variance = variance + variance_hinge(covariance(z))
            unit = normalize(z - z.mean(1, keepdim=True), dim=1)
            spread = spread + off_diagonal_square(unit.mT @ unit) / z.shape[-1] ** 2
        invariance = (z1 - z2).square().mean((1, 2))
        return self.invariance_weight * invariance + self.variance_weight * variance + self.covariance_weight * spread

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        return over_pairs(self.loss, [iterative_normalisation(z) for z in nets.embed(batch.views)])


@METHODS.register("tico")
@dataclass(frozen=True)
class TiCo(Pretrained):
    """Agree with the teacher, while a moving second moment keeps embeddings out of directions already in use.

    Source: Zhu et al. 2022, arXiv:2206.10698, Eqs. 1-3 and Alg. 1.
    Deviation: teacher momentum starts at 0.99 and AdamW is used, since runs are short; the loss is symmetric over
    views.
    """

    rho: float = tunable(8.0, 1.0, 50.0)
    decay: float = 0.9  # beta: of the moving second moment
    momentum: float = tunable(0.99, 0.9, 0.999)

    card = Card(
        title="TiCo",
        family="information maximisation",
        source="Zhu et al. 2022, arXiv:2206.10698, Eqs. 1-3",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "ema-teacher", "memory"),
        deviation="teacher momentum starts at 0.99, AdamW, symmetric over views",
    )

    def memory(self, start: Start) -> dict[str, Tensor]:
        none = torch.zeros(start.draw.runs, start.emb_dim, start.emb_dim, device=start.draw.device)
        return {f"moment {i}": none.clone() for i in range(start.views)}

    def moment(self, z: Tensor, before: Tensor | float = 0.0) -> Tensor:
        """The moving second moment, (runs, dim, dim), after the batch z (runs, batch, dim); no gradient flows through
        it, as in public implementations.
        """
        z = normalize(z, dim=-1).detach()
        return self.decay * before + (1 - self.decay) * (z.mT @ z) / z.shape[1]

    def loss(self, z1: Tensor, z2: Tensor, before: Tensor | float = 0.0) -> Tensor:
        """Loss of each run, (runs,); z1: student, z2: teacher, (runs, batch, emb_dim); before: the moving second
        moment, (runs, emb_dim, emb_dim), 0 at the first step.
        """
        check_pair(z1, z2)
        c, z1, z2 = self.moment(z1, before), normalize(z1, dim=-1), normalize(z2, dim=-1)
        return 1 - (z1 * z2).sum(-1).mean(-1) + self.rho * ((z1 @ c) * z1).sum(-1).mean(-1)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        z = nets.embed(batch.views)
        with torch.no_grad():
            taught = nets.teacher_forward(batch.views)
        students = [(v, nets.memory[f"moment {i}"]) for i, v in enumerate(z)]
        for i, student in enumerate(students):
            nets.remember(f"moment {i}", self.moment(*student))
        return both_ways(lambda student, target: self.loss(student[0], target, student[1]), students, taught) / 2
