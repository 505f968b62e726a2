"""The link model: the linear model's logits through curves learnt from the data, for links that are not logistic."""

import torch
from torch import Tensor

from sslbench.information.readers.softmax import path_logits, softmax_path

KNOTS = 7  # of the piecewise linear curve of every logit, at equal shares of the rows
RIDGE, ITERATIONS = 1e-4, 30


def link_logits(base: Tensor, y: Tensor, weight: Tensor, test_base: Tensor) -> Tensor:
    """Logits of the test rows, (fits, test rows, classes), linear in hinges of the base model's logits.

    A label that is noisy beyond a point (views that lose it now and then) levels off where a logistic curve does not.
    base: (fits, rows, classes), logits of the training rows; y: one-hot; weight: 0 on padding; test_base: of the test
    rows.
    """
    centred, test = (b - b.mean(-1, keepdim=True) for b in (base, test_base))
    used = slice(1, 2) if y.shape[-1] == 2 else slice(None)  # two classes have opposite logits
    centred, test = centred[..., used], test[..., used]
    levels = torch.linspace(0, 1, KNOTS + 2, dtype=base.dtype)[1:-1]
    knots = torch.quantile(centred, levels, dim=1).permute(1, 2, 0)[:, None]  # (fits, 1, columns, knots)

    def hinges(rows: Tensor) -> Tensor:
        return torch.cat([rows, (rows[..., None] - knots).clamp_min(0).flatten(2)], -1)

    share = (weight / weight.sum(1, keepdim=True))[..., None]
    fitted = hinges(centred)
    mean = (fitted * share).sum(1, keepdim=True)
    sd = ((fitted - mean).square() * share).sum(1, keepdim=True).sqrt() + 1e-6
    coefficient, intercept, _ = softmax_path(
        (fitted - mean) / sd, y, torch.tensor([RIDGE]), weight, iterations=ITERATIONS
    )
    return path_logits(((hinges(test) - mean) / sd).clamp(-6, 6), coefficient, intercept)[:, :, 0]
