"""Is a sample normal? Rejection rates of D'Agostino and Pearson's test, Henze and Zirkler's, and sliced Epps-Pulley
with a simulated null.
"""

import functools
import math
from dataclasses import dataclass

import torch
from scipy.stats import chi2, norm
from torch import Tensor

FEWEST_ROWS = 20


def k_squared(x: Tensor) -> Tensor:
    """D'Agostino and Pearson's K^2 of samples along the last axis, (..., n) -> (...): chi-squared with 2 degrees of
    freedom under normality, n >= 20.

    Source: D'Agostino, Belanger & D'Agostino 1990, Eqs. 7-19; equal to scipy.stats.normaltest, for many samples at
    once.
    """
    n = x.shape[-1]
    if n < FEWEST_ROWS:
        raise ValueError(f"K^2 needs at least {FEWEST_ROWS} values, got {n}")
    z = x.double() - x.double().mean(-1, keepdim=True)
    m2 = z.square().mean(-1).clamp_min(1e-300)
    skew, kurtosis = z.pow(3).mean(-1) / m2.pow(1.5), z.pow(4).mean(-1) / m2.square()
    y = skew * math.sqrt((n + 1) * (n + 3) / (6 * (n - 2)))
    beta = 3 * (n * n + 27 * n - 70) * (n + 1) * (n + 3) / ((n - 2) * (n + 5) * (n + 7) * (n + 9))
    w2 = -1 + math.sqrt(2 * (beta - 1))
    alpha = math.sqrt(2 / (w2 - 1))
    y = y / alpha
    z1 = torch.asinh(y) / math.sqrt(0.5 * math.log(w2))
    mean = 3 * (n - 1) / (n + 1)
    variance = 24 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3) * (n + 5))
    x_ = (kurtosis - mean) / math.sqrt(variance)
    root = 6 * (n * n - 5 * n + 2) / ((n + 7) * (n + 9)) * math.sqrt(6 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3)))
    a = 6 + 8 / root * (2 / root + math.sqrt(1 + 4 / root**2))
    denominator = 1 + x_ * math.sqrt(2 / (a - 4))
    ratio = torch.where(denominator == 0, torch.ones_like(x_), (1 - 2 / a) / denominator.abs().clamp_min(1e-300))
    z2 = (1 - 2 / (9 * a) - denominator.sign() * ratio.pow(1 / 3)) / math.sqrt(2 / (9 * a))
    return z1.square() + z2.square()


def rejection_rate(x: Tensor, level: float = 0.05) -> Tensor:
    """Share of samples (..., samples, n) whose normality K^2 rejects at `level`: about `level` under normality (a
    little more in small samples), (...). A sample that does not vary counts as rejected.
    """
    constant = x.double().var(-1) < 1e-20
    return ((k_squared(x) > chi2.isf(level, 2)) | constant).double().mean(-1)


def henze_zirkler(x: Tensor) -> tuple[float, float]:
    """Henze and Zirkler's statistic of rows (n, dim) and its p-value by their log-normal approximation, float64.

    Source: Henze & Zirkler 1990. Collapses numerically in many dimensions: not above 16 columns.
    """
    x = x.double()
    n, d = x.shape
    if d > 16:
        raise ValueError(f"Henze-Zirkler is not usable with {d} columns; at most 16, since it rounds to a constant")
    centred = x - x.mean(0)
    cov = centred.mT @ centred / n
    half = torch.linalg.solve(cov, centred.mT).mT
    own = (centred * half).sum(1)
    between = own[:, None] + own[None] - 2 * centred @ half.mT
    b = ((n * (2 * d + 1)) / 4) ** (1 / (d + 4)) / math.sqrt(2)
    first = torch.exp(-(b**2) / 2 * between.clamp_min(0)).sum() / n
    second = 2 * (1 + b**2) ** (-d / 2) * torch.exp(-(b**2) / (2 * (1 + b**2)) * own).sum()
    hz = float(first - second + n * (1 + 2 * b**2) ** (-d / 2))
    wb = (1 + b**2) * (1 + 3 * b**2)
    a = 1 + 2 * b**2
    mean = 1 - a ** (-d / 2) * (1 + d * b**2 / a + d * (d + 2) * b**4 / (2 * a**2))
    variance = (
        2 * (1 + 4 * b**2) ** (-d / 2)
        + 2 * a**-d * (1 + 2 * d * b**4 / a**2 + 3 * d * (d + 2) * b**8 / (4 * a**4))
        - 4 * wb ** (-d / 2) * (1 + 3 * d * b**4 / (2 * wb) + d * (d + 2) * b**8 / (2 * wb**2))
    )
    sd = math.sqrt(math.log(1 + variance / mean**2))
    return hz, float(norm.sf((math.log(hz) - math.log(mean) + sd**2 / 2) / sd))


def epps_pulley(x: Tensor, points: int = 17, reach: float = 4.0) -> Tensor:
    """n times the weighted distance of the empirical characteristic function to the standard normal one, of samples
    along the last axis (..., n), each brought to mean 0 and sd 1: (...).

    Source: Epps & Pulley 1983; weight exp(-t^2/2), trapezoid over [-reach, reach].
    """
    z = x.double()
    z = (z - z.mean(-1, keepdim=True)) / z.std(-1, keepdim=True, correction=0).clamp_min(1e-150)
    t = torch.linspace(0, reach, points, dtype=torch.double, device=x.device)
    weight = torch.exp(-t.square() / 2)
    weight[0] /= 2
    weight[-1] /= 2
    total = 0
    for ti, wi in zip(t.tolist(), weight.tolist(), strict=True):
        real, imaginary = torch.cos(ti * z).mean(-1), torch.sin(ti * z).mean(-1)
        total = total + 2 * wi * ((real - math.exp(-(ti**2) / 2)).square() + imaginary.square())
    return x.shape[-1] * total * reach / (points - 1)


@dataclass(frozen=True)
class Normality:
    """Mean and largest Epps-Pulley statistic over slices, with p-values against normal samples of the same size."""

    mean: float
    largest: float
    p_mean: float
    p_largest: float


def _slices(x: Tensor, count: int, seed: int) -> Tensor:
    """Projections of whitened rows (n, dim): random directions, the coordinates and the principal components."""
    generator = torch.Generator().manual_seed(seed)
    centred = x.double() - x.double().mean(0)
    directions = torch.randn(x.shape[1], count, generator=generator, dtype=torch.double).to(x.device)
    axes = torch.linalg.svd(centred, full_matrices=False).Vh.T
    every = torch.cat([directions / directions.norm(dim=0), torch.eye(x.shape[1], dtype=torch.double), axes], 1)
    return (centred @ every).T  # (slices, n)


@functools.lru_cache(maxsize=16)
def _null(n: int, dim: int, count: int, draws: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(7)
    found = [
        epps_pulley(_slices(torch.randn(n, dim, generator=generator, dtype=torch.double), count, d))
        for d in range(draws)
    ]
    return torch.stack([f.mean() for f in found]), torch.stack([f.max() for f in found])


def sliced_normality(x: Tensor, slices: int = 64, draws: int = 100) -> Normality:
    """Sliced Epps-Pulley test of rows (n, dim): slices along random directions, coordinates and principal components,
    as random slices alone lose power with dim (central limit theorem). The null is simulated at the same n and dim.
    """
    found = epps_pulley(_slices(x, slices, 0))
    mean, largest = _null(len(x), x.shape[1], slices, draws)
    p = lambda seen, null: float((1 + (null >= seen).sum()) / (1 + len(null)))  # noqa: E731
    return Normality(float(found.mean()), float(found.max()), p(found.mean(), mean), p(found.max(), largest))
