"""Methods made for tables, with views of their own."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from sslbench.methods.base import JointEmbedding, Pretrained, check_pair
from sslbench.methods.card import Card, Head
from sslbench.methods.contrastive import SimCLR, diagonal_cross_entropy
from sslbench.methods.latent import teacher_target
from sslbench.methods.masking import blank, count_of, spread, swap_tokens, token_any
from sslbench.methods.nets import Batch, Nets, Start
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
        requirements=("two views", "one table"),
        uses_negatives=True,
        deviation="the encoder is the task's, not the paper's",
    )

    def loss(self, z1: Tensor, z2: Tensor) -> Tensor:
        """InfoNCE from clean z1 to corrupted z2, (runs,); each (runs, batch, emb_dim), batch >= 2."""
        check_pair(z1, z2)
        return diagonal_cross_entropy(normalize(z1, dim=-1) @ normalize(z2, dim=-1).mT / self.temperature)

    def own_view(self) -> tuple[str, float]:
        return "resample", self.corruption


@METHODS.register("vime")
@dataclass(frozen=True)
class VIME(Pretrained):
    """From a row with some cells swapped for those of other rows, tell which cells changed, and restore the row.

    Source: Yoon et al. 2020 (NeurIPS), Eqs. 3-5: cross-entropy of the mask plus 2 x squared error, 30 % of the cells
    chosen. A cell whose swap drew the value that it had is not marked.
    Deviation: donors are drawn anew at every step; the encoder is the task's, not one dense layer.
    """

    corruption: float = tunable(0.3, 0.1, 0.7)
    restore_weight: float = tunable(2.0, 0.5, 10.0)

    card = Card(
        title="VIME (self-supervised part)",
        family="tabular",
        source="Yoon et al. 2020, NeurIPS, Eqs. 3-5",
        requirements=("one table", "corrupted view", "decoder", "masks"),
        deviation="donors are drawn anew at every step; the encoder is the task's",
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return {"mask": Head("rep", "tokens")}

    def own_view(self) -> tuple[str, float]:
        return "swap", self.corruption

    def loss(self, logits: Tensor, changed: Tensor, restored: Tensor, clean: Tensor) -> Tensor:
        """Loss of each run, (runs,); logits and changed: (runs, batch, columns), the others (runs, batch, inputs)."""
        # softplus written out: torch's own rounds the last few of a tensor otherwise, so that a run would depend on
        # what it is stacked with
        softplus = logits.relu() + (-logits.abs()).exp().log1p()
        mask = (softplus - logits * changed).mean((1, 2))
        return mask + self.restore_weight * (restored - clean).square().mean((1, 2))

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        (clean, corrupted), (tokens,) = batch.views, batch.tokens
        changed = token_any(clean != corrupted, tokens)
        h = nets.encode(0, corrupted)
        return self.loss(nets.head("mask", h), changed, nets.decode(0, h), clean)


@METHODS.register("subtab")
@dataclass(frozen=True)
class SubTab(Pretrained):
    """Every one of four overlapping blocks of columns must restore the whole row, and the blocks' embeddings agree.

    Source: Ucar et al. 2021, arXiv:2110.04361, Eqs. 1-5: reconstruction, contrast at temperature 0.1 and distance,
    over all pairs of blocks; overlap 0.75; swap noise on 30 % of the cells.
    Deviation: columns outside a block are blank, since the task's encoder takes whole rows; the representation is that
    of the whole row, where the authors average over blocks.
    """

    blocks: int = 4
    overlap: float = 0.75
    noise: float = tunable(0.3, 0.05, 0.6)
    temperature: float = tunable(0.1, 0.05, 1.0)

    card = Card(
        title="SubTab",
        family="tabular",
        source="Ucar et al. 2021, arXiv:2110.04361, Eqs. 1-5",
        assumes=("redundancy-1", "redundancy-2"),
        requirements=("one table", "decoder", "masks"),
        uses_negatives=True,
        deviation="columns outside a block are blank; the representation is that of the whole row",
        recalibrates=True,
    )

    def block_mask(self, tokens: Tensor) -> Tensor:
        """Which columns each block hides, (blocks, columns); blocks are neighbours in the order of the table."""
        columns = count_of(tokens)
        own = -(-columns // self.blocks)
        width = min(columns, round(own * (1 + self.overlap)))
        place = torch.arange(columns, device=tokens.device)
        starts = [min(i * own, columns - width) for i in range(self.blocks)]
        return torch.stack([(place < s) | (place >= s + width) for s in starts])

    def loss(self, restored: list[Tensor], clean: Tensor, z: list[Tensor]) -> Tensor:
        """Loss of each run, (runs,); restored: per block (runs, batch, inputs); z: per block (runs, batch, emb_dim)."""
        nt_xent = SimCLR(self.temperature)
        total = sum((r - clean).square().mean((1, 2)) for r in restored) / len(restored)
        pairs = [(a, b) for i, a in enumerate(z) for b in z[i + 1 :]]
        for a, b in pairs:
            distance = (normalize(a, dim=-1) - normalize(b, dim=-1)).square().mean((1, 2))
            total = total + (nt_xent.loss(a, b) + distance) / len(pairs)
        return total

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return {"projector": Head("rep", "emb")}

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        (clean,), (tokens,) = batch.clean, batch.tokens
        views = []
        for i, hidden in enumerate(self.block_mask(tokens)):
            draw = batch.draw.of(f"block {i}")
            swapped = draw.of("which").uniform((*clean.shape[:2], len(hidden))) < self.noise
            noisy = swap_tokens(clean, swapped, tokens, draw.of("donor"))
            views.append(blank(noisy, spread(hidden, tokens).expand(clean.shape)))
        h = nets.represent(views)
        return self.loss([nets.decode(0, x) for x in h], clean, nets.project(h))


def quantiles(rows: Tensor, bins: int) -> Tensor:
    """The bins - 1 inner quantiles along the last axis, linearly interpolated; (..., rows) -> (..., bins - 1)."""
    place = torch.arange(1, bins, device=rows.device, dtype=rows.dtype) / bins * (rows.shape[-1] - 1)
    low = place.long().clamp_max(rows.shape[-1] - 2)
    ordered = rows.sort(-1).values
    return ordered[..., low].lerp(ordered[..., low + 1], place - low).contiguous()


@METHODS.register("binrecon")
@dataclass(frozen=True)
class BinRecon(Pretrained):
    """From a row with some cells swapped, restore which tenth of the train values each number lies in.

    Source: Lee et al. 2024, arXiv:2405.07414, section 3: squared error on the standardised index of 10 quantile bins,
    edges from train rows only.
    Deviation: 20 % of the cells are swapped (the paper searches over none to some); categories count as their one-hot
    values.
    """

    bins: int = 10
    corruption: float = tunable(0.2, 0.05, 0.5)

    card = Card(
        title="BinRecon",
        family="tabular",
        source="Lee et al. 2024, arXiv:2405.07414, section 3",
        requirements=("one table", "corrupted view", "decoder", "memory"),
        deviation="20 % of the cells are swapped; categories count as their one-hot values",
    )

    def own_view(self) -> tuple[str, float]:
        return "swap", self.corruption

    def memory(self, start: Start) -> dict[str, Tensor]:
        rows = start.rows(0).transpose(1, 2).contiguous()  # (runs, inputs, rows)
        edges = quantiles(rows, self.bins)
        index = torch.searchsorted(edges, rows, right=True).to(rows.dtype)
        sd = index.std(-1)
        return {
            "edges": edges,
            "mean": index.mean(-1)[:, None],
            "sd": torch.where(sd > 0, sd, torch.ones_like(sd))[:, None],
        }

    def index(self, x: Tensor, edges: Tensor, mean: Tensor, sd: Tensor) -> Tensor:
        """Standardised bin index of every input, (runs, batch, inputs)."""
        place = torch.searchsorted(edges, x.transpose(1, 2).contiguous(), right=True).transpose(1, 2)
        return (place - mean) / sd

    def loss(self, restored: Tensor, index: Tensor) -> Tensor:
        """Mean squared error, (runs,); both (runs, batch, inputs)."""
        return (restored - index).square().mean((1, 2))

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        clean, corrupted = batch.views
        index = self.index(clean, *(nets.memory[k] for k in ("edges", "mean", "sd")))
        return self.loss(nets.decode(0, nets.encode(0, corrupted)), index)


@METHODS.register("t-jepa")
@dataclass(frozen=True)
class TJEPA(Pretrained):
    """From some columns of a row, and the names of others, predict the teacher's representation of those others.

    Source: Thimonier et al. 2024, arXiv:2410.05016, section 3: disjoint random sets of context and target columns, four
    targets, L2 distance.
    Deviation: the encoder is the task's, with blanks for absent columns, not a transformer; so no regularisation token;
    sizes of the sets are fixed; teacher momentum starts at 0.99.
    """

    context: float = tunable(0.4, 0.2, 0.6)  # share of the columns
    target: float = 0.3
    targets: int = 4
    momentum: float = tunable(0.99, 0.9, 0.999)

    card = Card(
        title="T-JEPA",
        family="tabular",
        source="Thimonier et al. 2024, arXiv:2410.05016, section 3",
        requirements=("one table", "masks", "ema-teacher"),
        deviation="the task's encoder with blanks instead of a transformer over columns",
        recalibrates=True,
    )

    def heads(self, classes: dict[str, int], streams: int) -> dict[str, Head]:
        return {"latent": Head("rep+tokens", "rep")}

    def loss(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Mean squared distance, (runs,); both (runs, batch, rep_dim)."""
        return (prediction - target).square().mean((1, 2))

    def sets(self, draw, tokens: Tensor, batch: int) -> tuple[Tensor, list[Tensor]]:
        """Shown columns of the context, and of every target, (runs, batch, columns), boolean; no target meets the
        context.
        """
        columns = count_of(tokens)
        shown = min(max(1, int(self.context * columns + 0.5)), columns - 1)
        wanted = min(max(1, int(self.target * columns + 0.5)), columns - shown)
        order = draw.of("context").uniform((draw.runs, batch, columns))
        context = torch.zeros_like(order, dtype=torch.bool)
        context.scatter_(-1, order.topk(shown, largest=False, sorted=False).indices, True)
        found = []
        for i in range(self.targets):
            rank = draw.of(f"target {i}").uniform(order.shape).masked_fill(context, 2.0)
            which = rank.topk(wanted, largest=False, sorted=False).indices
            found.append(torch.zeros_like(context).scatter_(-1, which, True))
        return context, found

    def objective(self, nets: Nets, batch: Batch) -> Tensor:
        (x,), (tokens,) = batch.clean, batch.tokens
        context, targets = self.sets(batch.draw.of("sets"), tokens, x.shape[1])
        h, total = nets.encode(0, blank(x, ~spread(context, tokens))), 0
        for shown in targets:
            prediction = nets.head("latent", torch.cat([h, shown.to(h.dtype)], -1))
            total = total + self.loss(prediction, teacher_target(nets, 0, blank(x, ~spread(shown, tokens))))
        return total / len(targets)
