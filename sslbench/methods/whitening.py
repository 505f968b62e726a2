"""Information maximisation by volume: the embeddings fill as many directions as there are."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.methods.base import JointEmbedding, Pretrained, check_pair
from sslbench.methods.card import Card
from sslbench.methods.nets import Batch, Nets, Start
from sslbench.methods.pairing import over_pairs
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


def whiten(z: Tensor, ridge: float) -> Tensor:
    """Rows with identity covariance, by the Cholesky factor of (1 - ridge) Cov + ridge I; (..., rows, dim) -> same."""
    centred = z - z.mean(-2, keepdim=True)
    eye = torch.eye(z.shape[-1], dtype=z.dtype, device=z.device)
    cov = (1 - ridge) * centred.mT @ centred / (z.shape[-2] - 1) + ridge * eye
    return torch.linalg.solve_triangular(torch.linalg.cholesky(cov), centred.mT, upper=False).mT


@METHODS.register("w-mse")
@dataclass(frozen=True)
class WMSE(JointEmbedding):
    """Positive pairs agree after each view is whitened, so that no direction can be given up.

    Source: Ermolov et al. 2021, arXiv:2007.06346, Eqs. 3-6: Cholesky whitening of random sub-batches of twice the
    width, then the squared error of unit vectors.
    Deviation: width 32 and sub-batches of 64, for batches of 128; a ridge of 1e-3, with which small batches whiten too.
    """

    emb_dim: int = 32
    sub_batch: int = 64
    ridge: float = 1e-3

    card = Card(
        title="W-MSE",
        family="information maximisation",
        source="Ermolov et al. 2021, arXiv:2007.06346, Eqs. 3-6",
        assumes=("redundancy-1", "redundancy-2"),
    )
    version = 2

    def loss(self, z1: Tensor, z2: Tensor, order: Tensor | None = None) -> Tensor:
        """Loss of each run, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2.

        order: (runs, batch), by which rows are dealt to sub-batches; rows that fill none are left out.
        """
        check_pair(z1, z2)
        runs, batch, dim = z1.shape
        groups = max(1, batch // self.sub_batch)
        kept = groups * min(batch, self.sub_batch) if groups > 1 else batch
        white = []
        for z in (z1, z2):
            dealt = z if order is None else z.gather(1, order[..., None].expand_as(z))
            apart = dealt[:, :kept].reshape(runs, groups, kept // groups, dim)
            white.append(normalize(whiten(apart, self.ridge), dim=-1))
        return 2 - 2 * (white[0] * white[1]).sum(-1).mean((1, 2))

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        z = nets.embed(batch.views)
        order = batch.draw.of("sub-batches").permutation(batch.rows.shape[1])
        return over_pairs(lambda a, b: self.loss(a, b, order), z)


@METHODS.register("mmcr")
@dataclass(frozen=True)
class MMCR(JointEmbedding):
    """The centroids of every item's views fill the space: their nuclear norm is large; that of each item may be small.

    Source: Yerxa et al. 2023, arXiv:2303.03307, Eqs. 3-4; four views where the task makes views.
    Deviation: divided by the number of items, which changes AdamW's steps little and makes traces comparable.
    """

    within_weight: float = 0.0  # lambda: of the mean nuclear norm of one item's views

    card = Card(
        title="MMCR",
        family="information maximisation",
        source="Yerxa et al. 2023, arXiv:2303.03307, Eqs. 3-4",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "more views"),
        views=4,
    )

    def loss(self, *z: Tensor) -> Tensor:
        """Loss of each run, (runs,), from the embeddings of two or more views, each (runs, batch, emb_dim)."""
        check_pair(z[0], z[1])
        views = torch.stack([normalize(v, dim=-1) for v in z], 2)  # (runs, batch, views, emb_dim)
        spread = torch.linalg.svdvals(views.mean(2)).sum(-1) / z[0].shape[1]
        if not self.within_weight:
            return -spread
        return self.within_weight * torch.linalg.svdvals(views).sum(-1).mean(-1) / z[0].shape[1] - spread


@METHODS.register("corinfomax")
@dataclass(frozen=True)
class CorInfoMax(Pretrained):
    """Agree, while the log-determinant of each view's running covariance is large.

    Source: Ozsoy et al. 2022, arXiv:2209.07999, Eqs. 8-10, width 64.
    Deviation: embeddings are brought to unit norm; a ridge of 1e-4 is added before the log-determinant; covariances
    forget at rate 0.3 and the weight is 100, as at the authors' 0.01 and 250 the embedding still lies in a narrow cap
    when a short run ends.
    """

    emb_dim: int = 64
    invariance_weight: float = tunable(100.0, 20.0, 500.0)
    forget: float = 0.3
    ridge: float = 1e-4

    card = Card(
        title="CorInfoMax",
        family="information maximisation",
        source="Ozsoy et al. 2022, arXiv:2209.07999, Eqs. 8-10",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "memory"),
    )

    def memory(self, start: Start) -> dict[str, Tensor]:
        runs, device = start.draw.runs, start.draw.device
        eye = torch.eye(self.emb_dim, device=device).repeat(runs, 1, 1)
        none = torch.zeros(runs, 1, self.emb_dim, device=device)
        return {
            f"{what} {i}": v.clone() for i in range(start.views) for what, v in (("covariance", eye), ("mean", none))
        }

    def running(self, z: Tensor, covariance: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
        """Running covariance (runs, dim, dim) and mean (runs, 1, dim) after the batch z."""
        mean = mean + self.forget * (z.mean(1, keepdim=True) - mean)
        centred = z - mean
        return covariance + self.forget * (centred.mT @ centred / z.shape[1] - covariance), mean

    def loss(self, z1: Tensor, z2: Tensor, cov1: Tensor, cov2: Tensor) -> Tensor:
        """Loss of each run, (runs,); z1, z2: (runs, batch, emb_dim).

        cov1, cov2: the running covariances with this batch in them, (runs, emb_dim, emb_dim).
        """
        check_pair(z1, z2)
        dim = z1.shape[-1]
        eye = torch.eye(dim, dtype=z1.dtype, device=z1.device)
        volume = sum(
            torch.linalg.cholesky(c + self.ridge * eye).diagonal(dim1=-2, dim2=-1).log().sum(-1) * 2 / dim
            for c in (cov1, cov2)
        )
        return self.invariance_weight * (z1 - z2).square().mean((1, 2)) - volume

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        views = []  # each view's embedding and its running covariance
        for i, v in enumerate(normalize(z, dim=-1) for z in nets.embed(batch.views)):
            covariance, mean = self.running(v, nets.memory[f"covariance {i}"], nets.memory[f"mean {i}"])
            nets.remember(f"covariance {i}", covariance)
            nets.remember(f"mean {i}", mean)
            views.append((v, covariance))
        return over_pairs(lambda a, b: self.loss(a[0], b[0], a[1], b[1]), views)
