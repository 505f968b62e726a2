"""Methods made for tables, with views of their own."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import normalize

from sslbench.methods.base import Card, JointEmbedding, check_pair
from sslbench.methods.contrastive import diagonal_cross_entropy
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


@METHODS.register("scarf")
@dataclass(frozen=True)
class SCARF(JointEmbedding):
    """A clean row must find its own corrupted version among those of the batch.

    Source: Bahri et al. 2022, arXiv:2106.15147, Alg. 1: exactly floor(0.6 x columns) cells from the train marginals,
    one view only, one direction, temperature 1.
    Deviation: the encoder is the task's, not the paper's; the constant log(batch) of the paper's mean in the
    denominator is dropped.
    """

    corruption: float = tunable(0.6, 0.2, 0.9)
    temperature: float = tunable(1.0, 0.05, 2.0)

    card = Card(
        title="SCARF",
        family="tabular",
        source="Bahri et al. 2022, arXiv:2106.15147, Alg. 1",
        assumes=("redundancy-1", "redundancy-2"),
        needs=("two views", "one table"),
        uses_negatives=True,
        deviation="the encoder is the task's, not the paper's",
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """InfoNCE from clean z1 to corrupted z2, (runs,); each (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        return diagonal_cross_entropy(normalize(z1, dim=-1) @ normalize(z2, dim=-1).mT / self.temperature)

    def own_view(self) -> tuple[str, float]:
        return "resample", self.corruption
