"""Latent prediction: predict what a slowly moving teacher represents, not the input itself."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import layer_norm, smooth_l1_loss

from sslbench.methods.base import Pretrained
from sslbench.methods.card import Card, Head
from sslbench.methods.masking import blank, choose_tokens, spread
from sslbench.methods.nets import Batch, Nets
from sslbench.methods.pairing import both_ways
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS


def latent_distance(prediction: Tensor, target: Tensor) -> Tensor:
    """Smooth L1 distance (threshold 1), mean over rows and coordinates, (runs,); both (runs, batch, dim)."""
    return smooth_l1_loss(prediction, target, reduction="none").mean((1, 2))


def teacher_target(nets: Nets, stream: int, x: Tensor) -> Tensor:
    """The teacher's representation of x, each row with mean 0 and variance 1, without gradient."""
    with torch.no_grad():
        h = nets.teacher_encode(stream, x)
        return layer_norm(h, h.shape[-1:])


@METHODS.register("jepa")
@dataclass(frozen=True)
class JEPA(Pretrained):
    """From an input with most patches or columns blanked, predict the teacher's representation of the whole. Each
    stream on its own.

    Source: Baevski et al. 2022 (data2vec), arXiv:2202.03555, Eq. 2 and section 3.3; the name of the family is from
    Assran et al. 2023, arXiv:2301.08243.
    Deviation: the encoder has one output per item, so one latent is predicted instead of one per patch; targets are the
    last layer, normalised; teacher momentum starts at 0.99.
    """

    masked: float = tunable(0.5, 0.2, 0.9)
    momentum: float = tunable(0.99, 0.9, 0.999)

    card = Card(
        title="JEPA (data2vec)",
        family="latent prediction",
        source="Baevski et al. 2022, arXiv:2202.03555, Eq. 2",
        requirements=("masks", "ema-teacher"),
        deviation="one latent per item instead of one per patch",
        recalibrates=True,
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return {"latent": Head("rep", "rep")}

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Smooth L1 distance, (runs,); both (runs, batch, rep_dim)."""
        return latent_distance(prediction, target)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        total = 0
        for i, (x, tokens) in enumerate(zip(batch.clean, batch.tokens, strict=True)):
            mask = spread(choose_tokens(batch.draw.of(f"mask {i}"), tokens, x.shape[1], self.masked), tokens)
            prediction = nets.head("latent", nets.encode(i, blank(x, mask)), i)
            total = total + self.loss(prediction, teacher_target(nets, i, x))
        return total


@METHODS.register("cross-jepa")
@dataclass(frozen=True)
class CrossJEPA(Pretrained):
    """From each stream, predict the teacher's representation of the others.

    Source: Assran et al. 2023, arXiv:2301.08243, section 3, with the other stream in place of target blocks.
    Deviation: the pairing of streams is ours; teacher momentum starts at 0.99.
    """

    momentum: float = tunable(0.99, 0.9, 0.999)

    card = Card(
        title="JEPA across streams",
        family="paired",
        source="Assran et al. 2023, arXiv:2301.08243, section 3",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("paired streams", "ema-teacher"),
        deviation="the other stream takes the place of target blocks",
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return {"latent": Head("rep", "rep")}

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Smooth L1 distance, (runs,); both (runs, batch, rep_dim)."""
        return latent_distance(prediction, target)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        predictions = [nets.head("latent", nets.encode(i, x), i) for i, x in enumerate(batch.clean)]
        targets = [teacher_target(nets, i, x) for i, x in enumerate(batch.clean)]
        return both_ways(self.loss, predictions, targets)
