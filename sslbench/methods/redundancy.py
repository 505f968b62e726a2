"""Redundancy reduction: views agree while the coordinates of the embedding stay apart."""

from dataclasses import dataclass

from torch import Tensor

from sslbench.methods.base import Card, JointEmbedding, check_pair
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
        family="redundancy reduction",
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
    Deviation: the convention of the authors' code, where the variance term is the mean of the two branches (the paper
    sums them).
    """

    invariance_weight: float = tunable(25.0, 5.0, 100.0)
    variance_weight: float = tunable(25.0, 5.0, 100.0)
    covariance_weight: float = 1.0

    card = Card(
        title="VICReg",
        family="redundancy reduction",
        source="Bardes et al. 2022, arXiv:2105.04906, Eqs. 1-6",
        assumes=("redundancy-1", "redundancy-2"),
        deviation="the authors' code: the variance term is the mean of the two branches, where the paper sums them",
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        invariance = (z1 - z2).square().mean((1, 2))
        variance, spread = 0, 0
        for z in (z1, z2):
            c = covariance(z)
            sd = (c.diagonal(dim1=-2, dim2=-1) + 1e-4).sqrt()
            variance = variance + (1 - sd).relu().mean(-1) / 2
            spread = spread + off_diagonal_square(c) / z.shape[-1]
        return self.invariance_weight * invariance + self.variance_weight * variance + self.covariance_weight * spread
