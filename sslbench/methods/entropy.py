"""VICReg with its variance and covariance terms replaced by an entropy estimate: invariance minus entropy.

Source of the family: Shwartz-Ziv et al. 2023, arXiv:2303.00633, section 5. The paper's weights were not available to
us.
"""

from dataclasses import dataclass

from torch import Tensor

from sslbench.information.entropy import logdet_entropy, pairwise_entropy
from sslbench.methods.base import Card, JointEmbedding, check_pair
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS

WEIGHTS = (
    "weights and widths are ours: entropy in nats per coordinate (log-det) or per item (pairwise), "
    "against 25 x mean squared error"
)


@METHODS.register("vicreg-logdet")
@dataclass(frozen=True)
class VICRegLogDet(JointEmbedding):
    """Agree, and keep the log-determinant of each view's covariance large.

    Source: Shwartz-Ziv et al. 2023, arXiv:2303.00633, with the log-det entropy of Zhouyin & Liu 2021, arXiv:2105.03705.
    Deviation: weights are ours (entropy per coordinate).
    """

    invariance_weight: float = tunable(25.0, 5.0, 100.0)
    entropy_weight: float = tunable(5.0, 1.0, 25.0)
    ridge: float = 1e-3

    card = Card(
        title="VICReg + LogDet",
        family="entropy",
        source="Shwartz-Ziv et al. 2023, arXiv:2303.00633, section 5",
        assumes=("redundancy-1", "redundancy-2"),
        deviation=WEIGHTS,
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
    Deviation: weights and the width of the components are ours. The entropy saturates at log(batch).
    """

    invariance_weight: float = tunable(25.0, 5.0, 100.0)
    entropy_weight: float = tunable(5.0, 1.0, 25.0)
    sd: float = 1.0

    card = Card(
        title="VICReg + PairDist",
        family="entropy",
        source="Shwartz-Ziv et al. 2023, arXiv:2303.00633, section 5",
        assumes=("redundancy-1", "redundancy-2"),
        deviation=WEIGHTS,
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        invariance = (z1 - z2).square().mean((1, 2))
        entropy = (pairwise_entropy(z1, self.sd) + pairwise_entropy(z2, self.sd)) / 2
        return self.invariance_weight * invariance - self.entropy_weight * entropy
