"""Synthetic representations whose metrics are known: what the thresholds are calibrated on.

Each is measured by the functions that measure every run; its truth is the metric's value in the population, by closed
form or quadrature.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import norm

from sslbench.data.splits import Split
from sslbench.information.gaussianity import rejection_rate
from sslbench.information.geometry import local_affinity, overlap, uniform_optimum
from sslbench.metrics.bound import bound_terms
from sslbench.metrics.predictive import linear_losses, mlp_bits
from sslbench.metrics.protocol import COPIES, ITEMS, NOISE, STRENGTHS
from sslbench.metrics.spectrum import spectra
from sslbench.metrics.views import strength_bits

RIDGE = 1e-3  # of the log-det entropy, in units of the mean variance


@dataclass(frozen=True)
class Synthetic:
    """A kind of synthetic representation.

    truth: columns -> the metric's value in the population; sample: (rng, rows, columns) -> the metric of one sample.

    `exact`: whether the truth is that of finite samples too.
    `allowed`: where it is judged if not at the card's threshold.
    """

    name: str
    truth: Callable[[int], float]
    sample: Callable[[np.random.Generator, int, int], float]
    exact: bool = True
    allowed: float | None = None


def normal(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    return torch.as_tensor(rng.normal(size=shape))


def around(f: Callable[[torch.Tensor], torch.Tensor]):
    """Share of coordinates of f around ITEMS inputs that are found not normal."""

    def sample(rng, n, dim):
        x = normal(rng, ITEMS, 1, dim) + NOISE * normal(rng, ITEMS, COPIES, dim)
        return float(rejection_rate(f(x).movedim(1, -1).flatten(0, 1)))

    return sample


def bend(strength: float):
    """f(x) = x + strength x^2 in one column, in steps from 0: bend over slope is strength |d|."""

    def sample(rng, n, dim):
        step = NOISE * normal(rng, 1, n, 1)
        f = lambda x: x + strength * x.square()  # noqa: E731
        return float(local_affinity(f(0 * step), f(step), f(-step))[0])

    return lambda dim: strength * NOISE * math.sqrt(2 / math.pi), sample


def spaced(distance: float):
    """Items on a line, `distance` noise sds apart; means are of COPIES (of all but the view itself) copies."""

    def truth(dim):
        return 2 * (ITEMS - 1) / ITEMS * norm.sf(distance / 2 / math.sqrt(1 + (1 / COPIES + 1 / (COPIES - 1)) / 4))

    def sample(rng, n, dim):
        views = normal(rng, 1, ITEMS, COPIES, dim) * torch.tensor([1.0] + [0.0] * (dim - 1))
        views[..., 0] += distance * torch.arange(ITEMS)[:, None]
        return float(overlap(views)[0])

    return truth, sample


def normal_rows(values: Callable[[int], np.ndarray], measure: str):
    """Normal rows with given variances."""

    def truth(dim):
        v = values(dim)
        if measure == "entropy-deficit":
            return float(np.mean(np.log1p(RIDGE) - np.log(v / v.mean() + RIDGE)) / 2)
        share = np.sqrt(v[v > 0]) / np.sqrt(v).sum()
        return float(np.exp(-(share * np.log(share)).sum()))

    def sample(rng, n, dim):
        return float(spectra((normal(rng, n, dim) * torch.as_tensor(np.sqrt(values(dim))))[None])[measure])

    return truth, sample


def on_the_sphere(rows: Callable[[np.random.Generator, int, int], torch.Tensor]):
    return lambda rng, n, dim: float(spectra(rows(rng, n, dim)[None])["uniformity-gap"])


def poles(rng, n, dim):
    rows = torch.zeros(n, dim)
    rows[:, 0] = torch.as_tensor(rng.choice([-1.0, 1.0], size=n))
    return rows.double()


def two_poles(dim: int) -> float:
    return math.log(0.5 + 0.5 * math.exp(-8)) - uniform_optimum(dim)


def mixture_bits(means: np.ndarray) -> float:
    """I(K; Z) in bits of Z = means[K] + standard normal noise, K uniform, by quadrature."""
    z = np.linspace(means.min() - 9, means.max() + 9, 20001)
    density = norm.pdf(z[:, None] - means)
    mixed = density.mean(1)
    gain = np.where(density > 0, density * np.log(np.maximum(density, 1e-300) / mixed[:, None]), 0).mean(1)
    return float(np.trapezoid(gain, z) if hasattr(np, "trapezoid") else np.trapz(gain, z)) / math.log(2)


def kept_strength(shift: float):
    """Synthetics that move by `shift` noise sds per step of the view's strength."""
    means = shift * np.arange(len(STRENGTHS))

    def sample(rng, n, dim):
        h = normal(rng, len(STRENGTHS) * (n // 2), dim)
        h[:, 0] += torch.as_tensor(means).repeat_interleave(n // 2)
        return strength_bits(h.float())

    return lambda dim: mixture_bits(means), sample


def _split(rng: np.random.Generator, n: int) -> Split:
    order = rng.permutation(n)
    return Split(*(np.sort(part) for part in np.split(order, [n // 2, 3 * n // 4])))


def headed(columns: Callable[[int, int], int]):
    """Slack of the bound for labels at random, codes of `columns`(rows, dim) columns, and views that do not move it.

    The head has no intercept, so that to first order it errs by the label's length, 1: with few columns the terms are
    three times that. With twice as many columns as rows they vanish, and the head's own variance doubles the square of
    its error.
    """

    def sample(rng, n, dim):
        x, y = normal(rng, n, columns(n, dim)), torch.as_tensor(rng.integers(2, size=n))
        return bound_terms(x, y, _split(rng, n), 2, 0.0)["bound-slack"]

    return sample


def _best_bits(x: torch.Tensor, y: torch.Tensor, split: Split) -> float:
    """Held-out bits of the better of the linear and the MLP model about one of two equally frequent classes."""
    train, test = (torch.as_tensor(rows) for rows in (split.train, split.test))
    linear = 1 - float(linear_losses(x, y, train, test, 2).mean()) / math.log(2)
    return max(linear, mlp_bits(x, y, split, 2))


def lossy(kept: bool):
    """Bits lost by a representation that is the input, or noise; the input is a class mean of +-1.5 in one column."""

    def sample(rng, n, dim):
        y = rng.integers(2, size=n)
        x = normal(rng, n, dim).float()
        code = x.clone()
        x[:, 0] += torch.as_tensor(3.0 * y - 1.5).float()
        split, label = _split(rng, n), torch.as_tensor(y)
        return _best_bits(x, label, split) - _best_bits(x if kept else code, label, split)

    return lambda dim: 0.0 if kept else mixture_bits(np.array([-1.5, 1.5])), sample


def steep(power: float) -> Callable[[int], np.ndarray]:
    return lambda dim: np.arange(1, dim + 1.0) ** -power


def flat(columns: int) -> Callable[[int], np.ndarray]:
    return lambda dim: (np.arange(dim) < columns).astype(float)
