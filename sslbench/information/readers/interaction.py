"""The interaction model: products of two directions, found spectrally.

It sees synergy that gradient training needs far more rows for. If the label depends on the product of a direction a of
one view and b of another, then the residual-weighted second moment E[r a b'] has them as leading singular directions; a
few hundred rows lift them above the noise.
"""

import torch
from torch import Tensor

from sslbench.information.readers.cells import cell_logits, refine_pair
from sslbench.information.readers.softmax import path_logits, softmax_path

CELLS = (4, 8)  # bins per direction of the cell models
ROTATIONS = 3  # directions from 2/3 of the training rows, coefficients from the remaining 1/3, logits averaged
RIDGE_PER_ROW = 10.0
MOST_DIRECTIONS = 8


def _leading(moments: Tensor, keep: int) -> tuple[Tensor, Tensor]:
    """Leading left and right directions of class-indexed matrices (fits, classes, p, q).

    Returns (fits, p, keep), (fits, q, keep).
    """
    left = torch.linalg.eigh((moments @ moments.mT).sum(1)).eigenvectors[..., -keep:]
    right = torch.linalg.eigh((moments.mT @ moments).sum(1)).eigenvectors[..., -keep:]
    return left, right


def interaction_logits(
    x: Tensor, y: Tensor, weight: Tensor, base: Tensor, test: Tensor, test_base: Tensor, blocks: list[slice]
) -> list[Tensor]:
    """Logits of the test rows, (fits, test rows, classes), of three models: of products of directions, and of cells.

    The base model's logits plus those of products of leading directions; and the base model's moved by what is seen in
    cells of the two directions that lead, across the views if there are two, in bins of CELLS.

    x, test: (fits, rows, dim), centred; y: one-hot; weight: 0 on padding; base, test_base: logits of the linear model;
    blocks: the columns of each view.
    """
    classes = y.shape[-1]
    residual = (y - torch.softmax(base, -1)) * weight[..., None]
    most = min(max(2, classes - 1), MOST_DIRECTIONS)
    part = torch.arange(x.shape[1], device=x.device) % ROTATIONS
    out, pairs = 0, []
    for rotation in range(ROTATIONS):
        a, b = (part != rotation).nonzero()[:, 0], (part == rotation).nonzero()[:, 0]
        directions = []
        for i, first in enumerate(blocks):
            for second in blocks[i:]:
                left, right = x[:, a, first], x[:, a, second]
                used = residual[:, a, : classes if classes > 2 else 1]
                moments = torch.stack([(left * r[..., None]).mT @ right for r in used.unbind(-1)], 1)
                keep = min(most, left.shape[-1], right.shape[-1])
                directions.append((first, second, *_leading(moments / len(a), keep)))

        def products(rows: Tensor, directions=directions) -> Tensor:
            found = [
                ((rows[..., s] @ u)[..., :, None] * (rows[..., t] @ v)[..., None, :]).flatten(2)
                for s, t, u, v in directions
            ]
            return torch.cat(found, -1)

        fitted, share = products(x[:, b]), weight[:, b]
        share = (share / share.sum(1, keepdim=True))[..., None]
        mean = (fitted * share).sum(1, keepdim=True)
        sd = ((fitted - mean).square() * share).sum(1, keepdim=True).sqrt() + 1e-6
        scaled = lambda f, mean=mean, sd=sd: ((f - mean) / sd).clamp(-5, 5)  # noqa: E731
        ridge = torch.tensor([RIDGE_PER_ROW / len(b)])
        coefficient, intercept, _ = softmax_path(
            scaled(fitted), y[:, b], ridge, weight[:, b], offset=base[:, b], iterations=20
        )
        out = out + path_logits(scaled(products(test)), coefficient, intercept)[:, :, 0] / ROTATIONS
        pairs.append(_leading_pair(x[:, a], residual[:, a], blocks, directions))
    return [out + test_base, *_by_cells(x, y, weight, base, test, test_base, pairs)]


def _leading_pair(x: Tensor, residual: Tensor, blocks: list[slice], directions: list[tuple]) -> Tensor:
    """The two directions that go together most, across the views if there are two: (fits, dim, 2).

    Of a single column, (fits, dim, 1).
    """
    first, second, u, v = directions[min(len(blocks) - 1, 1)]
    if len(blocks) > 1:
        u, v = refine_pair(x[..., first], x[..., second], residual, v[..., -1:])
    else:
        u, v = u[..., -1:], u[..., -2:-1]
    out = torch.zeros(len(x), x.shape[-1], 1 + v.shape[-1])
    out[:, first, :1], out[:, second, 1:] = u, v
    return out


def _by_cells(x, y, weight, base, test, test_base, pairs: list[Tensor]) -> list[Tensor]:
    """The cell models' logits of the test rows.

    Every third of the rows is counted along the directions that the other two thirds gave, their signs as in the first
    rotation; test rows along the mean direction.
    """
    if pairs[0].shape[-1] < 2:
        return []
    signs = [torch.sign((p * pairs[0]).sum(1, keepdim=True) + 1e-12) for p in pairs]
    pairs = torch.stack([p * s for p, s in zip(pairs, signs, strict=True)], 1)  # (fits, rotations, dim, 2)
    part = torch.arange(x.shape[1], device=x.device) % ROTATIONS
    scores = torch.empty(*x.shape[:2], 2)
    for rotation in range(ROTATIONS):
        scores[:, part == rotation] = x[:, part == rotation] @ pairs[:, rotation]
    counted = (scores, y, weight, base, test @ torch.nn.functional.normalize(pairs.mean(1), dim=1), test_base)
    return [cell_logits(*counted, bins)[0] for bins in CELLS]
