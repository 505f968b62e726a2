"""Contrastive methods: pull positive pairs together, push other items of the batch away."""

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


def diagonal_cross_entropy(logits: Tensor) -> Tensor:
    """Mean over rows of the cross-entropy with the diagonal as the right answer; (runs, n, n) -> (runs,)."""
    return (logits.logsumexp(-1) - logits.diagonal(dim1=-2, dim2=-1)).mean(-1)


@METHODS.register("simclr")
@dataclass(frozen=True)
class SimCLR(JointEmbedding):
    """NT-Xent: each embedding must find its partner among the 2 x batch - 1 others.

    Source: Chen et al. 2020, arXiv:2002.05709, Eq. 1.
    Deviation: none.
    """

    temperature: float = tunable(0.2, 0.05, 1.0)

    card = Card(
        title="SimCLR",
        family="contrastive",
        source="Chen et al. 2020, arXiv:2002.05709, Eq. 1",
        assumes=("redundancy-1", "redundancy-2"),
        uses_negatives=True,
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        n = z1.shape[1]
        z1, z2 = normalize(z1, dim=-1), normalize(z2, dim=-1)
        z = torch.cat([z1, z2], 1)  # (runs, 2n, emb_dim)
        itself = torch.eye(2 * n, dtype=torch.bool, device=z.device)
        logits = (z @ z.mT / self.temperature).masked_fill(itself, float("-inf"))
        positive = (z1 * z2).sum(-1).mean(-1) / self.temperature  # the same for both directions
        return logits.logsumexp(-1).mean(-1) - positive


@METHODS.register("moco-v3")
@dataclass(frozen=True)
class MoCoV3(Pretrained):
    """The predicted embedding of one view must find the teacher's embedding of the other among those of the batch.

    Source: Chen, Xie & He 2021, arXiv:2104.02057, Eq. 1 and Alg. 1 (loss times 2 x temperature).
    Deviation: teacher momentum starts at 0.99, temperature 0.2 for every encoder; AdamW for every encoder, where the
    paper uses LARS for ResNets.
    """

    temperature: float = tunable(0.2, 0.05, 1.0)
    momentum: float = tunable(0.99, 0.9, 0.999)

    card = Card(
        title="MoCo v3",
        family="contrastive",
        source="Chen, Xie & He 2021, arXiv:2104.02057, Eq. 1 and Alg. 1",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "predictor", "ema-teacher"),
        uses_negatives=True,
    )

    def loss(self, query: Tensor, key: Tensor) -> Tensor:
        """InfoNCE from query to key, times 2 x temperature, (runs,); each (runs, batch, emb_dim), batch >= 2."""
        check_pair(query, key)
        logits = normalize(query, dim=-1) @ normalize(key, dim=-1).mT / self.temperature
        return 2 * self.temperature * diagonal_cross_entropy(logits)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        queries = nets.predict(nets.embed(batch.views))
        with torch.no_grad():
            keys = nets.teacher_forward(batch.views)
        return both_ways(self.loss, queries, keys)


@METHODS.register("nnclr")
@dataclass(frozen=True)
class NNCLR(Pretrained):
    """The nearest neighbour of one view's embedding, in a queue of past embeddings, must find the other view.

    Source: Dwibedi et al. 2021, arXiv:2104.14548, Eqs. 3-4; predictor and symmetric loss as in its section 3.3.
    Deviation: a queue of 512, since runs are short. Each direction keeps the queue of the view that it starts from, so
    that streams do not mix.
    """

    temperature: float = tunable(0.1, 0.05, 1.0)
    queue: int = 512

    card = Card(
        title="NNCLR",
        family="contrastive",
        source="Dwibedi et al. 2021, arXiv:2104.14548, Eqs. 3-4",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "predictor", "memory"),
        uses_negatives=True,
    )

    def memory(self, start: Start) -> dict[str, Tensor]:
        shape = (start.draw.runs, self.queue, start.emb_dim)
        return {f"queue {i}": normalize(start.draw.of(f"queue {i}").normal(shape), dim=-1) for i in range(start.views)}

    def loss(self, neighbour: Tensor, prediction: Tensor) -> Tensor:
        """InfoNCE from each neighbour to the predictions of the batch, (runs,); each (runs, batch, emb_dim)."""
        check_pair(neighbour, prediction)
        logits = normalize(neighbour, dim=-1) @ normalize(prediction, dim=-1).mT / self.temperature
        return diagonal_cross_entropy(logits)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        z = nets.embed(batch.views)
        predictions = nets.predict(z)
        neighbours = []
        for i, mine in enumerate(z):
            mine, queue = normalize(mine.detach(), dim=-1), nets.memory[f"queue {i}"]
            neighbours.append(nearest(mine, queue))
            nets.remember(f"queue {i}", torch.cat([mine, queue], 1)[:, : self.queue])
        return both_ways(self.loss, neighbours, predictions) / 2


@METHODS.register("supcon")
@dataclass(frozen=True)
class SupCon(Pretrained):
    """Every view must find all views of its class among the batch: what contrast reaches when labels name the pairs.

    Source: Khosla et al. 2020, arXiv:2004.11362, Eq. 2 (L_out), temperature 0.1.
    Deviation: the mean over the targets of a task, which share the encoder; several streams are views of one another.
    """

    temperature: float = tunable(0.1, 0.05, 1.0)

    card = Card(
        title="SupCon",
        family="control",
        source="Khosla et al. 2020, arXiv:2004.11362, Eq. 2",
        requirements=("two views", "labels"),
        uses_labels=True,
        uses_negatives=True,
    )

    def loss(self, z1: Tensor, z2: Tensor, labels: Tensor) -> Tensor:
        """Loss of each run, (runs,); z1, z2: (runs, batch, emb_dim), labels: (runs, batch)."""
        check_pair(z1, z2)
        z, y = normalize(torch.cat([z1, z2], 1), dim=-1), torch.cat([labels, labels], 1)
        itself = torch.eye(z.shape[1], dtype=torch.bool, device=z.device)
        scores = (z @ z.mT / self.temperature).masked_fill(itself, -torch.inf)
        surprise = scores.logsumexp(-1, keepdim=True) - scores.masked_fill(itself, 0.0)
        partners = ((y[:, :, None] == y[:, None, :]) & ~itself).to(z.dtype)
        return ((surprise * partners).sum(-1) / partners.sum(-1)).mean(-1)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        z = nets.embed(batch.views)
        losses = [over_pairs(lambda a, b, y=y: self.loss(a, b, y), z) for y in batch.labels.values()]
        return sum(losses[1:], losses[0]) / len(losses)


@METHODS.register("moco-v2")
@dataclass(frozen=True)
class MoCoV2(Pretrained):
    """A view's embedding must find the teacher's embedding of the other view among those of past batches.

    Source: He et al. 2020, arXiv:1911.05722, Eq. 1, with the projector and temperature 0.2 of Chen et al. 2020,
    arXiv:2003.04297.
    Deviation: a queue of 512, since runs are short; both directions, each with the queue of the view that it looks for,
    so that streams do not mix; teacher momentum starts at 0.99.
    """

    temperature: float = tunable(0.2, 0.05, 1.0)
    queue: int = 512
    momentum: float = tunable(0.99, 0.9, 0.999)

    card = Card(
        title="MoCo v2",
        family="contrastive",
        source="He et al. 2020, arXiv:1911.05722, Eq. 1",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "ema-teacher", "memory"),
        uses_negatives=True,
    )

    def memory(self, start: Start) -> dict[str, Tensor]:
        shape = (start.draw.runs, self.queue, start.emb_dim)
        return {f"queue {i}": normalize(start.draw.of(f"queue {i}").normal(shape), dim=-1) for i in range(start.views)}

    def loss(self, query: Tensor, key: Tensor, queue: Tensor) -> Tensor:
        """InfoNCE with the key as the answer among the queue, (runs,).

        query, key: (runs, batch, emb_dim); queue: (runs, length, emb_dim) of unit norm.
        """
        check_pair(query, key, least=1)
        query, key = normalize(query, dim=-1), normalize(key, dim=-1)
        logits = torch.cat([(query * key).sum(-1, keepdim=True), query @ queue.mT], -1) / self.temperature
        return (logits.logsumexp(-1) - logits[..., 0]).mean(-1)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        queries = nets.embed(batch.views)
        with torch.no_grad():
            keys = [normalize(z, dim=-1) for z in nets.teacher_forward(batch.views)]
            queues = [nets.memory[f"queue {i}"] for i in range(len(keys))]
            for i, (key, queue) in enumerate(zip(keys, queues, strict=True)):
                nets.remember(f"queue {i}", torch.cat([key, queue], 1)[:, : self.queue])
        found = list(zip(keys, queues, strict=True))
        return both_ways(lambda q, k: self.loss(q, *k), queries, found) / 2


def nearest(z: Tensor, queue: Tensor) -> Tensor:
    """The queue's row nearest to each row of z, (runs, batch, dim); both of unit norm."""
    place = (z @ queue.mT).argmax(-1)  # (runs, batch)
    return queue.gather(1, place[..., None].expand(*place.shape, queue.shape[-1]))


@METHODS.register("dcl")
@dataclass(frozen=True)
class DCL(JointEmbedding):
    """NT-Xent without the positive in its denominator, so that easy positives still pull.

    Source: Yeh et al. 2022, arXiv:2110.06848, Eqs. 5-6; `weight_width` > 0 weights hard positives by Eq. 7 (DCLW).
    Deviation: none.
    """

    temperature: float = tunable(0.1, 0.05, 1.0)
    weight_width: float = 0.0  # sigma of the von Mises-Fisher weight; 0 leaves every positive its weight of 1

    card = Card(
        title="DCL",
        family="contrastive",
        source="Yeh et al. 2022, arXiv:2110.06848, Eqs. 5-6",
        assumes=("redundancy-1", "redundancy-2"),
        uses_negatives=True,
    )
    version = 2

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Mean of both directions, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        n = z1.shape[1]
        z1, z2 = normalize(z1, dim=-1), normalize(z2, dim=-1)
        both = torch.cat([z1, z2], 1)
        none = torch.eye(n, dtype=torch.bool, device=z1.device).repeat(2, 2)  # itself and its partner
        negative = (both @ both.mT / self.temperature).masked_fill(none, float("-inf")).logsumexp(-1).mean(-1)
        similarity = (z1 * z2).sum(-1)  # (runs, batch)
        weight = 1.0
        if self.weight_width:
            weight = 2 - n * (similarity.detach() / self.weight_width).softmax(-1)
        return negative - (weight * similarity / self.temperature).mean(-1)


@METHODS.register("spectral-contrastive")
@dataclass(frozen=True)
class SpectralContrastive(JointEmbedding):
    """Positive pairs align while the squared product of negative ones is small: the augmentation graph, factorised.

    Source: HaoChen et al. 2021, arXiv:2106.04156, Eq. 6; negatives are other items' second views, rows are clipped to
    norm sqrt(mu) as in the authors' code.
    Deviation: AdamW and the protocol's head, where the authors use SGD and a linear head of width 1000.
    """

    mu: float = tunable(1.0, 0.3, 10.0)

    card = Card(
        title="Spectral contrastive",
        family="contrastive",
        source="HaoChen et al. 2021, arXiv:2106.04156, Eq. 6",
        assumes=("redundancy-1", "redundancy-2"),
        uses_negatives=True,
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Loss of each run, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        n = z1.shape[1]
        clip = lambda z: z * (self.mu / z.square().sum(-1, keepdim=True).clamp_min(1e-12)).sqrt().clamp_max(1)  # noqa: E731
        z1, z2 = clip(z1), clip(z2)
        product = z1 @ z2.mT
        others = product.square().sum((1, 2)) - product.diagonal(dim1=-2, dim2=-1).square().sum(-1)
        return others / (n * (n - 1)) - 2 * (z1 * z2).sum(-1).mean(-1)
