"""Agreement minus an entropy estimate: VICReg and BYOL with explicit entropy, and infomax with any estimate.

Source of the family: Shwartz-Ziv et al. 2023, arXiv:2303.00633, section 5. The paper's weights were not available to
us.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.information.entropy import logdet_entropy, pairwise_entropy
from sslbench.information.geometry import uniformity
from sslbench.methods.base import JointEmbedding, check_pair
from sslbench.methods.card import Card
from sslbench.methods.distillation import BYOL
from sslbench.methods.nets import Batch, Nets
from sslbench.methods.pairing import both_ways
from sslbench.methods.redundancy import covariance, variance_hinge
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


def diagonal_entropy(z: Tensor, ridge: float) -> Tensor:
    """Entropy of independent Gaussians with the columns' variances plus a ridge, nats; (runs, batch, dim) -> (runs,).

    It is above the log-det entropy, by Hadamard's inequality.
    """
    variance = z.var(1) + ridge
    return (variance.log().sum(-1) + z.shape[-1] * math.log(2 * math.pi * math.e)) / 2


ENTROPIES = {
    "variance": lambda z, sd, ridge: -variance_hinge(covariance(z)) * z.shape[-1],
    "diagonal": lambda z, sd, ridge: diagonal_entropy(z, ridge),
    "logdet": lambda z, sd, ridge: logdet_entropy(z, ridge),
    "pairwise-upper": lambda z, sd, ridge: pairwise_entropy(z, sd, "upper"),
    "pairwise-lower": lambda z, sd, ridge: pairwise_entropy(z, sd, "lower"),
    "uniformity": lambda z, sd, ridge: -uniformity(z),
}


@METHODS.register("vicreg-logdet")
@dataclass(frozen=True)
class VICRegLogDet(JointEmbedding):
    """Agree, and keep the log-determinant of each view's covariance large.

    Source: Shwartz-Ziv et al. 2023, arXiv:2303.00633, with the log-det entropy of Zhouyin & Liu 2021, arXiv:2105.03705.
    Deviation: weights are ours: entropy in nats per coordinate, against 25 x mean squared error.
    """

    invariance_weight: float = tunable(25.0, 5.0, 100.0)
    entropy_weight: float = tunable(5.0, 1.0, 25.0)
    ridge: float = 1e-3

    card = Card(
        title="VICReg + LogDet",
        family="entropy",
        source="Shwartz-Ziv et al. 2023, arXiv:2303.00633, section 5",
        assumes=("redundancy-1", "redundancy-2"),
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        invariance = (z1 - z2).square().mean((1, 2))
        entropy = (logdet_entropy(z1, self.ridge) + logdet_entropy(z2, self.ridge)) / (2 * z1.shape[-1])
        return self.invariance_weight * invariance - self.entropy_weight * entropy


@METHODS.register("vicreg-pairdist")
@dataclass(frozen=True)
class VICRegPairDist(JointEmbedding):
    """Agree, and keep the pairwise-distance entropy of each view large.

    Source: Shwartz-Ziv et al. 2023, arXiv:2303.00633, with the upper bound of Kolchinsky & Tracey 2017,
    arXiv:1706.02419, Eq. 10.
    Deviation: weights and the width of the components are ours: entropy in nats per item, against 25 x mean squared
    error. The entropy saturates at log(batch).
    """

    invariance_weight: float = tunable(25.0, 5.0, 100.0)
    entropy_weight: float = tunable(5.0, 1.0, 25.0)
    sd: float = 1.0

    card = Card(
        title="VICReg + PairDist",
        family="entropy",
        source="Shwartz-Ziv et al. 2023, arXiv:2303.00633, section 5",
        assumes=("redundancy-1", "redundancy-2"),
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        invariance = (z1 - z2).square().mean((1, 2))
        entropy = (pairwise_entropy(z1, self.sd) + pairwise_entropy(z2, self.sd)) / 2
        return self.invariance_weight * invariance - self.entropy_weight * entropy


@METHODS.register("infomax")
@dataclass(frozen=True)
class InfoMax(JointEmbedding):
    """Maximise a lower bound on I(Z; X'): each view's entropy less what the other view leaves open about it.

    Source: Shwartz-Ziv et al. 2023, arXiv:2303.00633, section 4: H(Z) + E log q(z | z') with q normal of width `sd`.
    `entropy` names the estimate: variance (VICReg's hinge), diagonal, logdet, pairwise-upper, pairwise-lower,
    uniformity.
    Deviation: per coordinate, and constants of the bound are dropped.
    """

    entropy: str = "logdet"
    sd: float = tunable(0.2, 0.05, 1.0)
    ridge: float = 1e-3

    card = Card(
        title="InfoMax",
        family="entropy",
        source="Shwartz-Ziv et al. 2023, arXiv:2303.00633, section 4",
        assumes=("redundancy-1", "redundancy-2"),
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Minus the bound per coordinate, nats, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        if self.entropy not in ENTROPIES:
            raise ValueError(f"infomax's entropy is one of {', '.join(ENTROPIES)}, got {self.entropy!r}")
        left_open = (z1 - z2).square().mean((1, 2)) / (2 * self.sd * self.sd)
        entropy = ENTROPIES[self.entropy]
        return left_open - sum(entropy(z, self.sd, self.ridge) for z in (z1, z2)) / (2 * z1.shape[-1])


class WithEntropy(BYOL):
    """BYOL, with the entropy of its embeddings kept large."""

    def entropy(self, z: Tensor) -> Tensor:
        """Entropy of embeddings at norm sqrt(dim), per coordinate; (runs, batch, emb_dim) -> (runs,)."""
        raise NotImplementedError

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        z = nets.embed(batch.views)
        predictions = nets.predict(z)
        with torch.no_grad():
            targets = nets.teacher_forward(batch.views)
        agree = both_ways(self.loss, predictions, targets)
        sized = [normalize(v, dim=-1) * v.shape[-1] ** 0.5 for v in z]
        return agree - self.entropy_weight * sum(map(self.entropy, sized)) / len(sized)


@METHODS.register("byol-logdet")
@dataclass(frozen=True)
class BYOLLogDet(WithEntropy):
    """BYOL, with the log-determinant of its embeddings' covariance kept large.

    Source: Shwartz-Ziv et al. 2023, arXiv:2303.00633, section 5, with the log-det entropy of Zhouyin & Liu 2021,
    arXiv:2105.03705.
    Deviation: the weight is ours; the entropy is read per coordinate at unit mean square, since BYOL knows no scale.
    """

    entropy_weight: float = tunable(0.1, 0.01, 1.0)
    ridge: float = 1e-2

    card = Card(
        title="BYOL + LogDet",
        family="entropy",
        source="Shwartz-Ziv et al. 2023, arXiv:2303.00633, section 5",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=BYOL.card.requirements,
    )

    def entropy(self, z: Tensor) -> Tensor:
        """Log-det entropy per coordinate, (runs,)."""
        return logdet_entropy(z, self.ridge) / z.shape[-1]


@METHODS.register("byol-pairdist")
@dataclass(frozen=True)
class BYOLPairDist(WithEntropy):
    """BYOL, with the pairwise-distance entropy of its embeddings kept large.

    Source: Shwartz-Ziv et al. 2023, arXiv:2303.00633, section 5, with the upper bound of Kolchinsky & Tracey 2017,
    arXiv:1706.02419, Eq. 10.
    Deviation: the weight is ours; components of width 3 around embeddings at unit mean square, since BYOL knows no
    scale.
    """

    entropy_weight: float = tunable(0.1, 0.01, 1.0)
    sd: float = 3.0

    card = Card(
        title="BYOL + PairDist",
        family="entropy",
        source="Shwartz-Ziv et al. 2023, arXiv:2303.00633, section 5",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=BYOL.card.requirements,
    )

    def entropy(self, z: Tensor) -> Tensor:
        """Upper pairwise bound, (runs,)."""
        return pairwise_entropy(z, self.sd)
