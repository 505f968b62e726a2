"""Methods that compare all streams of an item at once, where pairs of them may say nothing: three streams or more."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.methods.base import Pretrained
from sslbench.methods.card import Card
from sslbench.methods.contrastive import diagonal_cross_entropy
from sslbench.methods.nets import Batch, Nets
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS

LARGEST_SCALE = 100.0  # of learnt inverse temperatures, as CLIP has it


def check_streams(z: Sequence[Tensor], least: int) -> None:
    """Raise ValueError unless there are enough streams' embeddings, all (runs, batch, emb_dim) of one shape."""
    shapes = [tuple(x.shape) for x in z]
    if len(z) < least or len(set(shapes)) > 1 or z[0].ndim != 3 or z[0].shape[1] < 2:
        raise ValueError(
            f"the loss takes embeddings of at least {least} streams, each (runs, batch, emb_dim) of one shape with a "
            f"batch of at least 2; got {shapes}"
        )


def without(streams: Sequence, i: int) -> list:
    """All but the i-th."""
    return [x for j, x in enumerate(streams) if j != i]


def matched_both_ways(logits: Tensor) -> Tensor:
    """Cross-entropy with the diagonal as the answer, mean over rows and columns as questions, (runs,)."""
    return (diagonal_cross_entropy(logits) + diagonal_cross_entropy(logits.mT)) / 2


class Together(Pretrained):
    """A loss of all streams' embeddings at once, each stream as anchor in turn, at a learnt inverse temperature."""

    initial_temperature: float

    def scalars(self) -> dict[str, float]:
        return {"log_scale": math.log(1 / self.initial_temperature)}

    def scale(self, log_scale: Tensor | None) -> Tensor | float:
        """The inverse temperature, (runs, 1, 1); the initial one if none is given."""
        if log_scale is None:
            return 1 / self.initial_temperature
        return log_scale.exp().clamp_max(LARGEST_SCALE)[:, None, None]

    def loss(self, *z: Tensor, log_scale: Tensor | None = None) -> Tensor:
        """Loss of each run, (runs,), from every stream's embeddings, each (runs, batch, emb_dim)."""
        raise NotImplementedError

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        return self.loss(*nets.embed(batch.views), log_scale=nets.scalars["log_scale"])


@METHODS.register("symile")
@dataclass(frozen=True)
class Symile(Together):
    """An item's embeddings must have a larger multilinear product than an anchor with other items' embeddings.

    Its optimum is the total correlation of all streams, so it keeps what only three of them together share.

    Source: Saporta et al. 2024, arXiv:2411.01053, with the authors' O(n) negatives: the other streams' rows are
    shuffled, each on its own.
    Deviation: the inverse temperature starts at 1/0.07 and is clipped at 100, as CLIP's. The paper's text was not
    read, the authors' code was.
    """

    initial_temperature: float = tunable(0.07, 0.01, 0.5)

    card = Card(
        title="Symile",
        family="paired",
        source="Saporta et al. 2024, arXiv:2411.01053",
        requirements=("two views", "paired streams"),
        streams=(3, None),
        uses_negatives=True,
    )

    def loss(self, *z: Tensor, log_scale: Tensor | None = None, orders: Tensor | None = None) -> Tensor:
        """Mean over anchors, (runs,); z: each stream's embeddings, (runs, batch, emb_dim).

        orders: (streams, streams, runs, batch), how the rows of stream j are shuffled for anchor i; if not given they
        are moved by j places.
        """
        check_streams(z, 3)
        z = [normalize(x, dim=-1) for x in z]
        rows, same = z[0].shape[1], torch.eye(z[0].shape[1], dtype=torch.bool, device=z[0].device)
        total = 0
        for i, anchor in enumerate(z):
            own, other = torch.ones_like(anchor), torch.ones_like(anchor)
            for j in (j for j in range(len(z)) if j != i):
                order = (torch.arange(rows, device=anchor.device) + j) % rows if orders is None else orders[i, j]
                own = own * z[j]
                other = other * z[j].gather(1, order.expand(len(anchor), rows)[..., None].expand_as(anchor))
            logits = torch.where(same, (anchor * own).sum(-1)[..., None], anchor @ other.mT)
            total = total + diagonal_cross_entropy(logits * self.scale(log_scale))
        return total / len(z)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        z = nets.embed(batch.views)
        draw = batch.draw.of("negatives")
        places = [[draw.of(f"{i} {j}").permutation(z[0].shape[1]) for j in range(len(z))] for i in range(len(z))]
        orders = torch.stack([torch.stack(row) for row in places])
        return self.loss(*z, log_scale=nets.scalars["log_scale"], orders=orders)


def determinant(entries: Sequence[Sequence[Tensor]]) -> Tensor:
    """Of a matrix given entry by entry, by expansion along its first row: exact where it is singular, unlike LU."""
    if len(entries) == 1:
        return entries[0][0]
    minors = ([without(row, j) for row in entries[1:]] for j in range(len(entries)))
    terms = [(-1) ** j * entries[0][j] * determinant(minor) for j, minor in enumerate(minors)]
    return sum(terms[1:], terms[0])


def gram_volume(anchor: Tensor, others: Sequence[Tensor]) -> Tensor:
    """Volume spanned by row i of the anchor with row j of all others, (runs, n, n); unit rows, each (runs, n, dim).

    1e-6 is added under the root.
    """
    one = torch.ones_like(anchor @ others[0].mT)
    across = [anchor @ x.mT for x in others]
    among = [[(x * y).sum(-1)[:, None].expand_as(one) for y in others] for x in others]
    gram = [[one, *across], *([across[k], *among[k]] for k in range(len(others)))]
    return (determinant(gram).clamp_min(0) + 1e-6).sqrt()


@METHODS.register("gram")
@dataclass(frozen=True)
class GRAM(Together):
    """The embeddings of one item must span a smaller volume than an anchor with another item's.

    Source: Cicchetti et al. 2025, arXiv:2412.11959; volume as in the authors' code, temperature 0.07, learnt.
    Deviation: every stream is the anchor in turn, where the paper takes the text; no label smoothing and no matching
    head, which the authors' code adds; 1e-6 under the root. The paper's text was not read, the authors' code was.
    """

    initial_temperature: float = tunable(0.07, 0.01, 0.5)

    card = Card(
        title="GRAM",
        family="paired",
        source="Cicchetti et al. 2025, arXiv:2412.11959",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "paired streams"),
        streams=(3, None),
        uses_negatives=True,
    )

    def loss(self, *z: Tensor, log_scale: Tensor | None = None) -> Tensor:
        """Mean over anchors and both directions, (runs,); z: each stream's embeddings, (runs, batch, emb_dim)."""
        check_streams(z, 3)
        z, scale = [normalize(x, dim=-1) for x in z], self.scale(log_scale)
        return sum(matched_both_ways(-gram_volume(x, without(z, i)) * scale) for i, x in enumerate(z)) / len(z)


def triangle_area(anchor: Tensor, second: Tensor, third: Tensor) -> Tensor:
    """Half the squared area measure of the triangle of row i of the anchor and row j of the others, (runs, n, n).

    (|u|^2 |v|^2 - (u v)^2) / 2 with u, v the sides from the anchor; unit rows, each (runs, n, dim).
    """
    with_second, with_third = anchor @ second.mT, anchor @ third.mT
    between = (second * third).sum(-1)[:, None]
    along = 1 - with_third - with_second + between
    return ((2 - 2 * with_second) * (2 - 2 * with_third) - along.square()) / 2


@METHODS.register("triangle")
@dataclass(frozen=True)
class Triangle(Together):
    """The embeddings of one item's three streams must span a smaller triangle than an anchor with another item's.

    Source: Cicchetti et al. 2025, A TRIANGLE enables multimodal alignment beyond cosine similarity, NeurIPS; the area
    without its root, as in the authors' code.
    Deviation: every stream is the anchor in turn, where the authors' code takes the text; no label smoothing, no
    matching head. The paper's text was not read, the authors' code was.
    """

    initial_temperature: float = tunable(0.07, 0.01, 0.5)

    card = Card(
        title="TRIANGLE",
        family="paired",
        source="Cicchetti et al. 2025, A TRIANGLE enables multimodal alignment beyond cosine similarity, NeurIPS",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "paired streams"),
        streams=(3, 3),
        uses_negatives=True,
    )

    def loss(self, *z: Tensor, log_scale: Tensor | None = None) -> Tensor:
        """Mean over anchors and both directions, (runs,); z: three streams' embeddings, (runs, batch, emb_dim)."""
        check_streams(z, 3)
        z, scale = [normalize(x, dim=-1) for x in z], self.scale(log_scale)
        return sum(matched_both_ways(-triangle_area(x, *without(z, i)) * scale) for i, x in enumerate(z)) / 3


@METHODS.register("pmrl")
@dataclass(frozen=True)
class PMRL(Pretrained):
    """The matrix of an item's embeddings has one dominant singular value, and items differ in its left vector.

    Source: Liu et al. 2025, arXiv:2507.17343: cross-entropy of the singular values with the largest as the answer, and
    of the leading vectors' products with each item as its own answer; temperatures 0.05 and 0.1 as in the authors'
    scripts.
    Deviation: the leading vector points along the streams' mean, where the authors leave its sign to the decomposition;
    no matching head. The paper's text was not read, the authors' code was.
    """

    temperature: float = tunable(0.05, 0.01, 0.5)
    item_temperature: float = tunable(0.1, 0.02, 0.5)

    card = Card(
        title="PMRL",
        family="paired",
        source="Liu et al. 2025, arXiv:2507.17343",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("two views", "paired streams"),
        streams=(3, None),
        uses_negatives=True,
    )

    def loss(self, *z: Tensor) -> Tensor:
        """Loss of each run, (runs,), from every stream's embeddings, each (runs, batch, emb_dim)."""
        check_streams(z, 3)
        stacked = torch.stack([normalize(x, dim=-1) for x in z], -1)  # (runs, batch, emb_dim, streams)
        squares, mixtures = torch.linalg.eigh(stacked.mT @ stacked)  # smallest first
        singular = (squares.clamp_min(0) + 1e-12).sqrt() / self.temperature
        aligned = (singular.logsumexp(-1) - singular[..., -1]).mean(-1)
        lead = mixtures[..., -1]
        lead = lead * torch.where(lead.sum(-1, keepdim=True) < 0, -1.0, 1.0).to(lead.dtype)
        vector = normalize((stacked @ lead[..., None])[..., 0], dim=-1)
        return aligned + diagonal_cross_entropy(vector @ vector.mT / self.item_temperature)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        return self.loss(*nets.embed(batch.views))
