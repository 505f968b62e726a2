"""Compressing methods: keep what the views share, or what the label needs, and pay for every further nat."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize, softplus

from sslbench.methods.base import Pretrained, Supervised
from sslbench.methods.card import Card, Head
from sslbench.methods.contrastive import diagonal_cross_entropy
from sslbench.methods.nets import Batch, Nets
from sslbench.methods.pairing import both_ways, over_pairs
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS

SPREAD = {"sd": Head("rep", "rep", hidden=0)}  # of a stochastic code whose mean is the representation


def spread_of(nets: Nets, h: Tensor, stream: int = 0, least: float = 1e-4) -> Tensor:
    """Standard deviations of the stochastic code around h, (runs, batch, rep_dim); about 0.7 at the start."""
    return softplus(nets.head("sd", h, stream)) + least


def normal_kl(mean1: Tensor, sd1: Tensor, mean2: Tensor | float, sd2: Tensor | float) -> Tensor:
    """KL(N(mean1, sd1) || N(mean2, sd2)) in nats, summed over coordinates, mean over the batch, (runs,).

    All are (runs, batch, dim).
    """
    ratio = (sd1 / sd2).square()
    return ((ratio + ((mean1 - mean2) / sd2).square() - 1 - ratio.log()) / 2).sum(-1).mean(-1)


@METHODS.register("mib")
@dataclass(frozen=True)
class MIB(Pretrained):
    """Stochastic codes of both views share all they can, and what only one view knows is thrown away.

    Their distributions given either view agree.

    Source: Federici et al. 2020, arXiv:2002.07017, Eq. 4: -I(z1; z2) + beta D_SKL, beta rising from 1e-3.
    Deviation: I(z1; z2) by InfoNCE through the projector, where the authors' code uses a Jensen-Shannon critic; beta
    reaches its value at half of the training; no standard deviation falls below 0.01, as the divergence of two views
    grows with its inverse square: at a least of 1e-4 one run of three broke down late in long training.
    """

    version = 2  # the least standard deviation
    beta: float = tunable(0.1, 0.01, 1.0)
    temperature: float = 0.2

    card = Card(
        title="Multi-view information bottleneck",
        family="compressing",
        source="Federici et al. 2020, arXiv:2002.07017, Eq. 4",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "stochastic heads"),
        uses_negatives=True,
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return SPREAD

    def disagreement(self, mean1: Tensor, sd1: Tensor, mean2: Tensor, sd2: Tensor) -> Tensor:
        """Symmetrised KL of the two views' codes, nats, (runs,)."""
        return (normal_kl(mean1, sd1, mean2, sd2) + normal_kl(mean2, sd2, mean1, sd1)) / 2

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Minus the InfoNCE bound but for log(batch), both directions, (runs,); projected samples of the codes."""
        logits = normalize(z1, dim=-1) @ normalize(z2, dim=-1).mT / self.temperature
        return (diagonal_cross_entropy(logits) + diagonal_cross_entropy(logits.mT)) / 2

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        means = nets.represent(batch.views)
        sds = [spread_of(nets, h, i, least=1e-2) for i, h in enumerate(means)]
        noise = [batch.draw.of(f"code {i}").normal(h.shape) for i, h in enumerate(means)]
        codes = [m + s * e for m, s, e in zip(means, sds, noise, strict=True)]
        beta = self.beta * 1e-2 ** (1 - (2 * batch.progress)).clamp_min(0)
        agree = over_pairs(self.loss, nets.project(codes))
        return agree + beta * over_pairs(lambda a, b: self.disagreement(*a, *b), list(zip(means, sds, strict=True)))


@METHODS.register("c-simclr")
@dataclass(frozen=True)
class CSimCLR(Pretrained):
    """SimCLR whose noisy code of one view must be as likely under the other view: the conditional entropy bottleneck.

    Source: Lee et al. 2021, arXiv:2109.12909, section 3.1: von Mises-Fisher codes with concentration 1024 and a
    backward one of 10, both directions.
    Deviation: samples by normal noise of variance 1/concentration, brought to unit norm, which is the limit of large
    concentration; constants that depend on the concentrations only are dropped.
    """

    beta: float = tunable(1.0, 0.1, 10.0)
    concentration: float = 1024.0
    backward: float = tunable(10.0, 2.0, 20.0)  # the inverse temperature of the contrast as well

    card = Card(
        title="C-SimCLR",
        family="compressing",
        source="Lee et al. 2021, arXiv:2109.12909, section 3.1",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "stochastic heads"),
        uses_negatives=True,
    )

    def loss(self, code: Tensor, mean: Tensor, other: Tensor) -> Tensor:
        """beta (log e(z | x) - log b(z | y)) less the contrastive bound, (runs,).

        Unit vectors (runs, batch, emb_dim): the code z of view x, its mean, and the mean of the other view y.
        """
        residual = self.concentration * (code * mean).sum(-1).mean(-1) - self.backward * (code * other).sum(-1).mean(-1)
        return self.beta * residual + diagonal_cross_entropy(code @ other.mT * self.backward)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        means = [normalize(z, dim=-1) for z in nets.embed(batch.views)]
        noises = [
            batch.draw.of(f"code {i}").normal(mean.shape) / self.concentration**0.5 for i, mean in enumerate(means)
        ]

        def one_way(own: tuple[Tensor, Tensor], other: Tensor) -> Tensor:
            mean, noise = own
            return self.loss(normalize(mean + noise, dim=-1), mean, other)

        return both_ways(one_way, list(zip(means, noises, strict=True)), means) / 2


@METHODS.register("vib")
@dataclass(frozen=True)
class VIB(Supervised):
    """A stochastic code that predicts the labels and is near the prior: the supervised bottleneck, stream by stream.

    Source: Alemi et al. 2017, arXiv:1612.00410, Eq. 17, beta 1e-3.
    Deviation: all targets of a task share the code; val is read at the code's mean.
    """

    beta: float = tunable(1e-3, 1e-4, 1e-1)

    card = Card(
        title="Variational information bottleneck",
        family="compressing",
        source="Alemi et al. 2017, arXiv:1612.00410, Eq. 17",
        requirements=("labels", "stochastic heads"),
        uses_labels=True,
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return SPREAD | self.class_heads(classes, "rep", shared=False)

    def logits(self, nets: Nets, inputs: Sequence[Tensor]) -> dict[str, list[Tensor]]:
        return self.read_classes(nets, [nets.encode(i, x) for i, x in enumerate(inputs)])

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        codes, rate = [], 0
        for i, x in enumerate(batch.clean):
            mean = nets.encode(i, x)
            sd = spread_of(nets, mean, i)
            codes.append(mean + sd * batch.draw.of(f"code {i}").normal(mean.shape))
            rate = rate + normal_kl(mean, sd, 0.0, 1.0)
        fit = sum(self.loss(p, batch.labels[t]) for t, found in self.read_classes(nets, codes).items() for p in found)
        return fit + self.beta * rate


@METHODS.register("multiview-ib")
@dataclass(frozen=True)
class MultiviewIB(VIB):
    """Stochastic codes of all streams predict the labels together, each near its prior.

    Source: Wang et al. 2019, Deep multi-view information bottleneck (SDM), in the notation of arXiv:2304.09355, section
    3.2.3: alpha I(X1; Z1) + beta I(X2; Z2) - I(Z12; Y), alpha = beta.
    Deviation: codes side by side feed one linear classifier; the rates are KL bounds to a standard normal prior, with
    one weight for all.
    """

    card = Card(
        title="Multi-view supervised bottleneck",
        family="compressing",
        source="Wang et al. 2019 (SDM); arXiv:2304.09355, section 3.2.3",
        requirements=("labels", "paired streams", "stochastic heads"),
        uses_labels=True,
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return SPREAD | self.class_heads(classes, "joint", shared=True)

    def read_classes(self, nets: Nets, codes: Sequence[Tensor]) -> dict[str, list[Tensor]]:
        return super().read_classes(nets, [torch.cat(list(codes), -1)])
