"""Information maximisation by volume: views agree while the embeddings of a batch fill the space."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, normalize

from sslbench.methods.base import JointEmbedding, Pretrained, check_pair
from sslbench.methods.card import Card
from sslbench.methods.nets import Batch, Nets
from sslbench.methods.pairing import both_ways
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


def coding_rate(z: Tensor, distortion: float) -> Tensor:
    """log det(I + dim / (n distortion) Z'Z) / 2 in nats, (runs,); rows z (runs, n, dim), usually of unit norm.

    Source: Ma et al. 2007, doi:10.1109/TPAMI.2007.1085, with distortion for epsilon squared.
    """
    n, dim = z.shape[1:]
    identity = torch.eye(dim, dtype=z.dtype, device=z.device)
    factor = torch.linalg.cholesky(identity + dim / (n * distortion) * (z.mT @ z))
    return factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)


@METHODS.register("emp-ssl")
@dataclass(frozen=True)
class EMPSSL(JointEmbedding):
    """Each view agrees with the mean of all views of its item, and each view's embeddings have a high coding rate.

    Source: Tong et al. 2023, arXiv:2304.03977; weight 200 and epsilon 0.2 as in the authors' code.
    Deviation: four whole views alike instead of 20 to 200 small patches, and the usual steps instead of one epoch. The
    paper's text was not read, its code was.
    """

    invariance_weight: float = tunable(200.0, 20.0, 1000.0)
    distortion: float = tunable(0.2, 0.02, 2.0)

    card = Card(
        title="EMP-SSL",
        family="information maximisation",
        source="Tong et al. 2023, arXiv:2304.03977",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "more views"),
        views=4,
    )

    def loss(self, *z: Tensor) -> Tensor:
        """Loss of each run, (runs,), from the embeddings of two or more views, each (runs, batch, emb_dim)."""
        check_pair(z[0], z[1])
        views = [normalize(v, dim=-1) for v in z]
        mean = sum(views) / len(views)
        agreement = sum(cosine_similarity(v, mean, dim=-1).mean(-1) for v in views) / len(views)
        rate = sum(coding_rate(v, self.distortion) for v in views) / len(views)
        return -self.invariance_weight * agreement - rate


@METHODS.register("simdino")
@dataclass(frozen=True)
class SimDINO(Pretrained):
    """The student's embedding agrees with the teacher's of the other view, and fills the space by its coding rate.

    DINO without prototypes, centring and sharpening.

    Source: Wu et al. 2025, arXiv:2502.10385; weight 1, epsilon 0.5 and the balance (dim + n) / (dim n) as in the
    authors' code.
    Deviation: no small crops; teacher momentum starts at 0.99. The paper's text was not read, its code was.
    """

    weight: float = tunable(1.0, 0.1, 10.0)  # of the agreement
    distortion: float = tunable(0.5, 0.05, 2.0)
    momentum: float = tunable(0.99, 0.9, 0.999)

    card = Card(
        title="SimDINO",
        family="self-distillation",
        source="Wu et al. 2025, arXiv:2502.10385",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "ema-teacher"),
    )

    def loss(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Loss of each run, (runs,); embeddings of two different views, (runs, batch, emb_dim)."""
        check_pair(student, teacher)
        n, dim = student.shape[1:]
        student = normalize(student, dim=-1)
        rate = coding_rate(student, self.distortion) * (dim + n) / (dim * n)
        return -self.weight * cosine_similarity(student, teacher, dim=-1).mean(-1) - rate

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        students = nets.embed(batch.views)
        with torch.no_grad():
            teachers = nets.teacher_forward(batch.views)
        return both_ways(self.loss, students, teachers) / 2


def collision_entropy(z: Tensor) -> Tensor:
    """Matrix-based Renyi entropy of order 2 of Z'Z, brought to trace 1, in nats, (runs,); z (runs, n, dim)."""
    gram = z.mT @ z
    trace = gram.diagonal(dim1=-2, dim2=-1).sum(-1)
    return -(gram.square().sum((-2, -1)) / trace.square()).log()


@METHODS.register("frossl")
@dataclass(frozen=True)
class FroSSL(JointEmbedding):
    """Views agree with their mean, while the Frobenius norm of each view's covariance, brought to trace 1, is small.

    Source: Skean et al. 2024, arXiv:2310.02903; the loss of many views of the authors' code: columns of unit norm, the
    weight of agreement 1.
    Deviation: columns are centred before, as the authors' loss of two views has it. The paper's text was not read, its
    code was.
    """

    invariance_weight: float = tunable(1.0, 0.1, 10.0)

    card = Card(
        title="FroSSL",
        family="information maximisation",
        source="Skean et al. 2024, arXiv:2310.02903",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "more views"),
    )

    def loss(self, *z: Tensor) -> Tensor:
        """Loss of each run, (runs,), from the embeddings of two or more views, each (runs, batch, emb_dim)."""
        check_pair(z[0], z[1])
        columns: Sequence[Tensor] = [normalize(v - v.mean(1, keepdim=True), dim=1) for v in z]
        mean = sum(columns) / len(columns)
        apart = sum((v - mean).square().mean((1, 2)) for v in columns)
        agreement = len(columns) * z[0].shape[-1] * apart
        return self.invariance_weight * agreement - sum(collision_entropy(v) for v in columns)
