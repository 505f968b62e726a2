"""The cell model: what the rows in the same cell of a few directions show, for links that no product and no curve has.

Two signs that decide together, a number read modulo 4, a label that is certain in one corner and a coin in another: a
logistic curve in a product of directions gives each away in part only. Counts in cells give all of it, once the
directions are known.
"""

import torch
from torch import Tensor

SWEEPS, BINS = 2, 4  # refinements of a pair of directions, and the bins of the one that the other is refined in
NEAR = 0.25  # of a bin: how far an edge is moved to a gap
PRIOR = 1.0  # rows per cell and class that agree with the base model, added to the counts


def _bins(scores: Tensor, bins: int) -> Tensor:
    """Edges between bins of about equal shares, (fits, directions, bins - 1).

    Each in the widest gap near its place: a few distinct values are not torn apart. scores: (fits, rows, directions).
    """
    ordered = scores.mT.contiguous().sort(-1).values
    rows = ordered.shape[-1]
    reach = max(1, round(NEAR * rows / bins))
    middle = (torch.arange(1, bins) * rows / bins).long().clamp(1, rows - 1)
    near = (middle[:, None] + torch.arange(-reach, reach + 1)).clamp(1, rows - 1)  # (bins - 1, window)
    upper, lower = ordered[..., near], ordered[..., near - 1]  # (fits, directions, bins - 1, window)
    widest = (upper - lower).argmax(-1, keepdim=True)
    return ((upper + lower) / 2).gather(-1, widest)[..., 0].contiguous()


def _place(edges: Tensor, scores: Tensor) -> Tensor:
    """The bin of every row in every direction, (fits, directions, rows)."""
    return torch.searchsorted(edges, scores.mT.contiguous(), right=True)


def refine_pair(left: Tensor, right: Tensor, residual: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Directions u of left and v of right, better than those of a plain product where the label reads them otherwise.

    In turns, each is what goes with the label's residual most within bins of the other, whatever the other's bins mean.
    left: (fits, rows, p); right: (fits, rows, q); residual: (fits, rows, classes), 0 on padding; v: (fits, q, 1), where
    to start. Returns (fits, p, 1), (fits, q, 1).
    """

    def within(view: Tensor, scores: Tensor) -> Tensor:
        bins = torch.nn.functional.one_hot(_place(_bins(scores, BINS), scores)[:, 0], BINS).to(view)
        crossed = (bins[..., :, None] * residual[..., None, :]).flatten(2)  # (fits, rows, bins * classes)
        moments = view.mT @ crossed
        found = moments @ torch.linalg.eigh(moments.mT @ moments).eigenvectors[..., -1:]
        return torch.nn.functional.normalize(found, dim=1)

    for _ in range(SWEEPS):
        u = within(left, right @ v)
        v = within(right, left @ u)
    return u, v


def cell_logits(
    scores: Tensor, y: Tensor, weight: Tensor, base: Tensor, test: Tensor, test_base: Tensor, bins: int
) -> tuple[Tensor, Tensor]:
    """Logits of the test rows, (fits, test rows, classes), by cells; and the gain on the counted rows, (fits,).

    The base model's logits are moved in each cell by log(seen/expected); the gain is the rise in log-likelihood.

    scores: (fits, rows, directions), cut into `bins` of equal shares each; y: one-hot; weight: (fits, rows), 0 on
    padding; base: (fits, rows, classes), logits of the counted rows; test, test_base: of the test rows.
    """
    fits, _, directions = scores.shape
    classes = y.shape[-1]
    edges, digit = _bins(scores, bins), bins ** torch.arange(directions)[:, None]
    cell = lambda rows: (_place(edges, rows) * digit).sum(1)  # noqa: E731  # (fits, rows)
    of = cell(scores)[..., None].expand(-1, -1, classes)
    count = lambda v: torch.zeros(fits, bins**directions, classes).scatter_add_(1, of, v * weight[..., None])  # noqa: E731
    seen = count(y)
    move = ((seen + PRIOR) / (count(torch.softmax(base, -1)) + PRIOR)).log()
    moved = lambda logits, rows: logits + move.gather(1, cell(rows)[..., None].expand(-1, -1, classes))  # noqa: E731
    return moved(test_base, test), (seen * move).sum((1, 2))


def linear_scores(coefficient: Tensor, blocks: list[slice]) -> Tensor:
    """A linear model's leading direction in every block of columns, (fits, dim, blocks).

    coefficient: (fits, dim, classes).
    """
    out = torch.zeros(*coefficient.shape[:2], len(blocks))
    for i, block in enumerate(blocks):
        own = coefficient[:, block] - coefficient[:, block].mean(-1, keepdim=True)
        out[:, block, i] = (own @ torch.linalg.eigh(own.mT @ own).eigenvectors[..., -1:])[..., 0]
    return out
