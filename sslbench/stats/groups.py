"""Means over targets, and which methods are not distinguishable from the best."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClusteredMean:
    """Means over targets with their standard errors, and the degrees of freedom of these."""

    mean: np.ndarray
    se: np.ndarray
    df: float


def _clusters(names: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each cluster: the weights that average its targets, (clusters, targets); its share of them; what it adds.

    The last, times the square of the cluster's residual mean, sums to the variance of the mean over targets.
    """
    member = np.array([[c == n for c in names] for n in sorted(set(names))], dtype=float)
    weight = member.sum(1) / member.sum()
    return member / member.sum(1, keepdims=True), weight, weight**2 / (1 - 2 * weight + (weight**2).sum())


def clustered_mean(values: np.ndarray, clusters: list) -> ClusteredMean:
    """Mean of values (..., targets) over targets; targets of one cluster (task) are not independent of each other.

    The mean weighs every target alike; its standard error comes from the clusters' mean residuals, each divided by the
    share of its variance that estimating the mean leaves it, and its degrees of freedom are Satterthwaite's for that
    sum. Source: Bell & McCaffrey 2002, for a mean, with clusters whose means vary alike. With one cluster both are nan.
    """
    mean = values.mean(-1)
    if len(set(clusters)) < 2:
        return ClusteredMean(mean, np.full(np.shape(mean), np.nan), float("nan"))
    average, weight, scale = _clusters(clusters)
    residual = values @ average.T - mean[..., None]  # (..., clusters)
    shift = np.eye(len(weight)) - weight  # row g: the residual of cluster g, in clusters' means
    form = (shift * scale[:, None]).T @ shift
    return ClusteredMean(mean, np.sqrt((residual**2 * scale).sum(-1)), np.trace(form) ** 2 / np.trace(form @ form))


def near_best(values: np.ndarray, clusters: list, level: float = 0.95, draws: int = 1000, seed: int = 0) -> np.ndarray:
    """Which methods are not distinguishable from the best, (methods,) of bool.

    values: (methods, targets). Max-T: a method's distance from the best mean, in standard errors, is compared with the
    `level` quantile of the largest such distance where no method differs, by simulation: normal noise, once alike for
    all methods and once of each method's own size; the larger quantile counts. The variance of a method's mean is that
    of its residuals after method and target, or the median of all methods' where that is larger: with few tasks its own
    alone is too uncertain, and the median heeds no method that fails wildly. Where nothing differs, a board calls some
    method worse than the best in at most about 1 - level of all cases (tests/benchmarks/group_errors.py). With one
    cluster nothing is distinguishable.
    """
    methods = len(values)
    if methods < 2 or len(set(clusters)) < 2:
        return np.ones(methods, dtype=bool)
    average, weight, scale = _clusters(clusters)

    def distances(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Distance from the best in standard errors and every method's own variance, from (..., methods, clusters)."""
        centred = means - means.mean(-2, keepdims=True)
        mean = centred @ weight
        own = ((centred - mean[..., None]) ** 2 * scale).sum(-1) * methods / (methods - 1)
        variance = np.maximum(own, np.median(own, -1, keepdims=True))
        top = mean.argmax(-1)[..., None]
        lead = np.take_along_axis(mean, top, -1) - mean
        both = variance + np.take_along_axis(variance, top, -1)
        return np.divide(lead, np.sqrt(both), out=np.where(lead > 0, np.inf, 0.0), where=both > 0), own

    means = values @ average.T
    found, own = distances(means)
    noise = np.random.default_rng(seed).standard_normal((draws, *means.shape))
    sizes = (np.ones(methods), np.sqrt(own))
    bars = [np.quantile(distances(noise * size[:, None])[0].max(-1), level) for size in sizes]
    return found <= max(bars)
