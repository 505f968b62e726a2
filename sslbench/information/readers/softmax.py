"""Ridge softmax regression for many fits and strengths at once: the linear model, and the linear probe."""

import torch
from torch import Tensor


def softmax_path(
    x: Tensor,
    y: Tensor,
    ridges: Tensor,
    weight: Tensor | None = None,
    offset: Tensor | None = None,
    iterations: int = 22,
) -> tuple[Tensor, Tensor, Tensor]:
    """Coefficients, intercepts and degrees of freedom of softmax regressions, every fit at every ridge.

    Minimises mean cross-entropy + ridge/2 |coefficients|^2 by Nesterov's accelerated gradient in the eigenbasis of each
    fit's Gram matrix, with step 1/(eigenvalue/2 + ridge): the softmax Hessian is at most half the Gram matrix (Boehning
    1992). Momentum restarts where the gradient turns against it (O'Donoghue & Candes 2015). Few iterations are early
    stopping. Two classes have opposite coefficients throughout, so that one column is kept for both.

    Args: x: (fits, rows, dim), centred by the caller; y: (fits, rows, classes), one-hot or probabilities; ridges:
    (strengths,); weight: (fits, rows), 0 on padding; offset: (fits, rows, classes), fixed logits to start from (there
    is then no prior intercept).
    Returns coefficients (fits, dim, strengths, classes), intercepts (fits, strengths, classes), df (fits, strengths).
    """
    fits, rows, dim = x.shape
    classes, strengths = y.shape[-1], len(ridges)
    weight = torch.ones(x.shape[:2], dtype=x.dtype, device=x.device) if weight is None else weight
    share = (weight / weight.sum(1, keepdim=True))[..., None]  # (fits, rows, 1)
    values, vectors = torch.linalg.eigh((x * share).mT @ x)
    values = values.clamp_min(0)
    rotated = x @ vectors
    ridge = ridges.to(x)[None, None, :, None]
    step = 1 / (values[:, :, None, None] / 2 + ridge)  # (fits, dim, strengths, 1)
    intercept = (y * share).sum(1).clamp_min(1e-4).log()[:, None].repeat(1, strengths, 1)
    if offset is not None:
        intercept = torch.zeros_like(intercept)
    two = classes == 2
    if two:
        intercept, y = (intercept[..., 1:] - intercept[..., :1]) / 2, y[..., 1:]
        offset = None if offset is None else offset[..., 1:] - offset[..., :1]
    columns = y.shape[-1]
    coefficient = torch.zeros(fits, dim, strengths, columns, dtype=x.dtype, device=x.device)
    last_c, last_i = coefficient, intercept
    momentum = torch.ones(fits, 1, strengths, 1, dtype=x.dtype, device=x.device)

    def probabilities(c: Tensor, i: Tensor) -> Tensor:
        logits = torch.baddbmm(i.reshape(fits, 1, -1), rotated, c.reshape(fits, dim, -1)).view(
            fits, rows, strengths, columns
        )
        logits = 2 * logits if two else logits
        logits = logits if offset is None else logits + offset[:, :, None]
        return torch.sigmoid(logits) if two else torch.softmax(logits, -1)

    for _ in range(iterations):
        rise = (1 + (1 + 4 * momentum.square()).sqrt()) / 2
        push = (momentum - 1) / rise
        c = coefficient + push * (coefficient - last_c)
        i = intercept + push[:, 0] * (intercept - last_i)
        residual = (probabilities(c, i) - y[:, :, None]) * share[..., None]
        slope = (rotated.mT @ residual.view(fits, rows, -1)).view_as(c) + ridge * c
        last_c, last_i = coefficient, intercept
        coefficient, intercept = c - step * slope, i - 2 * residual.sum(1)
        against = (slope * (coefficient - last_c)).sum((1, 3)) > 0  # (fits, strengths)
        momentum = torch.where(against[:, None, :, None], torch.ones_like(rise), rise)
    p = probabilities(coefficient, intercept)
    spread = 2 * (p - p.square())[..., 0] if two else 1 - p.square().sum(-1)
    curvature = (spread * share).sum(1)[:, None] / (classes - 1) * values[:, :, None]  # (fits, dim, strengths)
    df = (classes - 1) * (curvature / (curvature + ridge[..., 0])).sum(1)
    if two:
        coefficient, intercept = (torch.cat([-v, v], -1) for v in (coefficient, intercept))
    return (vectors @ coefficient.view(fits, dim, -1)).view_as(coefficient), intercept, df


def path_logits(x: Tensor, coefficient: Tensor, intercept: Tensor) -> Tensor:
    """Logits of rows (fits, rows, dim) under every strength: (fits, rows, strengths, classes)."""
    fits, dim, strengths, classes = coefficient.shape
    flat = torch.baddbmm(intercept.reshape(fits, 1, -1), x, coefficient.reshape(fits, dim, -1))
    return flat.view(fits, x.shape[1], strengths, classes)
