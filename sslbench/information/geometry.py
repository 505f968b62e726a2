"""Where views of one item lie among the others: alignment, uniformity, overlap of items, and local affinity."""

import math

import torch
from scipy.special import gammaln, ive
from torch import Tensor
from torch.nn.functional import normalize


def alignment(z1: Tensor, z2: Tensor) -> Tensor:
    """Mean squared distance of positive pairs on the unit sphere, (runs, n, dim) twice -> (runs,); 0 is perfect.

    Source: Wang & Isola 2020, arXiv:2005.10242, Eq. 1 with alpha = 2.
    """
    return (normalize(z1, dim=-1) - normalize(z2, dim=-1)).square().sum(-1).mean(-1)


def uniformity(z: Tensor) -> Tensor:
    """log of the mean of exp(-2 |u - v|^2) over pairs of different rows on the unit sphere, (runs, n, dim) -> (runs,).

    Source: Wang & Isola 2020, Eq. 2 with t = 2. Least for the uniform distribution: `uniform_optimum`.
    """
    u, n = normalize(z, dim=-1), z.shape[1]
    itself = torch.eye(n, dtype=torch.bool, device=z.device)
    logits = (4 * u @ u.mT - 4).masked_fill(itself, -math.inf)
    return torch.logsumexp(logits.flatten(1), -1) - math.log(n * (n - 1))


def uniform_optimum(dim: int) -> float:
    """The uniformity of the uniform distribution on the unit sphere of R^dim, dim >= 2.

    -4 + log 0F1(; dim/2; 4), as E exp(4 u.v) is a Bessel function: Gamma(dim/2) (2)^(1 - dim/2) I_{dim/2 - 1}(4).
    """
    order = dim / 2 - 1
    if order > 60:  # the Bessel function underflows; the series of 0F1 has three terms that count
        return -4 + math.log1p(8 / dim + 32 / (dim * (dim + 2)) + 256 / (3 * dim * (dim + 2) * (dim + 4)))
    return -4 + float(gammaln(dim / 2)) - order * math.log(2) + math.log(ive(order, 4)) + 4


def overlap(views: Tensor) -> Tensor:
    """Share of views that lie nearer to another item's mean than to their own, (runs, items, views, dim) -> (runs,).

    Each view's own mean is that of the item's other views.
    """
    _, items, count, dim = views.shape
    mean = views.mean(2)
    others = (mean[:, :, None] * count - views) / (count - 1)
    own = (views - others).square().sum(-1)  # (runs, items, views)
    flat = views.reshape(len(views), items * count, dim)
    between = torch.cdist(flat, mean).square().reshape(len(views), items, count, items)
    between.diagonal(dim1=1, dim2=3).fill_(math.inf)
    return (between.min(-1).values < own).double().mean((1, 2))


def local_affinity(at: Tensor, plus: Tensor, minus: Tensor) -> Tensor:
    """How far a map is from affine within a step: |f(x+d) + f(x-d) - 2 f(x)| / |f(x+d) - f(x-d)|, mean over rows.

    0 for an affine map. at, plus, minus: (runs, n, dim), the map at x, x + d, x - d. Returns (runs,).
    """
    bend = (plus + minus - 2 * at).norm(dim=-1)
    slope = (plus - minus).norm(dim=-1)
    return (bend / slope.clamp_min(1e-12)).mean(-1)
