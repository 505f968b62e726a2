"""Canonical correlation: directions of two streams that correlate most, linear and deep."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from sslbench.methods.base import JointEmbedding, TrainingFree, check_pair
from sslbench.methods.card import Card
from sslbench.methods.nets import Nets
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


def whitened_cross(x1: Tensor, x2: Tensor, ridge1, ridge2) -> tuple[Tensor, Tensor, Tensor]:
    """Cross-covariance between whitened streams, (runs, d1, d2), and the Cholesky factors of both covariances; x:
    (runs, rows, dim), centred; its singular values are the canonical correlations.
    """
    factors = []
    for x, ridge in ((x1, ridge1), (x2, ridge2)):
        eye = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device).expand(len(x), -1, -1)
        factors.append(torch.linalg.cholesky(x.mT @ x / (x.shape[1] - 1) + ridge * eye))
    cross = x1.mT @ x2 / (x1.shape[1] - 1)
    half = torch.linalg.solve_triangular(factors[0], cross, upper=False)
    return torch.linalg.solve_triangular(factors[1], half.mT, upper=False).mT, *factors


@METHODS.register("cca")
@dataclass(frozen=True)
class CCA(TrainingFree):
    """Linear projections of both streams that correlate most on the train rows, as many as the encoder has outputs.

    Source: Hotelling 1936, doi:10.1093/biomet/28.3-4.321, in closed form.
    Deviation: a ridge of 1 % of each stream's mean variance.
    """

    ridge: float = 0.01

    card = Card(
        title="CCA",
        family="paired",
        source="Hotelling 1936, doi:10.1093/biomet/28.3-4.321",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("paired streams",),
        streams=(2, 2),
        deviation="a ridge of 1 % of each stream's mean variance",
    )

    def axes(self, x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Projections (runs, d1, k) and (runs, d2, k), and the correlations (runs, k), k = min(d1, d2); x: (runs, rows,
        dim), centred.
        """
        ridges = [self.ridge * x.square().mean((1, 2))[:, None, None] for x in (x1, x2)]
        cross, l1, l2 = whitened_cross(x1, x2, *ridges)
        u, s, vh = torch.linalg.svd(cross, full_matrices=False)
        return (
            torch.linalg.solve_triangular(l1.mT, u, upper=True),
            torch.linalg.solve_triangular(l2.mT, vh.mT, upper=True),
            s,
        )

    def fit(self, nets: Nets, train: tuple[Tensor, ...]) -> Callable[[int, Tensor], Tensor]:
        flat = [x.flatten(2).double() for x in train]
        means = [x.mean(1, keepdim=True) for x in flat]
        found = self.axes(*(x - m for x, m in zip(flat, means, strict=True)))
        keep = min(min(nets.rep_dims), found[2].shape[-1])
        return lambda i, x: (x.flatten(2) - means[i].float()) @ found[i][..., :keep].float()


@METHODS.register("dcca")
@dataclass(frozen=True)
class DCCA(JointEmbedding):
    """Embeddings of both streams whose canonical correlations, over the batch, are large.

    Source: Andrew et al. 2013 (ICML), Eqs. 9-12: minus the sum of all correlations.
    Deviation: width 32, a quarter of a batch, since a batch's correlations are biased upwards; trained in batches by
    AdamW.
    """

    emb_dim: int = 32
    ridge: float = tunable(1e-2, 1e-4, 1e-1)

    card = Card(
        title="Deep CCA",
        family="paired",
        source="Andrew et al. 2013, ICML, Eqs. 9-12",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "paired streams"),
        deviation="width 32; trained in batches by AdamW",
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Minus the sum of canonical correlations, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        centred = [z - z.mean(1, keepdim=True) for z in (z1, z2)]
        cross, _, _ = whitened_cross(*centred, self.ridge, self.ridge)
        return -torch.linalg.svdvals(cross).sum(-1)
