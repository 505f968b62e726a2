"""The interaction reader: products of two directions, found spectrally. It sees synergy that gradient training needs
far more rows for.

If the label depends on the product of a direction a of one view and b of another, then the residual-weighted second
moment E[r a b'] has them as leading singular directions; a few hundred rows lift them above the noise.
"""

import torch
from torch import Tensor

from sslbench.information.softmax import path_logits, softmax_path

ROTATIONS = 3  # directions from 2/3 of the training rows, coefficients from the remaining 1/3, logits averaged
RIDGE_PER_ROW = 10.0
MOST_DIRECTIONS = 8


def _leading(moments: Tensor, keep: int) -> tuple[Tensor, Tensor]:
    """Leading left and right directions of class-indexed matrices (fits, classes, p, q): (fits, p, keep), (fits, q,
    keep).
    """
    left = torch.linalg.eigh((moments @ moments.mT).sum(1)).eigenvectors[..., -keep:]
    right = torch.linalg.eigh((moments.mT @ moments).sum(1)).eigenvectors[..., -keep:]
    return left, right


def interaction_logits(
    x: Tensor, y: Tensor, weight: Tensor, base: Tensor, test: Tensor, test_base: Tensor, blocks: list[slice]
) -> Tensor:
    """Logits of the test rows, (fits, test rows, classes): the base reader's plus those of products of leading
    directions.

    x, test: (fits, rows, dim), centred; y: one-hot; weight: 0 on padding; base, test_base: logits of the linear reader;
    blocks: the columns of each view.
    """
    classes = y.shape[-1]
    residual = (y - torch.softmax(base, -1)) * weight[..., None]
    most = min(max(2, classes - 1), MOST_DIRECTIONS)
    part = torch.arange(x.shape[1], device=x.device) % ROTATIONS
    out = 0
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
    return out + test_base
