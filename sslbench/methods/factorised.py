"""Paired methods that keep more than what streams share: unique parts (FactorCL), and what only both tell (CoMM)."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.methods.base import Pretrained, check_pair
from sslbench.methods.card import Card, Head
from sslbench.methods.contrastive import SimCLR, diagonal_cross_entropy
from sslbench.methods.nets import Batch, Nets
from sslbench.methods.settings import tunable
from sslbench.registry import METHODS

FUSION = {"fusion": Head("joint+streams", "joint", shared=True, norm=False)}  # of all streams into one code


def contrast(scores: Tensor) -> Tensor:
    """Minus the InfoNCE bound, less log(batch), both directions, (runs,); scores: (runs, batch, batch)."""
    return (diagonal_cross_entropy(scores) + diagonal_cross_entropy(scores.mT)) / 2


def club(scores: Tensor) -> Tensor:
    """The bound of Cheng et al. 2020, arXiv:2006.12013, from a critic's scores: positives less all pairs; (runs,)."""
    return scores.diagonal(dim1=-2, dim2=-1).mean(-1) - scores.mean((1, 2))


@METHODS.register("factorcl")
@dataclass(frozen=True)
class FactorCL(Pretrained):
    """Shared codes carry what streams have in common and no more; unique codes carry what each stream knows alone.

    Source: Liang et al. 2023, arXiv:2306.05268, Eqs. 9-12: lower bounds by InfoNCE, upper bounds by CLUB with the same
    kind of critic, conditional terms by concatenating an augmented copy.
    Deviation: critics are products of two networks, n + n evaluations instead of n^2; they are fitted in the same step
    as the codes, each with the other held, instead of in turn; the representation is the encoder's.
    """

    club_weight: float = tunable(1.0, 0.1, 2.0)

    card = Card(
        title="FactorCL (self-supervised)",
        family="paired",
        source="Liang et al. 2023, arXiv:2306.05268, Eqs. 9-12",
        requirements=("paired streams", "views of each stream", "critic"),
        streams=(2, 2),
        uses_negatives=True,
        deviation="critics are products of two networks and are fitted in the same step as the codes",
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        code, critic = Head("rep", "emb"), Head("emb", "emb", norm=False)
        both = Head("emb+emb", "emb", norm=False)
        return {
            "shared": code,
            "unique": code,
            "shared critic": critic,
            "shared critic given": both,
            "own critic": critic,
            "unique critic": critic,
            "unique critic given": both,
        }

    def scores(
        self, nets: Nets, critic: str, x: Tensor, y: Tensor, streams: tuple[int, int] = (0, 1), held=False
    ) -> Tensor:
        """The critic's score of every pair of rows, (runs, batch, batch)."""
        one, two = (nets.head(critic, v, i, frozen=held) for v, i in zip((x, y), streams, strict=True))
        return one @ two.mT / one.shape[-1] ** 0.5

    def upper(self, nets: Nets, critic: str, x: Tensor, y: Tensor) -> Tensor:
        """CLUB for the codes, with the critic held; and the critic's own fit, with the codes held; (runs,)."""
        fit = contrast(self.scores(nets, critic, x.detach(), y.detach()))
        return self.club_weight * club(self.scores(nets, critic, x, y, held=True)) + fit

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        h = [nets.encode_copies(i, copies) for i, copies in enumerate(batch.copies)]
        code = lambda name: [[normalize(nets.head(name, x, i), dim=-1) for x in h[i]] for i in range(2)]  # noqa: E731
        (s1, t1), (s2, t2) = code("shared")  # of a stream's first and second copy
        (u1, v1), (u2, v2) = code("unique")
        joined = lambda a, b: torch.cat([a, b], -1)  # noqa: E731
        shared = contrast(self.scores(nets, "shared critic", s1, s2))
        shared = shared + self.upper(nets, "shared critic given", joined(s1, t1), joined(s2, t2))
        own = sum(
            contrast(self.scores(nets, "own critic", a, b, (i, i))) for i, (a, b) in enumerate(((u1, v1), (u2, v2)))
        )
        apart = self.upper(nets, "unique critic", u1, u2)
        given = contrast(self.scores(nets, "unique critic given", joined(u1, v1), joined(u2, v2)))
        return shared + own + apart + given


@METHODS.register("comm")
@dataclass(frozen=True)
class CoMM(Pretrained):
    """A fused code of all streams must agree with that of an augmented copy, and with codes of each stream alone.

    Source: Dufumier et al. 2024, arXiv:2409.07402, Eqs. 6-8: NT-Xent at temperature 0.1 between the fused codes, and
    between each stream's and the fused one.
    Deviation: fusion by a two-layer network that sees blanks and a mark for absent streams, not by a transformer;
    copies by noise and dropped inputs.
    """

    temperature: float = tunable(0.1, 0.05, 1.0)

    card = Card(
        title="CoMM",
        family="paired",
        source="Dufumier et al. 2024, arXiv:2409.07402, Eqs. 6-8",
        requirements=("paired streams", "views of each stream", "fusion"),
        uses_negatives=True,
        deviation="fusion by a two-layer network instead of a transformer",
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return FUSION | {"fused projector": Head("joint", "emb", shared=True, norm=False)}

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """NT-Xent, (runs,); z1, z2: (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        return SimCLR(self.temperature).loss(z1, z2)

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        of_streams = [nets.encode_copies(i, copies) for i, copies in enumerate(batch.copies)]
        h = list(zip(*of_streams, strict=True))  # per copy, the streams' representations
        one = [tuple(i == k for i in range(nets.streams)) for k in range(nets.streams)]
        masks = [(True,) * nets.streams, *one]  # all streams together, then each alone
        fused = torch.cat([nets.fuse(copy, mask) for copy in h for mask in masks], 1)
        z = nets.head("fused projector", fused).chunk(2 * len(masks), 1)  # those of the first copy, then of the second
        first, second = z[: len(masks)], z[len(masks) :]
        total = self.loss(first[0], second[0])
        for mine, twin in zip(first[1:], second[1:], strict=True):
            total = total + (self.loss(mine, second[0]) + self.loss(twin, first[0])) / 2
        return total / len(masks)
