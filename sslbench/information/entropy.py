"""Entropy of a representation, in nats, per run and differentiable: log-det and the pairwise-distance bounds."""

import math

import torch
from torch import Tensor

from sslbench.errors import InputError


def logdet_entropy(z: Tensor, ridge: float = 1e-3) -> Tensor:
    """Entropy of a Gaussian with the covariance of z plus a ridge, nats: an upper bound for that covariance.

    1/2 log det(Cov(z) + ridge I) + dim/2 log(2 pi e). Source: Zhouyin & Liu 2021, arXiv:2105.03705 (matrix form with a
    ridge). (runs, batch, dim) -> (runs,), batch >= 2.
    """
    _, batch, dim = z.shape
    centred = z - z.mean(1, keepdim=True)
    cov = centred.mT @ centred / (batch - 1) + ridge * torch.eye(dim, dtype=z.dtype, device=z.device)
    half_logdet = torch.linalg.cholesky(cov).diagonal(dim1=-2, dim2=-1).log().sum(-1)
    return half_logdet + dim / 2 * math.log(2 * math.pi * math.e)


def pairwise_entropy(z: Tensor, sd: float = 1.0, bound: str = "upper") -> Tensor:
    """Entropy of the mixture of Gaussians centred at the rows of z, nats: a bound from pairwise distances.

    `sd` is the width of the Gaussians. Source: Kolchinsky & Tracey 2017, arXiv:1706.02419, Eq. 10, with equal
    covariances: the KL divergence gives the upper bound, the Bhattacharyya distance the lower one. Saturates at the
    components' entropy plus log(batch). (runs, batch, dim) -> (runs,).
    """
    scale = {"upper": 2.0, "lower": 8.0}[bound]
    _, batch, dim = z.shape
    square = z.square().sum(-1)
    distance = (square[:, :, None] + square[:, None, :] - 2 * z @ z.mT).clamp_min(0)  # (runs, batch, batch)
    component = dim / 2 * math.log(2 * math.pi * math.e * sd**2)
    return component - (torch.logsumexp(-distance / (scale * sd**2), -1) - math.log(batch)).mean(-1)


def entropy(z, kind: str = "logdet", **settings) -> Tensor:
    """Entropy of the rows of z in nats: kind "logdet", "pairwise-upper" or "pairwise-lower".

    z: (batch, dim) or (runs, batch, dim), array or tensor. Returns a tensor () or (runs,). Raises InputError for
    another shape or kind. Compare entropies only at one scale, batch size and width.
    """
    z = torch.as_tensor(z)
    z = z if z.is_floating_point() else z.float()
    if z.ndim not in (2, 3) or z.shape[-2] < 2:
        raise InputError(
            f"entropy needs (batch, dim) or (runs, batch, dim) with at least 2 rows, got shape {tuple(z.shape)}"
        )
    kinds = {
        "logdet": (logdet_entropy, {}),
        "pairwise-upper": (pairwise_entropy, {"bound": "upper"}),
        "pairwise-lower": (pairwise_entropy, {"bound": "lower"}),
    }
    if kind not in kinds:
        raise InputError(f"unknown entropy {kind!r}; choose one of {', '.join(kinds)}")
    function, fixed = kinds[kind]
    stacked = z if z.ndim == 3 else z[None]
    value = function(stacked, **fixed, **settings)
    return value if z.ndim == 3 else value[0]
