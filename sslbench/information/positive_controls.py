"""Positive controls, to be found: labels made from the real features with known conditional information."""

import math

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from sslbench.information.readers.cross_fitted import BASE, RIDGES
from sslbench.information.readers.softmax import path_logits, softmax_path

BISECTIONS, STRONGEST = 14, 16.0
FACTORS = {"additive": 0, "interaction": 1, "triple": 2}  # signs of view 2 that view 1's is multiplied with


def positive_control_labels(
    z2: Tensor, x1: Tensor, y: Tensor, classes: int, folds: int, kind: str, strength: float, seed: int
) -> Tensor:
    """Labels with I(Y*; X1 | Z2) near `strength` nats, a different planting for every fold, (folds, n).

    p*(c) ~ (linear posterior of y from z2)_c x exp(beta t a_c), with a random contrast a. "additive": t is the
    standardised ridge residual, given z2, of a random direction of x1. "interaction": t is its sign times the sign of a
    random direction of z2; "triple": times the signs of two. beta by bisection, the information by Monte Carlo, as if
    the residual were independent of z2.
    """
    g = torch.Generator().manual_seed(seed)
    n = len(y)
    centred = (z2 - z2.mean(0))[None]
    coefficient, intercept, _ = softmax_path(
        centred, one_hot(y, classes).to(z2)[None], torch.tensor(RIDGES[BASE : BASE + 1])
    )
    base = path_logits(centred, coefficient, intercept)[0, :, 0].double()
    design = torch.cat([centred[0], torch.ones(n, 1)], 1).double()
    gram = design.T @ design / n + 1e-2 * torch.eye(design.shape[1], dtype=torch.double)
    out = []
    for _ in range(folds):
        direction = x1.double() @ torch.randn(x1.shape[1], generator=g).double()
        residual = direction - design @ torch.linalg.solve(gram, design.T @ direction / n)
        residual = (residual - residual.mean()) / (residual.std() + 1e-9)
        other = torch.ones(n, dtype=torch.double)
        for _ in range(FACTORS[kind]):
            side = z2.double() @ torch.randn(z2.shape[1], generator=g).double()
            residual, other = residual.sign(), other * (side - side.median()).sign()
        contrast = torch.randn(classes, generator=g).double() if classes > 2 else torch.tensor([-1.0, 1.0]).double()
        contrast = (contrast - contrast.mean()) / contrast.std()
        sample = torch.randperm(n, generator=g)[:400]
        partner = residual[torch.randperm(n, generator=g)[:64]]
        beta = bisect(lambda b: information_of(base[sample], other[sample], partner, contrast, b), strength)  # noqa: B023
        p = torch.softmax(base + beta * (residual * other)[:, None] * contrast, -1)
        out.append(torch.multinomial(p, 1, generator=g)[:, 0])
    return torch.stack(out)


def information_of(base: Tensor, other: Tensor, partner: Tensor, contrast: Tensor, beta: float) -> float:
    """I(Y*; T | Z2) in nats for this beta, averaged over sampled rows and sampled residuals."""
    logits = base[:, None] + beta * (other[:, None] * partner[None])[..., None] * contrast
    p = logits.softmax(-1)
    entropy = lambda q: -(q * q.clamp_min(1e-12).log()).sum(-1)  # noqa: E731
    return float((entropy(p.mean(1)) - entropy(p).mean(1)).mean())


def bisect(function, goal: float) -> float:
    """The strength at which a rising function reaches the goal, at most STRONGEST."""
    low, high = 0.0, STRONGEST
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) < goal else (low, middle)
    return low


def positive_control_strengths(tolerance: float, classes: int) -> dict[str, float]:
    """The information planted for each kind, nats."""
    return {"additive": 2 * tolerance, "interaction": min(10 * tolerance, 0.4 * math.log(classes))}
