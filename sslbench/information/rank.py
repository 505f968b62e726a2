"""The spectrum of a representation in other words: RankMe, covariance entropy, participation ratio, alpha-ReQ, LiDAR.

They differ by definition, not by quality: each names its source, and only runs with the same number of rows compare.
"""

import torch
from torch import Tensor

LIDAR_RIDGE = 1e-4


def _entropy_rank(values: Tensor, floor: float) -> Tensor:
    share = values / values.sum(-1, keepdim=True).clamp_min(1e-300) + floor
    return (-(share * share.log()).sum(-1)).exp()


def rankme(z: Tensor) -> Tensor:
    """exp of the entropy of the normalised singular values, not centred: (runs, n, dim) -> (runs,).

    Source: Garrido et al. 2023, arXiv:2210.02885, Eq. 1, floor 1e-7. Compare runs of one method.
    """
    return _entropy_rank(torch.linalg.svdvals(z.double()), 1e-7)


def covariance_spectrum(z: Tensor) -> Tensor:
    """Eigenvalues of the covariance, largest first: (runs, n, dim) -> (runs, dim)."""
    centred = z.double() - z.double().mean(1, keepdim=True)
    return torch.linalg.eigvalsh(centred.mT @ centred / (z.shape[1] - 1)).flip(-1).clamp_min(0)


def covariance_rank(z: Tensor) -> Tensor:
    """exp of the entropy of the normalised eigenvalues of the covariance: (runs, n, dim) -> (runs,)."""
    return _entropy_rank(covariance_spectrum(z), 1e-12)


def participation(z: Tensor) -> Tensor:
    """(sum of eigenvalues)^2 / sum of squares: (runs, n, dim) -> (runs,)."""
    values = covariance_spectrum(z)
    return values.sum(-1).square() / values.square().sum(-1).clamp_min(1e-300)


def alpha_req(z: Tensor) -> tuple[Tensor, Tensor]:
    """Decay exponent of the eigenvalues, and R^2 of the fit, (runs,) each: log eigenvalue against log index.

    Source: Agrawal et al. 2022 (alpha-ReQ). The range of indices decides: here 1 to dim/2 (at least 4), eigenvalues
    above 1e-10 of the first.
    """
    values = covariance_spectrum(z)
    count = min(max(4, values.shape[-1] // 2), values.shape[-1])
    used = values[:, :count]
    weight = (used > 1e-10 * used[:, :1]).double()
    x = torch.arange(1, count + 1, dtype=torch.double, device=z.device).log().expand_as(used)
    y = used.clamp_min(1e-300).log()
    total = weight.sum(-1, keepdim=True).clamp_min(1)
    x, y = x - (x * weight).sum(-1, keepdim=True) / total, y - (y * weight).sum(-1, keepdim=True) / total
    xy, xx, yy = ((a * b * weight).sum(-1) for a, b in ((x, y), (x, x), (y, y)))
    slope = xy / xx.clamp_min(1e-300)
    return -slope, xy.square() / (xx * yy).clamp_min(1e-300)


def lidar(views: Tensor, ridge: float = LIDAR_RIDGE) -> Tensor:
    """Entropy rank of the items' scatter in units of their views' scatter: (runs, items, views, dim) -> (runs,).

    Source: Thilak et al. 2023, arXiv:2312.04000: eigenvalues of Sw^-1/2 Sb Sw^-1/2, `ridge` times the mean variance
    added to Sw.
    """
    views = views.double()
    mean = views.mean(2)
    within = (views - mean[:, :, None]).flatten(1, 2)
    sw = within.mT @ within / (within.shape[1] - mean.shape[1])
    centred = mean - mean.mean(1, keepdim=True)
    sb = centred.mT @ centred / (mean.shape[1] - 1)
    eye = torch.eye(views.shape[-1], dtype=torch.double, device=views.device)
    sw = sw + ridge * sw.diagonal(dim1=-2, dim2=-1).mean(-1)[:, None, None].clamp_min(1e-12) * eye
    values, vectors = torch.linalg.eigh(sw)
    half = vectors * values.clamp_min(1e-300).rsqrt()[:, None]
    return _entropy_rank(torch.linalg.eigvalsh(half.mT @ sb @ half).clamp_min(0), 1e-12)
